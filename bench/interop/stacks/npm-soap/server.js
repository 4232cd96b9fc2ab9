// A provider on npm's soap: node server.js PORT
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const soap = require('soap');
const { answer } = require('../answers.js');

const attribute = (name, value) => ({ attributes: { [name]: value } });
const description = path.join(__dirname, '..', 'entrance.wsdl');
const server = http.createServer();
soap.listen(server, {
  path: '/relateui/OMS/xmlapi',
  uri: description,
  xml: fs.readFileSync(description, 'utf8'),
  services: { EntranceService: { EntrancePort: { ProcessXML: (request) => answer(request, attribute) } } },
  callback: (err) => {
    if (err) throw err;
    server.listen(Number(process.argv[2]), '127.0.0.1');
  },
});

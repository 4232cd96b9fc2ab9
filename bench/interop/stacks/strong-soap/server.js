// A provider on npm's strong-soap: node server.js PORT
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const { soap } = require('strong-soap');
const { answer } = require('../answers.js');

const attribute = (name, value) => ({ [name]: value });
const description = path.join(__dirname, '..', 'entrance.wsdl');
const server = http.createServer();
const provider = soap.listen(server, {
  path: '/relateui/OMS/xmlapi',
  uri: description,
  xml: fs.readFileSync(description, 'utf8'),
  services: { EntranceService: { EntrancePort: { ProcessXML: (request) => answer(request, attribute) } } },
});
// It reads the WSDL in the background and tells nobody when it is ready.
const timer = setInterval(() => {
  if (provider.xmlHandler) {
    clearInterval(timer);
    server.listen(Number(process.argv[2]), '127.0.0.1');
  }
}, 10);

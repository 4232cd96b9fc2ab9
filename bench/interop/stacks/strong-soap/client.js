// A client on npm's strong-soap, by the provider's WSDL: node client.js URL
'use strict';
const { soap, QName } = require('strong-soap');
const { head, work } = require('../questions.js');

soap.createClient(process.argv[2] + '?wsdl', {}, async (err, client) => {
  if (err) throw err;
  client.addSoapHeader(head, new QName('dv:xhead', 'xhead', 'h'));
  await work(async (action, request) => (await client[action]({ ProcessXML: request })).result, '$attributes');
});

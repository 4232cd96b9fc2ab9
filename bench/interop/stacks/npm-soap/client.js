// A client on npm's soap, by the provider's WSDL: node client.js URL
'use strict';
const soap = require('soap');
const { head, work } = require('../questions.js');

(async () => {
  const client = await soap.createClientAsync(process.argv[2] + '?wsdl');
  client.addSoapHeader({ 'h:xhead': head }, '', 'h', 'dv:xhead');
  await work(async (action, request) => (await client[action + 'Async'](request))[0], 'attributes');
})();

// What both of npm's stacks ask, from the tasks on standard input, and what they tell of the answers.
'use strict';
const fs = require('fs');

exports.head = { msg_id: '0001', msg_type: 'CRM_MESSAGE', source: 'REGISTER', destination: 'SERVER', body_format: 'SOAPRPC',
  return_format: 'SOAPRPC', priority: '3', charset: '850', expect_response: 'true' };

function message(action, card, amount, earlier, order, attributes) {
  if (action === 'GenerateCard') {
    return { CardSeriesMaintenance: { CardSeries: {
      [attributes]: { Action: action }, UserName: 'OMS', CardPrefix: card, CardSeriesSequence: amount } } };
  }
  // The order of the members is the order on the wire.
  const message = {
    UserID: 'OMS',
    Instrument: { InstrumentID: '', AuthenticationData: '', CardNumber: card, CardSwiped: 'False' },
  };
  if (amount !== '-') {
    message.RTPTransaction = {
      RTPTransactionID: order, OperatorID: 'OMS', LocationID: '', TransactionDateTime: '2031-04-05T06:07:08',
      BusinessDate: '2031-04-05', RTPAmount: { CurrencyID: 'USD', Amount: amount },
    };
  }
  if (earlier !== '-' || action === 'ReturnRequest') {
    message.SVATransaction = { SVATransactionID: earlier === '-' ? '' : earlier };
  }
  message.Comments = 'interop';
  return { [action]: message };
}

function facts(answer, attributes) {
  if (!answer) throw new Error('no answer');
  if (answer.CardSeries) {
    return [answer.CardSeries[attributes].ResponseCode, '-', '-', answer.CardSeries.Instrument.CardNumber, '-'];
  }
  const transaction = answer.SVATransaction;
  if (!transaction) throw new Error('an empty answer');
  const rest = transaction.PreAuthSVAAmount ? transaction.PreAuthSVAAmount.PreAuthAmount : '-';
  return [transaction.Reason.Code, transaction.SVAAmount.Amount, answer.AccountState.Balance.Amount, transaction.SVATransactionID, rest];
}

// work asks everything. call sends one request and gives the answer; attributes is how the stack calls an element's
// attributes.
exports.work = async function work(call, attributes) {
  for (const line of fs.readFileSync(0, 'utf8').trimEnd().split('\n')) {
    const [verb, action, card, amount, earlier, order] = line.split('\t');
    let told;
    try {
      const request = { ARTSAction: action, ARTSData: message(action, card, amount, earlier, order, attributes) };
      told = ['ok', ...facts(await call(action, request), attributes)];
    } catch (e) {
      told = ['no', `${e.name}: ${e.message}`.replace(/\s+/g, ' ')];
    }
    console.log([verb, ...told].join('\t'));
  }
};

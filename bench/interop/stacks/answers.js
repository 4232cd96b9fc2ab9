// What both of npm's stacks answer, from the object they made of ARTSAction and ARTSData. attribute makes of a name and
// a value what the stack writes as an attribute.
'use strict';

// For each request: the answer, its reason code, and which way the amount moves the balance of 200.00.
const verbs = {
  ActivateInstrumentRequest: ['ActivateInstrumentResponse', '2', 1],
  RechargeRequest: ['RechargeResponse', '8', 1],
  InquiryRequest: ['InquiryResponse', '16', 0],
  PreauthorizationRequest: ['PreauthorizationResponse', '24', -1],
  PostauthorizationRequest: ['PostauthorizationResponse', '26', 0],
  ReturnRequest: ['ReturnResponse', '18', 1],
  VoidRequest: ['VoidResponse', '22', 1],
};

function generated(series, attribute) {
  const name = series.CardPrefix + series.CardSeriesSequence;
  return {
    DateTime: '2031-04-05T06:07:08',
    CardSeries: {
      ...attribute('ResponseCode', 'OK'),
      ResponseDescription: series.UserName,
      CardPrefix: series.CardPrefix,
      CardSeriesSequence: series.CardSeriesSequence,
      Instrument: { InstrumentID: `1${name}00000001`, CardNumber: `600649${name}123`, BatchNumber: '001' },
    },
  };
}

function acted(action, message) {
  const [root, reason, sign] = verbs[action];
  const rtp = message.RTPTransaction;
  const amount = rtp ? rtp.RTPAmount.Amount : '0.00';
  const minor = 20000 + sign * Number(amount.replace('.', ''));
  const id = '70' + message.Instrument.CardNumber.slice(-4);
  const held = action !== 'PostauthorizationRequest' ? {} : {
    PreAuthSVATransactionID: message.SVATransaction.SVATransactionID,
    PreAuthSVAAmount: { PreAuthCurrencyID: 'USD', PreAuthAmount: '0.00' },
  };
  return {
    ResponseDescription: (rtp ? rtp.RTPTransactionID + ' ' : '') + message.UserID,
    InstrumentState: { Status: 'Active' },
    AccountState: {
      AccountID: '501',
      AccountStatus: 'Active',
      Balance: { Amount: (minor / 100).toFixed(2), Currency: 'USD' },
      EffectiveDate: '2031-04-01T08:00:00-0400',
      AccountType: 'SVC',
    },
    SVATransaction: {
      SVATransactionID: id,
      ...held,
      Reason: { Description: root, Code: reason },
      SVAAmount: { CurrencyID: 'USD', Amount: amount },
      TransactionDateTime: '2031-04-05T06:07:08-0400',
      AuthNumber: `0000${id}000042`,
    },
  };
}

exports.answer = function answer(request, attribute) {
  const action = request.ARTSAction;
  if (action === 'GenerateCard') {
    return { CardSeriesMaintenance: generated(request.ARTSData.CardSeriesMaintenance.CardSeries, attribute) };
  }
  return { [verbs[action][0]]: acted(action, request.ARTSData[action]) };
};

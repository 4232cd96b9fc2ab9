"""A provider on spyne: python3 server.py PORT

spyne reads the message into objects of the classes below and writes the answer from others.
"""
import sys
from decimal import Decimal
from wsgiref.simple_server import WSGIRequestHandler, make_server

from spyne import Application, ComplexModel, Fault, ServiceBase, Unicode, XmlAttribute, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

FRAME = "http://xml.datavantagecorp.com/namespace/crm/DTVProcessXML.xsd"
ARTS = "http://www.nrf-arts.org/IXRetail/namespace/"

# For each request: the answer, its reason code, and which way the amount moves the balance of 200.00.
VERBS = {
    "ActivateInstrumentRequest": ("ActivateInstrumentResponse", "2", 1),
    "RechargeRequest": ("RechargeResponse", "8", 1),
    "InquiryRequest": ("InquiryResponse", "16", 0),
    "PreauthorizationRequest": ("PreauthorizationResponse", "24", -1),
    "PostauthorizationRequest": ("PostauthorizationResponse", "26", 0),
    "ReturnRequest": ("ReturnResponse", "18", 1),
    "VoidRequest": ("VoidResponse", "22", 1),
}


def model(namespace, name, **members):
    """A class of messages: a member is another such class, or text when it is None."""
    members = {key: kind or Unicode for key, kind in members.items()}
    return type(name, (ComplexModel,), {"__namespace__": namespace, "_type_info": list(members.items())})


Instrument = model(FRAME, "Instrument", InstrumentID=None, AuthenticationData=None, CardNumber=None, CardSwiped=None)
RTPAmount = model(FRAME, "RTPAmount", CurrencyID=None, Amount=None)
RTPTransaction = model(FRAME, "RTPTransaction", RTPTransactionID=None, OperatorID=None, LocationID=None,
                       TransactionDateTime=None, BusinessDate=None, RTPAmount=RTPAmount)
Earlier = model(FRAME, "Earlier", SVATransactionID=None)
Message = model(FRAME, "Message", UserID=None, Instrument=Instrument, RTPTransaction=RTPTransaction,
                SVATransaction=Earlier, Comments=None)
Series = model(FRAME, "Series", Action=XmlAttribute(Unicode), UserName=None, CardPrefix=None, CardSeriesSequence=None)
Maintenance = model(FRAME, "Maintenance", CardSeries=Series)
Data = model(FRAME, "Data", CardSeriesMaintenance=Maintenance, **dict.fromkeys(VERBS, Message))

Balance = model(ARTS, "Balance", Amount=None, Currency=None)
AccountState = model(ARTS, "AccountState", AccountID=None, AccountStatus=None, Balance=Balance, EffectiveDate=None,
                     AccountType=None)
InstrumentState = model(ARTS, "InstrumentState", Status=None)
PreAuthSVAAmount = model(ARTS, "PreAuthSVAAmount", PreAuthCurrencyID=None, PreAuthAmount=None)
Reason = model(ARTS, "Reason", Description=None, Code=None)
SVAAmount = model(ARTS, "SVAAmount", CurrencyID=None, Amount=None)
SVATransaction = model(ARTS, "SVATransaction", SVATransactionID=None, PreAuthSVATransactionID=None,
                       PreAuthSVAAmount=PreAuthSVAAmount, Reason=Reason, SVAAmount=SVAAmount, TransactionDateTime=None,
                       AuthNumber=None)
Answer = model(ARTS, "Answer", ResponseDescription=None, InstrumentState=InstrumentState, AccountState=AccountState,
               SVATransaction=SVATransaction)
Generated = model(ARTS, "Generated", InstrumentID=None, CardNumber=None, BatchNumber=None)
AnsweredSeries = model(ARTS, "AnsweredSeries", ResponseCode=XmlAttribute(Unicode), ResponseDescription=None,
                       CardPrefix=None, CardSeriesSequence=None, Instrument=Generated)
AnsweredMaintenance = model(ARTS, "AnsweredMaintenance", DateTime=None, CardSeries=AnsweredSeries)
Answers = model(ARTS, "Answers", CardSeriesMaintenance=AnsweredMaintenance,
                **{root: Answer for root, _, _ in VERBS.values()})


def generated(series):
    name = series.CardPrefix + series.CardSeriesSequence
    return AnsweredMaintenance(DateTime="2031-04-05T06:07:08", CardSeries=AnsweredSeries(
        ResponseCode="OK", ResponseDescription=series.UserName, CardPrefix=series.CardPrefix,
        CardSeriesSequence=series.CardSeriesSequence,
        Instrument=Generated(InstrumentID=f"1{name}00000001", CardNumber=f"600649{name}123", BatchNumber="001")))


def acted(action, message):
    root, reason, sign = VERBS[action]
    rtp = message.RTPTransaction
    amount = rtp.RTPAmount.Amount if rtp else "0.00"
    ident = "70" + message.Instrument.CardNumber[-4:]
    transaction = SVATransaction(
        SVATransactionID=ident, Reason=Reason(Description=root, Code=reason),
        SVAAmount=SVAAmount(CurrencyID="USD", Amount=amount), TransactionDateTime="2031-04-05T06:07:08-0400",
        AuthNumber=f"0000{ident}000042")
    if action == "PostauthorizationRequest":
        transaction.PreAuthSVATransactionID = message.SVATransaction.SVATransactionID
        transaction.PreAuthSVAAmount = PreAuthSVAAmount(PreAuthCurrencyID="USD", PreAuthAmount="0.00")
    return Answer(
        ResponseDescription=(rtp.RTPTransactionID + " " if rtp else "") + message.UserID,
        InstrumentState=InstrumentState(Status="Active"),
        AccountState=AccountState(
            AccountID="501", AccountStatus="Active", EffectiveDate="2031-04-01T08:00:00-0400", AccountType="SVC",
            Balance=Balance(Amount=str(Decimal("200.00") + sign * Decimal(amount)), Currency="USD")),
        SVATransaction=transaction)


class Provider(ServiceBase):
    @rpc(Unicode, Data, _returns=Answers, _in_message_name="ProcessXML", _out_variable_name="ProcessXMLAnswer")
    def ProcessXML(ctx, ARTSAction, ARTSData):
        if ARTSAction == "GenerateCard":
            return Answers(CardSeriesMaintenance=generated(ARTSData.CardSeriesMaintenance.CardSeries))
        if ARTSAction not in VERBS:
            raise Fault("Client", "no such action")
        return Answers(**{VERBS[ARTSAction][0]: acted(ARTSAction, getattr(ARTSData, ARTSAction))})


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


application = Application([Provider], FRAME, in_protocol=Soap11(), out_protocol=Soap11())
make_server("127.0.0.1", int(sys.argv[1]), WsgiApplication(application), handler_class=Quiet).serve_forever()

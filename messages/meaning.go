package messages

// meaning says in our words what an element is for.
type meaning struct {
	text   string
	kinds  map[Kind]string // where a kind means something of its own
	source string          // "" for the chapter on the message itself
}

func (m meaning) of(k Kind) string {
	if own, ok := m.kinds[k]; ok {
		return own
	}
	return m.text
}

const (
	chapter       = "OMS 15.1 help SO14_08, "
	frameSource   = chapter + "samples of Generate Card Request and Activate Instrument Request"
	declineSource = chapter + "Error mapping, and Generate Card Response"
	schemaSource  = "ORCE CustomerServices 3.1, schema"
)

// headings are how the chapter calls the messages.
var headings = map[Kind]string{
	GenerateCard:       "Generate Card",
	ActivateInstrument: "Activate Instrument",
	Recharge:           "Recharge",
	Inquiry:            "Inquiry",
	Preauthorization:   "PreAuthorization",
	Postauthorization:  "PostAuthorization",
	Return:             "Return",
	Void:               "Void",
}

func (k Kind) source(isAnswer bool) string {
	if isAnswer {
		return chapter + headings[k] + " Response"
	}
	return chapter + headings[k] + " Request"
}

var requestMeanings = map[string]meaning{
	"CardSeries/@Action":            {text: "what to do with the card series: take a new card from it"},
	"CardSeries/UserName":           {text: "who asks; the other messages call it UserID"},
	"CardSeries/CardPrefix":         {text: "the merchant's five digits that the serial number begins with; the presenter's ID of the service bureau"},
	"CardSeries/CardSeriesSequence": {text: "which production run of that prefix; the submitter's ID of the service bureau"},

	"UserID":                        {text: "who asks at the point of sale"},
	"Instrument/InstrumentID":       {text: "serial number of the card, in place of the card number or beside it"},
	"Instrument/AuthenticationData": {text: "the card's PIN, where its program wants one"},
	"Instrument/CardNumber":         {text: "the card"},
	"Instrument/CardSwiped":         {text: "whether the card itself was read: True or False"},

	"RTPTransaction/RTPTransactionID": {text: "the caller's transaction: the number of the order that is paid", kinds: map[Kind]string{
		ActivateInstrument: "the caller's transaction: the number of the order in which the card was bought",
		Recharge:           "the caller's transaction: the number of the order in which the card was bought",
	}},
	"RTPTransaction/OperatorID":          {text: "who stands at the register"},
	"RTPTransaction/LocationID":          {text: "the retail location; the signon of the service bureau"},
	"RTPTransaction/TransactionDateTime": {text: "when the caller made the transaction, on the caller's clock"},
	"RTPTransaction/DeviceID":            {text: "the register; OMS does not send it", source: schemaSource},
	"RTPTransaction/BusinessDate":        {text: "the business day that the transaction belongs to"},
	"RTPTransaction/RTPAmount/CurrencyID": {
		text: "the currency of the amount; empty for that of the account",
	},
	"RTPTransaction/RTPAmount/Amount": {text: "the amount", kinds: map[Kind]string{
		ActivateInstrument: "the amount that the card is worth from now on",
		Recharge:           "the amount to add to the card",
		Preauthorization:   "the amount to hold",
		Postauthorization:  "the amount to take from what is held; not more than the authorization holds",
		Return:             "the amount to put back on the card",
		Void:               "the amount that the authorization holds and that is freed",
	}},
	"SVATransaction/SVATransactionID": {text: "the provider's earlier transaction", kinds: map[Kind]string{
		Postauthorization: "the authorization to take from, by the provider's transaction id",
		Return:            "the provider's transaction that is given back; empty in the sample",
		Void:              "the authorization to free, by the provider's transaction id",
	}},
	"Comments": {text: "a fixed text that names the message"},
}

var answerMeanings = map[string]meaning{
	"DateTime":                            {text: "when the provider made the answer, on its own clock and without offset"},
	"CardSeries/@ResponseCode":            {text: "OK, or Rejected when no card was given out"},
	"CardSeries/CardPrefix":               {text: "the prefix that was asked for"},
	"CardSeries/CardSeriesSequence":       {text: "the production run that was asked for"},
	"CardSeries/Instrument/InstrumentID":  {text: "serial number of the new card: prefix, series, batch and a running number"},
	"CardSeries/Instrument/CardNumber":    {text: "the new card's number, which has nothing to do with its serial number"},
	"CardSeries/Instrument/BatchNumber":   {text: "which batch of the series the card is from"},
	"InstrumentState/Status":              {text: "Active or Inactive: the card"},
	"AccountState/AccountID":              {text: "the provider's account behind the card"},
	"AccountState/AccountStatus":          {text: "Active or Inactive: the account"},
	"AccountState/Balance/Amount":         {text: "what can be spent after this message; holds are taken off already"},
	"AccountState/Balance/Currency":       {text: "the currency of the balance"},
	"AccountState/EffectiveDate":          {text: "since when the account is valid; not the time of this transaction"},
	"AccountState/AccountType":            {text: "kind of account; SVC for stored value"},
	"SVATransaction/SVATransactionID":     {text: "the provider's id of this transaction; later messages refer to it, and the order system keeps it as authorization number"},
	"SVATransaction/Reason/Description":   {text: "the name of the answer"},
	"SVATransaction/Reason/Code":          {text: "which answer this is, not how it went; translated to a vendor response when there is no ErrorCode"},
	"SVATransaction/SVAAmount/CurrencyID": {text: "the currency of the amount"},
	"SVATransaction/SVAAmount/Amount": {text: "the amount that was acted on", kinds: map[Kind]string{
		ActivateInstrument: "the amount that the card was activated with",
		Recharge:           "the amount that was added",
		Inquiry:            "nothing was moved: 0.00",
		Preauthorization:   "the amount that is held now; it can be less than was asked for",
		Postauthorization:  "the amount that was taken",
		Return:             "the amount that was put back",
		Void:               "the amount that was freed",
	}},
	"SVATransaction/TransactionDateTime": {text: "when the provider made the transaction, on its own clock"},
	"SVATransaction/AuthNumber":          {text: "the provider's number for people; later messages refer to SVATransactionID, not to this"},

	"SVATransaction/PreAuthSVATransactionID":            {text: "the authorization that was taken from"},
	"SVATransaction/PreAuthSVAAmount/PreAuthCurrencyID": {text: "the currency of what is left of the hold"},
	"SVATransaction/PreAuthSVAAmount/PreAuthAmount":     {text: "what is left of the hold"},
}

// anywhere are the parts of a refusal, which are read at any depth, and what every root may carry.
var anywhere = map[string]meaning{
	"ResponseCode":        {text: "OK, or Rejected when the provider refused", source: declineSource},
	"ErrorCode":           {text: "why the provider refused; translated to a vendor response", source: declineSource},
	"ResponseDescription": {text: "why the provider refused, in words", source: declineSource},
	"FaultDetail":         {text: "more about why the provider refused", source: schemaSource},
	"schemaLocation":      {text: "where the provider keeps its schema: one address, where XML Schema wants pairs"},
}

const frame = "Envelope/Body/ProcessXML/"

var frameMeanings = map[string]meaning{
	"Envelope/Header/@encodingStyle":        {text: "the rules of SOAP encoding; the documented form lacks the last slash"},
	"Envelope/Header/xhead/msg_id":          {text: "always 0001: it does not tell messages apart"},
	"Envelope/Header/xhead/msg_type":        {text: "always CRM_MESSAGE"},
	"Envelope/Header/xhead/source":          {text: "from whom: REGISTER"},
	"Envelope/Header/xhead/destination":     {text: "to whom: SERVER"},
	"Envelope/Header/xhead/body_format":     {text: "how the body is wrapped: SOAPRPC"},
	"Envelope/Header/xhead/return_format":   {text: "how the answer is wanted: SOAPRPC, though the sample answers are bare"},
	"Envelope/Header/xhead/priority":        {text: "always 3"},
	"Envelope/Header/xhead/charset":         {text: "always 850, a code page of DOS; messages are written in ASCII"},
	"Envelope/Header/xhead/expect_response": {text: "whether an answer is wanted: true"},
	frame + "@encodingStyle":                {text: "the rules of SOAP encoding"},
	frame + "ARTSAction":                    {text: "which message this is"},
}

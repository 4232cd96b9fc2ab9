package messages

// holds says what stands inside an element.
type holds uint8

const (
	elements holds = iota
	shortText
	longText
	prose  // free text of the provider: cleaned, cut and masked instead of refused
	sealed // card and serial numbers, PINs
	amount
	signedAmount
	timestamp
	date
	flag // True or False
)

// place is an element at its place in a message, or one of the first few that are no such thing.
type place uint8

const (
	outside place = iota // above the payload, or beside it
	ignored              // a SOAP header and all that is in it
	unknown              // below the payload, but none of ours
	inTag                // an attribute
	payload              // the message itself
)

// element says where a place is and what it holds. Children of one element stand together and in the documented
// order.
type element struct {
	name   string
	inside place
	holds  holds
}

// tree is the elements of a family of messages. An element whose parent is unknown may stand anywhere below the
// payload.
type tree struct {
	elements [maxPlaces]element
	first    [maxPlaces]place // of the children; 0 for none
	last     [maxPlaces]place
}

const maxPlaces = 48

func newTree(list []element) *tree {
	t := new(tree)
	for i, e := range list {
		p := place(i) + payload + 1
		t.elements[p] = e
		if t.first[e.inside] == 0 {
			t.first[e.inside] = p
		}
		t.last[e.inside] = p
	}
	return t
}

// find gives the child of that name. The child after hint is tried first, because messages usually keep the order.
func (t *tree) find(parent place, hint place, name []byte) (place, bool) {
	first, last := t.first[parent], t.last[parent]
	if first == 0 {
		return 0, false
	}
	at := hint + 1
	if at < first || at > last {
		at = first
	}
	for p := at; p <= last; p++ {
		if t.elements[p].name == string(name) {
			return p, true
		}
	}
	for p := first; p < at; p++ {
		if t.elements[p].name == string(name) {
			return p, true
		}
	}
	return 0, false
}

// Places of answers ("OMS 15.1 help SO14_08", Activate Instrument Response and the ones after it, Generate Card
// Response).
const (
	inState place = payload + 1 + iota
	inAccount
	inTransaction
	atDateTime
	inSeries
	atStatus
	atAccountID
	atAccountStatus
	inBalance
	atEffectiveDate
	atAccountType
	atBalance
	atBalanceCurrency
	atTransactionID
	atPreAuthID
	inPreAuthAmount
	inReason
	inAmount
	atTransactionTime
	atAuthNumber
	atPreAuthCurrency
	atPreAuthAmount
	atReasonDescription
	atReasonCode
	atCurrency
	atAmount
	atPrefix
	atSequence
	inInstrument
	atSerial
	atCard
	atBatch
	atErrorCode
	atDescription
	atFaultDetail
	atResponseCode
)

var answerTree = newTree([]element{
	{"InstrumentState", payload, elements},
	{"AccountState", payload, elements},
	{"SVATransaction", payload, elements},
	{"DateTime", payload, timestamp},
	{"CardSeries", payload, elements},

	{"Status", inState, shortText},

	{"AccountID", inAccount, shortText},
	{"AccountStatus", inAccount, shortText},
	{"Balance", inAccount, elements},
	{"EffectiveDate", inAccount, timestamp},
	{"AccountType", inAccount, shortText},

	{"Amount", inBalance, signedAmount},
	{"Currency", inBalance, shortText},

	{"SVATransactionID", inTransaction, shortText},
	{"PreAuthSVATransactionID", inTransaction, shortText},
	{"PreAuthSVAAmount", inTransaction, elements},
	{"Reason", inTransaction, elements},
	{"SVAAmount", inTransaction, elements},
	{"TransactionDateTime", inTransaction, timestamp},
	{"AuthNumber", inTransaction, shortText},

	{"PreAuthCurrencyID", inPreAuthAmount, shortText},
	{"PreAuthAmount", inPreAuthAmount, amount},

	{"Description", inReason, prose},
	{"Code", inReason, shortText},

	{"CurrencyID", inAmount, shortText},
	{"Amount", inAmount, amount},

	{"CardPrefix", inSeries, shortText},
	{"CardSeriesSequence", inSeries, shortText},
	{"Instrument", inSeries, elements},

	{"InstrumentID", inInstrument, sealed},
	{"CardNumber", inInstrument, sealed},
	{"BatchNumber", inInstrument, shortText},

	// The chapter shows these three only in a Generate Card Response and says that every declined answer carries the
	// same, so they are taken wherever they stand.
	{"ErrorCode", unknown, prose},
	{"ResponseDescription", unknown, prose},
	{"FaultDetail", unknown, prose},
	{"ResponseCode", inTag, shortText},
})

// Places of requests.
const (
	askAction place = payload + 1 + iota
	askUserID
	askInstrument
	askTransaction
	askReferred
	askComments
	askSeries
	askSerial
	askPIN
	askCard
	askSwiped
	askOrder
	askOperator
	askLocation
	askTime
	askDate
	askMoney
	askCurrency
	askAmount
	askReferredID
	askUserName
	askPrefix
	askSequence
	askSeriesAction
)

var requestTree = newTree([]element{
	{"ARTSAction", outside, shortText},

	{"UserID", payload, shortText},
	{"Instrument", payload, elements},
	{"RTPTransaction", payload, elements},
	{"SVATransaction", payload, elements},
	{"Comments", payload, longText},
	{"CardSeries", payload, elements},

	{"InstrumentID", askInstrument, sealed},
	{"AuthenticationData", askInstrument, sealed},
	{"CardNumber", askInstrument, sealed},
	{"CardSwiped", askInstrument, flag},

	{"RTPTransactionID", askTransaction, shortText},
	{"OperatorID", askTransaction, shortText},
	{"LocationID", askTransaction, shortText},
	{"TransactionDateTime", askTransaction, timestamp},
	{"BusinessDate", askTransaction, date},
	{"RTPAmount", askTransaction, elements},

	{"CurrencyID", askMoney, shortText},
	{"Amount", askMoney, amount},

	{"SVATransactionID", askReferred, shortText},

	{"UserName", askSeries, shortText},
	{"CardPrefix", askSeries, shortText},
	{"CardSeriesSequence", askSeries, shortText},
	{"Action", inTag, shortText},
})

package messages

import "fmt"

// Kind is one of the eight pairs of messages. The zero value is none.
type Kind uint8

// The kinds.
const (
	GenerateCard Kind = iota + 1
	ActivateInstrument
	Recharge
	Inquiry
	Preauthorization
	Postauthorization
	Return
	Void
)

// pair is what the provider calls the two messages of a kind.
type pair struct {
	kind    Kind
	action  string         // ARTSAction
	request string         // root of the request
	answer  string         // root of the answer
	reason  string         // SVATransaction/Reason/Code of a successful answer; "" for GenerateCard
	comment string         // Comments of the request; "" for GenerateCard
	payload string         // outline of what the request's root holds
	make    func() Request // an empty request
}

// "OMS 15.1 help SO14_08": the samples' actions, roots, reason codes and comments. The actions of Recharge and Return
// are not printed there and follow the others' pattern.
var pairs = [...]pair{
	{GenerateCard, "GenerateCard", "CardSeriesMaintenance", "CardSeriesMaintenance", "", "", generateText, func() Request { return new(GenerateCardRequest) }},
	{ActivateInstrument, "ActivateInstrumentRequest", "ActivateInstrumentRequest", "ActivateInstrumentResponse", "2", "Activation Request", activateText, func() Request { return new(ActivateInstrumentRequest) }},
	{Recharge, "RechargeRequest", "RechargeRequest", "RechargeResponse", "8", "Recharge Request", rechargeText, func() Request { return new(RechargeRequest) }},
	{Inquiry, "InquiryRequest", "InquiryRequest", "InquiryResponse", "16", "Inquiry Request", inquireText, func() Request { return new(InquiryRequest) }},
	{Preauthorization, "PreauthorizationRequest", "PreauthorizationRequest", "PreauthorizationResponse", "24", "Preauthorization Request", authorizeText, func() Request { return new(PreauthorizationRequest) }},
	{Postauthorization, "PostauthorizationRequest", "PostauthorizationRequest", "PostauthorizationResponse", "26", "Postauthorization Request", depositText, func() Request { return new(PostauthorizationRequest) }},
	{Return, "ReturnRequest", "ReturnRequest", "ReturnResponse", "18", "Return Request", returnText, func() Request { return new(ReturnRequest) }},
	{Void, "VoidRequest", "VoidRequest", "VoidResponse", "22", "Void Request", voidText, func() Request { return new(VoidRequest) }},
}

// Kinds lists the eight.
func Kinds() []Kind {
	all := make([]Kind, len(pairs))
	for i := range pairs {
		all[i] = pairs[i].kind
	}
	return all
}

func (k Kind) pair() *pair {
	if k == 0 || int(k) > len(pairs) {
		return &pair{}
	}
	return &pairs[k-1]
}

// Valid reports whether k is one of the eight.
func (k Kind) Valid() bool { return k.pair().kind != 0 }

// Action returns the ARTSAction, such as "PreauthorizationRequest".
func (k Kind) Action() string { return k.pair().action }

// RequestRoot returns the local name of the request's root element.
func (k Kind) RequestRoot() string { return k.pair().request }

// AnswerRoot returns the local name of the answer's root element.
func (k Kind) AnswerRoot() string { return k.pair().answer }

// Reason returns the reason code of a successful answer; "" for GenerateCard, which has none.
func (k Kind) Reason() string { return k.pair().reason }

// Comment returns the fixed text of the request's Comments; "" for GenerateCard, which has none.
func (k Kind) Comment() string { return k.pair().comment }

// String returns the action, or "kind(n)" for a value that is no kind.
func (k Kind) String() string {
	if !k.Valid() {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return k.Action()
}

// KindOfReason finds the kind whose successful answers carry a reason code.
func KindOfReason(code string) (Kind, bool) {
	for _, p := range pairs {
		if p.reason != "" && p.reason == code {
			return p.kind, true
		}
	}
	return 0, false
}

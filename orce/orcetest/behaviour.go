package orcetest

import (
	"fmt"
	"net/http"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// Behaviour is what the far end does with the messages it is sent.
type Behaviour string

// The behaviours.
const (
	Accepts       Behaviour = "accepts"
	AcceptsPart   Behaviour = "accepts part"
	Refuses       Behaviour = "refuses"
	Unreachable   Behaviour = "unreachable"
	LocksOut      Behaviour = "locks out"        // 401
	Forbids       Behaviour = "forbids"          // 403
	KnowsNoDoor   Behaviour = "knows no door"    // 404
	Busy          Behaviour = "busy"             // 429
	Redirects     Behaviour = "redirects"        // 307
	Down          Behaviour = "down"             // 503 of a front that may have passed the message on
	Conflicts     Behaviour = "conflicts"        // 409, a status that says nothing certain
	HangsUp       Behaviour = "hangs up"         // reads the message and ends the connection
	CutsOff       Behaviour = "cuts off"         // ends the connection in the middle of its answer
	Waits         Behaviour = "waits"            // reads the message and never answers
	Faults        Behaviour = "faults"           // a SOAP fault
	ShowsPage     Behaviour = "shows a page"     // HTML with status 200
	Stammers      Behaviour = "stammers"         // XML that is not well-formed
	Stutters      Behaviour = "stutters"         // an answer with its amount twice
	SwapsKinds    Behaviour = "swaps kinds"      // the answer to another message
	TakesMore     Behaviour = "takes more"       // acts on more than was asked
	SaysNoCode    Behaviour = "says no code"     // neither accepts nor refuses
	RefusesAloud  Behaviour = "refuses aloud"    // names the card in its refusal
	AnswersBehind Behaviour = "answers behind"   // acts, and then fails with 500
	UnknownReason Behaviour = "unknown reason"   // accepts with a reason code that no message has
	LosesNumber   Behaviour = "loses the number" // moves money or makes a card and does not give its number
)

// answer is what goes back: an HTTP answer, or an end of the connection.
type answer struct {
	status      int
	contentType string
	body        []byte
	cut         bool // the connection ends in the middle of the body
	hangUp      bool // the connection ends before an answer
	wait        bool // nothing comes
}

const xmlType = "text/xml; charset=utf-8"

// answer makes what goes back for a message.
func (b Behaviour) answer(body []byte) (answer, error) {
	r, err := messages.ReadRequest(body)
	if err != nil {
		return answer{}, fmt.Errorf("orcetest: the provider sent what is no message: %w", err)
	}
	number := numberIn(body)
	a := Approval(r)
	page := func(status int) (answer, error) {
		return answer{status: status, contentType: "text/html", body: []byte("<html><body>Sorry, card " + number + "</body></html>")}, nil
	}
	switch b {
	case Accepts, Unreachable:
	case AcceptsPart:
		a.Amount = messages.NewDecimal(1, 2)
	case TakesMore:
		a.Amount = messages.NewDecimal(9_999_99, 2)
		a.CardPrefix += "9"
	case Refuses:
		a = Refusal(r.Kind(), "CARD_ASLEEP")
	case RefusesAloud:
		a = Refusal(r.Kind(), "CARD_ASLEEP")
		a.ResponseDescription = "Card " + number + " is asleep."
	case UnknownReason:
		a.ReasonCode, a.ResponseCode = "77", "OK"
	case SaysNoCode:
		a.ReasonCode, a.ResponseCode = "", ""
	case LosesNumber:
		a.SVATransactionID, a.CardNumber = "", secret.String{}
	case SwapsKinds:
		if r.Kind() == messages.Inquiry {
			a = Approval(&messages.VoidRequest{})
		} else {
			a = Approval(&messages.InquiryRequest{})
		}
	case Stutters:
		whole := write(a)
		at := len(whole) - len("</"+a.Kind.AnswerRoot()+">")
		twice := append(append([]byte{}, whole[:at]...), "<SVATransaction /><SVATransaction />"...)
		return answer{status: http.StatusOK, contentType: xmlType, body: append(twice, whole[at:]...)}, nil
	case Stammers:
		return answer{status: http.StatusOK, contentType: xmlType, body: []byte("<VoidResponse><Card>" + number + "</Void>")}, nil
	case ShowsPage:
		return page(http.StatusOK)
	case LocksOut:
		return page(http.StatusUnauthorized)
	case Forbids:
		return page(http.StatusForbidden)
	case KnowsNoDoor:
		return page(http.StatusNotFound)
	case Busy:
		return page(http.StatusTooManyRequests)
	case Redirects:
		return page(http.StatusTemporaryRedirect)
	case Down:
		return answer{status: http.StatusServiceUnavailable}, nil
	case Conflicts:
		return page(http.StatusConflict)
	case AnswersBehind:
		return answer{status: http.StatusInternalServerError, contentType: xmlType, body: write(a)}, nil
	case Faults:
		return answer{status: http.StatusInternalServerError, contentType: xmlType, body: []byte(
			`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode>` +
				`<faultstring>card ` + number + `</faultstring></s:Fault></s:Body></s:Envelope>`)}, nil
	case HangsUp:
		return answer{hangUp: true}, nil
	case Waits:
		return answer{wait: true}, nil
	case CutsOff:
		return answer{status: http.StatusOK, contentType: xmlType, body: write(a), cut: true}, nil
	}
	return answer{status: http.StatusOK, contentType: xmlType, body: write(a)}, nil
}

func write(a *messages.Answer) []byte {
	body, err := messages.AppendAnswer(nil, a, messages.AnswerForm{Enveloped: true})
	if err != nil {
		panic("orcetest: the answer cannot be written: " + err.Error())
	}
	return body
}

package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate/messages"
)

// moment is when a fault strikes. Faults of one exchange act in this order, and in the order of the table within it.
type moment uint8

const (
	beforeBooking moment = iota // the message was read; nothing is booked yet
	whileBooking                // changes what is booked; the answer tells the truth
	inAnswer                    // booked; changes what the answer says
	onWire                      // booked and encoded; changes what is sent
)

// argument is what stands behind the colon of a fault.
type argument uint8

const (
	argNone argument = iota
	argDuration
	argCode
	argStatus
	argType
)

var argumentHelp = [...]string{argNone: "", argDuration: "duration", argCode: "code", argStatus: "status", argType: "content type"}

type faultRow struct {
	name     string
	moment   moment
	argument argument
	booked   bool // the message is booked all the same
	untrue   bool // a full answer goes out that does not say what happened
	help     string
	act      func(*exchange, Fault)
}

// Fault is a way to misbehave, with its argument. Only ParseFault makes one; the zero value is none.
type Fault struct {
	row      *faultRow
	text     string
	duration time.Duration
	status   int
}

// faultTable is all that can go wrong on purpose.
var faultTable = []faultRow{
	{"delay-before", beforeBooking, argDuration, true, false, "book after the delay, even when the caller has gone", func(x *exchange, f Fault) { x.sim.pause(context.Background(), f.duration) }},
	{"refuse", beforeBooking, argNone, false, false, "close the connection; a rule without message and card does so before the request is read", (*exchange).cutWith},
	{"reset-before", beforeBooking, argNone, false, false, "reset the connection, nothing booked", (*exchange).cutWith},
	{"silence-before", beforeBooking, argNone, false, false, "never answer, nothing booked", (*exchange).silence},
	{"html-502", beforeBooking, argNone, false, false, "a front's HTML page with status 502, nothing booked", page502},
	{"html-200", beforeBooking, argNone, false, false, "an HTML page with status 200, nothing booked", page200},
	{"empty-500", beforeBooking, argNone, false, false, "status 500 without a body, nothing booked", empty500},
	{"soap-fault", beforeBooking, argNone, false, false, "a SOAP 1.1 fault with status 500, nothing booked", soapFault},
	{"status-401", beforeBooking, argNone, false, false, "status 401, nothing booked", func(x *exchange, _ Fault) { x.unauthorized() }},
	{"status-429", beforeBooking, argNone, false, false, "status 429 with Retry-After, nothing booked", func(x *exchange, _ Fault) {
		x.w.Header().Set("Retry-After", "1")
		x.page(http.StatusTooManyRequests, typeText, []byte("too many requests\n"))
	}},
	{"status", beforeBooking, argStatus, false, false, "any status without a body, nothing booked", emptyStatus},
	{"redirect-307", beforeBooking, argNone, false, false, "status 307 to the same address, nothing booked", func(x *exchange, _ Fault) {
		x.w.Header().Set("Location", x.r.URL.Path)
		x.page(http.StatusTemporaryRedirect, typeText, nil)
	}},

	{"error-code", whileBooking, argCode, false, false, "reject with this ErrorCode", func(x *exchange, f Fault) { x.orders.reject = &refusal{f.text, "Rejected on request."} }},
	{"partial", whileBooking, argNone, true, false, "authorize half of what could have been", func(x *exchange, _ Fault) { x.orders.partial = true }},

	{"error-code-booked", inAnswer, argCode, true, true, "book, and answer with this ErrorCode beside SVATransaction", func(x *exchange, f Fault) { x.answer.ErrorCode = f.text }},
	{"reason-code", inAnswer, argCode, true, true, "book, and answer with this reason code", func(x *exchange, f Fault) { x.answer.ReasonCode = f.text }},
	{"no-reason", inAnswer, argNone, true, true, "book, and answer without reason", func(x *exchange, _ Fault) { x.answer.ReasonCode, x.answer.ReasonDescription = "", "" }},
	{"no-transaction-id", inAnswer, argNone, true, true, "book, and answer without transaction id and authorization number", func(x *exchange, _ Fault) { x.answer.SVATransactionID, x.answer.AuthNumber = "", "" }},
	{"inactive", inAnswer, argNone, true, true, "book, and show card and account as Inactive", func(x *exchange, _ Fault) {
		x.answer.InstrumentStatus, x.answer.AccountStatus = statusInactive, statusInactive
	}},
	{"more-than-asked", inAnswer, argNone, true, true, "book, and answer with one minor unit more than was asked for", moreThanAsked},
	{"other-currency", inAnswer, argNone, true, true, "book, and answer in another currency", otherCurrency},
	{"wrong-message", inAnswer, argNone, true, true, "book, and answer with another message's answer", wrongMessage},
	{"previous-answer", inAnswer, argNone, true, true, "book, and send the answer of the message before; wrong-message if there was none", previousAnswer},
	{"bare", inAnswer, argNone, true, false, "answer without envelope", func(x *exchange, _ Fault) { x.form.Enveloped = false }},
	{"enveloped", inAnswer, argNone, true, false, "answer inside an envelope", func(x *exchange, _ Fault) { x.form.Enveloped = true }},
	{"no-namespace", inAnswer, argNone, true, false, "answer without the IXRetail namespace", func(x *exchange, _ Fault) { x.form.NoNamespace = true }},

	{"delay-after", onWire, argDuration, true, false, "book, and answer after the delay", func(x *exchange, f Fault) { x.sim.pause(x.r.Context(), f.duration) }},
	{"reset-after", onWire, argNone, true, false, "book, then reset the connection", (*exchange).cutWith},
	{"silence-after", onWire, argNone, true, false, "book, and never answer", (*exchange).silence},
	{"truncated", onWire, argNone, true, false, "book, and send half of the answer", (*exchange).truncated},
	{"negative-amount", onWire, argNone, true, true, "book, and answer with a minus before the amount", negativeAmount},
	{"content-type", onWire, argType, true, false, "book, and answer with this content type", func(x *exchange, f Fault) { x.contentType = f.text }},
	{"garbage", onWire, argNone, true, false, "book, and answer with bytes that are no XML", func(x *exchange, _ Fault) {
		x.page(http.StatusOK, typeXML, []byte("\x00\xff<<not xml\x1b"))
	}},
	{"html-502-booked", onWire, argNone, true, false, "book, and answer with a front's HTML page and status 502", page502},
	{"html-200-booked", onWire, argNone, true, false, "book, and answer with an HTML page and status 200", page200},
	{"empty-500-booked", onWire, argNone, true, false, "book, and answer with status 500 without a body", empty500},
	{"soap-fault-booked", onWire, argNone, true, false, "book, and answer with a SOAP 1.1 fault", soapFault},
	{"status-booked", onWire, argStatus, true, false, "book, and answer with any status without a body", emptyStatus},
	{"oversize", onWire, argNone, true, false, "book, and answer with two mebibytes", func(x *exchange, _ Fault) {
		x.body = append(x.body, bytes.Repeat([]byte(" "), 2<<20)...)
	}},
	{"doubled-body", onWire, argNone, true, false, "book, and send the answer's text twice in one body", func(x *exchange, _ Fault) { x.body = slices.Concat(x.body, x.body) }},
	{"dribble", onWire, argDuration, true, false, "book, and send the answer in small pieces with this delay before each", (*exchange).dribble},
	{"duplicate", onWire, argNone, true, false, "book, and send the whole HTTP answer twice", (*exchange).duplicate},
}

var (
	codeText = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	typeName = regexp.MustCompile(`^[a-z]+/[a-z0-9.+-]+(; ?charset=[a-zA-Z0-9-]+)?$`)
)

// Errors of ParseFault.
var (
	ErrFaultUnknown = errors.New("no such fault")
	ErrFaultArg     = errors.New("the fault's argument does not fit")
)

// ParseFault reads a fault such as "reset-after" or "error-code:CARD_LOST". The errors are ErrFaultUnknown and
// ErrFaultArg.
func ParseFault(text string) (Fault, error) {
	name, arg, colon := strings.Cut(text, ":")
	i := slices.IndexFunc(faultTable, func(r faultRow) bool { return r.name == name })
	if i < 0 {
		return Fault{}, fmt.Errorf("simulator: %w: %q", ErrFaultUnknown, name)
	}
	f := Fault{row: &faultTable[i], text: arg}
	fits := colon
	switch f.row.argument {
	case argNone:
		fits = !colon
	case argDuration:
		d, err := time.ParseDuration(arg)
		f.duration = d
		fits = fits && err == nil && d >= 0 && d <= MaxDelay
	case argCode:
		fits = fits && codeText.MatchString(arg)
	case argStatus:
		n, err := strconv.Atoi(arg)
		f.status = n
		fits = fits && err == nil && n >= 300 && n <= 599 && n != http.StatusNotModified
	case argType:
		fits = fits && typeName.MatchString(arg)
	}
	if !fits {
		want := argumentHelp[f.row.argument]
		if want == "" {
			want = "no argument"
		}
		return Fault{}, fmt.Errorf("simulator: %w: %s takes %s", ErrFaultArg, name, want)
	}
	return f, nil
}

// String returns the text that ParseFault reads, "" for none.
func (f Fault) String() string {
	switch {
	case f.row == nil:
		return ""
	case f.row.argument == argNone:
		return f.row.name
	}
	return f.row.name + ":" + f.text
}

// MarshalText gives String.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is ParseFault.
func (f *Fault) UnmarshalText(text []byte) error {
	parsed, err := ParseFault(string(text))
	if err == nil {
		*f = parsed
	}
	return err
}

// FaultRow describes a fault for people.
type FaultRow struct {
	Name     string // "error-code"
	Argument string // what follows the colon, such as "code"; "" for nothing
	Booked   bool   // the message takes effect all the same
	Help     string
}

// FaultTable lists all faults.
func FaultTable() []FaultRow {
	rows := make([]FaultRow, len(faultTable))
	for i, r := range faultTable {
		rows[i] = FaultRow{r.name, argumentHelp[r.argument], r.booked, r.help}
	}
	return rows
}

func page502(x *exchange, _ Fault) {
	x.page(http.StatusBadGateway, typeHTML, []byte("<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1><hr></body></html>\n"))
}

func page200(x *exchange, _ Fault) {
	x.page(http.StatusOK, typeHTML, []byte("<html><head><title>Sign in</title></head><body><form><p>Your session has ended.</p></form></body></html>\n"))
}

func empty500(x *exchange, _ Fault) { x.page(http.StatusInternalServerError, "", nil) }

func emptyStatus(x *exchange, f Fault) { x.page(f.status, "", nil) }

func soapFault(x *exchange, _ Fault) { x.fault("Server", "The simulator was told to fail.") }

func moreThanAsked(x *exchange, _ Fault) {
	asked, ok := x.q.rtp.Amount.Minor(x.entry.Digits)
	if ok {
		x.answer.Amount = messages.NewDecimal(asked+1, x.entry.Digits)
	}
}

func otherCurrency(x *exchange, _ Fault) {
	other := "EUR"
	if x.entry.Currency == other {
		other = defaultCurrency
	}
	a := x.answer
	for _, c := range []*string{&a.BalanceCurrency, &a.CurrencyID, &a.PreAuthCurrencyID} {
		if *c != "" {
			*c = other
		}
	}
}

func wrongMessage(x *exchange, _ Fault) {
	other := messages.Inquiry
	if x.q.kind == messages.Inquiry {
		other = messages.Return
	}
	a := x.answer
	a.Kind = other
	if a.ReasonCode != "" {
		a.ReasonCode, a.ReasonDescription = other.Reason(), other.AnswerRoot()
	}
}

func previousAnswer(x *exchange, f Fault) {
	if x.previous == nil {
		wrongMessage(x, f)
		return
	}
	*x.answer = *x.previous
}

// negativeAmount writes what the codec refuses to write. SVAAmount stands last of the amounts.
func negativeAmount(x *exchange, _ Fault) {
	const open = "<Amount>"
	if i := bytes.LastIndex(x.body, []byte(open)); i >= 0 {
		x.body = slices.Insert(x.body, i+len(open), '-')
	}
}

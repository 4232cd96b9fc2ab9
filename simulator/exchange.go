package simulator

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/svcgate/svcgate/messages"
)

// maxBody is the largest request that is read.
const maxBody = 1 << 20

const (
	typeXML  = "text/xml; charset=utf-8"
	typeHTML = "text/html; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
	typeJSON = "application/json"
)

// exchange is one HTTP request with a message in it.
type exchange struct {
	sim *Simulator
	w   http.ResponseWriter
	r   *http.Request

	q      question
	faults []Fault
	names  string // of the faults, for the ledger
	orders orders
	entry  *Entry

	answer      *messages.Answer
	previous    *messages.Answer
	form        messages.AnswerForm
	contentType string
	body        []byte
	over        bool // a fault has sent, or cut, what there is to send
}

// message answers POST /relateui/{org}/xmlapi.
func (s *Simulator) message(w http.ResponseWriter, r *http.Request) {
	x := &exchange{sim: s, w: w, r: r, form: s.form(), contentType: typeXML}
	if f, refused := s.refuses(); refused {
		s.note(x.q, f.String(), "closed before reading")
		x.cut()
		return
	}
	if !s.allowed(r) {
		s.note(x.q, "", "wrong or missing credentials")
		x.unauthorized()
		return
	}
	if !x.read() {
		return
	}
	x.faults = s.plan(x.q)
	x.names = names(x.faults)
	if x.strike(beforeBooking); x.over {
		return
	}
	x.strike(whileBooking)
	if !x.book() {
		return
	}
	x.strike(inAnswer)
	var err error
	if x.body, err = messages.AppendAnswer(nil, x.answer, x.form); err != nil {
		// Only a fault's argument or a caller's text can bring this about; the message is booked.
		x.fault("Server", "The answer could not be written.")
		return
	}
	if x.strike(onWire); !x.over {
		s.mark(x.entry, x.truth())
		if !x.send(http.StatusOK, x.contentType, x.body) {
			s.mark(x.entry, AnsweredNot)
		}
	}
}

// read reads and understands the request. It answers, notes and returns false when it cannot.
func (x *exchange) read() bool {
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	if err != nil {
		why, status := "the request ended early", http.StatusBadRequest
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			why, status = "the request is larger than a mebibyte", http.StatusRequestEntityTooLarge
		}
		x.sim.note(x.q, "", why)
		x.page(status, typeText, []byte(why+"\n"))
		return false
	}
	request, err := messages.ReadRequest(body)
	if err != nil {
		x.refuse("not understood: " + err.Error())
		return false
	}
	if x.q, err = ask(request); err != nil {
		x.refuse("not understood: " + err.Error())
		return false
	}
	if !x.sim.cfg.Switches.ActionIgnored && contradicts(x.q.kind, x.r.Header.Get("SOAPAction")) {
		x.refuse("SOAPAction names another message than the body holds")
		return false
	}
	return true
}

// refuse answers a request that is no proper message with a SOAP fault.
func (x *exchange) refuse(why string) {
	x.sim.note(x.q, x.names, why)
	x.fault("Client", why)
}

// book takes the message into the books. It answers and returns false when they are corrupt.
func (x *exchange) book() bool {
	answer, entry, err := x.sim.book(x.q, x.orders, x.names)
	x.entry = entry
	if err != nil {
		x.fault("Server", err.Error())
		return false
	}
	x.previous = x.sim.remember(answer)
	copied := *answer // faults change what is sent, not what is remembered
	x.answer = &copied
	return true
}

// remember keeps the answer for the next message and returns the one before.
func (s *Simulator) remember(a *messages.Answer) (before *messages.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.state.previous = s.state.previous, a
	return before
}

// strike lets the faults of one moment act, until one of them ends the exchange. The ledger knows before the caller.
func (x *exchange) strike(m moment) {
	for _, f := range x.faults {
		if f.row.moment != m || x.over {
			continue
		}
		if m == beforeBooking && !f.row.booked {
			x.sim.note(x.q, x.names, "ended by a fault before booking")
		}
		f.row.act(x, f)
	}
}

// truth is what a full answer amounts to.
func (x *exchange) truth() Answered {
	for _, f := range x.faults {
		if f.row.untrue {
			return AnsweredFalsely
		}
	}
	return AnsweredTruly
}

func names(faults []Fault) string {
	texts := make([]string, len(faults))
	for i, f := range faults {
		texts[i] = f.String()
	}
	return strings.Join(texts, " + ")
}

package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

// Each switch in both positions. A switch without a row here fails the test.
var switchTests = map[string]struct {
	on    string // the other position; "true" when empty
	check func(t *testing.T, s *simulator.Simulator, on bool)
}{
	"empty-card-authorizes": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		approve(t, s, ask{kind: messages.Preauthorization, card: cardB, amount: "75.50"})
		next := ask{kind: messages.Preauthorization, card: cardB, amount: "1.00"}
		if !on {
			rejects(t, s, next, simulator.CodeInsufficientFunds)
			return
		}
		if a := approve(t, s, next); a.Amount.String() != "0.00" || a.Balance.String() != "0.00" {
			t.Errorf("amount %s, balance %s", a.Amount, a.Balance)
		}
	}},
	"partial-refused": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		much := ask{kind: messages.Preauthorization, card: cardB, amount: "75.51"}
		if on {
			rejects(t, s, much, simulator.CodeInsufficientFunds)
		} else if a := approve(t, s, much); a.Amount.String() != "75.50" {
			t.Errorf("amount %s", a.Amount)
		}
	}},
	"rest-released": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "50.00"})
		a := approve(t, s, ask{kind: messages.Postauthorization, card: cardA, amount: "20.00", earlier: "1001"})
		rest, shown := "30.00", "200.00"
		if on {
			rest, shown = "0.00", "230.00"
		}
		if a.PreAuthAmount.String() != rest || a.Balance.String() != shown || a.Amount.String() != "20.00" {
			t.Errorf("rest %s, balance %s, amount %s; want %s, %s", a.PreAuthAmount, a.Balance, a.Amount, rest, shown)
		}
	}},
	"second-capture-refused": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "50.00"})
		deposit := ask{kind: messages.Postauthorization, card: cardA, amount: "20.00", earlier: "1001"}
		approve(t, s, deposit)
		if on {
			rejects(t, s, deposit, simulator.CodeHoldCaptured)
		} else {
			approve(t, s, deposit)
		}
	}},
	"void-amount-checked": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "50.00"})
		void := ask{kind: messages.Void, card: cardA, amount: "49.99", earlier: "1001"}
		if on {
			rejects(t, s, void, simulator.CodeVoidAmount)
			void.amount = "50.00"
		}
		if a := approve(t, s, void); a.Amount.String() != "50.00" || a.Balance.String() != "250.00" {
			t.Errorf("voided %s, balance %s", a.Amount, a.Balance)
		}
	}},
	"void-captured-refused": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "50.00"})
		approve(t, s, ask{kind: messages.Postauthorization, card: cardA, amount: "20.00", earlier: "1001"})
		void := ask{kind: messages.Void, card: cardA, amount: "50.00", earlier: "1001"}
		if on {
			rejects(t, s, void, simulator.CodeHoldCaptured)
		} else if a := approve(t, s, void); a.Amount.String() != "30.00" {
			t.Errorf("voided %s", a.Amount)
		}
	}},
	"void-others": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		approve(t, s, ask{kind: messages.ActivateInstrument, card: newCard, amount: "50.00"})                 // 1001
		approve(t, s, ask{kind: messages.Recharge, card: newCard, amount: "5.00"})                            // 1002
		approve(t, s, ask{kind: messages.Return, card: newCard, amount: "2.00"})                              // 1003
		approve(t, s, ask{kind: messages.Inquiry, card: newCard})                                             // 1004
		approve(t, s, ask{kind: messages.Preauthorization, card: newCard, amount: "10.00"})                   // 1005
		approve(t, s, ask{kind: messages.Postauthorization, card: newCard, amount: "10.00", earlier: "1005"}) // 1006
		for _, c := range []struct{ id, shown, code string }{
			{"1001", "", simulator.CodeInsufficientFunds}, {"1002", "42.00", ""}, {"1003", "40.00", ""}, {"1003", "", simulator.CodeVoidedAlready},
			{"1004", "", simulator.CodeNotVoidable}, {"1006", "50.00", ""}, {"1001", "0.00", ""},
		} {
			void := ask{kind: messages.Void, card: newCard, amount: "1.00", earlier: c.id}
			switch {
			case !on:
				rejects(t, s, void, simulator.CodeNotVoidable)
			case c.code != "":
				rejects(t, s, void, c.code)
			default:
				if a := approve(t, s, void); a.Balance.String() != c.shown {
					t.Errorf("void of %s: balance %s, want %s", c.id, a.Balance, c.shown)
				}
			}
		}
	}},
	"repeated-activation-refused": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		again := ask{kind: messages.ActivateInstrument, card: cardA, amount: "10.00"}
		if on {
			rejects(t, s, again, simulator.CodeActiveAlready)
		} else if a := approve(t, s, again); a.Balance.String() != "260.00" {
			t.Errorf("balance %s", a.Balance)
		}
	}},
	"zero-activates-initial": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		const loaded = "6006491234560207"
		if err := s.AddCard(simulator.CardSpec{Number: secret.New(loaded), Card: simulator.StandingNew, Balance: 30_00}); err != nil {
			t.Fatal(err)
		}
		available(t, s, loaded, 0)
		activate := ask{kind: messages.ActivateInstrument, card: loaded, amount: "0.00"}
		want := "0.00"
		if on {
			want = "30.00"
		}
		for range 2 { // the second time adds nothing
			if a := approve(t, s, activate); a.Balance.String() != want {
				t.Errorf("balance %s, want %s", a.Balance, want)
			}
		}
	}},
	"recharge-activates": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		recharge := ask{kind: messages.Recharge, card: newCard, amount: "10.00"}
		if !on {
			rejects(t, s, recharge, simulator.CodeCardInactive)
		} else if a := approve(t, s, recharge); a.Balance.String() != "10.00" || a.InstrumentStatus != "Active" {
			t.Errorf("balance %s, %s", a.Balance, a.InstrumentStatus)
		}
	}},
	"generated-inactive": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		number := approve(t, s, ask{kind: messages.GenerateCard, earlier: "01"}).CardNumber.Reveal()
		want := "Active"
		if on {
			want = "Inactive"
		}
		if a := approve(t, s, ask{kind: messages.Inquiry, card: number}); a.InstrumentStatus != want {
			t.Errorf("status %s, want %s", a.InstrumentStatus, want)
		}
	}},
	"inactive-inquiry-refused": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		inquiry := ask{kind: messages.Inquiry, card: newCard}
		if on {
			rejects(t, s, inquiry, simulator.CodeCardInactive)
		} else if a := approve(t, s, inquiry); a.InstrumentStatus != "Inactive" {
			t.Errorf("status %s", a.InstrumentStatus)
		}
	}},
	"currency-ignored": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		euros := ask{kind: messages.Preauthorization, card: cardA, amount: "1.00", currency: "EUR"}
		if !on {
			rejects(t, s, euros, simulator.CodeCurrencyMismatch)
		} else if a := approve(t, s, euros); a.CurrencyID != "USD" {
			t.Errorf("currency %s", a.CurrencyID)
		}
	}},
	"franchisee": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		for _, kind := range messages.Kinds() {
			a := ask{kind: kind, card: cardA, amount: "1.00", earlier: "01"}
			if on {
				rejects(t, s, a, simulator.CodeFranchisee)
			} else if say(t, s, a).ErrorCode == simulator.CodeFranchisee {
				t.Errorf("%v is refused", kind)
			}
		}
	}},
	"card-present": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		a := ask{kind: messages.Inquiry, card: cardA}
		if on {
			rejects(t, s, a, simulator.CodeCardNotPresent)
			a.swiped = true
		}
		approve(t, s, a)
	}},
	"expiry-months": {on: "12", check: func(t *testing.T, s *simulator.Simulator, on bool) {
		approve(t, s, ask{kind: messages.ActivateInstrument, card: newCard, amount: "1.00"})
		card, err := s.Card(secret.New(newCard))
		if err != nil {
			t.Fatal(err)
		}
		if on && !card.Expires.Equal(noon.AddDate(1, 0, 0)) || !on && !card.Expires.IsZero() {
			t.Errorf("expires %v", card.Expires)
		}
	}},
	"decline-with-account": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		a := say(t, s, ask{kind: messages.Postauthorization, card: cardA, amount: "1.00", earlier: "5"})
		if shown := a.AccountID == "501" && a.Balance.String() == "250.00" && a.InstrumentStatus == "Active"; shown != on || a.ErrorCode == "" {
			t.Errorf("account %q, balance %q, code %q", a.AccountID, a.Balance, a.ErrorCode)
		}
	}},
	"decline-with-transaction": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		a := say(t, s, ask{kind: messages.Postauthorization, card: cardA, amount: "1.00", earlier: "5"})
		if shown := a.SVATransactionID == "1001"; shown != on || a.ErrorCode == "" {
			t.Errorf("id %q, code %q", a.SVATransactionID, a.ErrorCode)
		}
	}},
	"action-ignored": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		inquiry := ask{kind: messages.Inquiry, card: cardA}.body(t)
		got := over(t.Context(), t, serve(t, s), inquiry, func(r *http.Request) { r.Header.Set("SOAPAction", `"VoidRequest"`) })
		if want := map[bool]int{true: 200, false: 500}[on]; got.status != want || got.err != nil {
			t.Errorf("status %d, %v, want %d", got.status, got.err, want)
		}
	}},
	"enveloped": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		if got := strings.Contains(raw(t, s), "<SOAP-ENV:Envelope"); got != on {
			t.Errorf("enveloped %t", got)
		}
	}},
	"no-namespace": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		if got := !strings.Contains(raw(t, s), messages.NamespaceIXRetail); got != on {
			t.Errorf("without namespace %t", got)
		}
	}},
	"magic-off": {check: func(t *testing.T, s *simulator.Simulator, on bool) {
		magic := ask{kind: messages.Return, card: cardA, amount: "9900.01"}
		if !on {
			rejects(t, s, magic, simulator.CodeDeclined)
		} else {
			approve(t, s, magic)
		}
	}},
}

func raw(t testing.TB, s http.Handler) string {
	t.Helper()
	w := httptest.NewRecorder()
	body := ask{kind: messages.Inquiry, card: cardA}.body(t)
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/relateui/OMS/xmlapi", strings.NewReader(string(body))))
	return w.Body.String()
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	table := simulator.SwitchTable()
	if len(table) != len(switchTests) {
		t.Errorf("%d switches, %d tests", len(table), len(switchTests))
	}
	for _, row := range table {
		test, known := switchTests[row.Name]
		if !known {
			t.Errorf("switch %s has no test", row.Name)
			continue
		}
		if row.Help == "" {
			t.Errorf("switch %s has no help", row.Name)
		}
		other := test.on
		if other == "" {
			other = "true"
		}
		for _, value := range []string{row.Default, other} {
			t.Run(row.Name+"="+value, func(t *testing.T) {
				s := bench(t, func(c *simulator.Config) {
					if err := c.Switches.Set(row.Name, value); err != nil {
						t.Fatal(err)
					}
					want := "default"
					if value != row.Default {
						want = row.Name + "=" + value
					}
					if got := c.Switches.String(); got != want {
						t.Errorf("switches %s, want %s", got, want)
					}
				})
				if view := call(t, s, "GET", "/switches", "").Body.String(); !strings.Contains(view, `"name": "`+row.Name+`",
    "value": "`+value+`"`) {
					t.Errorf("the switches route does not show it: %s", view)
				}
				test.check(t, s, value == other)
			})
		}
	}
}

func TestBadSwitches(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"", "true"}, {"franchise", "true"}, {"Franchisee", "true"}, {"franchisee", ""}, {"franchisee", "yes"}, {"franchisee", "2"},
		{"expiry-months", "-1"}, {"expiry-months", "1201"}, {"expiry-months", "true"}, {"expiry-months", "1.5"},
	} {
		var s simulator.Switches
		if err := s.Set(c[0], c[1]); err == nil || s != (simulator.Switches{}) {
			t.Errorf("%s=%s: %v, %v", c[0], c[1], err, s)
		}
	}
}

package simulator_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

// demoBench is the simulator as a demo has it. Delays pass at once; silence ends when the caller has gone.
func demoBench(t testing.TB, giveUp context.CancelFunc) *simulator.Simulator {
	t.Helper()
	return bench(t, func(c *simulator.Config) {
		c.Cards, c.Series = simulator.DemoCards(), simulator.DemoSeries()
		c.Wait = func(ctx context.Context, d time.Duration) error {
			if d == simulator.MaxDelay {
				giveUp()
				<-ctx.Done()
			}
			return nil
		}
	})
}

// Every row, by card ending and by amount: the fault that the row names is what the fault's own test has seen.
func TestMagic(t *testing.T) {
	t.Parallel()
	for i, row := range simulator.MagicTable() {
		fault, err := simulator.ParseFault(row.Fault)
		if err != nil || row.Outcome == "" {
			t.Fatalf("row %d: %v, outcome %q", i, err, row.Outcome)
		}
		name, _, _ := strings.Cut(row.Fault, ":")
		booked := false
		for _, f := range simulator.FaultTable() {
			if f.Name == name {
				booked = f.Booked
			}
		}
		kind := messages.Preauthorization
		asks := map[string]ask{}
		if row.Ending != "" {
			asks["card "+row.Ending] = ask{kind: kind, card: simulator.MagicCardLead + row.Ending, amount: "20.00"}
		}
		if row.Amount != "" {
			asks["amount "+row.Amount] = ask{kind: kind, card: cardA, amount: row.Amount}
		}
		if row.Series != "" {
			asks["series "+row.Series] = ask{kind: messages.GenerateCard, earlier: row.Series}
		}
		if len(asks) == 0 {
			t.Errorf("row %d has nothing that brings it about", i)
		}
		for name, a := range asks {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ctx, giveUp := context.WithCancel(t.Context())
				defer giveUp()
				s := demoBench(t, giveUp)
				got := over(ctx, t, serve(t, s), a.body(t))
				e := last(t, s)
				if e.Fault != fault.String() || e.Booked != booked {
					t.Errorf("fault %q, booked %t; want %q, %t (%d %v)", e.Fault, e.Booked, fault, booked, got.status, got.err)
				}
				if a.card == "" {
					return
				}
				// An inquiry tells the truth, so that an unknown outcome can be settled, unless the row says all.
				after := over(ctx, t, serve(t, s), ask{kind: messages.Inquiry, card: a.card}.body(t))
				if !errors.Is(after.err, context.Canceled) && (after.status == 200) != (row.Messages != simulator.MagicAll) {
					t.Errorf("inquiry: %d, %v", after.status, after.err)
				}
			})
		}
	}
}

func TestMagicKeepsToItsMessages(t *testing.T) {
	t.Parallel()
	s := demoBench(t, func() {})
	// Half is for authorizations alone.
	if a := approve(t, s, ask{kind: messages.Return, card: simulator.MagicCardLead + "9903", amount: "20.00"}); a.Amount.String() != "20.00" {
		t.Errorf("returned %s", a.Amount)
	}
	if a := approve(t, s, ask{kind: messages.Preauthorization, card: simulator.MagicCardLead + "9903", amount: "20.00"}); a.Amount.String() != "10.00" {
		t.Errorf("authorized %s", a.Amount)
	}
	// The ending goes before the amount.
	if a := say(t, s, ask{kind: messages.Return, card: simulator.MagicCardLead + "9901", amount: "9900.02"}); a.ErrorCode != simulator.CodeDeclined {
		t.Errorf("code %s", a.ErrorCode)
	}
	// Amounts near a magic one are ordinary, however they are written; the same amount in another spelling is not.
	for amount, want := range map[string]string{"9900.00": "", "9899.99": "", "990.01": "", "9901": "", "9900.010": simulator.CodeDeclined} {
		if a := say(t, s, ask{kind: messages.Return, card: cardA, amount: amount}); a.ErrorCode != want {
			t.Errorf("%s: %q", amount, a.ErrorCode)
		}
	}
}

func TestMagicTableIsUnambiguous(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range simulator.MagicTable() {
		for _, key := range []string{"ending " + row.Ending, "amount " + row.Amount, "series " + row.Series} {
			if !strings.HasSuffix(key, " ") && seen[key] {
				t.Errorf("%s stands there twice", key)
			}
			seen[key] = true
		}
		if row.Ending != "" && len(row.Ending) != 4 {
			t.Errorf("ending %q", row.Ending)
		}
	}
	table := simulator.MagicTable()
	table[0].Outcome = "changed"
	if simulator.MagicTable()[0].Outcome == "changed" {
		t.Error("the table can be changed from outside")
	}
}

// The ordinary demo cards do what their labels say, and none of them is magic.
func TestDemoCards(t *testing.T) {
	t.Parallel()
	s := demoBench(t, func() {})
	const lead = simulator.MagicCardLead
	for _, c := range []struct{ ending, code string }{
		{"0017", ""}, {"0025", ""}, {"0033", simulator.CodeCardInactive}, {"0041", simulator.CodeCardInactive}, {"0058", simulator.CodeCardExpired},
		{"0066", simulator.CodePINRequired}, {"0074", simulator.CodeInsufficientFunds}, {"0108", ""}, {"0116", simulator.CodeAccountInactive},
	} {
		if a := say(t, s, ask{kind: messages.Preauthorization, card: lead + c.ending, amount: "10.00"}); a.ErrorCode != c.code {
			t.Errorf("%s: %q, want %q", c.ending, a.ErrorCode, c.code)
		}
	}
	approve(t, s, ask{kind: messages.Preauthorization, card: lead + "0066", amount: "10.00", pin: simulator.DemoPIN})
	approve(t, s, ask{kind: messages.Preauthorization, card: lead + "0082", amount: "1000", currency: "JPY"})
	approve(t, s, ask{kind: messages.Preauthorization, card: lead + "0090", amount: "10.00", currency: "EUR"})
	approve(t, s, ask{kind: messages.ActivateInstrument, card: lead + "0041", amount: "10.00"})
	approve(t, s, ask{kind: messages.GenerateCard, earlier: "02"})
	approve(t, s, ask{kind: messages.GenerateCard, earlier: "02"})
	rejects(t, s, ask{kind: messages.GenerateCard, earlier: "02"}, simulator.CodeAllCardsGenerated)
	for _, spec := range simulator.DemoCards() {
		if _, err := s.Card(spec.Number); err != nil || spec.Label == "" {
			t.Errorf("card %q: %v", spec.Label, err)
		}
	}
	if _, err := s.Card(secret.New(noCard)); !errors.Is(err, simulator.ErrCardUnknown) {
		t.Errorf("unknown card: %v", err)
	}
}

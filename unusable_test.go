package svcgate_test

import (
	"context"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

// unusable is a provider whose answers to inquiries are of no use: about one card, or about all of them.
type unusable struct {
	*world
	class svcgate.Class
	all   bool
	looks int // at the one card
}

type unusableMessage struct {
	*unusable
	r *svcgate.Request
}

func (u *unusable) Prepare(r *svcgate.Request, _ time.Time) (svcgate.Message, error) {
	return unusableMessage{u, r}, nil
}

func (m unusableMessage) Send(ctx context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	about := m.r.Operation() == svcgate.Inquire
	one := about && m.r.Card().Number().Equal(secret.New(testCard))
	if one {
		m.looks++
	}
	if m.class != "" && (one || about && m.all) {
		return svcgate.Reply{}, svcgate.Exchange{Class: m.class}, &svcgate.Error{Code: svcgate.CodeUnknown}
	}
	return worldMessage{m.world, m.r}.Send(ctx)
}

// loseUnusably loses an operation on the one card.
func loseUnusably(t *testing.T, op svcgate.Operation, u *unusable) (*bench, *svcgate.Transaction) {
	t.Helper()
	if u.world == nil {
		u.world = &world{}
	}
	b := newBench(t)
	u.sent, u.status, u.balance = map[svcgate.Operation]int{}, svcgate.StatusActive, 10000
	b.Providers["RLT"] = u
	b.journal.reading = svcgate.Reading{At: b.now.Add(-time.Hour), Balance: money(t, "100.00", "USD"), Status: svcgate.StatusActive}
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(op)))
	if svcgate.CodeOf(err) != svcgate.CodeUnknown {
		t.Fatalf("%+v, %v", res, err)
	}
	u.looks = 0
	return b, res.Transaction
}

// askAbout inquires about a card.
func (b *bench) askAbout(t *testing.T, number string) {
	t.Helper()
	d := draft(svcgate.Inquire)
	d.CardNumber = secret.New(number)
	_, _ = b.Do(t.Context(), "oms", "", request(t, d)) // answered or not
}

const otherCard = "6006491234560025"

func TestACardThatIsNeverAnsweredUsablyEndsOnTheDesk(t *testing.T) {
	t.Parallel()
	for _, op := range []svcgate.Operation{svcgate.Activate, svcgate.Recharge, svcgate.Return, svcgate.Authorize, svcgate.Void, svcgate.Deposit, svcgate.Inquire} {
		for _, class := range []svcgate.Class{svcgate.ClassFault, svcgate.ClassMismatch, svcgate.ClassUnreadable, svcgate.ClassNoReply} {
			t.Run(op.String()+" "+string(class), func(t *testing.T) {
				t.Parallel()
				u := &unusable{class: class}
				b, tx := loseUnusably(t, op, u)
				for range 15 * 60 / 2 { // the provider answers others all the time
					b.askAbout(t, otherCard)
					b.sweep(t, 2*time.Second)
				}
				got := b.journal.finished[tx.ID]
				if got.State != svcgate.StateDesk || got.Finding == nil || got.Finding.Verdict != svcgate.CannotTell {
					t.Errorf("%s %s after 15 minutes, finding %+v", got.State, got.Outcome, got.Finding)
				}
				if u.looks > svcgate.MaxUseless+1 || b.journal.woken > 3 {
					t.Errorf("%d looks, woken %d times", u.looks, b.journal.woken)
				}
				if op == svcgate.Deposit && u.looks > 4 {
					t.Errorf("%d looks at what no look shows", u.looks)
				}
			})
		}
	}
}

func TestACardThatNobodyElseAsksAboutEndsOnTheDesk(t *testing.T) {
	t.Parallel()
	u := &unusable{class: svcgate.ClassFault}
	b, tx := loseUnusably(t, svcgate.Recharge, u)
	b.sweep(t, minutes(24*60)...)
	if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved || u.looks > 5 {
		t.Fatalf("%s after a day in which nothing was answered usably, %d looks", got.State, u.looks)
	}
	b.sweep(t, minutes(24*60)...)
	if got := b.journal.finished[tx.ID]; got.State != svcgate.StateDesk || u.looks != svcgate.MaxUseless {
		t.Errorf("%s after two days, %d looks", got.State, u.looks)
	}
}

func TestAProviderThatFailsForAllIsWaitedFor(t *testing.T) {
	t.Parallel()
	gain := func(w *world, r *svcgate.Request) { w.balance += r.Amount().Minor() }
	for name, busy := range map[string]bool{"others ask": true, "nobody else asks": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := &unusable{world: &world{effect: gain}, class: svcgate.ClassFault, all: true}
			b, tx := loseUnusably(t, svcgate.Recharge, u)
			for minute := range 20 * 60 {
				if busy && minute%30 == 29 {
					b.askAbout(t, otherCard)
				}
				b.sweep(t, time.Minute)
			}
			if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved || u.looks > 5 {
				t.Fatalf("%s while the provider fails, %d looks", got.State, u.looks)
			}
			u.class = ""
			b.askAbout(t, otherCard)
			b.sweep(t, minutes(1)...)
			if got := b.journal.finished[tx.ID]; got.Outcome != svcgate.Approved {
				t.Errorf("%s %s a minute after the provider answers again", got.State, got.Outcome)
			}
		})
	}
}

func TestAProviderThatFallsSilentAgainIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, class := range []svcgate.Class{svcgate.ClassNoReply, svcgate.ClassUnreadable, svcgate.ClassNotSent} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			u := &unusable{world: &world{effect: func(w *world, r *svcgate.Request) { w.balance += r.Amount().Minor() }}}
			b, tx := loseUnusably(t, svcgate.Recharge, u)
			b.askAbout(t, otherCard)
			u.class, u.all = class, true
			b.sweep(t, minutes(20*60)...)
			if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved || u.looks > 6 {
				t.Fatalf("%s while the provider is silent, %d looks", got.State, u.looks)
			}
			u.class = ""
			b.askAbout(t, otherCard)
			b.sweep(t, minutes(1)...)
			if got := b.journal.finished[tx.ID]; got.Outcome != svcgate.Approved {
				t.Errorf("%s %s a minute after the provider answers again", got.State, got.Outcome)
			}
		})
	}
}

func TestAfterARestartAFailingProviderIsWaitedFor(t *testing.T) {
	t.Parallel()
	u := &unusable{world: &world{effect: func(w *world, r *svcgate.Request) { w.balance += r.Amount().Minor() }}, class: svcgate.ClassFault, all: true}
	b, tx := loseUnusably(t, svcgate.Recharge, u)
	b.sweep(t, minutes(20*60)...)
	restarted, err := svcgate.NewGateway(b.GatewayConfig)
	if err != nil {
		t.Fatal(err)
	}
	b.Gateway = restarted
	b.sweep(t, minutes(60)...)
	if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved {
		t.Fatalf("%s while the provider fails", got.State)
	}
	u.class = ""
	b.askAbout(t, otherCard)
	b.sweep(t, minutes(1)...)
	if got := b.journal.finished[tx.ID]; got.Outcome != svcgate.Approved {
		t.Errorf("%s %s a minute after the provider answers again", got.State, got.Outcome)
	}
}

func TestUselessLooksInARowCount(t *testing.T) {
	t.Parallel()
	u := &unusable{class: svcgate.ClassFault}
	b, tx := loseUnusably(t, svcgate.Recharge, u)
	b.askAbout(t, otherCard)
	b.sweep(t, minutes(2)...)
	for range 2 * svcgate.MaxUseless {
		b.now = b.now.Add(time.Second)
		if err := b.LookInto(t.Context(), tx.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved {
		t.Fatalf("%s after looks of a few seconds", got.State)
	}
	u.class = ""
	b.sweep(t, time.Minute)
	u.class = svcgate.ClassMismatch
	b.sweep(t, minutes(svcgate.MaxUseless-1)...)
	if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved || len(got.Readings) != 1 {
		t.Fatalf("%s, readings %v", got.State, got.Readings)
	}
	u.class = ""
	b.sweep(t, time.Minute)
	if got := b.journal.finished[tx.ID]; got.Outcome != svcgate.Unavailable {
		t.Errorf("%s %s after two usable looks", got.State, got.Outcome)
	}
}

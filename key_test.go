package svcgate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

// overtaken is a journal over which another request with the same key goes first: after the key was found free.
type overtaken struct {
	*memory
	by  func()
	err error // of reading the key after that
}

func (o *overtaken) Earlier(ctx context.Context, caller, key string) (*svcgate.Transaction, error) {
	if o.by == nil && o.err != nil {
		return nil, o.err
	}
	t, err := o.memory.Earlier(ctx, caller, key)
	if by := o.by; by != nil {
		o.by = nil
		by()
	}
	return t, err
}

// A refusal that comes of what the first request with the key did is not told to the second one.
func TestARefusalIsNotToldOfAKeyThatIsCarriedOut(t *testing.T) {
	t.Parallel()
	gone := errors.New("the database")
	split := draft(svcgate.Deposit)
	split.Authorization, split.Split = "", svcgate.SplitAuto
	other := draft(svcgate.Deposit)
	other.Amount = "5.00"
	ends := map[string]struct {
		spoil  func(*bench, *overtaken)
		first  *svcgate.Draft // nil: of the same content
		code   svcgate.Code
		reason string
	}{
		"carried out":   {nil, nil, "", ""},
		"not known":     {func(b *bench, _ *overtaken) { b.provider.err = &svcgate.Error{Code: svcgate.CodeUnknown} }, nil, svcgate.CodeUnknown, "outcome_unknown"},
		"other content": {nil, &other, svcgate.CodeKeyReused, "key_reused"},
		"not read":      {func(_ *bench, o *overtaken) { o.err = gone }, nil, svcgate.CodeOverloaded, "journal_unavailable"},
	}
	for name, c := range map[string]struct {
		draft svcgate.Draft
		after func(*bench, *svcgate.Hold) // what the first did
	}{
		"exceeds_authorization":  {draft(svcgate.Deposit), func(b *bench, h *svcgate.Hold) { h.Remaining = money(t, "0.00", "USD") }},
		"exceeds_authorizations": {split, func(b *bench, h *svcgate.Hold) { h.Remaining = money(t, "0.00", "USD") }},
		"of another card":        {draft(svcgate.Void), func(b *bench, h *svcgate.Hold) { h.CardPrint = "another" }},
		"in another currency": {draft(svcgate.Deposit), func(b *bench, h *svcgate.Hold) {
			h.Remaining, h.Amount = money(t, "1.00", "EUR"), money(t, "1.00", "EUR")
		}},
		"possible_duplicate":      {draft(svcgate.Recharge), func(b *bench, _ *svcgate.Hold) { b.journal.similar = "txn_similar" }},
		"possible_duplicate of a": {split, func(b *bench, _ *svcgate.Hold) { b.journal.similar = "txn_similar" }},
	} {
		for end, e := range ends {
			t.Run(name+", "+end, func(t *testing.T) {
				t.Parallel()
				b, second, o := overtake(t)
				b.provider.reply = accepted(t, "26", "11.07")
				hold := svcgate.Hold{Authorization: "9354", Order: "3242", CardPrint: b.Keys.Fingerprint("card", secret.New(testCard)),
					Amount: money(t, "11.07", "USD"), Remaining: money(t, "11.07", "USD")}
				b.journal.holds = []svcgate.Hold{hold}
				if e.spoil != nil {
					e.spoil(b, o)
				}
				var first *svcgate.Result
				o.by = func() {
					d := c.draft
					if e.first != nil {
						d = *e.first
					}
					first, _ = b.Do(context.Background(), "oms", "k", request(t, d))
					c.after(b, &hold)
					b.journal.holds = []svcgate.Hold{hold}
				}
				res, err := second.Do(t.Context(), "oms", "k", request(t, c.draft))
				wantToldOf(t, first, res, err, e.code, e.reason)
				if n := b.provider.sends.Load(); n != 1 {
					t.Errorf("%d messages", n)
				}
			})
		}
	}
}

// overtake gives two gateways on one journal; o.by goes first when a request comes to the second.
func overtake(t *testing.T) (first *bench, second *svcgate.Gateway, o *overtaken) {
	t.Helper()
	first = newBench(t)
	o = &overtaken{memory: first.journal}
	c := first.GatewayConfig
	c.Journal = o
	second, err := svcgate.NewGateway(c)
	if err != nil {
		t.Fatal(err)
	}
	return first, second, o
}

// wantToldOf fails unless the second request is told what the first one is, or with the reason.
func wantToldOf(t *testing.T, first, res *svcgate.Result, err error, code svcgate.Code, reason string) {
	t.Helper()
	told, _ := errors.AsType[*svcgate.Error](err)
	if svcgate.CodeOf(err) != code || told != nil && told.Reason != reason {
		t.Errorf("told %v, want %q %q", err, code, reason)
	}
	if replayed := code == "" || code == svcgate.CodeUnknown; replayed != (res != nil && res.Replayed) || replayed && res.Transaction.ID != first.Transaction.ID {
		t.Errorf("told of %+v", res)
	}
}

func TestARefusalIsNotToldOfAKeyThatIsUnderWay(t *testing.T) {
	t.Parallel()
	b, second, o := overtake(t)
	begun, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	b.provider.during = func(context.Context) {
		close(begun)
		<-release
	}
	d := draft(svcgate.Deposit)
	o.by = func() {
		go func() {
			_, err := b.Do(context.Background(), "oms", "k", request(t, d))
			ended <- err
		}()
		<-begun
		b.journal.holds = []svcgate.Hold{{Authorization: "9354", Order: "3242", CardPrint: b.Keys.Fingerprint("card", d.CardNumber),
			Amount: money(t, "11.07", "USD"), Remaining: money(t, "0.00", "USD")}}
	}
	_, err := second.Do(t.Context(), "oms", "k", request(t, d))
	if e, ok := errors.AsType[*svcgate.Error](err); !ok || e.Reason != "key_in_progress" {
		t.Errorf("told %v", err)
	}
	close(release)
	if err := <-ended; err != nil || b.provider.sends.Load() != 1 {
		t.Errorf("the first: %v, %d messages", err, b.provider.sends.Load())
	}
}

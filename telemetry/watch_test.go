package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/telemetry"
)

// keeper is a journal that says what it is told to.
type keeper struct {
	svcgate.Journal
	svcgate.Decisions
	err error
}

func (k *keeper) Begin(context.Context, *svcgate.Transaction) (*svcgate.Transaction, error) {
	return nil, k.err
}
func (k *keeper) Finish(context.Context, *svcgate.Transaction, *svcgate.Exchange) error { return k.err }
func (k *keeper) Settle(context.Context, *svcgate.Transaction) error                    { return k.err }
func (k *keeper) ToDesk(context.Context, string, svcgate.Finding, time.Time) error      { return k.err }

// talker is a provider whose messages fail with errSecret.
type talker struct{ svcgate.Provider }

func (talker) Prepare(*svcgate.Request, time.Time) (svcgate.Message, error) { return talked{}, nil }

type talked struct{}

func (talked) Send(context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	return svcgate.Reply{}, svcgate.Exchange{Class: svcgate.ClassNoReply},
		&svcgate.Error{Code: svcgate.CodeUnknown, Reason: "no_answer", Detail: "secret", Err: errSecret}
}

func newWatch(t *testing.T, tracing *telemetry.Tracing) (*telemetry.Watch, *prometheus.Registry) {
	t.Helper()
	r := prometheus.NewRegistry()
	w, err := telemetry.NewWatch(tracing, r)
	if err != nil {
		t.Fatal(err)
	}
	return w, r
}

func inquiry(t *testing.T) *svcgate.Request {
	t.Helper()
	r, err := svcgate.NewRequest(svcgate.Draft{Operation: svcgate.Inquire, Service: "RLT", CardNumber: secret.New("6006491234560017"), Order: "77"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var transaction = svcgate.Transaction{ID: "txn_b", Operation: svcgate.Inquire, Service: "RLT", Order: "77", Key: "my-key", Last4: "0017"}

func TestWatchMeasures(t *testing.T) {
	t.Parallel()
	w, r := newWatch(t, nil)
	k := &keeper{}
	j := w.Journal(k)
	var phases svcgate.Phases
	ctx := svcgate.WithPhases(t.Context(), &phases)
	if _, err := j.Begin(ctx, &transaction); err != nil {
		t.Fatal(err)
	}
	if err := j.Finish(ctx, &transaction, &svcgate.Exchange{Class: svcgate.ClassMismatch, Took: 3 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := j.Finish(t.Context(), &transaction, nil); err != nil { // a split deposit, and nobody who asks for phases
		t.Fatal(err)
	}
	if phases.Provider != 3*time.Second || phases.Messages != 1 || phases.Begin <= 0 || phases.Finish <= 0 {
		t.Errorf("phases %+v", phases)
	}
	got := counted(t, r)
	for name, want := range map[string]float64{"svcgate_provider_exchanges_total mismatch inquire RLT": 1, "svcgate_provider_duration_seconds RLT": 1,
		"svcgate_journal_duration_seconds begin": 1, "svcgate_journal_duration_seconds finish": 2, "svcgate_journal_failures_total finish": 0} {
		if n, there := got[name]; !there || n != want {
			t.Errorf("%s is %v, want %v; all are %v", name, n, want, got)
		}
	}
}

// counted are the counters, and how much histograms counted, by name and label values.
func counted(t *testing.T, r *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			name := f.GetName()
			for _, l := range m.Label {
				name += " " + l.GetValue()
			}
			all[name] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

// What tells of the journal is a failure of it; what tells of the operation is none.
func TestWatchKnowsFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err    error
		failed float64
	}{
		"disk":      {errors.New("disk on fire"), 1},
		"timeout":   {context.DeadlineExceeded, 1},
		"held":      {&svcgate.CardHeldError{}, 0},
		"id seen":   {svcgate.ErrIDSeen, 0},
		"moved":     {svcgate.ErrMoved, 0},
		"gone away": {context.Canceled, 0},
		"conflict":  {&svcgate.Error{Code: svcgate.CodeConflict}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := newWatch(t, nil)
			k := &keeper{err: test.err}
			_, begun := w.Journal(k).Begin(t.Context(), &transaction)
			finished := w.Journal(k).Finish(t.Context(), &transaction, &svcgate.Exchange{Class: svcgate.ClassAnswered})
			settled := w.Decisions(k).Settle(t.Context(), &transaction)
			desk := w.Decisions(k).ToDesk(t.Context(), "txn_b", svcgate.Finding{}, time.Time{})
			for _, err := range []error{begun, finished, settled, desk} {
				if !errors.Is(err, test.err) {
					t.Errorf("the error became %v", err)
				}
			}
			sum := 0.0
			for name, n := range counted(t, r) {
				switch name, _, _ := strings.Cut(name, " "); name {
				case "svcgate_journal_failures_total":
					sum += n
				case "svcgate_provider_exchanges_total", "svcgate_settlements_total":
					t.Errorf("%s counts what was not kept", name)
				}
			}
			if sum != 4*test.failed {
				t.Errorf("%v failures of 4 steps", sum)
			}
		})
	}
}

func TestWatchCountsSettlements(t *testing.T) {
	t.Parallel()
	w, r := newWatch(t, nil)
	d := w.Decisions(&keeper{})
	settled := transaction
	settled.Settlement = &svcgate.Settlement{Finding: svcgate.Finding{Verdict: svcgate.NotApplied}}
	if err := errors.Join(d.Settle(t.Context(), &settled), d.ToDesk(t.Context(), "txn_b", svcgate.Finding{}, time.Time{})); err != nil {
		t.Fatal(err)
	}
	got := counted(t, r)
	if got["svcgate_settlements_total desk"] != 1 || got["svcgate_settlements_total not_applied"] != 1 {
		t.Errorf("settlements %v", got)
	}
}

// One trace holds the request, both commits and the provider, and nothing of what they carry.
func TestWatchMakesSpans(t *testing.T) {
	t.Parallel()
	c := newReceiver(t)
	tracing := newTracing(t, telemetry.TracingConfig{Endpoint: c.URL, Sample: 1})
	w, _ := newWatch(t, tracing)
	k := &keeper{}
	ctx, request := tracing.Request(asked(kept), "POST /v1/inquiries", time.Now(), false)
	if _, err := w.Journal(k).Begin(ctx, &transaction); err != nil {
		t.Fatal(err)
	}
	m, err := w.Provider(talker{}).Prepare(inquiry(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Send(ctx); svcgate.CodeOf(err) != svcgate.CodeUnknown {
		t.Fatal(err)
	}
	k.err = errSecret
	_ = w.Journal(k).Finish(ctx, &transaction, nil) // it is to fail
	request.End(time.Now(), nil)
	idle := func(context.Context) (bool, error) { return false, nil }
	busy := func(ctx context.Context) (bool, error) {
		k.err = nil
		return true, errors.Join(w.Decisions(k).Settle(ctx, &transaction), w.Decisions(k).ToDesk(ctx, "txn_b", svcgate.Finding{}, time.Time{}))
	}
	if err := errors.Join(w.Work(t.Context(), "idle", idle), w.Work(t.Context(), "sweep", busy)); err != nil {
		t.Fatal(err)
	}
	closed(t, tracing)

	want := []string{"POST /v1/inquiries", "journal.begin", "journal.desk", "journal.finish", "journal.settle", "provider.inquire", "sweep"}
	if got := names(c); !slices.Equal(got, want) {
		t.Fatalf("spans %v, want %v", got, want)
	}
	for child, parent := range map[string]string{"journal.begin": want[0], "provider.inquire": want[0], "journal.finish": want[0], "journal.settle": "sweep", "journal.desk": "sweep"} {
		if !bytes.Equal(c.named(t, child).ParentSpanId, c.named(t, parent).SpanId) {
			t.Errorf("%s is not below %s", child, parent)
		}
	}
	if sent := c.named(t, "provider.inquire"); sent.Status.GetMessage() != "no_answer" || !strings.Contains(attributes(sent)["svcgate.exchange.class"], "sent_no_reply") {
		t.Errorf("the provider's span %v", sent)
	}
	if kept := c.named(t, "journal.finish"); kept.Status.GetMessage() != "*errors.errorString" {
		t.Errorf("the journal's span %v", kept)
	}
	for _, text := range []string{"6006491234560017", "my-key", "secret"} {
		if bytes.Contains(c.raw, []byte(text)) {
			t.Errorf("the spans hold %q", text)
		}
	}
	for _, span := range c.spans { // the machine's name, which is beside them, may hold four digits
		for name, value := range attributes(span) {
			if strings.Contains(name+value, "0017") {
				t.Errorf("%s of %s is %q", name, span.Name, value)
			}
		}
	}
}

// Without tracing nothing is put around a provider.
func TestWatchLeavesProvidersAlone(t *testing.T) {
	t.Parallel()
	w, _ := newWatch(t, nil)
	if _, same := w.Provider(talker{}).(talker); !same {
		t.Error("a provider is wrapped for nothing")
	}
}

func TestWatchRefusesATakenRegistry(t *testing.T) {
	t.Parallel()
	_, r := newWatch(t, nil)
	if _, err := telemetry.NewWatch(nil, r); err == nil {
		t.Error("two watches count into one registry")
	}
}

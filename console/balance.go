package console

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

// How many inquiries one person may make: whoever tries out card numbers does it with them. The settings can allow less.
const (
	inquiriesPerSecond = 1
	inquiryBurst       = 10
)

// inquiryRates hold a limiter for each person who asked. They are few.
type inquiryRates struct {
	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

// wait reports how long a person must wait before the next inquiry; zero lets it pass and counts it.
func (l *inquiryRates) wait(person string, perSecond float64, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.limiters[person]
	if limiter == nil {
		if l.limiters == nil {
			l.limiters = map[string]*rate.Limiter{}
		}
		limiter = rate.NewLimiter(rate.Limit(perSecond), inquiryBurst)
		l.limiters[person] = limiter
	}
	r := limiter.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	if delay > 0 {
		r.CancelAt(now)
	}
	return delay
}

// balanceForm never holds a number or a PIN when it is drawn.
func (c *Console) balanceForm() *form {
	fields := []*field{
		{Name: "number", Label: "Card number", Max: 40, Numeric: true, Hint: "10 to 16 digits; spaces do not matter. It is sent to the provider, and no page or log shows it."},
		{Name: "pin", Label: "PIN", Type: "password", Optional: true, Max: svcgate.MaxPIN},
	}
	service := &field{Name: "service", Label: "Service bureau", Type: "hidden"}
	if len(c.Services) > 0 {
		service.Value = c.Services[0]
	}
	if len(c.Services) > 1 {
		service.Type, service.Options = "select", choices("", c.Services)[1:]
	}
	return newForm("balance", Root+"/balance", "Ask for the balance", append(fields, service)...)
}

// balanceResult is what came of an inquiry: one of five kinds that never look alike.
type balanceResult struct {
	Kind    string // balance, declined, undefined, unavailable, unknown
	T       *svcgate.Transaction
	Balance svcgate.Money // only of the kind balance; the zero value when the provider told none
	Empty   bool          // the balance is zero
}

func (c *Console) showBalance(v *visit) (*answer, error) {
	return c.balancePage(v, c.balanceForm(), nil)
}

func (c *Console) balancePage(v *visit, f *form, r *balanceResult) (*answer, error) {
	return v.page("balance", "Balance inquiry", struct {
		Form   *form
		Result *balanceResult
		Detail bool
	}{f, r, c.reaches(v, transactionsPath+"/{id}")}, f)
}

// inquire asks the provider for a card's balance, under the person's name. The number comes in the body and stays there.
func (c *Console) inquire(v *visit) (*answer, error) {
	f := c.balanceForm()
	if err := v.read(f); err != nil {
		return nil, err
	}
	draft := svcgate.Draft{Operation: svcgate.Inquire, Service: f.Get("service"), PIN: secret.New(f.Get("pin")),
		CardNumber: secret.New(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(f.Get("number")))}
	f.Field("number").Value, f.Field("pin").Value = "", ""
	if !f.OK() {
		return c.balancePage(v, f, nil)
	}
	request, err := svcgate.NewRequest(draft)
	if err := f.take(err, "card.number", "number", "card.pin", "pin"); err != nil {
		return nil, err
	}
	if !f.OK() {
		return c.balancePage(v, f, nil)
	}
	limit := float64(inquiriesPerSecond)
	if c.InquiryRate > 0 {
		limit = min(limit, c.InquiryRate)
	}
	if delay := c.inquiries.wait(v.person.Name, limit, c.Now()); delay > 0 {
		seconds := int(math.Ceil(delay.Seconds()))
		v.header.Set("Retry-After", strconv.Itoa(seconds))
		f.Wrong("", "You have asked often in a short time. Nothing was sent. Try again in "+ago(time.Duration(seconds)*time.Second)+".")
		return c.balancePage(v, f, nil)
	}
	result, err := c.Gateway.Do(v.Context(), v.person.Name, "", request)
	if result == nil || result.Transaction == nil {
		if err == nil {
			err = errors.New("the gateway gave neither a transaction nor an error")
		}
		if err := f.take(err, "card", "number"); err != nil {
			return nil, err
		}
		return c.balancePage(v, f, nil)
	}
	r, err := resultOf(result.Transaction)
	if err != nil {
		return nil, err
	}
	return c.balancePage(v, f, r)
}

// resultOf says which of the five results an inquiry has. Only one that was approved has a balance.
func resultOf(t *svcgate.Transaction) (*balanceResult, error) {
	r := &balanceResult{Kind: string(t.Outcome), T: t}
	switch t.Outcome {
	case svcgate.Approved, svcgate.Partial:
		r.Kind, r.Balance = "balance", t.Reply.Balance
		r.Empty = !r.Balance.IsZero() && r.Balance.Minor() == 0
	case svcgate.Declined, svcgate.Undefined, svcgate.Unavailable, svcgate.Unknown:
	default:
		return nil, &svcgate.Error{Code: svcgate.CodeInternal, Op: "inquire", Detail: "The inquiry has no outcome."}
	}
	return r, nil
}

package console

import (
	"time"

	"github.com/svcgate/svcgate"
)

// mostHolds bounds the list of open holds.
const mostHolds = 200

// openHold is money that a card holds.
type openHold struct {
	svcgate.Hold
	Age   time.Duration
	Doubt bool // a deposit or void of it is not settled
	Old   bool // it waits for longer than orders do
}

// oldHold is when a hold is pointed out: the provider does not free it by itself.
const oldHold = 30 * 24 * time.Hour

// showHolds lists what cards hold and no deposit or void has used up, the oldest first, and the orphans: holds that are
// there at the provider and cannot be named, because the answer with their id was lost.
func (c *Console) showHolds(v *visit) (*answer, error) {
	p := struct {
		Form    *form
		Holds   []openHold
		More    bool
		Orphans []*svcgate.Transaction
		Sums    []svcgate.Money // of what is left, a currency each
		Desk    bool
		Detail  bool
		Every   int
	}{Form: c.filterForm("service", "order", "card"), Desk: c.reaches(v, deskPath+"/{id}"), Detail: c.reaches(v, transactionsPath+"/{id}"), Every: mostHolds}
	words, err := v.ask(p.Form)
	if err != nil {
		return nil, err
	}
	s, err := c.understand(words, v.since())
	if err := p.Form.take(err); err != nil {
		return nil, err
	}
	if !p.Form.OK() {
		return v.page("holds", "Holds", p, p.Form)
	}
	s.Filter.Limit = mostHolds + 1
	holds, err := c.Holds.OpenHolds(v.Context(), s.Filter)
	if err != nil {
		return nil, err
	}
	if p.More = len(holds) > mostHolds; p.More {
		holds = holds[:mostHolds]
	}
	for _, h := range holds {
		age := c.Now().Sub(h.Created)
		rest, err := h.Amount.Minus(h.Captured)
		p.Holds = append(p.Holds, openHold{h, age, err != nil || rest != h.Remaining, age >= oldHold})
		p.Sums = addTo(p.Sums, h.Remaining)
	}
	for _, service := range c.Services {
		if s.Filter.Service != "" && s.Filter.Service != service {
			continue
		}
		orphans, err := c.Holds.OrphanHolds(v.Context(), service)
		if err != nil {
			return nil, err
		}
		for _, t := range orphans {
			if f := s.Filter; (f.Order == "" || f.Order == t.Order) && (f.Last4 == "" || f.Last4 == t.Last4) {
				p.Orphans = append(p.Orphans, t)
			}
		}
	}
	return v.page("holds", "Holds", p)
}

// addTo adds an amount to the sum of its currency.
func addTo(sums []svcgate.Money, m svcgate.Money) []svcgate.Money {
	for i, sum := range sums {
		if sum.Currency() == m.Currency() {
			if total, err := sum.Plus(m); err == nil {
				sums[i] = total
			}
			return sums
		}
	}
	return append(sums, m)
}

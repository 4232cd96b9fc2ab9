package api

import (
	"net/http"
	"strconv"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

// maxSamples is how many codes of the inbox come with the answer that they stood in, and maxSample how much of it.
const (
	maxSamples = 50
	maxSample  = 4 << 10
)

// unmappedBody is a code that no published rule knows, with a rule that lacks only what it means.
type unmappedBody struct {
	Service string `json:"service"`
	responsecodes.Unmapped
	Answer    *string  `json:"answer"`    // the sample's, masked and indented; null without the permission, and beyond the first 50
	Prefilled ruleBody `json:"prefilled"` // not valid before a vendor response code is added
}

// listInbox is GET /v1/services/{service}/codes/inbox. Reading the samples is audited, as one.
func (a *API) listInbox(c *call) (*answer, error) {
	service, err := a.service(c)
	if err != nil {
		return nil, err
	}
	body := struct {
		Since string         `json:"since"`
		Codes []unmappedBody `json:"codes"`
	}{}
	since, err := a.since(c)
	if err != nil {
		return nil, err
	}
	body.Since = since.Format(milliseconds)
	all, err := a.Review.Unmapped(c.r.Context(), service, since)
	if err != nil {
		return nil, err
	}
	samples := 0
	if c.caller.Role.May(access.ReadExchanges) {
		samples = min(len(all), maxSamples)
	}
	if samples > 0 {
		if err := a.readsExchange(c, service, strconv.Itoa(samples)+" sample answers of codes without a rule"); err != nil {
			return nil, err
		}
	}
	for i, u := range all {
		row, err := a.unmapped(c, service, u, i < samples)
		if err != nil {
			return nil, err
		}
		body.Codes = append(body.Codes, row)
	}
	return write(http.StatusOK, body)
}

func (a *API) unmapped(c *call, service string, u responsecodes.Unmapped, sample bool) (unmappedBody, error) {
	rule := u.Prefilled(service)
	b := unmappedBody{Service: service, Unmapped: u, Prefilled: ruleBody{rule.ID(), rule}}
	if !sample {
		return b, nil
	}
	x, err := a.Journal.Exchange(c.r.Context(), u.Sample)
	if svcgate.CodeOf(err) == svcgate.CodeNotFound {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	if x.Received != nil {
		text := pretty(x.Received)
		if len(text) > maxSample {
			text = text[:maxSample] + "…"
		}
		b.Answer = &text
	}
	return b, nil
}

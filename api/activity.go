package api

import (
	"net/http"
	"time"

	"github.com/svcgate/svcgate"
)

// bucketLengths are the spans that GET /v1/activity counts in.
var bucketLengths = map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour}

type bucketBody struct {
	At       string                  `json:"at"`
	Outcomes map[svcgate.Outcome]int `json:"outcomes"`
}

// listActivity is GET /v1/activity: how many requests had which outcome, by hour or day.
func (a *API) listActivity(c *call) (*answer, error) {
	since, err := a.since(c)
	if err != nil {
		return nil, err
	}
	name, given := c.query["bucket"]
	if !given {
		name = "day"
	}
	length, ok := bucketLengths[name]
	if !ok {
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: "bucket", Detail: "Count by hour or by day."}
	}
	buckets, err := a.Figures.Activity(c.r.Context(), since, length)
	if err != nil {
		return nil, err
	}
	body := struct {
		Buckets []bucketBody `json:"buckets"`
	}{}
	for _, b := range buckets {
		body.Buckets = append(body.Buckets, bucketBody{b.At.Format(milliseconds), b.ByOutcome})
	}
	return write(http.StatusOK, body)
}

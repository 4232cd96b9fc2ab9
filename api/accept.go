package api

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// accepted returns the offer that the Accept header likes best, the first of equals, "" when it takes none of them.
// Without the header everything is taken.
func accepted(h http.Header, offers ...string) string {
	ranges := strings.Join(h.Values("Accept"), ",")
	if strings.TrimSpace(ranges) == "" {
		return offers[0]
	}
	best, liked := "", 0.0
	for _, offer := range offers {
		if q := quality(ranges, offer); q > liked {
			best, liked = offer, q
		}
	}
	return best
}

// quality returns the weight of the most exact range that covers the offer, 0 for none (RFC 9110, section 12.5.1).
func quality(ranges, offer string) float64 {
	kind, _, _ := strings.Cut(offer, "/")
	weight, exactness := 0.0, 0
	for part := range strings.SplitSeq(ranges, ",") {
		mediaType, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		exact := map[string]int{offer: 3, kind + "/*": 2, "*/*": 1}[mediaType]
		if exact <= exactness {
			continue
		}
		q := 1.0
		if text, ok := parameters["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil || q < 0 || q > 1 {
				continue
			}
		}
		weight, exactness = q, exact
	}
	return weight
}

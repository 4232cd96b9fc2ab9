package api

import "github.com/svcgate/svcgate"

// newNumber gives the number of a card that was generated just now, or again under the same key while it is kept. It
// is the one answer that tells a number in full: the caller has no other way to learn it. Reads never pass here.
func newNumber(res *svcgate.Result) string { return res.NewCard.Number().Reveal() }

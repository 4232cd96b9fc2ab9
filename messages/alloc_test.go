//go:build !race

// Under the race detector pools drop what they are given, so that allocations cannot be counted.

package messages_test

import (
	"testing"
	"time"

	"github.com/svcgate/svcgate/messages"
)

// TestAllocations holds the exact numbers; they do not depend on the machine. It does not run in parallel, because
// allocations of other tests would be counted.
func TestAllocations(t *testing.T) {
	bare := encodedAnswer(t, samples()[4].answer, messages.AnswerForm{})
	enveloped := encodedAnswer(t, samples()[4].answer, messages.AnswerForm{Enveloped: true})
	generated := encodedAnswer(t, samples()[0].answer, messages.AnswerForm{})
	r := authorization()
	var a messages.Answer
	var at messages.Timestamp
	buf := make([]byte, 0, 4096)
	for _, c := range []struct {
		name string
		want float64
		do   func() error
	}{
		{"AppendRequest", 0, func() error { _, err := messages.AppendRequest(buf, r, messages.Form{}); return err }},
		{"AppendRequest bare", 0, func() error { _, err := messages.AppendRequest(buf, r, messages.Form{Bare: true}); return err }},
		{"ReadAnswer", 1, func() error { return messages.ReadAnswer(bare, &a) }},
		{"ReadAnswer enveloped", 1, func() error { return messages.ReadAnswer(enveloped, &a) }},
		{"ReadAnswer with two numbers", 5, func() error { return messages.ReadAnswer(generated, &a) }},
		{"ParseTimestamp", 0, func() (err error) { at, err = messages.ParseTimestamp("2024-03-09T14:05:06-0400"); return }},
		{"Timestamp.In", 0, func() error { _ = at.In(time.UTC); return nil }},
		{"ParseDecimal", 0, func() error { _, err := messages.ParseDecimal("11.07"); return err }},
		{"Mask without numbers", 1, func() error { messages.Mask(bare); return nil }},
	} {
		if got := testing.AllocsPerRun(200, func() {
			if err := c.do(); err != nil {
				t.Fatal(err)
			}
		}); got > c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, got, c.want)
		}
	}
}

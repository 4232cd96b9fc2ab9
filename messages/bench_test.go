package messages_test

import (
	"cmp"
	"fmt"
	"slices"
	"syscall"
	"testing"

	"github.com/svcgate/svcgate/messages"
)

// way is one way of doing a job.
type way struct {
	name string
	do   func() error
}

func authorization() *messages.PreauthorizationRequest {
	return samples()[4].request.(*messages.PreauthorizationRequest)
}

// encoders write the same authorization, envelope included.
func encoders() []way {
	r := authorization()
	var buf []byte
	return []way{
		{"append", func() (err error) { buf, err = messages.AppendRequest(buf[:0], r, messages.Form{}); return }},
		{"std", func() error { _, err := stdEncode(r); return err }},
		{"etree", func() error { _, err := etreeEncode(r); return err }},
		{"gowsdl", func() error { _, err := gowsdlEncode(r); return err }},
	}
}

// decoders read the same answer, bare and enveloped.
func decoders(tb testing.TB) (bare, enveloped []way) {
	a := samples()[4].answer
	b, e := encodedAnswer(tb, a, messages.AnswerForm{}), encodedAnswer(tb, a, messages.AnswerForm{Enveloped: true})
	var out messages.Answer
	return []way{
			{"read", func() error { return messages.ReadAnswer(b, &out) }},
			{"std", func() error { _, err := stdDecode(b); return err }},
			{"etree", func() error { _, err := etreeDecode(b); return err }},
		}, []way{
			{"read", func() error { return messages.ReadAnswer(e, &out) }},
			{"std", func() error { _, err := stdDecodeEnveloped(e); return err }},
			{"etree", func() error { _, err := etreeDecode(e); return err }},
			{"gowsdl", func() error { _, err := gowsdlDecode(e); return err }},
		}
}

func BenchmarkCodec(b *testing.B) {
	bare, enveloped := decoders(b)
	for _, job := range []struct {
		name string
		ways []way
	}{{"encode", encoders()}, {"decode", bare}, {"decode_enveloped", enveloped}} {
		for _, w := range job.ways {
			b.Run(job.name+"/"+w.name, func(b *testing.B) { measure(b, w.do) })
		}
	}
	body := encoded(b, authorization(), messages.Form{})
	b.Run("mask", func(b *testing.B) {
		measure(b, func() error { messages.Mask(body); return nil })
	})
	r := authorization()
	var buf []byte
	b.Run("encode/append_masked", func(b *testing.B) {
		measure(b, func() (err error) { buf, err = messages.AppendRequest(buf[:0], r, messages.Form{Masked: true}); return })
	})
}

func measure(b *testing.B, do func() error) {
	b.ReportAllocs()
	start := cpuTime(b)
	for b.Loop() {
		if err := do(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime(b)-start)/float64(b.N), "cpu-ns/op")
}

// cpuTime is what the process has used, in nanoseconds. Neighbours on the machine disturb it far less than the clock.
func cpuTime(tb testing.TB) int64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		tb.Fatalf("getrusage: %v", err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}

// BenchmarkRatio runs the ways of a job by turns and reports how much more CPU time the libraries take, as the median
// over the rounds: "std/append" is encoding/xml against AppendRequest.
func BenchmarkRatio(b *testing.B) {
	bare, enveloped := decoders(b)
	for _, job := range []struct {
		name string
		ways []way
	}{{"encode", encoders()}, {"decode", bare}, {"decode_enveloped", enveloped}} {
		b.Run(job.name, func(b *testing.B) { compare(b, job.ways) })
	}
}

func compare(b *testing.B, ways []way) {
	const rounds, slow = 15, 400
	ratios := make([][]float64, len(ways))
	for b.Loop() {
		for range rounds {
			spent := make([]float64, len(ways))
			for i, w := range ways {
				times := slow
				if i == 0 { // ours; long enough for the resolution of getrusage
					times = slow * 40
				}
				start := cpuTime(b)
				for range times {
					if err := w.do(); err != nil {
						b.Fatal(err)
					}
				}
				spent[i] = float64(cpuTime(b)-start) / float64(times)
			}
			for i := range ways {
				ratios[i] = append(ratios[i], spent[i]/spent[0])
			}
		}
	}
	for i, w := range ways[1:] {
		slices.SortFunc(ratios[i+1], cmp.Compare[float64])
		b.ReportMetric(ratios[i+1][len(ratios[i+1])/2], fmt.Sprintf("%s/%s", w.name, ways[0].name))
	}
	b.ReportMetric(testing.AllocsPerRun(100, func() { _ = ways[0].do() }), "allocs-"+ways[0].name)
	b.ReportMetric(0, "ns/op")
}

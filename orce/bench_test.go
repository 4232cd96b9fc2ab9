package orce_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/orce/orcetest"
	"github.com/svcgate/svcgate/soap"
)

// BenchmarkAuthorize is all that an authorization costs here, between the gateway and the network.
func BenchmarkAuthorize(b *testing.B) {
	body, err := messages.AppendAnswer(nil, orcetest.Approval(&messages.PreauthorizationRequest{
		RTPTransaction: messages.RTPTransaction{Amount: messages.NewDecimal(45_20, 2)},
	}), messages.AnswerForm{})
	if err != nil {
		b.Fatal(err)
	}
	answer := &soap.Answer{Status: http.StatusOK, ContentType: "text/xml", Body: body}
	p := provider(b, orce.Config{Client: caller(func(context.Context, []byte) (*soap.Answer, error) { return answer, nil })})
	info, _ := svcgate.Authorize.Info()
	r, at := orcetest.Request(b, info), time.Date(2026, 3, 5, 2, 30, 15, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		m, err := p.Prepare(r, at)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := m.Send(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

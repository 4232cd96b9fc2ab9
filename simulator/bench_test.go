package simulator_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

// One authorization in process, HTTP apart: what the simulator adds to a measurement of the gateway.
func BenchmarkAuthorize(b *testing.B) {
	s := bench(b, func(c *simulator.Config) {
		c.Cards = []simulator.CardSpec{{Number: secret.New(cardA), Balance: 1_000_000_000_00}}
		c.LedgerLimit = 1000
	})
	body := ask{kind: messages.Preauthorization, card: cardA, amount: "0.01"}.body(b)
	for b.Loop() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/relateui/OMS/xmlapi", bytes.NewReader(body)))
		if w.Code != http.StatusOK {
			b.Fatalf("status %d: %s", w.Code, w.Body)
		}
	}
}

package main

import (
	"fmt"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// way is the way to the provider: how long it takes, or with TLS.
type way string

const (
	way0   way = "0 ms"
	way20  way = "20 ms"
	way100 way = "100 ms"
	wayTLS way = "TLS"
)

// ways has the delay of each, in milliseconds, and the service of the gateway that goes it.
var ways = map[way]struct{ delay, service string }{
	way0: {"0", "D0"}, way20: {"20", "D20"}, way100: {"100", "D100"}, wayTLS: {"0", "TLS"},
}

// askJSON asks for an authorization of 10.00 on a card of its own.
const askJSON = `{"service":%q,"order":"` + numberPlace + `","sequence":1,"card":{"number":"` + cardPrefix + numberPlace + `"},"amount":"10.00","currency":"USD"}`

// gatewayRequest asks the gateway, whose token it carries.
func gatewayRequest(address, token string, w way) *template {
	return httpRequest(address, "/v1/authorizations", "Authorization: Bearer "+token+"\r\nContent-Type: application/json\r\nIdempotency-Key: bench-"+numberPlace+"\r\n",
		fmt.Sprintf(askJSON, ways[w].service))
}

// naiveRequest asks the naive adapter.
func naiveRequest(address string, w way) *template {
	return httpRequest(address, "/delay/"+ways[w].delay+"/v1/authorizations", "Content-Type: application/json\r\nIdempotency-Key: bench-"+numberPlace+"\r\n",
		fmt.Sprintf(askJSON, ways[w].service))
}

// messageRequest is what a proxy passes on: the message itself.
func messageRequest(address string, w way) (*template, error) {
	body, err := messages.AppendRequest(nil, &messages.PreauthorizationRequest{
		UserID: "OMS", Instrument: messages.Instrument{CardNumber: secret.New(cardPrefix + numberPlace)},
		RTPTransaction: messages.RTPTransaction{RTPTransactionID: numberPlace, OperatorID: "OMS", TransactionDateTime: "2026-03-04T21:30:09",
			BusinessDate: "2026-03-04", Amount: messages.NewDecimal(asked, 2)},
		Comments: "Preauthorization Request",
	}, messages.Form{})
	if err != nil {
		return nil, fmt.Errorf("writing the message: %w", err)
	}
	return httpRequest(address, "/delay/"+ways[w].delay+messagePath, "Content-Type: text/xml; charset=utf-8\r\n", string(body)), nil
}

func httpRequest(address, path, header, body string) *template {
	return newTemplate(fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s", path, address, header, len(body), body))
}

package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	wire "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	collectorLimit = 10 * time.Second // one post
	collectorTries = 3
	collectorPause = 250 * time.Millisecond // before the second try; the third waits twice as long
	maxReply       = 64 << 10               // what is read of an answer, so that its connection can be used again
)

// collector posts spans as OTLP over HTTP in protocol buffers. OpenTelemetry's own client would bring gRPC along, which
// is larger than the rest of tracing together.
type collector struct {
	url     string
	headers map[string]string
	client  *http.Client
}

func newCollector(endpoint string, headers map[string]string) (*collector, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, errors.New("tracing: the endpoint must be an http:// or https:// address without a user") // its text may hold a password
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	return &collector{url: u.String(), headers: headers, client: &http.Client{
		Timeout:       collectorLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Start has nothing to do.
func (c *collector) Start(context.Context) error { return nil }

// Stop closes what connections wait.
func (c *collector) Stop(context.Context) error {
	c.client.CloseIdleConnections()
	return nil
}

// UploadTraces posts spans, again when the collector is busy.
func (c *collector) UploadTraces(ctx context.Context, spans []*wire.ResourceSpans) error {
	body, err := proto.Marshal(&wire.TracesData{ResourceSpans: spans}) // field for field an ExportTraceServiceRequest
	if err != nil {
		return fmt.Errorf("encoding spans: %w", err)
	}
	for try := 1; ; try++ {
		again, err := c.post(ctx, body)
		if err == nil || !again || try == collectorTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(collectorPause * time.Duration(try)):
		}
	}
}

func (c *collector) post(ctx context.Context, body []byte) (again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the endpoint is no address")
	}
	for name, value := range c.headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	answer, err := c.client.Do(r)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok { // its text has the whole address
			err = e.Err
		}
		return ctx.Err() == nil, fmt.Errorf("sending spans: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxReply) // only for the connection's sake
	switch answer.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return false, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
	}
	return again, fmt.Errorf("sending spans: HTTP status %d", answer.StatusCode)
}

//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/world"
)

// controlJobs shows that the bench can see: with a bug planted between gateway and provider, which sends every message
// twice, it must report every doubled message. An inquiry is left out: it changes nothing however often it is sent.
func (b *bench) controlJobs(context.Context) ([]job, error) {
	return []job{{do: func(ctx context.Context, l *lane) (result, error) {
		r := result{part: "control: sent twice", note: "planted bug; struck means reported"}
		for _, op := range svcgate.Operations() {
			if op.Operation == svcgate.Inquire {
				continue
			}
			r.points++
			r.runs++
			caught, err := l.resend(ctx, op)
			if err != nil {
				return r, fmt.Errorf("control: %w", err)
			}
			if caught {
				r.struck++
			} else {
				r.missed = append(r.missed, op.Name)
			}
		}
		r.verb = "all but one"
		return r, nil
	}}}, nil
}

// resend runs one operation over a line that doubles and says whether the checker reports it.
func (l *lane) resend(ctx context.Context, op svcgate.OperationInfo) (caught bool, err error) {
	line := httptest.NewServer(doubling(l.sim.base))
	defer line.Close()
	s, err := l.newSceneAt(ctx, filepath.Join(l.dir, "control-"+op.Name), line.URL, op, 0)
	if err != nil {
		return false, err
	}
	defer s.close()
	before, _, err := s.check(ctx)
	if err != nil {
		return false, err
	}
	if _, err := s.oms.Send(ctx, s.gw.Base, s.next); err != nil {
		return false, err
	}
	after, _, err := s.check(ctx)
	return len(after.Doubled) == len(before.Doubled)+1, err
}

// doubling passes each request on twice and gives the first world.Answer back.
func doubling(to string) http.Handler {
	client := world.Client()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		status, answer, contentType := 0, []byte(nil), ""
		for range 2 {
			request, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.Path, bytes.NewReader(body))
			if err != nil {
				return
			}
			request.Header = r.Header.Clone()
			response, err := client.Do(request)
			if err != nil {
				return
			}
			text, err := io.ReadAll(response.Body)
			if err != nil {
				return
			}
			_ = response.Body.Close() // it was read to its end
			if answer == nil {
				status, answer, contentType = response.StatusCode, text, response.Header.Get("Content-Type")
			}
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write(answer) // the gateway may be gone
	})
}

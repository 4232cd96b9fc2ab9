package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// faulty is a page with everything on it that a look must find.
const faulty = `<!doctype html><html lang="en"><head><title>Faulty</title><style>.panel { width: 300px } .wide { width: 900px }</style></head>
<body><main><h1>Faulty</h1><p style="color: #bbb; background: #fff">hard to read</p><input><img src="http://elsewhere.example/x.png" alt="">
<div class="panel"><p class="wide">wide</p></div><script src="/broken.js"></script><script src="/none.js"></script></main></body></html>`

// eyes looks at a page that has every fault: a look that finds nothing there would find nothing anywhere.
func (w *walk) eyes(context.Context) error {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Security-Policy", "script-src 'self'; style-src 'unsafe-inline'; img-src 'self' http://elsewhere.example")
		switch r.URL.Path {
		case "/":
			rw.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(rw, faulty) // the browser may have gone
		case "/broken.js":
			rw.Header().Set("Content-Type", "text/javascript")
			_, _ = io.WriteString(rw, `console.warn("oh"); document.body.insertAdjacentHTML("beforeend", "<p onclick='x()'>y</p>"); undefined.x;`)
		default:
			http.NotFound(rw, r)
		}
	}))
	defer server.Close()
	p, err := w.arrives("tester")
	if err != nil {
		return err
	}
	defer delete(w.people, "tester")
	p.url, p.host = server.URL, strings.TrimPrefix(server.URL, "http://")
	if err := p.open("/"); err != nil {
		return err
	}
	found := errors.Join((&eye{axe: w.axe}).look(p.tab, ""), p.complaints())
	if found == nil {
		return errors.New("a faulty page is found right")
	}
	for _, fault := range []string{"color-contrast", "(label)", "over the edge", "scrolls sideways", "another host: http://elsewhere.example/x.png", "loading failed",
		"console: warning", "Content Security Policy", "script: Uncaught", "none.js answered 404"} {
		if !strings.Contains(found.Error(), fault) {
			err = errors.Join(err, fmt.Errorf("the look at a faulty page does not find %q", fault))
		}
	}
	if err != nil {
		err = fmt.Errorf("%w, but: %w", err, found)
	}
	return err
}

package main

import (
	"flag"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// proxy is the least that can stand between: net/http's reverse proxy, which understands nothing and keeps nothing.
func proxy(args []string) error {
	flags := flag.NewFlagSet("proxy", flag.ContinueOnError)
	listen := flags.String("listen", "", "address")
	to := flags.String("to", "", "URL of the provider")
	if err := flags.Parse(args); err != nil {
		return err
	}
	target, err := url.Parse(*to)
	if err != nil {
		return err
	}
	handler := &httputil.ReverseProxy{
		Transport:  &http.Transport{MaxIdleConns: keptConns, MaxIdleConnsPerHost: keptConns, DisableCompression: true},
		BufferPool: &bufferPool{sync.Pool{New: func() any { return new([4 << 10]byte) }}},
		Rewrite:    func(r *httputil.ProxyRequest) { r.SetURL(target) },
	}
	return (&http.Server{Addr: *listen, Handler: handler}).ListenAndServe()
}

// keptConns is more than any cell has connections.
const keptConns = 1024

type bufferPool struct{ pool sync.Pool }

func (p *bufferPool) Get() []byte  { return p.pool.Get().(*[4 << 10]byte)[:] }
func (p *bufferPool) Put(b []byte) { p.pool.Put((*[4 << 10]byte)(b)) }

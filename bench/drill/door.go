//go:build linux

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// door is where gateways reach the provider. It knows which of their connections are open.
type door struct {
	*httptest.Server

	mu    sync.Mutex
	conns map[string]bool // by the address of the far end: whether it is open
}

func openDoor(provider http.Handler) *door {
	d := &door{conns: map[string]bool{}}
	d.Server = httptest.NewUnstartedServer(provider)
	d.Config.ConnState = func(c net.Conn, state http.ConnState) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.conns[c.RemoteAddr().String()] = state != http.StateClosed && state != http.StateHijacked
	}
	d.Start()
	return d
}

// arrived waits until everything has come that was sent by a gateway that is gone, within bounds: until its last
// connection is closed, which is after what it carried was answered.
func (d *door) arrived(ctx context.Context) error {
	// Connections are taken in order: once this one was taken, those before it were.
	var dialer net.Dialer
	last, err := dialer.DialContext(ctx, "tcp", d.Listener.Addr().String())
	if err != nil {
		return err
	}
	if err := last.Close(); err != nil {
		return err
	}
	return until(ctx, "the gateway is gone and its connections to the provider stay open", func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		_, taken := d.conns[last.LocalAddr().String()]
		for _, open := range d.conns {
			taken = taken && !open
		}
		return taken
	})
}

// until waits for something, within bounds.
func until(ctx context.Context, otherwise string, there func() bool) error {
	for limit := time.Now().Add(rest); !there(); {
		if time.Now().After(limit) {
			return errors.New(otherwise)
		}
		if err := wait(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

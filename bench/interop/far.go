package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/simulator"
)

// far is a simulator that listens.
type far struct {
	sim  *simulator.Simulator
	url  string
	stop func()
}

// play starts a simulator with one active card that holds 500.00, one new card and one series.
func play(ctx context.Context, switches simulator.Switches) (*far, error) {
	sim, err := simulator.New(simulator.Config{
		Seed:     1,
		Switches: switches,
		Cards: []simulator.CardSpec{
			{Number: secret.New(card), Balance: 500_00},
			{Number: secret.New(newCard), Card: simulator.StandingNew},
		},
		Series: []simulator.SeriesSpec{{Prefix: prefix, Sequence: sequence, Cards: 10}},
	})
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		sim.Close()
		return nil, fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: callLimit, ReadTimeout: callLimit}
	var work sync.WaitGroup
	work.Go(func() { _ = server.Serve(listener) }) // ends with Close
	return &far{sim: sim, url: "http://" + listener.Addr().String() + door, stop: func() {
		sim.Close()
		_ = server.Close()
		work.Wait()
	}}, nil
}

// hold authorizes an amount, by svcgate's own client, and returns the transaction's id.
func (f *far) hold(ctx context.Context, amount string) (string, error) {
	p, client, err := provider(f.url, form{})
	if err != nil {
		return "", err
	}
	defer client.Close()
	r, err := verb{operation: svcgate.Authorize, amount: amount}.request("")
	if err != nil {
		return "", err
	}
	m, err := p.Prepare(r, time.Now())
	if err != nil {
		return "", fmt.Errorf("preparing a hold: %w", err)
	}
	reply, _, err := m.Send(ctx)
	if err == nil && !reply.Accepted {
		err = errors.New("refused")
	}
	if err != nil {
		return "", fmt.Errorf("holding %s: %w", amount, err)
	}
	return reply.TransactionID, nil
}

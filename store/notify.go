package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// codesChannel is where nodes tell each other that codes were published.
const codesChannel = "svcgate_codes"

// announce tells the other nodes once the change is committed.
func (w *writer) announce() error {
	if w.epoch() == 0 {
		return nil
	}
	var nothing string
	return w.get(&nothing, `SELECT pg_notify('`+codesChannel+`', '')::text`)
}

// hear passes on each word until the connection breaks, and one when it is made: it may have missed some.
func (n *node) hear(ctx context.Context, published chan<- struct{}) error {
	conn, err := pgx.ConnectConfig(ctx, n.server.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `LISTEN `+codesChannel); err != nil {
		return err
	}
	for {
		select {
		case published <- struct{}{}:
		default: // one waits there already
		}
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

// Published gets a word when another process may have published codes. On SQLite it stays silent.
func (s *Store) Published() <-chan struct{} { return s.published }

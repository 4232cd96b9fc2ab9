//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/world"
)

// fault is something that happens to the nodes or their database.
type fault struct {
	name     string
	database bool // it needs PostgreSQL
	make     func(*director, context.Context) error
}

var faults = []fault{
	{"kill", false, (*director).kill}, {"stop", true, (*director).stop}, {"roll", false, (*director).roll},
	{"part", false, (*director).part}, {"restart", true, (*director).restart}, {"down", true, (*director).down},
	{"terminate", true, (*director).terminate}, {"kill and restart", true, (*director).killAndRestart},
}

func faultNames() string {
	var names []string
	for _, f := range faults {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

func faultOf(name string) *fault {
	for i := range faults {
		if faults[i].name == name {
			return &faults[i]
		}
	}
	return nil
}

// director makes the faults, one after the other, in an order that the seed draws: each once before any comes again.
type director struct {
	*site
	luck   *rand.Rand
	began  time.Time
	struck map[string]int
	codes  []time.Duration // until a version that one node published was in force at all
}

func newDirector(s *site) *director {
	return &director{site: s, luck: rand.New(rand.NewPCG(s.seed, 1)), began: time.Now(), struck: map[string]int{}}
}

// possible are the faults that this world can have.
func (d *director) possible() (all []fault) {
	for _, f := range faults {
		if (d.only == "" || d.only == f.name) && (!f.database || d.site.database.Cluster != nil) {
			all = append(all, f)
		}
	}
	return all
}

// play makes faults until the time is over, and each at least once.
func (d *director) play(ctx context.Context) error {
	if err := d.prepareCodes(ctx); err != nil {
		return err
	}
	var queue []fault
	for end := time.Now().Add(d.length); time.Now().Before(end) || len(d.struck) < len(d.possible()); {
		if len(queue) == 0 {
			queue = d.possible()
			d.luck.Shuffle(len(queue), func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
		}
		f := queue[0]
		queue = queue[1:]
		d.struck[f.name]++
		if err := f.make(d, ctx); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		for _, n := range d.nodes {
			if err := n.gateway().WaitReady(ctx); err != nil {
				return fmt.Errorf("%s after %s: %w", n.name, f.name, err)
			}
		}
		took, err := d.publish(ctx)
		if err != nil {
			return fmt.Errorf("publishing codes after %s: %w", f.name, err)
		}
		d.codes = append(d.codes, took)
		d.say("%s; all nodes are ready; codes were everywhere after %v", f.name, took.Round(time.Millisecond))
		if err := d.wait(ctx, 200*time.Millisecond, time.Second); err != nil {
			return err
		}
	}
	return nil
}

func (d *director) say(format string, args ...any) {
	fmt.Printf("%6.1fs  "+format+"\n", append([]any{time.Since(d.began).Seconds()}, args...)...)
}

// wait lets some time pass, as the seed draws it.
func (d *director) wait(ctx context.Context, least, most time.Duration) error {
	select {
	case <-time.After(least + time.Duration(d.luck.Int64N(int64(most-least)))):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *director) any() *node { return d.nodes[d.luck.IntN(len(d.nodes))] }

// kill ends a node in the middle of what it does and starts it again.
func (d *director) kill(ctx context.Context) error {
	n := d.any()
	n.gateway().Kill()
	if err := d.wait(ctx, 0, 2*time.Second); err != nil {
		return err
	}
	return d.start(ctx, n)
}

// stop lets a node stand still for longer than its lease, so that the others take over what it had begun, and wakes it.
func (d *director) stop(ctx context.Context) error {
	i := d.luck.IntN(len(d.nodes))
	n, other := d.nodes[i], d.nodes[(i+1)%len(d.nodes)]
	p := n.gateway().Cmd.Process
	s := stop{from: time.Now(), taken: map[string]bool{}}
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	// A node is ended half a lease after its lease is over; some are woken just before that.
	err := d.wait(ctx, lease+lease/4, 3*lease)
	if err == nil && other != n {
		err = d.seeTaken(ctx, other, &s)
	}
	s.to = time.Now()
	n.mu.Lock()
	n.stops = append(n.stops, s)
	n.mu.Unlock()
	return errors.Join(err, p.Signal(syscall.SIGCONT))
}

// seeTaken notes what is not under way any more of what was begun before a stop.
func (d *director) seeTaken(ctx context.Context, at *node, s *stop) error {
	since := s.from.Add(-answerLimit).UTC().Format(time.RFC3339)
	rows, _, err := world.NewOMS(d.token).List(ctx, at.gateway().Base, url.Values{"from": {since}})
	for _, row := range rows {
		s.taken[row.Transaction.ID] = row.Transaction.State != svcgate.StateSent
	}
	return err
}

// roll ends every node in an orderly way and starts it again, one after the other.
func (d *director) roll(ctx context.Context) error {
	for _, n := range d.nodes {
		gw := n.gateway()
		if err := gw.End(); err != nil {
			return err
		}
		if state := gw.Cmd.ProcessState; !state.Success() {
			return fmt.Errorf("%s ended with %s: %s", n.name, state, gw.LastWords())
		}
		if err := d.start(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// part cuts a node off from the provider.
func (d *director) part(ctx context.Context) error {
	n := d.any()
	n.line.set(func(l *line) { l.parted = true })
	err := d.wait(ctx, time.Second, 2*time.Second)
	n.line.set(func(l *line) { l.parted = false })
	return err
}

// restart is pg_ctl -m immediate restart.
func (d *director) restart(ctx context.Context) error {
	return d.site.database.Cluster.RestartImmediate(ctx)
}

// down takes the database away for a while.
func (d *director) down(ctx context.Context) error {
	if err := d.site.database.Cluster.Down(ctx); err != nil {
		return err
	}
	err := d.wait(ctx, time.Second, 2*lease)
	return errors.Join(err, d.site.database.Cluster.Up(ctx))
}

// terminate throws everybody out of the database.
func (d *director) terminate(ctx context.Context) (err error) {
	conn, err := pgx.Connect(ctx, d.site.database.Setting)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	return err
}

// killAndRestart kills a node while the database restarts.
func (d *director) killAndRestart(ctx context.Context) error {
	n := d.any()
	n.gateway().Kill()
	if err := d.site.database.Cluster.RestartImmediate(ctx); err != nil {
		return err
	}
	return d.start(ctx, n)
}

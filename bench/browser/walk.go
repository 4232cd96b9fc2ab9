package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// walk is the way of five people through the console.
type walk struct {
	*world
	*browser
	*eye
	people   map[string]*person
	evidence string
	last     *tab // that something was done in
	known    map[string]*told
}

// person is somebody at a window.
type person struct {
	*tab
	password string
	secret   string // of the second factor
}

// step is something that people do, and must be able to do.
type step struct {
	name string
	take func(*walk, context.Context) error
}

// The walk, in order: what one step leaves behind, the next ones find.
var steps = []step{
	{"a page with every fault is found faulty", (*walk).eyes},
	{"who is not signed in sees how to", (*walk).stranger},
	{"the first person comes in by the bootstrap link", (*walk).firstPerson},
	{"a second factor is set up and asked for", (*walk).secondFactor},
	{"four people are invited and choose their passwords", (*walk).invitations},
	{"the OMS sends what nobody has mapped, and the rest", (*walk).traffic},
	{"the overview shows it", (*walk).overview},
	{"transactions are found and explain themselves", (*walk).transactions},
	{"a code without a rule is mapped from the inbox", (*walk).mapFromInbox},
	{"the draft is tried on what happened", (*walk).tryDraft},
	{"a second person publishes, and the next answer is worded anew", (*walk).publish},
	{"what is rolled back gives the old words again", (*walk).rollBack},
	{"a widened approval takes a second person", (*walk).widen},
	{"codes go out as a file and come in again", (*walk).files},
	{"what nobody knows is settled with a reason", (*walk).settle},
	{"a balance inquiry has five results", (*walk).balances},
	{"holds and reports", (*walk).reports},
	{"a service bureau is looked through and tested", (*walk).bureaus},
	{"a message is described", (*walk).described},
	{"a code is mapped with the keyboard alone", (*walk).keyboard},
	{"tokens are made and revoked", (*walk).tokens},
	{"roles change, and sessions end with them", (*walk).roles},
	{"the audit trail names everybody", (*walk).audit},
	{"every page can be read without scripts", (*walk).withoutScripts},
	{"no page was left out", (*walk).everyPage},
}

// take takes every step. The first that fails ends the walk, because the next ones build on it.
func (w *walk) take(ctx context.Context) error {
	began := time.Now()
	for i, s := range steps {
		started, looks := time.Now(), w.looks
		err := s.take(w, ctx)
		for _, p := range w.people {
			err = errors.Join(err, p.complaints())
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			fmt.Printf("%2d  %-62s WRONG\n", i+1, s.name)
			return errors.Join(fmt.Errorf("step %d, %s: %w", i+1, s.name, err), w.keep())
		}
		fmt.Printf("%2d  %-62s %2d looks  %6s\n", i+1, s.name, w.looks-looks, time.Since(started).Round(10*time.Millisecond))
	}
	for _, note := range sorted(w.notes) {
		fmt.Printf("    axe-core, not serious, on %d pages: %s\n", w.notes[note], note)
	}
	if w.written > 0 {
		fmt.Printf("    pictures: %d KiB in %s\n", w.written>>10, w.write)
	}
	fmt.Printf("all %d steps are right: %d pages of the table, %d looks (%s of them), %s\n",
		len(steps), len(w.pages), w.looks, w.spent.Round(100*time.Millisecond), time.Since(began).Round(100*time.Millisecond))
	return nil
}

func sorted(notes map[string]int) []string {
	var all []string
	for text := range notes {
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

// keep keeps what the window shows where a step failed.
func (w *walk) keep() error {
	if w.last == nil {
		return nil
	}
	folder := w.evidence
	if folder == "" {
		var err error
		if folder, err = os.MkdirTemp("", "svcgate-browser-failed-"); err != nil {
			return err
		}
	}
	shot, err := w.last.shot()
	if err != nil {
		return err
	}
	text, err := w.last.text()
	if err != nil {
		return err
	}
	fmt.Printf("    the page is kept in %s\n", folder)
	return errors.Join(os.WriteFile(filepath.Join(folder, "page.png"), shot, 0o600), os.WriteFile(filepath.Join(folder, "page.txt"), []byte(text), 0o600))
}

// as returns the window of somebody who has one.
func (w *walk) as(name string) *person {
	p, ok := w.people[name]
	if !ok {
		panic("browser: nobody is called " + name) // a mistake of a step
	}
	w.last = p.tab
	return p
}

// arrives opens a window for somebody.
func (w *walk) arrives(name string) (*person, error) {
	t, err := w.tab(name, w.url)
	if err != nil {
		return nil, err
	}
	p := &person{tab: t, password: "The password of " + name + " is long"}
	w.people[name], w.last = p, t
	return p, nil
}

// all does one thing after the other and ends with the first that fails.
func all(acts ...func() error) error {
	for _, act := range acts {
		if err := act(); err != nil {
			return err
		}
	}
	return nil
}

// The acts of a person, to be done one after the other.
func (t *tab) opens(path string) func() error   { return func() error { return t.open(path) } }
func (t *tab) follows(name string) func() error { return func() error { return t.follow(name, "") } }
func (t *tab) fills(label, text string) func() error {
	return func() error { return t.fill(label, text) }
}
func (t *tab) ticks(name string) func() error     { return func() error { return t.tick(name, "") } }
func (t *tab) reads(texts ...string) func() error { return func() error { return t.sees(texts...) } }
func (t *tab) readsNot(texts ...string) func() error {
	return func() error { return t.misses(texts...) }
}
func (t *tab) meets(status int64) func() error { return func() error { t.expect(status); return nil } }
func (t *tab) isAt(path string) func() error   { return func() error { return t.at(path) } }
func (w *walk) looksAt(t *tab, name string) func() error {
	return func() error { return w.look(t, name) }
}

// everyPage is the end of it: the table of routes has no page that was not looked at.
func (w *walk) everyPage(context.Context) error {
	if missed := w.missed(); len(missed) > 0 {
		return fmt.Errorf("nobody looked at %s: take a step there, in bench/browser", strings.Join(missed, ", "))
	}
	return nil
}

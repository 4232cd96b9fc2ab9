package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The window. Pictures are as large.
const (
	windowWidth  = 1200
	windowHeight = 800
)

// browser is one Chromium with a new folder of its own.
type browser struct {
	ctx    context.Context
	cancel context.CancelFunc
	dir    string
	host   string // the only one that pages may ask
}

func openBrowser(ctx context.Context, program string, w *world) (*browser, error) {
	at, err := url.Parse(w.url)
	if err != nil {
		return nil, err
	}
	b := &browser{dir: filepath.Join(w.dir, "chromium"), host: at.Host}
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		return nil, err
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.UserDataDir(b.dir),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(windowWidth, windowHeight),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en-US"), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Env("TZ=UTC", "HOME="+b.dir))
	parent, end := chromedp.NewExecAllocator(ctx, options...)
	b.ctx, b.cancel = chromedp.NewContext(parent, chromedp.WithErrorf(func(string, ...any) {}))
	inner := b.cancel
	b.cancel = func() { inner(); end() }
	if err := chromedp.Do(b.ctx); err != nil {
		b.cancel()
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	return b, nil
}

func (b *browser) close() error {
	b.cancel()
	return nil
}

// tab is the window of one person, whose cookies nobody else has.
type tab struct {
	ctx  context.Context
	name string
	url  string // of the server
	host string

	mu       sync.Mutex
	status   int64    // of the page shown
	wrong    []string // what must not happen on any page
	dialogs  []string // questions that were asked, and answered with yes
	expected int64    // status that a step awaits instead of 200
}

// tab opens a window.
func (b *browser) tab(name, server string) (*tab, error) {
	ctx, _ := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext()) // ends with the browser
	t := &tab{ctx: ctx, name: name, url: server, host: b.host}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(windowWidth, windowHeight)); err != nil {
		return nil, fmt.Errorf("opening a window for %s: %w", name, err)
	}
	if err := t.media("light"); err != nil {
		return nil, err
	}
	return t, chromedp.Listen(ctx, t.hear)
}

// media chooses what the pages are told of the person's wishes.
func (t *tab) media(scheme string) error {
	_, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	return err
}

// hear listens to everything that happens in the window.
func (t *tab) hear(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Host != t.host {
			t.complain("a request to another host: " + e.Request.URL)
		}
	case *network.EventResponseReceived:
		t.answered(e)
	case *network.EventLoadingFailed:
		if !e.Canceled {
			t.complain("loading failed: " + e.ErrorText + " " + string(e.BlockedReason))
		}
	case *log.EventEntryAdded:
		// A status of 400 and more is judged where it was answered.
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of") || e.Entry.Source == log.EntrySourceSecurity {
			t.complain("console: " + e.Entry.Text)
		}
	case *runtime.EventConsoleAPICalled:
		t.complain("console: " + string(e.Type))
	case *runtime.EventExceptionThrown:
		t.complain("script: " + e.ExceptionDetails.Text)
	case *page.EventJavascriptDialogOpening:
		t.mu.Lock()
		t.dialogs = append(t.dialogs, e.Message)
		t.mu.Unlock()
		go func() { // the loop that calls this reads the answer
			_, err := chromedp.Call(t.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			if err != nil && t.ctx.Err() == nil {
				t.complain("the question cannot be answered: " + err.Error())
			}
		}()
	}
}

func (t *tab) answered(e *network.EventResponseReceived) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Type != network.ResourceTypeDocument {
		if e.Response.Status >= 400 && e.Response.Status != t.expected {
			t.wrong = append(t.wrong, fmt.Sprintf("%s answered %d", e.Response.URL, e.Response.Status))
		}
		return
	}
	t.status = e.Response.Status
	want := max(t.expected, 200)
	if t.status != want {
		t.wrong = append(t.wrong, fmt.Sprintf("%s answered %d, not %d", e.Response.URL, t.status, want))
	}
}

func (t *tab) complain(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrong = append(t.wrong, what)
}

// expect says which status the next page has; 0 for 200.
func (t *tab) expect(status int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected = status
}

// shown is the status of the page that is shown.
func (t *tab) shown() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status
}

// complaints takes what went wrong since the last call.
func (t *tab) complaints() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var errs []error
	for _, text := range t.wrong {
		errs = append(errs, errors.New(t.name+": "+text))
	}
	t.wrong = nil
	return errors.Join(errs...)
}

// asked takes the questions that were answered with yes.
func (t *tab) asked() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.dialogs
	t.dialogs = nil
	return all
}

// actLimit bounds each act of a person.
const actLimit = 30 * time.Second

func (t *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(t.ctx, actLimit)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		return fmt.Errorf("%s: %s: %w", t.name, what, err)
	}
	return nil
}

// loads does what brings a new page, and waits until it is there.
func (t *tab) loads(what string, act chromedp.Action[chromedp.Void]) error {
	return t.do(what, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.WaitEvent(page.LoadEventFired, nil, act)(ctx, target)
		return chromedp.Void{}, err
	})
}

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// eye looks at pages as somebody does who needs them to be right.
type eye struct {
	axe     string // the script
	pages   []*route
	write   string // folder of the pictures; "" for none
	looks   int
	notes   map[string]int // what axe-core finds less than serious
	spent   time.Duration
	written int64
}

// route is a page of the console's table that is read.
type route struct {
	path    string
	pattern *regexp.Regexp
	file    bool   // to keep, not to look at
	seen    string // address at which it was seen
	by      *tab
}

// readRoutes reads the pages of the table that the console's tests hold.
func readRoutes(file string) ([]*route, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: reading the table of routes: %w", errUntried, err)
	}
	var all []*route
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "GET" {
			continue
		}
		pattern := regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(words[1]), `[^/]+`)
		all = append(all, &route{path: words[1], pattern: regexp.MustCompile("^" + pattern + "$"), file: strings.HasSuffix(words[1], ".csv")})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: %s names no page", errUntried, file)
	}
	// Words go before variables, as in the console.
	slices.SortStableFunc(all, func(a, b *route) int { return strings.Count(a.path, "{") - strings.Count(b.path, "{") })
	return all, nil
}

// visited marks the page of an address.
func (e *eye) visited(address string, by *tab) {
	path, _, _ := strings.Cut(address, "?")
	for _, r := range e.pages {
		if r.pattern.MatchString(path) {
			if r.seen == "" {
				r.seen, r.by = address, by
			}
			return
		}
	}
}

// missed are the pages that nobody looked at.
func (e *eye) missed() []string {
	var paths []string
	for _, r := range e.pages {
		if r.seen == "" {
			paths = append(paths, r.path)
		}
	}
	return paths
}

// readAxe takes the script out of the package.
func readAxe(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("%w: axe-core is missing (--axe \"$(bench/browser/fetch.sh)\"): %w", errUntried, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return "", fmt.Errorf("%w: reading %s: %w", errUntried, file, err)
	}
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		if err != nil {
			return "", fmt.Errorf("%w: %s holds no axe.min.js: %w", errUntried, file, err)
		}
		if h.Name == "package/axe.min.js" {
			text, err := io.ReadAll(archive)
			return string(text), err
		}
	}
}

// violation is what axe-core finds.
type violation struct {
	ID, Impact, Help string
	Nodes            []string
	Count            int
}

func (v violation) String() string {
	return fmt.Sprintf("%s: %s (%s), %d times: %s", v.Impact, v.Help, v.ID, v.Count, strings.Join(v.Nodes, "  "))
}

// examine runs axe-core on the page as it is, with these options.
func (e *eye) examine(t *tab, options string) ([]violation, error) {
	there, err := evaluate[bool](t, `typeof axe === "object"`)
	if err != nil {
		return nil, err
	}
	if !there {
		if _, err := evaluate[chromedp.Void](t, e.axe); err != nil {
			return nil, err
		}
	}
	return evaluate[[]violation](t, `(async () => {
		const result = await axe.run(document, `+options+`);
		return result.violations.map((v) => ({ id: v.id, impact: v.impact, help: v.help, count: v.nodes.length,
			nodes: v.nodes.slice(0, 3).map((n) => n.target.join(" ") + (n.any[0] ? " – " + n.any[0].message : "")) }));
	})()`)
}

const (
	wholeAxe    = `{resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}`
	contrastAxe = `{resultTypes: ["violations"], runOnly: ["color-contrast"]}`
)

// Sizes of a narrow screen.
const (
	narrowWidth  = 320
	narrowHeight = 640
)

// look examines the page that is shown, under a name for pictures; "" for none.
func (e *eye) look(t *tab, name string) error {
	began := time.Now()
	defer func() { e.spent += time.Since(began) }()
	e.looks++
	here, err := evaluate[string](t, "location.pathname + location.search")
	if err != nil {
		return err
	}
	if t.shown() == 200 { // a form that was refused has an address that cannot be opened
		e.visited(here, t)
	}
	errs := []error{e.plain(t), e.within(t), e.picture(t, name, "")}
	errs = append(errs, e.judge(t, "light", wholeAxe))
	errs = append(errs, t.media("dark"), e.judge(t, "dark", contrastAxe), e.picture(t, name, "dark"), t.media("light"))
	errs = append(errs, t.resize(narrowWidth, narrowHeight), e.narrow(t), e.picture(t, name, "narrow"), t.resize(windowWidth, windowHeight))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s as %s sees it: %w", here, t.name, err)
	}
	return nil
}

// plain makes sure that the page says what it is.
func (e *eye) plain(t *tab) error {
	what, err := evaluate[struct {
		Title, Language string
		Headings        []string
	}](t, `({ title: document.title, language: document.documentElement.lang, headings: [...document.querySelectorAll("h1")].map((h) => h.textContent.trim()) })`)
	if err != nil {
		return err
	}
	if len(what.Headings) != 1 || what.Headings[0] == "" || !strings.HasPrefix(what.Title, what.Headings[0]) || what.Language != "en" {
		return fmt.Errorf("the page is called %q and headed %q, in %q", what.Title, what.Headings, what.Language)
	}
	return nil
}

// judge fails for what is serious and counts the rest.
func (e *eye) judge(t *tab, scheme, options string) error {
	found, err := e.examine(t, options)
	if err != nil {
		return err
	}
	var errs []error
	for _, v := range found {
		if v.Impact == "serious" || v.Impact == "critical" {
			errs = append(errs, fmt.Errorf("%s, %s", scheme, v))
			continue
		}
		if e.notes == nil {
			e.notes = map[string]int{}
		}
		e.notes[fmt.Sprintf("%s: %s (%s)", v.Impact, v.Help, v.ID)]++
	}
	return errors.Join(errs...)
}

// within makes sure that nothing lies over the edge of the panel that it is in, or of the window.
func (e *eye) within(t *tab) error {
	out, err := evaluate[[]string](t, `(() => {
		const edge = (e) => Math.min(e.closest(".panel, .figure")?.getBoundingClientRect().right ?? innerWidth, innerWidth) + 0.5;
		const scrolls = (e) => { for (let p = e; p; p = p.parentElement) if (["auto", "scroll", "hidden"].includes(getComputedStyle(p).overflowX)) return true; return false; };
		const out = (e) => e.getClientRects().length > 0 && e.getBoundingClientRect().right > edge(e) && !scrolls(e);
		return [...document.querySelectorAll("main *")].filter((e) => out(e) && ![...e.children].some(out))
			.slice(0, 4).map((e) => e.tagName.toLowerCase() + "." + e.className + " " + JSON.stringify(e.textContent.trim().slice(0, 40)));
	})()`)
	if err == nil && len(out) > 0 {
		err = fmt.Errorf("over the edge of their panel lie %s", strings.Join(out, ", "))
	}
	return err
}

// narrow makes sure that nothing has to be scrolled sideways but what scrolls by itself.
func (e *eye) narrow(t *tab) error {
	out, err := evaluate[[]string](t, `(() => {
		const width = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= width) return [];
		const out = (e) => e.getBoundingClientRect().right > width + 0.5;
		const wide = [...document.body.querySelectorAll("*")].filter((e) => out(e) && ![...e.children].some(out));
		return ["" + document.documentElement.scrollWidth, ...wide.slice(0, 4).map((e) => e.tagName.toLowerCase() + "." + e.className + " " + JSON.stringify(e.textContent.trim().slice(0, 40)))];
	})()`)
	if err == nil && len(out) > 0 {
		err = fmt.Errorf("%d pixels wide, it scrolls sideways to %s: %s", narrowWidth, out[0], strings.Join(out[1:], " "))
	}
	return err
}

// Pages of which there are pictures in the dark and on a narrow screen too.
var pictured = map[string][]string{
	"dark":   {"overview", "codes", "transaction", "draft"},
	"narrow": {"overview", "inbox", "transactions"},
}

// picture writes what the window shows.
func (e *eye) picture(t *tab, name, how string) error {
	if e.write == "" || name == "" || how != "" && !slices.Contains(pictured[how], name) {
		return nil
	}
	if how != "" {
		name += "-" + how
	}
	shot, err := t.shot()
	if err != nil {
		return err
	}
	small, err := reduce(shot)
	if err != nil {
		return fmt.Errorf("picture %s: %w", name, err)
	}
	e.written += int64(len(small))
	return os.WriteFile(filepath.Join(e.write, name+".png"), small, 0o644)
}

// shot is a picture of the window, from the top of the page.
func (t *tab) shot() ([]byte, error) {
	if _, err := evaluate[bool](t, `(document.activeElement?.blur(), scrollTo({ top: 0, behavior: "instant" }), true)`); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(t.ctx, actLimit)
	defer cancel()
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	return bytes.Clone(shot), err
}

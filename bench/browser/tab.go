package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed find.js
var find string

// question is how a person looks for something: what it is, what it is called, and what else stands beside it.
type question struct {
	Kind   string `json:"kind"` // press, tick or fill
	Name   string `json:"name"`
	Within string `json:"within"` // text of the row, form or section it is in; "" for anywhere
}

// evaluate runs a script in the page, as a person's eyes would look, and decodes what it returns.
func evaluate[T any](t *tab, script string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, actLimit)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

// call writes a script that calls a function with a value.
func call(function string, argument any) string {
	text, err := json.Marshal(argument)
	if err != nil {
		panic("browser: " + err.Error()) // texts and numbers only
	}
	return function + "(" + string(text) + ")"
}

// find returns where something is, in view.
func (t *tab) find(q question) (x, y float64, err error) {
	at, err := evaluate[struct {
		X, Y    float64
		Problem string
	}](t, call(find, q))
	if err == nil && at.Problem != "" {
		err = errors.New(at.Problem)
	}
	if err != nil {
		where := ""
		if q.Within != "" {
			where = fmt.Sprintf(" beside %q", q.Within)
		}
		return 0, 0, fmt.Errorf("%s: to %s %q%s: %w", t.name, q.Kind, q.Name, where, err)
	}
	return at.X, at.Y, nil
}

// open types an address.
func (t *tab) open(path string) error {
	if strings.HasPrefix(path, "/") {
		path = t.url + path
	}
	return t.do("opening "+path, chromedp.Navigate(path))
}

// follow clicks a link or a button that brings a new page. beside is a text near it; "" for the only one.
func (t *tab) follow(name, beside string) error {
	x, y, err := t.find(question{"press", name, beside})
	if err != nil {
		return err
	}
	return t.loads("following "+name, chromedp.MouseClickXY(x, y))
}

// press clicks something that brings no new page.
func (t *tab) press(name, beside string) error { return t.click(question{"press", name, beside}) }

// tick clicks a box or a choice.
func (t *tab) tick(name, beside string) error { return t.click(question{"tick", name, beside}) }

func (t *tab) click(q question) error {
	x, y, err := t.find(q)
	if err != nil {
		return err
	}
	return t.do("clicking "+q.Name, chromedp.MouseClickXY(x, y))
}

// fill puts a text in the place of what a field holds.
func (t *tab) fill(label, text string) error { return t.fillIn(label, "", text) }

func (t *tab) fillIn(label, beside, text string) error {
	if err := t.click(question{"fill", label, beside}); err != nil {
		return err
	}
	return t.do("typing into "+label, chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), paste(text))
}

// paste puts a text where the focus is; an empty one takes what is selected away.
func paste(text string) chromedp.Action[chromedp.Void] {
	if text == "" {
		return chromedp.KeyEvent(kb.Delete)
	}
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

// choose picks an option of a list by its name, with the arrows: what is typed is forgotten where a pause comes between
// two letters.
func (t *tab) choose(label, option string) error {
	if _, _, err := t.find(question{"fill", label, ""}); err != nil {
		return err
	}
	focus := call(`((label) => {
		const e = [...document.querySelectorAll("label[for]")].find((l) => l.textContent.trim().startsWith(label));
		document.getElementById(e.htmlFor).focus();
		return true;
	})`, label)
	if _, err := evaluate[bool](t, focus); err != nil {
		return fmt.Errorf("%s: going to %s: %w", t.name, label, err)
	}
	for key, before := kb.Home, -1; ; key = kb.ArrowDown {
		if err := t.do("choosing "+option, chromedp.KeyEvent(key)); err != nil {
			return err
		}
		shown, err := evaluate[struct {
			At   int
			Name string
		}](t, `((list) => ({ at: list.selectedIndex, name: list.selectedOptions[0].textContent }))(document.activeElement)`)
		if err != nil || strings.HasPrefix(shown.Name, option) {
			return err
		}
		if shown.At == before {
			return fmt.Errorf("%s: %s has no %q; the last is %q", t.name, label, option, shown.Name)
		}
		before = shown.At
	}
}

// keys presses keys one after the other.
func (t *tab) keys(keys string) error {
	return t.do(fmt.Sprintf("pressing %q", keys), chromedp.KeyEvent(keys))
}

// keysLoad presses keys that bring a new page.
func (t *tab) keysLoad(keys string) error {
	return t.loads(fmt.Sprintf("pressing %q", keys), chromedp.KeyEvent(keys))
}

// scripts turns the scripts of the pages to come on or off.
func (t *tab) scripts(on bool) error {
	_, err := chromedp.Call(t.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	return err
}

// resize makes the window another size.
func (t *tab) resize(width, height int64) error {
	return t.do("resizing", chromedp.EmulateViewport(width, height))
}

// text is what can be read of the page, in small letters: the style sheet writes some words large.
func (t *tab) text() (string, error) {
	return evaluate[string](t, `document.body.innerText.replace(/\s+/g, " ").toLowerCase()`)
}

// sees makes sure that texts can be read on the page.
func (t *tab) sees(texts ...string) error {
	all, err := t.text()
	if err != nil {
		return err
	}
	for _, text := range texts {
		if !strings.Contains(all, strings.ToLower(text)) {
			err = errors.Join(err, fmt.Errorf("%s does not see %q", t.name, text))
		}
	}
	return err
}

// misses makes sure that texts cannot be read on the page.
func (t *tab) misses(texts ...string) error {
	all, err := t.text()
	if err != nil {
		return err
	}
	for _, text := range texts {
		if strings.Contains(all, strings.ToLower(text)) {
			err = errors.Join(err, fmt.Errorf("%s sees %q", t.name, text))
		}
	}
	return err
}

// at makes sure of which page is shown.
func (t *tab) at(path string) error {
	here, err := evaluate[string](t, "location.pathname")
	if err == nil && here != path {
		err = fmt.Errorf("%s is at %s, not at %s", t.name, here, path)
	}
	return err
}

// content is the text of an element.
func (t *tab) content(selector string) (string, error) {
	return evaluate[string](t, call(`((s) => document.querySelector(s)?.textContent ?? "")`, selector))
}

// download fetches a file as a link of the page would, and returns it.
func (t *tab) download(path string) (string, error) {
	got, err := evaluate[struct {
		Status   int
		As, Text string
	}](t, call(`(async (path) => {
		const answer = await fetch(path);
		return { status: answer.status, as: answer.headers.get("content-disposition") ?? "", text: await answer.text() };
	})`, path))
	if err == nil && (got.Status != 200 || !strings.HasPrefix(got.As, "attachment")) {
		err = fmt.Errorf("%s: %s answered %d with %q, not a file", t.name, path, got.Status, got.As)
	}
	return got.Text, err
}

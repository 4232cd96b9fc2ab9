package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// mostTabs is how often Tab is pressed before somebody gives up.
const mostTabs = 60

// keyboard maps a code, from signing in to the draft, without a mouse: Tab, Enter, Space, arrows, "/" and g with a letter.
func (w *walk) keyboard(context.Context) error {
	p := w.as("erin")
	if err := all(p.follows("Sign out"), p.types("Name", p.name), p.types("Password", p.password), func() error { return p.keysLoad(kb.Enter) }, p.reads("Sign out")); err != nil {
		return err
	}
	if err := all(p.types("/", "order:no-such"), func() error { return p.keysLoad(kb.Enter) }, p.isAt("/console/transactions"), p.reads("Nothing is like that")); err != nil {
		return err
	}
	for key, path := range map[string]string{"o": "/console/overview", "t": "/console/transactions", "d": "/console/desk", "h": "/console/holds", "r": "/console/reports", "s": "/console/bureaus", "c": rulesPath} {
		if err := all(p.shortcut(key), p.isAt(path)); err != nil {
			return err
		}
	}
	if err := all(func() error { return p.keys("?") }, p.reads("these keys", "find transactions"), w.looksAt(p.tab, "keys"), func() error { return p.keys(kb.Escape) }, p.readsNot("these keys")); err != nil {
		return err
	}
	if err := all(p.shortcut("c"), p.tabsTo("Inbox"), func() error { return p.keysLoad(kb.Enter) }, p.isAt(inboxPath), p.tabsTo("Say what it means: SIM_CARD_EXPIRED"),
		func() error { return p.keysLoad(kb.Enter) }, p.types("Vendor response code", "111"), p.types("Description", "Card has expired"), p.tabsTo("outcome"), p.chooses("declined"),
		p.tabsTo("Put into the draft"), func() error { return p.keysLoad(kb.Enter) }, p.reads("It is in the draft", "Card has expired"),
		p.tabsTo("Discard the draft"), func() error { return p.keysLoad(kb.Enter) }, p.reads("The draft is gone")); err != nil {
		return err
	}
	skip := p.skips()
	return skip()
}

// shortcut presses g and a letter, from anywhere on a page but a field. The page waits a moment for the letter: until it is
// left, its clock stands still.
func (t *tab) shortcut(key string) func() error {
	return func() error {
		if _, err := evaluate[bool](t, `(document.activeElement?.blur(), Date.now = ((at) => () => at)(Date.now()), true)`); err != nil {
			return err
		}
		return t.keysLoad("g" + key)
	}
}

// focused is what has the focus, by its name, and whether that can be seen.
type focused struct {
	Name, Label string
	Seen        bool
}

func (t *tab) focus() (focused, error) {
	return evaluate[focused](t, `(() => {
		const e = document.activeElement, style = getComputedStyle(e);
		const plain = (n) => { const c = n.cloneNode(true); for (const part of c.querySelectorAll("[aria-hidden], small")) part.remove(); return c.textContent.replace(/\s+/g, " ").trim(); };
		const label = e.labels?.length ? plain(e.labels[0]) : "";
		const box = e.getBoundingClientRect();
		return { name: e.type === "radio" ? e.name : plain(e), label,
			seen: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none") && box.bottom > 0 && box.top < innerHeight };
	})()`)
}

// tabsTo presses Tab until the focus is on what has this name, and sees it there each time.
func (t *tab) tabsTo(name string) func() error {
	return func() error {
		var passed []string
		for range mostTabs {
			if err := t.keys(kb.Tab); err != nil {
				return err
			}
			at, err := t.focus()
			if err != nil {
				return err
			}
			if !at.Seen {
				return fmt.Errorf("%s: the focus on %q %q cannot be seen", t.name, at.Name, at.Label)
			}
			if at.Name == name || at.Label == name {
				return nil
			}
			passed = append(passed, at.Name+at.Label)
		}
		return fmt.Errorf("%s: Tab does not come to %q, but to %s", t.name, name, strings.Join(passed, ", "))
	}
}

// types comes to a field with Tab, or with "/" to the search, and types.
func (t *tab) types(field, text string) func() error {
	return func() error {
		if field == "/" {
			return all(func() error { return t.keys("/") }, func() error { return t.keys(text) })
		}
		at, err := t.focus()
		if err == nil && at.Label != field {
			err = t.tabsTo(field)()
		}
		if err != nil {
			return err
		}
		return t.do("typing", chromedp.KeyEvent(text))
	}
}

// chooses moves among the choices with the arrows until the one of this value is chosen.
func (t *tab) chooses(value string) func() error {
	return func() error {
		for range 10 {
			chosen, err := evaluate[string](t, `document.activeElement.checked ? document.activeElement.value : ""`)
			if err != nil || chosen == value {
				return err
			}
			if err := t.keys(kb.ArrowDown); err != nil {
				return err
			}
		}
		return fmt.Errorf("%s: the arrows do not come to %q", t.name, value)
	}
}

// skips uses the first link of a page, which leads past the navigation.
func (t *tab) skips() func() error {
	return func() error {
		if err := all(t.opens("/console/overview"), func() error { return t.keys(kb.Tab) }); err != nil {
			return err
		}
		at, err := t.focus()
		if err != nil || at.Name != "Skip to the page" || !at.Seen {
			return errors.Join(fmt.Errorf("%s: the first Tab comes to %q", t.name, at.Name), err)
		}
		if err := t.keys(kb.Enter); err != nil {
			return err
		}
		if where, err := evaluate[string](t, "document.activeElement.id"); err != nil || where != "main" {
			return errors.Join(fmt.Errorf("%s: the link past the navigation leads to %q", t.name, where), err)
		}
		return nil
	}
}

//go:build linux

package main

import "sync"

// turns sees to it that no two messages that move money are at the provider for one card at one time, whichever nodes they
// come from.
type turns struct {
	mu       sync.Mutex
	inside   map[string]string // by card: the message that is there
	together []string          // what was found
}

// enter notes a message that is about to be booked. Call leave before the answer goes back.
func (t *turns) enter(card, message string) (leave func()) {
	switch message {
	case "InquiryRequest", "GenerateCard", "":
		return func() {} // moves nothing
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if other := t.inside[card]; other != "" {
		t.together = append(t.together, "Two messages for one card were at the provider at one time: "+other+" and "+message+".")
	}
	t.inside[card] = message
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.inside, card)
	}
}

func (t *turns) found() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.together
}

package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/simulator"
)

// follow runs a command line until stop is called, and returns what its error output tells of the address.
func follow(t *testing.T, args ...string) (url string, stop func() (status int, output string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	told := &waiter{address: regexp.MustCompile(`send to (http://\S+)`), found: make(chan string, 1)}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, newShell(strings.NewReader(""), told, told, nil), args) }()
	select {
	case url = <-told.found:
	case status := <-ended:
		cancel()
		t.Fatalf("ended with %d: %s", status, told)
	}
	return url, func() (int, string) {
		cancel()
		return <-ended, told.String()
	}
}

// waiter keeps an output and finds an address in it.
type waiter struct {
	lockedBuffer
	address *regexp.Regexp
	found   chan string
}

func (w *waiter) Write(text []byte) (int, error) {
	w.line(strings.TrimSuffix(string(text), "\n"))
	if m := w.address.FindSubmatch(text); m != nil {
		w.found <- string(m[1])
	}
	return len(text), nil
}

// What is recorded on the command line is answered by spy and serve, and is green at the simulator.
func TestRecordSpyAndServe(t *testing.T) {
	t.Parallel()
	sim, err := simulator.New(simulator.Config{Cards: simulator.DemoCards()})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	asked := 0
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked++
		sim.ServeHTTP(w, q)
	}))
	defer provider.Close()
	dir := t.TempDir()
	corpus, key, cards := filepath.Join(dir, "cases"), filepath.Join(dir, "key"), filepath.Join(dir, "cards")
	if err := os.WriteFile(cards, []byte(simulator.MagicCardLead+"0017\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	message, err := fixtures.Corpus.ReadFile("inquire/approved/outgoing.xml")
	if err != nil {
		t.Fatal(err)
	}
	send := func(url string) {
		response, err := http.Post(url, "text/xml", bytes.NewReader(message))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s answers with %d", url, response.StatusCode)
		}
	}
	for _, step := range []struct {
		args  []string
		asked int
		tells string
	}{
		{[]string{"record", "--upstream", provider.URL + fixtures.Path, "--into", corpus}, 1, "1 messages passed on, 0 refused; 1 cases written"},
		{[]string{"fixtures", "spy", corpus, "--upstream", provider.URL + fixtures.Path}, 1, "1 messages answered from cases"},
		{[]string{"fixtures", "spy", corpus, "--upstream", provider.URL + fixtures.Path, "--record", corpus, "--exact"}, 1, "0 cases written"},
		{[]string{"fixtures", "serve", corpus}, 1, "1 messages answered from cases, 0 not; 0 cases were not asked for"},
	} {
		url, stop := follow(t, append(step.args, "--listen", "127.0.0.1:0", "--key", key)...)
		send(url)
		if status, output := stop(); status != exitDone || !strings.Contains(output, step.tells) {
			t.Errorf("%v ended with %d: %s", step.args, status, output)
		}
		if asked != step.asked {
			t.Errorf("%v: the provider was asked %d times", step.args, asked)
		}
	}
	told := &waiter{address: regexp.MustCompile(`^$`)}
	s := newShell(strings.NewReader(""), told, told, nil)
	status := run(t.Context(), s, []string{"fixtures", "verify", corpus, "--host", provider.URL + fixtures.Path, "--cards", cards, "--key", key})
	if status != exitDone || asked != 2 {
		t.Errorf("verify ended with %d, the provider was asked %d times: %s", status, asked, told)
	}
}

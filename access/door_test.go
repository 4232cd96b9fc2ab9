package access_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/store"
)

const (
	password = "plain boats drift on"
	other    = "slow rivers bend away"
	near     = "192.0.2.7:40112"
)

// house is a door on a database of its own, with a clock that the test moves.
type house struct {
	*access.Door
	store *store.Store
	mu    sync.Mutex
	at    time.Time

	counting sync.Mutex
	tries    map[access.Tried]int
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// sealer binds a text to its row, and that is all it does.
type sealer struct{}

func (sealer) Seal(row, text string) []byte { return []byte(row + "|" + text) }

func (sealer) Open(row string, sealed []byte) (string, error) {
	text, ok := strings.CutPrefix(string(sealed), row+"|")
	if !ok {
		return "", errors.New("sealed for another row")
	}
	return text, nil
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{at: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)}
	var err error
	if h.store, err = store.Open(context.Background(), store.Config{Path: filepath.Join(t.TempDir(), "journal.db"), Now: h.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	h.tries = map[access.Tried]int{}
	h.Door = access.NewDoor(access.DoorConfig{Store: h.store, Sealer: sealer{}, Now: h.now, Tried: func(end access.Tried) {
		h.counting.Lock()
		defer h.counting.Unlock()
		h.tries[end]++
	}})
	return h
}

// begin brings in the first person, ann.
func (h *house) begin(t testing.TB) {
	t.Helper()
	l, err := h.Bootstrap(t.Context(), "svcgate:command")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Redeem(t.Context(), l.Text, "ann", password, near); err != nil {
		t.Fatal(err)
	}
}

// add brings in another one.
func (h *house) add(t testing.TB, name string, roles ...access.Role) {
	t.Helper()
	l, err := h.Add(t.Context(), "ann", access.Person{Name: name, Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Redeem(t.Context(), l.Text, "", password, near); err != nil {
		t.Fatal(err)
	}
}

// trail is what was audited since the entries that were there before, oldest first.
func (h *house) trail(t testing.TB) []string {
	t.Helper()
	entries, _, err := h.store.AuditTrail(t.Context(), access.EntryFilter{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[len(entries)-1-i] = strings.TrimSpace(fmt.Sprintf("%s %s %s: %s", e.Actor, e.Action, e.Subject, e.Detail))
	}
	return lines
}

func (h *house) last(t testing.TB, want string) {
	t.Helper()
	lines := h.trail(t)
	if got := lines[len(lines)-1]; got != want {
		t.Errorf("audited %q, want %q", got, want)
	}
}

func want(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error %v, want %v", got, want)
	}
}

func TestFirstPerson(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	late, err := h.Bootstrap(ctx, "svcgate:command")
	if err != nil || late.Kind != access.LinkBootstrap || !strings.HasPrefix(late.Path(), "/console/welcome/svl_") {
		t.Fatalf("%+v, %v", late, err)
	}
	h.wait(access.BootstrapTime)
	_, err = h.Redeem(ctx, late.Text, "ann", password, near)
	want(t, err, access.ErrLink)
	replaced, _ := h.Bootstrap(ctx, "svcgate:command")
	l, err := h.Bootstrap(ctx, "svcgate:command")
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Link(ctx, replaced.Text)
	want(t, err, access.ErrLink)
	if err := h.store.PutToken(ctx, access.Token{Name: "OMS-live", Role: access.RoleOMS, Created: h.at}, access.HashToken("t")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text, name, password string
		want                 error
	}{
		"another link":    {l.Text[:len(l.Text)-1] + "-", "ann", password, access.ErrLink},
		"no link":         {"", "ann", password, access.ErrLink},
		"its hash":        {access.HashToken(l.Text), "ann", password, access.ErrLink},
		"no name":         {l.Text, " ", password, access.ErrPersonName},
		"a name of ours":  {l.Text, "svcgate:door", password, access.ErrPersonName},
		"a card":          {l.Text, "a6006491234560017", password, access.ErrPersonName},
		"weak password":   {l.Text, "ann", "ann-ann-ann-ann-26", access.ErrPasswordWeak},
		"short password":  {l.Text, "ann", "x", access.ErrPasswordLength},
		"a token's place": {l.Text, "oms-live", password, access.ErrNameTaken},
	} {
		_, err := h.Redeem(ctx, c.text, c.name, c.password, near)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	p, err := h.Redeem(ctx, l.Text, " Ann ", password, near)
	if err != nil || p.Name != "ann" || !p.May(access.ManagePeople) || p.May(access.ReadTransactions) || !p.Good() {
		t.Fatalf("%+v, %v", p, err)
	}
	h.last(t, "ann person.redeem ann: bootstrap link of svcgate:command, from 192.0.2.7")
	_, err = h.Redeem(ctx, l.Text, "bert", password, near)
	want(t, err, access.ErrLink)
	_, err = h.Bootstrap(ctx, "svcgate:command")
	want(t, err, access.ErrNotFirst)
	if p, err := h.SignIn(ctx, "ANN", password, "", near); err != nil || p.Name != "ann" || !p.LastSeen.Equal(h.at) {
		t.Errorf("%+v, %v", p, err)
	}
	h.last(t, "ann person.sign_in ann: from 192.0.2.7")
	want(t, h.SignOut(ctx, "ann", "2001:db8::7"), nil)
	h.last(t, "ann person.sign_out ann: from 2001:db8::7")
}

func TestSignInIsRefused(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	h.begin(t)
	h.add(t, "gone", access.RoleViewer)
	want(t, h.Disable(ctx, "ann", "gone"), nil)
	if _, err := h.Add(ctx, "ann", access.Person{Name: "new", Roles: []access.Role{access.RoleViewer}}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ name, password, from, audited string }{
		"wrong password":     {"ann", other, near, "ann person.sign_in.failed ann: from 192.0.2.7: wrong password"},
		"no password":        {"ann", "", "bad", "ann person.sign_in.failed ann: from an unknown address: wrong password"},
		"with a space":       {"ann", password + " ", near, "ann person.sign_in.failed ann: from 192.0.2.7: wrong password"},
		"in capitals":        {"ann", strings.ToUpper(password), near, "ann person.sign_in.failed ann: from 192.0.2.7: wrong password"},
		"unknown":            {"bert", password, near, "svcgate:door person.sign_in.failed : from 192.0.2.7: the name is not known"},
		"password as a name": {password, password, near, "svcgate:door person.sign_in.failed : from 192.0.2.7: the name is not known"},
		"no name":            {"", "", near, "svcgate:door person.sign_in.failed : from 192.0.2.7: the name is not known"},
		"very long":          {strings.Repeat("n", 5000), strings.Repeat("p", 100_000), near, "svcgate:door person.sign_in.failed : from 192.0.2.7: the name is not known"},
		"disabled":           {"gone", password, near, "gone person.sign_in.failed gone: from 192.0.2.7: the person is disabled"},
		"invited":            {"new", "", near, "new person.sign_in.failed new: from 192.0.2.7: no password is set"},
	} {
		p, err := h.SignIn(ctx, c.name, c.password, "", c.from)
		if err != access.ErrWrong || p.Name != "" { // the very same words for all
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		h.last(t, c.audited)
	}
}

func TestTriesAreCountedByTheirEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.begin(t)
	for _, given := range []string{password, other, password} {
		_, _ = h.SignIn(t.Context(), "ann", given, "", near)
	}
	want(t, h.Confirm(t.Context(), "ann", password, "", near), nil)
	for range 30 {
		_, _ = h.SignIn(t.Context(), "ann", other, "", near)
	}
	if h.tries[access.TriedWell] != 3 || h.tries[access.TriedWrong] < 2 || h.tries[access.TriedThrottled] == 0 || h.tries[access.TriedBroken] != 0 {
		t.Errorf("tries %v", h.tries)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	h.wait(time.Hour)
	_, _ = h.SignIn(gone, "ann", password, "", near)
	if h.tries[access.TriedBroken] != 1 {
		t.Errorf("tries %v", h.tries)
	}
}

// TestNamesThatNobodyHasTakeAsLong: one hash is made for each try, whatever of it is wrong.
func TestNamesThatNobodyHasTakeAsLong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.begin(t)
	hashes := h.CountHashes(t)
	for _, name := range []string{"ann", "bert", "no name at all", ""} {
		for _, given := range []string{password, other, "", strings.Repeat("p", 1000)} {
			before := hashes()
			_, err := h.SignIn(t.Context(), name, given, "", near)
			if made := hashes() - before; made != 1 {
				t.Errorf("%q: %d hashes were made (%v)", name, made, err)
			}
		}
	}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ann", "nobody"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, ctx := newHouse(t), t.Context()
			h.begin(t)
			waits := []time.Duration{0, 0, 0, 0, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 30 * time.Minute, 30 * time.Minute}
			for i, wait := range waits {
				_, err := h.SignIn(ctx, name, other, "", near)
				want(t, err, access.ErrWrong)
				if wait == 0 {
					continue
				}
				for _, early := range []time.Duration{0, wait - time.Second} {
					h.wait(early)
					_, err := h.SignIn(ctx, name, password, "", near) // right or not, from wherever
					slowed, ok := errors.AsType[*access.ThrottledError](err)
					if !ok || slowed.Wait != wait-early {
						t.Fatalf("after failure %d: %v, want to wait %v", i+1, err, wait-early)
					}
				}
				h.wait(time.Second)
			}
			if locks := strings.Count(strings.Join(h.trail(t), "\n"), "person.lock"); locks != 2 {
				t.Errorf("%d locks were audited, want 2: %q", locks, h.trail(t))
			}
			if name != "ann" {
				return
			}
			want(t, h.Confirm(ctx, name, password, "", near), nil)
			_, err := h.SignIn(ctx, name, other, "", near)
			want(t, err, access.ErrWrong) // the count began anew
			_, err = h.SignIn(ctx, name, password, "", near)
			want(t, err, nil)
		})
	}
}

func TestAddressesAreThrottled(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	h.begin(t)
	defer h.Fill()()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	slowed := func(from string, try int) bool {
		t.Helper()
		_, err := h.SignIn(gone, fmt.Sprintf("name-%d", try), other, "", from)
		_, ok := errors.AsType[*access.ThrottledError](err)
		return ok
	}
	for i := range 30 {
		if slowed(fmt.Sprintf("[2001:db8::%x]:443", i), i) {
			t.Fatalf("try %d is slowed", i)
		}
	}
	if !slowed("2001:db8::ffff", 31) || slowed("2001:db8:0:1::1", 31) || slowed("192.0.2.7", 31) {
		t.Error("the first /64 is to be slowed and no other address")
	}
	h.wait(2 * time.Second)
	if slowed("2001:db8::1", 32) || !slowed("2001:db8::2", 33) {
		t.Error("one more try every two seconds")
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	h.begin(t)
	want(t, h.ConfirmTOTP(ctx, "ann", "000000"), access.ErrWrongCode) // nothing was begun
	e, err := h.EnrolTOTP(ctx, "ann")
	if err != nil || !strings.Contains(e.URI, "secret="+e.Secret) || !strings.HasPrefix(e.URI, "otpauth://totp/svcgate:ann?") || len(e.Secret) != 32 {
		t.Fatalf("%+v, %v", e, err)
	}
	if again, err := h.EnrolTOTP(ctx, "ann"); err != nil || again != e {
		t.Errorf("%+v, %v, want %+v", again, err, e)
	}
	code := func(steps int) string {
		return access.CodeAt(e.Secret, h.now().Add(time.Duration(steps)*30*time.Second))
	}
	_, err = h.SignIn(ctx, "ann", password, "", near)
	want(t, err, nil)                                                // not asked for before it is confirmed
	want(t, h.ConfirmTOTP(ctx, "ann", code(0)), access.ErrWrongCode) // what was begun ends with a sign-in
	if e, err = h.EnrolTOTP(ctx, "ann"); err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]string{"none": "", "two steps ago": code(-2), "two steps ahead": code(2), "short": code(0)[:5], "letters": "abcdef"} {
		if err := h.ConfirmTOTP(ctx, "ann", wrong); !errors.Is(err, access.ErrWrongCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	want(t, h.ConfirmTOTP(ctx, "ann", code(-1)), nil)
	_, err = h.EnrolTOTP(ctx, "ann")
	want(t, err, access.ErrHasTOTP)
	signIn := func(code string) error {
		_, err := h.SignIn(ctx, "ann", password, code, near)
		return err
	}
	want(t, signIn(""), access.ErrWrong)
	h.last(t, "ann person.sign_in.failed ann: from 192.0.2.7: wrong code")
	want(t, signIn(code(-1)), access.ErrWrong)
	h.last(t, "ann person.sign_in.failed ann: from 192.0.2.7: the code was used before")
	first := code(0)
	want(t, signIn(first[:3]+" "+first[3:]), nil)
	want(t, signIn(first), access.ErrWrong)
	want(t, signIn(code(1)), nil)
	want(t, signIn(code(0)), access.ErrWrong) // older than the last
	h.wait(90 * time.Second)

	// Only one of many at the same time.
	var wg sync.WaitGroup
	passed := make(chan bool, 4)
	now := code(0)
	for range cap(passed) {
		wg.Go(func() {
			if signIn(now) == nil {
				passed <- true
			}
		})
	}
	wg.Wait()
	if len(passed) != 1 {
		t.Errorf("a code was good %d times", len(passed))
	}

	blind := access.NewDoor(access.DoorConfig{Store: h.store, Now: h.now})
	h.wait(2 * time.Hour)
	_, err = blind.SignIn(ctx, "ann", password, code(0), near)
	want(t, err, access.ErrNoSealer)
	_, err = blind.EnrolTOTP(ctx, "ann")
	want(t, err, access.ErrNoSealer)
	want(t, blind.ConfirmTOTP(ctx, "ann", code(0)), access.ErrNoSealer)
}

func TestOwnPassword(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	h.begin(t)
	want(t, h.SetPassword(ctx, "ann", password, "", "short", near), access.ErrPasswordLength)
	want(t, h.SetPassword(ctx, "ann", other, "", other, near), access.ErrWrong)
	want(t, h.SetPassword(ctx, "bert", password, "", other, near), access.ErrWrong)
	want(t, h.SetPassword(ctx, "ann", password, "", other, near), nil)
	h.last(t, "ann person.password ann: from 192.0.2.7")
	_, err := h.SignIn(ctx, "ann", password, "", near)
	want(t, err, access.ErrWrong)
	_, err = h.SignIn(ctx, "ann", other, "", near)
	want(t, err, nil)
}

func TestKeepingPeople(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t), t.Context()
	h.begin(t)
	viewer := []access.Role{access.RoleViewer}
	for name, c := range map[string]struct {
		p    access.Person
		want error
	}{
		"no name":        {access.Person{Roles: viewer}, access.ErrPersonName},
		"capitals":       {access.Person{Name: "Bert", Roles: viewer}, access.ErrPersonName},
		"no role":        {access.Person{Name: "bert"}, access.ErrRoles},
		"role of tokens": {access.Person{Name: "bert", Roles: []access.Role{access.RoleAdmin}}, access.ErrRoles},
		"role twice":     {access.Person{Name: "bert", Roles: append(viewer, viewer...)}, access.ErrRoles},
		"two lines":      {access.Person{Name: "bert", FullName: "B\nB", Roles: viewer}, access.ErrFullName},
		"taken":          {access.Person{Name: "ann", Roles: viewer}, access.ErrNameTaken},
		"card as a name": {access.Person{Name: "b6006491234560017", Roles: viewer}, access.ErrPersonName},
		"card, parted":   {access.Person{Name: "b-6006-4912-3456-0017", Roles: viewer}, access.ErrPersonName},
		"card, in full":  {access.Person{Name: "bert", FullName: "Bert 6006 4912 3456 0017", Roles: viewer}, access.ErrFullName},
	} {
		if _, err := h.Add(ctx, "ann", c.p); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	l, err := h.Add(ctx, "ann", access.Person{Name: "bert", FullName: "Bert", Roles: []access.Role{access.RoleApprover, access.RoleViewer}, HasTOTP: true, LastSeen: h.at})
	if err != nil || l.Kind != access.LinkInvite || !l.Expires.Equal(h.at.Add(access.InviteTime)) {
		t.Fatalf("%+v, %v", l, err)
	}
	h.last(t, "ann person.add bert: roles viewer, approver")
	if p, err := h.Person(ctx, "bert"); err != nil || p.Good() || p.HasTOTP || !p.LastSeen.IsZero() || !p.May(access.PublishCodes) || p.May(access.EditCodes) {
		t.Errorf("%+v, %v", p, err)
	}
	again, err := h.Reset(ctx, "ann", "bert") // the invitation was lost
	if err != nil || again.Kind != access.LinkInvite {
		t.Fatalf("%+v, %v", again, err)
	}
	_, err = h.Redeem(ctx, l.Text, "", password, near)
	want(t, err, access.ErrLink)
	if p, err := h.Redeem(ctx, again.Text, "carol", password, near); err != nil || p.Name != "bert" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = h.SignIn(ctx, "bert", password, "", near)
	want(t, err, nil)

	want(t, h.SetRoles(ctx, "ann", "bert", []access.Role{access.RoleOperator}), nil)
	h.last(t, "ann person.roles bert: roles operator; before viewer, approver")
	want(t, h.SetRoles(ctx, "ann", "bert", []access.Role{access.RoleOperator}), nil) // no change, no entry
	want(t, h.SetRoles(ctx, "ann", "bert", nil), access.ErrRoles)
	want(t, h.SetRoles(ctx, "ann", "nobody", viewer), access.ErrNoPerson)
	want(t, h.SetRoles(ctx, "ann", "no body", viewer), access.ErrNoPerson)
	for name, oneself := range map[string]func() error{
		"roles":   func() error { return h.SetRoles(ctx, "ann", "ann", access.PersonRoles()) },
		"disable": func() error { return h.Disable(ctx, "ann", "ann") },
		"enable":  func() error { return h.Enable(ctx, "ann", "ann") },
		"reset":   func() error { _, err := h.Reset(ctx, "ann", "ann"); return err },
	} {
		if err := oneself(); !errors.Is(err, access.ErrOneself) {
			t.Errorf("%s: %v", name, err)
		}
	}
	want(t, h.Disable(ctx, "the-admin", "ann"), access.ErrLastAdmin)
	want(t, h.SetRoles(ctx, "the-admin", "ann", viewer), access.ErrLastAdmin)

	// A way back in for the last one, by who may open the file.
	if l, err = h.Reset(ctx, "svcgate:command", "ann"); err != nil || l.Kind != access.LinkReset || !l.Expires.Equal(h.at.Add(access.ResetTime)) {
		t.Fatalf("%+v, %v", l, err)
	}
	_, err = h.SignIn(ctx, "ann", password, "", near)
	want(t, err, access.ErrWrong)
	_, err = h.Redeem(ctx, l.Text, "", other, near)
	want(t, err, nil)
	_, err = h.SignIn(ctx, "ann", other, "", near)
	want(t, err, nil)

	want(t, h.Disable(ctx, "ann", "bert"), nil)
	h.last(t, "ann person.disable bert:")
	_, err = h.Reset(ctx, "ann", "bert")
	want(t, err, access.ErrDisabled)
	want(t, h.Enable(ctx, "ann", "bert"), nil)
	h.last(t, "ann person.enable bert:")
	_, err = h.SignIn(ctx, "bert", password, "", near)
	want(t, err, nil)
	_, err = h.EndSessions(ctx, "ann", "nobody", "")
	want(t, err, access.ErrNoPerson)
	if _, err := h.store.Verify(ctx, nil); err != nil {
		t.Error(err)
	}
}

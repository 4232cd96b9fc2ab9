package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// people is a database whose clock the test moves.
type people struct {
	Database
	now time.Time
}

func newPeople(t *testing.T, open Open) *people {
	t.Helper()
	p := &people{now: start}
	p.Database = open(t, t.TempDir(), func() time.Time { return p.now })
	t.Cleanup(func() {
		if _, err := p.Verify(context.Background(), nil); err != nil {
			t.Errorf("verifying: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return p
}

// add adds a person with a password.
func (p *people) add(t *testing.T, name string, roles ...access.Role) {
	t.Helper()
	person := access.Person{Name: name, FullName: "Some Body", Roles: roles, Created: p.now}
	if err := p.AddPerson(t.Context(), person, access.HashToken(name), access.Link{Kind: access.LinkInvite, Person: name, By: "jo", Expires: p.now.Add(time.Hour)}, entry("add")); err != nil {
		t.Fatal(err)
	}
	if err := p.TakeLink(t.Context(), access.HashToken(name), p.password("hash of "+name)); err != nil {
		t.Fatal(err)
	}
}

func (p *people) password(hash string) func(*access.Account) (access.Entry, error) {
	return func(a *access.Account) (access.Entry, error) {
		a.Hash, a.PasswordSet = hash, p.now
		return entry("password"), nil
	}
}

func entry(action string) access.Entry { return access.Entry{Actor: "jo", Action: "person." + action} }

func silent(edit func(*access.Account)) func(*access.Account) (access.Entry, error) {
	return func(a *access.Account) (access.Entry, error) {
		edit(a)
		return access.Entry{}, nil
	}
}

func wantRefusal(t *testing.T, err, want error, code svcgate.Code) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
		return
	}
	wantCode(t, err, code)
}

func testPeople(t *testing.T, open Open) {
	ctx := context.Background()
	db := newPeople(t, open)
	if got, err := db.People(ctx); err != nil || len(got) != 0 {
		t.Fatalf("somebody is there to begin with: %v, %v", got, err)
	}
	_, err := db.PersonAccount(ctx, "ann")
	wantRefusal(t, err, access.ErrNoPerson, svcgate.CodeNotFound)
	db.add(t, "ann", access.RoleSecurityAdmin)
	db.add(t, "bert", access.RoleViewer, access.RoleApprover)
	want := access.Account{Hash: "hash of bert"}
	want.Person = access.Person{Name: "bert", FullName: "Some Body", Roles: []access.Role{access.RoleViewer, access.RoleApprover}, Created: start, PasswordSet: start}
	if got, err := db.PersonAccount(ctx, "bert"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	full := func(a *access.Account) {
		a.Secret, a.Pending, a.Used, a.LastSeen, a.HasTOTP = []byte{1}, []byte{2}, 7, start.Add(time.Second), true
		a.Name, a.Created = "carol", start.Add(time.Hour) // cannot be changed
	}
	if err := db.ChangePerson(ctx, "bert", silent(full)); err != nil {
		t.Fatal(err)
	}
	want.Secret, want.Pending, want.Used, want.LastSeen, want.HasTOTP = []byte{1}, []byte{2}, 7, start.Add(time.Second), true
	if got, err := db.PersonAccount(ctx, "bert"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := db.People(ctx); err != nil || len(got) != 2 || got[0].Name != "ann" || !reflect.DeepEqual(got[1], want.Person) {
		t.Errorf("people are %+v, %v", got, err)
	}
	n, err := db.ResealPeople(ctx, func(row string, sealed []byte) ([]byte, error) { return append([]byte(row), sealed...), nil })
	if got, _ := db.PersonAccount(ctx, "bert"); err != nil || n != 2 || string(got.Secret) != "totp:bert\x01" || string(got.Pending) != "totp:bert\x02" {
		t.Errorf("sealed %d anew, %v: %+v", n, err, got)
	}

	t.Run("an edit that fails changes nothing", func(t *testing.T) {
		before, _ := db.PersonAccount(ctx, "bert")
		sorry := errors.New("sorry")
		err := db.ChangePerson(ctx, "bert", func(a *access.Account) (access.Entry, error) {
			a.Hash, a.Roles[0] = "other", access.RoleSecurityAdmin
			return entry("x"), sorry
		})
		if !errors.Is(err, sorry) {
			t.Errorf("%v", err)
		}
		for name, edit := range map[string]func(*access.Account) (access.Entry, error){
			"no role":        silent(func(a *access.Account) { a.Roles = nil }),
			"role of tokens": silent(func(a *access.Account) { a.Roles = []access.Role{access.RoleAdmin} }),
			"two lines":      silent(func(a *access.Account) { a.FullName = "a\nb" }),
			"bad entry":      func(a *access.Account) (access.Entry, error) { a.Hash = "x"; return access.Entry{Action: "x"}, nil },
		} {
			if err := db.ChangePerson(ctx, "bert", edit); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		if after, _ := db.PersonAccount(ctx, "bert"); !reflect.DeepEqual(after, before) {
			t.Errorf("%+v became %+v", before, after)
		}
		wantRefusal(t, db.ChangePerson(ctx, "nobody", silent(func(*access.Account) {})), access.ErrNoPerson, svcgate.CodeNotFound)
	})
	t.Run("names are given once", func(t *testing.T) {
		link := access.Link{Kind: access.LinkInvite, Person: "carol", By: "jo", Expires: start.Add(time.Hour)}
		if err := db.PutToken(ctx, access.Token{Name: "Carol", Role: access.RoleOMS, Created: start}, access.HashToken("t")); err != nil {
			t.Fatal(err)
		}
		viewer := []access.Role{access.RoleViewer}
		wantRefusal(t, db.AddPerson(ctx, access.Person{Name: "carol", Roles: viewer}, access.HashToken("c"), link, entry("add")), access.ErrNameTaken, svcgate.CodeConflict)
		wantRefusal(t, db.AddPerson(ctx, access.Person{Name: "bert", Roles: viewer}, access.HashToken("c"), link, entry("add")), access.ErrNameTaken, svcgate.CodeConflict)
		wantCode(t, db.PutToken(ctx, access.Token{Name: "BERT", Role: access.RoleOMS, Created: start}, access.HashToken("u")), svcgate.CodeConflict)
		_, err := db.Link(ctx, access.HashToken("c"))
		wantRefusal(t, err, access.ErrLink, svcgate.CodeNotFound)
	})
	t.Run("one security-admin stays", func(t *testing.T) {
		disable := silent(func(a *access.Account) { a.Disabled = start })
		wantRefusal(t, db.ChangePerson(ctx, "ann", disable), access.ErrLastAdmin, svcgate.CodeConflict)
		demote := silent(func(a *access.Account) { a.Roles = []access.Role{access.RoleViewer} })
		wantRefusal(t, db.ChangePerson(ctx, "ann", demote), access.ErrLastAdmin, svcgate.CodeConflict)
		// One who was invited and never came is no other.
		link := access.Link{Kind: access.LinkInvite, Person: "dora", By: "jo", Expires: start.Add(time.Hour)}
		if err := db.AddPerson(ctx, access.Person{Name: "dora", Roles: []access.Role{access.RoleSecurityAdmin}, Created: start}, access.HashToken("d"), link, entry("add")); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, db.ChangePerson(ctx, "ann", disable), access.ErrLastAdmin, svcgate.CodeConflict)
		if err := db.TakeLink(ctx, access.HashToken("d"), db.password("d")); err != nil {
			t.Fatal(err)
		}
		if err := db.ChangePerson(ctx, "ann", disable); err != nil {
			t.Error(err)
		}
		wantRefusal(t, db.ChangePerson(ctx, "dora", demote), access.ErrLastAdmin, svcgate.CodeConflict)
	})
	t.Run("each change has its entry", func(t *testing.T) {
		entries, _, err := db.AuditTrail(ctx, access.EntryFilter{})
		actions := ""
		for _, e := range entries {
			actions = e.Action + " " + actions
		}
		if want := "person.add person.password person.add person.password person.add person.password "; err != nil || actions != want {
			t.Errorf("audited %q, %v, want %q", actions, err, want)
		}
	})
}

func testLinks(t *testing.T, open Open) {
	ctx := context.Background()
	db := newPeople(t, open)
	bootstrap := func(text string) error {
		return db.PutLink(ctx, access.HashToken(text), access.Link{Kind: access.LinkBootstrap, By: "jo", Expires: db.now.Add(time.Minute)},
			func(*access.Account) (access.Entry, error) { return entry("bootstrap"), nil })
	}
	first := func(a *access.Account) (access.Entry, error) {
		a.Name, a.Roles, a.Created = "ann", []access.Role{access.RoleSecurityAdmin}, db.now
		return db.password("x")(a)
	}
	for _, text := range []string{"one", "two"} {
		if err := bootstrap(text); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"replaced": "one", "unknown": "three"} {
		wantRefusal(t, db.TakeLink(ctx, access.HashToken(text), first), access.ErrLink, svcgate.CodeNotFound)
		_, err := db.Link(ctx, access.HashToken(text))
		wantRefusal(t, err, access.ErrLink, svcgate.CodeNotFound)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	db.now = db.now.Add(time.Minute)
	wantRefusal(t, db.TakeLink(ctx, access.HashToken("two"), first), access.ErrLink, svcgate.CodeNotFound)
	if err := bootstrap("four"); err != nil {
		t.Fatal(err)
	}
	sorry := errors.New("sorry")
	if err := db.TakeLink(ctx, access.HashToken("four"), func(*access.Account) (access.Entry, error) { return access.Entry{}, sorry }); !errors.Is(err, sorry) {
		t.Errorf("%v", err)
	}
	want := access.Link{Kind: access.LinkBootstrap, By: "jo", Expires: db.now.Add(time.Minute)}
	if got, err := db.Link(ctx, access.HashToken("four")); err != nil || got != want {
		t.Errorf("a failed edit used the link up: %+v, %v", got, err)
	}
	if err := db.TakeLink(ctx, access.HashToken("four"), first); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, db.TakeLink(ctx, access.HashToken("four"), first), access.ErrLink, svcgate.CodeNotFound)
	wantRefusal(t, bootstrap("five"), access.ErrNotFirst, svcgate.CodeConflict)

	reset := access.Link{Kind: access.LinkReset, Person: "ann", By: "jo", Expires: db.now.Add(time.Minute)}
	take := func(a *access.Account) (access.Entry, error) {
		a.Hash, a.PasswordSet = "", time.Time{}
		return entry("reset"), nil
	}
	if err := db.PutLink(ctx, access.HashToken("six"), reset, take); err != nil {
		t.Fatal(err)
	}
	if got, _ := db.PersonAccount(ctx, "ann"); got.Good() {
		t.Error("a person who was reset may sign in")
	}
	db.add(t, "bert", access.RoleSecurityAdmin)
	if err := db.ChangePerson(ctx, "ann", silent(func(a *access.Account) { a.Disabled = db.now })); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, db.TakeLink(ctx, access.HashToken("six"), db.password("y")), access.ErrLink, svcgate.CodeNotFound)
	reset.Person = "nobody"
	wantRefusal(t, db.PutLink(ctx, access.HashToken("seven"), reset, take), access.ErrNoPerson, svcgate.CodeNotFound)
}

func testFailures(t *testing.T, open Open) {
	ctx := context.Background()
	db := newPeople(t, open)
	var seen access.Failures
	change := func(key string, to access.Failures) {
		t.Helper()
		if err := db.ChangeFailures(ctx, access.HashToken(key), func(f *access.Failures) error {
			seen, *f = *f, to
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	one := access.Failures{Count: 5, Last: start, Until: start.Add(time.Minute)}
	change("ann", one)
	change("bert", access.Failures{Count: 1, Last: start})
	sorry := errors.New("sorry")
	if err := db.ChangeFailures(ctx, access.HashToken("ann"), func(f *access.Failures) error { f.Count = 9; return sorry }); !errors.Is(err, sorry) {
		t.Errorf("%v", err)
	}
	if change("ann", access.Failures{}); seen != one {
		t.Errorf("got %+v, want %+v", seen, one)
	}
	if change("ann", access.Failures{Count: 1, Last: start.Add(access.ForgetAfter)}); seen != (access.Failures{}) {
		t.Errorf("a count of zero was kept: %+v", seen)
	}
	if change("bert", access.Failures{}); seen != (access.Failures{}) {
		t.Errorf("old failures were kept: %+v", seen)
	}
}

func testSessions(t *testing.T, open Open) {
	ctx := context.Background()
	db := newPeople(t, open)
	db.add(t, "ann", access.RoleViewer)
	sessions := db.SessionStore()
	commit := func(token, person string) {
		t.Helper()
		values := map[string]any{"other": int64(1)}
		if person != "" {
			values[access.SessionPerson], values[access.SessionFrom] = person, "192.0.2.7"
		}
		data, err := scs.GobCodec{}.Encode(db.now.Add(time.Hour), values)
		if err != nil {
			t.Fatal(err)
		}
		if err := sessions.CommitCtx(ctx, token, data, db.now.Add(15*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	good := func(tokens ...string) (found []string) {
		t.Helper()
		for _, token := range tokens {
			if _, ok, err := sessions.FindCtx(ctx, token); err != nil {
				t.Fatal(err)
			} else if ok {
				found = append(found, token)
			}
		}
		return found
	}
	want := func(what string, got []string, want ...string) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	for _, token := range []string{"a", "b", "c", "d"} {
		commit(token, "ann")
	}
	commit("nameless", "")
	commit("stranger", "nobody")
	want("three and no more", good("a", "b", "c", "d", "nameless", "stranger", "none"), "b", "c", "d", "nameless")
	commit("a", "ann") // a request that was under way
	want("an ended session stays ended", good("a", "b"), "b")
	if err := sessions.DeleteCtx(ctx, "c"); err != nil {
		t.Fatal(err)
	}
	if err := sessions.Delete("none"); err != nil {
		t.Error(err)
	}
	list, err := db.Sessions(ctx, "ann")
	if err != nil || len(list) != 2 || list[0].ID == list[1].ID || list[0].Person != "ann" || list[0].From != "192.0.2.7" ||
		!list[0].Started.Equal(start) || !list[0].Expires.Equal(start.Add(15*time.Minute)) {
		t.Fatalf("sessions are %+v, %v", list, err)
	}
	if n, err := db.EndSessions(ctx, "ann", list[0].ID, entry("end")); err != nil || n != 1 {
		t.Errorf("ended %d, %v", n, err)
	}
	want("one was ended", good("b", "d"), "b")
	db.now = db.now.Add(10 * time.Minute)
	commit("b", "ann")
	db.now = db.now.Add(10 * time.Minute)
	want("kept alive", good("b", "nameless"), "b")
	db.now = db.now.Add(5 * time.Minute)
	want("expired", good("b"))

	for name, edit := range map[string]func(*access.Account){
		"roles":         func(a *access.Account) { a.Roles = []access.Role{access.RoleOperator} },
		"password":      func(a *access.Account) { a.Hash = "other" },
		"second factor": func(a *access.Account) { a.Secret = []byte("s") },
		"disabled":      func(a *access.Account) { a.Disabled = db.now },
	} {
		t.Run("ended by "+name, func(t *testing.T) {
			if err := db.ChangePerson(ctx, "ann", silent(func(a *access.Account) { a.Disabled = time.Time{} })); err != nil {
				t.Fatal(err)
			}
			commit("before "+name, "ann")
			if err := db.ChangePerson(ctx, "ann", silent(func(a *access.Account) { a.LastSeen, a.Used, a.Pending = db.now, a.Used+1, []byte{1} })); err != nil {
				t.Fatal(err)
			}
			want("a sign-in ends nothing", good("before "+name), "before "+name)
			if err := db.ChangePerson(ctx, "ann", silent(edit)); err != nil {
				t.Fatal(err)
			}
			commit("before "+name, "ann")
			want("after", good("before "+name))
		})
	}
	if err := db.ChangePerson(ctx, "ann", silent(func(a *access.Account) { a.Disabled = db.now })); err != nil {
		t.Fatal(err)
	}
	commit("after all", "ann")
	want("nobody disabled comes in", good("after all"))
	if err := sessions.Commit("x", []byte("no gob"), db.now); err == nil {
		t.Error("a session that cannot be read was kept")
	}
}

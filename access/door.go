package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// ErrWrong is the one answer to a sign-in that does not prove who it is, whatever of it was wrong: a name that nobody
// has, the password, the code, a code used before, or a person who is disabled.
var ErrWrong = errors.New("name, password or code is wrong")

// doorName is the actor of entries about names that nobody has.
const doorName = "svcgate:door"

// DoorConfig is what a Door works with. Store must be set.
type DoorConfig struct {
	Store  PeopleStore
	Sealer Sealer           // nil: no second factor can be set up, and who has one cannot sign in
	Issuer string           // shown by apps beside the code; "": svcgate
	Now    func() time.Time // nil: time.Now
	Tried  func(Tried)      // told how each try to prove who somebody is ended; nil: nobody counts
}

// Tried is how a try to prove who somebody is ended.
type Tried string

// The ends of tries.
const (
	TriedWell      Tried = "ok"
	TriedWrong     Tried = "wrong"
	TriedThrottled Tried = "throttled" // too much was wrong before: it was not looked at
	TriedBroken    Tried = "error"     // of ours
)

// Door is where people prove who they are, and where who keeps people lets them in and shows them out. Every passage,
// good or not, and every change has its entry in the audit trail.
type Door struct {
	store  PeopleStore
	sealer Sealer
	issuer string
	now    func() time.Time
	tried  func(Tried)
	from   addresses
	hashes chan struct{} // one taken for each hash under way
}

// NewDoor makes a door.
func NewDoor(c DoorConfig) *Door {
	if c.Issuer == "" {
		c.Issuer = "svcgate"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Tried == nil {
		c.Tried = func(Tried) {}
	}
	return &Door{store: c.Store, sealer: c.Sealer, issuer: c.Issuer, now: c.Now, tried: c.Tried,
		from: addresses{limiters: map[string]*rate.Limiter{}}, hashes: make(chan struct{}, hashesAtOnce)}
}

// SignIn proves who somebody is by name, password and, for who has a second factor, its code of now, which is good once.
// from is the address they come from. What is not right is ErrWrong, and a *ThrottledError when too much was not right
// before; both take the same words and time for names that nobody has. Other errors are failures of ours.
func (d *Door) SignIn(ctx context.Context, name, password, code, from string) (Person, error) {
	return d.prove(ctx, try{clean(name), password, code, from, "person.sign_in"})
}

// Confirm proves again that it is who signed in, before what matters most. Errors are those of SignIn.
func (d *Door) Confirm(ctx context.Context, name, password, code, from string) error {
	_, err := d.prove(ctx, try{clean(name), password, code, from, "person.confirm"})
	return err
}

// SignOut records that somebody left; their session is the caller's to end.
func (d *Door) SignOut(ctx context.Context, name, from string) error {
	shown, _ := source(from)
	return d.store.Audit(ctx, Entry{Actor: name, Action: "person.sign_out", Subject: name, Detail: "from " + shown})
}

// SetPassword changes a person's own password, who gives the one they have and, with a second factor, a code. Their
// sessions end. Errors are those of SignIn and CheckPassword.
func (d *Door) SetPassword(ctx context.Context, name, password, code, chosen, from string) error {
	name = clean(name)
	if err := CheckPassword(name, chosen); err != nil {
		return err
	}
	if err := d.Confirm(ctx, name, password, code, from); err != nil {
		return err
	}
	hash, err := d.hash(ctx, chosen)
	if err != nil {
		return err
	}
	shown, _ := source(from)
	return d.store.ChangePerson(ctx, name, func(a *Account) (Entry, error) {
		a.Hash, a.PasswordSet, a.Pending = hash, d.now().UTC(), nil
		return Entry{Actor: name, Action: "person.password", Subject: name, Detail: "from " + shown}, nil
	})
}

// clean takes away what a keyboard adds to a name.
func clean(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// try is one attempt to prove who somebody is.
type try struct{ name, password, code, from, action string }

// Why a try failed, for the audit trail only.
var (
	errUnknown  = errors.New("the name is not known")
	errDisabled = errors.New("the person is disabled")
	errInvited  = errors.New("no password is set")
	errPassword = errors.New("wrong password")
	errCode     = errors.New("wrong code")
	errUsed     = errors.New("the code was used before")
	errChanged  = errors.New("the account was changed meanwhile")
)

func (d *Door) prove(ctx context.Context, t try) (Person, error) {
	p, err := d.proved(ctx, t)
	ended := TriedBroken
	if _, throttled := errors.AsType[*ThrottledError](err); throttled {
		ended = TriedThrottled
	} else if errors.Is(err, ErrWrong) {
		ended = TriedWrong
	} else if err == nil {
		ended = TriedWell
	}
	d.tried(ended)
	return p, err
}

func (d *Door) proved(ctx context.Context, t try) (Person, error) {
	shown, limited := source(t.from)
	count, err := d.throttle(ctx, t.name, limited, d.now())
	if err != nil {
		return Person{}, err
	}
	p, err := d.check(ctx, t, shown)
	if err == nil {
		return p, d.forgive(ctx, t.name)
	}
	for _, why := range []error{errUnknown, errDisabled, errInvited, errPassword, errCode, errUsed, errChanged} {
		if errors.Is(err, why) {
			return Person{}, d.failed(ctx, t, shown, why, count)
		}
	}
	return Person{}, err
}

// check returns one of the reasons for a try that fails, and another error when it cannot tell.
func (d *Door) check(ctx context.Context, t try, shown string) (Person, error) {
	a, err := d.account(ctx, t.name)
	known := !errors.Is(err, ErrNoPerson)
	if err != nil && known {
		return Person{}, err
	}
	hash := a.Hash
	if hash == "" {
		hash = nobody
	}
	same, err := d.matches(ctx, t.password, hash)
	switch {
	case err != nil:
		return Person{}, err
	case !known:
		return Person{}, errUnknown
	case !a.Disabled.IsZero():
		return Person{}, errDisabled
	case a.Hash == "":
		return Person{}, errInvited
	case !same:
		return Person{}, errPassword
	}
	number := a.Used
	if a.HasTOTP {
		var ok bool
		if number, ok, err = d.codeNumber(a.Name, a.Secret, t.code); err != nil {
			return Person{}, err
		} else if !ok {
			return Person{}, errCode
		}
	}
	var p Person
	err = d.store.ChangePerson(ctx, t.name, func(now *Account) (Entry, error) {
		switch {
		case now.Hash != a.Hash || now.HasTOTP != a.HasTOTP || !now.Disabled.IsZero():
			return Entry{}, errChanged
		case now.HasTOTP && number <= now.Used:
			return Entry{}, errUsed
		}
		now.Used, now.Pending, now.LastSeen = number, nil, d.now().UTC()
		p = now.Person
		return Entry{Actor: t.name, Action: t.action, Subject: t.name, Detail: "from " + shown}, nil
	})
	return p, err
}

// account does not ask the store for what cannot be a name.
func (d *Door) account(ctx context.Context, name string) (Account, error) {
	if !personName.MatchString(name) {
		return Account{}, ErrNoPerson
	}
	return d.store.PersonAccount(ctx, name)
}

// failed records a try that failed. What nobody has as a name is not written down: it may be a password.
func (d *Door) failed(ctx context.Context, t try, shown string, why error, count int) error {
	e := Entry{Actor: t.name, Action: t.action + ".failed", Subject: t.name, Detail: fmt.Sprintf("from %s: %v", shown, why)}
	if errors.Is(why, errUnknown) {
		e.Actor, e.Subject = doorName, ""
	}
	if err := d.store.Audit(ctx, e); err != nil {
		return err
	}
	if count >= lockAt {
		e.Action, e.Detail = "person.lock", fmt.Sprintf("from %s: %d tries failed, locked for %d minutes", shown, count, int(lockTime.Minutes()))
		if err := d.store.Audit(ctx, e); err != nil {
			return err
		}
	}
	return ErrWrong
}

package access

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxFullName is the longest full name of a person, in bytes.
const MaxFullName = 128

var personName = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,63}$`)

// Errors about people. None holds what was given.
var (
	ErrNoPerson   = errors.New("there is no person of this name")
	ErrPersonName = fmt.Errorf("a person's name is a small letter and then small letters, digits, dots, underscores or dashes, at most %d in all, without a run of ten digits", MaxTokenName)
	ErrFullName   = fmt.Errorf("a full name is one line of at most %d bytes, without a run of ten digits", MaxFullName)
	ErrRoles      = fmt.Errorf("a person has one or more roles, each once; the roles of people are %s", list(PersonRoles()))
	ErrNameTaken  = errors.New("this name was given to a person or a token before; names are never given twice")
	ErrOneself    = errors.New("nobody changes their own rights; ask another person who keeps people")
	ErrLastAdmin  = errors.New("this is the last security-admin who can sign in; make another one first")
	ErrLink       = errors.New("this link is not good: it was used, replaced or is too old")
	ErrDisabled   = errors.New("this person is disabled; enable them first")
	ErrNotFirst   = errors.New("there are people already; somebody who keeps people sends an invitation")
)

// Person is somebody who signs in at the console.
type Person struct {
	Name        string // unique for ever, also beside the names of tokens: the audit trail names people by it
	FullName    string
	Roles       []Role    // in the order of PersonRoles
	Created     time.Time // our clock, as all of these
	Disabled    time.Time // zero while the person may sign in
	PasswordSet time.Time // zero until an invitation was taken up, and after a reset
	LastSeen    time.Time // last sign-in; zero before the first
	HasTOTP     bool      // a second factor is set up
}

// Good reports whether the person may sign in.
func (p Person) Good() bool { return p.Disabled.IsZero() && !p.PasswordSet.IsZero() }

// May reports whether one of the person's roles has the permission. Somebody who is disabled may do nothing.
func (p Person) May(permission Permission) bool {
	return p.Disabled.IsZero() && slices.ContainsFunc(p.Roles, func(r Role) bool { return r.May(permission) })
}

// Has reports whether the person has the role.
func (p Person) Has(r Role) bool { return slices.Contains(p.Roles, r) }

// Validate checks name, full name and roles of a person who may be there already.
func (p Person) Validate() error {
	switch {
	case !personName.MatchString(p.Name):
		return ErrPersonName
	case len(p.FullName) > MaxFullName, !utf8.ValidString(p.FullName), strings.ContainsFunc(p.FullName, unicode.IsControl):
		return ErrFullName
	}
	return CheckRoles(p.Roles)
}

// ValidateNew checks a person who is to be made. Names stay for ever, so they take no card number in by mistake.
func (p Person) ValidateNew() error {
	switch {
	case digitRun.MatchString(p.Name):
		return ErrPersonName
	case digitRun.MatchString(p.FullName):
		return ErrFullName
	}
	return p.Validate()
}

// digitRun is as long as the shortest card number, whatever separates the digits.
var digitRun = regexp.MustCompile(`[0-9](?:[ ._:/-]*[0-9]){9,}`)

// CheckRoles refuses with ErrRoles what a person cannot have: no role, one that is not of people, one twice.
func CheckRoles(roles []Role) error {
	if sorted := sortRoles(roles); len(roles) == 0 || len(sorted) != len(roles) {
		return ErrRoles
	}
	return nil
}

// sortRoles returns the roles of people among those given, once each.
func sortRoles(roles []Role) []Role {
	return slices.DeleteFunc(PersonRoles(), func(r Role) bool { return !slices.Contains(roles, r) })
}

// Account is all that is kept of a person.
type Account struct {
	Person
	Hash    string // of the password; "" while there is none
	Secret  []byte // of the second factor, sealed; nil for none
	Pending []byte // as Secret, until its first code was given
	Used    int64  // number of the last code that was taken
}

// LinkKind is what a one-time link is for.
type LinkKind string

// The kinds of links.
const (
	LinkBootstrap LinkKind = "bootstrap" // makes the first person, with a name of their choice
	LinkInvite    LinkKind = "invite"    // lets a new person choose a password
	LinkReset     LinkKind = "reset"     // lets a person choose a new password
)

// How long links are good.
const (
	BootstrapTime = 15 * time.Minute
	InviteTime    = 24 * time.Hour
	ResetTime     = time.Hour
)

// LinkPath is where the console takes up links: below it stands the link's text.
const LinkPath = "/console/welcome/"

// Link is a one-time link. Of its text only the hash is kept.
type Link struct {
	Kind    LinkKind
	Person  string // who takes it up; "" for LinkBootstrap
	By      string // who made it
	Expires time.Time
	Text    string // only of one that was made just now, once
}

// Path returns where the link leads to, below the address of the console's server.
func (l Link) Path() string { return LinkPath + l.Text }

// Failures counts the failed sign-ins of a name, also of one that nobody has.
type Failures struct {
	Count int
	Last  time.Time
	Until time.Time // no try is taken before; zero for none
}

// PeopleStore keeps people, one-time links and failed sign-ins. Each change is atomic, and so is the audit entry that it
// comes with: both are kept or neither. An entry without action is none; one without instant is of now. An edit may
// run more than once, each time on what is kept, and nothing is changed when it returns an error, which is returned.
type PeopleStore interface {
	// PersonAccount returns what is kept of a person; ErrNoPerson when there is none of the name.
	PersonAccount(ctx context.Context, name string) (Account, error)
	// People returns all people, the disabled too, ordered by name.
	People(ctx context.Context) ([]Person, error)
	// AddPerson keeps a new person and the link by which they choose a password; ErrNameTaken when a person or token
	// has or had the name.
	AddPerson(ctx context.Context, p Person, hash string, l Link, e Entry) error
	// ChangePerson edits what is kept of a person. Sessions end when roles, password or second factor changed or the
	// person was disabled. ErrLastAdmin when no security-admin could sign in any more.
	ChangePerson(ctx context.Context, name string, edit func(*Account) (Entry, error)) error
	// PutLink keeps a link, takes away the earlier ones of the same person and edits that person. A bootstrap link is
	// refused with ErrNotFirst when there are people; its edit gets an empty account that goes nowhere.
	PutLink(ctx context.Context, hash string, l Link, edit func(*Account) (Entry, error)) error
	// Link returns the good link whose text has the hash; ErrLink when there is none.
	Link(ctx context.Context, hash string) (Link, error)
	// TakeLink takes up a good link, once: it edits the link's person, or makes one of the empty account for a
	// bootstrap link. ErrLink when there is none, ErrNotFirst and ErrNameTaken as above.
	TakeLink(ctx context.Context, hash string, edit func(*Account) (Entry, error)) error
	// Sessions returns a person's sessions, the last begun first.
	Sessions(ctx context.Context, person string) ([]Session, error)
	// EndSessions ends a person's session of the id, or all for "", and returns how many; none needs no entry.
	EndSessions(ctx context.Context, person, id string, e Entry) (int, error)
	// ChangeFailures edits the failures of a key; a count of zero is forgotten.
	ChangeFailures(ctx context.Context, key string, edit func(*Failures) error) error
	// Audit adds an entry to the audit trail.
	Audit(ctx context.Context, e Entry) error
}

// Session is one sign-in of a person that has not ended.
type Session struct {
	ID      string // names it; nothing can be opened with it
	Person  string
	From    string // address it was begun from; "" when not known
	Started time.Time
	Expires time.Time
}

// Names of what a session keeps, by which the store knows whose it is.
const (
	SessionPerson = "person" // the person's name, a string; missing before sign-in
	SessionFrom   = "from"   // the address, a string
)

// MaxSessions is how many sessions a person has at once; a further one ends the oldest.
const MaxSessions = 3

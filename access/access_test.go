package access_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/access"
)

// golden is the permission table as people read it; a change of rights is a change of this text.
const golden = `
                   oms tester viewer operator code-editor approver security-admin admin
transact           yes yes    -      -        -           -        -              -
inquire            yes yes    -      yes      -           -        -              yes
transactions.read  yes yes    yes    yes      yes         yes      -              yes
exchanges.read     -   yes    yes    yes      yes         yes      -              yes
codes.read         -   yes    yes    yes      yes         yes      -              yes
codes.edit         -   -      -      -        yes         -        -              yes
codes.publish      -   -      -      -        -           yes      -              yes
reports.read       -   -      yes    yes      yes         yes      -              yes
tokens.manage      -   -      -      -        -           -        yes            yes
people.manage      -   -      -      -        -           -        yes            yes
settle             -   -      -      yes      -           -        -              -
audit.read         -   -      -      -        -           -        yes            yes
`

func TestTable(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(golden), "\n")
	var roles []access.Role
	for _, name := range strings.Fields(lines[0]) {
		role, err := access.ParseRole(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		roles = append(roles, role)
	}
	if fmt.Sprint(roles) != fmt.Sprint(access.Roles()) {
		t.Errorf("the roles are %v, want %v", access.Roles(), roles)
	}
	var permissions []access.Permission
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		p := access.Permission(cells[0])
		permissions = append(permissions, p)
		for i, role := range roles {
			if want := cells[i+1] == "yes"; role.May(p) != want {
				t.Errorf("%s may %s: %v, want %v", role, p, !want, want)
			}
		}
	}
	if fmt.Sprint(permissions) != fmt.Sprint(access.Permissions()) {
		t.Errorf("the permissions are %v, want %v", access.Permissions(), permissions)
	}
}

func TestWhatIsNotListedMayNothing(t *testing.T) {
	t.Parallel()
	for _, role := range []access.Role{"", "root", "OMS", "oms ", "admin,oms"} {
		for _, p := range access.Permissions() {
			if role.May(p) {
				t.Errorf("role %q may %s", role, p)
			}
		}
		if got, err := access.ParseRole(string(role)); err == nil || got != "" {
			t.Errorf("ParseRole(%q) = %q, %v", role, got, err)
		}
	}
	for _, role := range access.Roles() {
		for _, p := range []access.Permission{"", "*", "Transact", "codes", "transactions.read "} {
			if role.May(p) {
				t.Errorf("%s may %q", role, p)
			}
		}
	}
	if _, err := access.ParseRole("6006491234560017"); strings.Contains(err.Error(), "6006") {
		t.Errorf("the error holds what was given: %v", err)
	}
}

func TestNewToken(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^svc_[a-z]{64}$`)
	seen := map[string]bool{}
	letters := map[rune]int{}
	for range 200 {
		text, hash := access.NewToken()
		if !form.MatchString(text) {
			t.Fatalf("the token %q has another form than %v", text, form)
		}
		if seen[text] || seen[hash] {
			t.Fatal("a token came twice")
		}
		seen[text], seen[hash] = true, true
		if hash != access.HashToken(text) || access.CheckHash(hash) != nil {
			t.Errorf("the hash %q is not the token's", hash)
		}
		for _, c := range text[len("svc_"):] {
			letters[c]++
		}
	}
	if len(letters) != 16 { // four bits a letter
		t.Errorf("%d letters are used, want 16: %v", len(letters), letters)
	}
}

func TestHashToken(t *testing.T) {
	t.Parallel()
	// SHA-256 of "abc", FIPS 180-2 appendix B.1.
	if got := access.HashToken("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("HashToken(abc) = %s", got)
	}
	good := access.HashToken("")
	for _, wrong := range []string{"", good[1:], good + "0", strings.ToUpper(good), strings.Repeat("g", 64), " " + good[1:], good + "\n"} {
		if err := access.CheckHash(wrong); !errors.Is(err, access.ErrHash) {
			t.Errorf("CheckHash(%q) = %v", wrong, err)
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "oms-live", "Jo.Doe_2", strings.Repeat("n", access.MaxTokenName)} {
		if err := (access.Token{Name: name, Role: access.RoleOMS}).Validate(); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", " ", "2nd", "a b", "-a", "a\n", "a/b", "é", "a\x00", strings.Repeat("n", access.MaxTokenName+1)} {
		if err := (access.Token{Name: name, Role: access.RoleOMS}).Validate(); !errors.Is(err, access.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"c6006491234560017", "c-6006.4912_3456-0017", "c1234567890"} {
		token := access.Token{Name: name, Role: access.RoleOMS}
		if err := token.ValidateNew(); !errors.Is(err, access.ErrName) {
			t.Errorf("%q is taken for a new token: %v", name, err)
		}
		if err := token.Validate(); err != nil {
			t.Errorf("a token that is there as %q cannot be read: %v", name, err)
		}
		person := access.Person{Name: name, FullName: name, Roles: []access.Role{access.RoleViewer}}
		if err := person.Validate(); err != nil {
			t.Errorf("a person who is there as %q cannot be read: %v", name, err)
		}
	}
	if err := (access.Token{Name: "till-2026-03-101", Role: access.RoleOMS}).ValidateNew(); err != nil {
		t.Errorf("nine digits: %v", err)
	}
	if err := (access.Token{Name: "a", Role: "root"}).Validate(); err == nil {
		t.Error("a role that is none was taken")
	}
	token := access.Token{Name: "a", Role: access.RoleOMS, Created: time.Now()}
	if !token.Good() {
		t.Error("a token is not good before it is revoked")
	}
	token.Revoked = time.Now()
	if token.Good() {
		t.Error("a revoked token is good")
	}
}

package access_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	for name, password := range map[string]string{
		"fifteen characters":   "vKwb rnLd ztGm.",
		"spaces at both ends":  "  plain boats drift  ",
		"three known words":    "monkeydragoncheese",
		"of other alphabets":   "груша на окне лежит",
		"longest":              strings.Repeat("xq-7kd!w", 16),
		"name among others":    "ann walks the muddy lane",
		"letters and nonsense": "f8#2!9@7$1%6^3&",
	} {
		if err := access.CheckPassword("ann", password); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		password string
		want     error
	}{
		"none":                  {"", access.ErrPasswordLength},
		"fourteen characters":   {"vKwb rnLd ztGm", access.ErrPasswordLength},
		"fourteen, many bytes":  {"груша на окне ", access.ErrPasswordLength},
		"too long":              {strings.Repeat("xq-7kd!w", 16) + "a", access.ErrPasswordLength},
		"no UTF-8":              {"vKwb rnLd ztGm.\xff", access.ErrPasswordLength},
		"one letter":            {strings.Repeat("q", 20), access.ErrPasswordWeak},
		"four letters":          {strings.Repeat("qxzk", 5), access.ErrPasswordWeak},
		"digits":                {"190283746556473829", access.ErrPasswordWeak},
		"signs":                 {"!@#$%^&*()_+!@#$%^", access.ErrPasswordWeak},
		"known, twice":          {"passwordpassword", access.ErrPasswordWeak},
		"known and digits":      {"Password2026!!!!", access.ErrPasswordWeak},
		"known, disguised":      {"P@$$w0rd-P@$$w0rd", access.ErrPasswordWeak},
		"two known":             {"monkey12dragon34", access.ErrPasswordWeak},
		"two known, repeated":   {"sunshine.dragon.sunshine", access.ErrPasswordWeak},
		"keyboard rows":         {"QWERTYUIOPasdfghjkl", access.ErrPasswordWeak},
		"alphabet":              {"abcdefghijklmnop", access.ErrPasswordWeak},
		"a comic's":             {"correct horse battery staple", access.ErrPasswordWeak},
		"a comic's, joined":     {"CorrectHorseBatteryStaple", access.ErrPasswordWeak},
		"the person":            {"ann-ann-ann-ann-ann-2026", access.ErrPasswordWeak},
		"the person and known":  {"ann.password.20261", access.ErrPasswordWeak},
		"the program":           {"svcgate-svcgate1", access.ErrPasswordWeak},
		"the program and known": {"svcgate-admin-2026", access.ErrPasswordWeak},
	} {
		err := access.CheckPassword("ann", c.password)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

package config_test

import (
	"strings"
	"testing"

	"github.com/svcgate/svcgate/config"
)

// Whatever the file holds, reading it ends, and every problem has a sentence and a place in the file.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", whole, rightOMS, string(config.Example()), "services: {}\n", "a: &x [*x]\n", "? [1]\n: 2\n", "- - -\n", "listen: !!binary x\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, problems := config.Parse("svcgate.yaml", []byte(text), nil)
		lines := 1
		for _, c := range text {
			if strings.ContainsRune("\n\r\u0085\u2028\u2029", c) { // what YAML takes for the end of a line
				lines++
			}
		}
		for _, p := range append(problems, c.Check()...) {
			if p.Text == "" || p.Line < 0 || p.Line > lines+1 || p.Line > 0 && p.Column < 1 {
				t.Errorf("problem without a place in %d lines: %+v", lines, p)
			}
		}
		c.Unjudged()
	})
}

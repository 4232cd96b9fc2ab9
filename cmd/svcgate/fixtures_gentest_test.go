package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A test that gen-test writes compiles and passes, and fails when the case is not what the codec makes of it.
func TestGeneratedTest(t *testing.T) {
	t.Parallel()
	c, corpus, err := findCase("deposit/rest-of-hold")
	if err != nil {
		t.Fatal(err)
	}
	text, err := genTest(c, corpus, "checkout_test")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"as it is": true, "changed": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := string(text)
			if !want {
				text = strings.Replace(text, "<CardSwiped>False</CardSwiped>", "<CardSwiped>False</CardSwiped><More/>", 1)
			}
			file := filepath.Join(t.TempDir(), "deposit_test.go")
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("go", "test", "-tags=sqlite_omit_load_extension", "-buildvcs=false", "-run", "TestDepositRestOfHold", file)
			output, err := cmd.CombinedOutput()
			if (err == nil) != want {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}

func TestGoText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\nb": "`a\nb`", "a`b": "\"a`b\"", "a\r\n": `"a\r\n"`, "a\x00": `"a\x00"`, "\ufeffa": `"\ufeffa"`, "\xff": `"\xff"`,
	} {
		if got := goText(text); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
	if got := goName("authorize/one-cent"); got != "AuthorizeOneCent" {
		t.Error(got)
	}
}

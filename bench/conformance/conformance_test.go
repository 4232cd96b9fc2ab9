package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/messages"
)

func TestDifferFindsWhatDiffers(t *testing.T) {
	t.Parallel()
	vocabulary := map[string]bool{"UserID": true, "Instrument/CardNumber": true, "Instrument/CardSwiped": true, "ErrorCode": true}
	ours := values{"UserID": "OMS", "Instrument/CardNumber": "1", "Instrument/CardSwiped": "False"}
	for name, c := range map[string]struct {
		theirs values
		want   string
	}{
		"the same":                {values{"UserID": "OMS", "Instrument/CardNumber": "1", "Instrument/CardSwiped": "False"}, ""},
		"swiped is not said":      {values{"UserID": "OMS", "Instrument/CardNumber": "1"}, ""},
		"something unknown":       {values{"UserID": "OMS", "Instrument/CardNumber": "1", "Extra": "x"}, ""},
		"another value":           {values{"UserID": "OMS", "Instrument/CardNumber": "2"}, "Instrument/CardNumber"},
		"a value that we lack":    {values{"UserID": "OMS", "Instrument/CardNumber": "1", "ErrorCode": "E"}, "ErrorCode"},
		"a value that they lack":  {values{"UserID": "OMS"}, "Instrument/CardNumber"},
		"prose that is not clean": {values{"UserID": "OMS", "Instrument/CardNumber": "1", "ErrorCode": "a\nb"}, ""},
		"swiped":                  {values{"UserID": "OMS", "Instrument/CardNumber": "1", "Instrument/CardSwiped": "True"}, "Instrument/CardSwiped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(differ(ours, c.theirs, vocabulary), " "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestValuesOf(t *testing.T) {
	t.Parallel()
	inside := &element{Local: "VoidResponse", Attributes: map[string]string{"ResponseCode": "OK", "{urn:x}ResponseCode": "no", "{" + messages.NamespaceIXRetail + "}Other": "1"},
		Children: []*element{{Local: "More", Children: []*element{{Local: "ErrorCode", Text: " E "}}}, {Local: "Empty"}}}
	header := &element{Local: "Header", Children: []*element{{Local: "VoidResponse", Children: []*element{{Local: "ErrorCode", Text: "no"}}}}}
	got := valuesOf(&element{Local: "Envelope", Children: []*element{header, {Local: "Body", Children: []*element{inside}}}}, true)
	if len(got) != 3 || got["@ResponseCode"] != "OK" || got["@Other"] != "1" || got["ErrorCode"] != "E" {
		t.Errorf("%v", got)
	}
}

func TestForPeers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<a>\x82</a>":   "<a>é</a>",
		"<a>é</a>":      "<a>é</a>",
		"<a>&#233;</a>": "<a>&#233;</a>",
		"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>": "<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>",
		"<?xml version='1.0' encoding='850'?><a>\x82</a>":        "<?xml version='1.0' encoding='cp850'?><a>\x82</a>",
		"<?xml version='1.0'?><a>\x82</a>":                       "<?xml version='1.0'?><a>é</a>",
	} {
		if got := string(forPeers([]byte(text))); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// The same seed gives the same mutations, and enough of them stay messages for the comparison to mean something.
func TestMutations(t *testing.T) {
	t.Parallel()
	cases, err := fixtures.Load(fixtures.Corpus)
	if err != nil {
		t.Fatal(err)
	}
	whole := messagesOf(cases)
	const count = 2000
	make2000 := func() (texts []string, taken int) {
		random := rand.New(rand.NewPCG(1, 0))
		for range count {
			m := whole[random.IntN(len(whole))]
			m.text = mutate(random, m.text)
			texts = append(texts, string(m.text))
			if refusal(m) == "" {
				taken++
			}
		}
		return texts, taken
	}
	first, taken := make2000()
	again, _ := make2000()
	if !slices.Equal(first, again) {
		t.Error("the same seed gives other mutations")
	}
	if taken < count/5 || taken > count*4/5 {
		t.Errorf("%d of %d mutations are taken", taken, count)
	}
}

func TestDoor(t *testing.T) {
	t.Parallel()
	door, err := newDoor()
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{`: "invalid_json", `{"order":[1,]}`: "invalid_json", `[]`: "invalid_json", `{}`: "invalid_service", `{"order":[1]}`: "invalid_order", `{"x":1}`: "unknown_field",
	} {
		if status, code := knock(t.Context(), door, body); status < 400 || status > 499 || code != want {
			t.Errorf("%s: %d %s, want %s", body, status, code, want)
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<a/>": messages.CodeNotAnAnswer, "<a>": messages.CodeMalformed, "<!DOCTYPE a><a/>": messages.CodeDoctype, "<?x y?><a/>": messages.CodePI,
	} {
		if got, _, err := verdict([]byte(text)); got != want || err != nil {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}

func TestReadArchive(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	zipped := gzip.NewWriter(&file)
	archive := tar.NewWriter(zipped)
	if err := archive.WriteHeader(&tar.Header{Name: "package/data/x.json", Typeflag: tar.TypeReg, Size: 2, Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Write([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{"good.tgz": file.Bytes(), "cut.tgz": file.Bytes()[:20], "none.tgz": []byte("hello")} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := readArchive(dir, "good.tgz"); err != nil || string(files["data/x.json"]) != "{}" {
		t.Errorf("%v, %v", files, err)
	}
	for _, name := range []string{"cut.tgz", "none.tgz", "missing.tgz"} {
		if _, err := readArchive(dir, name); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"-cache", t.TempDir()}, {"-cache", "x", "more"}, {"-seed", "x"}, {"-cache", "x", "-mutations", "0"}} {
		var out, complain bytes.Buffer
		if status := conformance(t.Context(), args, &out, &complain); status != 2 || complain.Len() == 0 {
			t.Errorf("%q: %d, %q", args, status, complain.String())
		}
	}
}

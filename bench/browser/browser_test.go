package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestVisitedPagesAreFoundInTheTable(t *testing.T) {
	t.Parallel()
	pages, err := readRoutes("../../console/testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	e, all := &eye{pages: pages}, len(pages)
	for _, step := range []struct {
		address string
		seen    int
	}{{"/console/people", 1}, {"/console/people/ann?x=y", 2}, {"/console/people/bert", 2}, {"/console/transactions/latest", 3}, {"/console/transactions/txn_x", 4},
		{"/console/people/ann/roles", 4}, {"/console/elsewhere", 4}, {"/elsewhere", 4}} {
		e.visited(step.address, nil)
		if seen := all - len(e.missed()); seen != step.seen {
			t.Errorf("after %s %d pages are seen, not %d", step.address, seen, step.seen)
		}
	}
}

func TestRoutesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "routes.txt")
	if err := os.WriteFile(empty, []byte("POST /console/sign-in\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, empty + ".none"} {
		if pages, err := readRoutes(file); err == nil {
			t.Errorf("%s gives %d pages", file, len(pages))
		}
	}
}

func TestPicturesHave256ColoursAtMost(t *testing.T) {
	t.Parallel()
	many := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		many.SetRGBA(i%64, i/64, color.RGBA{uint8(i), uint8(i >> 4), uint8(i >> 8), 255})
	}
	var text bytes.Buffer
	if err := png.Encode(&text, many); err != nil {
		t.Fatal(err)
	}
	first, err := reduce(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	again, err := reduce(text.Bytes())
	if err != nil || !bytes.Equal(first, again) {
		t.Error("the same picture is not the same file", err)
	}
	few, err := png.Decode(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := few.(*image.Paletted); !ok || len(p.Palette) > 256 || few.Bounds() != many.Bounds() {
		t.Errorf("it is a %T of %v", few, few.Bounds())
	}
	if _, err := reduce([]byte("no picture")); err == nil {
		t.Error("what is no picture is taken")
	}
}

func TestAReportWithoutCategoriesIsNone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "report.json")
	for text, rows := range map[string]int{
		`{}`: -1, `{"vulnerabilities":{}}`: -1, `nothing`: -1, `{"vulnerabilities":{"XSS":[]},"anomalies":{}}`: 0,
		`{"vulnerabilities":{"XSS":[{"method":"GET","path":"/x","info":"i","level":3,"parameter":"q"}]},"anomalies":{"Error":[{"level":1}]}}`: 2,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := readReport(file); (err != nil) != (rows < 0) || err == nil && len(found) != rows {
			t.Errorf("%s: %v, %v", text, found, err)
		}
	}
}

package console_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/svcgate/svcgate/console"
)

func TestChartStaysInItsFrame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "columns")
		a := rapid.SliceOfN(rapid.IntRange(0, 1_000_000), n, n).Draw(t, "a")
		b := rapid.SliceOfN(rapid.IntRange(0, 3), n, n).Draw(t, "b")
		c := console.Chart(a, b)
		for i, col := range c.Columns {
			if col.Total != a[i]+b[i] {
				t.Fatalf("column %d has %d, want %d", i, col.Total, a[i]+b[i])
			}
			drawn := 0
			for _, bar := range col.Bars {
				drawn++
				x, y, w, h := place(t, bar.X), place(t, bar.Y), place(t, bar.Width), place(t, bar.Height)
				if x < 0 || y < 0 || w <= 0 || h <= 0 || x+w > float64(c.Width)+.2 || h > float64(c.Height)+.2 {
					t.Fatalf("column %d: %+v leaves the frame", i, bar)
				}
			}
			want := 0
			for _, v := range col.Values {
				if v > 0 {
					want++ // few among many are seen too
				}
			}
			if drawn != want {
				t.Fatalf("column %d: %d bars for %v", i, drawn, col.Values)
			}
		}
	})
}

func place(t *rapid.T, text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestChartInWords(t *testing.T) {
	t.Parallel()
	if got := console.Chart([]int{1, 2000}, []int{0, 1}).Summary; got != "2,001 a, 1 b; at most 2,001 at a time." {
		t.Error(got)
	}
	if got := console.Chart([]int{0}, []int{0}).Summary; got != "Nothing in this time." {
		t.Error(got)
	}
	for n, want := range map[int]int{0: 2, 1: 2, 3: 4, 4: 4, 5: 10, 11: 20, 21: 40, 99: 100, 101: 200, 1_000_000: 1_000_000} {
		if got := console.NiceTop(n); got != want {
			t.Errorf("%d fits below %d, want %d", n, got, want)
		}
	}
}

func TestSpark(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		values       []int
		points, text string
	}{
		{nil, "", "nothing yet"},
		{[]int{0}, "0.0,26.0", "nothing yet"},
		{[]int{0, 4, 2}, "0.0,26.0 60.0,2.0 120.0,14.0", "6 in all, at most 4 at a time, 2 lately"},
	} {
		if points, text := console.Spark(test.values); points != test.points || text != test.text {
			t.Errorf("%v: %q %q", test.values, points, text)
		}
	}
}

func TestNumbersInWords(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 10312: "10,312", -1234: "-1,234", -123: "-123", 6006491234560017: "6,006,491,234,560,017"} {
		if got := console.Number(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		-time.Hour: "now", 0: "now", 59 * time.Second: "59 s", 61 * time.Second: "1 min 1 s", time.Hour: "1 h", 90 * time.Minute: "1 h 30 min",
		11 * time.Hour: "11 h", 12*time.Hour + time.Minute: "12 h", 50 * time.Hour: "2 d 2 h", 400 * 24 * time.Hour: "400 d",
	} {
		if got := console.Ago(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

func TestPretty(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, text, marked string }{
		"nothing": {"", "", ""},
		"xml": {`<?xml version="1.0"?><a:B x="1 > 0"><c>7</c><d/><e><f></f></e></a:B>`,
			"<?xml version=\"1.0\"?>\n<a:B x=\"1 > 0\">\n  <c>7</c>\n  <d/>\n  <e>\n    <f></f>\n  </e>\n</a:B>", ""},
		"marks":          {`<a x='y'>v</a>`, "<a x='y'>v</a>", `t[<a]a[ x]c[=]v['y']t[>]v[v]t[</a>]`},
		"masked":         {`<CardNumber>6006491234560017</CardNumber>`, "<CardNumber>************0017</CardNumber>", `t[<CardNumber>]m[************0017]t[</CardNumber>]`},
		"unmasked":       {`<x>6006 4912-3456 0017</x>`, "", ""},
		"not closed":     {`<a><b>text`, "<a>\n  <b>\ntext", ""},
		"closed too far": {`</a></b><c/>`, "</a>\n</b>\n<c/>", ""},
		"json":           {`{"a":1,"b":["x:",true]}`, "{\n  \"a\": 1,\n  \"b\": [\n    \"x:\",\n    true\n  ]\n}", ""},
		"json marks":     {`{"a":-1.5}`, "{\n  \"a\": -1.5\n}", "c[{\n  ]t[\"a\"]c[:]c[ ]v[-1.5]c[\n}]"},
		"json card":      {`{"number":"6006491234560017"}`, "{\n  \"number\": \"************0017\"\n}", ""},
		"no json":        {`{"a":`, `{"a":`, ""},
		"text":           {"Bad gateway 502", "Bad gateway 502", ""},
		"markup in text": {`<a>&lt;script&gt;</a>`, "<a>&lt;script&gt;</a>", ""},
	} {
		text, marked := console.Pretty(test.body)
		if test.text != "" && text != test.text || test.marked != "" && marked != test.marked {
			t.Errorf("%s:\n%s\n%s", name, text, marked)
		}
		if strings.Contains(text, "4560017") || strings.Contains(text, "3456 0017") {
			t.Errorf("%s shows the number: %s", name, text)
		}
	}
}

// Whatever comes, laying it out loses nothing but white space and ends.
func FuzzPretty(f *testing.F) {
	for _, seed := range []string{`<a b="c">d</a>`, `{"a":[1]}`, `<!-- x --><a><![CDATA[<b>]]></a>`, `<a b='<'>`, `<<>>`, "<a\nb=\"\">\xff"} {
		f.Add(seed)
	}
	tight := func(text string) string { return strings.Join(strings.Fields(text), "") }
	f.Fuzz(func(t *testing.T, body string) {
		text, _ := console.Pretty(body)
		masked := console.Masked(body)
		if got, want := tight(text), tight(masked); got != want {
			t.Errorf("%q became %q", want, got)
		}
	})
}

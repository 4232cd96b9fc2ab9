package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestMaskDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   "",
		"card 6006491234560017 here":         "card **************** here",
		"6006400012":                         "**********",
		"600640001":                          "600640001",
		"6006 4912 3456 0017.":               "**** **** **** ****.",
		"6006-491234-560017":                 "****-******-******",
		"x60064912345600171234567890123456y": "x" + strings.Repeat("*", 32) + "y",
		"time=2026-11-22T17:07:33.123456789": "time=2026-11-22T17:07:33.123456789",
		"2026-11-22 17:07:33":                "2026-11-22 17:07:33",
		"took 12 345 678 901":                "took 12 345 678 901",
		"12 600 640 001 200":                 "12 *** *** *** ***",
		"a=123456789 b=987654321":            "a=123456789 b=987654321",
		"1234567890-":                        "**********-",
		"0017 6006491234560017":              "**** ****************",
		`{"n":6006491234560017}`:             `{"n":"****************"}`,
		`{"n":6006491234560017.5e3,"a":1}`:   `{"n":"****************.*e*","a":1}`,
		`{"n":"6006491234560017"}`:           `{"n":"****************"}`,
		"6006\t4912\t3456\t0017":             "6006\t4912\t3456\t0017",

		// Of hexadecimal digits only a trace's id is let through, and only whole and in its field.
		"a=b trace=abf92fabcd1234567890a929d0e0e47a c":       "a=b trace=abf92fabcd1234567890a929d0e0e47a c",
		`{"a":1,"trace":"12345678901234567890123456789012"}`: `{"a":1,"trace":"12345678901234567890123456789012"}`,
		`{"a":"abf92fabcd1234567890a929d0e0e47a"}`:           `{"a":"abf92fabcd**********a929d0e0e47a"}`,
		" trace=abf92fabcd1234567890a929d0e0e47":             " trace=abf92fabcd**********a929d0e0e47",
		" trace=abf92fabcd1234567890a929d0e0e47ab":           " trace=abf92fabcd**********a929d0e0e47ab",
		"xtrace=abf92fabcd1234567890a929d0e0e47a":            "xtrace=abf92fabcd**********a929d0e0e47a",
		" trace=6006491234560017":                            " trace=****************",
	} {
		got, hits := maskDigits([]byte(text))
		if string(got) != want || (hits > 0) != (text != want) {
			t.Errorf("maskDigits(%q) = %q, %d; want %q", text, got, hits, want)
		}
	}
}

func TestMaskDigitsLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	text := []byte("card 6006491234560017")
	if _, hits := maskDigits(text); hits != 1 || string(text) != "card 6006491234560017" {
		t.Errorf("%d hits, input is now %s", hits, text)
	}
}

// Whatever is logged, and wherever in the record it stands, no card number leaves the logger.
func TestLoggerIsTheLastLine(t *testing.T) {
	t.Parallel()
	const number = "6006491234560017"
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			log, guard, err := newLogger(&out, "debug", format)
			if err != nil {
				t.Fatal(err)
			}
			log.Debug("message "+number, "attr", number, "err", errors.New(number), "number", 6006491234560017,
				"any", struct{ Number string }{number}, "float", 6006491234560017.5, "bytes", []byte(number), number, "as a key")
			log.WithGroup("g").With("with", number).Info("x")
			slog.NewLogLogger(log.Handler(), slog.LevelWarn).Printf("from net/http: %s", number)
			if strings.Contains(out.String(), number) || strings.Contains(out.String(), base64.StdEncoding.EncodeToString([]byte(number))[:12]) {
				t.Errorf("the number is in the log: %s", out.String())
			}
			if guard.hits.Load() < 8 {
				t.Errorf("only %d hits were counted:\n%s", guard.hits.Load(), out.String())
			}
			if format == "json" {
				for line := range strings.Lines(out.String()) {
					if !json.Valid([]byte(line)) {
						t.Errorf("this is not JSON: %s", line)
					}
				}
			}
		})
	}
}

// A stack tells where a panic was, and none of its addresses: one of ten decimal digits looks like a leak and is none.
func TestLoggerKeepsStacksWithoutAddresses(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, guard, err := newLogger(&out, "debug", "json")
	if err != nil {
		t.Fatal(err)
	}
	log.Error("panic", "stack", "svcgate.(*Gateway).Do(0x7f1234567890, {0xc001234567890?})\n\tgateway.go:87 +0x1d4")
	if !strings.Contains(out.String(), "gateway.go:87") || guard.hits.Load() != 0 {
		t.Errorf("%d hits: %s", guard.hits.Load(), out.String())
	}
}

func TestLogLevels(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, _, err := newLogger(&out, "warn", "text")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet")
	log.Warn("loud")
	if strings.Contains(out.String(), "quiet") || !strings.Contains(out.String(), "loud") {
		t.Errorf("log: %s", out.String())
	}
	if _, _, err := newLogger(&out, "verbose", "text"); err == nil {
		t.Error("a level that is none was taken")
	}
}

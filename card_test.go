package svcgate_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

func card(t testing.TB, number string) svcgate.Card {
	t.Helper()
	c, err := svcgate.ParseCard(secret.New(number))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseCard(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"6006491234", "60064912345", "6006491234560017", "0000000000", "9999999999999999"} {
		if _, err := svcgate.ParseCard(secret.New(number)); err != nil {
			t.Errorf("%d digits refused: %v", len(number), err)
		}
	}
	for name, number := range map[string]string{
		"empty": "", "nine": "600649123", "seventeen": "60064912345600170", "space": "6006 4912 3456 0017",
		"dash": "6006-4912-3456-0017", "stars": "************0017", "letter": "60064912345600I7", "sign": "+6006491234560017",
		"arabic": "٦٠٠٦٤٩١٢٣٤", "fullwidth": "６００６４９１２３４", "nul": "6006491234\x00", "newline": "6006491234\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := svcgate.ParseCard(secret.New(number))
			if err == nil {
				t.Fatal("accepted")
			}
			if number != "" && strings.Contains(err.Error(), number) {
				t.Errorf("the error quotes the input: %v", err)
			}
		})
	}
}

func TestCardIn(t *testing.T) {
	t.Parallel()
	c := card(t, "6006491234560017")
	for text, want := range map[string]bool{
		"6006491234560017": true, "SVC-6006491234560017": true, "6006 4912 3456 0017": true, "1-6006.4912/3456:0017-2": true,
		"00006006491234560017": true, "x６6006491234560017": true,
		"": false, "************0017": false, "600649123456001": false, "6006491234560018": false, "7100 6549 4321 6006": false,
	} {
		if got := c.In(text); got != want {
			t.Errorf("in %q: %t", text, got)
		}
	}
	if (svcgate.Card{}).In("6006491234560017") || (svcgate.Card{}).In("") {
		t.Error("no card is in a text")
	}
}

func TestCardIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const number = "6006491234560017"
	c := card(t, number)
	type wrapped struct {
		Card   svcgate.Card
		Number secret.String
		hidden svcgate.Card
	}
	w := wrapped{c, c.Number(), c}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		l := slog.New(h)
		l.Info("card", "card", c, "number", c.Number(), "struct", w, "pointer", &w, "err", fmt.Errorf("with %v", c))
	}
	var all strings.Builder
	all.WriteString(log.String())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t"} {
		for _, v := range []any{c, &c, w, &w, c.Number(), []svcgate.Card{c}, map[string]any{"c": c}, errors.Join(fmt.Errorf("%v", c))} {
			fmt.Fprintf(&all, verb+"\n", v)
		}
	}
	for _, v := range []any{c, w, c.Number()} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Errorf("json: %v", err)
		}
		all.Write(text)
		if text, err := xml.Marshal(v); err == nil && strings.Contains(string(text), "0017") {
			t.Errorf("xml wrote a card: %s", text)
		}
	}
	for _, form := range []string{number, fmt.Sprintf("%x", number), fmt.Sprintf("%X", number)} {
		if strings.Contains(all.String(), form) {
			t.Errorf("leaked as %q", form)
		}
	}
	if !strings.Contains(all.String(), "************0017") {
		t.Error("the mask itself is nowhere: the test sees nothing")
	}
	if _, err := c.MarshalText(); !errors.Is(err, secret.ErrMarshal) {
		t.Errorf("MarshalText: %v", err)
	}
}

func TestMasksFailClosed(t *testing.T) {
	t.Parallel()
	for last4, want := range map[string]string{
		"0017": "************0017", "": "****************", "17": "****************", "00017": "****************",
		"00a7": "****************", "٠٠١٧": "****************",
	} {
		if got := svcgate.MaskLast4(last4); got != want {
			t.Errorf("MaskLast4(%q) = %q", last4, got)
		}
	}
	if got := (svcgate.Card{}).Masked(); got != "****************" {
		t.Errorf("zero card: %q", got)
	}
}

func TestMaskShowsFourDigitsAtMost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[0-9]{10,16}`).Draw(t, "number")
		c, err := svcgate.ParseCard(secret.New(number))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Masked(); got != "************"+number[len(number)-4:] {
			t.Fatalf("masked as %q", got)
		}
	})
}

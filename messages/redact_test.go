package messages_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/messages"
)

func TestRedactPutsSomethingElseWhereMaskPutsStars(t *testing.T) {
	t.Parallel()
	var numbers []string
	var offsets []int
	var secrets []string
	swap := messages.Swap{
		Number: func(at int, digits string) string {
			numbers, offsets = append(numbers, digits), append(offsets, at)
			if strings.HasPrefix(digits, "77") {
				return digits
			}
			return "ALIAS"
		},
		Secrets: []string{"Password"},
		Secret:  func(written []byte) { secrets = append(secrets, string(written)) },
		Keep:    func(written []byte) bool { return string(written) == "4711" },
	}
	for _, test := range []struct{ name, body, want string }{
		{"a card", "<CardNumber>6006491234560017</CardNumber>", "<CardNumber>ALIAS</CardNumber>"},
		{"a short card", "<CardNumber>12345</CardNumber>", "<CardNumber>****************</CardNumber>"},
		{"a long card", "<CardNumber>12345678901234567</CardNumber>", "<CardNumber>****************</CardNumber>"},
		{"a masked card", "<CardNumber>************0017</CardNumber>", "<CardNumber>************0017</CardNumber>"},
		{"a run", "x 6006-4912-3456-0017 y", "x ALIAS y"},
		{"a long run", "x 12345678901234567 y", "x **************** y"},
		{"a run over a border", "<x>60064912<![CDATA[34560017]]></x>", "<x>ALIAS<![CDATA[]]></x>"},
		{"left as it is written", "<CardNumber>7706-4912</CardNumber><CardNumber><![CDATA[7706491234560017]]></CardNumber>7706 4912 3456 0017", "<CardNumber>****************</CardNumber><CardNumber><![CDATA[7706491234560017]]></CardNumber>7706 4912 3456 0017"},
		{"other digits", "x &#1634;&#1635;&#1636;&#1637;&#1638;&#1639;&#1640;&#1641;&#1634;&#1635; y", "x **************** y"},
		{"an AuthNumber", "<AuthNumber>0000008841000687</AuthNumber>", "<AuthNumber>0000008841000687</AuthNumber>"},
		{"an AuthNumber that is none", "<AuthNumber>6006491234560017</AuthNumber>", "<AuthNumber>ALIAS</AuthNumber>"},
		{"an id", "<SVATransactionID>0000008841000687</SVATransactionID><AccountID>123456789</AccountID>", "<SVATransactionID>ALIAS</SVATransactionID><AccountID>123456789</AccountID>"},
		{"a PIN", "<AuthenticationData>1234</AuthenticationData>", "<AuthenticationData>****</AuthenticationData>"},
		{"a kept PIN", "<AuthenticationData>4711</AuthenticationData>", "<AuthenticationData>4711</AuthenticationData>"},
		{"a password", "<w:PASSWORD>word</w:PASSWORD>", "<w:PASSWORD>****</w:PASSWORD>"},
		{"an empty password", "<Password/><Password> </Password>", "<Password/><Password> </Password>"},
		{"no text", "a\x006006491234560017", "[not text, left out]"},
	} {
		if got := string(messages.Redact([]byte(test.body), swap)); got != test.want {
			t.Errorf("%s: %s; want %s", test.name, got, test.want)
		}
	}
	if !slices.Contains(numbers, "0000008841000687") || !slices.Contains(secrets, "1234") || !slices.Contains(secrets, "word") || slices.Contains(secrets, "4711") {
		t.Errorf("told were %d numbers and %q", len(numbers), secrets)
	}
	if offsets[0] != len("<CardNumber>") {
		t.Errorf("the first number begins at %d", offsets[0])
	}
}

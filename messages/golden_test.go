package messages_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

var update = flag.Bool("update", false, "write the golden files anew")

var requestForms = map[string]messages.Form{
	"request":             {},
	"request.strict":      {StrictSOAP: true},
	"request.bare":        {Bare: true},
	"request.masked":      {Masked: true},
	"request.bare.masked": {Bare: true, Masked: true},
}

var answerForms = map[string]messages.AnswerForm{
	"answer":              {},
	"answer.enveloped":    {Enveloped: true},
	"answer.no-namespace": {NoNamespace: true},
	"answer.masked":       {Masked: true},
}

func golden(t *testing.T, noun, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", noun, name+".xml")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(bytes.Clone(got), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("golden file: %v", err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("%s\n got %s\nwant %s", path, got, want)
	}
}

func TestRequestBytes(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		for name, form := range requestForms {
			t.Run(s.noun+"/"+name, func(t *testing.T) {
				t.Parallel()
				body := encoded(t, withPIN(s.request, form.Masked), form)
				golden(t, s.noun, name, body)
				again, err := messages.ReadRequest(body)
				if err != nil {
					t.Fatalf("ReadRequest: %v", err)
				}
				if back := encoded(t, again, form); !bytes.Equal(back, body) {
					t.Errorf("what was read is written otherwise:\n%s\n%s", back, body)
				}
				if !form.Masked && !reflect.DeepEqual(again, s.request) {
					t.Errorf("read %+v, want %+v", again, s.request)
				}
			})
		}
	}
}

// withPIN gives a copy of r that has serial number and PIN too, so that there is something to mask.
func withPIN(r messages.Request, add bool) messages.Request {
	if !add {
		return r
	}
	full := messages.Instrument{
		InstrumentID: secret.New(serialNumber), AuthenticationData: secret.New(pin), CardNumber: secret.New(cardNumber),
	}
	copied := reflect.New(reflect.TypeOf(r).Elem())
	copied.Elem().Set(reflect.ValueOf(r).Elem())
	if field := copied.Elem().FieldByName("Instrument"); field.IsValid() {
		field.Set(reflect.ValueOf(full))
	}
	return copied.Interface().(messages.Request)
}

func TestAnswerBytes(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		for name, form := range answerForms {
			t.Run(s.noun+"/"+name, func(t *testing.T) {
				t.Parallel()
				checkAnswer(t, s.noun, name, s.answer, form)
			})
		}
		t.Run(s.noun+"/refused", func(t *testing.T) {
			t.Parallel()
			checkAnswer(t, s.noun, "answer.refused", refused(s.answer.Kind), messages.AnswerForm{})
		})
	}
}

func checkAnswer(t *testing.T, noun, name string, a messages.Answer, form messages.AnswerForm) {
	t.Helper()
	body := encodedAnswer(t, a, form)
	golden(t, noun, name, body)
	var again messages.Answer
	if err := messages.ReadAnswer(body, &again); err != nil {
		t.Fatalf("ReadAnswer: %v", err)
	}
	if !form.Masked && !reflect.DeepEqual(again, a) {
		t.Errorf("read\n%+v, want\n%+v", again, a)
	}
	if back := encodedAnswer(t, again, form); !bytes.Equal(back, body) {
		t.Errorf("what was read is written otherwise:\n%s\n%s", back, body)
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	const before = "before"
	for _, s := range samples() {
		body, err := messages.AppendRequest([]byte(before), s.request, messages.Form{Bare: true})
		if want := before + string(encoded(t, s.request, messages.Form{Bare: true})); err != nil || string(body) != want {
			t.Errorf("%v: %q, %v; want %q", s.request.Kind(), body, err, want)
		}
		for _, c := range body {
			if c < 0x20 || c > 0x7e {
				t.Errorf("%v: byte %#x is no printable ASCII", s.request.Kind(), c)
			}
		}
	}
}

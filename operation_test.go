package svcgate_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/responsecodes"
)

// kindOf says which message an operation is sent as, written down apart from the mapping's own table.
var kindOf = map[string]messages.Kind{
	"generate": messages.GenerateCard, "activate": messages.ActivateInstrument, "recharge": messages.Recharge,
	"inquire": messages.Inquiry, "authorize": messages.Preauthorization, "deposit": messages.Postauthorization,
	"return": messages.Return, "void": messages.Void,
}

// TestEveryOperationIsComplete names what a new operation still lacks.
func TestEveryOperationIsComplete(t *testing.T) {
	t.Parallel()
	openapi, err := os.ReadFile("api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	effects, err := os.ReadFile("simulator/effects.go")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("mapping/rules.go")
	if err != nil {
		t.Fatal(err)
	}
	journals := map[string]string{"sqlite": allowedOperations(t, "sqlite"), "postgres": allowedOperations(t, "postgres")}
	starter := map[string]bool{}
	for _, rule := range responsecodes.StarterSet("RLT") {
		if rule.Outcome == svcgate.Approved {
			starter[rule.Operation] = true
		}
	}
	table := svcgate.Operations()
	if len(table) != len(messages.Kinds()) {
		t.Errorf("%d operations and %d kinds of messages", len(table), len(messages.Kinds()))
	}
	for _, op := range table {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			if op.Route == "" || op.Summary == "" || op.Settling == "" {
				t.Error("its row in operation.go is not filled in")
			}
			if got, err := svcgate.ParseOperation(op.Name); err != nil || got != op.Operation || got.String() != op.Name {
				t.Errorf("ParseOperation gives %v, %v", got, err)
			}
			if op.MovesMoney && !(op.NeedsKey && op.NeedsAmount && op.NeedsCard) {
				t.Error("it moves money without a key, an amount or a card")
			}
			kind, ok := kindOf[op.Name]
			if !ok || !kind.Valid() {
				t.Fatal("messages/kinds.go has no kind for it")
			}
			for _, file := range []string{"messages/" + op.Name + ".go", "mapping/" + op.Name + ".go"} {
				if _, err := os.Stat(file); err != nil {
					t.Errorf("%s is missing", file)
				}
			}
			if !strings.Contains(string(rules), "svcgate."+title(op.Name)) {
				t.Error("mapping/rules.go has no line for it")
			}
			if !strings.Contains(string(effects), "messages."+goName(kind)) {
				t.Errorf("simulator/effects.go has no row for messages.%s", goName(kind))
			}
			if !strings.Contains(string(openapi), "/v1/"+op.Route+":") {
				t.Errorf("api/openapi.yaml has no path /v1/%s", op.Route)
			}
			if !starter[op.Name] {
				t.Error("the starter set of vendor responses approves nothing for it")
			}
			for database, allowed := range journals {
				if !strings.Contains(allowed, "'"+op.Name+"'") {
					t.Errorf("store/migrations/%s lets no transaction have its name", database)
				}
			}
			if !slices.Contains(fixtures.Operations(), op.Name) {
				t.Error("fixtures/case.go does not know its folder")
			}
			if _, err := fixtures.Corpus.ReadDir(op.Name); err != nil {
				t.Errorf("fixtures/corpus.go does not embed its folder: %v", err)
			}
			cases, err := filepath.Glob("fixtures/" + op.Name + "/*/case.txt")
			if err != nil || len(cases) < 3 {
				t.Errorf("fixtures/%s has %d cases; at least three are wanted (approved, declined, refused)", op.Name, len(cases))
			}
		})
	}
}

// allowedOperations returns the last list of operations that a database's migrations let a transaction have.
func allowedOperations(t *testing.T, database string) string {
	files, err := filepath.Glob("store/migrations/" + database + "/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	list := regexp.MustCompile(`operation IN \(.*\)|operation = ''.*`)
	last := ""
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range list.FindAllString(string(text), -1) {
			if strings.Contains(found, "activate") {
				last = strings.ReplaceAll(found, "''", "'")
			}
		}
	}
	return last
}

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// goName gives the Go name of a kind: its action without "Request".
func goName(k messages.Kind) string { return strings.TrimSuffix(k.Action(), "Request") }

func TestWhatIsNoOperation(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "Authorize", "authorise", "authorizations", "operation(1)", " void", "preauthorize"} {
		if op, err := svcgate.ParseOperation(name); err == nil {
			t.Errorf("%q is taken for %v", name, op)
		}
	}
	for _, op := range []svcgate.Operation{0, 9, 255} {
		if _, ok := op.Info(); ok {
			t.Errorf("operation(%d) has a row", uint8(op))
		}
	}
	for _, s := range []string{"", "Approved", "timeout", "sent"} {
		if o, err := svcgate.ParseOutcome(s); err == nil {
			t.Errorf("%q is taken for outcome %v", s, o)
		}
	}
	for _, s := range []string{"", "Final", "approved"} {
		if st, err := svcgate.ParseState(s); err == nil {
			t.Errorf("%q is taken for state %v", s, st)
		}
	}
}

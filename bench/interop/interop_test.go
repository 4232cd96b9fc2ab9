package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/simulator"
)

func testBench(t *testing.T) *bench {
	t.Helper()
	folder, err := filepath.Abs("stacks")
	if err != nil {
		t.Fatal(err)
	}
	return &bench{out: t.Output(), stacks: folder, cache: t.TempDir(), work: t.TempDir()}
}

// The peer is the one stack that needs no installation: a whole direction, in every form.
func TestThePeerAsksTheSimulator(t *testing.T) {
	t.Parallel()
	b := testBench(t)
	for _, f := range answerForms {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			reasons, err := b.answerAll(t.Context(), stack{name: "peer", talk: askByPeer}, "", f)
			if err != nil {
				t.Fatal(err)
			}
			for i, reason := range reasons {
				if reason != "" {
					t.Errorf("%s: %s", verbs[i].operation, reason)
				}
			}
		})
	}
}

// What a client read wrong, or was refused, or never sent, is found out.
func TestHeardFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	const id = "6006491234560033"
	sim, err := simulator.New(simulator.Config{Cards: []simulator.CardSpec{{Number: secret.New(id)}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	deposit, generate := verbs[5], verbs[0]
	entry := simulator.Entry{ID: 1003, Kind: deposit.kind, RTPTransactionID: clientOrder, AskedFor: "30.10", Booked: true, Amount: 3010,
		Digits: 2, Available: 45990, HoldRest: 0}
	good := told{code: "26", amount: "30.10", balance: "459.90", id: "1003", rest: "0.00"}
	for name, test := range map[string]struct {
		verb verb
		edit func(*told, *simulator.Entry)
		want string
	}{
		"right":        {deposit, func(*told, *simulator.Entry) {}, ""},
		"code":         {deposit, func(d *told, _ *simulator.Entry) { d.code = "24" }, "code is"},
		"amount":       {deposit, func(d *told, _ *simulator.Entry) { d.amount = "30.1" }, "amount is"},
		"balance":      {deposit, func(d *told, _ *simulator.Entry) { d.balance = "" }, "balance is"},
		"id":           {deposit, func(d *told, _ *simulator.Entry) { d.id = "1002" }, "transaction id is"},
		"rest":         {deposit, func(d *told, _ *simulator.Entry) { d.rest = nothing }, "rest of the hold is"},
		"asked":        {deposit, func(_ *told, e *simulator.Entry) { e.AskedFor = "30.11" }, "amount asked is"},
		"booked":       {deposit, func(d *told, e *simulator.Entry) { e.Amount, d.amount = 3000, "30.00" }, "amount booked is"},
		"order":        {deposit, func(_ *told, e *simulator.Entry) { e.RTPTransactionID = "W &lt;1&gt;" }, "order is"},
		"refused":      {deposit, func(_ *told, e *simulator.Entry) { e.Booked, e.ErrorCode = false, "NO" }, "refused by the simulator: NO"},
		"not read":     {deposit, func(d *told, _ *simulator.Entry) { *d = told{failure: "blind"} }, "carried out, answer not read: blind"},
		"not arrived":  {verbs[7], func(d *told, _ *simulator.Entry) { *d = told{failure: "mute"} }, "mute"},
		"made up":      {verbs[7], func(*told, *simulator.Entry) {}, "no message"},
		"new card":     {generate, func(d *told, e *simulator.Entry) { e.Kind, d.code, d.id = generate.kind, "OK", id }, ""},
		"no such card": {generate, func(d *told, e *simulator.Entry) { e.Kind, d.code, d.id = generate.kind, "OK", card }, "a card that is not there"},
		"no code":      {generate, func(d *told, e *simulator.Entry) { e.Kind, d.code, d.id = generate.kind, "", id }, "a card that is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, e := good, entry
			test.edit(&d, &e)
			if got := test.verb.heard(d, []simulator.Entry{e}, sim); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A provider that does not do what the strangers' do is not taken for one: the simulator knows other balances.
func TestTheSimulatorIsNoStranger(t *testing.T) {
	t.Parallel()
	far, err := play(t.Context(), simulator.Switches{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(far.stop)
	for _, f := range forms {
		reasons, err := askAll(t.Context(), far.url, f)
		if err != nil {
			t.Fatal(err)
		}
		for i, reason := range reasons {
			if reason == "" {
				t.Errorf("%s, %s: nothing was found wrong", f.name, verbs[i].operation)
			}
		}
	}
}

func TestWrongFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	money := func(text string) svcgate.Money {
		m, err := svcgate.ParseMoney(text, currency)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	v := verbs[5]
	r, err := v.request("1001")
	if err != nil {
		t.Fatal(err)
	}
	good := svcgate.Reply{Accepted: true, Code: "26", Description: order + " " + user, TransactionID: "700017",
		Amount: money("30.10"), Balance: money("200.00"), HoldRest: money("0.00")}
	if got := v.wrong(r, good); got != "" {
		t.Fatalf("right: %s", got)
	}
	for want, edit := range map[string]func(*svcgate.Reply){
		"accepted":         func(r *svcgate.Reply) { r.Accepted = false },
		"code":             func(r *svcgate.Reply) { r.Code = "24" },
		"description":      func(r *svcgate.Reply) { r.Description = order + " R&amp;D" },
		"transaction id":   func(r *svcgate.Reply) { r.TransactionID = "700025" },
		"amount":           func(r *svcgate.Reply) { r.Amount = money("30.11") },
		"balance":          func(r *svcgate.Reply) { r.Balance = svcgate.Money{} },
		"rest of the hold": func(r *svcgate.Reply) { r.HoldRest = svcgate.Money{} },
	} {
		bad := good
		edit(&bad)
		if got := v.wrong(r, bad); !strings.HasPrefix(got, want+" is ") {
			t.Errorf("%s: %q", want, got)
		}
	}
}

func TestReadTold(t *testing.T) {
	t.Parallel()
	all, err := readTold("void\tok\t22\t10.00\t459.90\t1004\t-\r\nreturn\tno\tFault: because\n")
	if err != nil || all["void"] != (told{code: "22", amount: "10.00", balance: "459.90", id: "1004", rest: "-"}) || all["return"].failure != "Fault: because" {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, bad := range []string{"warning\n", "\n", "void\tok\t22\n", "void\tno\n", "void\tno\t\n", "void\tperhaps\tx\n", "void\tok\t1\t2\t3\t4\t5\t6\n"} {
		if all, err := readTold(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, all)
		}
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":               "",
		" two\n\twords ": "two words",
		"cannot find it at /usr/share/perl5/SOAP/Lite.pm line 2857.":                            "cannot find it",
		"no x at Object.run (server.js:1:2)":                                                    "no x",
		"at 127.0.0.1:40123 nobody":                                                             "at … nobody",
		"object <suds at 0x7f3a12bc>":                                                           "object <suds at …>",
		"no " + filepath.Join(os.TempDir(), "svcgate-interop-1", "stack-2", "a.xml") + ": gone": "no …: gone",
		"card 6006491234560017":                                                                 "card ************0017",
		strings.Repeat("é", longest+1):                                                          strings.Repeat("é", longest) + "…",
	} {
		if got := tidy(text); got != want {
			t.Errorf("tidy(%q) = %q, want %q", text, got, want)
		}
	}
	if a, b := verbs[1].alike("found ActivateInstrumentRequest"), verbs[2].alike("found RechargeRequest"); a != b || a != "found MESSAGE" {
		t.Errorf("%q and %q are not alike", a, b)
	}
}

func TestTasksFitTheirLines(t *testing.T) {
	t.Parallel()
	all := tasks("1001", "1002")
	if len(all) != 8 {
		t.Fatalf("%d tasks", len(all))
	}
	for _, task := range all {
		if parts := strings.Split(strings.TrimSuffix(task.line(), "\n"), "\t"); len(parts) != 6 || strings.Contains(fmt.Sprintf("%q", parts), `""`) {
			t.Errorf("%q", parts)
		}
	}
}

func TestStacksAreComplete(t *testing.T) {
	t.Parallel()
	b := testBench(t)
	servers, clients := 0, 0
	for _, s := range stacks {
		var commands [][]string
		if s.serve != nil {
			servers++
			commands = append(commands, s.serve(b, "folder", 1))
		}
		if s.build != nil {
			commands = append(commands, s.build(b, "folder")...)
		}
		if s.generate != nil {
			commands = append(commands, s.generate(b, "folder", "http://127.0.0.1/?wsdl")...)
		}
		if s.client != nil {
			commands = append(commands, s.client(b, "folder", "http://127.0.0.1/"))
		}
		if s.client != nil || s.talk != nil {
			clients++
		}
		if len(commands) == 0 && s.talk == nil {
			t.Errorf("%s plays nothing", s.name)
		}
		for _, arg := range strings.Fields(strings.Join(s.check, " ") + fmt.Sprint(commands)) {
			if arg = strings.Trim(arg, "[]"); strings.HasPrefix(arg, b.stacks) {
				if _, err := os.Stat(arg); err != nil {
					t.Errorf("%s: %v", s.name, err)
				}
			}
		}
	}
	if servers < enough || clients < enough {
		t.Errorf("%d servers and %d clients, want %d of each", servers, clients, enough)
	}
}

func TestMissingStackIsAnError(t *testing.T) {
	t.Parallel()
	b := testBench(t)
	err := b.missing(t.Context(), []stack{{name: "there", check: []string{"true"}}, {name: "Absent", check: []string{"sh", "-c", "echo not found >&2; exit 1"}},
		{name: "Nowhere", check: []string{"/no/such/program"}}})
	if err == nil {
		t.Fatal("nothing is missing")
	}
	for _, want := range []string{"Absent is not there", "not found", "Nowhere is not there", "install.sh"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
}

func TestServerThatEnds(t *testing.T) {
	t.Parallel()
	port, err := freePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := testBench(t).serve(t.Context(), []string{"sh", "-c", "echo broken; exit 1"}, port); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("got %v", err)
	}
}

func TestProgramRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--nothing"}, {"more"}, {"--stacks", t.TempDir()}, {"--limit", "soon"}} {
		var out, complain bytes.Buffer
		if code := interop(t.Context(), args, &out, &complain); code != 1 || complain.Len() == 0 || out.Len() != 0 {
			t.Errorf("%v: %d, %q, %q", args, code, out.String(), complain.String())
		}
	}
}

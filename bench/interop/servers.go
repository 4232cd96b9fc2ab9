package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/soap"
)

// callLimit bounds one exchange. The clients among the stacks are given as long.
const callLimit = time.Minute

// door is the documented path.
const door = "/relateui/OMS/xmlapi"

// form is how svcgate writes a message.
type form struct {
	name         string
	strict, bare bool
}

var forms = []form{{name: "documented"}, {name: "strict_soap", strict: true}, {name: "bare", bare: true}}

// provider makes the way to a provider as cmd/svcgate does.
func provider(url string, f form) (*orce.Provider, *soap.Client, error) {
	client, err := soap.NewClient(soap.Config{URL: url, CallTimeout: callLimit})
	if err != nil {
		return nil, nil, err
	}
	p, err := orce.New(orce.Config{
		Bureau:     mapping.Bureau{Service: "RLT", PresentersID: prefix, SubmittersID: sequence, Signon: "WEB01", UserID: user},
		Client:     client,
		StrictSOAP: f.strict, Bare: f.bare,
	})
	if err != nil {
		client.Close()
		return nil, nil, err
	}
	return p, client, nil
}

// askServers asks every stack that plays the provider for everything.
func (b *bench) askServers(ctx context.Context) (*matrix, error) {
	var players []stack
	for _, s := range stacks {
		if s.serve != nil {
			players = append(players, s)
		}
	}
	rows, problems := make([][]row, len(players)), make([]error, len(players))
	b.each(len(players), func(i int) {
		if rows[i], problems[i] = b.askServer(ctx, players[i]); problems[i] != nil {
			problems[i] = fmt.Errorf("%s as the provider: %w", players[i].name, problems[i])
		}
	})
	m := &matrix{
		title: "svcgate's client asks a stranger",
		about: "The form is how the message is written: as documented, with its two errors against SOAP 1.1 corrected\n" +
			"(`strict_soap: true`), or without an envelope (`bare_messages: true`).",
	}
	for _, r := range rows {
		m.rows = append(m.rows, r...)
	}
	return m, errors.Join(problems...)
}

func (b *bench) askServer(ctx context.Context, s stack) ([]row, error) {
	began := time.Now()
	folder, err := b.prepare(ctx, func(folder string) [][]string {
		if s.build == nil {
			return nil
		}
		return s.build(b, folder)
	})
	if err != nil {
		return nil, err
	}
	port, err := freePort(ctx) // right before it is taken
	if err != nil {
		return nil, err
	}
	server, err := b.serve(ctx, s.serve(b, folder, port), port)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	path := s.path
	if path == "" {
		path = door
	}
	rows := make([]row, len(forms))
	for i, f := range forms {
		rows[i] = row{stack: s.name, form: f.name}
		if rows[i].reasons, err = askAll(ctx, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), f); err != nil {
			return nil, err
		}
	}
	b.say(s.name, "the provider", began)
	return rows, nil
}

// askAll sends all eight messages in one form.
func askAll(ctx context.Context, url string, f form) ([]string, error) {
	p, client, err := provider(url, f)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	reasons := make([]string, len(verbs))
	for i, v := range verbs {
		r, err := v.request("1001")
		if err != nil {
			return nil, err
		}
		m, err := p.Prepare(r, time.Now())
		if err != nil {
			return nil, fmt.Errorf("preparing the %s message: %w", v.operation, err)
		}
		reply, x, err := m.Send(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			reasons[i] = v.alike(refusal(x, err))
			continue
		}
		reasons[i] = v.alike(v.wrong(r, reply))
	}
	return reasons, nil
}

// refusal says why there is no answer, in the stranger's words where it gave any.
func refusal(x svcgate.Exchange, err error) string {
	text := x.Failure
	if f, ok := errors.AsType[*soap.Fault](err); ok {
		text = fmt.Sprintf("SOAP fault %s: %s", f.Code, f.String)
	} else if s, ok := errors.AsType[*soap.StatusError](err); ok {
		text = fmt.Sprintf("HTTP status %d, %s: %s", s.Status, s.ContentType, s.Body)
	}
	return text
}

// wrong compares a reply with what a stranger that read the whole message says; "" when it is right.
func (v verb) wrong(r *svcgate.Request, reply svcgate.Reply) string {
	said := user
	if v.operation != svcgate.Inquire && v.operation != svcgate.Generate {
		said = order + " " + user
	}
	want := [][3]string{
		{"accepted", fmt.Sprint(reply.Accepted), "true"},
		{"description", reply.Description, said},
	}
	if v.operation == svcgate.Generate {
		want = append(want, [3]string{"new card", reply.Card.Last4(), "2123"}, [3]string{"code", reply.Code, "OK"})
	} else {
		want = append(want, [3]string{"code", reply.Code, v.kind.Reason()}, [3]string{"transaction id", reply.TransactionID, "700017"},
			[3]string{"amount", fmt.Sprint(reply.Amount), fmt.Sprint(r.Amount())}, [3]string{"balance", fmt.Sprint(reply.Balance), v.balance + " " + currency})
	}
	if v.operation == svcgate.Deposit {
		want = append(want, [3]string{"rest of the hold", fmt.Sprint(reply.HoldRest), "0.00 " + currency})
	}
	for _, w := range want {
		if w[1] != w[2] {
			return fmt.Sprintf("%s is %q, want %q", w[0], w[1], w[2])
		}
	}
	return ""
}

// longest is how much of a reason is kept, in characters.
const longest = 240

// place is where in its own files a stack found the problem, which changes with its releases.
var place = regexp.MustCompile(` at (/|[A-Z]\w*[. ]|<anonymous>|file:).*$`)

// changing is what differs from run to run: ports, folders of ours, objects in memory.
var changing = regexp.MustCompile(`127\.0\.0\.1:\d+|(?:/tmp|` + regexp.QuoteMeta(filepath.Clean(os.TempDir())) + `)/[^\s:'"]+|0x[0-9a-f]{6,}|@[0-9a-f]{5,8}\b`)

// tidy makes a stranger's words fit for a table: one line, no numbers of cards, no addresses that change.
func tidy(text string) string {
	text = strings.Join(strings.Fields(string(messages.Mask([]byte(text)))), " ")
	text = changing.ReplaceAllString(place.ReplaceAllString(text, ""), "…")
	if cut := []rune(text); len(cut) > longest {
		text = string(cut[:longest]) + "…"
	}
	return text
}

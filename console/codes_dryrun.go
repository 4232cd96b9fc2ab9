package console

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// compareLimit is how long comparing tables may take.
const compareLimit = time.Minute

// comparison is a report of one table against another, in words and as rows.
type comparison struct {
	*responsecodes.Report
	Days   days
	Pairs  []outcomePair // outcomes that change, the worst first
	Rows   []moveRow
	Beyond int // rows that are not shown
	Worse  int // that would be told of success and were not
}

// outcomePair counts what goes from one outcome to another.
type outcomePair struct {
	From, To svcgate.Outcome
	Count    int
	Widens   bool
}

type moveRow struct {
	responsecodes.Move
	Path string // to the transactions
	What string // the OMS is told otherwise, in words
}

const maxMoves = 200

var toldTexts = map[string]string{
	"outcome": "outcome", "vendor": "vendor code", "description": "description", "attempts": "attempts", "hold": "hold", "cancel": "cancelling", "messages": "messages",
}

func (c *Console) newComparison(v *visit, service string, r *responsecodes.Report, d days, most int) *comparison {
	p := &comparison{Report: r, Days: d, Beyond: max(len(r.Moves)-most, 0)}
	at := map[[2]svcgate.Outcome]int{}
	for _, m := range r.Moves {
		if m.Widens() {
			p.Worse += m.Count
		}
		if m.FromOutcome == m.ToOutcome {
			continue
		}
		key := [2]svcgate.Outcome{m.FromOutcome, m.ToOutcome}
		i, seen := at[key]
		if !seen {
			i = len(p.Pairs)
			at[key] = i
			p.Pairs = append(p.Pairs, outcomePair{From: m.FromOutcome, To: m.ToOutcome, Widens: m.Widens()})
		}
		p.Pairs[i].Count += m.Count
	}
	slices.SortStableFunc(p.Pairs, func(a, b outcomePair) int {
		if a.Widens != b.Widens {
			return map[bool]int{true: -1, false: 1}[a.Widens]
		}
		return cmp.Compare(b.Count, a.Count)
	})
	link := c.reaches(v, codesRoot+"/{service}/affected")
	for _, m := range r.Moves[:len(r.Moves)-p.Beyond] {
		row := moveRow{Move: m}
		var what []string
		for _, name := range m.Changes {
			what = append(what, toldTexts[name])
		}
		row.What = strings.Join(what, ", ")
		if link {
			row.Path = affectedAddress(service, m, "", d.Chosen)
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// dryRun replays the answers of so many days against the draft.
func (c *Console) dryRun(v *visit, service string, d days, most int) (*comparison, error) {
	v.slow(compareLimit)
	r, err := c.Reviewer.DryRun(v.Context(), service, d.since, nil)
	if err != nil {
		return nil, err
	}
	return c.newComparison(v, service, r, d, most), nil
}

// comparePage is what the dry run and the re-evaluation are filled with.
type comparePage struct {
	Menu    codesMenu
	Service string
	Version int // in force
	Draft   bool
	C       *comparison
}

func (c *Console) showDryRun(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	draft, err := c.Codes.Draft(v.Context(), service)
	if err != nil {
		return nil, err
	}
	run, err := c.dryRun(v, service, c.lookBack(v), maxMoves)
	if err != nil {
		return nil, err
	}
	return v.page("codesdryrun", "Dry run for "+service, comparePage{c.codesMenu(v, service, "dry-run"), service, c.published(service).Number, draft.Exists, run})
}

// showReevaluation says what stored answers mean by now, beside what was told.
func (c *Console) showReevaluation(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	v.slow(compareLimit)
	d := c.lookBack(v)
	r, err := c.Reviewer.Reevaluate(v.Context(), service, d.since, nil)
	if err != nil {
		return nil, err
	}
	return v.page("codesreevaluation", "Stored answers of "+service, comparePage{c.codesMenu(v, service, ""), service, c.published(service).Number, false, c.newComparison(v, service, r, d, maxMoves)})
}

// affectedAddress is the list of the transactions behind a move; outcome "" is any that was told.
func affectedAddress(service string, m responsecodes.Move, outcome svcgate.Outcome, days int) string {
	q := url.Values{"operation": {m.Operation}, "source": {string(m.Source)}, "code": {m.Code}, "days": {strconv.Itoa(days)}}
	if m.Accepted {
		q.Set("accepted", "true")
	}
	if m.Short {
		q.Set("short", "true")
	}
	if outcome != "" {
		q.Set("outcome", string(outcome))
	}
	return codesPath(service, "affected") + "?" + q.Encode()
}

// showAffected lists the transactions behind a move.
func (c *Console) showAffected(v *visit) (*answer, error) {
	service, err := c.service(v)
	if err != nil {
		return nil, err
	}
	q := v.URL.Query()
	d := c.lookBack(v)
	like := responsecodes.Tally{Operation: q.Get("operation"), Source: svcgate.Source(q.Get("source")), Code: q.Get("code"),
		Accepted: q.Get("accepted") == "true", Short: q.Get("short") == "true", Outcome: svcgate.Outcome(q.Get("outcome"))}
	_, ok := (&search{}).narrow(word{"code", like.Code})
	if _, err := svcgate.ParseOperation(like.Operation); err != nil || sourceTexts[like.Source] == "" || !ok {
		return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "The address names no answers: it has to say the operation, the place and the code."}
	}
	if _, err := svcgate.ParseOutcome(q.Get("outcome")); err != nil && like.Outcome != "" {
		return nil, wrongWord("outcome", "The outcomes are "+inWords(svcgate.Outcomes())+".")
	}
	at := v.since()
	page, err := c.Evidence.Affected(v.Context(), service, like, at.Add(-time.Duration(d.Chosen)*24*time.Hour), pageRows, q.Get("cursor"))
	if err != nil {
		return nil, err
	}
	return v.page("codesaffected", "Answers with code "+shownCode(like.Code), struct {
		Menu   codesMenu
		Like   responsecodes.Tally
		Source string
		Days   days
		Rows   []*svcgate.Transaction
		Pager  pager
		Detail bool
	}{c.codesMenu(v, service, ""), like, sourceTexts[like.Source], d, page.Transactions, v.listPager(page.Next, at), c.reaches(v, transactionsPath+"/{id}")})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/messages"
)

// judgeReaders has package messages, expat and libxml2 read messages and mutations of them: whatever package messages
// takes, the other two take with the same values, and what it calls malformed at least one of them refuses too.
func judgeReaders(ctx context.Context, out io.Writer, seed uint64, count int) (right bool, err error) {
	cases, err := fixtures.Load(fixtures.Corpus)
	if err != nil {
		return false, err
	}
	p, err := startPeers(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	whole := messagesOf(cases)
	j := &judge{peers: p, vocabulary: map[bool]map[string]bool{true: {}, false: {}}}
	for _, m := range whole {
		v, ok, err := read(p, m.text, m.answer)
		if err != nil || !ok {
			return false, fmt.Errorf("a message of the corpus is not read: %w", err)
		}
		for path := range v {
			j.vocabulary[m.answer][path] = true
		}
	}
	right = true
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range len(whole) + count {
		m, what := message{}, ""
		if i < len(whole) {
			m, what = whole[i], fmt.Sprintf("message %d of the corpus", i)
		} else {
			m, what = whole[random.IntN(len(whole))], fmt.Sprintf("mutation %d", i-len(whole))
			m.text = mutate(random, m.text)
		}
		problem, err := j.judge(m)
		if err != nil {
			return false, fmt.Errorf("%s: %w", what, err)
		}
		if problem != "" {
			right = false
			fmt.Fprintf(out, "wrong: %s: %s\n  %q\n", what, problem, messages.Mask(m.text))
		}
	}
	fmt.Fprintf(out, "against expat and libxml2, seed %d: %d messages and %d mutations\n", seed, len(whole), count)
	fmt.Fprintf(out, "  taken %d, by all three with the same %d values\n  refused %d: as malformed %d, by a rule of ours %d\n", j.taken, j.values, j.refused, j.malformed, j.refused-j.malformed)
	return right && j.taken > len(whole), nil
}

type judge struct {
	peers                             *peers
	vocabulary                        map[bool]map[string]bool // of answers and of requests
	taken, values, refused, malformed int
}

// judge says what is wrong with how a message is read; "" for nothing.
func (j *judge) judge(m message) (problem string, err error) {
	ours, taken, err := read(j.peers, m.text, m.answer)
	if err != nil {
		return err.Error(), nil
	}
	code := ""
	if !taken {
		code = refusal(m)
	}
	text := m.text
	if taken {
		text = forPeers(text)
	}
	o, err := j.peers.ask(text)
	if err != nil {
		return "", err
	}
	if !taken {
		j.refused++
		if code != messages.CodeMalformed {
			return "", nil
		}
		j.malformed++
		if o.Expat.Tree != nil && o.Libxml2.Tree != nil {
			return "refused as malformed and taken by both others", nil
		}
		return "", nil
	}
	j.taken++
	for name, theirs := range map[string]reading{"expat": o.Expat, "libxml2": o.Libxml2} {
		if theirs.Tree == nil {
			return fmt.Sprintf("taken here and refused by %s: %s", name, theirs.Error), nil
		}
		if list := differ(ours, valuesOf(theirs.Tree, m.answer), j.vocabulary[m.answer]); len(list) > 0 {
			return fmt.Sprintf("other values than %s: %v", name, list), nil
		}
	}
	j.values += len(ours)
	return "", nil
}

// refusal is the code that a message is refused with.
func refusal(m message) string {
	var answer messages.Answer
	_, err := messages.ReadRequest(m.text)
	if m.answer {
		err = messages.ReadAnswer(m.text, &answer)
	}
	if syntax, ok := errors.AsType[*messages.SyntaxError](err); ok {
		return syntax.Code
	}
	return ""
}

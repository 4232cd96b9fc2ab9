package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/messages"
)

// maxMessage is the largest message that describe reads; the codec's own limit is lower.
const maxMessage = 2 << 20

func describeCommand(s *shell) *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "describe FILE|-",
		Short: "Explain one of the provider's messages field by field",
		Long:  "Reads one of the sixteen messages, bare or in its envelope, from a file or standard input, and prints every field\nwith its meaning and where that is documented. Card numbers are masked.",
		Example: "  svcgate describe fixtures/authorize/approved/incoming.xml\n" +
			"  svcgate describe - < message.xml",
		Args: arguments(1, 1, "one file, or - for standard input"),
		RunE: func(_ *cobra.Command, args []string) error {
			body, err := readInput(s, args[0], maxMessage)
			if err != nil {
				return err
			}
			d, err := messages.Describe(body)
			if syntax, ok := errors.AsType[*messages.SyntaxError](err); ok {
				return fail(exitFailed, "%s:%w", args[0], syntax)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return s.json(newDescribed(d))
			}
			s.describe(d)
			return nil
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

// readInput reads a file, or standard input for "-".
func readInput(s *shell, name string, limit int64) ([]byte, error) {
	r := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fail(exitUsage, "%w", err)
		}
		defer f.Close()
		r = f
	}
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, fail(exitUsage, "reading %s: %w", name, err)
	case int64(len(body)) > limit:
		return nil, fail(exitUsage, "%s is larger than %d bytes", name, limit)
	}
	return body, nil
}

// described is a description as JSON.
type described struct {
	Message   string           `json:"message"`
	Answer    bool             `json:"answer"`
	Enveloped bool             `json:"enveloped"`
	Fields    []describedField `json:"fields"`
}

type describedField struct {
	Path    string `json:"path"`
	Value   string `json:"value"`
	Meaning string `json:"meaning"`
	Source  string `json:"source"`
}

func newDescribed(d *messages.Description) described {
	out := described{Message: name(d), Answer: d.IsAnswer, Enveloped: d.Enveloped, Fields: []describedField{}}
	for _, f := range d.Fields {
		out.Fields = append(out.Fields, describedField{f.Path, f.Value, f.Meaning, f.Source})
	}
	return out
}

// name is the root element of the message.
func name(d *messages.Description) string {
	if d.IsAnswer {
		return d.Kind.AnswerRoot()
	}
	return d.Kind.RequestRoot()
}

// describe prints the fields; a source that all of them share is told once.
func (s *shell) describe(d *messages.Description) {
	direction, form := "to the provider", "bare"
	if d.IsAnswer {
		direction = "from the provider"
	}
	if d.Enveloped {
		form = "in an envelope"
	}
	fmt.Fprintf(s.out, "%s %s, %s\n", s.paint(strong, name(d)), direction, form)
	sources := map[string]bool{}
	for _, f := range d.Fields {
		sources[f.Source] = true
	}
	t := &table{head: []string{"FIELD", "VALUE", "MEANING"}}
	if len(sources) > 1 {
		t.head = append(t.head, "SOURCE")
	} else if len(d.Fields) > 0 {
		fmt.Fprintf(s.out, "source: %s\n", d.Fields[0].Source)
	}
	fmt.Fprintln(s.out)
	for _, f := range d.Fields {
		row := []cell{{text: f.Path}, {f.Value, strong}, {text: f.Meaning}}
		if len(sources) > 1 {
			row = append(row, cell{f.Source, faint})
		}
		t.add(row...)
	}
	s.table(s.out, t)
}

package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reader fills a Config and gathers what is wrong.
type reader struct {
	config   *Config
	env      map[string]string
	used     map[string]bool // variables that are read under another name, such as those of password_env
	problems []Problem
}

func newReader(path string, env []string) *reader {
	return &reader{config: &Config{File: path, given: map[string]place{}}, env: environ(env), used: map[string]bool{}}
}

func (r *reader) lookup(name string) string { return r.env[name] }

func (r *reader) sorted() []Problem { return sortProblems(r.problems) }

func (r *reader) report(at place, key string, severity Severity, format string, args ...any) {
	r.problems = append(r.problems, problemAt(at, r.config.File, key, severity, fmt.Sprintf(format, args...)))
}

func (r *reader) wrong(n *yaml.Node, key, format string, args ...any) {
	r.report(place{line: n.Line, column: n.Column}, key, SeverityError, format, args...)
}

// yamlLine finds the line in the text of a syntax error; the library tells it nowhere else.
var yamlLine = regexp.MustCompile(`^yaml: line ([0-9]+): (.*)$`)

// file reads the whole file; false means that there is nothing to go on with.
func (r *reader) file(text []byte) bool {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		r.report(place{}, "", SeverityError, "the settings file is empty; svcgate check-config --print-default writes an example")
		return false
	case err != nil:
		at, sentence := place{}, strings.TrimPrefix(err.Error(), "yaml: ")
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			at.line, _ = strconv.Atoi(m[1])
			at.column, sentence = 1, m[2]
		}
		r.report(at, "", SeverityError, "this is not YAML: %s", sentence)
		return false
	}
	var second yaml.Node
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		r.wrong(&second, "", "a second document begins here; the settings are one")
	}
	r.section(document.Content[0], "", "", target{c: r.config})
	return true
}

// section reads a mapping. name is the section as the table has it, key the same with the entry's number.
func (r *reader) section(n *yaml.Node, name, key string, t target) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.wrong(n, key, "want keys and values here, such as \"listen: 127.0.0.1:8080\"")
		return
	}
	here, inner := keysBelow(name)
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		label, content := n.Content[i], n.Content[i+1]
		if label.Kind != yaml.ScalarNode || label.Tag == "!!merge" {
			r.wrong(label, key, "anchors, aliases and merges are not read; write the settings out")
			continue
		}
		full := join(key, label.Value)
		if line, twice := seen[label.Value]; twice {
			r.wrong(label, full, "key %q stands here for a second time; first in line %d", clip(label.Value), line)
			continue
		}
		seen[label.Value] = label.Line
		switch row := here[label.Value]; {
		case row != nil:
			r.scalar(row, full, content, t)
		case slices.Contains(inner, label.Value):
			r.inner(join(name, label.Value), full, content, t)
		default:
			r.unknown(label, full, here, inner)
		}
	}
}

func (r *reader) inner(name, key string, n *yaml.Node, t target) {
	if name != "services" {
		r.section(n, strings.Replace(name, "services.", "services[].", 1), key, t)
		return
	}
	r.config.given[key] = place{line: n.Line, column: n.Column}
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, key, "want a list of services, each beginning with a dash: \"- code: RLT\"")
		return
	}
	for i, entry := range n.Content {
		s := &Service{}
		key := fmt.Sprintf("services[%d]", i)
		r.config.Services = append(r.config.Services, s)
		r.config.given[key] = place{line: entry.Line, column: entry.Column}
		r.section(entry, "services", key, target{c: r.config, s: s})
	}
}

func (r *reader) unknown(label *yaml.Node, key string, here map[string]*Key, inner []string) {
	names := slices.Clone(inner)
	for name := range here {
		names = append(names, name)
	}
	slices.Sort(names)
	hint := ""
	switch near := Nearest(label.Value, names); {
	case label.Value == "password" || label.Value == "bearer_token":
		hint = fmt.Sprintf("; write the secret into a file and name it in %q", label.Value+"_file")
	case near != "":
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	r.wrong(label, key, "unknown key %q%s", clip(label.Value), hint)
}

func (r *reader) scalar(row *Key, key string, n *yaml.Node, t target) {
	at := place{line: n.Line, column: n.Column}
	r.config.given[key] = at
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.wrong(n, key, "anchors and aliases are not read; write the value out")
		return
	case n.Kind == yaml.SequenceNode && row.value.list:
		r.list(row, key, n, at, t)
		return
	case n.Kind != yaml.ScalarNode:
		r.wrong(n, key, "%s: want %s, not a list or a section", last(key), row.article())
		return
	case n.Tag == "!!null":
		r.wrong(n, key, "%s has no value; give one or take the line out", last(key))
		return
	case !slices.Contains(row.value.tags, n.Tag):
		hint := ""
		if n.Tag == "!!bool" {
			hint = "; put quotes around it if it is meant as text"
		}
		if slices.Equal(row.value.tags, tagNumber) && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			hint = " without quotes"
		}
		r.wrong(n, key, "%s: want %s%s", last(key), row.article(), hint)
		return
	}
	r.put(row, key, n.Value, at, t)
}

// list reads a list's entries as put reads them from a variable.
func (r *reader) list(row *Key, key string, n *yaml.Node, at place, t target) {
	entries := make([]string, len(n.Content))
	for i, entry := range n.Content {
		if entry.Kind != yaml.ScalarNode || entry.Anchor != "" || !slices.Contains(row.value.tags, entry.Tag) || strings.Contains(entry.Value, ",") {
			r.wrong(entry, key, "%s: want %s", last(key), row.article())
			return
		}
		entries[i] = entry.Value
	}
	r.put(row, key, strings.Join(entries, ","), at, t)
}

// put reads a value from the file or the environment.
func (r *reader) put(row *Key, key, text string, at place, t target) {
	if row.Choices != nil && !slices.Contains(row.Choices, text) {
		hint := ""
		if near := Nearest(text, row.Choices); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		r.report(at, key, SeverityError, "%s: want one of %s%s", last(key), strings.Join(row.Choices, ", "), hint)
		return
	}
	if err := row.value.set(t, text, r); err != nil {
		r.report(at, key, SeverityError, "%s: %v", last(key), err)
	}
}

func (k Key) article() string {
	switch {
	case k.Choices != nil, k.value.name == "text", k.value.name == "true or false", k.value.name == "yes or no":
		return k.Type
	}
	return "a " + k.Type
}

func join(section, name string) string {
	if section == "" {
		return name
	}
	return section + "." + name
}

// last is the part of a key that stands in its line.
func last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// clip keeps an unknown key from filling the screen.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}

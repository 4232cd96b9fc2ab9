package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// clientVariables are read by the commands that talk to a running server, or by nobody here.
var clientVariables = []string{"SVCGATE_ADMIN", "SVCGATE_CONFIG", "SVCGATE_SERVER", "SVCGATE_TOKEN"}

// environment lays SVCGATE_ variables over the file.
func (r *reader) environment() {
	known := map[string]func(name, text string){}
	for i := range keys {
		row := &keys[i]
		if !strings.HasPrefix(row.Name, "services[]") {
			known[row.Variable("")] = func(name, text string) {
				r.override(row, row.Name, name, text, target{c: r.config})
			}
			continue
		}
		for n, s := range r.config.Services {
			if s.Code == "" || row.Name == "services[].code" {
				continue
			}
			key := strings.Replace(row.Name, "[]", fmt.Sprintf("[%d]", n), 1)
			known[row.Variable(s.Code)] = func(name, text string) {
				r.override(row, key, name, text, target{c: r.config, s: s})
			}
		}
	}
	names := slices.Sorted(maps.Keys(known))
	for _, name := range names {
		switch text, set := r.env[name]; {
		case set && text == "":
			r.report(place{variable: name}, "", SeverityWarning, "the variable is empty and counts as unset")
		case set:
			known[name](name, text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.env)) {
		if known[name] != nil || !strings.HasPrefix(name, prefix) || slices.Contains(clientVariables, name) || r.used[name] {
			continue
		}
		hint := ""
		if near := Nearest(name, names); near != "" {
			hint = "; did you mean " + near + "?"
		}
		r.report(place{variable: name}, "", SeverityWarning, "no setting has this name, so it does nothing%s", hint)
	}
}

// override gives a key the environment's value, and drops what the file's value had wrong.
func (r *reader) override(row *Key, key, name, text string, t target) {
	r.problems = slices.DeleteFunc(r.problems, func(p Problem) bool { return p.Key == key && p.Line != 0 })
	at := place{variable: name}
	r.config.given[key] = at
	r.put(row, key, text, at, t)
}

package api

import (
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// plainName is the sort of name that may be shown again: without digits it holds no card number.
var plainName = regexp.MustCompile(`^[A-Za-z_]{1,32}$`)

// safeName returns a name that a caller made up, or "" when it is not fit to be shown.
func safeName(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return ""
}

// named gives " name" for a sentence, and nothing for a name that is not fit to be shown.
func named(name string) string {
	if safeName(name) == "" {
		return " of this name"
	}
	return " " + name
}

// known lists the names that would have been right.
func known(names []string) string {
	if len(names) == 0 {
		return " It takes none."
	}
	return " It takes " + strings.Join(names, ", ") + "."
}

// field turns a JSON pointer into the path that problems name: "card.number". It stops before a name that is not fit
// to be shown.
func field(p jsontext.Pointer) string {
	var path []string
	for name := range p.Tokens() {
		if safeName(name) == "" {
			break
		}
		path = append(path, name)
	}
	return strings.Join(path, ".")
}

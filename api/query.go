package api

import (
	"net/url"
	"slices"

	"github.com/svcgate/svcgate"
)

// readQuery takes the query's parameters: those that the route knows, each at most once and not empty.
func (c *call) readQuery() error {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_query",
			Detail: "The query is not name=value pairs joined by &, percent-encoded."}
	}
	c.query = map[string]string{}
	for _, name := range sorted(values) {
		switch {
		case !slices.Contains(c.route.query, name):
			return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unknown_parameter", Field: safeName(name),
				Detail: "There is no query parameter" + named(name) + " here." + known(c.route.query)}
		case len(values[name]) > 1:
			return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "repeated_parameter", Field: name,
				Detail: "Give the query parameter " + name + " once."}
		case values[name][0] == "":
			return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_parameter", Field: name,
				Detail: "Give the query parameter " + name + " a value or leave it out."}
		}
		c.query[name] = values[name][0]
	}
	return nil
}

func sorted(values url.Values) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

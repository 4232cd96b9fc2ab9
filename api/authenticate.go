package api

import (
	"net/http"
	"strings"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// isBearer reports whether a text looks like a token (RFC 6750, section 2.1), within bounds.
func isBearer(text string) bool {
	text = strings.TrimRight(text, "=")
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && strings.IndexByte("._~+/-", c) < 0 {
			return false
		}
	}
	return len(text) >= 8 && len(text) <= 256
}

// authenticate finds out who calls and whether the route is theirs to use. Whatever is not granted is refused.
func (a *API) authenticate(c *call) error {
	if c.route.permission == public {
		return nil
	}
	text, err := bearer(c.r.Header)
	if err != nil {
		c.header.Set("WWW-Authenticate", `Bearer realm="svcgate"`)
		return err
	}
	token, err := a.Tokens.TokenByHash(c.r.Context(), access.HashToken(text))
	switch {
	case err != nil && svcgate.CodeOf(err) == svcgate.CodeNotFound, err == nil && (token.Name == "" || !token.Good()):
		c.header.Set("WWW-Authenticate", `Bearer realm="svcgate", error="invalid_token"`)
		return &svcgate.Error{Code: svcgate.CodeUnauthenticated, Reason: "token_invalid",
			Detail: "This token is not known or was revoked. Ask an administrator for a new one.", Err: err}
	case err != nil:
		return &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "tokens_unavailable", Op: "finding the token",
			Detail: "The token could not be looked up; nothing was done. Try again.", Err: err}
	}
	c.caller, c.Caller, c.Role = token, token.Name, string(token.Role)
	if !token.Role.May(c.route.permission) {
		return &svcgate.Error{Code: svcgate.CodeForbidden, Reason: "permission_missing",
			Detail: "This needs the permission " + string(c.route.permission) + ", which the role " + string(token.Role) + " does not have."}
	}
	return nil
}

// bearer returns the token of the one Authorization header.
func bearer(h http.Header) (string, error) {
	given := h.Values("Authorization")
	if len(given) == 0 {
		return "", &svcgate.Error{Code: svcgate.CodeUnauthenticated, Reason: "token_required",
			Detail: "Send the header Authorization: Bearer followed by your token."}
	}
	scheme, text, _ := strings.Cut(given[0], " ")
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") || !isBearer(text) {
		return "", &svcgate.Error{Code: svcgate.CodeUnauthenticated, Reason: "token_malformed",
			Detail: "Send one header Authorization: Bearer, one space and your token."}
	}
	return text, nil
}

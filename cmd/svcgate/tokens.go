package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/store"
)

func tokensCommand(s *shell) *cobra.Command {
	c := parent("tokens", "Make, list and revoke the tokens of callers",
		createTokenCommand(s), listTokensCommand(s), revokeTokenCommand(s))
	c.Long = "Keeps the tokens by which callers are known. Only their hashes are kept: a token is shown once, when it is made.\n" +
		"The first token is made in the database itself (--config or --database), before serve opens it; later ones at the\n" +
		"running server with an administrator's token."
	return c
}

// tokenKeeper keeps tokens: a *store.Store, or a client of the server that has it open.
type tokenKeeper interface {
	Tokens(ctx context.Context) ([]access.Token, error)
	PutToken(ctx context.Context, t access.Token, hash string) error
	RevokeToken(ctx context.Context, name string) error
}

// withTokens runs work on the tokens at the location.
func (s *shell) withTokens(c *cobra.Command, l *location, work func(tokenKeeper) error) error {
	remote, err := l.resolve(c, s)
	if err != nil {
		return err
	}
	if !remote {
		return l.open(c.Context(), s, func(db *store.Store, _ []string) error { return work(db) })
	}
	server, err := s.client(l.serverFlags)
	if err != nil {
		return err
	}
	return work(remoteTokens{server})
}

func createTokenCommand(s *shell) *cobra.Command {
	l, role, asJSON := &location{makes: true}, "", false
	c := &cobra.Command{
		Use:   "create NAME --role ROLE",
		Short: "Make a token and show it once",
		Long:  "Makes a token and prints it to standard output. Names are never given twice, because the journal names callers by\nthem. Roles:\n" + roleHelp(access.TokenRoles()),
		Example: "  umask 077; svcgate tokens create oms --role oms --config svcgate.yaml > oms.token\n" +
			"  svcgate tokens create ann --role operator --server http://127.0.0.1:8080 --token-file admin.token",
		Args: arguments(1, 1, "the name of the token"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := needFlag(c, "role", role); err != nil {
				return err
			}
			t := access.Token{Name: args[0], Role: access.Role(role), Created: time.Now().UTC().Truncate(time.Millisecond)}
			if err := t.ValidateNew(); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return s.withTokens(c, l, func(keeper tokenKeeper) error {
				text, hash := access.NewToken()
				if err := keeper.PutToken(c.Context(), t, hash); err != nil {
					return err
				}
				if asJSON {
					return s.json(map[string]string{"name": t.Name, "role": role, "token": text})
				}
				if _, err := fmt.Fprintln(s.out, text); err != nil {
					return fail(exitFailed, "token %s was made and could not be shown: %w; revoke it and make one of another name", t.Name, err)
				}
				s.tell("token %s made with role %s; it is not shown again", t.Name, t.Role)
				return nil
			})
		},
	}
	l.add(c)
	c.Flags().StringVar(&role, "role", "", "one of "+roleNames(access.TokenRoles()))
	jsonFlag(c, &asJSON)
	return c
}

func roleNames(roles []access.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, string(r))
	}
	return join(names)
}

func roleHelp(roles []access.Role) string {
	var b strings.Builder
	for _, r := range roles {
		var may []string
		for _, p := range access.Permissions() {
			if r.May(p) {
				may = append(may, string(p))
			}
		}
		fmt.Fprintf(&b, "  %-14s %s\n", r, join(may))
	}
	return strings.TrimRight(b.String(), "\n")
}

func join(words []string) string { return strings.Join(words, ", ") }

// tokenRow is how a token is listed.
type tokenRow struct {
	Name    string     `json:"name"`
	Role    string     `json:"role"`
	Created time.Time  `json:"created_at"`
	Revoked *time.Time `json:"revoked_at"`
}

func newTokenRow(t access.Token) tokenRow {
	row := tokenRow{Name: t.Name, Role: string(t.Role), Created: t.Created.UTC()}
	if !t.Good() {
		row.Revoked = new(t.Revoked.UTC())
	}
	return row
}

func listTokensCommand(s *shell) *cobra.Command {
	l, asJSON := &location{}, false
	c := &cobra.Command{
		Use:   "list",
		Short: "List the tokens, without their texts",
		Args:  arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withTokens(c, l, func(keeper tokenKeeper) error {
				tokens, err := keeper.Tokens(c.Context())
				if err != nil {
					return err
				}
				rows := make([]tokenRow, len(tokens))
				out := &table{head: []string{"NAME", "ROLE", "CREATED", "REVOKED"}}
				for i, t := range tokens {
					rows[i] = newTokenRow(t)
					revoked := ""
					if !t.Good() {
						revoked = t.Revoked.UTC().Format(time.RFC3339)
					}
					out.add(cell{text: t.Name}, cell{text: string(t.Role)}, cell{text: t.Created.UTC().Format(time.RFC3339)}, cell{revoked, odd})
				}
				if asJSON {
					return s.json(rows)
				}
				s.table(s.out, out)
				return nil
			})
		},
	}
	l.add(c)
	jsonFlag(c, &asJSON)
	return c
}

func revokeTokenCommand(s *shell) *cobra.Command {
	l := &location{}
	c := &cobra.Command{
		Use:   "revoke NAME",
		Short: "Make a token useless from now on",
		Args:  arguments(1, 1, "the name of the token"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.withTokens(c, l, func(keeper tokenKeeper) error {
				if err := keeper.RevokeToken(c.Context(), args[0]); err != nil {
					return err
				}
				s.tell("token %s revoked", args[0])
				return nil
			})
		},
	}
	l.add(c)
	return c
}

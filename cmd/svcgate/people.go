package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/store"
)

func peopleCommand(s *shell) *cobra.Command {
	c := parent("people", "Invite, change and disable the people of the console",
		bootstrapCommand(s), listPeopleCommand(s), addPersonCommand(s), roleCommand(s), disableCommand(s), enableCommand(s), resetCommand(s))
	c.Long = "Keeps the people who sign in at the console. There is no account to begin with: bootstrap prints a link, good once\n" +
		"and for 15 minutes, by which the first person comes in, as security-admin; that person invites the others. What is\n" +
		"done here is done in the database itself (--config or --database) or, once serve has it open, at the running server\n" +
		"with a token that may keep people."
	return c
}

// peopleKeeper keeps people: the door of a database, or a client of the server that has it open.
type peopleKeeper interface {
	People(ctx context.Context) ([]access.Person, error)
	Add(ctx context.Context, by string, p access.Person) (access.Link, error)
	SetRoles(ctx context.Context, by, name string, roles []access.Role) error
	Disable(ctx context.Context, by, name string) error
	Enable(ctx context.Context, by, name string) error
	Reset(ctx context.Context, by, name string) (access.Link, error)
}

// withPeople runs work on the people at the location. console is where browsers find the console; "" when only the
// settings know.
func (s *shell) withPeople(c *cobra.Command, l *location, work func(keeper peopleKeeper, console string) error) error {
	remote, err := l.resolve(c, s)
	if err != nil {
		return err
	}
	if !remote {
		return l.open(c.Context(), s, func(db *store.Store, _ []string) error { return work(newDoor(db, nil, nil), l.console) })
	}
	server, err := s.client(l.serverFlags)
	if err != nil {
		return err
	}
	return work(remotePeople{server}, server.base)
}

// consoleAddress is where browsers find the console of the settings.
func consoleAddress(c *config.Config) string {
	if c.Console.URL != "" {
		return strings.TrimRight(c.Console.URL, "/")
	}
	return "http://" + c.Listen
}

// showLink prints a one-time link to standard output and says to people what it is.
func (s *shell) showLink(l access.Link, console string, asJSON bool) error {
	if asJSON {
		return s.json(map[string]any{"name": l.Person, "kind": l.Kind, "link": console + l.Path(), "expires_at": l.Expires.UTC().Format(time.RFC3339)})
	}
	if _, err := fmt.Fprintln(s.out, console+l.Path()); err != nil {
		return fail(exitFailed, "the link was made and could not be shown: %w; make another one", err)
	}
	who := "whoever is to be the first person"
	if l.Person != "" {
		who = l.Person
	}
	s.tell("this link is for %s alone; it is good once, until %s, and not shown again", who, l.Expires.UTC().Format(time.RFC3339))
	if console == "" {
		s.tell("put the console's address before it")
	}
	return nil
}

func bootstrapCommand(s *shell) *cobra.Command {
	l, asJSON := &location{makes: true}, false
	c := &cobra.Command{
		Use:   "bootstrap (--config FILE | --database FILE)",
		Short: "Make the link by which the first person comes in",
		Long: "Prints a link by which the first person chooses a name and a password and becomes security-admin. It is good once,\n" +
			"for 15 minutes, and only while there is nobody; start the server within that time. Run again, it takes the place of\n" +
			"the link before.",
		Example: "  svcgate people bootstrap --config svcgate.yaml && svcgate serve --config svcgate.yaml",
		Args:    arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := l.here(c, s); err != nil {
				return err
			}
			return l.open(c.Context(), s, func(db *store.Store, _ []string) error {
				link, err := newDoor(db, nil, nil).Bootstrap(c.Context(), actorCommand)
				if err != nil {
					return err
				}
				return s.showLink(link, l.console, asJSON)
			})
		},
	}
	l.addHere(c)
	jsonFlag(c, &asJSON)
	return c
}

func addPersonCommand(s *shell) *cobra.Command {
	l, roles, full, asJSON := &location{makes: true}, []string(nil), "", false
	c := &cobra.Command{
		Use:   "add NAME --role ROLE[,ROLE...]",
		Short: "Invite a person: prints a link to choose a password by",
		Long:  "Prints a link by which the person chooses a password within 24 hours. Names are never given twice, to people or\ntokens, because the audit trail names people by them. Roles:\n" + roleHelp(access.PersonRoles()),
		Example: "  svcgate people add ann --role operator,approver --full-name \"Ann Example\" --config svcgate.yaml\n" +
			"  svcgate people add bert --role viewer --server http://127.0.0.1:8080 --token-file admin.token",
		Args: arguments(1, 1, "the name of the person"),
		RunE: func(c *cobra.Command, args []string) error {
			p := access.Person{Name: args[0], FullName: full, Roles: toRoles(roles)}
			if err := p.ValidateNew(); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return s.withPeople(c, l, func(keeper peopleKeeper, console string) error {
				link, err := keeper.Add(c.Context(), actorCommand, p)
				if err != nil {
					return err
				}
				return s.showLink(link, console, asJSON)
			})
		},
	}
	l.add(c)
	c.Flags().StringSliceVar(&roles, "role", nil, "one or more of "+roleNames(access.PersonRoles()))
	c.Flags().StringVar(&full, "full-name", "", "the name that the console shows")
	jsonFlag(c, &asJSON)
	return c
}

func toRoles(names []string) []access.Role {
	var roles []access.Role
	for _, name := range names {
		roles = append(roles, access.Role(name))
	}
	return roles
}

func roleCommand(s *shell) *cobra.Command {
	l := &location{}
	c := &cobra.Command{
		Use:     "role NAME ROLE[,ROLE...]",
		Short:   "Give a person other roles",
		Long:    "Gives a person these roles and no others. Their sessions end. Roles:\n" + roleHelp(access.PersonRoles()),
		Example: "  svcgate people role ann viewer,code-editor --config svcgate.yaml",
		Args:    arguments(2, 2, "the name of the person and the roles"),
		RunE: func(c *cobra.Command, args []string) error {
			roles := toRoles(strings.Split(args[1], ","))
			if err := access.CheckRoles(roles); err != nil {
				return fail(exitUsage, "%w", err)
			}
			return s.withPeople(c, l, func(keeper peopleKeeper, _ string) error {
				if err := keeper.SetRoles(c.Context(), actorCommand, args[0], roles); err != nil {
					return err
				}
				s.tell("%s is %s", args[0], args[1])
				return nil
			})
		},
	}
	l.add(c)
	return c
}

func disableCommand(s *shell) *cobra.Command {
	return s.onePersonCommand("disable", "Shut a person out: sessions and links end at once", func(ctx context.Context, keeper peopleKeeper, name string) error {
		return keeper.Disable(ctx, actorCommand, name)
	})
}

func enableCommand(s *shell) *cobra.Command {
	return s.onePersonCommand("enable", "Let a disabled person in again", func(ctx context.Context, keeper peopleKeeper, name string) error {
		return keeper.Enable(ctx, actorCommand, name)
	})
}

func (s *shell) onePersonCommand(word, short string, change func(ctx context.Context, keeper peopleKeeper, name string) error) *cobra.Command {
	l := &location{}
	c := &cobra.Command{
		Use:   word + " NAME",
		Short: short,
		Args:  arguments(1, 1, "the name of the person"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.withPeople(c, l, func(keeper peopleKeeper, _ string) error {
				if err := change(c.Context(), keeper, args[0]); err != nil {
					return err
				}
				s.tell("%s %sd", args[0], word)
				return nil
			})
		},
	}
	l.add(c)
	return c
}

func resetCommand(s *shell) *cobra.Command {
	l, asJSON := &location{}, false
	c := &cobra.Command{
		Use:   "reset NAME",
		Short: "Take a person's password and second factor away: prints a link to choose a new password by",
		Args:  arguments(1, 1, "the name of the person"),
		RunE: func(c *cobra.Command, args []string) error {
			return s.withPeople(c, l, func(keeper peopleKeeper, console string) error {
				link, err := keeper.Reset(c.Context(), actorCommand, args[0])
				if err != nil {
					return err
				}
				return s.showLink(link, console, asJSON)
			})
		},
	}
	l.add(c)
	jsonFlag(c, &asJSON)
	return c
}

func listPeopleCommand(s *shell) *cobra.Command {
	l, asJSON := &location{}, false
	c := &cobra.Command{
		Use:   "list",
		Short: "List the people, the disabled too",
		Args:  arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withPeople(c, l, func(keeper peopleKeeper, _ string) error {
				people, err := keeper.People(c.Context())
				if err != nil {
					return err
				}
				return s.showPeople(people, asJSON)
			})
		},
	}
	l.add(c)
	jsonFlag(c, &asJSON)
	return c
}

func (s *shell) showPeople(people []access.Person, asJSON bool) error {
	rows := make([]personRow, len(people))
	out := &table{head: []string{"NAME", "ROLES", "SECOND FACTOR", "LAST SEEN", "STATE"}}
	for i, p := range people {
		rows[i] = newPersonRow(p)
		factor, seen, state := "no", "", cell{text: "good"}
		if p.HasTOTP {
			factor = "yes"
		}
		if !p.LastSeen.IsZero() {
			seen = p.LastSeen.UTC().Format(time.RFC3339)
		}
		switch {
		case !p.Disabled.IsZero():
			state = cell{"disabled", odd}
		case !p.Good():
			state = cell{"invited", faint}
		}
		var roles []string
		for _, r := range p.Roles {
			roles = append(roles, string(r))
		}
		out.add(cell{text: p.Name}, cell{text: join(roles)}, cell{text: factor}, cell{text: seen}, state)
	}
	if asJSON {
		return s.json(rows)
	}
	s.table(s.out, out)
	return nil
}

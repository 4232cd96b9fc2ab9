package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/simulator"
)

// simEpoch is when the ids of simulators without a seed begin: they grow by ten a second, so that no later one repeats
// an id unless it is asked for more than that.
var simEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func simCommand(s *shell) *cobra.Command {
	listen, passwordFile := "127.0.0.1:8082", ""
	settings := simulator.Config{Cards: simulator.DemoCards(), Series: simulator.DemoSeries()}
	var switches []string
	c := &cobra.Command{
		Use:   "sim",
		Short: "Play the provider until interrupted",
		Long: "Plays Oracle Retail Customer Engagement: cards, accounts, holds, a ledger, and faults on request. Its address takes\n" +
			"messages as the provider's would; GET / on it lists the routes that control it. Without --seed each start\n" +
			"gives other card numbers and later ids, as a provider would to whom a gateway comes back with its old journal.\n\n" +
			"Switches (--switch name=value), the other reading of what the provider's documents leave open:\n" + switchHelp(),
		Example: "  svcgate sim --listen 127.0.0.1:8082 --switch partial-refused=true",
		Args:    arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("seed") {
				settings.Seed, settings.FirstTransactionID = uint64(time.Now().UnixNano()), time.Since(simEpoch).Milliseconds()/100
			}
			if err := setSwitches(&settings.Switches, switches); err != nil {
				return err
			}
			if passwordFile != "" {
				password, err := readSecret(s, passwordFile)
				if err != nil {
					return err
				}
				settings.Password = secret.New(password)
			}
			return s.sim(c.Context(), listen, settings)
		},
	}
	c.Flags().StringVar(&listen, "listen", listen, "address to listen on")
	c.Flags().Uint64Var(&settings.Seed, "seed", settings.Seed, "seed of numbers and luck: the same seed gives the same (default: another each time)")
	c.Flags().StringArrayVar(&switches, "switch", nil, "set a switch, as name=value; may be given often")
	c.Flags().StringVar(&settings.Username, "username", "", "want this user in HTTP Basic authentication")
	c.Flags().StringVar(&passwordFile, "password-file", "", "file with that user's password")
	return c
}

func switchHelp() string {
	var b strings.Builder
	for _, row := range simulator.SwitchTable() {
		fmt.Fprintf(&b, "  %-28s %s (%s)\n", row.Name, row.Help, row.Default)
	}
	return strings.TrimRight(b.String(), "\n")
}

func setSwitches(to *simulator.Switches, given []string) error {
	var names []string
	for _, row := range simulator.SwitchTable() {
		names = append(names, row.Name)
	}
	for _, text := range given {
		name, value, found := strings.Cut(text, "=")
		if !found {
			return fail(exitUsage, "--switch wants name=value, such as partial-refused=true")
		}
		if err := to.Set(name, value); err != nil {
			if near := config.Nearest(name, names); near != "" && near != name {
				return fail(exitUsage, "%w; did you mean %q?", err, near)
			}
			return fail(exitUsage, "%w", err)
		}
	}
	return nil
}

// simLimit bounds reading and writing of one exchange with the simulator, whose delays go up to two minutes.
const simLimit = 3 * time.Minute

func (s *shell) sim(ctx context.Context, listen string, c simulator.Config) error {
	stop, url, err := startSim(ctx, listen, c)
	if err != nil {
		return err
	}
	s.tell("%s %s/relateui/OMS/xmlapi", s.paint(strong, "provider "), url)
	s.tell("%s %d", s.paint(strong, "seed     "), c.Seed)
	s.tell("%s %s/", s.paint(strong, "controls "), url)
	t := &table{head: []string{"CARD", "WHAT IT IS"}}
	for _, card := range c.Cards {
		t.add(cells(testCard(card), card.Label)...)
	}
	s.table(s.out, t)
	<-ctx.Done()
	return stop()
}

// testCard gives a demonstration card's number, which is made up and belongs to nobody, from its last four digits.
func testCard(c simulator.CardSpec) string {
	card, err := svcgate.ParseCard(c.Number)
	if err != nil {
		return c.Number.String()
	}
	return simulator.MagicCardLead + card.Last4()
}

// startSim runs a simulator on an address until stop is called.
func startSim(ctx context.Context, listen string, c simulator.Config) (stop func() error, url string, err error) {
	sim, err := simulator.New(c)
	if err != nil {
		return nil, "", fail(exitUsage, "%w", err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		sim.Close()
		return nil, "", cannotListen("the simulator", err)
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: readHeaderLimit, ReadTimeout: simLimit, WriteTimeout: simLimit}
	var work sync.WaitGroup
	var broken error
	work.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			broken = err
		}
	})
	return func() error {
		sim.Close()
		err := server.Close()
		work.Wait()
		return errors.Join(err, broken)
	}, "http://" + listener.Addr().String(), nil
}

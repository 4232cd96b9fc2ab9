// Command svcgate is the gateway between an order management system and stored value cards: the server, a demonstration
// of it, a simulator of the provider, and the tools to look at and keep them. "svcgate help" lists the commands.
//
// Data goes to standard output and everything for people to standard error. The exit statuses are those of exit.go.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, newShell(os.Stdin, os.Stdout, os.Stderr, os.Environ()), os.Args[1:]))
}

// Command hubbub is live-stream chat that reads the room: the server in all its
// roles, the load lab and the operator's tools. See hubbub --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/hubbub-live/hubbub/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := cli.Run(&cli.Env{
		Context: ctx,
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Getenv:  os.Getenv,
	}, os.Args[1:])
	stop()
	os.Exit(status)
}

// Command local runs hubbub in all its roles on all engines, on this machine alone:
// see local --help.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/hubbub-live/hubbub/cluster/deployment"
)

const usage = `usage: local up|down|status|run [flags]

  up      start a cluster in the background, and wait until all of it is ready
  down    stop it; its data stays
  status  show its processes
  run     start a cluster in the foreground, until SIGTERM or Ctrl-C

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:], os.Stdout)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// command does what the command line says.
func command(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	o := deployment.DefaultOptions()
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.Dir, "dir", o.Dir, "where its data, logs and ports are kept")
	flags.StringVar(&o.Listen, "listen", o.Listen, "its one address, on loopback")
	flags.StringVar(&o.Hubbub, "hubbub", o.Hubbub, "the binary")
	flags.StringVar(&o.Prefix, "prefix", o.Prefix, "before all names in the engines")
	flags.IntVar(&o.Chat, "chat", o.Chat, "how many chat servers")
	flags.IntVar(&o.Relay, "relay", o.Relay, "how many relays")
	flags.IntVar(&o.TaskManagers, "task-managers", o.TaskManagers, "how many TaskManagers Flink has, of one slot each; 0: there is no Flink")
	reportTo := flags.Int("report-to", -1, "for up alone: the file in which run reports")
	name := args[0]
	if name == "--help" || name == "-h" {
		flags.Usage()
		return flag.ErrHelp
	}
	if err := flags.Parse(args[1:]); err != nil {
		return flag.ErrHelp // it was said
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes no %q", name, flags.Args())
	}
	switch name {
	case "up":
		return up(ctx, o, stdout)
	case "down":
		return down(ctx, o.Dir, stdout)
	case "status":
		return status(o.Dir, stdout)
	case "run":
		return run(ctx, o, reporterTo(*reportTo, stdout))
	}
	return fmt.Errorf("there is no %q; there are up, down, status and run", name)
}

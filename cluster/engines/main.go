// Command engines installs all engines into the cache, a line per step. What is
// there already takes no time.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hubbub-live/hubbub/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := installAll(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func installAll(ctx context.Context) error {
	for _, step := range cluster.Installers {
		began := time.Now()
		if err := step.Install(ctx); err != nil {
			return err
		}
		fmt.Printf("%-12s %5.1f s\n", step.Engine, time.Since(began).Seconds())
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/deployment"
	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// A stand is a cluster that runs, in a folder of its own.
type stand struct {
	*deployment.Deployment
	secret string // of tokens
}

// onCluster has use work with a fresh cluster of two chat servers, and ends it.
func (p program) onCluster(ctx context.Context, use func(*stand) error) error {
	folder, err := os.MkdirTemp("", "hubbub-reach-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	port, err := loopback.FreePort()
	if err != nil {
		return err
	}
	o, err := deployment.Options{Dir: folder, Listen: loopback.Address(port), Hubbub: p.path, Chat: 2, Relay: 2}.Check()
	if err != nil {
		return err
	}
	d, err := deployment.Prepare(ctx, o, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	s := &stand{Deployment: d}
	defer s.kill()
	if err := s.start(ctx); err != nil {
		return fmt.Errorf("start a cluster: %w", err)
	}
	return use(s)
}

// start starts all, with the limits off: all of a load comes from one place.
func (s *stand) start(ctx context.Context) error {
	key, err := os.ReadFile(filepath.Join(s.Dir, "jwt-secret"))
	if err != nil {
		return err
	}
	s.secret = string(key)
	for _, stage := range s.Stages {
		if stage.Errand != nil {
			if err := stage.Errand.Run(ctx); err != nil {
				return err
			}
			for _, role := range stage.Processes {
				role.Env = append(role.Env, "HUBBUB_ROOMS=any", "HUBBUB_MESSAGE_RATE=0", "HUBBUB_CONNECT_RATE=0", "HUBBUB_GUEST_RATE=0")
			}
		}
		var all errgroup.Group
		for _, process := range stage.Processes {
			all.Go(func() error { return process.Start(ctx) })
		}
		if err := all.Wait(); err != nil {
			return err
		}
	}
	return nil
}

func (s *stand) kill() {
	for _, stage := range slices.Backward(s.Stages) {
		for _, process := range stage.Processes {
			if err := process.Kill(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
}

// roles are the processes of hubbub whose names begin so; "": all.
func (s *stand) roles(prefix string) (list []*cluster.Process) {
	for _, stage := range s.Stages {
		for _, process := range stage.Processes {
			if stage.Errand != nil && strings.HasPrefix(process.Name, prefix) {
				list = append(list, process)
			}
		}
	}
	return list
}

func address(role *cluster.Process) string { return "http://" + loopback.Address(role.Ports[0]) }

// warmUp is how long a cluster has the load before it is measured: JVMs that just started
// are slow.
const warmUp = time.Minute

// clusterReference loads a cluster as the reference report does, by the lab.
func (p program) clusterReference(ctx context.Context, load loadTest) []figure {
	figures := []figure{
		{what: "the run is valid", required: 1, least: true},
		{what: "viewers held for the whole run", required: 500, least: true},
		{what: "analysis lag after the ramp-up, most", required: 750, unit: "records"},
		{what: "archive lag after the ramp-up, most", required: 750, unit: "records"},
		{what: "every lag 0 after the last SEND", required: 5, unit: "s"},
		{what: "delivery p99, from the instant it was due", required: 250, unit: "ms"},
		{what: "SEND to RECEIPT p99", required: 100, unit: "ms"},
	}
	rows := []string{"", "Max users", "Analysis lag", "Archive lag", "Drain", "Delivery p99", "SEND to RECEIPT p99"}
	err := p.onCluster(ctx, func(s *stand) error {
		var metrics []string
		for _, role := range s.roles("") {
			metrics = append(metrics, address(role)+"/metrics")
		}
		// The load goes straight to the chat servers: nginx would take a tenth of what
		// two cores have, and be two more steps for every message.
		env := []string{"API_URL=" + s.URL(), "METRICS_URLS=" + strings.Join(metrics, ",")}
		if _, err := (loadTest{steady: warmUp}).run(ctx, p.path, s.secret, "http://"+s.Shared, env...); err != nil && !errors.Is(err, errInvalid) {
			return fmt.Errorf("warm up: %w", err)
		}
		report, err := load.run(ctx, p.path, s.secret, "http://"+s.Shared, env...)
		switch {
		case err == nil:
			figures[0].measured = 1
		case report == "":
			return err
		default: // its figures are shown, and support no claim
			figures[0].err = err
		}
		for i := range figures[1:] {
			f := &figures[i+1]
			f.measured, f.err = rowOf(report, rows[i+1])
		}
		return nil
	})
	if err != nil {
		return either(figures, err)
	}
	return figures
}

var errInvalid = errors.New("the load test is not valid")

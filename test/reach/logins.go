package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub/test/api"
)

const (
	crowd    = 200
	password = "quiet lamp seven rivers"
)

// logins has a crowd log in at once, each to an account of their own, while
// somebody else reads the list of streams. This machine is exempt from the limit
// of new accounts; those of wrong passwords, 20 a minute and address and 10 an
// account, count tries that are under way too, but not this machine's address.
func (p program) logins(ctx context.Context) []figure {
	figures := []figure{
		{what: fmt.Sprintf("of %d logins at once, signed in", crowd), required: crowd, least: true},
		{what: "… memory of the server, most", required: 400, unit: "MB"},
		{what: "… other requests meanwhile, p99", required: 200, unit: "ms"},
	}
	return either(figures, p.fresh(ctx, func(server *process) (err error) {
		at := api.At(server.url)
		if err := signUp(ctx, at); err != nil {
			return err
		}
		var in, refused atomic.Int64
		others, over := make(chan []time.Duration, 1), make(chan struct{})
		go func() { others <- readStreams(ctx, at, over) }()
		err = each(crowd, func(i int) error { return logIn(ctx, at, i, &in, &refused) })
		close(over)
		waits := <-others
		if err != nil {
			return err
		}
		slices.Sort(waits)
		fmt.Fprintf(os.Stderr, "%d logins were told to come again; %d other requests, the slowest %v\n", refused.Load(), len(waits), waits[len(waits)-1])
		figures[0].measured, figures[2].measured = float64(in.Load()), waits[len(waits)*99/100].Seconds()*1000
		figures[1].measured, err = server.memory(residentMost)
		return err
	}))
}

// each runs f n times at once.
func each(n int, f func(i int) error) error {
	var g errgroup.Group
	for i := range n {
		g.Go(func() error { return f(i) })
	}
	return g.Wait()
}

func credentials(i int) map[string]string {
	return map[string]string{"username": fmt.Sprintf("somebody-%d", i), "password": password}
}

func signUp(ctx context.Context, at api.At) error {
	var g errgroup.Group
	g.SetLimit(2) // as many passwords as are hashed at once
	for i := range crowd {
		g.Go(func() error { return at.Call(ctx, http.MethodPost, "/api/v1/users/signup", credentials(i), nil) })
	}
	return g.Wait()
}

// logIn tries again as often as it is told to, and when.
func logIn(ctx context.Context, at api.At, i int, in, refused *atomic.Int64) error {
	for {
		var session struct{ AccessToken string }
		err := at.Call(ctx, http.MethodPost, "/api/v1/users/login", credentials(i), &session)
		var p *api.Problem
		switch {
		case err == nil && session.AccessToken != "":
			in.Add(1)
			return nil
		case !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || p.RetryAfter == 0:
			return fmt.Errorf("a login ends in neither a session nor an invitation to come again: %w", err)
		}
		refused.Add(1)
		select {
		case <-time.After(p.RetryAfter):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// readStreams asks every 10 ms, or as soon as the last answer is there, and
// returns the times from when it was due to ask until the answer.
func readStreams(ctx context.Context, at api.At, over <-chan struct{}) (waits []time.Duration) {
	due := time.NewTicker(10 * time.Millisecond)
	defer due.Stop()
	for {
		select {
		case <-over:
			return waits
		case began := <-due.C:
			if err := at.Call(ctx, http.MethodGet, "/api/v1/streams", nil, nil); err != nil {
				waits = append(waits, time.Hour) // is as bad as never
				continue
			}
			waits = append(waits, time.Since(began))
		}
	}
}

// Package app puts the parts together and runs them: it chooses the adapters,
// hands every part what it needs, starts and stops. It is the only importer of
// adapters, and holds no logic of its own.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/httpapi"
	"github.com/hubbub-live/hubbub/internal/obs"
)

// How long stopping may take: for connections, and for what reads the log.
const (
	partWithin  = 10 * time.Second
	farewell    = 2 * time.Second // to viewers whom other chat servers take in
	serveWithin = 5 * time.Second
)

// IO is what a process may write to, and what it is.
type IO struct {
	Stdout, Stderr io.Writer
	Version        string
}

// Run serves until ctx ends, and then stops cleanly. Once everything is up, it says
// on Stdout "hubbub is ready: URL" and, while there is no admin, on the next line
// the link by which somebody becomes the first.
func Run(ctx context.Context, o Options, out IO) error {
	a, err := New(ctx, o, out)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil //nolint:nilerr // told to stop before it was ready, as by who restarts a cluster
	}
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out.Stdout, a.greeting()); err != nil {
		return errors.Join(err, a.Stop())
	}
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
		return a.Stop()
	case err := <-a.failed:
		return errors.Join(err, a.Stop())
	}
}

func (a *App) greeting() string {
	text := fmt.Sprintf("hubbub is ready: %s\n", a.URL())
	if a.claim != "" {
		text += fmt.Sprintf("become its admin, once: %s\n", account.ClaimLink(a.URL(), a.claim))
	}
	return text
}

// An App is a running process.
type App struct {
	o        Options
	log      *slog.Logger
	registry *prometheus.Registry
	health   *obs.Health
	listener net.Listener
	doors    *doors
	closing  chan struct{} // closed when stopping begins
	failed   chan error    // a part that ended by itself
	claim    string        // the code for the first admin; "": there is one
	moving   bool          // may use raw-chats while it is moved: for who moves it
	stop     func() error
	cleanups []cleanup // in the order of starting

	importing bool // into the engines, whose log has no epoch yet
}

// A cleanup undoes one step of the start.
type cleanup struct {
	name string
	undo func() error
}

// New starts everything that o names and returns once it is up; ctx bounds the
// start. What was started when it fails is stopped again.
func New(ctx context.Context, o Options, out IO) (*App, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	a, err := bare(o, out)
	if err != nil {
		return nil, err
	}
	if err := a.start(ctx, out.Version); err != nil {
		return nil, errors.Join(err, a.Stop())
	}
	return a, nil
}

// bare is an App in which nothing is started.
func bare(o Options, out IO) (*App, error) {
	log, err := obs.Logger(out.Stderr, o.LogFormat, o.LogLevel)
	if err != nil {
		return nil, err
	}
	a := &App{
		o: o, log: log, registry: obs.Registry(out.Version, o.Roles), health: &obs.Health{},
		closing: make(chan struct{}), failed: make(chan error, 1),
	}
	a.stop = sync.OnceValue(a.unwind)
	return a, nil
}

// start is one straight line on purpose: what comes later stands on what came
// before, and Stop takes it back in the opposite order.
func (a *App) start(ctx context.Context, version string) error {
	// The address first: that it is taken is found out before anything is touched.
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", a.o.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w; name another address with --listen", err)
	}
	a.listener = listener
	a.onStop("the address", func() error { return ignoreClosed(listener.Close()) })
	a.doors = a.newDoors()
	if a.o.Engines.any() { // which may keep it waiting
		a.health.Add(startCheck, func(context.Context) error { return errStarting })
		a.listen(doorsPart, listener, a.doors)
	}

	stores, err := a.openStores(ctx)
	if err != nil {
		return err
	}
	parts, err := a.startParts(ctx, stores)
	if err != nil {
		return err
	}
	return a.serve(ctx, version, stores, parts)
}

// onStop notes how to take back a step.
func (a *App) onStop(name string, undo func() error) {
	a.cleanups = append(a.cleanups, cleanup{name, undo})
}

// stopFirst has a step that was noted by that name taken back before the later ones.
func (a *App) stopFirst(name string) {
	at := slices.IndexFunc(a.cleanups, func(c cleanup) bool { return c.name == name })
	step := a.cleanups[at]
	a.cleanups = append(slices.Delete(a.cleanups, at, at+1), step)
}

// Stop stops taking requests, tells clients to connect again, lets what is under
// way end, and closes everything. It blocks for at most about half a minute and
// may be called twice.
func (a *App) Stop() error { return a.stop() }

func (a *App) unwind() error {
	a.health.Drain()
	close(a.closing)
	var errs []error
	for _, c := range slices.Backward(a.cleanups) {
		a.log.Debug("stopping", "part", c.name)
		if err := c.undo(); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

// run runs a part until the app stops. A part that ends before is the end of
// everything: half a server would look healthy.
func (a *App) run(name string, part func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := part(ctx)
		if ctx.Err() == nil && a.fail(name, err) {
			err = nil // it is said once
		}
		ended <- err
	}()
	a.onStop(name, func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(partWithin):
			return fmt.Errorf("it did not end within %v", partWithin)
		}
	})
}

// fail notes that a part ended by itself, and says whether it was the first.
func (a *App) fail(name string, err error) bool {
	if err == nil {
		err = errors.New("for no reason")
	}
	select {
	case a.failed <- fmt.Errorf("%s ended: %w", name, err):
		return true
	default:
		return false
	}
}

// listen serves handler on a listener until the app stops. Requests under way end
// first: what they ask is closed afterwards.
func (a *App) listen(name string, listener net.Listener, handler http.Handler) {
	server := httpapi.NewServer(handler, a.log)
	a.run(name, func(ctx context.Context) error {
		drained := make(chan struct{})
		context.AfterFunc(ctx, func() {
			defer close(drained)
			within, cancel := context.WithTimeout(context.Background(), serveWithin)
			defer cancel()
			if server.Shutdown(within) != nil {
				_ = server.Close() // who is still reading is cut off
			}
		})
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		<-drained
		return nil
	})
}

// URL returns where the page is.
func (a *App) URL() string {
	if a.o.PublicURL != "" {
		return a.o.PublicURL
	}
	return "http://" + reachable(a.listener.Addr().String())
}

// reachable is an address that a browser on this machine can open.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

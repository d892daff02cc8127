package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/httpapi"
	"github.com/hubbub-live/hubbub/internal/obs"
	"github.com/hubbub-live/hubbub/web"
)

// serve opens the doors: page, API and chat on one address, metrics on it or on
// another.
func (a *App) serve(ctx context.Context, version string, s *stores, p *parts) error {
	mount := map[string]http.Handler{
		"/healthz": http.HandlerFunc(a.health.ServeLive),
		"/readyz":  http.HandlerFunc(a.health.ServeReady),
	}
	if p.chat != nil {
		for _, base := range []string{"/chat/ws", "/ws"} {
			h := p.chat.Handler(base)
			mount[base], mount[base+"/"] = h, h
		}
	}
	admin := obs.Admin(a.registry)
	if a.o.Admin == "" {
		mount["/metrics"], mount["/debug/pprof/"] = obs.LoopbackOnly(admin), obs.LoopbackOnly(admin)
	} else if err := a.serveAdmin(ctx, admin); err != nil {
		return err
	}
	options := httpapi.Options{
		Version: version, Keys: watchedKeys{p.watch, s.keys}, Origins: p.origins, Clients: p.clients,
		Mount: mount, Closing: a.closing, Logger: a.log,
	}
	if a.o.has(roleUser) {
		mount["/"] = web.Handler()
		options.Accounts, options.GuestRate = p.accounts, a.o.GuestRate
		options.Site = httpapi.Site{Guests: a.o.Guests, Signup: a.o.Signup, CreateStreams: a.o.CreateStreams}
		options.Directory, options.Lister, options.Viewers = p.directory, p.streams, p.viewers
		options.Words = p.words
		a.serveTokens(&options, p)
		if p.moderator != nil {
			options.Keeper, options.Moderator, options.People = p.streams, p.moderator, p.people
		}
		options.History, options.Mood, options.Settings = p.history, moodReader(), p.settings
		options.Analysis = channelLatest{p.latest, hubbub.AnalysisChannel}
		options.Minutes = p.latest.analysis
		options.Summary = channelLatest{p.latest, hubbub.SummaryChannel}
		options.Summarise = p.latest.summaries.ask
		if p.demo != nil {
			options.Demo = p.demo
		}
	}
	handler, err := httpapi.New(options)
	if err != nil {
		return fmt.Errorf("make the API: %w", err)
	}
	a.doors.open.Store(&handler)
	if a.o.Engines.any() {
		a.health.Remove(startCheck)
		a.stopFirst(doorsPart)
	} else {
		a.listen(doorsPart, a.listener, a.doors)
	}
	return a.serveShared(ctx)
}

// serveShared opens the address that is shared, last: who is not ready must get nobody.
func (a *App) serveShared(ctx context.Context) error {
	if a.o.Shared == "" {
		return nil
	}
	config := net.ListenConfig{Control: shared}
	listener, err := config.Listen(ctx, "tcp", a.o.Shared)
	if err != nil {
		return fmt.Errorf("listen with others: %w; name another address with --shared-listen", err)
	}
	a.listen("the shared address", listener, a.doors)
	return nil
}

// shared has a socket listen where others of the same user do.
func shared(_, _ string, c syscall.RawConn) (err error) {
	failed := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	return errors.Join(failed, err)
}

func (a *App) serveAdmin(ctx context.Context, handler http.Handler) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", a.o.Admin)
	if err != nil {
		return fmt.Errorf("listen for metrics: %w; name another address with --admin", err)
	}
	a.listen("the admin server", listener, handler)
	return nil
}

// moodReader classifies messages of the history. A classifier is one goroutine's
// at a time.
func moodReader() func(content string) string {
	var mu sync.Mutex
	classifier := classify.NewStarter()
	return func(content string) string {
		var reading classify.Reading
		mu.Lock()
		defer mu.Unlock()
		classifier.Classify(content, &reading)
		return reading.Mood.String()
	}
}

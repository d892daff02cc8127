package app

import (
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/httpapi"
)

// doorsPart is what the server of the doors is called.
const doorsPart = "the HTTP server"

// startCheck is on /readyz until everything is started.
const startCheck = "start"

var errStarting = errors.New("not everything is started yet")

// doors are what a process that waits for its engines answers until it has them: that
// it lives, and why it is not ready.
type doors struct {
	open    atomic.Pointer[http.Handler]
	waiting *http.ServeMux
}

func (a *App) newDoors() *doors {
	d := &doors{waiting: http.NewServeMux()}
	d.waiting.HandleFunc("/healthz", a.health.ServeLive)
	d.waiting.HandleFunc("/readyz", a.health.ServeReady)
	d.waiting.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		e := hubbub.Refuse(hubbub.CodeUnavailable, "the server is starting: /readyz says what it waits for")
		e.RetryAfter = enginePause
		httpapi.WriteProblem(w, e)
	})
	return d
}

// ServeHTTP is http.Handler's.
func (d *doors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := d.open.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	d.waiting.ServeHTTP(w, r)
}

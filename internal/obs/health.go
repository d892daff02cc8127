package obs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// patience bounds the checks of one question; one that takes longer fails.
const patience = 2 * time.Second

// A Check returns nil while its part can do its work, else the reason in words
// that a stranger may read. It gives up when its context ends.
type Check func(context.Context) error

// Health knows whether the process may be sent work. The zero value has no
// checks and is ready. All methods may be called concurrently.
type Health struct {
	mu       sync.Mutex
	checks   map[string]Check
	draining bool
}

// Add adds a check, or replaces the one of that name.
func (h *Health) Add(name string, c Check) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.checks == nil {
		h.checks = make(map[string]Check)
	}
	h.checks[name] = c
}

// Drain makes the process not ready for good: it is about to stop.
func (h *Health) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

// Readiness is the body of /readyz.
type Readiness struct {
	Ready    bool              `json:"ready"`
	Draining bool              `json:"draining,omitempty"`
	Checks   map[string]string `json:"checks"` // "ok" or the reason, by name
}

// Remove removes the check of that name, if there is one.
func (h *Health) Remove(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.checks, name)
}

// Ready runs all checks at once and returns their outcome, within 2 s.
func (h *Health) Ready(ctx context.Context) Readiness {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type outcome struct {
		name string
		err  error
	}
	h.mu.Lock()
	answer := Readiness{Ready: !h.draining, Draining: h.draining, Checks: make(map[string]string, len(h.checks))}
	// Room for all: a check that ignores its context must not hold up the answer.
	outcomes := make(chan outcome, len(h.checks))
	for name, check := range h.checks {
		answer.Checks[name] = "no answer in time"
		go func() { outcomes <- outcome{name, attempt(ctx, check)} }()
	}
	h.mu.Unlock()
	for range answer.Checks {
		select {
		case o := <-outcomes:
			answer.Checks[o.name] = "ok"
			if o.err != nil {
				answer.Ready, answer.Checks[o.name] = false, o.err.Error()
			}
		case <-ctx.Done():
			answer.Ready = false
			return answer
		}
	}
	return answer
}

func attempt(ctx context.Context, check Check) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the check panicked: %v", p)
		}
	}()
	return check(ctx)
}

// ServeLive answers /healthz: 200 as long as the process can answer at all. What
// it depends on is not asked, or an outage elsewhere would have it restarted.
func (h *Health) ServeLive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // the client may be gone
}

// ServeReady answers /readyz with a Readiness: 200 when every check passes, 503
// otherwise and while draining.
func (h *Health) ServeReady(w http.ResponseWriter, r *http.Request) {
	answer := h.Ready(r.Context())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}

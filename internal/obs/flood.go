package obs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Of warnings and errors with one text, so many are written in so long. While an engine
// is gone each try of each connection has one, and what else happens must be found.
const (
	floodLines = 5
	floodEvery = 10 * time.Second
)

// floodBound bounds the texts that are remembered; they are constants of programs.
const floodBound = 1000

// A flood is a handler that holds back lines of which there are too many. The next one
// that is written says how many there were.
type flood struct {
	slog.Handler
	*texts
}

func newFlood(to slog.Handler) flood { return flood{to, &texts{of: map[string]*text{}}} }

type texts struct {
	mu sync.Mutex
	of map[string]*text
}

// A text is what was written of one.
type text struct {
	since   time.Time
	written int
	held    int
}

// Handle implements [slog.Handler].
func (f flood) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn {
		return f.Handler.Handle(ctx, r)
	}
	held, write := f.count(r.Message, r.Time)
	if !write {
		return nil
	}
	if held > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("held_back", held))
	}
	return f.Handler.Handle(ctx, r)
}

// count counts a line, and says whether it is written and how many were held back before.
func (t *texts) count(message string, now time.Time) (held int, write bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of, ok := t.of[message]
	if !ok {
		if len(t.of) >= floodBound {
			clear(t.of)
		}
		of = &text{since: now}
		t.of[message] = of
	}
	if now.Sub(of.since) >= floodEvery {
		held = of.held
		*of = text{since: now}
	}
	if of.written == floodLines {
		of.held++
		return 0, false
	}
	of.written++
	return held, true
}

// WithAttrs implements [slog.Handler].
func (f flood) WithAttrs(attrs []slog.Attr) slog.Handler {
	return flood{f.Handler.WithAttrs(attrs), f.texts}
}

// WithGroup implements [slog.Handler].
func (f flood) WithGroup(name string) slog.Handler {
	return flood{f.Handler.WithGroup(name), f.texts}
}

package room

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/archiver"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/livebus"
	"github.com/hubbub-live/hubbub/internal/livebus/localbus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

// A past is a real log with a real archive behind it, and history over both that
// fails when it is told to.
type past struct {
	log     eventlog.Log
	history history.Reader
	fail    atomic.Pointer[error]  // what After answers instead; nil: it works
	after   atomic.Pointer[func()] // is called once, when After has read
	clock   atomic.Int64           // seconds added to the time
}

func (p *past) now() time.Time { return time.Now().Add(time.Duration(p.clock.Load()) * time.Second) }

func (p *past) After(ctx context.Context, s hubbub.StreamID, after hubbub.Position, limit int) ([]archive.Entry, hubbub.Position, error) {
	if err := p.fail.Load(); err != nil {
		return nil, hubbub.Position{}, *err
	}
	if then := p.after.Swap(nil); then != nil {
		defer (*then)()
	}
	return p.history.After(ctx, s, after, limit)
}

func (p *past) Page(ctx context.Context, q archive.Query) ([]archive.Entry, error) {
	if err := p.fail.Load(); err != nil && !errors.Is(*err, eventlog.ErrGone) {
		return nil, *err
	}
	return p.history.Page(ctx, q)
}

func openPast(t testing.TB) *past {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	log, err := natslog.Open(ctx, natslog.Options{Dir: filepath.Join(dir, "log"), Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlitearchive.Open(ctx, sqlitearchive.Options{Path: filepath.Join(dir, "archive.db")})
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	keeper := archiver.New(archiver.Options{Log: log, Archive: store, Logger: quiet()})
	work.Go(func() { _ = keeper.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		work.Wait()
		_ = log.Close()
		_ = store.Close()
	})
	return &past{log: log, history: history.Reader{Archive: store, Log: log}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// A world is one room with all that feeds it.
type world struct {
	t      tester
	past   *past
	bus    *localbus.Bus
	hub    *Hub
	stream hubbub.StreamID
	close  func()

	logged []livebus.Event // positioned, in order
	sent   int             // of logged, by the relay
}

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

var streams atomic.Int64

func newWorld(t tester, p *past, tick time.Duration) *world {
	w := &world{t: t, past: p, bus: localbus.New(localbus.Options{}), stream: hubbub.StreamID("room-" + time.Now().Format("150405-") + itoa(streams.Add(1)))}
	w.hub = New(Options{Bus: w.bus, History: p, Tick: tick, Now: p.now, Logger: quiet()})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // Run without its ticker: the test says when there is upkeep
		defer close(done)
		<-ctx.Done()
		_ = w.hub.Run(ctx)
	}()
	w.close = func() {
		cancel()
		<-done
		_ = w.bus.Close()
	}
	return w
}

func itoa(n int64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// append logs records and waits until they are durable.
func (w *world) append(records ...eventlog.Record) {
	w.t.Helper()
	type outcome struct {
		p   hubbub.Position
		at  time.Time
		err error
	}
	outcomes := make([]outcome, len(records))
	var waiting sync.WaitGroup
	waiting.Add(len(records))
	for i, r := range records {
		r.Stream = w.stream
		w.past.log.Append(context.Background(), eventlog.RawChats, r, func(p hubbub.Position, at time.Time, err error) {
			outcomes[i] = outcome{p, at, err}
			waiting.Done()
		})
	}
	waiting.Wait()
	for i, o := range outcomes {
		if o.err != nil {
			w.t.Fatalf("append: %v", o.err)
		}
		records[i].Position, records[i].Time, records[i].Version = o.p, o.at, eventlog.Version
		e, ok := eventOf(archive.Of(records[i]))
		if !ok {
			w.t.Fatalf("a record that is not shown")
		}
		if n := len(w.logged); n > 0 {
			e.Prev = w.logged[n-1].Position
		}
		w.logged = append(w.logged, e)
	}
}

// message makes the record of a message.
func (w *world) message(id, nonce string) eventlog.Record {
	m := hubbub.Message{ID: hubbub.MessageID(id), StreamID: w.stream, Sender: hubbub.Sender{ID: "ada", Name: "Ada"}, Content: "text of " + id, Nonce: nonce}
	return eventlog.Record{Kind: hubbub.KindMessage, Value: m.AppendJSON(nil)}
}

// control makes the record of a control.
func (w *world) control(c hubbub.Control) eventlog.Record {
	c.StreamID = w.stream
	return eventlog.Record{Kind: hubbub.KindControl, Value: c.AppendJSON(nil)}
}

// publish hands the room what was logged and not yet sent, or loses it.
func (w *world) publish(lose bool) {
	w.t.Helper()
	events := w.logged[w.sent:]
	w.sent = len(w.logged)
	if !lose && len(events) > 0 {
		w.deliver(livebus.Batch{Events: events})
	}
}

func (w *world) deliver(b livebus.Batch) {
	w.t.Helper()
	b.Stream = w.stream
	if err := w.bus.Publish(context.Background(), b); err != nil {
		w.t.Fatalf("publish: %v", err)
	}
}

// announce tells the room the newest position, as the relay does for a while.
func (w *world) announce() {
	w.t.Helper()
	if n := w.sent; n > 0 {
		w.deliver(livebus.Batch{Newest: w.logged[n-1].Position})
	}
}

// until waits for what has to become true.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			w.t.Fatalf("it did not happen: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

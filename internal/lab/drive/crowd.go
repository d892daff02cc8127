// Package drive is a crowd of virtual viewers: each has a connection of its own,
// takes in everything that its room says, and sends on a timetable that does not
// wait for the server. What they send and get is booked message by message.
//
// A viewer that loses its connection stays lost: a load test whose clients come
// back would hide what they missed.
package drive

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/books"
	"github.com/hubbub-live/hubbub/internal/lab/plan"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// Patience is how late a message may be written against its instant.
const Patience = 20 * time.Millisecond

// joinPatience bounds how long a viewer may take to get into its room.
const joinPatience = 20 * time.Second

// Options say who comes and what they do.
type Options struct {
	Plan *plan.Plan
	Tag  string // of the run: at most 12 of A-Z a-z 0-9
	// Token gets the access token of a client before it connects.
	Token func(ctx context.Context, client int) (string, error)
}

// A Crowd is all viewers of a run. Its methods are for one goroutine, but for
// Totals, Latencies and Alive, which any may call.
type Crowd struct {
	options   Options
	timetable plan.Timetable
	seating   books.Seating
	ledgers   []*books.Ledger // by room
	viewers   []*viewer
	workers   []*worker

	base    time.Time
	start   atomic.Int64  // when the steady window began, in ns since base
	started chan struct{} // closed then
	closing atomic.Bool

	joining sync.WaitGroup
	sending sync.WaitGroup
	running sync.WaitGroup
}

// New makes a crowd that nobody has joined yet.
func New(o Options) *Crowd {
	c := &Crowd{options: o, timetable: o.Plan.Timetable(), seating: books.Seat(o.Plan, o.Tag),
		base: time.Now(), started: make(chan struct{})}
	for range 2 * runtime.GOMAXPROCS(0) {
		c.workers = append(c.workers, newWorker())
	}
	due := make([]int, len(o.Plan.Streams))
	for i := range o.Plan.Clients {
		due[c.seating.Room(i)] += c.timetable.Count(i)
	}
	for room, stream := range o.Plan.Streams {
		c.ledgers = append(c.ledgers, books.NewLedger(c.seating, room, stream, due[room]))
	}
	for i := range o.Plan.Clients {
		room := c.seating.Room(i)
		c.viewers = append(c.viewers, &viewer{
			crowd: c, client: i, worker: c.workers[i%len(c.workers)], ledger: c.ledgers[room],
			account: books.NewAccount(c.seating, i, o.Plan.Streams[room]),
		})
	}
	return c
}

// RampUp lets the viewers in, evenly over the plan's time, and returns once each
// has joined or failed to. ctx bounds the whole of their stay.
func (c *Crowd) RampUp(ctx context.Context) {
	c.joining.Add(len(c.viewers))
	c.sending.Add(len(c.viewers))
	began := time.Now()
	for i, v := range c.viewers {
		due := c.options.Plan.RampUp * time.Duration(i) / time.Duration(len(c.viewers))
		sleep(ctx, due-time.Since(began))
		c.running.Go(func() { v.run(ctx) })
	}
	c.joining.Wait()
}

// Send starts the steady window now, and returns once everything on the timetable
// has been written, or ctx has ended. It does not return before the window ends.
func (c *Crowd) Send(ctx context.Context) {
	c.start.Store(int64(time.Since(c.base)))
	close(c.started)
	c.sending.Wait()
	sleep(ctx, c.options.Plan.Duration-time.Since(c.base.Add(time.Duration(c.start.Load()))))
}

// Settled says whether every SEND has its answer, and every viewer that is still
// there what was acknowledged in its room.
func (c *Crowd) Settled() bool {
	acked := make([]int64, len(c.ledgers))
	for room, l := range c.ledgers {
		n, open := l.Acknowledged()
		if open > 0 && c.Alive() > 0 {
			return false
		}
		acked[room] = int64(n)
	}
	for _, v := range c.viewers {
		if served, alive := v.served(); alive && served < acked[c.seating.Room(v.client)] {
			return false
		}
	}
	return true
}

// Reached says whether every viewer that is still there has come to the position
// of its room.
func (c *Crowd) Reached(ends []hubbub.Position) bool {
	for _, v := range c.viewers {
		if reached, alive := v.reached(); alive && reached.Before(ends[c.seating.Room(v.client)]) {
			return false
		}
	}
	return true
}

// Alive is how many viewers are in their rooms.
func (c *Crowd) Alive() int64 {
	t := c.Totals()
	return int64(len(c.viewers)) - t.Lost
}

// Close ends all viewers and waits for them. It may be called again.
func (c *Crowd) Close() {
	c.closing.Store(true)
	select {
	case <-c.started:
	default:
		close(c.started) // nobody sends any more, see viewer.send
	}
	for _, v := range c.viewers {
		v.leave()
	}
	c.running.Wait()
}

// A Room is one room of the crowd, for the books.
type Room struct {
	Ledger   *books.Ledger
	Accounts []*books.Account
}

// Rooms may be called once the crowd is closed.
func (c *Crowd) Rooms() []Room {
	rooms := make([]Room, len(c.ledgers))
	for room, l := range c.ledgers {
		rooms[room].Ledger = l
	}
	for _, v := range c.viewers {
		room := &rooms[c.seating.Room(v.client)]
		room.Accounts = append(room.Accounts, v.account)
	}
	return rooms
}

// due is when a message is due, in time since base.
func (c *Crowd) due(m books.Mark) time.Duration {
	return time.Duration(c.start.Load()) + c.timetable.Due(m.Client, m.Number)
}

func (c *Crowd) at(t time.Time) time.Duration { return t.Sub(c.base) }

func (w *worker) count(change func(*raw.Driver)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.totals)
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

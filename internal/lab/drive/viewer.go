package drive

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/internal/lab/books"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// A viewer is one client: connected, in one room, reading all and sending some.
type viewer struct {
	crowd  *Crowd
	client int
	worker *worker
	ledger *books.Ledger

	mu      sync.Mutex
	account *books.Account
	conn    *client.Conn // nil: not connected
	left    bool         // the crowd is closing
}

// run is the viewer's whole stay.
func (v *viewer) run(ctx context.Context) {
	conn, err := v.join(ctx)
	if err != nil {
		v.lost(err)
	} else {
		v.worker.count(func(t *raw.Driver) { t.Joined++ })
	}
	v.crowd.joining.Done()
	if err == nil {
		v.send(ctx, conn)
	}
	v.crowd.sending.Done()
	if err == nil {
		<-conn.Done()
		if !v.crowd.closing.Load() {
			v.lost(conn.Err())
		}
	}
}

func (v *viewer) join(ctx context.Context) (*client.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	token, err := v.crowd.options.Token(ctx, v.client)
	if err != nil {
		return nil, fmt.Errorf("get a token: %w", err)
	}
	conn, err := client.Dial(ctx, client.Options{URL: v.crowd.options.Plan.URL, Token: token, OnNotice: v.noticed})
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	v.conn = conn
	left := v.left
	v.mu.Unlock()
	if left {
		conn.Close()
	}
	s, err := conn.Subscribe(ctx, client.Topic{
		ID: "m", Destination: client.MessagesOf(v.ledger.Stream, hubbub.MessageChannel), Watch: v.watch,
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.account.Counts.Start, v.account.Counts.Joined = s.Position, true
	return conn, nil
}

// lost books that the viewer is not there any more. Its reason is kept short, and
// without what differs between viewers.
func (v *viewer) lost(why error) {
	v.mu.Lock()
	v.account.Counts.Lost = strings.TrimSpace(fmt.Sprintf("%.200s", why))
	v.mu.Unlock()
	v.worker.count(func(t *raw.Driver) { t.Lost++ })
}

func (v *viewer) leave() {
	v.mu.Lock()
	conn := v.conn
	v.left = true
	v.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
}

// served is how many of the run's messages the viewer has or was told to do
// without.
func (v *viewer) served() (n int64, alive bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.account.Served(), v.alive()
}

// reached is the position of the last message.
func (v *viewer) reached() (p hubbub.Position, alive bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.account.Reached(), v.alive()
}

// alive needs mu.
func (v *viewer) alive() bool { return v.account.Counts.Joined && v.account.Counts.Lost == "" }

// watch books a piece of what the room said, on the connection's goroutine.
func (v *viewer) watch(batch []client.Delivery) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.worker.mu.Lock()
	defer v.worker.mu.Unlock()
	skipped := v.account.Counts.Skipped
	for i := range batch {
		if m, fresh := v.account.Take(&batch[i]); fresh {
			record(v.worker.recent.delivery, v.crowd.at(batch[i].Arrived)-v.crowd.due(m))
		}
	}
	v.worker.totals.Delivered += int64(len(batch))
	v.worker.totals.Skipped += v.account.Counts.Skipped - skipped
}

// noticed books what the server tells this viewer alone, other than refusals.
func (v *viewer) noticed(n client.Notice) {
	if n.Skipped == 0 && n.Gap == "" {
		return
	}
	v.mu.Lock()
	v.account.Declare(n.Skipped, n.Gap != "")
	v.mu.Unlock()
	v.worker.count(func(t *raw.Driver) { t.Skipped += n.Skipped })
}

// send writes the viewer's messages, each at its instant, whatever became of the
// ones before.
func (v *viewer) send(ctx context.Context, conn *client.Conn) {
	select {
	case <-v.crowd.started:
	case <-ctx.Done():
	}
	for number := range v.crowd.timetable.Count(v.client) {
		m := books.Mark{Client: v.client, Number: number}
		due := v.crowd.due(m)
		if !v.waitUntil(ctx, conn, due) {
			return
		}
		v.ledger.Sent(m)
		v.worker.count(func(t *raw.Driver) { t.Sent++ })
		conn.SendAsync(client.Post{Stream: v.ledger.Stream, Content: text(m), Nonce: m.Nonce(v.crowd.options.Tag)},
			func(err error) { v.ended(m, due, err) })
		v.written(v.crowd.at(time.Now()) - due)
	}
}

// waitUntil is false if the viewer is not to send any more.
func (v *viewer) waitUntil(ctx context.Context, conn *client.Conn, due time.Duration) bool {
	timer := time.NewTimer(due - v.crowd.at(time.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil && !v.crowd.closing.Load()
	case <-conn.Done():
	case <-ctx.Done():
	}
	return false
}

func (v *viewer) written(late time.Duration) {
	v.worker.mu.Lock()
	defer v.worker.mu.Unlock()
	record(v.worker.lateness, late)
	if late <= Patience {
		v.worker.inTime++
	}
}

// ended books the outcome of a SEND, on the connection's goroutine.
func (v *viewer) ended(m books.Mark, due time.Duration, err error) {
	outcome := v.ledger.Ended(m, err)
	after := v.crowd.at(time.Now()) - due
	v.worker.mu.Lock()
	defer v.worker.mu.Unlock()
	switch outcome {
	case books.Acked:
		v.worker.totals.Acked++
		record(v.worker.recent.receipt, after)
	case books.Refused:
		v.worker.totals.Refused++
	default:
		v.worker.totals.Unknown++
	}
}

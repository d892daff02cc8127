package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/promise"
)

// A viewer follows a room as docs/protocol.md says: it keeps the last position
// and resumes after it on each new connection. It keeps what it got and was told.
type viewer struct {
	name    string
	stream  hubbub.StreamID
	options client.Options
	hold    <-chan struct{} // it reads no more until this is closed; nil: it reads
	again   time.Duration   // at most, before it connects again: half of that and by chance more; 0: at once

	// Of watch and notice, which the reading goroutine of one connection after
	// another calls.
	unsaid step // what notices declared since the last message

	mu    sync.Mutex
	last  hubbub.Position
	begun hubbub.Position // the first subscription's position
	steps []step
	conns int
}

// A step is from one message to the next, by a viewer's account.
type step struct {
	from, to, prev hubbub.Position
	nonce          string
	skipped        int
	gaps           []string
	arrived        time.Time
}

// follow connects again and again until ctx ends.
func (v *viewer) follow(ctx context.Context) {
	for ctx.Err() == nil {
		v.connect(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(20*time.Millisecond + v.again/2 + rand.N(v.again/2+1)):
		}
	}
}

// connect subscribes once, and stays until the connection or ctx ends. What goes
// wrong is why there are more connections.
func (v *viewer) connect(ctx context.Context) {
	v.unsaid = step{} // what was skipped and not seen comes again with the resume
	o := v.options
	o.OnNotice = v.notice
	opening, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := client.Dial(opening, o)
	if err != nil {
		return
	}
	defer conn.Close()
	sub, err := conn.Subscribe(opening, client.Topic{
		Destination: client.MessagesOf(v.stream, hubbub.MessageChannel), ID: "sub-0", Resume: v.position(), Watch: v.watch,
	})
	if err != nil {
		return
	}
	v.mu.Lock()
	if v.conns == 0 { // of an empty room it is the zero position
		v.begun = sub.Position
	}
	v.conns++
	if v.last.IsZero() { // nothing came yet: it resumes from where it began
		v.last = sub.Position
	}
	v.mu.Unlock()
	select {
	case <-conn.Done():
	case <-ctx.Done():
	}
}

func (v *viewer) notice(n client.Notice) {
	if n.Code == hubbub.CodeSkipped || n.Code == hubbub.CodeGap {
		v.unsaid.skipped += int(n.Skipped)
		if n.Gap != "" {
			v.unsaid.gaps = append(v.unsaid.gaps, n.Gap)
		}
	}
}

func (v *viewer) watch(messages []client.Delivery) {
	if v.hold != nil {
		<-v.hold
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, m := range messages {
		s := v.unsaid
		s.from, s.to, s.prev, s.nonce, s.arrived = v.last, m.Position, m.Prev, string(m.Nonce), m.Arrived
		s.skipped += int(m.Skipped)
		if len(m.Gap) > 0 {
			s.gaps = append(s.gaps, string(m.Gap))
		}
		v.steps = append(v.steps, s)
		v.last, v.unsaid = m.Position, step{}
	}
}

// position is that of the last message.
func (v *viewer) position() hubbub.Position {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last
}

// A tally is what a viewer's account adds up to.
type tally struct{ received, skipped, gone, connections int }

// accounts is what viewers' accounts come to, beside a log of so many messages.
func accounts(logged int, viewers ...tally) []promise.Count {
	var all tally
	for _, v := range viewers {
		all.received += v.received
		all.skipped += v.skipped
		all.gone += v.gone
		all.connections += v.connections
	}
	return []promise.Count{
		{What: "viewers", N: len(viewers)}, {What: "connections", N: all.connections}, {What: "logged", N: logged},
		{What: "received", N: all.received}, {What: "declared as skipped", N: all.skipped}, {What: "in declared gaps", N: all.gone},
	}
}

// check compares the account with the log, all of the room's messages: each once,
// in the log's order, the chain of prev unbroken, and every message of the log
// that did not come declared as skipped, to the number, or inside a gap.
func (v *viewer) check(log []api.Entry) (tally, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	sum := tally{connections: v.conns}
	next := 0 // in log
	for next < len(log) && !v.begun.Before(log[next].Position) {
		next++ // before its time
	}
	for i, s := range v.steps {
		if i == 0 {
			s.from = v.begun
		}
		if !s.from.Before(s.to) {
			return sum, fmt.Errorf("%s: %v came after %v", v.name, s.to, s.from)
		}
		missed := 0
		for next < len(log) && log[next].Position.Before(s.to) {
			if !inGap(s.gaps, log[next].Position) {
				missed++
			} else {
				sum.gone++
			}
			next++
		}
		switch declared := s.skipped > 0 || len(s.gaps) > 0; {
		case next == len(log) || log[next].Position != s.to:
			return sum, fmt.Errorf("%s: %v is not in the log", v.name, s.to)
		case log[next].Nonce != s.nonce:
			return sum, fmt.Errorf("%s: at %v it got %q, the log has %q", v.name, s.to, s.nonce, log[next].Nonce)
		case missed != s.skipped:
			return sum, fmt.Errorf("%s: of %d messages between %v and %v it was told that %d were skipped", v.name, missed, s.from, s.to, s.skipped)
		case !declared && s.prev != s.from && (i > 0 || s.from.Before(s.prev)):
			return sum, fmt.Errorf("%s: %v says it comes after %v; the last was %v", v.name, s.to, s.prev, s.from)
		}
		next++
		sum.received++
		sum.skipped += s.skipped
	}
	if next < len(log) {
		return sum, fmt.Errorf("%s: %v and %d more never came and were not declared", v.name, log[next].Position, len(log)-next-1)
	}
	return sum, nil
}

// inGap says whether a position lies in one of the gaps, "from..to".
func inGap(gaps []string, p hubbub.Position) bool {
	for _, gap := range gaps {
		from, to, err := parseGap(gap)
		if err == nil && from.Before(p) && p.Compare(to) <= 0 {
			return true
		}
	}
	return false
}

func parseGap(gap string) (from, to hubbub.Position, err error) {
	first, second, ok := strings.Cut(gap, "..")
	if !ok {
		return from, to, errors.New("a gap is from..to")
	}
	from, err1 := hubbub.ParsePosition(first)
	to, err2 := hubbub.ParsePosition(second)
	return from, to, errors.Join(err1, err2)
}

// catchUp sends marks until all viewers have one: a lone message at the end of a
// throttled connection may itself be among the skipped.
func catchUp(t *testing.T, ctx context.Context, c *crowd, viewers []*viewer) {
	t.Helper()
	marker, marks := signIn(t, ctx, c.server, "marker"), 0
	stream := viewers[0].stream
	mark := func() hubbub.Position {
		marks++
		content := fmt.Sprintf("mark-%d", marks)
		c.books[stream].send(content)
		receipt, err := marker.Send(ctx, client.Post{Stream: stream, Content: content, Nonce: content})
		c.books[stream].settle(content, err)
		must(t, err)
		at, err := hubbub.ParsePosition(receipt.Headers["position"])
		must(t, err)
		return at
	}
	first := mark()
	newest := first
	must(t, api.Until(ctx, "bring all viewers to the end", func() error {
		for _, v := range viewers {
			if v.position().Before(first) {
				newest = mark()
				return fmt.Errorf("%s is at %v, not at %v", v.name, v.position(), first)
			}
		}
		return nil
	}))
	// Fewer marks now, so that what is under way arrives, or is declared by the last;
	// but a viewer that was still full may have skipped that one too.
	tries := 0
	must(t, api.Until(ctx, "bring all viewers to the last message", func() error {
		for _, v := range viewers {
			if v.position().Before(newest) {
				if tries++; tries%30 == 0 {
					newest = mark()
				}
				return fmt.Errorf("%s is at %v, not at %v", v.name, v.position(), newest)
			}
		}
		return nil
	}))
}

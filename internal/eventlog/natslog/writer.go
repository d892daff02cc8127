package natslog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Group commit: a record that finds the writer idle is written at once; those
// that arrive while a write is under way go together in the next, with one sync.

const (
	maxRecords = 1000      // in a write
	maxBytes   = 256 << 10 // of values in a write, unless one alone has more: a reader's slice of one value keeps all of them in memory
	// troubleGrace is how long an answer may still take once the server logged
	// an error, which may have been about something else.
	troubleGrace = 500 * time.Millisecond
)

// Append queues r for the topic's writer.
func (l *Log) Append(ctx context.Context, name eventlog.Topic, r eventlog.Record, done func(hubbub.Position, time.Time, error)) {
	t, err := l.topic(name)
	if err == nil {
		err = r.Check()
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = l.Healthy()
	}
	if err == nil {
		err = t.put(waiting{ctx: ctx, record: r, done: done})
	}
	if err != nil {
		done(hubbub.Position{}, time.Time{}, fmt.Errorf("append to %s: %w", name, err))
	}
}

// A writer writes what waits in a topic.
type writer struct {
	*topic
	engine  *engine // that the following belong to
	inbox   string
	acks    chan *nats.Msg
	trouble <-chan struct{}
}

// run writes until the queue is closed and empty.
func (t *topic) run() {
	w := writer{topic: t}
	var space []waiting
	for {
		group := t.take(space[:0], maxRecords, maxBytes)
		if len(group) == 0 {
			return
		}
		w.write(group)
		clear(group)
		space = group
	}
}

// write writes a group, and tells each record's caller how that went.
func (w *writer) write(group []waiting) {
	group = w.refuseEnded(group)
	if len(group) == 0 {
		return
	}
	l := w.log
	l.engine.RLock()
	defer l.engine.RUnlock()
	err := l.Healthy()
	if err == nil {
		err = w.attach(l.engine.engine)
	}
	if err != nil {
		w.refuse(group, err)
		return
	}
	w.mark.time = max(l.o.Now().UnixMilli(), w.mark.time)
	text, subject, records := encodeBlock(w.name, group, w.end+1, w.mark.time)
	for i := range records {
		records[i].Position = w.lives.position(records[i].Position.N)
	}
	seq, err := w.publish(subject, text)
	if err != nil {
		w.refuse(group, err)
		return
	}
	if err := w.advance(records, seq); err != nil {
		l.health.fail(l.o.Logger, fmt.Errorf("%w: mark the end of %s: %w", eventlog.ErrUnavailable, w.name, err))
	}
	l.syncs.Add(1)
	w.settled(group)
	for i, g := range group {
		g.done(records[i].Position, records[i].Time, nil)
	}
}

// refuseEnded refuses those whose context ended while they waited.
func (w *writer) refuseEnded(group []waiting) []waiting {
	alive := group[:0]
	for _, g := range group {
		if err := g.ctx.Err(); err != nil {
			w.refuse([]waiting{g}, err)
			continue
		}
		alive = append(alive, g)
	}
	return alive
}

// refuse tells the callers that their records are certainly not logged, or, with
// ErrUnknown, that they may be.
func (w *writer) refuse(group []waiting, err error) {
	err = fmt.Errorf("append to %s: %w", w.name, err)
	w.settled(group)
	for _, g := range group {
		g.done(hubbub.Position{}, time.Time{}, err)
	}
}

// attach makes the writer use an engine. A new one knows nothing of the old
// one's answers.
func (w *writer) attach(e *engine) error {
	if e == nil {
		return eventlog.ErrUnavailable
	}
	if e == w.engine {
		return nil
	}
	inbox, acks := e.writing.NewInbox(), make(chan *nats.Msg, 1)
	if _, err := e.writing.ChanSubscribe(inbox, acks); err != nil {
		return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
	w.engine, w.inbox, w.acks, w.trouble = e, inbox, acks, e.listen()
	return nil
}

// publish makes a block durable and returns its sequence.
func (w *writer) publish(subject string, text []byte) (uint64, error) {
	select {
	case <-w.trouble: // of another time
	default:
	}
	if err := w.engine.writing.PublishRequest(subject, w.inbox, text); err != nil {
		w.fail(err)
		return 0, fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
	m, err := w.await()
	if err != nil {
		return 0, w.unknown(err)
	}
	if status := m.Header.Get("Status"); status != "" { // there is nobody to write it
		err := fmt.Errorf("JetStream is off (%s)", status)
		w.fail(err)
		return 0, fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
	var ack struct {
		Seq   uint64 `json:"seq"`
		Error *struct {
			Description string `json:"description"`
		} `json:"error"`
	}
	switch err := json.Unmarshal(m.Data, &ack); {
	case err != nil:
		return 0, w.unknown(fmt.Errorf("read the answer: %w", err))
	case ack.Error != nil:
		return 0, fmt.Errorf("%w: %s", eventlog.ErrUnavailable, ack.Error.Description)
	case ack.Seq <= w.lastSeq:
		return 0, w.unknown(fmt.Errorf("a block after %d was acknowledged as %d", w.lastSeq, ack.Seq))
	}
	return ack.Seq, nil
}

// await waits for the server's answer.
func (w *writer) await() (*nats.Msg, error) {
	timeout := time.NewTimer(w.log.o.AckTimeout)
	defer timeout.Stop()
	for {
		select {
		case m := <-w.acks:
			return m, nil
		case <-w.trouble:
			timeout.Reset(min(troubleGrace, w.log.o.AckTimeout))
		case <-timeout.C:
			return nil, errors.New("no answer in time")
		}
	}
}

// unknown reports a write that may or may not have been made. What it wraps does
// not wrap the cause: of two words, callers would go by the wrong one.
func (w *writer) unknown(cause error) error {
	w.fail(cause)
	return fmt.Errorf("%w: %v", eventlog.ErrUnknown, cause) //nolint:errorlint // see above
}

// fail stops all appends until JetStream was started anew.
func (w *writer) fail(cause error) {
	reason := w.log.probe()
	if reason == nil {
		reason = fmt.Errorf("%w: a write failed: %w", eventlog.ErrUnavailable, cause)
	}
	w.log.health.fail(w.log.o.Logger, reason)
}

package kafkalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Append hands r to the producer. Which time the broker gives it only readers learn.
func (l *Log) Append(ctx context.Context, name eventlog.Topic, r eventlog.Record, done func(hubbub.Position, time.Time, error)) {
	fail := func(err error) { done(hubbub.Position{}, time.Time{}, fmt.Errorf("append to %s: %w", name, err)) }
	t, err := l.topic(name)
	size := len(r.Value)
	if err == nil {
		err = r.Check()
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = l.takeOff(size)
	}
	if err != nil {
		fail(err)
		return
	}
	// Its context is not the caller's: were that to end, the client would fail all that
	// waits for the same partition.
	l.client.TryProduce(l.stops.context(), t.encode(r), func(record *kgo.Record, err error) {
		defer l.land(size)
		if err != nil {
			fail(appendError(err))
			return
		}
		done(t.position(record.Offset), time.Time{}, nil)
	})
}

// takeOff counts a record as under way, or says why it cannot be.
func (l *Log) takeOff(size int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &l.flying
	switch {
	case l.consumers == nil:
		return eventlog.ErrClosed
	case l.anew.Load(): // its streams may be in other partitions
		return errAnew
	case f.records >= l.o.MaxInFlight || f.bytes+size > l.o.MaxInFlightBytes:
		return eventlog.ErrBusy
	}
	f.records, f.bytes = f.records+1, f.bytes+size
	return nil
}

// land is called once a record was answered.
func (l *Log) land(size int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &l.flying
	if f.records, f.bytes = f.records-1, f.bytes-size; f.records == 0 {
		l.landed.Broadcast()
	}
}

// appendError says whether the record may be in the log: the client gives up a record
// only if it never left, but for the outcomes that it cannot know.
func appendError(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, kerr.MessageTooLarge), errors.Is(err, kerr.RecordListTooLarge):
		// No record is, by its own size: the topic is sealed, or set up to take less.
		return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed), errors.Is(err, kerr.SaslAuthenticationFailed):
		return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
	return fmt.Errorf("%w: %w", eventlog.ErrUnknown, err)
}

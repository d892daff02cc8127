package kafkalog

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// What a process had not handed over when it was stopped for long is not logged when it
// wakes up, and it goes on with what comes then.
func TestStoppedForLong(t *testing.T) {
	log := open(t, func(o *Options) { o.Linger = 500 * time.Millisecond })
	type outcome struct {
		at  hubbub.Position
		err error
	}
	outcomes := make(chan outcome, 2)
	say := func(value string) {
		log.Append(context.Background(), eventlog.RawChats, eventlog.Record{Stream: "s", Value: []byte(value)},
			func(at hubbub.Position, _ time.Time, err error) { outcomes <- outcome{at, err} })
	}
	say(`{"id":"before"}`) // waits for others
	log.stops.lapse()
	if o := <-outcomes; !errors.Is(o.err, errStopped) && !errors.Is(o.err, context.Canceled) {
		t.Fatalf("it is at %v, %v", o.at, o.err)
	}
	say(`{"id":"after"}`)
	if o := <-outcomes; o.err != nil {
		t.Fatal(o.err)
	}
	records, _, err := log.Read(t.Context(), eventlog.RawChats, "s", hubbub.Position{}, 10)
	if err != nil || len(records) != 1 || string(records[0].Value) != `{"id":"after"}` {
		t.Errorf("logged are %v, %v", records, err)
	}
}

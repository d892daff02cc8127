package kafkalog

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
)

// A log is in use while a group has members, and once it had records.
func TestUnused(t *testing.T) {
	ctx := patient(t)
	log, err := Open(ctx, optionsFor(t.TempDir(), eventlogtest.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := log.Unused(ctx); err != nil {
		t.Errorf("a new one: %v", err)
	}
	c, err := log.Consume(ctx, eventlog.SummaryRequests, eventlog.GroupSummary, eventlog.ConsumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Unused(ctx); !errors.Is(err, ErrUsed) || !errorSays(err, "summary-summary-requests") {
		t.Errorf("with a reader: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for log.Unused(ctx) != nil { // until it is noticed
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("who left is still there")
		}
	}
	if _, err := appendTo(ctx, log); err != nil {
		t.Fatal(err)
	}
	if err := log.Unused(ctx); !errors.Is(err, ErrUsed) || !errorSays(err, "raw-chats") {
		t.Errorf("with a record: %v", err)
	}
}

func appendTo(ctx context.Context, log *Log) (at hubbub.Position, err error) {
	done := make(chan struct{})
	log.Append(ctx, eventlog.RawChats, eventlog.Record{Stream: "a", Value: []byte("{}")}, func(p hubbub.Position, _ time.Time, failed error) {
		at, err = p, failed
		close(done)
	})
	<-done
	return at, err
}

// What was read of an earlier epoch is below everything: committing it changes nothing.
func TestCommitOfAnEarlierEpoch(t *testing.T) {
	ctx := patient(t)
	log, err := Open(ctx, optionsFor(t.TempDir(), eventlogtest.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	at, err := appendTo(ctx, log)
	if err != nil {
		t.Fatal(err)
	}
	c, err := log.Consume(ctx, eventlog.RawChats, eventlog.GroupAnalysis, eventlog.ConsumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Commit(ctx, 0, hubbub.Position{Epoch: at.Epoch - 1, N: 1 << 40}); err != nil {
		t.Errorf("an earlier epoch: %v", err)
	}
	if err := c.Commit(ctx, 0, hubbub.Position{Epoch: at.Epoch + 1, N: 1}); err == nil {
		t.Error("an epoch that is not there was committed")
	}
	if lag, err := log.Lag(ctx, eventlog.RawChats, eventlog.GroupAnalysis); lag != 1 || err != nil {
		t.Errorf("it is %d behind, %v", lag, err)
	}
}

package streams_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// A flaky store counts questions, and answers none while it is down.
type flaky struct {
	streams.Store
	asked atomic.Int64
	down  atomic.Bool
	hold  chan struct{} // unless nil, a question waits for it
	after func()        // unless nil, called with the answer at hand
}

var errDown = errors.New("the disk is gone")

func (f *flaky) Stream(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
	f.asked.Add(1)
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-ctx.Done():
			return hubbub.Stream{}, ctx.Err()
		}
	}
	if f.down.Load() {
		return hubbub.Stream{}, errDown
	}
	s, err := f.Store.Stream(ctx, id)
	if after := f.after; after != nil {
		after()
	}
	return s, err
}

// A clock is moved by hand.
type clock struct{ now atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC).UnixNano())
	return c
}

func (c *clock) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *clock) advance(d time.Duration) { c.now.Add(int64(d)) }
func millis(t time.Time) time.Time       { return t.UTC().Truncate(time.Millisecond) }

func refusal(err error) hubbub.Code {
	if err == nil {
		return ""
	}
	return hubbub.AsError(err).Code
}

// open makes a directory and a service over a real store.
func open(t *testing.T, o streams.DirectoryOptions) (*streams.Directory, *streams.Service, *flaky, *clock) {
	t.Helper()
	store, err := sqlitemeta.Open(t.Context(), filepath.Join(t.TempDir(), sqlitemeta.File))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	c, f := newClock(), &flaky{Store: store}
	o.Now = c.Now
	d := streams.NewDirectory(f, o)
	return d, streams.NewService(f, d), f, c
}

func TestDirectoryBelievesACopyFor30Seconds(t *testing.T) {
	d, s, store, clock := open(t, streams.DirectoryOptions{})
	if _, err := s.Create(t.Context(), streams.Draft{ID: "1", Title: "first"}); err != nil {
		t.Fatal(err)
	}
	look := func() hubbub.Stream {
		t.Helper()
		got, err := d.Stream(t.Context(), "1")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := look(); got.Title != "first" || got.Status != hubbub.StatusLive || !got.CreatedAt.Equal(millis(clock.Now())) {
		t.Errorf("%+v", got)
	}
	// Another server ends it.
	if err := store.EndStream(t.Context(), "1", clock.Now()); err != nil {
		t.Fatal(err)
	}
	clock.advance(30*time.Second - time.Nanosecond)
	if got := look(); got.Status != hubbub.StatusLive || store.asked.Load() != 1 {
		t.Errorf("within 30 s: %s, asked %d times", got.Status, store.asked.Load())
	}
	clock.advance(time.Nanosecond)
	if got := look(); got.Status != hubbub.StatusEnded || store.asked.Load() != 2 {
		t.Errorf("after 30 s: %s, asked %d times", got.Status, store.asked.Load())
	}
}

func TestDirectoryHearsOfChangesHere(t *testing.T) {
	d, s, _, _ := open(t, streams.DirectoryOptions{})
	if _, err := s.Create(t.Context(), streams.Draft{ID: "1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Stream(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if err := s.End(t.Context(), "by", "1"); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Stream(t.Context(), "1"); err != nil || got.Status != hubbub.StatusEnded {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDirectoryWhileTheStoreIsDown(t *testing.T) {
	d, s, store, clock := open(t, streams.DirectoryOptions{})
	if _, err := s.Create(t.Context(), streams.Draft{ID: "1", Title: "first"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Stream(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	store.down.Store(true)
	clock.advance(24 * time.Hour)
	asked := store.asked.Load()
	for range 10 {
		if got, err := d.Stream(t.Context(), "1"); err != nil || got.Title != "first" {
			t.Fatalf("a copy, however old: %+v, %v", got, err)
		}
	}
	if n := store.asked.Load() - asked; n != 1 {
		t.Errorf("ten uses asked a store that is down %d times within a second", n)
	}
	_, err := d.Stream(t.Context(), "2")
	if e := hubbub.AsError(err); e.Code != hubbub.CodeUnavailable || e.RetryAfter <= 0 || !errors.Is(err, errDown) {
		t.Errorf("without a copy: %v", err)
	}
	store.down.Store(false)
	clock.advance(time.Second)
	if _, err := d.Stream(t.Context(), "1"); err != nil || store.asked.Load()-asked != 3 {
		t.Errorf("it is not asked again once it is back: %v", err)
	}
}

func TestDirectoryKnown(t *testing.T) {
	d, _, store, _ := open(t, streams.DirectoryOptions{})
	for _, id := range []hubbub.StreamID{"unknown", "", "subscribe", "a/b", "<script>"} {
		if _, err := d.Stream(t.Context(), id); refusal(err) != hubbub.CodeStreamNotFound {
			t.Errorf("%q: %v", id, err)
		}
	}
	if n := store.asked.Load(); n != 1 {
		t.Errorf("the store was asked %d times, also for ids that no stream can have", n)
	}
}

func TestDirectoryAny(t *testing.T) {
	d, s, _, clock := open(t, streams.DirectoryOptions{Any: true})
	var wg sync.WaitGroup
	for range 8 { // at once, and nobody gets an error
		wg.Go(func() {
			if got, err := d.Stream(context.Background(), "room"); err != nil || got.Title != "room" || got.Status != hubbub.StatusLive {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	wg.Wait()
	page, err := s.List(t.Context(), streams.Filter{Status: hubbub.StatusLive}, 0, 10)
	if err != nil || len(page.Streams) != 1 || page.Streams[0].ID != "room" || !page.Streams[0].CreatedAt.Equal(millis(clock.Now())) {
		t.Errorf("the list has %+v (%v)", page, err)
	}
	if _, err := d.Stream(t.Context(), "enter"); refusal(err) != hubbub.CodeStreamNotFound {
		t.Errorf("an id that is a path of the API: %v", err)
	}
}

func TestDirectoryTwoServersMakeTheSameRoom(t *testing.T) {
	_, _, store, _ := open(t, streams.DirectoryOptions{})
	one, two := streams.NewDirectory(store, streams.DirectoryOptions{Any: true}), streams.NewDirectory(store, streams.DirectoryOptions{Any: true})
	store.hold = make(chan struct{})
	var wg sync.WaitGroup
	for _, d := range []*streams.Directory{one, two} {
		wg.Go(func() {
			if _, err := d.Stream(context.Background(), "room"); err != nil {
				t.Error(err)
			}
		})
	}
	for store.asked.Load() < 2 { // both are about to hear that there is none
		time.Sleep(time.Millisecond)
	}
	close(store.hold)
	wg.Wait()
}

func TestDirectoryDoesNotWaitForLongerThanItsCaller(t *testing.T) {
	d, s, store, _ := open(t, streams.DirectoryOptions{})
	if _, err := s.Create(t.Context(), streams.Draft{ID: "1"}); err != nil {
		t.Fatal(err)
	}
	store.hold = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Stream(ctx, "1"); refusal(err) != hubbub.CodeUnavailable {
		t.Errorf("%v", err)
	}
	close(store.hold)
	if _, err := d.Stream(t.Context(), "1"); err != nil {
		t.Errorf("who still waits is not answered: %v", err)
	}
}

func TestDirectoryCopyCostsNothing(t *testing.T) {
	d, s, _, _ := open(t, streams.DirectoryOptions{})
	if _, err := s.Create(t.Context(), streams.Draft{ID: "1"}); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { _, _ = d.Stream(ctx, "1") }); n != 0 {
		t.Errorf("%v allocations a use", n)
	}
}

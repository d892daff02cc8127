package streams

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/hubbub-live/hubbub"
)

const (
	// fresh is how long a copy of a row is believed.
	fresh = 30 * time.Second
	// pause is the time between two questions about a stream while the store
	// does not answer: a copy is good enough to not make everybody wait.
	pause = time.Second
	// patience bounds a question, whoever asks and however many wait for it.
	patience = 3 * time.Second
	// copies bounds how many streams are remembered.
	copies = 10_000
)

// DirectoryOptions say which streams there are. The zero value is good.
type DirectoryOptions struct {
	// Any makes every valid id a live stream on its first use (--rooms any).
	Any    bool
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nowhere
}

// A Directory answers which streams there are, from copies up to 30 seconds old.
// It is asked for every SUBSCRIBE and SEND.
type Directory struct {
	store   Store
	o       DirectoryOptions
	loading singleflight.Group

	mu      sync.RWMutex
	copies  map[hubbub.StreamID]entry
	changes uint64 // how often something was forgotten
}

// An entry is a copy of a row.
type entry struct {
	stream hubbub.Stream
	until  time.Time // when to ask again
}

// NewDirectory makes a directory that knows nothing yet.
func NewDirectory(store Store, o DirectoryOptions) *Directory {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Directory{store: store, o: o, copies: make(map[hubbub.StreamID]entry)}
}

// Stream returns a stream. While the store cannot be asked it returns the copy it
// has, however old; then, without one, the error is unavailable. An unknown
// stream is stream_not_found. It blocks only to ask, at most for ctx and a few
// seconds; a copy is returned without allocation, and its moderators are shared.
func (d *Directory) Stream(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
	d.mu.RLock()
	known, ok := d.copies[id]
	d.mu.RUnlock()
	if ok && d.o.Now().Before(known.until) {
		return known.stream, nil
	}
	if !id.Valid() {
		return hubbub.Stream{}, notFound(id)
	}
	return d.ask(ctx, id)
}

// Forget drops the copy of a stream, so that its next use asks: a hint that the
// row changed. What is being asked now may be the row of before, so it does not
// become a copy.
func (d *Directory) Forget(id hubbub.StreamID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.copies, id)
	d.changes++
	d.loading.Forget(string(id))
}

// drop is Forget of a stream that is not there.
func (d *Directory) drop(id hubbub.StreamID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.copies, id)
}

// ask loads a stream, once for all who ask at the same time.
func (d *Directory) ask(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
	answer := d.loading.DoChan(string(id), func() (any, error) {
		// Not the context of who asks first: others wait for the answer too.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return d.load(ctx, id)
	})
	select {
	case a := <-answer:
		if a.Err != nil {
			return hubbub.Stream{}, a.Err
		}
		return a.Val.(hubbub.Stream), nil
	case <-ctx.Done():
		return hubbub.Stream{}, unavailable(context.Cause(ctx))
	}
}

func (d *Directory) load(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
	d.mu.RLock()
	before := d.changes
	d.mu.RUnlock()
	s, err := d.store.Stream(ctx, id)
	if errors.Is(err, ErrNotFound) && d.o.Any {
		s, err = d.create(ctx, id)
	}
	switch {
	case err == nil:
		d.remember(s, fresh, before)
		return s, nil
	case errors.Is(err, ErrNotFound):
		d.drop(id)
		return hubbub.Stream{}, notFound(id)
	}
	d.mu.RLock()
	known, ok := d.copies[id]
	d.mu.RUnlock()
	if !ok {
		return hubbub.Stream{}, unavailable(err)
	}
	d.o.Logger.Warn("the store does not answer; using an old copy", "stream", id, "err", err)
	d.remember(known.stream, pause, before)
	return known.stream, nil
}

func (d *Directory) create(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
	s := hubbub.Stream{ID: id, Title: string(id), Status: hubbub.StatusLive, CreatedAt: toMillis(d.o.Now())}
	err := d.store.CreateStream(ctx, s)
	if errors.Is(err, ErrExists) { // another server was faster
		return d.store.Stream(ctx, id)
	}
	return s, err
}

// remember keeps a copy, unless something was forgotten since changes.
func (d *Directory) remember(s hubbub.Stream, ttl time.Duration, changes uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changes != changes {
		return
	}
	if len(d.copies) >= copies {
		d.makeRoom()
	}
	d.copies[s.ID] = entry{stream: s, until: d.o.Now().Add(ttl)}
}

// makeRoom drops what has to be asked for again anyway, or, if nothing has, a
// tenth of what comes first. Both happen once in many inserts.
func (d *Directory) makeRoom() {
	now := d.o.Now()
	for id, e := range d.copies {
		if !now.Before(e.until) {
			delete(d.copies, id)
		}
	}
	for id := range d.copies {
		if len(d.copies) < copies*9/10 {
			return
		}
		delete(d.copies, id)
	}
}

func notFound(id hubbub.StreamID) error {
	if !id.Valid() { // not repeated: it may be anything
		return hubbub.Refuse(hubbub.CodeStreamNotFound, "there is no such stream; ids are 1 to 64 of A-Z a-z 0-9 _ and -")
	}
	return hubbub.Refuse(hubbub.CodeStreamNotFound, "there is no stream %s", id)
}

func unavailable(err error) error {
	return &hubbub.Error{
		Code: hubbub.CodeUnavailable, Message: "streams cannot be looked up now; try again in a moment",
		RetryAfter: pause, Err: err,
	}
}

// toMillis is a time as the store keeps it.
func toMillis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

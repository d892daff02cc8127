// Package streams owns which live streams there are, who may do what in them and
// how many watch. The row in the [Store] is the truth about a stream; [Directory]
// has copies for those who ask for every message. It knows nothing of HTTP, of
// chat or of who is signed in how.
package streams

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
)

// A Service lists, creates, changes and ends streams. Its methods may be called
// concurrently; their errors are *hubbub.Error.
type Service struct {
	store     Store
	directory *Directory
	now       func() time.Time
	onChange  func(c hubbub.Control)
	changing  sync.Mutex // held to tell what a stream has become, so that the newest comes last
}

// NewService makes a service over store. directory is told what changes.
func NewService(store Store, directory *Directory) *Service {
	return &Service{store: store, directory: directory, now: directory.o.Now, onChange: func(hubbub.Control) {}}
}

// OnChange has f told of what changed: a control record without id, to be told to
// the stream's room. It comes after the change, which stands whatever becomes of
// the record, and must not block. It is set before the service is used.
func (s *Service) OnChange(f func(c hubbub.Control)) { s.onChange = f }

// Create makes a live stream of d. An id that is taken is stream_exists.
func (s *Service) Create(ctx context.Context, d Draft) (hubbub.Stream, error) {
	stream, err := d.stream()
	if err != nil {
		return hubbub.Stream{}, err
	}
	stream.CreatedAt = toMillis(s.now())
	err = s.store.CreateStream(ctx, stream)
	switch {
	case errors.Is(err, ErrExists):
		return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeStreamExists, "there is a stream %s already, or was", stream.ID)
	case err != nil:
		return hubbub.Stream{}, unavailable(err)
	}
	return stream, nil
}

// maxLive is how many live streams somebody may have who is no admin.
const maxLive = 20

// Open is Create by somebody for themselves. An account has at most maxLive live
// streams, so that nobody fills the list.
func (s *Service) Open(ctx context.Context, by Actor, d Draft) (hubbub.Stream, error) {
	if RankOf(by.Roles) < RankAdmin {
		live, err := s.store.CountStreams(ctx, by.User, hubbub.StatusLive)
		if err != nil {
			return hubbub.Stream{}, unavailable(err)
		}
		if live >= maxLive {
			return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeForbidden, "you have %d live streams; end one first", live)
		}
	}
	d.HostID = by.User
	return s.Create(ctx, d)
}

// Ensure creates the stream of d unless its id is taken, and says whether it did.
func (s *Service) Ensure(ctx context.Context, d Draft) (created bool, err error) {
	_, err = s.Create(ctx, d)
	var e *hubbub.Error
	if errors.As(err, &e) && e.Code == hubbub.CodeStreamExists {
		return false, nil
	}
	return err == nil, err
}

// Edit changes what e names and returns the stream as it is then.
func (s *Service) Edit(ctx context.Context, by hubbub.UserID, id hubbub.StreamID, e Edit) (hubbub.Stream, error) {
	e, err := e.clean()
	if err != nil {
		return hubbub.Stream{}, err
	}
	if err := s.store.EditStream(ctx, id, e); err != nil {
		return hubbub.Stream{}, refusalOf(id, err)
	}
	return s.changed(ctx, by, id)
}

// End makes a stream read-only, for good. Ending it again changes nothing.
// Servers elsewhere notice by the room's record, or within 30 seconds.
func (s *Service) End(ctx context.Context, by hubbub.UserID, id hubbub.StreamID) error {
	before, err := s.store.Stream(ctx, id)
	if err != nil {
		return refusalOf(id, err)
	}
	if err := s.store.EndStream(ctx, id, toMillis(s.now())); err != nil {
		return refusalOf(id, err)
	}
	if before.Status == hubbub.StatusEnded {
		s.directory.Forget(id)
		return nil
	}
	_, err = s.changed(ctx, by, id)
	return err
}

// Announce tells what has become of a stream that was changed by others than this
// service, as when the account of its host was erased.
func (s *Service) Announce(ctx context.Context, by hubbub.UserID, id hubbub.StreamID) error {
	_, err := s.changed(ctx, by, id)
	return err
}

// Delete removes a stream: from then on it is stream_not_found, and its id is not
// given out again. What was said in it stays in the archive, where nobody reads it.
func (s *Service) Delete(ctx context.Context, by hubbub.UserID, id hubbub.StreamID) error {
	if err := s.store.DeleteStream(ctx, id, toMillis(s.now())); err != nil {
		return refusalOf(id, err)
	}
	s.directory.Forget(id)
	s.changing.Lock()
	defer s.changing.Unlock()
	s.onChange(hubbub.Control{StreamID: id, Action: hubbub.ActionStream, By: by, Stream: &hubbub.Change{Status: hubbub.StatusDeleted}})
	return nil
}

// RenameHost changes how a host is shown in all their streams; directories notice
// within 30 seconds.
func (s *Service) RenameHost(ctx context.Context, host hubbub.UserID, name, picture string) error {
	if err := s.store.RenameHost(ctx, host, name, picture); err != nil {
		return unavailable(err)
	}
	return nil
}

// changed tells what has become of a stream and returns it.
func (s *Service) changed(ctx context.Context, by hubbub.UserID, id hubbub.StreamID) (hubbub.Stream, error) {
	s.directory.Forget(id)
	s.changing.Lock()
	defer s.changing.Unlock()
	now, err := s.store.Stream(ctx, id)
	if err != nil {
		return hubbub.Stream{}, refusalOf(id, err)
	}
	s.onChange(hubbub.Control{StreamID: id, Action: hubbub.ActionStream, By: by, Stream: &hubbub.Change{
		Title: now.Title, Status: now.Status, Language: now.Language, ThumbnailURL: now.ThumbnailURL, PlaybackURL: now.PlaybackURL,
	}})
	return now, nil
}

// The bounds of a page of streams.
const (
	MaxSize = 100
	maxSkip = 100_000 // streams before a page: each is read to be skipped
)

// A Page is some of the streams there are.
type Page struct {
	Streams []hubbub.Stream
	HasNext bool
}

// List returns page number page, from 0, of pages of 1 to MaxSize streams, newest
// first.
func (s *Service) List(ctx context.Context, f Filter, page, size int) (Page, error) {
	if size < 1 || size > MaxSize || page < 0 || page > maxSkip/size {
		return Page{}, hubbub.Refuse(hubbub.CodeBadRequest, "pages have 1 to %d streams, and %d streams before them at most", MaxSize, maxSkip)
	}
	found, err := s.store.Streams(ctx, f, size+1, page*size)
	if err != nil {
		return Page{}, unavailable(err)
	}
	p := Page{Streams: found, HasNext: len(found) > size}
	p.Streams = p.Streams[:min(size, len(found))]
	return p, nil
}

// refusalOf is what an error of the store about a stream means to who asked.
func refusalOf(id hubbub.StreamID, err error) error {
	if errors.Is(err, ErrNotFound) {
		return notFound(id)
	}
	return unavailable(err)
}

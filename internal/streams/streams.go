// Package streams owns which live streams there are, who may do what in them and
// how many watch. The row in the [Store] is the truth about a stream; [Directory]
// has copies for those who ask for every message. It knows nothing of HTTP, of
// chat or of who is signed in how.
package streams

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/text"
)

// A Service lists, creates and ends streams. Its methods may be called
// concurrently; their errors are *hubbub.Error.
type Service struct {
	store     Store
	directory *Directory
	now       func() time.Time
}

// NewService makes a service over store. directory is told what changes.
func NewService(store Store, directory *Directory) *Service {
	return &Service{store: store, directory: directory, now: directory.o.Now}
}

// A Draft is a stream to be created.
type Draft struct {
	ID           hubbub.StreamID // "": one is made up
	HostID       hubbub.UserID   // the owner; "": nobody's
	HostName     string
	HostPicture  string
	Title        string // 1 to 100 user-perceived characters; "": the id
	Language     string // BCP 47, or ""
	ThumbnailURL string // http(s), or ""
	PlaybackURL  string // http(s), or ""
	Demo         bool
}

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
		return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeStreamExists, "there is a stream %s already", stream.ID)
	case err != nil:
		return hubbub.Stream{}, unavailable(err)
	}
	return stream, nil
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

// End makes a stream read-only, for good. Ending it again changes nothing.
// Servers elsewhere notice within 30 seconds.
func (s *Service) End(ctx context.Context, id hubbub.StreamID) error {
	err := s.store.EndStream(ctx, id, toMillis(s.now()))
	switch {
	case errors.Is(err, ErrNotFound):
		return notFound(id)
	case err != nil:
		return unavailable(err)
	}
	s.directory.Forget(id)
	return nil
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
// first. status is hubbub.StatusLive, hubbub.StatusEnded or "" for all.
func (s *Service) List(ctx context.Context, status string, page, size int) (Page, error) {
	if size < 1 || size > MaxSize || page < 0 || page > maxSkip/size {
		return Page{}, hubbub.Refuse(hubbub.CodeBadRequest, "pages have 1 to %d streams, and %d streams before them at most", MaxSize, maxSkip)
	}
	found, err := s.store.Streams(ctx, status, size+1, page*size)
	if err != nil {
		return Page{}, unavailable(err)
	}
	p := Page{Streams: found, HasNext: len(found) > size}
	p.Streams = p.Streams[:min(size, len(found))]
	return p, nil
}

func (d Draft) stream() (hubbub.Stream, error) {
	if d.ID == "" {
		d.ID = hubbub.StreamID(strings.ToLower(rand.Text()[:10]))
	}
	if !d.ID.Valid() {
		return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeBadRequest,
			"a stream's id is 1 to 64 of A-Z a-z 0-9 _ and -, and none of subscribe, enter, leave")
	}
	title, err := text.Content(cmp.Or(d.Title, string(d.ID)), text.Limits{Characters: 100, Bytes: 1 << 10})
	if err != nil {
		return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeBadRequest, "the title: %s", hubbub.AsError(err).Message)
	}
	if len(d.Language) > 35 || strings.Trim(d.Language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeBadRequest, "the language has to be a tag such as ko or en-GB")
	}
	for name, link := range map[string]string{"thumbnail": d.ThumbnailURL, "playback": d.PlaybackURL} {
		if !harmless(link) {
			return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeBadRequest, "the %s URL has to be an http(s) URL of at most 512 bytes", name)
		}
	}
	return hubbub.Stream{
		ID: d.ID, HostID: d.HostID, HostName: d.HostName, HostPicture: d.HostPicture,
		Title: title, Status: hubbub.StatusLive, Language: d.Language,
		ThumbnailURL: d.ThumbnailURL, PlaybackURL: d.PlaybackURL, Demo: d.Demo,
	}, nil
}

// harmless says whether a link can be put into a page: no javascript:, no data:.
func harmless(link string) bool {
	if link == "" {
		return true
	}
	u, err := url.Parse(link)
	return err == nil && len(link) <= 512 && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

package streams

import (
	"context"
	"errors"
	"time"

	"github.com/hubbub-live/hubbub"
)

// Errors of a Store that callers tell apart.
var (
	ErrNotFound = errors.New("there is no such stream")
	ErrExists   = errors.New("the stream exists")
)

// A Filter says which streams are meant; the zero Filter: all.
type Filter struct {
	Status string        // hubbub.StatusLive or hubbub.StatusEnded; "": any
	Host   hubbub.UserID // whose they are; "": anybody's
}

// A Store keeps streams. All methods may be called concurrently and block at
// most for their context and the disk; what they report as done is durable.
// Times are kept in ms. A deleted stream is not there for any of them, but its id
// stays taken. Any error other than those named means that the store cannot be
// used now.
type Store interface {
	// CreateStream adds s, or returns ErrExists. Its moderators are not looked at.
	CreateStream(ctx context.Context, s hubbub.Stream) error
	// Stream returns a stream with its moderators, in the order in which they were
	// named, or ErrNotFound.
	Stream(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error)
	// EditStream changes what e names, all or nothing. ErrNotFound.
	EditStream(ctx context.Context, id hubbub.StreamID, e Edit) error
	// EndStream ends a live stream, once: a repeat changes nothing. ErrNotFound.
	EndStream(ctx context.Context, id hubbub.StreamID, at time.Time) error
	// DeleteStream removes a stream, its moderators and its words. ErrNotFound.
	DeleteStream(ctx context.Context, id hubbub.StreamID, at time.Time) error
	// RenameHost changes how the host of streams is shown in all of them.
	RenameHost(ctx context.Context, host hubbub.UserID, name, picture string) error
	// Streams returns streams without their moderators, newest first, by id where
	// that is equal: at most limit after the first skip.
	Streams(ctx context.Context, f Filter, limit, skip int) ([]hubbub.Stream, error)
	// CountStreams returns how many streams a host has of a status.
	CountStreams(ctx context.Context, host hubbub.UserID, status string) (int, error)

	// AddModerator makes a user a moderator of a stream, unless it has most of them
	// already: full. A repeat changes nothing. ErrNotFound.
	AddModerator(ctx context.Context, id hubbub.StreamID, user hubbub.UserID, at time.Time, most int) (full bool, err error)
	// RemoveModerator is its opposite, and says whether they were one.
	RemoveModerator(ctx context.Context, id hubbub.StreamID, user hubbub.UserID) (removed bool, err error)

	// Words returns the blocked words of a stream; none are no error.
	Words(ctx context.Context, id hubbub.StreamID) ([]string, error)
	// SetWords replaces them. No word has a line break. ErrNotFound.
	SetWords(ctx context.Context, id hubbub.StreamID, words []string) error
}

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

// A Store keeps streams. All methods may be called concurrently and block at
// most for their context and the disk; what they report as done is durable.
// Times are kept in ms. Any error other than those named means that the store
// cannot be used now.
type Store interface {
	// CreateStream adds s, or returns ErrExists.
	CreateStream(ctx context.Context, s hubbub.Stream) error
	// Stream returns a stream, or ErrNotFound.
	Stream(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error)
	// EndStream ends a live stream, once: a repeat changes nothing. ErrNotFound.
	EndStream(ctx context.Context, id hubbub.StreamID, at time.Time) error
	// Streams returns streams of a status ("": any), newest first, by id where
	// that is equal: at most limit after the first skip.
	Streams(ctx context.Context, status string, limit, skip int) ([]hubbub.Stream, error)
}

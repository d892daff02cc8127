// Package archive is the contract of history: every logged record of raw-chats,
// once, for good, and the summaries of what was said.
//
// The key is (stream, position), and what is at a position never changes. Append is
// idempotent by that key, so a batch may be replayed at any time by anyone; a replay
// never revives what was withheld or erased. Pages are in position order. A record is
// visible to readers at the latest when Append returns, and durable then; before, they
// may see some of a batch.
//
// Nothing here retries; the archiver does. Slices given to Append are not
// retained after it returns; slices returned are the caller's.
package archive

import (
	"context"
	"errors"
	"time"

	"github.com/hubbub-live/hubbub"
)

// Errors that callers tell apart; adapters wrap them with what was attempted.
var (
	// ErrUnavailable: the archive cannot be reached or written now; retry later.
	ErrUnavailable = errors.New("the archive is unavailable")
	// ErrFull: the disk is full.
	ErrFull = errors.New("the archive's disk is full")
	// ErrClosed: the archive was closed.
	ErrClosed = errors.New("the archive is closed")
)

// An Entry is one archived record of raw-chats.
type Entry struct {
	Stream   hubbub.StreamID
	Position hubbub.Position
	Time     time.Time // log time, ms
	Kind     string    // as in the log; unknown kinds are stored as they are
	Version  int
	ID       hubbub.MessageID // "" if the value has none
	Sender   hubbub.UserID    // of a message that is not erased; "" otherwise
	Value    []byte           // as logged, or without its text once erased

	// Withheld is set on entries read of messages that a moderator removed (a
	// delete, or a clear after it): the text stays in Value, and only moderators
	// may see it. Ignored by Append.
	Withheld bool
	// Erased is set on entries read whose Value has lost name and text for good; on
	// one given to Append it says so of an archive that the entry was read from.
	Erased bool
}

// A Query asks for a page of a stream. At most one of Before and After is set.
type Query struct {
	Stream hubbub.StreamID
	Before hubbub.Position // the newest entries before it; zero: the newest of all
	After  hubbub.Position // the oldest entries after it
	// Forward reads from the oldest after After, also when After is zero.
	Forward bool
	Kind    *string // only this kind; nil: all
	Limit   int     // 1 to MaxLimit
}

// An Archive keeps entries. All methods may be called concurrently, but Append by
// one archiver per stream.
type Archive interface {
	// Append stores entries, in any order and with repeats, and applies the removals
	// (delete, clear) among them, whether the messages they name came before, in the
	// same batch, or come in a later replay. It blocks until they are durable. Entries
	// that cannot be stored at all are refused before any is. After another error some
	// may be stored, and maybe not counted: a repeat does the rest.
	Append(ctx context.Context, entries []Entry) error
	// Page returns the entries asked for, oldest first.
	Page(ctx context.Context, q Query) ([]Entry, error)
	// Find returns the entry of a message; ok is false if there is none.
	Find(ctx context.Context, stream hubbub.StreamID, id hubbub.MessageID) (e Entry, ok bool, err error)
	// AddSummary stores a summary, and blocks until it is durable. If one of its stream
	// that goes through the same position is there already, nothing is changed. Sentences that cite what is erased are left out.
	AddSummary(ctx context.Context, s Summary) error
	// Summaries returns the up to limit newest summaries of a stream that go through a
	// position before `before` (zero: the newest of all), newest first. Of their
	// sentences those are left out that cite a message which is not there, or is
	// withheld or erased by now; a summary may have none left.
	Summaries(ctx context.Context, stream hubbub.StreamID, before hubbub.Position, limit int) ([]Summary, error)
	// Erase blanks name and text (Blank) of everything a user sent, up to
	// ErasureReach from now in log time, everywhere, for good, and of what a
	// replay would bring back; it returns how many entries changed. Sentences that
	// cite such a message go as well. A repeat changes nothing; after an error, a
	// repeat does the rest.
	Erase(ctx context.Context, user hubbub.UserID) (int64, error)
	// Streams returns up to limit streams with entries whose id is after `after`, in
	// the order of their ids.
	Streams(ctx context.Context, after hubbub.StreamID, limit int) ([]hubbub.StreamID, error)
	// Count returns how many messages (kind KindMessage) a stream has in the archive.
	Count(ctx context.Context, stream hubbub.StreamID) (int64, error)
	// Total returns how many entries of any kind are stored. It is kept, not
	// counted: every Append that returned is in it.
	Total(ctx context.Context) (int64, error)
	// Close waits for calls under way. It may be called twice.
	Close() error
}

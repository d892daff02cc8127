package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
)

// ErrMoved is returned by Store.Save when the stored cursor is not the one that the
// caller went on from.
var ErrMoved = errors.New("the stored cursor is another")

// A Cursor is how far a partition is counted.
type Cursor struct {
	Partition int
	Through   hubbub.Position // every record up to it is counted; zero: none
	Time      time.Time       // log time of the record at Through, ms
	Counted   int64           // messages of the partition, since the store was made
	// Unpublished: only streams whose newest message is at or after it may have a
	// result that was not published.
	Unpublished hubbub.Position
}

// A State is the stored tally of a stream.
type State struct {
	Stream    hubbub.StreamID
	Partition int
	Newest    hubbub.Position // of the messages counted
	Tally     []byte          // as analysis.Tally has it

	// Closed are minutes that Tally does not have any more; who asks for none gets none.
	Closed analysis.Minutes
}

// A Minute is [analysis.Minute].
type Minute = analysis.Minute

func (s *State) decode() (*analysis.Tally, error) {
	tally, err := analysis.DecodeState(s.Tally)
	if err != nil {
		return nil, fmt.Errorf("read the tally of stream %s: %w", s.Stream, err)
	}
	return tally, nil
}

// A Store keeps tallies, and beside them how far they go. What Save stored is
// durable and there as a whole, or not at all. All methods may be called
// concurrently.
type Store interface {
	// Cursors returns those of all partitions ever saved.
	Cursors(ctx context.Context) ([]Cursor, error)
	// State returns the tally of a stream; ok is false if it has none. The bytes
	// are the caller's.
	State(ctx context.Context, stream hubbub.StreamID) (s State, ok bool, err error)
	// Minutes is State, and of the same instant its closed minutes with numbers from
	// first up to, but not with, end, oldest first.
	Minutes(ctx context.Context, stream hubbub.StreamID, first, end uint64) (s State, ok bool, err error)
	// Changed returns the streams of a partition whose newest message is at or
	// after a position, with that message's position.
	Changed(ctx context.Context, partition int, since hubbub.Position) (map[hubbub.StreamID]hubbub.Position, error)
	// Save replaces the cursor of c.Partition, whose Through is still `before`
	// (zero: there is no cursor), and the given states; their closed minutes are
	// added to those stored. ErrMoved: it was another, and nothing is stored. After any
	// other error it may be stored. The states are not retained.
	Save(ctx context.Context, before hubbub.Position, c Cursor, states []State) error
}

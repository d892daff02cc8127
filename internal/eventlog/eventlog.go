// Package eventlog is the contract of the durable ordered log, the one place a
// message is written to: delivery, archive, analysis and summaries read it.
//
// # Order
//
// Records with the same stream are in one partition, in one total order, which
// is the order in which Append was called for them by one caller and some order
// between callers. Positions grow within a partition and are never reused: a log
// that lost its tail comes back with a higher epoch.
//
// # Durability and errors
//
// A record whose Append reported no error is durable (fsynced, or held by all
// in-sync replicas) and will be read by every consumer. An error wrapping
// [ErrUnknown] means that the record may or may not be there; any other error
// means that it certainly is not. The log itself retries nothing that could
// duplicate a record; callers who retry after ErrUnknown de-duplicate.
//
// # Blocking and back-pressure
//
// Append never blocks on the disk or the network: it queues, or fails at once
// with [ErrBusy] when the bounded queue is full. Reads block until there is
// something, or the context ends.
//
// # Slices
//
// Append retains Record.Value until done is called; the caller must not change
// it before. What a reader gets is its own, never changed again, may be retained
// and shared, and must not be changed.
package eventlog

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
)

// A Topic is one log of the system; design: "Topics".
type Topic string

// The topics.
const (
	RawChats        Topic = "raw-chats"
	AnalysisResult  Topic = "analysis-result"
	SummaryRequests Topic = "summary-requests"
	SummaryResults  Topic = "summary-results"
)

// Topics lists all topics.
var Topics = []Topic{RawChats, AnalysisResult, SummaryRequests, SummaryResults}

// Required names the groups that the log must not trim ahead of.
var Required = map[Topic][]string{
	RawChats:       {GroupArchive, GroupAnalysis, GroupRelay},
	AnalysisResult: {GroupRelay},
	SummaryResults: {GroupRelay},
}

// The consumer groups of the system.
const (
	GroupRelay    = "relay"
	GroupArchive  = "archive"
	GroupAnalysis = "analysis"
	GroupSummary  = "summary"
)

// Version is the version of record values that this program writes. Readers
// skip and count records with a higher one.
const Version = 1

// A Record is one entry of a topic.
type Record struct {
	Stream  hubbub.StreamID // the key
	Kind    string          // hubbub.KindMessage, hubbub.KindControl or one that this program does not know
	Version int             // of Value; 0 is written as Version
	Value   []byte          // JSON in UTF-8, at most MaxValue bytes

	// Set by the log, ignored by Append.
	Position hubbub.Position
	Time     time.Time // log time, ms, never going back within a partition
	// Foreign is why it cannot have been written by this program, of whatever version, in
	// a log that others can write to, too; nil: it can. Readers pass foreign records over:
	// the log counts them and says where they are.
	Foreign error
}

// MaxValue is the size of the largest value, and maxKind that of the longest kind, in
// bytes.
const (
	MaxValue = 256 << 10
	maxKind  = 64
)

// Check says why r cannot be appended, to any log.
func (r *Record) Check() error {
	switch {
	case len(r.Value) > MaxValue:
		return ErrTooLarge
	case !r.Stream.Valid():
		return errors.New("the record's stream id is not valid")
	case len(r.Kind) > maxKind || strings.Contains(r.Kind, "\n") || !utf8.ValidString(r.Kind):
		return errors.New("the record's kind is over 64 bytes, has a line break or is no UTF-8")
	case r.Version < 0 || r.Version > math.MaxInt32:
		return errors.New("the record's version is negative or has over 31 bits")
	}
	return nil
}

// Errors that callers tell apart; adapters wrap them with what was attempted.
var (
	// ErrBusy: the queue of unacknowledged records is full. Not logged; retry later.
	ErrBusy = errors.New("the log's queue is full")
	// ErrFull: the disk is full or nearly so. Not logged; nothing is taken until there is room.
	ErrFull = errors.New("the log's disk is full")
	// ErrReadOnly: the log's disk cannot be written. Not logged.
	ErrReadOnly = errors.New("the log cannot be written")
	// ErrUnavailable: the log cannot be reached. Not logged.
	ErrUnavailable = errors.New("the log is unavailable")
	// ErrUnknown: whether the record is logged is not known.
	ErrUnknown = errors.New("whether the record was logged is not known")
	// ErrTooLarge: Value is over MaxValue. Not logged.
	ErrTooLarge = errors.New("the record is too large")
	// ErrGone: the position asked for was trimmed or belongs to another epoch.
	ErrGone = errors.New("the log no longer has that position")
	// ErrLost: the partition now belongs to another member of the group.
	ErrLost = errors.New("the partition was taken over")
	// ErrClosed: the log or consumer was closed.
	ErrClosed = errors.New("the log is closed")
)

// A Log is the durable ordered log. All methods may be called concurrently.
type Log interface {
	// Append queues r and returns at once; done is called exactly once, with
	// r's position and log time or an error, possibly before Append returns. The
	// time is zero in a log that only readers learn it from. How long done takes
	// has no bound while the log is unreachable: callers who promised an answer
	// give it themselves.
	// done runs on the log's own goroutine and must not block. Records of one
	// stream appended by one goroutine keep their order, in the log and in the
	// calls of done. A lone record is made durable at once; those that arrive
	// while a write is under way share the next one. After ctx ends, a record
	// not yet handed to the disk or broker fails with ctx's error (not logged),
	// one that was handed over reports its true outcome, or ErrUnknown.
	Append(ctx context.Context, topic Topic, r Record, done func(hubbub.Position, time.Time, error))

	// Consume joins a consumer group. The group's cursor decides where each
	// partition starts; a group without one starts at the first record kept.
	// o.After overrides it. Within a group each partition has one owner.
	Consume(ctx context.Context, topic Topic, group string, o ConsumeOptions) (Consumer, error)

	// Read returns up to limit records of one stream after a position, oldest
	// first, and the position through which its answer is complete (≥ the last
	// record's; the end of the log if there were fewer than limit). It does not
	// wait for new records. ErrGone: records after `after` may have been
	// trimmed, or `after` is of another epoch; nothing is returned then. The zero
	// position reads from the first record kept, without ErrGone.
	Read(ctx context.Context, topic Topic, stream hubbub.StreamID, after hubbub.Position, limit int) ([]Record, hubbub.Position, error)

	// End returns the newest position in the partition of stream; of an empty
	// partition, Epoch and N 0.
	End(ctx context.Context, topic Topic, stream hubbub.StreamID) (hubbub.Position, error)

	// Committed returns what group has committed in the partition of stream:
	// zero if it never did.
	Committed(ctx context.Context, topic Topic, group string, stream hubbub.StreamID) (hubbub.Position, error)

	// Lag returns the sum over partitions of end minus committed, in records.
	Lag(ctx context.Context, topic Topic, group string) (int64, error)

	// Healthy returns nil while Append can be expected to work, else one of the
	// errors above with the reason. It does not block.
	Healthy() error

	// Close fails what is queued, waits for what is under way and for the log's
	// goroutines. Consumers return ErrClosed. It may be called twice.
	Close() error
}

// ConsumeOptions say how a consumer reads. The zero value is good.
type ConsumeOptions struct {
	// After overrides the group's cursor: a partition is read after the returned
	// position if ok. For readers that keep state and cursor in one place.
	After func(partition int) (after hubbub.Position, ok bool)
	// MaxRecords bounds a batch; 0 is 1,000.
	MaxRecords int
	// Linger is how much later records may come, so that fewer requests bring them; a
	// log that is asked for nothing has no use for it. 0: at once.
	Linger time.Duration
}

// A Batch is consecutive records of one partition.
type Batch struct {
	Partition int
	// Prev is the position just before Records[0] in the partition: between the
	// two lies no record of any stream. If it is not what was read last, what
	// lies between was trimmed or is damaged.
	Prev hubbub.Position
	// Assigned marks the first batch after the partition came to this consumer.
	Assigned bool
	Records  []Record // never empty
	// End is the newest position of the partition, as known when fetched.
	End hubbub.Position
}

// A Consumer reads the partitions that its group assigns to it, each in order,
// at least once: what was not committed is read again by the next owner.
// Next and Commit may be called by different goroutines, each by one at a time.
type Consumer interface {
	// Next blocks until there is a record, and returns all that can be had
	// without waiting, up to MaxRecords, of one partition.
	Next(ctx context.Context) (Batch, error)
	// Commit says that the work for everything up to and including through is
	// done and durable. ErrLost if the partition went to another member. A
	// position below what is committed is ignored.
	Commit(ctx context.Context, partition int, through hubbub.Position) error
	// Close leaves the group; Next returns ErrClosed.
	Close() error
}

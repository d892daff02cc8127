// Package transfer is the file in which a site is carried to another folder, or
// another kind of store: accounts, streams, moderators and words as rows, every
// entry of the archive, the tallies, and the summaries. It reads and writes contracts, and knows
// nothing of how they keep what they have.
//
// # The file
//
// JSON Lines in UTF-8, each line an object with one member, whose name is the
// section that the line belongs to:
//
//	{"header":{"hubbub":"export","format":2,"program":"…","schema":4}}
//	{"users":{"id":"…",…}}                     rows, in sections named after tables
//	{"entries":{"stream":"1","position":"5.7",…}} in the order of streams and positions
//	{"tallies":{"stream":"1",…}}
//	{"minutes":{"stream":"1","minute":29000000,"counts":[…]}}
//	{"summaries":{"stream":"1",…}}             of each stream newest first
//	{"end":{"header":{"lines":1,"sha256":"…"},"users":{…},…}}
//
// Sections come in this order, and the last line says of each section how many
// lines it has and what their SHA-256 is, line breaks included. A file without
// that line, or with anything after it, is not whole. Equal sites give equal files
// but for the header's program.
//
// The file has password hashes and deleted texts: it is as secret as the folder.
package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/metastore"
)

// Format is the version of the files that this program writes; it reads those up
// to it.
const Format = 2

// ErrChanged is why a file is none: what is in it never was there at one time.
var ErrChanged = errors.New("the site was changed while it was read: stop what writes to it, and try again")

// Why a file is refused; nothing is changed then.
var (
	ErrDamaged = errors.New("the file is damaged or not an export of hubbub")
	ErrNewer   = errors.New("the file was written by a newer version of hubbub")
)

// The sections beside those of tables.
const (
	headerSection  = "header"
	entrySection   = "entries"
	tallySection   = "tallies"
	minuteSection  = "minutes"
	summarySection = "summaries"
	endSection     = "end"
)

// sections are all of them in order, but for the end.
var sections = slices.Concat([]string{headerSection}, metastore.Carried, []string{entrySection, tallySection, minuteSection, summarySection})

// Order returns the names of all sections in the order of a file.
func Order() []string { return slices.Clone(sections) }

// A Header is what a file says of itself.
type Header struct {
	Hubbub  string `json:"hubbub"` // "export"
	Format  int    `json:"format"`
	Program string `json:"program"` // the version that wrote it
	Schema  int64  `json:"schema"`  // of the rows
}

// An Extent is how much a section has, and the hash of it.
type Extent struct {
	Lines  int64  `json:"lines"`
	SHA256 string `json:"sha256"`
}

// A Summary is what is in a file.
type Summary struct {
	Header   Header
	Sections map[string]Extent
	Newest   hubbub.Position // of all entries
	Time     time.Time       // of the entry there
	// Uncounted are streams whose tally does not count exactly the messages that
	// are there, with the difference: their analysis was lost before the export.
	Uncounted map[hubbub.StreamID]int64
}

// ID is a name for what is in the file, of 32 characters.
func (s *Summary) ID() string {
	h := sha256.New()
	for _, name := range sections {
		fmt.Fprintln(h, name, s.Sections[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Meta has the rows of users and streams; *sqlmeta.Store is one.
type Meta interface {
	Schema(ctx context.Context) (int64, error)
	Rows(ctx context.Context, table string, give func(metastore.Row) error) error
}

// A Source is the site that is carried. Nothing may be written to it meanwhile; that
// users and streams changed is found out.
type Source struct {
	Meta    Meta
	Archive archive.Archive
	Tallies worker.Store
}

// A Target is where it is carried to, empty.
type Target struct {
	Insert  func(table string, row metastore.Row) error
	Archive archive.Archive
	Tallies worker.Store
	// Partition is the log's in which the messages of a stream will be; nil: it has one.
	Partition func(hubbub.StreamID) int
}

// An entry is an [archive.Entry] as a line has it. Its Value stands there as it is,
// if it is JSON on one line, else as Bytes. What follows from it is not there, nor
// is what the control records withhold.
type entry struct {
	Stream   hubbub.StreamID `json:"stream"`
	Position hubbub.Position `json:"position"`
	Time     int64           `json:"time"` // Unix ms
	Kind     string          `json:"kind,omitempty"`
	Version  int             `json:"version"`
	Erased   bool            `json:"erased,omitempty"`
	Bytes    []byte          `json:"bytes,omitempty"`
	Value    json.RawMessage `json:"value,omitempty"` // last: appended by hand
}

// A tally is a [worker.State] as a line has it, without its minutes.
type tally struct {
	Stream hubbub.StreamID `json:"stream"`
	Newest hubbub.Position `json:"newest"`
	State  []byte          `json:"state"`
}

// A minute is a closed minute of a stream.
type minute struct {
	Stream hubbub.StreamID `json:"stream"`
	Minute uint64          `json:"minute"` // Unix time divided by 60 s
	Counts analysis.Counts `json:"counts"` // in the order of moods
}

// A summary is an [archive.Summary] as a line has it, with the sentences that are
// shown.
type summary struct {
	Stream    hubbub.StreamID `json:"stream"`
	From      hubbub.Position `json:"from"`
	Through   hubbub.Position `json:"through"`
	Method    string          `json:"method"`
	At        int64           `json:"at"` // Unix ms
	Sentences []sentence      `json:"sentences"`
}

type sentence struct {
	Text     string             `json:"text"`
	Messages []hubbub.MessageID `json:"messages"`
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

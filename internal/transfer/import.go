package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/metastore"
)

// Check reads a whole file, and says what is in it or why it is refused: ErrDamaged
// or ErrNewer.
func Check(ctx context.Context, from io.Reader) (*Summary, error) {
	c := checker{summary: Summary{Uncounted: map[hubbub.StreamID]int64{}}}
	extents, err := read(ctx, from, c.take)
	if err != nil {
		return nil, err
	}
	if extents[headerSection].Lines != 1 {
		return nil, damaged("it has %d headers", extents[headerSection].Lines)
	}
	c.summary.Sections = extents
	maps.DeleteFunc(c.summary.Uncounted, func(_ hubbub.StreamID, n int64) bool { return n == 0 })
	return &c.summary, nil
}

// A checker reads every line and keeps none.
type checker struct{ summary Summary }

func (c *checker) take(section string, value json.RawMessage) error {
	s := &c.summary
	line, err := decode(section, value)
	if err != nil {
		return damaged("a line of %s: %v", section, err)
	}
	switch line := line.(type) {
	case Header:
		s.Header = line
		switch {
		case line.Hubbub != "export" || line.Format < 1 || line.Schema < 1:
			return damaged("its header says so")
		case line.Format > Format:
			return fmt.Errorf("%w: its format is %d, this one knows up to %d", ErrNewer, line.Format, Format)
		}
	case archive.Entry:
		if s.Newest.Before(line.Position) {
			s.Newest, s.Time = line.Position, line.Time
		}
		if counted(&line) {
			s.Uncounted[line.Stream]++
		}
	case worker.State:
		t, err := analysis.DecodeState(line.Tally)
		if err != nil {
			return damaged("the tally of stream %s: %v", line.Stream, err)
		}
		counts := t.Counts()
		s.Uncounted[line.Stream] -= int64(counts.Total())
	}
	return nil
}

// counted says whether the worker counts an entry: a message that it can read.
func counted(e *archive.Entry) bool {
	if e.Kind != hubbub.KindMessage || e.Version > eventlog.Version {
		return false
	}
	var m struct {
		Sender struct {
			ID hubbub.UserID `json:"id"`
		} `json:"sender"`
		Content string `json:"content"`
	}
	return json.Unmarshal(e.Value, &m) == nil
}

// decode reads the value of a line of a section: a Header, a metastore.Row, an
// archive.Entry, a worker.State, a minute, or an archive.Summary.
func decode(section string, value json.RawMessage) (any, error) {
	switch section {
	case headerSection:
		return decodeAs[Header](value)
	case entrySection:
		return decodeEntry(value)
	case tallySection:
		t, err := decodeAs[tally](value)
		return worker.State{Stream: t.Stream, Newest: t.Newest, Tally: t.State}, err
	case minuteSection:
		return decodeAs[minute](value)
	case summarySection:
		return decodeSummary(value)
	}
	row, err := decodeAs[metastore.Row](value)
	return row, err
}

func decodeAs[T any](value json.RawMessage) (v T, err error) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	return v, d.Decode(&v)
}

func decodeEntry(value json.RawMessage) (archive.Entry, error) {
	line, err := decodeAs[entry](value)
	if err != nil {
		return archive.Entry{}, err
	}
	if !line.Stream.Valid() || line.Position.IsZero() {
		return archive.Entry{}, fmt.Errorf("an entry of stream %.80q at %v", line.Stream, line.Position)
	}
	r := eventlog.Record{
		Stream: line.Stream, Position: line.Position, Time: time.UnixMilli(line.Time).UTC(),
		Kind: line.Kind, Version: line.Version, Value: line.Value,
	}
	if line.Value == nil {
		r.Value = line.Bytes
	}
	e := archive.Of(r)
	if e.Erased = line.Erased; e.Erased {
		e.Sender = ""
	}
	return e, nil
}

func decodeSummary(value json.RawMessage) (archive.Summary, error) {
	line, err := decodeAs[summary](value)
	if err != nil {
		return archive.Summary{}, err
	}
	if !line.Stream.Valid() || line.Through.IsZero() {
		return archive.Summary{}, fmt.Errorf("a summary of stream %.80q through %v", line.Stream, line.Through)
	}
	s := archive.Summary{
		Stream: line.Stream, From: line.From, Through: line.Through, Method: line.Method, At: time.UnixMilli(line.At).UTC(),
	}
	for _, of := range line.Sentences {
		if len(of.Messages) == 0 {
			return archive.Summary{}, fmt.Errorf("a sentence of stream %s cites nothing", line.Stream)
		}
		s.Sentences = append(s.Sentences, archive.Sentence(of))
	}
	return s, nil
}

// Import carries what is in a file to a site that has nothing yet. The file was
// checked, with checked as the answer; if it has changed since, that is found at its
// end, and the site is not to be used.
func Import(ctx context.Context, from io.Reader, checked *Summary, to Target) error {
	i := &importer{ctx: ctx, to: to, checked: checked, cursors: map[int]worker.Cursor{}}
	extents, err := read(ctx, from, i.take)
	if err == nil {
		err = i.flush()
	}
	if err == nil && !maps.Equal(extents, checked.Sections) {
		err = damaged("it was changed while it was read")
	}
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	return nil
}

type importer struct {
	ctx     context.Context
	to      Target
	checked *Summary
	entries []archive.Entry       // that wait for others, so that they share a transaction
	states  []worker.State        // these too
	minutes int                   // that wait, in states, whose tallies are stored
	cursors map[int]worker.Cursor // that are stored, by partition
}

// batch is how many lines share a transaction.
const batch = 1000

func (i *importer) take(section string, value json.RawMessage) error {
	line, err := decode(section, value)
	if err != nil {
		return err
	}
	switch line := line.(type) {
	case metastore.Row:
		return i.to.Insert(section, line)
	case archive.Entry:
		i.entries = append(i.entries, line)
	case worker.State:
		if i.to.Partition != nil {
			line.Partition = i.to.Partition(line.Stream)
		}
		i.states = append(i.states, line)
	case minute:
		return i.close(line)
	case archive.Summary: // of entries that are there by then
		if err := i.flush(); err != nil {
			return err
		}
		return i.to.Archive.AddSummary(i.ctx, line)
	}
	if len(i.entries)+len(i.states) >= batch {
		return i.flush()
	}
	return nil
}

// close adds a closed minute to its stream's tally, which came before it.
func (i *importer) close(m minute) error {
	if i.minutes == 0 { // what waits may be that tally
		if err := i.flush(); err != nil {
			return err
		}
	}
	if n := len(i.states); n == 0 || i.states[n-1].Stream != m.Stream {
		s, ok, err := i.to.Tallies.State(i.ctx, m.Stream)
		if err != nil {
			return err
		}
		if !ok {
			return damaged("stream %s has minutes, and no tally", m.Stream)
		}
		i.states = append(i.states, s)
	}
	s := &i.states[len(i.states)-1]
	s.Closed = append(s.Closed, analysis.Minute{Number: m.Minute, Counts: m.Counts})
	if i.minutes++; i.minutes < batch {
		return nil
	}
	return i.flush()
}

// flush stores what waits.
func (i *importer) flush() error {
	if err := i.to.Archive.Append(i.ctx, i.entries); err != nil {
		return err
	}
	i.entries = i.entries[:0]
	partitions := map[int][]worker.State{}
	for _, s := range i.states {
		partitions[s.Partition] = append(partitions[s.Partition], s)
	}
	for partition, states := range partitions {
		if err := i.save(partition, states); err != nil {
			return err
		}
	}
	i.states, i.minutes = i.states[:0], 0
	return nil
}

// save stores tallies of a partition. It is counted as far as the file goes: what comes
// is of a later epoch.
func (i *importer) save(partition int, states []worker.State) error {
	stored := i.cursors[partition]
	next := worker.Cursor{
		Partition: partition, Through: i.checked.Newest, Time: i.checked.Time,
		Counted: stored.Counted, Unpublished: i.checked.Newest,
	}
	next.Unpublished.N++ // what is shown of a stream is made from its tally when it is asked for
	if i.minutes == 0 {
		for _, s := range states {
			t, err := analysis.DecodeState(s.Tally)
			if err != nil {
				return err
			}
			counts := t.Counts()
			next.Counted += int64(counts.Total())
		}
	}
	if err := i.to.Tallies.Save(i.ctx, stored.Through, next, states); err != nil {
		return err
	}
	i.cursors[partition] = next
	return nil
}

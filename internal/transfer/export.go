package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/metastore"
)

// Export writes a site to w, a page at a time, and says how much of each section
// there is. program is the version that writes. The error may be ErrChanged.
func Export(ctx context.Context, w io.Writer, program string, from Source) (map[string]Extent, error) {
	e := &exporter{writer: writer{to: w, extents: newExtents()}, from: from}
	if err := e.export(ctx, program); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return e.extents.said, nil
}

type exporter struct {
	writer
	from Source
}

func (e *exporter) export(ctx context.Context, program string) error {
	schema, err := e.from.Meta.Schema(ctx)
	if err != nil {
		return err
	}
	if err := e.line(headerSection, Header{Hubbub: "export", Format: Format, Program: program, Schema: schema}); err != nil {
		return err
	}
	if err := e.rows(ctx, e.from.Meta); err != nil {
		return err
	}
	for _, section := range []func(context.Context, hubbub.StreamID) error{e.entries, e.tally, e.minutes, e.summaries} {
		if err := e.eachStream(ctx, section); err != nil {
			return err
		}
	}
	now, err := Rows(ctx, e.from.Meta)
	if err != nil {
		return err
	}
	if !Same(now, e.extents.sum()) { // as after an erasure, whose texts may be in the file
		return fmt.Errorf("%w: users and streams are others now", ErrChanged)
	}
	return e.end()
}

// Rows says how much of users and streams there is, as Export would.
func Rows(ctx context.Context, meta Meta) (map[string]Extent, error) {
	w := writer{to: io.Discard, extents: newExtents()}
	if err := w.rows(ctx, meta); err != nil {
		return nil, err
	}
	return w.extents.sum(), nil
}

// Same says whether two sites have the same users and streams.
func Same(a, b map[string]Extent) bool {
	for _, table := range metastore.Carried {
		if a[table] != b[table] {
			return false
		}
	}
	return true
}

func (w *writer) rows(ctx context.Context, meta Meta) error {
	for _, table := range metastore.Carried {
		if err := meta.Rows(ctx, table, func(row metastore.Row) error { return w.line(table, row) }); err != nil {
			return err
		}
	}
	return nil
}

// eachStream calls do for every stream of which something is archived.
func (e *exporter) eachStream(ctx context.Context, do func(context.Context, hubbub.StreamID) error) error {
	const page = 1000
	for after := hubbub.StreamID(""); ; {
		streams, err := e.from.Archive.Streams(ctx, after, page)
		if err != nil {
			return err
		}
		for _, stream := range streams {
			if err := do(ctx, stream); err != nil {
				return err
			}
		}
		if len(streams) < page {
			return nil
		}
		after = streams[page-1]
	}
}

func (e *exporter) entries(ctx context.Context, stream hubbub.StreamID) error {
	for q := (archive.Query{Stream: stream, Forward: true, Limit: archive.MaxLimit}); ; {
		page, err := e.from.Archive.Page(ctx, q)
		if err != nil {
			return err
		}
		for i := range page {
			if err := e.entry(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < q.Limit {
			return nil
		}
		q.After = page[len(page)-1].Position
	}
}

// entry writes a line for an archived entry. Its value goes there byte by byte:
// encoding/json would write it anew.
func (e *exporter) entry(from *archive.Entry) error {
	line := entry{
		Stream: from.Stream, Position: from.Position, Time: from.Time.UnixMilli(),
		Kind: from.Kind, Version: from.Version, Erased: from.Erased,
	}
	plain := literal(from.Value)
	if !plain {
		line.Bytes = from.Value
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if plain {
		text = append(text[:len(text)-1], `,"value":`...)
		text = append(append(text, from.Value...), '}')
	}
	return e.raw(entrySection, text)
}

// literal says whether value can stand in a line and be read from it unchanged.
func literal(value []byte) bool {
	return json.Valid(value) && utf8.Valid(value) && !bytes.ContainsAny(value, "\n\r") && len(bytes.TrimSpace(value)) == len(value)
}

func (e *exporter) tally(ctx context.Context, stream hubbub.StreamID) error {
	s, ok, err := e.from.Tallies.State(ctx, stream)
	if err != nil || !ok {
		return err
	}
	return e.line(tallySection, tally{Stream: stream, Newest: s.Newest, State: s.Tally})
}

func (e *exporter) minutes(ctx context.Context, stream hubbub.StreamID) error {
	s, ok, err := e.from.Tallies.Minutes(ctx, stream, 0, math.MaxInt64)
	if err != nil || !ok {
		return err
	}
	for _, m := range s.Closed {
		if err := e.line(minuteSection, minute{Stream: stream, Minute: m.Number, Counts: m.Counts}); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporter) summaries(ctx context.Context, stream hubbub.StreamID) error {
	const page = 100
	for before := (hubbub.Position{}); ; {
		found, err := e.from.Archive.Summaries(ctx, stream, before, page)
		if err != nil {
			return err
		}
		for i := range found {
			if err := e.line(summarySection, summaryOf(&found[i])); err != nil {
				return err
			}
		}
		if len(found) < page {
			return nil
		}
		before = found[page-1].Through
	}
}

func summaryOf(s *archive.Summary) summary {
	line := summary{Stream: s.Stream, From: s.From, Through: s.Through, Method: s.Method, At: s.At.UnixMilli()}
	for _, of := range s.Sentences {
		line.Sentences = append(line.Sentences, sentence(of))
	}
	return line
}

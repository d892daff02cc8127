package app

import (
	"context"
	"errors"
	"io"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/metastore"
	"github.com/hubbub-live/hubbub/internal/transfer"
)

// Why a cluster is not imported into.
var (
	errNotEmpty = errors.New("it is not empty: an import is into a cluster in which nobody was yet; name another --prefix")
	errOther    = errors.New("an import of another file was begun here: end that one, or name another --prefix")
)

// importEngines imports into a cluster.
//
// What is in it is in several engines, none of which can take it back for the others. So
// the import is noted first, with the epochs of the log, and no process opens the log
// until it is noted that it is done. In between everything may be done again: entries
// have their keys, the tallies are made anew, and users and streams are one transaction,
// which is last.
func importEngines(ctx context.Context, e Engines, in io.Reader, summary *transfer.Summary, out IO) (err error) {
	a, err := bare(Options{Engines: e, LogFormat: "text", LogLevel: "warn"}, out)
	if err != nil {
		return err
	}
	a.importing = true
	defer func() { err = errors.Join(err, a.unwind()) }()
	if err := a.makePlace(ctx); err != nil {
		return err
	}
	s, err := a.openEngines(ctx)
	if err != nil {
		return err
	}
	begun, err := s.cluster.epochs.Importing(ctx)
	if err != nil {
		return err
	}
	has, err := transfer.Rows(ctx, s.meta)
	if err != nil {
		return err
	}
	switch {
	case begun == "":
		if err := s.wantEmpty(ctx, has); err != nil {
			return err
		}
	case begun != summary.ID():
		return errOther
	case len(has) > 0 && transfer.Same(has, summary.Sections): // it was killed just before the end
		return s.cluster.epochs.EndImport(ctx)
	}
	if err := s.cluster.log.Unused(ctx); err != nil {
		return err
	}
	if err := s.cluster.epochs.BeginImport(ctx, summary.ID(), summary.Newest.Epoch); err != nil {
		return err
	}
	if err := s.fill(ctx, in, summary); err != nil {
		return err
	}
	return s.cluster.epochs.EndImport(ctx)
}

// wantEmpty returns an error unless there are no users, streams, messages or tallies.
func (s *stores) wantEmpty(ctx context.Context, rows map[string]transfer.Extent) error {
	if len(rows) > 0 {
		return errNotEmpty
	}
	streams, err := s.archive.Streams(ctx, "", 1)
	if err != nil {
		return err
	}
	cursors, err := s.tallies.Cursors(ctx)
	if err != nil {
		return err
	}
	if len(streams) > 0 || len(cursors) > 0 {
		return errNotEmpty
	}
	return nil
}

func (s *stores) fill(ctx context.Context, in io.Reader, summary *transfer.Summary) error {
	if err := s.cluster.tallies.Clear(ctx); err != nil { // minutes are added to those that are there
		return err
	}
	return s.cluster.meta.Load(ctx, summary.Header.Schema, func(insert func(string, metastore.Row) error) error {
		return transfer.Import(ctx, in, summary, transfer.Target{
			Insert: insert, Archive: s.archive, Tallies: s.tallies,
			Partition: func(stream hubbub.StreamID) int { return s.cluster.log.Partition(eventlog.RawChats, stream) },
		})
	})
}

package history

import (
	"context"
	"slices"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

// Summaries is archive.Archive's Summaries, with the removals that are not archived
// yet.
func (r *Reader) Summaries(ctx context.Context, stream hubbub.StreamID, before hubbub.Position, limit int) ([]archive.Summary, error) {
	// The log first, as for Page.
	tail, err := r.tail(ctx, archive.Query{Stream: stream, Limit: 1})
	if err != nil {
		return nil, err
	}
	found, err := r.Archive.Summaries(ctx, stream, before, limit)
	if err != nil {
		return nil, err
	}
	for i := range found {
		s := &found[i]
		s.Sentences = slices.DeleteFunc(s.Sentences, func(of archive.Sentence) bool { return tail.removesAny(s.From, of.Messages) })
	}
	return found, nil
}

// removesAny says whether a removal in the tail may be of any of these messages,
// which were said after from. Summaries are of what was archived before them, so a
// clear in the tail is of all that they cite.
func (t *tail) removesAny(from hubbub.Position, ids []hubbub.MessageID) bool {
	if from.Before(t.cleared) {
		return true
	}
	return slices.ContainsFunc(ids, func(id hubbub.MessageID) bool {
		_, deleted := t.deleted[id]
		return deleted
	})
}

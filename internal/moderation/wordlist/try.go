package wordlist

import (
	"context"
	"slices"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/moderation/words"
)

// The bounds of a dry run.
const (
	MaxChecked = 10_000 // messages
	maxFound   = 50     // of them that are shown
)

// A Trial is what a list would have blocked.
type Trial struct {
	Checked, Matched int
	Found            []archive.Entry // the newest of those that matched, oldest first
}

// Try holds entries against the newest messages of a stream, limit at most, and
// changes nothing. Entries that cannot be used are bad_request.
func (l *Lists) Try(ctx context.Context, stream hubbub.StreamID, entries []string, limit int) (Trial, error) {
	entries, err := Clean(entries)
	if err != nil {
		return Trial{}, err
	}
	list, err := words.Compile(entries)
	if err != nil {
		return Trial{}, err
	}
	kind := hubbub.KindMessage
	var t Trial
	for before := (hubbub.Position{}); t.Checked < limit; {
		q := archive.Query{Stream: stream, Before: before, Kind: &kind, Limit: min(limit-t.Checked, archive.MaxLimit)}
		page, err := l.o.History.Page(ctx, q)
		if err != nil {
			return Trial{}, err
		}
		for _, e := range slices.Backward(page) {
			if err := ctx.Err(); err != nil { // costly patterns take long on each
				return Trial{}, err
			}
			t.add(e, list)
		}
		if len(page) < q.Limit {
			break
		}
		before = page[0].Position
	}
	slices.Reverse(t.Found)
	return t, nil
}

func (t *Trial) add(e archive.Entry, list *words.List) {
	t.Checked++
	if e.Erased {
		return
	}
	m, err := hubbub.ParseMessage(e.Value)
	if err != nil || !list.Blocks(m.Content) {
		return
	}
	t.Matched++
	if len(t.Found) < maxFound {
		t.Found = append(t.Found, e)
	}
}

package archivetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

// summaryOf is a summary of what was said in epoch 1 after from, through n.
func summaryOf(stream hubbub.StreamID, from, through uint64, sentences ...archive.Sentence) archive.Summary {
	s := archive.Summary{
		Stream: stream, Through: hubbub.Position{Epoch: 1, N: through},
		Sentences: sentences, Method: "by hand", At: then,
	}
	if from > 0 {
		s.From = hubbub.Position{Epoch: 1, N: from}
	}
	return s
}

// cite is a sentence that cites messages of epoch 1.
func cite(stream hubbub.StreamID, numbers ...uint64) archive.Sentence {
	s := archive.Sentence{Text: fmt.Sprint("요약 of ", numbers)}
	for _, n := range numbers {
		s.Messages = append(s.Messages, Entry(stream, 1, n, "").ID)
	}
	return s
}

func mustSum(t testing.TB, a archive.Archive, summaries ...archive.Summary) {
	t.Helper()
	for _, s := range summaries {
		if err := a.AddSummary(t.Context(), s); err != nil {
			t.Fatalf("add a summary: %v", err)
		}
	}
}

func wantSummaries(t testing.TB, a archive.Archive, stream hubbub.StreamID, before hubbub.Position, limit int, want ...archive.Summary) {
	t.Helper()
	got, err := a.Summaries(t.Context(), stream, before, limit)
	if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("Summaries(%s, %v, %d) = %+v, %v\nwant %+v", stream, before, limit, got, err, want)
	}
}

func testSummaries(t *testing.T, h Harness) {
	dir := t.TempDir()
	a := open(t, h, dir)
	wantSummaries(t, a, "s", hubbub.Position{}, 10)
	for n := uint64(1); n <= 9; n++ {
		mustAppend(t, a, Entry("s", 1, n, "u"), Entry("t", 1, n, "u"))
	}
	first := summaryOf("s", 0, 3, cite("s", 3, 1), cite("s", 2))
	second := summaryOf("s", 3, 6) // of nothing worth a word
	third := summaryOf("s", 6, 9, cite("s", 8))
	mustSum(t, a, third, first, second, summaryOf("t", 0, 9, cite("t", 1))) // in any order
	mustSum(t, a, summaryOf("s", 6, 9, cite("s", 7)))                       // the same once more changes nothing
	wantSummaries(t, a, "s", hubbub.Position{}, 10, third, second, first)
	wantSummaries(t, a, "s", hubbub.Position{}, 1, third)
	wantSummaries(t, a, "s", third.Through, 1, second)
	wantSummaries(t, a, "s", first.Through, 10)
	wantCounts(t, a, "s", 9, 18) // they are no entries

	later := archive.Summary{Stream: "s", From: third.Through, Through: hubbub.Position{Epoch: 2, N: 1}, Method: "m", At: then}
	mustSum(t, a, later)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.AddSummary(t.Context(), later); !errors.Is(err, archive.ErrClosed) {
		t.Errorf("AddSummary after Close = %v", err)
	}
	if _, err := a.Summaries(t.Context(), "s", hubbub.Position{}, 1); !errors.Is(err, archive.ErrClosed) {
		t.Errorf("Summaries after Close = %v", err)
	}
	wantSummaries(t, open(t, h, dir), "s", hubbub.Position{}, 2, later, third)
}

// testCited: a sentence is shown while all that it cites may be.
func testCited(t *testing.T, h Harness) {
	kept := cite("s", 2, 3)
	for _, c := range []struct {
		name   string
		before func(t *testing.T, a archive.Archive) // it is summed up
		after  func(t *testing.T, a archive.Archive)
		shown  []archive.Sentence
	}{
		{name: "all is there", shown: []archive.Sentence{cite("s", 1), kept, cite("s", 4, 2)}},
		{
			name: "one was deleted", shown: []archive.Sentence{cite("s", 1), kept},
			after: func(t *testing.T, a archive.Archive) {
				t.Helper()
				mustAppend(t, a, control("s", 1, 9, hubbub.Control{Action: hubbub.ActionDelete, MessageID: "s-1.4"}))
			},
		},
		{
			name: "one was deleted before", shown: []archive.Sentence{kept, cite("s", 4, 2)},
			before: func(t *testing.T, a archive.Archive) {
				t.Helper()
				mustAppend(t, a, control("s", 1, 9, hubbub.Control{Action: hubbub.ActionDelete, MessageID: "s-1.1"}))
			},
		},
		{
			name: "all is cleared",
			after: func(t *testing.T, a archive.Archive) {
				t.Helper()
				mustAppend(t, a, control("s", 1, 9, hubbub.Control{Action: hubbub.ActionClear}))
			},
		},
		{
			name: "another room is cleared", shown: []archive.Sentence{cite("s", 1), kept, cite("s", 4, 2)},
			after: func(t *testing.T, a archive.Archive) {
				t.Helper()
				mustAppend(t, a, control("t", 1, 9, hubbub.Control{Action: hubbub.ActionClear}))
			},
		},
		{
			name: "a sender was erased", shown: []archive.Sentence{cite("s", 1), kept},
			after: func(t *testing.T, a archive.Archive) {
				t.Helper()
				if n, err := a.Erase(t.Context(), "gone"); n != 1 || err != nil {
					t.Errorf("Erase = %d, %v", n, err)
				}
			},
		},
		{
			name: "a sender was erased before", shown: []archive.Sentence{cite("s", 1), kept},
			before: func(t *testing.T, a archive.Archive) {
				t.Helper()
				if n, err := a.Erase(t.Context(), "gone"); n != 1 || err != nil {
					t.Errorf("Erase = %d, %v", n, err)
				}
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := open(t, h, t.TempDir())
			mustAppend(t, a, Entry("s", 1, 1, "u"), Entry("s", 1, 2, "u"), Entry("s", 1, 3, "u"), Entry("s", 1, 4, "gone"), Entry("t", 1, 8, "u"))
			if c.before != nil {
				c.before(t, a)
			}
			mustSum(t, a, summaryOf("s", 0, 4, cite("s", 1), kept, cite("s", 4, 2), cite("s", 7), cite("t", 8)))
			if c.after != nil {
				c.after(t, a)
			}
			wantSummaries(t, a, "s", hubbub.Position{}, 1, summaryOf("s", 0, 4, c.shown...))
		})
	}
}

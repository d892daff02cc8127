package archivetest

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

func testEmpty(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	if page, err := a.Page(t.Context(), archive.Query{Stream: "s", Limit: 10}); err != nil || len(page) != 0 {
		t.Errorf("Page of nothing = %v, %v", page, err)
	}
	if _, ok, err := a.Find(t.Context(), "s", "m"); err != nil || ok {
		t.Errorf("Find in nothing = %v, %v", ok, err)
	}
	if n, err := a.Erase(t.Context(), "u"); err != nil || n != 0 {
		t.Errorf("Erase in nothing = %d, %v", n, err)
	}
	mustAppend(t, a) // of nothing
	wantCounts(t, a, "s", 0, 0)
}

func testFidelity(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	odd := func(n uint64, kind string, version int, value string) archive.Entry {
		e := Entry("s", 1, n, "u")
		e.Kind, e.Version, e.Value, e.ID, e.Sender = kind, version, []byte(value), "", ""
		return e
	}
	entries := []archive.Entry{
		Entry("s", 1, 1, "u"),
		control("s", 1, 2, hubbub.Control{Action: hubbub.ActionBan, UserID: "u"}),
		odd(3, "poll", 7, `{"id":"p","votes":3}`),            // a kind of a later version
		odd(4, hubbub.KindMessage, 9, `[1,2]`),               // a version of a later program
		odd(5, hubbub.KindMessage, 1, "{\x00 not JSON \xff"), // poison
		odd(6, hubbub.KindControl, 1, ``),                    // nothing at all
		Entry("s", math.MaxUint32, math.MaxInt64, "u"),       // the end of all positions
	}
	mustAppend(t, a, entries...)
	if got := all(t, a, "s"); !slices.EqualFunc(got, entries, same) {
		t.Errorf("read\n%+v\nwant\n%+v", got, entries)
	}
	wantCounts(t, a, "s", 4, 7)
	for _, want := range []archive.Entry{entries[0], entries[6]} {
		if got, ok, err := a.Find(t.Context(), "s", want.ID); err != nil || !ok || !same(got, want) {
			t.Errorf("Find(%s) = %+v, %v, %v", want.ID, got, ok, err)
		}
	}
	for _, id := range []hubbub.MessageID{"", "s-1.2", entries[1].ID} {
		if got, ok, err := a.Find(t.Context(), "s", id); err != nil || ok {
			t.Errorf("Find(%q) = %+v, %v, %v; no message has that id", id, got, ok, err)
		}
	}
	if _, ok, err := a.Find(t.Context(), "other", entries[0].ID); err != nil || ok {
		t.Errorf("a message was found in another stream: %v", err)
	}
}

func testPaging(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	var entries []archive.Entry
	for epoch := uint32(1); epoch <= 3; epoch++ {
		for n := uint64(1); n <= 10; n++ {
			e := Entry("s", epoch, n*3, "u")
			if n%4 == 0 {
				e = control("s", epoch, n*3, hubbub.Control{Action: hubbub.ActionUnban, UserID: "v"})
			}
			entries = append(entries, e)
		}
	}
	mustAppend(t, a, Entry("r", 1, 5, "u"), Entry("t", 2, 5, "u")) // neighbours
	mustAppend(t, a, entries[15:]...)
	mustAppend(t, a, entries[:15]...)

	message, ctl, none := hubbub.KindMessage, hubbub.KindControl, "poll"
	at := func(e uint32, n uint64) hubbub.Position { return hubbub.Position{Epoch: e, N: n} }
	for _, q := range []archive.Query{
		{Limit: 5},                                  // the newest
		{Limit: 1000},                               // all
		{Before: at(3, 30), Limit: 4},               // without the last
		{Before: at(3, 3), Limit: 4},                // at the edge of an epoch
		{Before: at(3, 0), Limit: 4},                // between two epochs
		{Before: at(2, 16), Limit: 20},              // a position that is not there, into the first epoch
		{Before: at(1, 3), Limit: 4},                // nothing is before the first
		{Before: at(9, 9), Limit: 2},                // newer than all
		{Before: at(1, math.MaxUint64), Limit: 2},   // no position, and yet one
		{Forward: true, Limit: 3},                   // the oldest
		{After: at(1, 3), Limit: 3},                 // forward by itself
		{After: at(1, 30), Forward: true, Limit: 3}, // over the edge
		{After: at(1, 28), Limit: 1000},             // a position that is not there
		{After: at(3, 30), Limit: 3},                // nothing is after the last
		{After: at(2, math.MaxUint64), Limit: 3},
		{Kind: &message, Limit: 9},
		{Kind: &message, Forward: true, Limit: 9},
		{Kind: &ctl, Limit: 3},
		{Kind: &ctl, Before: at(2, 24), Limit: 3},
		{Kind: &ctl, After: at(1, 12), Limit: 3},
		{Kind: &none, Limit: 3},
	} {
		q.Stream = "s"
		got, err := a.Page(t.Context(), q)
		if want := page(entries, q); err != nil || !slices.EqualFunc(got, want, same) {
			t.Errorf("Page(%+v) = %v, %v; want %v", q, positions(got), err, positions(want))
		}
	}
}

// page is what an archive with these entries, in order, answers.
func page(entries []archive.Entry, q archive.Query) (page []archive.Entry) {
	for _, e := range entries {
		if (q.Kind == nil || *q.Kind == e.Kind) && q.After.Before(e.Position) &&
			(q.Before.IsZero() || e.Position.Before(q.Before)) {
			page = append(page, e)
		}
	}
	if q.Ascending() {
		return page[:min(len(page), q.Limit)]
	}
	return page[max(0, len(page)-q.Limit):]
}

func positions(entries []archive.Entry) (p []hubbub.Position) {
	for _, e := range entries {
		p = append(p, e.Position)
	}
	return p
}

func testBadQueries(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	for _, q := range []archive.Query{
		{Limit: 0},
		{Limit: -1},
		{Limit: archive.MaxLimit + 1},
		{Limit: 1, Before: hubbub.Position{Epoch: 1}, After: hubbub.Position{Epoch: 1}},
		{Limit: 1, Before: hubbub.Position{Epoch: 1}, Forward: true},
	} {
		q.Stream = "s"
		_, err := a.Page(t.Context(), q)
		var refusal *hubbub.Error
		if !errors.As(err, &refusal) || refusal.Code != hubbub.CodeBadRequest {
			t.Errorf("Page(%+v) = %v; want %s", q, err, hubbub.CodeBadRequest)
		}
	}
}

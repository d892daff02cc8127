package archivetest

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

// testAnyOrder appends records of a small world in any order, in batches with
// repeats, erasing users in between, and compares with the model: a set of
// records and a set of users, which know no order.
func testAnyOrder(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	world := 0
	rapid.Check(t, func(rt *rapid.T) {
		world++ // each check has streams and users of its own
		w := newWorld(world)
		before, err := a.Total(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		for step := range rapid.IntRange(1, 8).Draw(rt, "steps") {
			if rapid.IntRange(0, 4).Draw(rt, "what") == 0 {
				w.erase(rt, a, rapid.SampledFrom(w.users).Draw(rt, fmt.Sprint("erase ", step)))
			} else {
				w.append(rt, a, rapid.SliceOfN(rapid.SampledFrom(w.records), 1, 12).Draw(rt, fmt.Sprint("append ", step)))
			}
		}
		if after, err := a.Total(t.Context()); err != nil || after-before != int64(len(w.appended)) {
			rt.Errorf("Total moved by %d, want %d: %v", after-before, len(w.appended), err)
		}
		w.compare(rt, a)
	})
}

// stride is how far positions are apart: an archive may keep a stream in pieces.
const stride = 20_000

type key struct {
	stream   hubbub.StreamID
	position hubbub.Position
}

type world struct {
	streams []hubbub.StreamID
	users   []hubbub.UserID
	records []archive.Entry // all that could be appended

	appended map[key]archive.Entry
	erased   map[hubbub.UserID]bool
}

func newWorld(id int) *world {
	w := &world{appended: map[key]archive.Entry{}, erased: map[hubbub.UserID]bool{}}
	for i := range 2 {
		w.streams = append(w.streams, hubbub.StreamID(fmt.Sprintf("w%d-%d", id, i)))
		w.users = append(w.users, hubbub.UserID(fmt.Sprintf("u%d-%d", id, i)))
	}
	for _, s := range w.streams {
		for epoch := uint32(1); epoch <= 2; epoch++ {
			for n := uint64(1); n <= 6; n++ {
				w.records = append(w.records, Entry(s, epoch, n*2*stride, w.users[n%2]))
			}
			w.records = append(w.records,
				control(s, epoch, 7*stride, hubbub.Control{Action: hubbub.ActionClear}),
				control(s, epoch, 9*stride, hubbub.Control{Action: hubbub.ActionDelete, MessageID: Entry(s, epoch, 4*stride, "").ID}),
				control(s, epoch, 11*stride, hubbub.Control{Action: hubbub.ActionDelete, MessageID: Entry(s, epoch, 8*stride, "").ID}),
				control(s, epoch, 13*stride, hubbub.Control{Action: hubbub.ActionBan, UserID: w.users[0]}))
		}
	}
	return w
}

func (w *world) append(rt *rapid.T, a archive.Archive, entries []archive.Entry) {
	if err := a.Append(rt.Context(), entries); err != nil {
		rt.Fatalf("append: %v", err)
	}
	for _, e := range entries {
		w.appended[key{e.Stream, e.Position}] = e
	}
}

func (w *world) erase(rt *rapid.T, a archive.Archive, user hubbub.UserID) {
	var want int64
	for _, e := range w.appended {
		if e.Sender == user && !w.erased[user] {
			want++
		}
	}
	if n, err := a.Erase(rt.Context(), user); err != nil || n != want {
		rt.Fatalf("Erase(%s) = %d, %v; want %d", user, n, err, want)
	}
	w.erased[user] = true
}

// stream is what the model says a stream has.
func (w *world) stream(s hubbub.StreamID) (entries []archive.Entry) {
	var cleared hubbub.Position
	deleted := map[hubbub.MessageID]bool{}
	for k, e := range w.appended {
		if r, ok := archive.RemovalOf(&e); ok && k.stream == s {
			deleted[r.Message] = true
			if cleared.Before(r.Before) {
				cleared = r.Before
			}
		}
	}
	for k, e := range w.appended {
		if k.stream != s {
			continue
		}
		e.Withheld = e.Kind == hubbub.KindMessage && (deleted[e.ID] || e.Position.Before(cleared))
		if w.erased[e.Sender] {
			e.Erased, e.Sender, e.Value = true, "", archive.Blank(e.Value)
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(x, y archive.Entry) int { return x.Position.Compare(y.Position) })
	return entries
}

func (w *world) compare(rt *rapid.T, a archive.Archive) {
	for _, s := range w.streams {
		want := w.stream(s)
		q := archive.Query{Stream: s, Limit: rapid.IntRange(1, 30).Draw(rt, "limit")}
		at := hubbub.Position{Epoch: rapid.Uint32Range(0, 3).Draw(rt, "epoch"), N: stride*rapid.Uint64Range(0, 15).Draw(rt, "n") + rapid.Uint64Range(0, 1).Draw(rt, "beside")}
		switch rapid.IntRange(0, 2).Draw(rt, "direction") {
		case 0:
			q.Before = at
		case 1:
			q.After = at
		case 2:
			q.After, q.Forward = at, true
		}
		if kind := rapid.SampledFrom([]string{"any", hubbub.KindMessage, hubbub.KindControl}).Draw(rt, "kind"); kind != "any" {
			q.Kind = &kind
		}
		got, err := a.Page(rt.Context(), q)
		if err != nil || !slices.EqualFunc(got, page(want, q), same) {
			rt.Errorf("Page(%+v) = %+v, %v\nwant %+v", q, got, err, page(want, q))
		}
		kind := hubbub.KindMessage
		messages := page(want, archive.Query{Forward: true, Kind: &kind, Limit: len(want)})
		if n, err := a.Count(rt.Context(), s); err != nil || n != int64(len(messages)) {
			rt.Errorf("Count(%s) = %d, %v; want %d", s, n, err, len(messages))
		}
		for _, m := range messages {
			if found, ok, err := a.Find(rt.Context(), s, m.ID); err != nil || !ok || !same(found, m) {
				rt.Errorf("Find(%s) = %+v, %v, %v", m.ID, found, ok, err)
			}
		}
	}
}

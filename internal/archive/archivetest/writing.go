package archivetest

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

func testReplays(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	first, second, third := Entry("s", 1, 1, "u"), Entry("s", 1, 2, "u"), Entry("s", 1, 3, "v")
	mustAppend(t, a, first, second)
	mustAppend(t, a, first, second)               // as after a crash before the commit
	mustAppend(t, a, third, second, third, first) // overlapping, out of order, twice in a batch
	want := []archive.Entry{first, second, third}
	if got := all(t, a, "s"); !slices.EqualFunc(got, want, same) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	wantCounts(t, a, "s", 3, 3)
}

func testRefusesBeforeStoring(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	bad := Entry("s", 1, math.MaxUint64, "u") // no archive can order it
	if err := a.Append(t.Context(), []archive.Entry{Entry("s", 1, 1, "u"), bad}); err == nil {
		t.Error("a position that cannot be stored was taken")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Append(ended, []archive.Entry{Entry("s", 1, 1, "u")}); !errors.Is(err, context.Canceled) {
		t.Errorf("Append with an ended context = %v", err)
	}
	wantCounts(t, a, "s", 0, 0)
	mustAppend(t, a, Entry("s", 1, 1, "u"))
	wantCounts(t, a, "s", 1, 1)
}

func testConcurrency(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	const streams, batches, size = 4, 20, 25
	var wg sync.WaitGroup
	for s := range streams {
		stream := hubbub.StreamID("s" + string(rune('a'+s)))
		wg.Go(func() { // one archiver per stream
			for b := range batches {
				var entries []archive.Entry
				for i := range size {
					entries = append(entries, Entry(stream, 1, uint64(b*size+i+1), "u"))
				}
				if err := a.Append(t.Context(), entries); err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
		wg.Go(func() { // readers see whole entries, in order
			for range batches {
				page, err := a.Page(t.Context(), archive.Query{Stream: stream, Forward: true, Limit: archive.MaxLimit})
				if err != nil || !slices.IsSortedFunc(page, func(x, y archive.Entry) int { return x.Position.Compare(y.Position) }) {
					t.Errorf("a page while batches are written: %v", err)
				}
				for _, e := range page {
					if want := Entry(stream, 1, e.Position.N, "u"); !e.Erased && !same(e, want) {
						t.Errorf("read %+v, want %+v", e, want)
					}
				}
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			if _, err := a.Erase(t.Context(), "u"); err != nil {
				t.Errorf("erase: %v", err)
			}
		}
	})
	wg.Wait()
	wantCounts(t, a, "sa", batches*size, streams*batches*size)
	for _, e := range all(t, a, "sa") {
		if !e.Erased {
			t.Fatalf("%v was written during an erasure and escaped it", e.Position)
		}
	}
}

func testRestart(t *testing.T, h Harness) {
	dir := t.TempDir()
	a := open(t, h, dir)
	mustAppend(t, a, Entry("s", 1, 1, "u"), Entry("s", 1, 2, "v"), Entry("s", 1, 3, "w"),
		control("s", 1, 4, hubbub.Control{Action: hubbub.ActionDelete, MessageID: "s-1.2"}))
	if _, err := a.Erase(t.Context(), "u"); err != nil {
		t.Fatal(err)
	}
	before := all(t, a, "s")
	if err := a.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	a = open(t, h, dir)
	if after := all(t, a, "s"); !slices.EqualFunc(after, before, same) {
		t.Errorf("after a restart\n%+v\nwant\n%+v", after, before)
	}
	mustAppend(t, a, Entry("s", 1, 5, "u"), Entry("s", 1, 1, "u"))
	wantCounts(t, a, "s", 4, 5)
	if got := all(t, a, "s"); !got[4].Erased || !got[0].Erased {
		t.Error("the erasure was forgotten over the restart")
	}
}

func testClosed(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	for range 2 {
		if err := a.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	for name, err := range map[string]error{
		"Append": a.Append(t.Context(), []archive.Entry{Entry("s", 1, 1, "u")}),
		"Page":   second(a.Page(t.Context(), archive.Query{Stream: "s", Limit: 1})),
		"Find":   third(a.Find(t.Context(), "s", "m")),
		"Erase":  second(a.Erase(t.Context(), "u")),
		"Count":  second(a.Count(t.Context(), "s")),
		"Total":  second(a.Total(t.Context())),
	} {
		if !errors.Is(err, archive.ErrClosed) {
			t.Errorf("%s after Close = %v, want ErrClosed", name, err)
		}
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

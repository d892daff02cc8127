package archivetest

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

func testWithhold(t *testing.T, h Harness) {
	message := func(n uint64) archive.Entry { return Entry("s", 1, n, "u") }
	deleteOf := func(n uint64, id hubbub.MessageID) archive.Entry {
		return control("s", 1, n, hubbub.Control{Action: hubbub.ActionDelete, MessageID: id})
	}
	clearAt := func(epoch uint32, n uint64) archive.Entry {
		return control("s", epoch, n, hubbub.Control{Action: hubbub.ActionClear})
	}
	type batches [][]archive.Entry
	for _, c := range []struct {
		name     string
		batches  batches
		withheld []uint64 // n of those in epoch 1
	}{
		{"a message that came before", batches{{message(1), message(2)}, {deleteOf(3, "s-1.1")}}, []uint64{1}},
		{"in the same batch", batches{{message(1), deleteOf(2, "s-1.1")}}, []uint64{1}},
		{"in the same batch, before it", batches{{deleteOf(2, "s-1.1"), message(1)}}, []uint64{1}},
		{"a message that comes in a later replay", batches{{deleteOf(2, "s-1.1")}, {message(1)}}, []uint64{1}},
		{"a replay does not revive", batches{{message(1)}, {deleteOf(2, "s-1.1")}, {message(1)}}, []uint64{1}},
		{"nobody's message", batches{{message(1)}, {deleteOf(2, "s-1.9"), deleteOf(3, "")}}, nil},
		{"a clear, what is before it alone", batches{{message(1), message(2), clearAt(1, 3), message(4)}}, []uint64{1, 2}},
		{"a clear that comes before what it clears", batches{{clearAt(1, 3)}, {message(4)}, {message(1), message(2)}}, []uint64{1, 2}},
		{"the last of two clears counts, though replayed first", batches{{clearAt(1, 5)}, {clearAt(1, 2), message(1), message(4), message(6)}}, []uint64{1, 4}},
		{"a clear of a later epoch", batches{{message(8)}, {clearAt(2, 1)}}, []uint64{8}},
		{"a clear of an earlier epoch", batches{{clearAt(0, 9)}, {message(8)}}, nil},
		{"a control of a later version is not understood", batches{{message(1), func() archive.Entry {
			e := deleteOf(2, "s-1.1")
			e.Version = 99
			return e
		}()}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := open(t, h, t.TempDir())
			mustAppend(t, a, Entry("t", 1, 1, "u")) // another room is not concerned
			for _, b := range c.batches {
				mustAppend(t, a, b...)
			}
			var withheld []uint64
			for _, e := range all(t, a, "s") {
				if e.Withheld {
					withheld = append(withheld, e.Position.N)
				}
				if e.Kind == hubbub.KindMessage && !bytes.Equal(e.Value, message(e.Position.N).Value) {
					t.Errorf("the text of %v changed", e.Position)
				}
				if found, ok, err := a.Find(t.Context(), "s", e.ID); ok && !same(found, e) {
					t.Errorf("Find says %+v, Page %+v (%v)", found, e, err)
				}
			}
			if !slices.Equal(withheld, c.withheld) {
				t.Errorf("withheld: %v, want %v", withheld, c.withheld)
			}
			if all(t, a, "t")[0].Withheld {
				t.Error("a message of another room is withheld")
			}
		})
	}
}

func testErase(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	entries := []archive.Entry{
		Entry("s", 1, 1, "gone"), Entry("s", 1, 2, "stays"), Entry("s", 2, 1, "gone"), Entry("t", 1, 1, "gone"),
		control("s", 1, 3, hubbub.Control{Action: hubbub.ActionDelete, MessageID: "s-1.1"}),
	}
	mustAppend(t, a, entries...)
	for i, want := range []int64{3, 0} { // a repeat changes nothing
		if n, err := a.Erase(t.Context(), "gone"); err != nil || n != want {
			t.Errorf("Erase no. %d = %d, %v; want %d", i+1, n, err, want)
		}
	}
	mustAppend(t, a, entries...)               // a replay revives nothing
	mustAppend(t, a, Entry("s", 2, 2, "gone")) // and what comes late is blank too
	if n, err := a.Erase(t.Context(), "stranger"); err != nil || n != 0 {
		t.Errorf("Erase of a stranger = %d, %v", n, err)
	}
	if n, err := a.Erase(t.Context(), ""); err != nil || n != 0 {
		t.Errorf("Erase of nobody = %d, %v; controls have no sender", n, err)
	}
	for _, e := range append(all(t, a, "s"), all(t, a, "t")...) {
		if e.Kind == hubbub.KindControl || e.Sender == "stays" {
			if e.Erased {
				t.Errorf("%v is erased", e.Position)
			}
			continue
		}
		wantBlank(t, e)
	}
	wantCounts(t, a, "s", 4, 6)
	found, ok, err := a.Find(t.Context(), "s", "s-1.1")
	if err != nil || !ok || !found.Erased || !found.Withheld {
		t.Errorf("Find of an erased and deleted message = %+v, %v, %v", found, ok, err)
	}
}

func wantBlank(t *testing.T, e archive.Entry) {
	t.Helper()
	m, err := hubbub.ParseMessage(e.Value)
	if err != nil || !json.Valid(e.Value) {
		t.Errorf("the value of %v is no message any more: %v", e.Position, err)
	}
	if !e.Erased || e.Sender != "" || m.ID != e.ID || !m.CreatedAt.Equal(then) {
		t.Errorf("%v: erased %v, sender %q, value %s", e.Position, e.Erased, e.Sender, e.Value)
	}
	for _, trace := range []string{"gone", "text", "https", "guest"} {
		if bytes.Contains(e.Value, []byte(trace)) {
			t.Errorf("%v still says %q: %s", e.Position, trace, e.Value)
		}
	}
}

func testEraseReach(t *testing.T, h Harness) {
	a := open(t, h, t.TempDir())
	if _, err := a.Erase(t.Context(), "u"); err != nil {
		t.Fatal(err)
	}
	late, back := Entry("s", 1, 1, "u"), Entry("s", 1, 2, "u")
	late.Time = time.Now().UTC().Truncate(time.Millisecond)         // was under way
	back.Time = late.Time.Add(archive.ErasureReach + 2*time.Minute) // came back
	mustAppend(t, a, late, back)
	if got := all(t, a, "s"); !got[0].Erased || !same(got[1], back) {
		t.Errorf("read %+v; want the first blank and the second as it is", got)
	}
}

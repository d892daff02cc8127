package archivetest

import (
	"slices"
	"testing"

	"github.com/hubbub-live/hubbub"
)

// testMoving reads one archive into another, which then is the same: what was
// withheld and erased there is here.
func testMoving(t *testing.T, h Harness) {
	from, to := open(t, h, t.TempDir()), open(t, h, t.TempDir())
	mustAppend(t, from,
		Entry("s", 1, 1, "gone"), Entry("s", 1, 2, "stays"), Entry("s", 1, 3, "stays"), Entry("t-2", 1, 4, "gone"), Entry("T", 2, 1, "stays"),
		control("s", 1, 5, hubbub.Control{Action: hubbub.ActionDelete, MessageID: "s-1.2"}),
		control("only controls", 1, 6, hubbub.Control{Action: hubbub.ActionClear}),
	)
	if _, err := from.Erase(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	want := []hubbub.StreamID{"T", "only controls", "s", "t-2"}
	var streams []hubbub.StreamID
	for {
		page, err := from.Streams(t.Context(), last(streams), 3)
		if err != nil || len(page) > 3 {
			t.Fatalf("Streams = %q, %v", page, err)
		}
		if len(page) == 0 {
			break
		}
		streams = append(streams, page...)
	}
	if !slices.Equal(streams, want) {
		t.Errorf("streams: %q, want %q", streams, want)
	}
	for _, stream := range streams {
		entries := all(t, from, stream)
		mustAppend(t, to, entries...)
		if got := all(t, to, stream); !slices.EqualFunc(got, entries, same) {
			t.Errorf("%s: read\n%+v\nwant\n%+v", stream, got, entries)
		}
	}
	if n, err := to.Erase(t.Context(), "gone"); err != nil || n != 0 {
		t.Errorf("Erase of what came erased = %d, %v", n, err)
	}
	if page, err := to.Streams(t.Context(), "zzz", 10); err != nil || len(page) != 0 {
		t.Errorf("after the last there is %q, %v", page, err)
	}
}

func last(streams []hubbub.StreamID) hubbub.StreamID {
	if len(streams) == 0 {
		return ""
	}
	return streams[len(streams)-1]
}

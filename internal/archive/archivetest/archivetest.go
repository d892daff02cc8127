// Package archivetest is what every archive must do: the conformance suite of the
// contract in internal/archive, run by each adapter's tests. It knows nothing of
// how entries are kept.
package archivetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A Harness makes archives for the suite.
type Harness struct {
	// Open opens the archive kept in dir: an empty one in an empty folder, what
	// was there in one used before. Its clock is the machine's.
	Open func(ctx context.Context, dir string) (archive.Archive, error)
}

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"Empty", testEmpty},
		{"KeepsEntriesAsTheyAre", testFidelity},
		{"Paging", testPaging},
		{"BadQueries", testBadQueries},
		{"Replays", testReplays},
		{"RefusesBeforeStoring", testRefusesBeforeStoring},
		{"Withhold", testWithhold},
		{"Erase", testErase},
		{"EraseReach", testEraseReach},
		{"Summaries", testSummaries},
		{"Cited", testCited},
		{"Moving", testMoving},
		{"AnyOrder", testAnyOrder},
		{"Concurrency", testConcurrency},
		{"Restart", testRestart},
		{"Closed", testClosed},
		{"Crash", testCrash},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, h) })
	}
}

// then is the log time of entries in the suite: well before the clock of any
// archive, so that an erasure covers them.
var then = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, h Harness, dir string) archive.Archive {
	t.Helper()
	a, err := h.Open(t.Context(), dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return a
}

// Entry is a message as the archiver would store it, said by user at e.n.
func Entry(stream hubbub.StreamID, epoch uint32, n uint64, user hubbub.UserID) archive.Entry {
	m := hubbub.Message{
		ID: hubbub.MessageID(fmt.Sprintf("%s-%d.%d", stream, epoch, n)), StreamID: stream, CreatedAt: then,
		Sender:  hubbub.Sender{ID: user, Name: "name of " + string(user), ProfileImageURL: "https://p/" + string(user), Roles: []string{"guest"}},
		Content: fmt.Sprintf("text %d of %s 안녕", n, user), Nonce: "nonce-" + string(user),
	}
	return archive.Of(eventlog.Record{
		Stream: stream, Position: hubbub.Position{Epoch: epoch, N: n}, Time: then.Add(time.Duration(n) * time.Millisecond),
		Kind: hubbub.KindMessage, Version: eventlog.Version, Value: m.AppendJSON(nil),
	})
}

// control is a control record at e.n.
func control(stream hubbub.StreamID, epoch uint32, n uint64, c hubbub.Control) archive.Entry {
	c.ID, c.StreamID, c.By = hubbub.MessageID(fmt.Sprintf("%s-c%d.%d", stream, epoch, n)), stream, "mod"
	return archive.Of(eventlog.Record{
		Stream: stream, Position: hubbub.Position{Epoch: epoch, N: n}, Time: then.Add(time.Duration(n) * time.Millisecond),
		Kind: hubbub.KindControl, Version: eventlog.Version, Value: c.AppendJSON(nil),
	})
}

func mustAppend(t testing.TB, a archive.Archive, entries ...archive.Entry) {
	t.Helper()
	if err := a.Append(t.Context(), entries); err != nil {
		t.Fatalf("append: %v", err)
	}
}

// all returns everything of a stream, read in pages.
func all(t testing.TB, a archive.Archive, stream hubbub.StreamID) (entries []archive.Entry) {
	t.Helper()
	for q := (archive.Query{Stream: stream, Forward: true, Limit: archive.MaxLimit}); ; {
		page, err := a.Page(t.Context(), q)
		if err != nil {
			t.Fatalf("page %+v: %v", q, err)
		}
		entries = append(entries, page...)
		if len(page) < q.Limit {
			return entries
		}
		q.After = page[len(page)-1].Position
	}
}

func wantCounts(t testing.TB, a archive.Archive, stream hubbub.StreamID, messages, total int64) {
	t.Helper()
	if n, err := a.Count(t.Context(), stream); err != nil || n != messages {
		t.Errorf("Count(%s) = %d, %v; want %d", stream, n, err, messages)
	}
	if n, err := a.Total(t.Context()); err != nil || n != total {
		t.Errorf("Total() = %d, %v; want %d", n, err, total)
	}
}

func same(a, b archive.Entry) bool {
	return a.Stream == b.Stream && a.Position == b.Position && a.Time.Equal(b.Time) && a.Kind == b.Kind &&
		a.Version == b.Version && a.ID == b.ID && a.Sender == b.Sender && string(a.Value) == string(b.Value) &&
		a.Withheld == b.Withheld && a.Erased == b.Erased
}

package mysqlepochs

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/mysqldb/mysqltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(mysqltest.With(m)) }

func open(t *testing.T, dsn string) *Epochs {
	t.Helper()
	e, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func of(t *testing.T, e *Epochs, topic eventlog.Topic, id string) uint32 {
	t.Helper()
	epoch, err := e.Of(t.Context(), topic, id)
	if err != nil {
		t.Error(err)
	}
	return epoch
}

func TestEpochs(t *testing.T) {
	dsn, err := mysqltest.Database(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second after a restart
		e := open(t, dsn)
		for _, c := range []struct {
			topic eventlog.Topic
			id    string
			want  uint32
		}{
			{"a", "first", 1}, {"a", "second", 2}, {"a", "first", 1}, {"b", "other", 1}, {"a", "third", 3}, {"a", "SECOND", 4},
		} {
			if got := of(t, e, c.topic, c.id); got != c.want {
				t.Errorf("of %s, %s: %d, want %d", c.topic, c.id, got, c.want)
			}
		}
	}
}

// Processes that begin at once agree, and no two ids have one epoch.
func TestAtOnce(t *testing.T) {
	dsn, err := mysqltest.Database(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	stores := []*Epochs{open(t, dsn), open(t, dsn), open(t, dsn)}
	const ids = 8
	var got [3][ids]uint32
	var all sync.WaitGroup
	for s, e := range stores {
		for id := range ids {
			all.Go(func() { got[s][id] = of(t, e, "a", fmt.Sprint("id", id)) })
		}
	}
	all.Wait()
	seen := map[uint32]bool{}
	for _, epoch := range got[0] {
		seen[epoch] = true
	}
	if got[1] != got[0] || got[2] != got[0] || len(seen) != ids {
		t.Errorf("they say %v", got)
	}
}

// How many partitions topics have is there after a restart, one topic's apart from
// another's.
func TestPartitions(t *testing.T) {
	dsn, err := mysqltest.Database(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []Partitions{{}, {Now: 4}, {Now: 4, Moving: 8}, {Now: 8}} {
		e := open(t, dsn)
		if step != (Partitions{}) {
			if err := e.SetPartitions(t.Context(), "a", step); err != nil {
				t.Fatal(err)
			}
		}
		for topic, want := range map[eventlog.Topic]Partitions{"a": step, "b": {}} {
			if got, err := open(t, dsn).Partitions(t.Context(), topic); got != want || err != nil {
				t.Errorf("%s has %v, %v, want %v", topic, got, err, want)
			}
		}
	}
}

// While an import is under way nobody gets an epoch; afterwards all get higher ones than
// it brought and than were given out before.
func TestImport(t *testing.T) {
	dsn, err := mysqltest.Database(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e, topic := open(t, dsn), eventlog.RawChats
	if name, err := e.Importing(t.Context()); name != "" || err != nil {
		t.Errorf("before: %q, %v", name, err)
	}
	highest := uint32(0)
	for round, brought := range []uint32{28_000_000, 5} { // of a folder, and of a younger cluster
		before := of(t, e, topic, "id")
		name := fmt.Sprint("file-", round)
		for range 2 {
			if err := e.BeginImport(t.Context(), name, brought); err != nil {
				t.Fatal(err)
			}
		}
		for _, topic := range eventlog.Topics {
			if epoch, err := e.Of(t.Context(), topic, "id"); !errors.Is(err, ErrImporting) {
				t.Errorf("meanwhile %s has %d, %v", topic, epoch, err)
			}
		}
		if got, err := e.Importing(t.Context()); got != name || err != nil {
			t.Errorf("meanwhile: %q, %v", got, err)
		}
		if err := e.EndImport(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := e.Importing(t.Context()); got != "" || err != nil {
			t.Errorf("afterwards: %q, %v", got, err)
		}
		highest = max(highest, before, brought)
		after := of(t, e, topic, "id")
		if after != highest+1 || of(t, e, topic, "id") != after || of(t, e, topic, "next") != after+1 {
			t.Errorf("after %d and %d it is %d", before, brought, after)
		}
		highest = after + 1
	}
}

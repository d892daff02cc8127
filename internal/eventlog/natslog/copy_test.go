package natslog

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// commit commits for a group, as its reader would.
func commit(t testing.TB, l *Log, group string, through hubbub.Position) {
	t.Helper()
	c, err := l.Consume(ctx, eventlog.RawChats, group, eventlog.ConsumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Commit(ctx, 0, through), l.cursors.flush(), c.Close()); err != nil {
		t.Fatal(err)
	}
}

func mustCopy(t testing.TB, from, to string) {
	t.Helper()
	c, err := StartCopy(from)
	if err == nil {
		err = c.Finish(ctx, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestCopyWhileWritten: a copy has all that was acknowledged before it was begun,
// whatever is written meanwhile, and begins a new epoch.
func TestCopyWhileWritten(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	log := open(t, Options{Dir: dir})
	fill(t, log, 20_000) // more than a file of JetStream's holds
	commit(t, log, eventlog.GroupArchive, hubbub.Position{Epoch: log.mustEnd(t).Epoch, N: 15_000})
	done := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			if _, _, err := eventlog.AppendWait(ctx, log, eventlog.RawChats, message(i)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	acked := log.mustEnd(t)
	mustCopy(t, dir, to)
	close(done)
	writing.Wait()
	later := log.mustEnd(t)
	if !acked.Before(later) {
		t.Fatal("nothing was written meanwhile")
	}

	again := filepath.Join(t.TempDir(), "again")
	copyFolder(t, to, again) // as an operator keeps it
	if is, err := IsCopy(to); err != nil || !is {
		t.Errorf("it is a copy: %v, %v", is, err)
	}
	restored := open(t, Options{Dir: to})
	end := restored.mustEnd(t)
	if end.N < acked.N || end.N > later.N {
		t.Fatalf("%v was acknowledged, the copy ends at %v", acked, end)
	}
	at, _, err := eventlog.AppendWait(ctx, restored, eventlog.RawChats, message(0))
	if err != nil || at.Epoch <= later.Epoch || at.N != end.N+1 {
		t.Errorf("after %v comes %v, %v", later, at, err)
	}
	if _, _, err := restored.Read(ctx, eventlog.RawChats, "room-0", hubbub.Position{Epoch: later.Epoch, N: end.N + 1}, 1); !errors.Is(err, eventlog.ErrGone) {
		t.Errorf("a position that the original gave out afterwards: %v", err)
	}
	if got, err := restored.Committed(ctx, eventlog.RawChats, eventlog.GroupArchive, "s"); err != nil || got.N != 15_000 {
		t.Errorf("the archive's cursor is %v, %v", got, err)
	}
	restored.Close()
	if is, err := IsCopy(to); err != nil || is {
		t.Errorf("it is open for the second time: %v, %v", is, err)
	}
	if second := open(t, Options{Dir: to}); second.mustEnd(t) != at {
		t.Errorf("opened again it ends at %v, not %v", second.mustEnd(t), at)
	}
	if other := open(t, Options{Dir: again}); other.mustEnd(t).N != end.N {
		t.Errorf("a copy of the copy ends at %v, not %v", other.mustEnd(t), end)
	}
}

// TestCopyOfATrimmedLog: what is left of it is copied, in one piece.
func TestCopyOfATrimmedLog(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	later := func() time.Time { return time.Now().Add(time.Hour) }
	log := open(t, Options{Dir: dir, Retention: time.Millisecond, Now: later, TrimEvery: time.Hour})
	fill(t, log, 30_000)
	for _, group := range eventlog.Required[eventlog.RawChats] {
		commit(t, log, group, hubbub.Position{Epoch: log.mustEnd(t).Epoch, N: 12_345})
	}
	if err := log.Trim(ctx); err != nil {
		t.Fatal(err)
	}
	first := log.topics[eventlog.RawChats].look(0).first
	if first < 10_000 || first > 12_346 {
		t.Fatalf("it was trimmed up to %d", first)
	}
	mustCopy(t, dir, to)
	log.Close()
	copied := open(t, Options{Dir: to, Retention: -1})
	v := copied.topics[eventlog.RawChats].look(0)
	if v.first > first || v.end != 30_000 {
		t.Fatalf("the copy has %d to %d, of %d to 30000", v.first, v.end, first)
	}
	if err := copied.verifyFrom(ctx, eventlog.RawChats, v.position(v.first-1), v.position(v.end)); err != nil {
		t.Error(err)
	}
}

// TestCopyThatIsNotWhole: what is missing is noticed while the copy is made.
func TestCopyThatIsNotWhole(t *testing.T) {
	good := t.TempDir()
	filled := open(t, Options{Dir: good})
	fill(t, filled, 60_000) // three files of JetStream's
	filled.Close()
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, dir string, c *Copy, log *Log)
		want  string
	}{
		{"it was trimmed beyond what the cursors said", func(t *testing.T, _ string, _ *Copy, log *Log) {
			for _, group := range eventlog.Required[eventlog.RawChats] {
				commit(t, log, group, hubbub.Position{Epoch: log.mustEnd(t).Epoch, N: 15_000})
			}
			if err := log.Trim(ctx); err != nil {
				t.Fatal(err)
			}
		}, errTrimmed.Error()},
		{"it began a new epoch", func(t *testing.T, dir string, _ *Copy, _ *Log) {
			if err := MarkCopy(dir); err != nil {
				t.Fatal(err)
			}
		}, "new epoch"},
		{"a file in the middle is missing", func(t *testing.T, dir string, _ *Copy, _ *Log) {
			if err := os.Remove(filepath.Join(streamFolder(dir), "msgs", "2.blk")); err != nil {
				t.Fatal(err)
			}
		}, "between"},
		{"its end is missing", func(t *testing.T, dir string, c *Copy, log *Log) {
			blocks, err := blockNames(filepath.Join(streamFolder(dir), "msgs"))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range blocks[1:] {
				if err := os.Remove(filepath.Join(streamFolder(dir), name)); err != nil {
					t.Fatal(err)
				}
			}
			commit(t, log, eventlog.GroupArchive, log.mustEnd(t))
			started, err := StartCopy(dir)
			if err != nil {
				t.Fatal(err)
			}
			*c = *started
		}, "shorter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
			copyFolder(t, good, dir)
			later := func() time.Time { return time.Now().Add(time.Hour) }
			log := open(t, Options{Dir: dir, Retention: time.Millisecond, Now: later, TrimEvery: time.Hour})
			for _, group := range eventlog.Required[eventlog.RawChats] {
				commit(t, log, group, hubbub.Position{Epoch: log.mustEnd(t).Epoch, N: 5})
			}
			copying, err := StartCopy(dir)
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(t, dir, copying, log)
			if err := copying.Finish(ctx, to); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("it was copied: %v; want %q", err, c.want)
			}
		})
	}
	if _, err := StartCopy(t.TempDir()); err == nil {
		t.Error("what is no log was copied")
	}
}

// TestMake: a log that is made after an epoch begins a later one, whatever the clock
// says.
func TestMake(t *testing.T) {
	for _, epoch := range []uint32{0, 5, 4_000_000_000} {
		dir := filepath.Join(t.TempDir(), "log")
		if err := Make(dir, epoch); err != nil {
			t.Fatal(err)
		}
		log := open(t, Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
		if end := log.mustEnd(t); end.Epoch <= epoch || end.N != 0 {
			t.Errorf("after epoch %d: %v", epoch, end)
		}
		at, _, err := eventlog.AppendWait(ctx, log, eventlog.RawChats, message(0))
		if err != nil || at.Epoch <= epoch || at.N != 1 {
			t.Errorf("after epoch %d the first is %v, %v", epoch, at, err)
		}
		if _, _, err := log.Read(ctx, eventlog.RawChats, "s", hubbub.Position{Epoch: epoch, N: 7}, 1); epoch > 0 && !errors.Is(err, eventlog.ErrGone) {
			t.Errorf("a position of epoch %d: %v", epoch, err)
		}
		log.Close()
		if err := Make(dir, epoch); err == nil {
			t.Error("it was made where one is")
		}
	}
}

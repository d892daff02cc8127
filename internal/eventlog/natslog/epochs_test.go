package natslog

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

func TestLives(t *testing.T) {
	ls := lives{{Epoch: 5, First: 1}, {Epoch: 7, First: 11}, {Epoch: 9, First: 21}}
	const end = 30
	for _, c := range []struct {
		at      hubbub.Position
		has     bool
		through uint64
		why     string
	}{
		{hubbub.Position{Epoch: 5, N: 0}, true, 0, "before the first"},
		{hubbub.Position{Epoch: 5, N: 10}, true, 10, "the last that the first life kept"},
		{hubbub.Position{Epoch: 5, N: 11}, false, 10, "lost; another record has that number now"},
		{hubbub.Position{Epoch: 7, N: 10}, true, 10, "where the second life began"},
		{hubbub.Position{Epoch: 7, N: 9}, false, 10, "the second life had no such record"},
		{hubbub.Position{Epoch: 7, N: 25}, false, 20, "lost"},
		{hubbub.Position{Epoch: 9, N: 25}, true, 25, "now"},
		{hubbub.Position{Epoch: 9, N: 99}, true, 30, "may come yet"},
		{hubbub.Position{Epoch: 4, N: 99}, false, 0, "an earlier log"},
		{hubbub.Position{Epoch: 6, N: 3}, false, 10, "a life of which nothing is left, between two"},
		{hubbub.Position{Epoch: 10, N: 3}, false, 0, "a later log"},
		{hubbub.Position{}, false, 0, "before everything"},
	} {
		if has, through := ls.has(c.at), ls.through(c.at, end); has != c.has || through != c.through {
			t.Errorf("%v (%s): has %v, through %d; want %v, %d", c.at, c.why, has, through, c.has, c.through)
		}
	}
}

// TestEpochsNeverReuse lets a topic live: it grows, and comes back shorter. No
// position is given out twice, and whoever holds one is told the truth about it.
func TestEpochsNeverReuse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		var now int64 // of a clock that may stand still or go back
		clock := func() time.Time { return time.Unix(1_770_000_000+now, 0) }
		var kept []hubbub.Position // by number-1
		lost := map[hubbub.Position]uint64{}
		known := uint64(0)
		for range rapid.IntRange(1, 6).Draw(rt, "lives") {
			e, err := openEpochs(dir, clock)
			if err != nil {
				rt.Fatal(err)
			}
			end := uint64(len(kept))
			ls, err := e.settle(eventlog.RawChats, end, known)
			if err != nil {
				rt.Fatal(err)
			}
			for i, p := range kept {
				n := uint64(i) + 1
				if ls.position(n) != p || !ls.has(p) || ls.through(p, end) != n {
					rt.Fatalf("%v is now %v of %v: has %v, through %d", p, ls.position(n), ls, ls.has(p), ls.through(p, end))
				}
			}
			for p, survived := range lost {
				if ls.has(p) || ls.through(p, end) > survived {
					rt.Fatalf("%v is lost, of what came before it %d is left; %v: has %v, through %d", p, survived, ls, ls.has(p), ls.through(p, end))
				}
			}
			for range rapid.IntRange(0, 5).Draw(rt, "append") {
				p := ls.position(uint64(len(kept)) + 1)
				if _, reused := lost[p]; reused || (len(kept) > 0 && !kept[len(kept)-1].Before(p)) {
					rt.Fatalf("%v after %v", p, kept)
				}
				kept = append(kept, p)
			}
			known = uint64(len(kept))
			left := rapid.IntRange(0, len(kept)).Draw(rt, "left")
			for _, p := range kept[left:] {
				lost[p] = uint64(left)
			}
			for p, survived := range lost {
				lost[p] = min(survived, uint64(left))
			}
			kept = kept[:left]
			now += rapid.Int64Range(-2, 2).Draw(rt, "seconds")
		}
	})
}

// copyFolder copies a folder as it is, over what is there.
func copyFolder(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func TestLostTailBeginsAnEpoch(t *testing.T) {
	remove := func(path ...string) func(*testing.T, string, string) {
		return func(t *testing.T, dir, _ string) {
			if err := os.RemoveAll(filepath.Join(append([]string{dir}, path...)...)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name string
		lose func(t *testing.T, dir, old string) // of 100 records; old is a copy with the first 60
		left uint64
		same bool // the epoch
	}{
		{"nothing", func(*testing.T, string, string) {}, 100, true},
		{"the stream's folder", remove("js", "jetstream", "$G", "streams", string(eventlog.RawChats)), 0, false},
		{"all of JetStream", remove("js"), 0, false},
		{"all of JetStream and the marks, not the cursors", func(t *testing.T, dir, _ string) {
			remove("js")(t, dir, "")
			remove("marks")(t, dir, "")
		}, 0, false},
		{"what came after a copy", func(t *testing.T, dir, old string) { copyFolder(t, streamFolder(old), streamFolder(dir)) }, 60, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, old := t.TempDir(), t.TempDir()
			log := open(t, Options{Dir: dir})
			fill(t, log, 60)
			log.Close()
			copyFolder(t, dir, old)
			log = open(t, Options{Dir: dir})
			fill(t, log, 40)
			was := log.mustEnd(t)
			consumer, err := log.Consume(ctx, eventlog.RawChats, "g", eventlog.ConsumeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := consumer.Commit(ctx, 0, was); err != nil {
				t.Fatal(err)
			}
			log.Close()
			c.lose(t, dir, old)

			log = open(t, Options{Dir: dir})
			if end := log.mustEnd(t); end.N != c.left {
				t.Fatalf("the end is %v, want %d records", end, c.left)
			}
			at, _, err := eventlog.AppendWait(ctx, log, eventlog.RawChats, message(1000))
			if err != nil || at.N != c.left+1 || (at.Epoch == was.Epoch) != c.same || !was.Before(at) {
				t.Fatalf("after %v came %v, %v", was, at, err)
			}
			consumer, err = log.Consume(ctx, eventlog.RawChats, "g", eventlog.ConsumeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			b, err := consumer.Next(ctx) // the group misses nothing of what is new
			if err != nil || b.Records[0].Position != at {
				t.Fatalf("the group reads on with %+v, %v; want %v", b, err, at)
			}
			if _, _, err := log.Read(ctx, eventlog.RawChats, "s", was, 1); (err == nil) != c.same {
				t.Errorf("a read after what was the end: %v", err)
			}
		})
	}
}

// Without its mark too the log knows its newest time, from its newest record.
func TestTimeWithoutMark(t *testing.T) {
	dir, now := t.TempDir(), time.UnixMilli(1_780_000_000_000).UTC()
	o := Options{Dir: dir, Now: func() time.Time { return now }}
	log := open(t, o)
	fill(t, log, 10)
	log.Close()
	if err := os.RemoveAll(filepath.Join(dir, "marks")); err != nil {
		t.Fatal(err)
	}
	was := now
	now = now.Add(-time.Hour)
	if _, at, err := eventlog.AppendWait(ctx, open(t, o), eventlog.RawChats, message(10)); err != nil || !at.Equal(was) {
		t.Errorf("log time %v, %v; want %v", at, err, was)
	}
}

func (l *Log) mustEnd(t testing.TB) hubbub.Position {
	t.Helper()
	end, err := l.End(ctx, eventlog.RawChats, "s")
	if err != nil {
		t.Fatal(err)
	}
	return end
}

package natslog

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// smallDisk mounts a file system of that size.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("mount a small file system (these tests run as root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// An account is what a test was told of its appends.
type account struct {
	t     *testing.T
	log   *Log
	next  int
	acked map[hubbub.Position]int
	maybe map[int]bool // the outcome is unknown
}

func newAccount(t *testing.T, log *Log) *account {
	return &account{t: t, log: log, acked: map[hubbub.Position]int{}, maybe: map[int]bool{}}
}

// append appends a record of 4 KiB.
func (a *account) append() error {
	a.next++
	r := eventlog.Record{Stream: "s", Value: fmt.Appendf(nil, "%04096d", a.next)}
	at, _, err := eventlog.AppendWait(ctx, a.log, eventlog.RawChats, r)
	switch {
	case err == nil:
		if was, ok := a.acked[at]; ok {
			a.t.Fatalf("%v is the position of %d and of %d", at, was, a.next)
		}
		a.acked[at] = a.next
	case errors.Is(err, eventlog.ErrUnknown):
		a.maybe[a.next] = true
	}
	return err
}

// appendUntil appends until something happens.
func (a *account) appendUntil(what string, happened func(error) bool) {
	a.t.Helper()
	var err error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if err = a.append(); happened(err) {
			return
		}
		if err != nil {
			time.Sleep(time.Millisecond)
		}
	}
	a.t.Fatalf("waited in vain for: %s; the last append: %v", what, err)
}

func works(err error) bool { return err == nil }

func fails(with error) func(error) bool {
	return func(err error) bool { return errors.Is(err, with) }
}

// check reads the log: what was acknowledged is there, where it was said to be;
// what was refused is not; nothing is there twice.
func (a *account) check() {
	a.t.Helper()
	end := a.log.mustEnd(a.t)
	c, err := a.log.Consume(ctx, eventlog.RawChats, "check", eventlog.ConsumeOptions{})
	if err != nil {
		a.t.Fatal(err)
	}
	defer c.Close()
	found, last := 0, 0
	for at := (hubbub.Position{}); at != end; {
		b, err := c.Next(ctx)
		if err != nil {
			a.t.Fatal(err)
		}
		for _, r := range b.Records {
			var i int
			fmt.Sscanf(string(r.Value), "%d", &i)
			acked, ok := a.acked[r.Position]
			if i <= last || (ok && acked != i) || (!ok && !a.maybe[i]) {
				a.t.Fatalf("%v is record %d, after %d; acknowledged there: %d, %v", r.Position, i, last, acked, ok)
			}
			if ok {
				found++
			}
			last, at = i, r.Position
		}
	}
	if found != len(a.acked) {
		a.t.Fatalf("%d records of %d that were acknowledged are there", found, len(a.acked))
	}
}

// The disk fills up under the log: with nobody looking at it in time, so that
// JetStream's own writes fail.
func TestDiskFull(t *testing.T) {
	dir := smallDisk(t, "12m")
	o := Options{Dir: filepath.Join(dir, "log"), MinFree: 1, ProbeEvery: 20 * time.Millisecond, FlushEvery: 10 * time.Millisecond}
	a := newAccount(t, open(t, o))
	ballast := filepath.Join(dir, "ballast")
	for round := range 3 {
		if err := os.WriteFile(ballast, make([]byte, (8-2*round)<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		a.appendUntil("a full disk", fails(eventlog.ErrFull))
		if err := a.log.Healthy(); !errors.Is(err, eventlog.ErrFull) {
			t.Errorf("on a full disk: %v", err)
		}
		a.check() // it can be read meanwhile, or soon
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		a.appendUntil("room again", works)
		if err := a.log.Healthy(); err != nil {
			t.Errorf("with room again: %v", err)
		}
		a.check()
		t.Logf("round %d: %d acknowledged, %d unknown", round+1, len(a.acked), len(a.maybe))
	}
	if err := a.log.Close(); err != nil {
		t.Fatal(err)
	}
	a.log = open(t, o)
	a.check()

	// And it opens on a full disk, to be read.
	if err := a.log.Close(); err != nil {
		t.Fatal(err)
	}
	fillDisk(t, ballast)
	a.log = open(t, o)
	if err := a.append(); err == nil {
		t.Error("a full disk takes records")
	}
	a.check()
	os.Remove(ballast)
	a.appendUntil("room again", works)
}

// fillDisk writes a file until there is no room for more.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// The log looks at the disk, so that in general it refuses before a write fails:
// no outcome is unknown then.
func TestDiskNearlyFull(t *testing.T) {
	dir := smallDisk(t, "24m")
	a := newAccount(t, open(t, Options{Dir: filepath.Join(dir, "log"), MinFree: 8 << 20, ProbeEvery: 5 * time.Millisecond}))
	a.appendUntil("room", works)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 17<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	a.appendUntil("a full disk", fails(eventlog.ErrFull))
	if err := a.log.Healthy(); !errors.Is(err, eventlog.ErrFull) {
		t.Errorf("on a full disk: %v", err)
	}
	os.Remove(ballast)
	a.appendUntil("room again", works)
	if len(a.maybe) > 0 {
		t.Errorf("%d outcomes are unknown", len(a.maybe))
	}
	a.check()
}

func TestReadOnlyDisk(t *testing.T) {
	dir := smallDisk(t, "24m")
	o := Options{Dir: filepath.Join(dir, "log"), MinFree: 1, Logger: slog.New(slog.DiscardHandler)}
	a := newAccount(t, open(t, o))
	for range 10 {
		a.append()
	}
	if err := a.log.Close(); err != nil {
		t.Fatal(err)
	}
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatalf("remount: %v", err)
		}
	}
	remount(syscall.MS_RDONLY)
	for _, where := range []string{o.Dir, filepath.Join(dir, "new")} {
		o := o
		o.Dir = where
		if log, err := Open(ctx, o); !errors.Is(err, eventlog.ErrReadOnly) {
			t.Errorf("a log on a disk that cannot be written: %v", err)
			if err == nil {
				log.Close()
			}
		}
	}
	remount(0)
	a.log = open(t, o)
	a.appendUntil("a disk that can be written", works)
	a.check()
}

// A disk goes read-only under the log as file systems do after an error: for
// whoever asks. (That of a test cannot: files on it are open for writing.)
func TestDiskGoesReadOnly(t *testing.T) {
	var state atomic.Pointer[error]
	a := newAccount(t, open(t, Options{ProbeEvery: time.Millisecond, disk: func(string) (int64, bool, error) {
		if err := state.Load(); err != nil {
			return 1 << 40, *err == nil, *err
		}
		return 1 << 40, false, nil
	}}))
	for _, c := range []struct{ disk, want error }{{nil, eventlog.ErrReadOnly}, {syscall.EIO, eventlog.ErrUnavailable}} {
		a.appendUntil("a disk that works", works)
		state.Store(&c.disk)
		a.appendUntil(fmt.Sprint("a disk with ", c.disk), fails(c.want))
		if err := a.log.Healthy(); !errors.Is(err, c.want) {
			t.Errorf("health: %v, want %v", err, c.want)
		}
		a.check()
		state.Store(nil)
	}
	a.appendUntil("a disk that works", works)
	if len(a.maybe) > 0 {
		t.Errorf("%d outcomes are unknown", len(a.maybe))
	}
	a.check()
}

// JetStream stops under the log, as it does when the disk refuses a write with
// a permission error: the log starts it anew.
func TestEngineStops(t *testing.T) {
	a := newAccount(t, open(t, Options{ProbeEvery: 10 * time.Millisecond, AckTimeout: time.Second}))
	a.appendUntil("a log that works", works)
	a.log.engine.RLock()
	if err := a.log.engine.server.DisableJetStream(); err != nil {
		t.Fatal(err)
	}
	a.log.engine.RUnlock()
	if err := a.append(); err == nil {
		t.Error("a log whose engine stopped takes records")
	}
	a.appendUntil("a log that works again", works)
	a.check()
}

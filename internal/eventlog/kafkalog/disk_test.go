//go:build cluster

package kafkalog

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// smallDisk mounts a disk that is soon full on a folder.
func smallDisk(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=96m"); err != nil {
		t.Skipf("a disk that gets full takes the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// fill leaves no room on the disk of a folder, and returns what makes room again.
func fill(t *testing.T, dir string) (empty func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 64<<10); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	f.Close()
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// The disk of one broker is full, and the others go on; then all are full, and nothing
// is acknowledged that is not there once they have room and are started again.
func TestDisksFull(t *testing.T) {
	dir := t.TempDir()
	var disks []string
	for _, node := range []string{"kafka-1", "kafka-2", "kafka-3"} {
		disks = append(disks, filepath.Join(dir, node))
		smallDisk(t, disks[len(disks)-1])
	}
	k, err := cluster.NewKafka(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Kill() })
	if err := k.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := optionsFor(t.TempDir(), of(nil))
	o.Brokers, o.ProbeEvery, o.Logger = k.Seeds(), 200*time.Millisecond, slog.New(slog.DiscardHandler)
	log := opened(t, o)
	var said answers
	i := 0
	keepAppending := func(what string, until func(acked, failed int) bool) {
		t.Helper()
		await(t, what, func() bool {
			if acked, failed := said.count(); i-acked-failed < 200 {
				said.append(log, i)
				i++
			}
			return until(said.count())
		})
	}
	acked := func(n int) func(int, int) bool {
		before, _ := said.count()
		return func(acked, _ int) bool { return acked >= before+n }
	}
	keepAppending("acknowledged", acked(200))

	empty := []func(){fill(t, disks[0])}
	keepAppending("acknowledged with a full disk", acked(500))
	for _, disk := range disks[1:] {
		empty = append(empty, fill(t, disk))
	}
	keepAppending("unhealthy with all disks full", func(int, int) bool { return log.Healthy() != nil })
	if err := log.Healthy(); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("with all disks full it says %v", err)
	}
	stuck, _ := said.count()
	t.Logf("%d acknowledged of %d before all disks were full", stuck, i)

	for _, more := range empty {
		more()
	}
	if err := k.Start(t.Context()); err != nil { // those that have ended
		t.Fatal(err)
	}
	await(t, "healthy again", func() bool { return log.Healthy() == nil })
	keepAppending("acknowledged again", acked(200))
	await(t, "answered", func() bool { acked, failed := said.count(); return acked+failed == i })
	said.wantLogged(t, log)
}

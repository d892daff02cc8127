package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
	"github.com/hubbub-live/hubbub/test/promise"
)

// The server wants 64 MiB to be free.
const (
	diskSize    = 96 << 20
	nearlyFull  = 32 << 20 // free
	quiteFull   = 0
	roomWithin  = 30 * time.Second // to notice that there is room again
	storageFull = hubbub.CodeStorageFull
)

// A disk is a small file system of its own.
type disk struct {
	t   testing.TB
	dir string
}

func newDisk(t testing.TB) disk {
	t.Helper()
	d := disk{t, t.TempDir()}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, fmt.Sprintf("size=%d", diskSize)); err != nil {
		t.Fatalf("mount a small file system (these tests run as root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(d.dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return d
}

// fill leaves so many bytes free, at once.
func (d disk) fill(free int64) {
	d.t.Helper()
	var s syscall.Statfs_t
	must(d.t, syscall.Statfs(d.dir, &s))
	f, err := os.Create(d.ballast())
	must(d.t, err)
	defer f.Close()
	// What is written meanwhile takes its room too; then less is left to take.
	for size := int64(s.Bavail)*int64(s.Bsize) - free; size > 0; size -= 64 << 10 { //nolint:unconvert // Bsize differs between platforms
		if err = syscall.Fallocate(int(f.Fd()), 0, 0, size); !errors.Is(err, syscall.ENOSPC) {
			break
		}
	}
	must(d.t, err)
}

func (d disk) empty()          { must(d.t, os.Remove(d.ballast())) }
func (d disk) ballast() string { return filepath.Join(d.dir, "ballast") }

func (d disk) remount(flags uintptr) {
	d.t.Helper()
	must(d.t, syscall.Mount("tmpfs", d.dir, "tmpfs", syscall.MS_REMOUNT|flags, fmt.Sprintf("size=%d", diskSize)))
}

// server makes a server whose folder is on the disk. It ends before the disk does.
func (d disk) server() *hub.Server {
	s := hub.New(d.t, unlimited()...)
	s.Data = filepath.Join(d.dir, "data")
	return s
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		why    string
		free   int64
		killed bool
	}{
		{"little room is left", nearlyFull, false},
		{"a write fails in the middle", quiteFull, false},
		{"killed while the disk is full", quiteFull, true},
	} {
		t.Run(test.why, func(t *testing.T) {
			ctx := within(t)
			d := newDisk(t)
			server := d.server()
			must(t, server.Run())
			c, err := newCrowd(ctx, server, 10, "1", "2")
			must(t, err)
			defer c.leave()
			c.begin(ctx)
			eve := signIn(t, ctx, server, "eve") // nobody can sign in on a full disk
			c.talk(ctx)
			must(t, c.heard(ctx, 100)) // before the disk is full
			d.fill(test.free)
			c.wait()
			expectFull(t, ctx, eve, c)
			if test.killed {
				must(t, server.Kill())
			}
			d.empty()
			if test.killed {
				must(t, server.Run())
			}
			expectRoom(t, ctx, server)
			c.begin(ctx) // what was refused or has no outcome is sent again
			must(t, c.settled())
			i := newInspector(c)
			must(t, i.inspect(ctx))
			promise.Tried(t, "G1", "disk full: "+test.why, 1, i.counted()...)
		})
	}
}

// expectFull waits until a SEND is refused because the disk is full, and checks
// that the server says so to those who ask.
func expectFull(t *testing.T, ctx context.Context, conn *client.Conn, c *crowd) {
	t.Helper()
	server, asked := c.server, 0
	must(t, api.Until(ctx, "send on a full disk", func() error {
		asked++
		content := fmt.Sprintf("is there room? %d", asked)
		c.books["1"].send(content)
		_, err := conn.Send(ctx, client.Post{Stream: "1", Content: content})
		c.books["1"].settle(content, err)
		if code := refusal(err); code != storageFull {
			return fmt.Errorf("want %s, got %v", storageFull, err)
		}
		return nil
	}))
	r, err := server.Readiness(ctx)
	must(t, err)
	if r.Status != http.StatusServiceUnavailable || r.Ready || r.Checks["log"] == "ok" || r.Checks["log"] == "" {
		t.Errorf("/readyz on a full disk: %+v", r)
	}
	t.Logf("/readyz: %s", r.Checks["log"])
	if _, err := server.History(ctx, "1", hubbub.Position{}); err != nil {
		t.Errorf("the history cannot be read on a full disk: %v", err)
	}
}

// expectRoom waits until everything works again, by itself.
func expectRoom(t *testing.T, ctx context.Context, server *hub.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, roomWithin)
	defer cancel()
	must(t, api.Until(ctx, "be ready with room again", func() error {
		r, err := server.Readiness(ctx)
		if err == nil && !r.Ready {
			err = fmt.Errorf("%v", r.Checks)
		}
		return err
	}))
}

func TestDiskReadOnly(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	d := newDisk(t)
	server := d.server()
	must(t, server.Run())
	c, err := newCrowd(ctx, server, 10, "1")
	must(t, err)
	defer c.leave()
	c.begin(ctx)
	c.talk(ctx)
	must(t, c.heard(ctx, 100))
	must(t, server.Kill())
	c.wait()
	d.remount(syscall.MS_RDONLY)
	if err := server.Run(); err == nil {
		t.Error("the server is ready on a disk that cannot be written")
	} else if !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a read-only disk is not named: %v", err)
	}
	d.remount(0)
	must(t, server.Run())
	c.begin(ctx)
	must(t, c.settled())
	i := newInspector(c)
	must(t, i.inspect(ctx))
	promise.Tried(t, "G1", "SIGKILL, then a disk that cannot be written", 1, i.counted()...)
}

package natslog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// diskError marks an error of the file system with the contract's word for it.
func diskError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w", eventlog.ErrFull, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", eventlog.ErrReadOnly, err)
	}
	return err
}

// diskSpace asks the file system of dir for its free bytes.
func diskSpace(dir string) (free int64, readOnly bool, err error) {
	const stReadOnly = 1 // ST_RDONLY of statvfs(3)
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false, err
	}
	return int64(s.Bavail) * int64(s.Bsize), s.Flags&stReadOnly != 0, nil //nolint:unconvert // Bsize differs between platforms
}

// probe says whether the disk can be expected to take records.
func (l *Log) probe() error {
	free, readOnly, err := l.o.disk(l.o.Dir)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	case readOnly:
		return fmt.Errorf("%w: the file system is read-only", eventlog.ErrReadOnly)
	case free < l.o.MinFree:
		return fmt.Errorf("%w: %d bytes free, %d needed", eventlog.ErrFull, free, l.o.MinFree)
	}
	return nil
}

// probeWrite finds out by writing.
func (l *Log) probeWrite() error {
	path := filepath.Join(l.o.Dir, "probe")
	defer func() { _ = os.Remove(path) }()
	if err := writeDurably(path, make([]byte, 64<<10)); err != nil {
		return unavailable(diskError(err))
	}
	return nil
}

// health is why the log takes no records, if it does not.
type health struct {
	mu     sync.RWMutex
	reason error // nil: it takes them
	broken bool  // JetStream must be started anew first
}

func (h *health) err() error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.reason
}

func (h *health) isBroken() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.broken
}

// set takes over what a look at the disk said, unless JetStream is broken: the
// disk being well does not mend it.
func (h *health) set(log *slog.Logger, reason error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.broken && reason == nil {
		return
	}
	h.change(log, reason)
}

// fail says that JetStream failed a write.
func (h *health) fail(log *slog.Logger, reason error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = true
	h.change(log, reason)
}

// mended says that JetStream was started anew.
func (h *health) mended(log *slog.Logger) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.broken = false
	h.change(log, nil)
}

// change logs the change; h.mu is held.
func (h *health) change(log *slog.Logger, reason error) {
	switch {
	case h.reason == nil && reason != nil:
		log.Warn("the event log takes no records", "reason", reason)
	case h.reason != nil && reason == nil:
		log.Info("the event log takes records again")
	}
	h.reason = reason
}

// checkDisk looks at the disk, and starts JetStream anew if that is due and
// can work.
func (l *Log) checkDisk(ctx context.Context) {
	err := l.probe()
	if err != nil || !l.health.isBroken() {
		l.health.set(l.o.Logger, err)
		return
	}
	if err = l.probeWrite(); err == nil {
		err = l.startEngine(ctx)
	}
	switch {
	case ctx.Err() != nil:
	case err == nil:
		l.health.mended(l.o.Logger)
	default:
		l.health.fail(l.o.Logger, unavailable(err))
	}
}

// unavailable marks an error that has no word of the contract yet.
func unavailable(err error) error {
	for _, word := range []error{eventlog.ErrFull, eventlog.ErrReadOnly, eventlog.ErrUnavailable} {
		if errors.Is(err, word) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
}

package wordlist

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/hubbub-live/hubbub/internal/moderation/words"
)

// look is how often the file is looked at.
const look = 2 * time.Second

// maxFile bounds the file of the site's words, in bytes.
const maxFile = 8 << 20

// A stamp tells one state of a file from another. The inode is not in it: whoever
// replaces a file by another changes its time.
type stamp struct {
	size     int64
	modified time.Time
}

// Run re-reads the site's file when it changes, until ctx ends. A file that cannot
// be used is said once, and the words of before stay.
func (l *Lists) Run(ctx context.Context) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.refresh()
		case <-ctx.Done():
			return nil
		}
	}
}

func (l *Lists) refresh() {
	if l.o.File == "" {
		return
	}
	info, err := os.Stat(l.o.File)
	now := stamp{}
	if err == nil {
		now = stamp{info.Size(), info.ModTime()}
	}
	if now == l.file {
		return
	}
	if err := l.read(); err != nil {
		l.o.Logger.Error("the file of blocked words cannot be used; those of before stay", "error", err)
		return
	}
	l.o.Logger.Info("the blocked words were read again", "file", l.o.File, "words", l.site.Load().Len())
}

// read makes the site's list of the file. It is stamped first: what is written
// while it is read is read again.
func (l *Lists) read() error {
	l.file = stamp{}
	info, err := os.Stat(l.o.File)
	if err != nil {
		return fmt.Errorf("read the blocked words: %w", err)
	}
	l.file = stamp{info.Size(), info.ModTime()}
	if info.Size() > maxFile {
		return fmt.Errorf("read the blocked words: %s has %d bytes, and %d are the most", l.o.File, info.Size(), maxFile)
	}
	text, err := os.ReadFile(l.o.File)
	if err != nil {
		return fmt.Errorf("read the blocked words: %w", err)
	}
	list, err := words.Compile(words.Parse(text))
	if err != nil {
		return fmt.Errorf("read the blocked words of %s: %w", l.o.File, err)
	}
	l.site.Store(list)
	return nil
}

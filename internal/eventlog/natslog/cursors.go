package natslog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// cursors are what each group has committed, in cursors.json. A commit changes
// memory; the file follows a quarter of a second later, all cursors in one synced
// write, because a sync per commit would delay the syncs of appends. So a crash
// may set cursors back by that much, and never forward. Trimming goes by what is
// in the file.
type cursors struct {
	path string

	mu      sync.Mutex
	now     map[groupKey]hubbub.Position
	flushed map[groupKey]hubbub.Position // as in the file

	writing sync.Mutex // one flush at a time; taken before mu
}

// A groupKey is a consumer group of a topic.
type groupKey struct {
	topic eventlog.Topic
	group string
}

type cursorFile map[eventlog.Topic]map[string]hubbub.Position

// openCursors reads the file. Without one all groups start at the first record
// kept; with a damaged one they would too, unasked, so that is an error.
func openCursors(path string) (*cursors, error) {
	c := &cursors{path: path, now: map[groupKey]hubbub.Position{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte("{}"), nil
	}
	if err != nil {
		return nil, err
	}
	var file cursorFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read %s, without which all consumers would start over: %w", path, err)
	}
	for topic, groups := range file {
		for group, position := range groups {
			c.now[groupKey{topic, group}] = position
		}
	}
	c.flushed = maps.Clone(c.now)
	return c, nil
}

func (c *cursors) get(key groupKey) hubbub.Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now[key]
}

// durable returns what get will return at least, after any crash.
func (c *cursors) durable(key groupKey) hubbub.Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flushed[key]
}

// advance sets a cursor unless it is there or further already.
func (c *cursors) advance(key groupKey, to hubbub.Position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now[key].Before(to) {
		c.now[key] = to
	}
}

// newest returns the highest number that any group of a topic has committed in
// an epoch.
func (c *cursors) newest(topic eventlog.Topic, epoch uint32) (n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, at := range c.now {
		if key.topic == topic && at.Epoch == epoch {
			n = max(n, at.N)
		}
	}
	return n
}

// flush writes the file if anything changed.
func (c *cursors) flush() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	if maps.Equal(c.now, c.flushed) {
		c.mu.Unlock()
		return nil
	}
	now := maps.Clone(c.now)
	c.mu.Unlock()

	file := cursorFile{}
	for key, at := range now {
		if file[key.topic] == nil {
			file[key.topic] = map[string]hubbub.Position{}
		}
		file[key.topic][key.group] = at
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err == nil {
		err = writeDurably(c.path, append(text, '\n'))
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.flushed = now
	c.mu.Unlock()
	return nil
}

// flushCursors flushes; while the disk refuses, the next time will do, and
// until then nothing is trimmed.
func (l *Log) flushCursors() {
	if err := l.cursors.flush(); err != nil && l.health.err() == nil {
		l.o.Logger.Warn("could not write the log's cursors", "err", err)
	}
}

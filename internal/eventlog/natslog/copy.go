package natslog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A Copy is the making of a copy of a log that another process may be writing
// meanwhile. It has everything that was acknowledged before Finish, and, because
// the cursors are read first, nothing that a group of eventlog.Required had
// committed when Start returned is missing from what that group's work is kept
// in, if that is copied between Start and Finish.
//
// The copy begins a new epoch whenever it, or a copy of it, is opened for the
// first time, so no position that the original gives out after the copying is
// given out again.
//
// JetStream's files are copied by what is sure of them: a block of records is
// only ever appended to, so what is read of it is a beginning of it, and whatever
// of a last record is torn was not acknowledged. Its index is not copied; without
// one JetStream reads the blocks.
type Copy struct {
	from    string
	cursors []byte // cursors.json; nil: none yet
	epochs  []byte // epoch.json
}

// errTrimmed is why a copy may have to be made again.
var errTrimmed = errors.New("the log was trimmed while it was copied; try again, or give it a longer --log-retention")

// StartCopy reads what the groups of the log in the folder from have committed.
func StartCopy(from string) (*Copy, error) {
	c := &Copy{from: from}
	var err error
	if c.cursors, err = os.ReadFile(filepath.Join(from, "cursors.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("copy the log: %w", err)
	}
	if c.epochs, err = os.ReadFile(filepath.Join(from, "epoch.json")); err != nil {
		return nil, fmt.Errorf("copy the log: %w", err)
	}
	return c, nil
}

// Finish writes the copy into the folder to, which must not exist, and reads it
// to see that it is whole.
func (c *Copy) Finish(ctx context.Context, to string) error {
	if err := c.finish(ctx, to); err != nil {
		return fmt.Errorf("copy the log to %s: %w", to, err)
	}
	return nil
}

func (c *Copy) finish(ctx context.Context, to string) error {
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	for _, topic := range eventlog.Topics {
		files := filepath.Join("js", "jetstream", "$G", "streams", string(topic))
		if err := copyTopic(ctx, filepath.Join(c.from, files), filepath.Join(to, files)); err != nil {
			return err
		}
	}
	now, err := os.ReadFile(filepath.Join(c.from, "epoch.json"))
	if err != nil {
		return err
	}
	if !bytes.Equal(now, c.epochs) { // it lost its tail meanwhile
		return errors.New("the log began a new epoch while it was copied; try again")
	}
	if c.cursors != nil {
		if err := writeDurably(filepath.Join(to, "cursors.json"), c.cursors); err != nil {
			return err
		}
	}
	return c.verify(ctx, to)
}

// verify opens the copy as if it were no copy: it must not be found shorter than it
// is known to have been.
func (c *Copy) verify(ctx context.Context, to string) error {
	var as epochFile
	if err := json.Unmarshal(c.epochs, &as); err != nil {
		return fmt.Errorf("read the epochs: %w", err)
	}
	as.Anew = nil
	if err := (&epochs{path: filepath.Join(to, "epoch.json")}).write(as); err != nil {
		return err
	}
	if err := verifyCopy(ctx, to); err != nil {
		return err
	}
	is, err := readEpochs(to)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(is.Topics, as.Topics) {
		return errors.New("the copy is shorter than what was read of the log; try again")
	}
	return MarkCopy(to)
}

// copyTopic copies the files of a topic; there are none before the log's first start.
func copyTopic(ctx context.Context, from, to string) error {
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.MkdirAll(filepath.Join(to, "msgs"), 0o700); err != nil {
		return err
	}
	names := []string{"meta.inf", "meta.sum"}
	blocks, err := blockNames(filepath.Join(from, "msgs"))
	if err != nil {
		return err
	}
	for _, name := range append(names, blocks...) {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := copyFile(filepath.Join(from, name), filepath.Join(to, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a block that is not there now was trimmed
			return err
		}
	}
	return errors.Join(syncFolder(filepath.Join(to, "msgs")), syncFolder(to))
}

// blockNames lists the files with records, oldest first: they are trimmed and
// written in that order.
func blockNames(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	number := func(name string) int {
		n, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(name), ".blk"))
		if err != nil {
			return -1
		}
		return n
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".blk") && number(entry.Name()) >= 0 {
			names = append(names, filepath.Join("msgs", entry.Name()))
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	return names, nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	if err == nil {
		err = target.Sync()
	}
	return errors.Join(err, target.Close())
}

// verifyCopy opens a copy, and reads what its groups have not committed.
func verifyCopy(ctx context.Context, dir string) error {
	l, err := Open(ctx, Options{Dir: dir, Retention: -1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return errors.Join(l.verify(ctx), l.Close())
}

func (l *Log) verify(ctx context.Context) error {
	for topic, groups := range l.o.Required {
		v := l.topics[topic].look(0)
		oldest := v.end
		for _, group := range groups {
			at := l.cursors.get(groupKey{topic, group})
			n := v.lives.through(at, v.end)
			if !at.IsZero() && n < v.first-1 {
				return fmt.Errorf("%s, read by %s: %w", topic, group, errTrimmed)
			}
			oldest = min(oldest, max(n, v.first-1))
		}
		if err := l.verifyFrom(ctx, topic, v.position(oldest), v.position(v.end)); err != nil {
			return err
		}
	}
	return nil
}

// verifyFrom reads a topic from one position to another, and finds all in between.
func (l *Log) verifyFrom(ctx context.Context, topic eventlog.Topic, at, end hubbub.Position) error {
	reader, err := l.Consume(ctx, topic, "copy", eventlog.ConsumeOptions{
		After: func(int) (hubbub.Position, bool) { return at, true },
	})
	if err != nil {
		return err
	}
	defer func() { _ = reader.Close() }()
	for at.Before(end) {
		b, err := reader.Next(ctx)
		if err != nil {
			return err
		}
		if b.Prev.N != at.N {
			return fmt.Errorf("%s has nothing between %v and %v", topic, at, b.Prev)
		}
		at = b.Records[len(b.Records)-1].Position
	}
	return nil
}

// IsCopy says whether the log in a folder is a copy that was not opened yet.
func IsCopy(dir string) (bool, error) {
	file, err := readEpochs(dir)
	return len(file.Anew) > 0, err
}

// MarkCopy makes the log in a folder, which is not open, a copy that was not opened
// yet.
func MarkCopy(dir string) error {
	file, err := readEpochs(dir)
	if err != nil {
		return err
	}
	file.Anew = eventlog.Topics
	return (&epochs{path: filepath.Join(dir, "epoch.json")}).write(file)
}

func readEpochs(dir string) (file epochFile, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "epoch.json"))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		return epochFile{}, fmt.Errorf("read the epochs of the log: %w", err)
	}
	return file, nil
}

// Make makes an empty log in the folder dir, which must not exist: one whose
// epochs are all later than an epoch.
func Make(dir string, epoch uint32) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make a log: %w", err)
	}
	file := epochFile{Format: epochFormat, Topics: map[eventlog.Topic]lives{}, Anew: eventlog.Topics}
	for _, topic := range eventlog.Topics {
		file.Topics[topic] = lives{{Epoch: epoch, First: 1}}
	}
	if err := (&epochs{path: filepath.Join(dir, "epoch.json")}).write(file); err != nil {
		return fmt.Errorf("make a log: %w", err)
	}
	return nil
}

package natslog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// epochs are the lives of each topic, in epoch.json. A topic's life ends when
// its log comes back shorter than it was known to be: numbers go on from the
// shorter end, in a new epoch. What came before keeps its positions.
type epochs struct {
	path string
	now  func() time.Time
	mu   sync.Mutex
	file epochFile
}

type epochFile struct {
	Format int                      `json:"format"`
	Topics map[eventlog.Topic]lives `json:"topics"`
	// Anew are the topics of a copy that was not opened yet: they begin a new
	// life then, since the log that was copied may have gone on.
	Anew []eventlog.Topic `json:"anew,omitempty"`
}

// epochFormat is the version of the folder's layout.
const epochFormat = 1

// A life says that the numbers from First on, up to the next life's First,
// belong to Epoch.
type life struct {
	Epoch uint32 `json:"epoch"`
	First uint64 `json:"first"`
}

// lives are the lives of a topic, oldest first, never empty once it is open.
type lives []life

// openEpochs reads epoch.json, or writes an empty one: the folder is a log's
// from then on, even if the process is killed before JetStream made its part.
func openEpochs(dir string, now func() time.Time) (*epochs, error) {
	e := &epochs{path: filepath.Join(dir, "epoch.json"), now: now}
	text, err := os.ReadFile(e.path)
	if errors.Is(err, fs.ErrNotExist) {
		e.file = epochFile{Format: epochFormat, Topics: map[eventlog.Topic]lives{}}
		return e, e.write(e.file)
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &e.file); err != nil {
		return nil, fmt.Errorf("read %s: %w", e.path, err)
	}
	if e.file.Format != epochFormat {
		return nil, fmt.Errorf("%s has format %d, this program knows %d: it was written by another version", e.path, e.file.Format, epochFormat)
	}
	if e.file.Topics == nil {
		e.file.Topics = map[eventlog.Topic]lives{}
	}
	return e, nil
}

func (e *epochs) write(file epochFile) error {
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return writeDurably(e.path, append(text, '\n'))
}

// settle returns the lives of a topic that was opened with last as its newest
// number and is known to have had known: a new one begins if some were lost, or
// if this is a copy that is opened for the first time.
func (e *epochs) settle(topic eventlog.Topic, last, known uint64) (lives, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	was := e.file.Topics[topic]
	if len(was) > 0 && last >= known && !slices.Contains(e.file.Anew, topic) {
		return was, nil
	}
	next := life{Epoch: e.born(), First: last + 1}
	if len(was) == 0 {
		next.First = 1
	} else {
		next.Epoch = max(next.Epoch, was[len(was)-1].Epoch+1)
	}
	is := slices.DeleteFunc(slices.Clone(was), func(l life) bool { return l.First > last }) // nothing of these is left
	is = append(is, next)
	file := epochFile{Format: epochFormat, Topics: maps.Clone(e.file.Topics)}
	file.Topics[topic] = is
	file.Anew = slices.DeleteFunc(slices.Clone(e.file.Anew), func(t eventlog.Topic) bool { return t == topic })
	if err := e.write(file); err != nil {
		return nil, fmt.Errorf("write the new epoch of %s: %w", topic, err)
	}
	e.file = file
	return is, nil
}

// newest returns the epoch that a topic is in; 0 before its first.
func (e *epochs) newest(topic eventlog.Topic) uint32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ls := e.file.Topics[topic]; len(ls) > 0 {
		return ls[len(ls)-1].Epoch
	}
	return 0
}

// born is the epoch of what is made now: seconds since 2026.
func (e *epochs) born() uint32 {
	seconds := e.now().Unix() - time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	return uint32(min(max(seconds, 1), math.MaxUint32/2))
}

// position returns the position of a number; of 0, the one before the first.
func (ls lives) position(n uint64) hubbub.Position {
	i := len(ls) - 1
	for i > 0 && ls[i].First > n {
		i--
	}
	return hubbub.Position{Epoch: ls[i].Epoch, N: n}
}

// through returns the number of the newest record that is not after p, given
// the newest number of all. A position of a later epoch than any comes from a
// log that this one does not continue, so no record counts as before it.
func (ls lives) through(p hubbub.Position, end uint64) uint64 {
	for i := len(ls) - 1; i >= 0; i-- {
		if p.Epoch < ls[i].Epoch {
			end = ls[i].First - 1
			continue
		}
		if p.Epoch == ls[i].Epoch {
			return min(max(p.N, ls[i].First-1), end)
		}
		if i == len(ls)-1 {
			return 0
		}
		return end
	}
	return 0
}

// has says whether p is, or may become, a position of this log: not one that a
// lost record had, and not one of another log.
func (ls lives) has(p hubbub.Position) bool {
	for i, l := range ls {
		if l.Epoch == p.Epoch {
			return p.N+1 >= l.First && (i == len(ls)-1 || p.N < ls[i+1].First)
		}
	}
	return false
}

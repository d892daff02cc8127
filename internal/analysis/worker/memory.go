package worker

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
)

const (
	keepIdle = time.Hour
	// keepCrowded is the least time that a room is kept: its window slides for so
	// long.
	keepCrowded = (analysis.WindowSeconds + 5) * time.Second
	// keepSmall is the largest state, in bytes, of a room that is kept longer; in memory it
	// takes about 64 KB.
	keepSmall = 16 << 10
)

// memory is what is known of partitions and rooms: what the store has of them, as
// long as their partition is not stale.
type memory struct {
	store      Store
	partitions map[int]*partition
	rooms      map[hubbub.StreamID]*room
	through    *sync.Map // hubbub.Position by partition: of the cursors, for those who cannot wait
}

type partition struct {
	cursor Cursor
	stale  bool // cursor and rooms are to be read again before they are used
}

type room struct {
	tally     *analysis.Tally
	partition int
	used      time.Time
	size      int // of the state stored last or read
	trigger   trigger
}

func newMemory(s Store) memory {
	return memory{store: s, partitions: map[int]*partition{}, rooms: map[hubbub.StreamID]*room{}, through: &sync.Map{}}
}

func (m *memory) partition(number int) *partition {
	p, ok := m.partitions[number]
	if !ok {
		p = &partition{cursor: Cursor{Partition: number}, stale: true}
		m.partitions[number] = p
	}
	return p
}

// refresh reads a stale partition's cursor, and forgets its rooms.
func (m *memory) refresh(ctx context.Context, p *partition) error {
	if !p.stale {
		return nil
	}
	cursors, err := m.store.Cursors(ctx)
	if err != nil {
		return err
	}
	number := p.cursor.Partition
	m.move(p, ofPartition(cursors, number))
	maps.DeleteFunc(m.rooms, func(_ hubbub.StreamID, r *room) bool { return r.partition == number })
	p.stale = false
	return nil
}

func (m *memory) move(p *partition, c Cursor) {
	p.cursor = c
	m.through.Store(c.Partition, c.Through)
}

// room returns a room, from the store if need be; nil if nothing was counted in it.
func (m *memory) room(ctx context.Context, stream hubbub.StreamID) (*room, error) {
	if r, ok := m.rooms[stream]; ok && !m.partition(r.partition).stale {
		r.used = time.Now()
		return r, nil
	}
	s, ok, err := m.store.State(ctx, stream)
	if err != nil || !ok {
		return nil, err
	}
	if err := m.refresh(ctx, m.partition(s.Partition)); err != nil {
		return nil, err
	}
	tally, err := s.decode()
	if err != nil {
		return nil, err
	}
	r := m.add(stream, tally, s.Partition)
	r.size = len(s.Tally)
	return r, nil
}

func (m *memory) add(stream hubbub.StreamID, tally *analysis.Tally, partition int) *room {
	counts := tally.Counts()
	r := &room{tally: tally, partition: partition, used: time.Now(), trigger: trigger{counted: counts.Total()}}
	m.rooms[stream] = r
	return r
}

// forget forgets the rooms that were not used for long: an hour, or about a minute if
// they are large, and while there are more than most.
func (m *memory) forget(now time.Time, most int) {
	keep := keepIdle
	if len(m.rooms) > most {
		keep = keepCrowded
	}
	maps.DeleteFunc(m.rooms, func(_ hubbub.StreamID, r *room) bool {
		idle := now.Sub(r.used)
		return idle > keep || idle > keepCrowded && r.size > keepSmall
	})
}

package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/mysqltally"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/kafkalog"
	"github.com/hubbub-live/hubbub/internal/metastore/mysqlepochs"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

// mostPartitions is more than any deployment has use for.
const mostPartitions = 1024

// errMoving is why a process waits with its log.
var errMoving = fmt.Errorf("%w: raw-chats is being moved to other partitions; hubbub migrate topics ends that, also one that was broken off", eventlog.ErrUnavailable)

// MigrateTopics has raw-chats have so many partitions: it is made, or, with fewer, drained
// and made anew. No role may run meanwhile; those that read raw-chats are waited for,
// and the others find the log sealed. It may be broken off at any time and called again.
func MigrateTopics(ctx context.Context, e Engines, partitions int, out IO) error {
	if err := e.Validate(); err != nil {
		return err
	}
	switch {
	case !e.any():
		return errors.New("name the engines of the cluster: --kafka, --redis, --cassandra, --mysql; the log of a data folder has one partition")
	case partitions < 1 || partitions > mostPartitions:
		return fmt.Errorf("--partitions is a number from 1 to %d", mostPartitions)
	}
	o := Options{Engines: e, Roles: []string{roleRelay, roleArchive, roleAnalysis}, LogFormat: "text", LogLevel: "info"}
	a, err := bare(o, out)
	if err != nil {
		return err
	}
	m := &move{App: a, out: out, to: partitions}
	if err := errors.Join(m.run(ctx), a.unwind()); err != nil {
		return fmt.Errorf("move raw-chats to %d partitions: %w", partitions, err)
	}
	return nil
}

// A move is of raw-chats, to other partitions.
type move struct {
	*App
	out     IO
	to      int
	epochs  *mysqlepochs.Epochs
	tallies *mysqltally.Store
	mover   *kafkalog.Mover
}

func (m *move) run(ctx context.Context) error {
	if err := m.open(ctx); err != nil {
		return err
	}
	noted, err := m.epochs.Partitions(ctx, eventlog.RawChats)
	if err != nil {
		return err
	}
	there, err := m.mover.Partitions(ctx, eventlog.RawChats)
	if err != nil {
		return err
	}
	from, moving := noted.Now, noted.Moving != 0
	if from == 0 && there != 0 && !moving {
		from = kafkalog.Designed(eventlog.RawChats)
	}
	switch {
	case moving && noted.Moving != m.to:
		return fmt.Errorf("it is being moved to %d; let that end first", noted.Moving)
	case there != 0 && there != from && (!moving || there != m.to):
		return fmt.Errorf("it has %d, and should have %d: somebody else changed that", there, from)
	case from > m.to:
		return fmt.Errorf("it has %d, and they can only become more", from)
	case there == m.to && !moving:
		return nil
	}
	return m.move(ctx, from)
}

// move goes on wherever it was broken off: what is done shows in how many partitions the
// topic has, and what is done again changes nothing.
func (m *move) move(ctx context.Context, from int) error {
	if err := m.alone(ctx); err != nil {
		return err
	}
	if err := m.note(ctx, mysqlepochs.Partitions{Now: from, Moving: m.to}); err != nil { // nobody may start
		return err
	}
	if from != m.to {
		if err := m.empty(ctx, from); err != nil {
			return err
		}
	}
	id, err := m.mover.Make(ctx, eventlog.RawChats, m.to)
	if err != nil {
		return err
	}
	epoch, err := m.epochs.Of(ctx, eventlog.RawChats, id)
	if err != nil {
		return err
	}
	m.log.Info("raw-chats is made", "partitions", m.to, "epoch", epoch)
	err = m.tallies.Move(ctx, m.to, epoch, func(stream hubbub.StreamID) int { return kafkalog.PartitionOf(stream, m.to) })
	if err != nil {
		return err
	}
	m.log.Info("the tallies are moved")
	return m.note(ctx, mysqlepochs.Partitions{Now: m.to})
}

// empty carries all that is in the log to where it belongs, and removes it, if it still
// has as many partitions as it had.
func (m *move) empty(ctx context.Context, from int) error {
	there, err := m.mover.Partitions(ctx, eventlog.RawChats)
	if err != nil || there != from || there == 0 {
		return err
	}
	if err := m.mover.Seal(ctx, eventlog.RawChats); err != nil {
		return err
	}
	m.log.Info("raw-chats takes nothing any more")
	if err := m.drain(ctx); err != nil {
		return err
	}
	m.log.Info("raw-chats is drained")
	if err := m.alone(ctx); err != nil {
		return err
	}
	if err := m.mover.Remove(ctx, eventlog.RawChats, from); err != nil {
		return err
	}
	m.log.Info("raw-chats is removed")
	return nil
}

// alone waits until nobody reads raw-chats.
func (m *move) alone(ctx context.Context) error {
	for said := ""; ; {
		members, err := m.mover.Members(ctx, eventlog.RawChats)
		if err != nil || len(members) == 0 {
			return err
		}
		if names := strings.Join(members, ", "); names != said {
			m.log.Warn("waiting for roles to end, and to be missed, which takes 10 s", "members", names)
			said = names
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("roles still run: %s: %w", strings.Join(members, ", "), ctx.Err())
		}
	}
}

// drain plays the roles that the log is kept for until they have all of it.
func (m *move) drain(ctx context.Context) (err error) {
	roles, err := bare(m.o, m.out)
	if err != nil {
		return err
	}
	roles.moving = true
	defer func() { err = errors.Join(err, roles.unwind()) }()
	stores, err := roles.openEngines(ctx)
	if err != nil {
		return err
	}
	roles.startReaders(stores)
	return roles.settle(ctx, stores.log, eventlog.Required[eventlog.RawChats]...)
}

func (m *move) note(ctx context.Context, p mysqlepochs.Partitions) error {
	return m.epochs.SetPartitions(ctx, eventlog.RawChats, p)
}

// open connects to what says how far a move is.
func (m *move) open(ctx context.Context) error {
	dsn := m.o.Engines.dsn()
	if err := m.await(ctx, "MySQL", func(ctx context.Context) (err error) {
		if err := mysqldb.Create(ctx, dsn); err != nil {
			return err
		}
		if m.epochs, err = mysqlepochs.Open(ctx, dsn); err != nil {
			return err
		}
		m.onStop("the epochs", m.epochs.Close)
		if m.tallies, err = mysqltally.Open(ctx, dsn); err != nil {
			return err
		}
		m.onStop("the tallies", m.tallies.Close)
		return nil
	}); err != nil {
		return err
	}
	o, err := m.kafka()
	if err != nil {
		return err
	}
	mover, err := kafkalog.NewMover(o)
	if err != nil {
		return err
	}
	m.mover = mover
	m.onStop("the log", mover.Close)
	return m.await(ctx, "Kafka", func(ctx context.Context) error {
		_, err := mover.Partitions(ctx, eventlog.RawChats)
		return err
	})
}

// settle waits until groups have all that is in the log.
func (a *App) settle(ctx context.Context, log eventlog.Log, groups ...string) error {
	for {
		var behind int64
		for _, group := range groups {
			lag, err := log.Lag(ctx, eventlog.RawChats, group)
			if err != nil {
				return err
			}
			behind += lag
		}
		if behind == 0 {
			return nil
		}
		select {
		case <-time.After(settleEvery):
		case err := <-a.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

package kafkalog

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
)

// mover are the options of a log of so many partitions, and a mover of its topics.
func mover(t *testing.T, partitions int) (Options, *Mover) {
	t.Helper()
	o := optionsFor(t.TempDir(), of(nil))
	o.Partitions = func(eventlog.Topic) int { return partitions }
	m, err := NewMover(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return o, m
}

func opened(t *testing.T, o Options) *Log {
	t.Helper()
	log, err := Open(patient(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

// A topic that is moved takes nothing once it is sealed, has all it had until it is
// removed, and goes on in another epoch, with groups at its beginning. Steps may be
// done again.
func TestMove(t *testing.T) {
	o, m := mover(t, 4)
	if n, err := m.Partitions(patient(t), eventlog.RawChats); n != 0 || err != nil {
		t.Fatalf("before it is made it has %d partitions, %v", n, err)
	}
	old := opened(t, o)
	var records []eventlog.Record
	for i := range 40 {
		records = append(records, eventlog.Record{Stream: hubbub.StreamID(fmt.Sprint("room-", i)), Value: []byte("{}")})
	}
	logged := eventlogtest.AppendAll(t, old, eventlog.RawChats, records...)
	for range 2 {
		if err := m.Seal(patient(t), eventlog.RawChats); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := eventlog.AppendWait(patient(t), old, eventlog.RawChats, records[0]); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("a sealed topic says %v", err)
	}
	if lag, err := old.Lag(patient(t), eventlog.RawChats, eventlog.GroupArchive); lag != 40 || err != nil {
		t.Errorf("a sealed topic has %d records left to read, %v", lag, err)
	}
	reader, err := old.Consume(patient(t), eventlog.RawChats, eventlog.GroupArchive, eventlog.ConsumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := reader.Next(patient(t))
	if err == nil {
		err = reader.Commit(patient(t), b.Partition, b.Records[len(b.Records)-1].Position)
	}
	if members, memberErr := m.Members(patient(t), eventlog.RawChats); len(members) != 1 || !strings.Contains(members[0], "archive-raw-chats: ") || memberErr != nil {
		t.Errorf("it is read by %v, %v", members, memberErr)
	}
	if err := errors.Join(err, reader.Close()); err != nil {
		t.Fatal(err)
	}
	await(t, "alone", func() bool {
		members, err := m.Members(patient(t), eventlog.RawChats)
		return err == nil && len(members) == 0
	})

	var ids []string
	for range 2 {
		if err := m.Remove(patient(t), eventlog.RawChats, 4); err != nil {
			t.Fatal(err)
		}
		id, err := m.Make(patient(t), eventlog.RawChats, 8)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if ids[0] != ids[1] {
		t.Errorf("it was made twice: %v", ids)
	}
	if _, err := m.Make(patient(t), eventlog.RawChats, 16); err == nil || !errorSays(err, "it has 8") {
		t.Errorf("made again with 16: %v", err)
	}
	await(t, "the old log knows", func() bool {
		return old.Healthy() != nil && errorSays(old.Healthy(), "made anew", "start it again")
	})
	if _, _, err := eventlog.AppendWait(patient(t), old, eventlog.RawChats, records[0]); !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("who knows the topic before says %v", err)
	}

	o.Partitions = func(n eventlog.Topic) int {
		if n == eventlog.RawChats {
			return 8
		}
		return 4
	}
	log := opened(t, o)
	first := hubbub.Position{Epoch: logged[0].Position.Epoch + 1}
	for _, r := range records {
		for _, group := range eventlog.Required[eventlog.RawChats] {
			if at, err := log.Committed(patient(t), eventlog.RawChats, group, r.Stream); at != first || err != nil {
				t.Errorf("%s has committed %v, %v, not %v", group, at, err, first)
			}
		}
		if got, want := PartitionOf(r.Stream, 8), log.topics[eventlog.RawChats].partition(r.Stream); got != int(want) {
			t.Errorf("%s is in partition %d, not %d", r.Stream, want, got)
		}
	}
	again := eventlogtest.AppendAll(t, log, eventlog.RawChats, records...)
	for i, r := range again {
		if !logged[i].Position.Before(r.Position) || r.Position.Epoch != first.Epoch {
			t.Errorf("after %v comes %v", logged[i].Position, r.Position)
		}
	}
	if lag, err := log.Lag(patient(t), eventlog.RawChats, eventlog.GroupArchive); lag != 40 || err != nil {
		t.Errorf("%d records are left to read, %v", lag, err)
	}
}

// Who appends while a topic is sealed is told, of each record, whether it is there.
func TestSealedUnderLoad(t *testing.T) {
	o, m := mover(t, 4)
	log := opened(t, o)
	said := answers{}
	sealed := make(chan error, 1)
	for i := 0; ; i++ {
		if i == 500 {
			go func() { sealed <- m.Seal(patient(t), eventlog.RawChats) }()
		}
		said.append(log, i)
		if _, failed := said.count(); failed > 500 {
			break
		}
		time.Sleep(200 * time.Microsecond) // some load, not a full queue
	}
	if err := <-sealed; err != nil {
		t.Fatal(err)
	}
	end, err := log.End(patient(t), eventlog.RawChats, "s")
	if err != nil {
		t.Fatal(err)
	}
	said.append(log, -1)
	await(t, "refused", func() bool { said.mu.Lock(); defer said.mu.Unlock(); return said.err[-1] != nil })
	if now, err := log.End(patient(t), eventlog.RawChats, "s"); now != end || err != nil {
		t.Errorf("the end of a sealed topic moved from %v to %v, %v", end, now, err)
	}
	for i, err := range said.err {
		if !errors.Is(err, eventlog.ErrUnavailable) {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	said.wantLogged(t, log)
	if acked, _ := said.count(); uint64(acked) != end.N {
		t.Errorf("%d are acknowledged, %d logged", acked, end.N)
	}
}

package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errBroken = errors.New("disk on fire")

// ByLength tells moods by the length of a text: a classifier that needs no training.
type ByLength struct{}

func (ByLength) Classify(text string, dst *classify.Reading) {
	*dst = classify.Reading{Mood: hubbub.Mood(len(text) % hubbub.Moods)}
}

// NewMessage is record number n of a room, as chat writes it.
func NewMessage(room hubbub.StreamID, n int) eventlog.Record {
	m := hubbub.Message{
		ID: hubbub.MessageID(fmt.Sprintf("01932c07-7c5e-7abc-8def-%012d", n)), StreamID: room,
		Sender:  hubbub.Sender{ID: hubbub.UserID(fmt.Sprint("user-", n%300)), Name: "somebody", Roles: []string{"guest"}},
		Content: "well played" + "!!!!!!!!!!!"[:n%11], CreatedAt: time.UnixMilli(int64(n)),
	}
	return eventlog.Record{Stream: room, Version: eventlog.Version, Value: m.AppendJSON(nil)}
}

// TallyOf is the state that records of a room must lead to, with all its closed
// minutes, and how many messages they are.
func TallyOf(t interface{ Fatal(...any) }, records []eventlog.Record) (state State, n int) {
	var tally analysis.Tally
	list := Observations(t, records)
	for _, o := range list {
		tally.Add(o)
	}
	tally.Settle()
	closed := tally.TakeClosed()
	return State{Tally: tally.AppendState(nil), Closed: closed}, len(list)
}

// Observations are the messages among records of a room, as they are to be counted.
func Observations(t interface{ Fatal(...any) }, records []eventlog.Record) (list []analysis.Observation) {
	var r classify.Reading
	for _, record := range records {
		if record.Kind != hubbub.KindMessage || record.Version > eventlog.Version || !json.Valid(record.Value) {
			continue
		}
		m, err := hubbub.ParseMessage(record.Value)
		if err != nil {
			t.Fatal(err)
		}
		ByLength{}.Classify(m.Content, &r)
		list = append(list, analysis.Observation{ID: m.ID, Sender: analysis.SenderHash(m.Sender.ID), Mood: r.Mood, Text: m.Content, Time: record.Time, Position: record.Position})
	}
	return list
}

// Same is true for a state with all its closed minutes as TallyOf has it.
func (s *State) Same(other State) bool {
	return bytes.Equal(s.Tally, other.Tally) && slices.Equal(s.Closed, other.Closed)
}

// memoryStore is a store whose calls fail when the test says so. It has the rules of
// the contract and no others.
type memoryStore struct {
	mu      sync.Mutex
	cursors map[int]Cursor
	states  map[hubbub.StreamID]State // with all closed minutes
	fail    func(method string) error // may be nil
	failed  func() error              // asked after Save has stored; may be nil
}

func newMemoryStore() *memoryStore {
	return &memoryStore{cursors: map[int]Cursor{}, states: map[hubbub.StreamID]State{}}
}

func (m *memoryStore) enter(method string) error {
	m.mu.Lock()
	if m.fail == nil {
		return nil
	}
	err := m.fail(method)
	if err != nil {
		m.mu.Unlock()
	}
	return err
}

func (m *memoryStore) breaks(fail func(method string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = fail
}

func (m *memoryStore) Cursors(context.Context) (list []Cursor, err error) {
	if err := m.enter("Cursors"); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	for c := range maps.Values(m.cursors) {
		list = append(list, c)
	}
	return list, nil
}

func (m *memoryStore) State(_ context.Context, stream hubbub.StreamID) (State, bool, error) {
	if err := m.enter("State"); err != nil {
		return State{}, false, err
	}
	defer m.mu.Unlock()
	s, ok := m.states[stream]
	s.Closed = nil
	return s, ok, nil
}

func (m *memoryStore) Minutes(_ context.Context, stream hubbub.StreamID, first, end uint64) (State, bool, error) {
	if err := m.enter("Minutes"); err != nil {
		return State{}, false, err
	}
	defer m.mu.Unlock()
	s, ok := m.states[stream]
	s.Closed = slices.Clone(s.Closed.Between(first, end))
	return s, ok, nil
}

func (m *memoryStore) Changed(_ context.Context, partition int, since hubbub.Position) (map[hubbub.StreamID]hubbub.Position, error) {
	if err := m.enter("Changed"); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	changed := map[hubbub.StreamID]hubbub.Position{}
	for _, s := range m.states {
		if s.Partition == partition && !s.Newest.Before(since) {
			changed[s.Stream] = s.Newest
		}
	}
	return changed, nil
}

func (m *memoryStore) Save(_ context.Context, before hubbub.Position, c Cursor, states []State) error {
	if err := m.enter("Save"); err != nil {
		return err
	}
	defer m.mu.Unlock()
	if m.cursors[c.Partition].Through != before {
		return ErrMoved
	}
	m.cursors[c.Partition] = c
	for _, s := range states {
		s.Tally = bytes.Clone(s.Tally)
		closed := m.states[s.Stream].Closed
		closed.Merge(s.Closed)
		s.Closed = closed
		m.states[s.Stream] = s
	}
	if m.failed != nil {
		return m.failed()
	}
	return nil
}

// script is a log of one partition whose records come when the test says so, and
// whose appends fail when it says so. It is its own consumer.
type script struct {
	ahead time.Duration // the log's clock, of this process's
	eventlog.Log
	mu        sync.Mutex
	arrived   chan struct{}
	records   []eventlog.Record
	fetched   int
	committed uint64
	results   []reading
	requests  []string // for summaries
	broken    error    // of Append
	slow      bool     // Append does not answer yet
	answers   []func() // that it owes
}

// reading is a result, as readers of the topic have it.
type reading struct {
	StreamID   hubbub.StreamID
	TotalCount int
	Counts     map[string]int
	Ratios     map[string]float64
	Window     struct{ Messages, Chatters int }
	Through    hubbub.Position
	Age        int
	At         time.Time
	came       time.Time
}

func read(value []byte) (r reading, err error) {
	err = json.Unmarshal(value, &r)
	return r, err
}

func newScript() *script { return &script{arrived: make(chan struct{}, 1)} }

// say adds messages to a room, now.
func (s *script) say(room hubbub.StreamID, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		r := NewMessage(room, len(s.records))
		r.Position, r.Time = position(len(s.records)+1), time.Now().Add(s.ahead)
		s.records = append(s.records, r)
	}
	select {
	case s.arrived <- struct{}{}:
	default:
	}
}

func position(n int) hubbub.Position { return hubbub.Position{Epoch: 1, N: uint64(n)} }

func (s *script) breaks(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = err
}

// said returns the results of a room so far.
func (s *script) said(room hubbub.StreamID) (list []reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.results {
		if r.StreamID == room {
			list = append(list, r)
		}
	}
	return list
}

func (s *script) done() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.committed
}

func (s *script) Append(_ context.Context, topic eventlog.Topic, r eventlog.Record, done func(hubbub.Position, time.Time, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if topic == eventlog.SummaryRequests {
		s.requests = append(s.requests, string(r.Value))
		done(position(len(s.requests)), time.Now(), s.broken)
		return
	}
	result, err := read(r.Value)
	if err == nil {
		err = s.broken
	}
	if err == nil {
		result.came = time.Now()
		s.results = append(s.results, result)
	}
	at, now := position(len(s.results)), time.Now()
	if s.slow {
		s.answers = append(s.answers, func() { done(at, now, err) })
		return
	}
	done(at, now, err)
}

// answer gives the answers that Append owes.
func (s *script) answer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow = false
	for _, answer := range s.answers {
		answer()
	}
}

func (s *script) End(context.Context, eventlog.Topic, hubbub.StreamID) (hubbub.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return position(len(s.records)), nil
}

func (s *script) Consume(_ context.Context, _ eventlog.Topic, _ string, o eventlog.ConsumeOptions) (eventlog.Consumer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	after, _ := o.After(0)
	s.fetched = int(after.N)
	return s, nil
}

func (s *script) Next(ctx context.Context) (eventlog.Batch, error) {
	for {
		s.mu.Lock()
		if records := s.records[s.fetched:min(len(s.records), s.fetched+100)]; len(records) > 0 {
			s.fetched += len(records)
			b := eventlog.Batch{Records: records, End: position(len(s.records))}
			s.mu.Unlock()
			return b, nil
		}
		s.mu.Unlock()
		select {
		case <-s.arrived:
		case <-ctx.Done():
			return eventlog.Batch{}, ctx.Err()
		}
	}
}

func (s *script) Commit(_ context.Context, _ int, through hubbub.Position) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.committed = max(s.committed, through.N)
	return nil
}

func (s *script) Close() error { return nil }

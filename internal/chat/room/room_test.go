package room

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

func newViewer() *viewer {
	return &viewer{listens: true, format: Format{Dialect: stomp.V12, Subscription: "sub-0"}}
}

func (w *world) join(v *viewer, channel hubbub.Channel, after *hubbub.Position, history int) *Subscription {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := w.hub.Join(ctx, w.stream, Join{
		Channel: channel, Format: v.format, Viewer: v, Catch: v.catch, Receipt: v.receiptFrame, After: after, History: history,
	})
	if err != nil {
		w.t.Fatalf("join: %v", err)
	}
	return s
}

// say logs n messages, a control among every tenth.
func (w *world) say(n int) {
	w.t.Helper()
	var records []eventlog.Record
	for i := range n {
		if i%10 == 9 {
			records = append(records, w.control(hubbub.Control{ID: "c", Action: hubbub.ActionBan, UserID: "eve"}))
		} else {
			records = append(records, w.message(fmt.Sprint("m", len(w.logged)+i), ""))
		}
	}
	w.append(records...)
}

// A resume of many reads of history is one chain, and so is what follows it live.
func TestLongResume(t *testing.T) {
	for _, c := range []struct {
		name string
		said int
		gap  bool
	}{
		{"at hand", 2300, false},
		{"within bounds", 3 * keepMost, false},
		{"beyond them the rest is a gap, not a week of messages", maxReplay + 3*keepMost, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, openPast(t), time.Millisecond)
			defer w.close()
			w.say(c.said)
			w.publish(true)
			v := newViewer()
			start := w.logged[0].Position
			w.join(v, hubbub.MessageChannel, &start, 0)
			w.say(3)
			w.publish(false)
			w.until("the newest has come", func() bool { return v.last() == w.logged[len(w.logged)-1].Position })
			seen, last, messages, gaps := v.seen()[1:], start, 0, 0
			for i, f := range seen {
				if !f.gap.empty() {
					gaps++
					last = f.gap.to
				}
				if f.prev != last {
					t.Fatalf("frame %d of %d has prev %s, want %s", i, len(seen), f.prev, last)
				}
				last = f.position
				messages++
			}
			if c.gap != (gaps == 1) || gaps > 1 {
				t.Errorf("%d gaps", gaps)
			}
			logged := 0
			for _, e := range w.logged[1:] {
				if e.Channel == hubbub.MessageChannel {
					logged++
				}
			}
			if !c.gap && messages != logged || c.gap && (messages <= maxReplay*8/10 || messages >= logged) {
				t.Errorf("%d messages of %d", messages, logged)
			}
		})
	}
}

// A resume that fails before anything was given is refused; later the session has
// to end, since the client holds the RECEIPT.
func TestResumeBreaksOff(t *testing.T) {
	for _, c := range []struct {
		name    string
		reads   int // of history that work
		halfway bool
	}{
		{"at once", 0, false},
		{"after the RECEIPT", 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := openPast(t)
			w := newWorld(t, p, time.Millisecond)
			defer w.close()
			w.say(3 * keepMost)
			w.publish(true)
			v, busy, reads := newViewer(), errors.New("the disk is busy"), 0
			_, err := w.hub.Join(t.Context(), w.stream, Join{
				Channel: hubbub.MessageChannel, Format: v.format, Viewer: v, Receipt: v.receiptFrame, After: &w.logged[0].Position,
				Catch: func(context.Context) error {
					if reads == c.reads {
						p.fail.Store(&busy)
					}
					reads++
					return nil
				},
			})
			if errors.Is(err, ErrHalfway) != c.halfway || !errors.Is(err, busy) || hubbub.AsError(err).Code != hubbub.CodeUnavailable {
				t.Errorf("after %d reads: %v", c.reads, err)
			}
			p.fail.Store(nil)
		})
	}
}

// What the bus lost, and says that it did, is fetched without waiting for the next
// message; said again while that goes on, it is fetched again.
func TestMissed(t *testing.T) {
	p := openPast(t)
	w := newWorld(t, p, time.Millisecond)
	defer w.close()
	v := newViewer()
	w.join(v, hubbub.MessageChannel, nil, 0)
	for _, n := range []int{0, 3, 2 * repairPage} {
		w.say(n)
		w.publish(true)
		w.deliver(livebus.Batch{Missed: true})
		w.say(1)
		w.publish(true)
		w.deliver(livebus.Batch{Missed: true})
		w.until("all have come", func() bool { return v.last() == w.lastOn(hubbub.MessageChannel) })
	}
}

// Too much that comes during a repair is fetched, not held.
func TestRepairOfMuch(t *testing.T) {
	p := openPast(t)
	w := newWorld(t, p, time.Millisecond)
	defer w.close()
	v := newViewer()
	w.join(v, hubbub.MessageChannel, nil, 0)
	busy := errors.New("the disk is busy")
	p.fail.Store(&busy)
	w.say(10)
	w.publish(true)
	for range 3 {
		w.say(maxHeld / 2)
		w.publish(false)
	}
	if r, _ := w.hub.Loaded(w.stream); len(r.mu.repairs.held) > maxHeld {
		t.Errorf("%d events are held", len(r.mu.repairs.held))
	}
	p.fail.Store(nil)
	messages := 0
	for _, e := range w.logged {
		if e.Channel == hubbub.MessageChannel {
			messages++
		}
	}
	w.until("all have come", func() bool { return len(v.seen()) == 1+messages })
}

// What cannot be had is told within a second even if nothing follows, and again
// with what follows to whoever comes later.
func TestGapIsToldWhenNothingFollows(t *testing.T) {
	p := openPast(t)
	w := newWorld(t, p, time.Millisecond)
	defer w.close()
	w.say(3)
	w.publish(false)
	early := w.logged[2].Position
	v, deaf := newViewer(), newViewer()
	deaf.listens = false
	w.join(v, hubbub.MessageChannel, nil, 0)
	w.join(deaf, hubbub.MessageChannel, nil, 0)
	gone := eventlog.ErrGone
	p.fail.Store(&gone)
	w.say(5)
	lost := w.logged[7].Position
	w.publish(true)
	w.announce()
	w.until("the viewer is told", func() bool {
		w.hub.upkeep(p.now())
		return len(v.seen()) == 2
	})
	p.fail.Store(nil)
	if got, want := v.seen()[1], (frame{command: "notice", gap: span{early, lost}}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	w.hub.upkeep(p.now())
	w.say(1)
	w.publish(false)
	for _, one := range []*viewer{v, deaf} {
		w.until("the next has come", func() bool { return one.last() == w.logged[8].Position })
	}
	if seen := deaf.seen(); seen[1].gap != (span{early, lost}) {
		t.Errorf("whoever does not listen to notices was told %+v", seen[1])
	}
	late := newViewer()
	w.join(late, hubbub.MessageChannel, &early, 0)
	w.until("whoever resumes has the newest", func() bool { return late.last() == w.logged[8].Position })
	if seen := late.seen(); seen[1].gap != (span{early, lost}) || len(v.seen()) != 3 {
		t.Errorf("whoever resumes was told %+v, the first %+v", seen, v.seen())
	}
}

// A room with a viewer that is still being given the past stays.
func TestRoomStaysWhileSomeoneJoins(t *testing.T) {
	p := openPast(t)
	w := newWorld(t, p, time.Millisecond)
	defer w.close()
	w.say(2 * keep)
	w.publish(true)
	start := w.logged[0].Position
	v, reached, goOn := newViewer(), make(chan struct{}), make(chan struct{})
	var once sync.Once
	j := Join{Channel: hubbub.MessageChannel, Format: v.format, Viewer: v, Receipt: v.receiptFrame, After: &start,
		Catch: func(context.Context) error {
			once.Do(func() {
				close(reached)
				<-goOn
			})
			return nil
		}}
	done := make(chan error)
	go func() {
		_, err := w.hub.Join(context.Background(), w.stream, j)
		done <- err
	}()
	<-reached
	before, _ := w.hub.Loaded(w.stream)
	p.clock.Add(3600)
	w.hub.upkeep(p.now())
	if after, ok := w.hub.Loaded(w.stream); !ok || before != after {
		t.Error("the room was forgotten while someone joins it")
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	receipts := 0
	for _, f := range v.seen() {
		if f.command == stomp.Receipt {
			receipts++
		}
	}
	if receipts != 1 {
		t.Errorf("%d receipts", receipts)
	}
}

// A join that fails leaves nothing behind.
func TestFailedJoins(t *testing.T) {
	p := openPast(t)
	w := newWorld(t, p, time.Millisecond)
	defer w.close()
	gone := errors.New("on purpose")
	p.fail.Store(&gone)
	v := newViewer()
	_, err := w.hub.Join(context.Background(), w.stream, Join{Format: v.format, Viewer: v, Catch: v.catch})
	if refusal := hubbub.AsError(err); refusal.Code != hubbub.CodeUnavailable || refusal.RetryAfter == 0 {
		t.Errorf("a room that cannot be loaded: %v", err)
	}
	if _, ok := w.hub.Loaded(w.stream); ok {
		t.Error("a room that was not loaded is there")
	}
	p.fail.Store(nil)
	w.say(3 * keepMost)
	w.publish(true)
	start := w.logged[0].Position
	w.join(v, hubbub.MessageChannel, nil, 0)
	stuck := errors.New("the connection is gone")
	if _, err := w.hub.Join(context.Background(), w.stream, Join{Format: v.format, Viewer: v, After: &start,
		Catch: func(context.Context) error { return stuck }}); !errors.Is(err, stuck) {
		t.Errorf("a viewer that is gone: %v", err)
	}
	p.fail.Store(&gone)
	if _, err := w.hub.Join(context.Background(), w.stream, Join{Format: v.format, Viewer: v, After: &start, Catch: v.catch}); hubbub.AsError(err).Code != hubbub.CodeUnavailable {
		t.Errorf("a history that cannot be read: %v", err)
	}
	p.fail.Store(nil)
	r, _ := w.hub.Loaded(w.stream)
	if r.viewers.count != 1 {
		t.Errorf("%d viewers are counted, and one is there", r.viewers.count)
	}
}

// Joins, leaves, batches, flushes and upkeep from many goroutines: for the race
// detector, and that nothing is missed meanwhile.
func TestAtOnce(t *testing.T) {
	p := openPast(t)
	w := newWorld(t, p, time.Millisecond)
	defer w.close()
	steady := newViewer()
	w.join(steady, hubbub.MessageChannel, nil, 0)
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for ctx.Err() == nil {
				v := newViewer()
				v.full = true
				s, err := w.hub.Join(ctx, w.stream, Join{Channel: hubbub.MessageChannel, Format: v.format, Viewer: v, Catch: v.catch, History: 5})
				if err == nil {
					s.Leave()
				}
			}
		})
	}
	work.Go(func() {
		for ctx.Err() == nil {
			w.hub.upkeep(p.now())
			if r, ok := w.hub.Loaded(w.stream); ok {
				r.Show(hubbub.UserCountChannel, []byte("{}"))
				_, _ = r.Repeated("ada", "n", p.now())
				_ = r.Settings()
			}
		}
	})
	for i := range 30 {
		w.say(5)
		w.publish(i%7 == 3)
	}
	w.announce()
	w.until("all have come", func() bool { return steady.last() == w.lastOn(hubbub.MessageChannel) })
	cancel()
	work.Wait()
	if n := len(steady.seen()) - 1; n != 150 {
		t.Errorf("%d of 150 messages", n)
	}
}

func (w *world) lastOn(c hubbub.Channel) (p hubbub.Position) {
	for _, e := range w.logged {
		if e.Channel == c {
			p = e.Position
		}
	}
	return p
}

// Who does not get the latest value because it is full gets it later.
func TestLatestIsMadeUpFor(t *testing.T) {
	w := newWorld(t, openPast(t), time.Millisecond)
	defer w.close()
	v := newViewer()
	v.full = true
	w.join(v, hubbub.UserCountChannel, nil, 0)
	r, _ := w.hub.Loaded(w.stream)
	for i := range 3 {
		r.Show(hubbub.UserCountChannel, []byte(fmt.Sprint(i)))
		w.until("it was flushed", func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return len(r.mu.pending[hubbub.UserCountChannel]) == 0
		})
	}
	w.until("the last is there", func() bool {
		v.drain()
		w.hub.upkeep(w.past.now())
		seen := v.seen()
		return len(seen) > 0 && seen[len(seen)-1].body == "2"
	})
	w.join(v, hubbub.UserCountChannel, nil, 0) // and who joins gets it at once
	if seen := v.seen(); seen[len(seen)-1].body != "2" {
		t.Errorf("who joins got %+v", seen[len(seen)-1])
	}
}

func TestNonces(t *testing.T) {
	var n nonces
	begin := time.Unix(1000, 0)
	add := func(nonce string, position uint64, after time.Duration) {
		n.add(&hubbub.Message{ID: hubbub.MessageID(fmt.Sprint("m", position)), Sender: hubbub.Sender{ID: "ada"}, Nonce: nonce},
			hubbub.Position{Epoch: 1, N: position}, begin.Add(after))
	}
	is := func(nonce string, want uint64, why string) {
		t.Helper()
		if got := n.known[nonceKey{"ada", nonce}].Position.N; got != want {
			t.Errorf("%s is %d, want %d: %s", nonce, got, want, why)
		}
	}
	add("a", 1, 0)
	add("a", 2, time.Minute)
	is("a", 1, "the first counts")
	add("a", 3, nonceWindow+time.Second)
	is("a", 3, "the window of the first is over, so it counts as new, and is recognised from now on")
	for i := range uint64(maxNonces) {
		add(fmt.Sprint("b", i), 10+i, 3*time.Minute)
	}
	is("a", 0, "too many came after it")
	is("b0", 10, "the newest are known")
	if len(n.order) != maxNonces || len(n.known) != maxNonces {
		t.Errorf("%d, %d are kept", len(n.order), len(n.known))
	}
}

// A room that was forgotten knows, when it is made anew, what was said with a
// nonce, who is banned, and what was deleted.
func TestRoomIsLoadedWithItsMemory(t *testing.T) {
	p := openPast(t)
	w := newWorld(t, p, time.Millisecond)
	defer w.close()
	w.append(w.message("first", "nonce-1"),
		w.control(hubbub.Control{ID: "c1", Action: hubbub.ActionDelete, MessageID: "first"}),
		w.control(hubbub.Control{ID: "c2", Action: hubbub.ActionSettings, Settings: &hubbub.Settings{SlowSeconds: 7}}),
		w.message("second", ""))
	w.publish(true)
	r, err := w.hub.Room(context.Background(), w.stream)
	if err != nil {
		t.Fatal(err)
	}
	if logged, ok := r.Repeated("ada", "nonce-1", p.now()); !ok || logged.ID != "first" || logged.Position != w.logged[0].Position {
		t.Errorf("the nonce: %v, %v", logged, ok)
	}
	if _, ok := r.Repeated("eve", "nonce-1", p.now()); ok {
		t.Error("another user's nonce is taken for this one's")
	}
	if _, ok := r.Repeated("ada", "nonce-1", p.now().Add(nonceWindow+time.Minute)); ok {
		t.Error("a nonce is known for ever")
	}
	if r.Settings().SlowSeconds != 7 {
		t.Errorf("settings: %+v", r.Settings())
	}
	v := newViewer()
	w.join(v, hubbub.MessageChannel, nil, 10)
	if seen := v.seen(); len(seen) != 3 || seen[1].nonce != "" || seen[1].id != "first" || seen[2].body != string(w.logged[3].Value) {
		t.Errorf("history: %+v", seen)
	}
}

// The batch that the bus published is everybody's; a room does not change it.
func TestBatchesAreNotChanged(t *testing.T) {
	w := newWorld(t, openPast(t), time.Millisecond)
	defer w.close()
	v := newViewer()
	w.join(v, hubbub.MessageChannel, nil, 0)
	w.say(3)
	before := append([]livebus.Event(nil), w.logged...)
	w.publish(false)
	w.until("all have come", func() bool { return len(v.seen()) == 4 })
	for i := range before {
		if before[i].Prev != w.logged[i].Prev || string(before[i].Value) != string(w.logged[i].Value) {
			t.Errorf("event %d was changed", i)
		}
	}
}

// What is lost and announced while a room is loaded, after it has read, is
// fetched.
func TestLostWhileLoading(t *testing.T) {
	p := openPast(t)
	w := newWorld(t, p, time.Millisecond)
	defer w.close()
	w.say(1)
	w.publish(true)
	lost := func() {
		w.say(1)
		w.publish(true)
		w.announce()
	}
	p.after.Store(&lost)
	v := newViewer()
	w.join(v, hubbub.MessageChannel, nil, 10) // it may be fetched before the join, and is history then
	w.until("it has come", func() bool { return v.last() == w.logged[1].Position })
}

// A busy room has at hand what who comes back a few seconds later needs; a quiet one no
// more than what a SUBSCRIBE may ask for.
func TestRecent(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration
		least int // at hand at any time
		most  int
	}{
		{"a message a minute", time.Minute, keep, 2 * keep},
		{"a hundred a second", 10 * time.Millisecond, 1000, 2100},
		{"a thousand a second", time.Millisecond, keepMost, 2 * keepMost},
	} {
		var q recent
		for i := range 20_000 {
			q.add(event{time: time.Unix(0, 0).Add(time.Duration(i) * c.every)})
			if n := len(q.events); i >= c.least && (n < c.least || n > c.most) {
				t.Fatalf("%s: after %d there are %d at hand, not %d to %d", c.name, i, n, c.least, c.most)
			}
		}
	}
}

package send

import (
	"context"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// pair returns two chat servers with one log and one cache, and rooms of their own. No
// bus tells the second of what the first logged.
func pair(t *testing.T, change ...func(*desk)) (first, second *desk) {
	t.Helper()
	first = newDesk(t, Options{Shared: true})
	second = &desk{t: t, log: first.log, history: first.history, bus: first.bus, cache: first.cache, streams: first.streams}
	o := first.options
	o.Metrics = nil
	second.Sender = New(o)
	second.open()
	t.Cleanup(func() { second.stop() })
	if _, err := second.options.Hub.Room(t.Context(), "1"); err != nil { // before anything is said
		t.Fatal(err)
	}
	for _, d := range []*desk{first, second} {
		for _, c := range change {
			c(d)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		t.Cleanup(func() {
			cancel()
			<-done
		})
	}
	return first, second
}

func TestRepeatedAtAnotherServer(t *testing.T) {
	key := flightKey{"1", "u", "n"}
	for _, c := range []struct {
		name   string
		before func(t *testing.T, first *desk) // the first server has had it
	}{
		{name: "logged", before: func(*testing.T, *desk) {}},
		{
			name: "logged, and not noted yet",
			before: func(t *testing.T, first *desk) {
				t.Helper()
				first.forget(t, key)
				if _, free, err := first.claims.take(t.Context(), key); !free || err != nil {
					t.Fatal(free, err)
				}
			},
		},
		{
			name: "of unknown outcome, and logged",
			before: func(t *testing.T, first *desk) {
				t.Helper()
				first.forget(t, key)
				first.claims.note(t.Context(), claimNote{key.claim(), claimUnknown})
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, second := pair(t)
			sent := first.answer(first.post(as("u"), "1", hello, "n"))
			if sent.Err != nil {
				t.Fatal(sent.Err)
			}
			first.awaitNoted(t, key)
			c.before(t, first)
			again := second.answer(second.post(as("u"), "1", hello, "n"))
			if again.Err != nil || again.Logged != sent.Logged || first.log.appended.Load() != 1 {
				t.Errorf("answered %+v, %v after %+v; %d logged", again.Logged, again.Err, sent.Logged, first.log.appended.Load())
			}
		})
	}
}

func (d *desk) forget(t *testing.T, key flightKey) {
	t.Helper()
	if err := d.cache.Delete(t.Context(), key.claim()); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) awaitNoted(t *testing.T, key flightKey) {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		value, _, err := d.cache.Get(t.Context(), key.claim())
		if _, ok := loggedOf(string(value)); ok && err == nil {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("it is noted as %q, %v", value, err)
		}
	}
}

// What is under way at another server is waited for.
func TestUnderWayAtAnotherServer(t *testing.T) {
	first, second := pair(t)
	held := make(chan func(), 1)
	first.log.fail = func(r eventlog.Record, done func(hubbub.Position, time.Time, error)) bool {
		held <- func() { first.log.Log.Append(context.Background(), eventlog.RawChats, r, done) }
		return true
	}
	a := first.post(as("u"), "1", hello, "n")
	release := <-held
	b := make(chan Answer, 1)
	go func() {
		second.Post(context.Background(), Post{Who: as("u"), Stream: "1", Body: []byte(hello), Nonce: "n", Answer: func(a Answer) { b <- a }})
	}()
	select {
	case got := <-b:
		t.Fatalf("answered %+v before it was logged", got)
	case <-time.After(3 * claimPoll):
	}
	release()
	if one, two := first.answer(a), second.answer(b); one.Err != nil || one.Logged != two.Logged {
		t.Errorf("answered %+v and %+v", one, two)
	}
}

// A server that died before it logged has its claim until it has been silent for so
// long that it must be dead; then another logs the message.
func TestServerWithClaimDied(t *testing.T) {
	first, second := pair(t)
	key := flightKey{"1", "u", "n"}
	if err := first.cache.Set(t.Context(), key.claim(), []byte(claimFlying+"dead"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := first.cache.Set(t.Context(), aliveKey+"dead", nil, aliveFor); err != nil {
		t.Fatal(err)
	}
	b := make(chan Answer, 1)
	go func() {
		second.Post(context.Background(), Post{Who: as("u"), Stream: "1", Body: []byte(hello), Nonce: "n", Answer: func(a Answer) { b <- a }})
	}()
	select {
	case got := <-b:
		t.Fatalf("answered %+v while the other may live", got)
	case <-time.After(3 * claimPoll):
	}
	first.clock.Add(int64(aliveFor)) // the cache's clock
	got := second.answer(b)
	if got.Err != nil || first.log.appended.Load() != 1 {
		t.Errorf("answered %+v; %d logged", got, first.log.appended.Load())
	}
	if again := first.answer(first.post(as("u"), "1", hello, "n")); again.Logged != got.Logged {
		t.Errorf("answered %+v after %+v", again, got)
	}
}

// Who finds a claim finds that its server lives, however short that has been there.
func TestLivesBeforeItClaims(t *testing.T) {
	d := newDesk(t, Options{Shared: true}) // it does not run yet
	if _, free, err := d.claims.take(t.Context(), flightKey{"1", "u", "n"}); !free || err != nil {
		t.Fatal(free, err)
	}
	if _, lives, err := d.cache.Get(t.Context(), aliveKey+d.claims.server); !lives || err != nil {
		t.Errorf("it lives: %v, %v", lives, err)
	}
}

// A claim that a server left behind itself does not hold it up.
func TestClaimOfItsOwn(t *testing.T) {
	d := newDesk(t, Options{Shared: true})
	if _, free, err := d.claims.take(t.Context(), flightKey{"1", "u", "n"}); !free || err != nil {
		t.Fatal(free, err)
	}
	if a := d.answer(d.post(as("u"), "1", hello, "n")); a.Err != nil || d.log.appended.Load() != 1 {
		t.Errorf("answered %+v; %d logged", a, d.log.appended.Load())
	}
}

// A refusal frees the nonce.
func TestRefusedAtAnotherServer(t *testing.T) {
	first, second := pair(t)
	first.log.fail = func(_ eventlog.Record, done func(hubbub.Position, time.Time, error)) bool {
		done(hubbub.Position{}, time.Time{}, eventlog.ErrBusy)
		return true
	}
	if a := first.answer(first.post(as("u"), "1", hello, "n")); a.Err == nil {
		t.Fatal("it was logged")
	}
	first.log.fail = nil
	if b := second.answer(second.post(as("u"), "1", hello, "n")); b.Err != nil || first.log.appended.Load() != 1 {
		t.Errorf("answered %+v; %d logged", b, first.log.appended.Load())
	}
}

// brokenCache is one that cannot be reached.
type brokenCache struct{ cache.Cache }

func (brokenCache) Add(context.Context, string, []byte, time.Duration) ([]byte, bool, error) {
	return nil, false, cache.ErrUnavailable
}

// Without the cache the log is asked: nothing is logged twice, and all can write.
func TestNoncesWithoutCache(t *testing.T) {
	first, second := pair(t, func(d *desk) { d.claims.cache = brokenCache{d.cache} })
	one := first.answer(first.post(as("u"), "1", hello, "n"))
	two := second.answer(second.post(as("u"), "1", hello, "n"))
	other := second.answer(second.post(as("u"), "1", hello, "m"))
	if one.Err != nil || one.Logged != two.Logged || other.Err != nil || other.Logged == one.Logged {
		t.Errorf("answered %+v, %+v and %+v", one, two, other)
	}
}

func TestLoggedOf(t *testing.T) {
	want := room.Logged{ID: "id", Position: hubbub.Position{Epoch: 3, N: 7}}
	for outcome, ok := range map[string]bool{"id 3.7": true, claimFlying + "x": false, claimUnknown: false, "": false, "id x": false} {
		if l, found := loggedOf(outcome); found != ok || ok && l != want {
			t.Errorf("of %q: %+v, %v", outcome, l, found)
		}
	}
}

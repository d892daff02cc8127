package kafkalog

import (
	"context"
	"errors"
	"fmt"

	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

const patience = time.Minute

// open opens a log with topics of eight partitions, of its own.
func open(t *testing.T, change func(*Options)) *Log {
	t.Helper()
	dir := t.TempDir()
	o := optionsFor(dir, of(nil))
	o.Partitions = nil
	if change != nil {
		change(&o)
	}
	log, err := Open(patient(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	return log
}

// bringBack starts the brokers that a test has killed and not started itself.
func bringBack(t *testing.T) {
	if err := kafka.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// answers collects what done was called with, by record.
type answers struct {
	mu  sync.Mutex
	at  map[int]hubbub.Position
	err map[int]error
}

func (a *answers) append(log *Log, i int) {
	value := fmt.Appendf(nil, `{"i":%d}`, i)
	log.Append(context.Background(), eventlog.RawChats, eventlog.Record{Stream: "s", Value: value}, func(at hubbub.Position, _ time.Time, err error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.at == nil {
			a.at, a.err = map[int]hubbub.Position{}, map[int]error{}
		}
		if err != nil {
			a.err[i] = err
			return
		}
		a.at[i] = at
	})
}

func (a *answers) count() (acked, failed int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.at), len(a.err)
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v: not %s", patience, what)
		}
	}
}

// wantLogged checks that what was acknowledged is in the log, each record once.
func (a *answers) wantLogged(t *testing.T, log *Log) {
	t.Helper()
	records, _, err := log.Read(patient(t), eventlog.RawChats, "s", hubbub.Position{}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	there := map[int]hubbub.Position{}
	for _, r := range records {
		var i int
		if _, err := fmt.Sscanf(string(r.Value), `{"i":%d}`, &i); err != nil {
			t.Fatalf("%q is in the log", r.Value)
		}
		if before, twice := there[i]; twice {
			t.Fatalf("record %d is at %v and at %v", i, before, r.Position)
		}
		there[i] = r.Position
	}
	for i, at := range a.at {
		if there[i] != at {
			t.Fatalf("record %d was acknowledged at %v and is at %v", i, at, there[i])
		}
	}
	t.Logf("%d acknowledged, %d failed, %d logged", len(a.at), len(a.err), len(there))
}

// A broker is killed under load and comes back: nothing acknowledged is lost, nothing
// is there twice, and what waited meanwhile is answered.
func TestBrokerKilled(t *testing.T) {
	log := open(t, nil)
	var a answers
	sent := 0
	load := func(n int) {
		for range n {
			a.append(log, sent)
			sent++
			time.Sleep(2 * time.Millisecond) // the load: 500 a second
		}
	}
	load(200)
	leader, _, err := log.leader(patient(t), log.topics[eventlog.RawChats], log.topics[eventlog.RawChats].partition("s"))
	if err != nil {
		t.Fatal(err)
	}
	node := kafka.Node(int(leader))
	if err := node.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	t.Cleanup(func() { bringBack(t) })
	before, _ := a.count()
	load(500)
	await(t, "answered again", func() bool { acked, _ := a.count(); return acked > before+50 })
	t.Logf("the leader killed: SENDs are answered again after at most %v", time.Since(killed).Round(time.Millisecond))
	if err := node.Start(patient(t)); err != nil {
		t.Fatal(err)
	}
	load(200)
	await(t, "all answered", func() bool { acked, failed := a.count(); return acked+failed == sent })
	if _, failed := a.count(); failed > 0 {
		t.Errorf("%d records failed, which two brokers could have taken", failed)
	}
	await(t, "healthy", func() bool { return log.Healthy() == nil })
	a.wantLogged(t, log)
}

// Without brokers appends wait, up to the bound, and are answered when they are back;
// the log says that it is unavailable meanwhile.
func TestNoBrokers(t *testing.T) {
	log := open(t, func(o *Options) { o.MaxInFlight = 300 })
	var a answers
	for i := range 100 {
		a.append(log, i)
	}
	await(t, "answered", func() bool { acked, _ := a.count(); return acked == 100 })
	if err := kafka.Kill(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bringBack(t) })
	for i := 100; i < 500; i++ {
		a.append(log, i)
	}
	if acked, failed := a.count(); acked != 100 || failed != 100 {
		t.Errorf("%d acknowledged and %d refused, want 100 and 100", acked, failed)
	}
	for i, err := range a.err {
		if !errors.Is(err, eventlog.ErrBusy) {
			t.Errorf("record %d: %v", i, err)
		}
	}
	await(t, "unavailable", func() bool { return errors.Is(log.Healthy(), eventlog.ErrUnavailable) })
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := log.End(short, eventlog.RawChats, "s"); err == nil {
		t.Error("an end without brokers")
	}
	if err := kafka.Start(patient(t)); err != nil {
		t.Fatal(err)
	}
	await(t, "all answered", func() bool { acked, failed := a.count(); return acked+failed == 500 })
	if acked, failed := a.count(); acked != 400 || failed != 100 {
		t.Errorf("%d acknowledged and %d refused, want 400 and 100", acked, failed)
	}
	await(t, "healthy", func() bool { return log.Healthy() == nil })
	a.wantLogged(t, log)
}

// A log that is closed while brokers are away does not hang, and says of what is under
// way that its outcome is unknown.
func TestClosedWithoutBrokers(t *testing.T) {
	log := open(t, nil)
	var a answers
	a.append(log, 0)
	await(t, "answered", func() bool { acked, _ := a.count(); return acked == 1 })
	if err := kafka.Kill(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bringBack(t) })
	a.append(log, 1)
	began := time.Now()
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2*farewell {
		t.Errorf("it took %v", took)
	}
	if !errors.Is(a.err[1], eventlog.ErrUnknown) {
		t.Errorf("what was under way: %v", a.err[1])
	}
}

// A log that is opened before its brokers are there waits for them.
func TestOpenWaitsForBrokers(t *testing.T) {
	if err := kafka.Kill(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bringBack(t) })
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, optionsFor(t.TempDir(), of(nil))); err == nil {
		t.Fatal("opened without brokers")
	}
	opened := make(chan error, 1)
	go func() {
		log, err := Open(patient(t), optionsFor(t.TempDir(), of(nil)))
		if err == nil {
			err = log.Close()
		}
		opened <- err
	}()
	if err := kafka.Start(patient(t)); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

package redisbus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/internal/engine"
	"github.com/hubbub-live/hubbub/internal/livebus"
	"github.com/hubbub-live/hubbub/internal/livebus/livebustest"
)

const (
	replicas = 3
	patience = 20 * time.Second
)

var redis *cluster.Redis

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(cluster.With(func(ctx context.Context, dir string) (kill func() error, err error) {
		if redis, err = cluster.StartRedis(ctx, dir, replicas); err != nil {
			return nil, err
		}
		return redis.Kill, nil
	}, m))
}

var opened atomic.Int32

func options() Options {
	o := Options{Master: redis.Master.Address(), Prefix: fmt.Sprintf("test-%d:", opened.Add(1)), Timeout: 500 * time.Millisecond}
	for _, r := range redis.Replicas {
		o.Replicas = append(o.Replicas, r.Address())
	}
	return o
}

func open(t testing.TB, o Options) *Bus {
	t.Helper()
	b, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestContract(t *testing.T) {
	livebustest.Run(t, func(t *testing.T) (publisher, subscriber livebus.Bus) {
		o := options()
		return open(t, o), open(t, o)
	})
}

func TestContractWithoutReplicas(t *testing.T) {
	livebustest.Run(t, func(t *testing.T) (publisher, subscriber livebus.Bus) {
		o := options()
		o.Replicas = nil
		return open(t, o), open(t, o)
	})
}

// subscribe passes on what comes for a room.
func subscribe(t *testing.T, b *Bus, stream hubbub.StreamID) <-chan livebus.Batch {
	t.Helper()
	got := make(chan livebus.Batch, 10_000)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := b.Subscribe(ctx, stream, func(b livebus.Batch) { got <- b }); err != nil {
		t.Fatal(err)
	}
	return got
}

// channels lists what a server has subscriptions for, of a bus.
func channels(t *testing.T, b *Bus, address string) []string {
	t.Helper()
	client, err := b.connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	list, err := client.Do(t.Context(), client.B().PubsubChannels().Pattern(b.channel("")+"*").Build()).AsStrSlice()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The replicas serve the subscriptions, a room each at one of them, the master none;
// and a room is subscribed to for as long as somebody wants it.
func TestReplicasServeSubscribers(t *testing.T) {
	b := open(t, options())
	const rooms = 60
	var cancels []func()
	for i := range rooms {
		for range 2 {
			cancel, err := b.Subscribe(t.Context(), hubbub.StreamID(fmt.Sprint("room-", i)), func(livebus.Batch) {})
			if err != nil {
				t.Fatal(err)
			}
			cancels = append(cancels, cancel)
		}
	}
	at := func() (all int, least int) {
		least = rooms
		for _, r := range redis.Replicas {
			n := len(channels(t, b, r.Address()))
			all, least = all+n, min(least, n)
		}
		return all, least
	}
	if all, least := at(); all != rooms || least < rooms/replicas/3 {
		t.Errorf("the replicas have %d rooms of %d, one of them %d", all, rooms, least)
	}
	if list := channels(t, b, redis.Master.Address()); len(list) > 0 {
		t.Errorf("the master has %q", list)
	}
	for _, cancel := range cancels {
		cancel()
	}
	await(t, "nothing subscribed", func() bool { all, _ := at(); return all == 0 })
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v: not %s", patience, what)
		}
	}
}

// After a connection broke the room is told that something was missed, before what
// comes next. That the master could not reach a replica nobody can see here: then the
// chain of positions and the relay's announcements tell.
func TestLossesAreTold(t *testing.T) {
	for _, row := range []struct {
		why  string
		told bool
		do   func(ctx context.Context, replica *cluster.RedisServer, noticed <-chan struct{}) error
	}{
		{"the replica is killed and comes back", true, func(ctx context.Context, r *cluster.RedisServer, _ <-chan struct{}) error { return r.Restart(ctx) }},
		{"the replica stands still until that is noticed", true, func(ctx context.Context, r *cluster.RedisServer, noticed <-chan struct{}) error {
			if err := r.Freeze(); err != nil {
				return err
			}
			select {
			case <-noticed:
			case <-ctx.Done():
				return errors.Join(context.Cause(ctx), r.Thaw())
			}
			return r.Thaw()
		}},
		{"the master is killed and comes back", false, func(ctx context.Context, _ *cluster.RedisServer, _ <-chan struct{}) error {
			return redis.Master.Restart(ctx)
		}},
	} {
		t.Run(row.why, func(t *testing.T) {
			o, noticed := options(), make(lostReplicas, 100)
			o.Logger = slog.New(slog.NewTextHandler(noticed, nil))
			b := open(t, o)
			got := subscribe(t, b, "room")
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			published, stopped := publishAll(ctx, b, "room")
			defer func() { cancel(); <-stopped }()
			if err := row.do(ctx, redis.Replicas[indexOf(b, "room")], noticed); err != nil {
				t.Fatal(err)
			}
			back := published.Load()
			last, told, silent := uint64(0), 0, 0
			for last < back+100 {
				var batch livebus.Batch
				select {
				case batch = <-got:
				case <-time.After(patience):
					t.Fatalf("nothing comes any more after %d of %d", last, published.Load())
				}
				n := batch.Newest.N
				switch {
				case batch.Missed:
					told++
					last = 0
				case last > 0 && n != last+1:
					silent++
					fallthrough
				default:
					last = n
				}
			}
			t.Logf("%d published, told of a loss %d times, not told %d times", published.Load(), told, silent)
			if row.told && (told == 0 || silent > 0) {
				t.Error("a loss was not told")
			}
		})
	}
}

// lostReplicas hears the log say that a replica is lost.
type lostReplicas chan struct{}

func (l lostReplicas) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("has lost a replica")) {
		select {
		case l <- struct{}{}:
		default:
		}
	}
	return len(line), nil
}

// publishAll publishes numbered batches until ctx ends, as the relay does: what fails
// again. It returns how many it has published, and says when it has stopped.
func publishAll(ctx context.Context, b *Bus, stream hubbub.StreamID) (n *atomic.Uint64, stopped <-chan struct{}) {
	n, done := new(atomic.Uint64), make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if b.Publish(ctx, livebus.Batch{Stream: stream, Newest: hubbub.Position{Epoch: 1, N: n.Load() + 1}}) == nil {
				n.Add(1)
			}
			time.Sleep(2 * time.Millisecond) // the load: 500 a second
		}
	}()
	return n, done
}

func indexOf(b *Bus, stream hubbub.StreamID) int {
	for i, l := range b.links {
		if l == b.link(stream) {
			return i
		}
	}
	return -1
}

// A handler that takes its time makes batches find no room; the room is told.
func TestSlowHandler(t *testing.T) {
	o := options()
	o.Inbox = 4
	b := open(t, o)
	entered, release, missed := make(chan struct{}, 1), make(chan struct{}), make(chan struct{}, 100)
	if _, err := b.Subscribe(t.Context(), "room", func(batch livebus.Batch) {
		if batch.Missed {
			missed <- struct{}{}
			return
		}
		select {
		case entered <- struct{}{}:
		default:
		}
		<-release
	}); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(20) {
		if err := b.Publish(t.Context(), livebus.Batch{Stream: "room", Newest: hubbub.Position{Epoch: 1, N: n + 1}}); err != nil {
			t.Fatal(err)
		}
	}
	<-entered
	await(t, "too much", func() bool { return b.link("room").lost.Load() })
	close(release)
	select {
	case <-missed:
	case <-time.After(patience):
		t.Error("nobody was told")
	}
}

// What another version wrote is not understood, and read from the log.
func TestUnknownBatch(t *testing.T) {
	b := open(t, options())
	got := subscribe(t, b, "room")
	command := b.publisher.B().Publish().Channel(b.channel("room")).Message("\xffof the future").Build()
	if err := b.publisher.Do(t.Context(), command).Error(); err != nil {
		t.Fatal(err)
	}
	if batch := <-got; !batch.Missed || batch.Stream != "room" {
		t.Errorf("got %+v", batch)
	}
}

// A replica that is not there holds up its rooms' subscriptions, for as long as their
// context lasts, and no others.
func TestReplicaAway(t *testing.T) {
	o := options()
	port, err := loopback.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	o.Replicas[0] = loopback.Address(port)
	b := open(t, o)
	for i := range 20 {
		stream := hubbub.StreamID(fmt.Sprint("room-", i))
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if away := indexOf(b, stream) == 0; !away {
			ctx, cancel = context.WithTimeout(t.Context(), patience)
		}
		_, err := b.Subscribe(ctx, stream, func(livebus.Batch) {})
		if away := indexOf(b, stream) == 0; (err != nil) != away || away && !strings.Contains(err.Error(), o.Replicas[0]) {
			t.Errorf("%s at replica %d: %v", stream, indexOf(b, stream), err)
		}
		cancel()
	}
}

// What a batch of eight events costs, there and back.
func BenchmarkBatch(b *testing.B) {
	bus := open(b, options())
	got := make(chan struct{}, 1)
	if _, err := bus.Subscribe(b.Context(), "room", func(livebus.Batch) { got <- struct{}{} }); err != nil {
		b.Fatal(err)
	}
	batch := livebus.Batch{Stream: "room", Events: make([]livebus.Event, 8)}
	for i := range batch.Events {
		batch.Events[i].Value = make([]byte, 300)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := bus.Publish(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		<-got
	}
}

// Who is not let in is told that it is the password.
func TestWrongPassword(t *testing.T) {
	_, err := Open(Options{Master: redis.Master.Address(), Username: "nobody", Password: "wrong"})
	if !errors.Is(err, engine.ErrPassword) {
		t.Errorf("with a wrong password: %v", err)
	}
}

// Package redisbus is the live bus on Redis Pub/Sub: batches are published at the
// master, and each room is subscribed to at one of the replicas, which share the
// fan-out to chat servers. Only internal/app should import it.
//
// Redis forgets what nobody listens to. Whenever a connection to a replica was lost,
// or what came was more than could be taken, the rooms concerned get a batch with
// Missed once they are subscribed to again, and read the log.
//
// On request everything goes out a second time in the envelopes of the reference, for
// subscribers that know those. Nobody here reads them.
package redisbus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/engine"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// Options say which Redis, and how. Master is needed.
type Options struct {
	// Master is host:port of the server to publish at, Replicas are those to subscribe
	// at, in the same order in every process; none: the master.
	Master   string
	Replicas []string
	// Prefix goes before every channel.
	Prefix string
	// Timeout bounds a Publish whose context does not end sooner, and how long a
	// connection may be silent when asked; 0 is 1 s.
	Timeout time.Duration
	// Envelopes has what is published go out a second time, as the reference's.
	Envelopes bool
	// Inbox is how many batches of a replica may wait for handlers; 0 is 4,096.
	Inbox int

	Username, Password string
	TLS                *tls.Config  // nil: plain TCP
	Logger             *slog.Logger // nil: nothing is logged
	Metrics            prometheus.Registerer
}

// A Bus is a livebus.Bus on Redis. Open makes one.
type Bus struct {
	o         Options
	publisher rueidis.Client
	envelopes *envelopes // nil: none
	links     []*link
	handlers  *livebus.Handlers
	closed    atomic.Bool
	stop      context.CancelFunc
	running   sync.WaitGroup
}

var _ livebus.Bus = (*Bus)(nil)

// Open connects to the master, which has to be there; replicas may come later.
func Open(o Options) (*Bus, error) {
	if o.Timeout == 0 {
		o.Timeout = time.Second
	}
	if o.Inbox == 0 {
		o.Inbox = 4096
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Bus{o: o, handlers: livebus.NewHandlers(o.Logger)}
	var err error
	if b.publisher, err = b.connect(o.Master); err != nil {
		return nil, fmt.Errorf("open the live bus at %s: %w", o.Master, refused(err))
	}
	if o.Envelopes {
		if b.envelopes, err = b.openEnvelopes(); err != nil {
			b.publisher.Close()
			return nil, fmt.Errorf("open the channels of the reference at %s: %w", o.Master, err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	if b.envelopes != nil {
		b.running.Go(func() { b.envelopes.run(ctx) })
	}
	replicas := o.Replicas
	if len(replicas) == 0 {
		replicas = []string{o.Master}
	}
	for _, address := range replicas {
		l := newLink(b, address)
		b.links = append(b.links, l)
		b.running.Go(func() { l.run(ctx) })
		b.running.Go(func() { l.deliver(ctx) })
	}
	return b, nil
}

func (b *Bus) connect(address string) (rueidis.Client, error) {
	return rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{address}, ForceSingleClient: true,
		Username: b.o.Username, Password: b.o.Password, TLSConfig: b.o.TLS, ClientName: "hubbub",
		Dialer:           net.Dialer{Timeout: b.o.Timeout, KeepAlive: b.o.Timeout}, // the client asks a silent server so often
		ConnWriteTimeout: b.o.Timeout,
		DisableCache:     true,
	})
}

// refused marks that the server does not take user or password.
func refused(err error) error {
	said, ok := rueidis.IsRedisErr(err)
	if ok && (strings.HasPrefix(said.Error(), "WRONGPASS") || strings.HasPrefix(said.Error(), "NOAUTH")) {
		return fmt.Errorf("%w: %w", engine.ErrPassword, err)
	}
	return err
}

func (b *Bus) channel(stream hubbub.StreamID) string { return b.o.Prefix + "room:" + string(stream) }

// Publish sends a batch to the master, and returns when that has it.
func (b *Bus) Publish(ctx context.Context, batch livebus.Batch) error {
	if b.closed.Load() {
		return livebus.ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, b.o.Timeout)
	defer cancel()
	text := appendBatch(make([]byte, 0, sizeOf(&batch)), &batch)
	command := b.publisher.B().Publish().Channel(b.channel(batch.Stream)).Message(rueidis.BinaryString(text)).Build()
	err := b.publisher.Do(ctx, command).Error()
	switch {
	case errors.Is(err, rueidis.ErrClosing):
		return livebus.ErrClosed
	case err != nil:
		return fmt.Errorf("publish to stream %s: %w", batch.Stream, err)
	}
	if b.envelopes != nil {
		b.envelopes.put(batch)
	}
	return nil
}

func sizeOf(b *livebus.Batch) int {
	size := 32
	for i := range b.Events {
		size += 64 + len(b.Events[i].Value)
	}
	return size
}

// link is the replica of a stream: the same in all processes.
func (b *Bus) link(stream hubbub.StreamID) *link {
	h := fnv.New32a()
	_, _ = h.Write([]byte(stream))
	return b.links[h.Sum32()%uint32(len(b.links))] //nolint:gosec // few
}

// Subscribe waits until Redis has the subscription, for as long as ctx lasts.
func (b *Bus) Subscribe(ctx context.Context, stream hubbub.StreamID, h livebus.Handler) (cancel func(), err error) {
	forget, err := b.handlers.Add(stream, h)
	if err != nil {
		return nil, err
	}
	l := b.link(stream)
	ready := l.join(stream)
	cancel = sync.OnceFunc(func() {
		l.leave(stream)
		forget()
	})
	select {
	case <-ready:
		return cancel, nil
	case <-l.ended:
		err = livebus.ErrClosed
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	cancel()
	return nil, fmt.Errorf("subscribe to stream %s at %s: %w", stream, l.address, err)
}

// Close ends all subscriptions. It may be called twice.
func (b *Bus) Close() error {
	b.closed.Store(true)
	b.stop()
	b.running.Wait()
	b.handlers.Close()
	b.publisher.Close()
	if b.envelopes != nil {
		b.envelopes.close()
	}
	return nil
}

package redisbus

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// The types of the reference's envelopes. Its subscribers know no others.
const (
	chatEnvelope   = "chat"
	resultEnvelope = "analysis"
	sumEnvelope    = "summary"
	countEnvelope  = "stream-update"
)

const (
	// mostWaiting envelopes are some megabytes; those of a second of the largest load.
	mostWaiting = 20_000
	mostBatches = 4096
	// mostAtOnce share a round trip.
	mostAtOnce = 500
)

// envelopes publishes what happens a second time, as the reference does, for whoever
// subscribes to its channels: broadcast:{streamId}, and in each message one envelope,
// {"type":…,"payload":…}, whose payload is JSON in a string.
//
// It must not cost those who publish: they leave what is to go and never wait. It has a
// connection of its own, tries nothing twice, and drops what finds no room.
type envelopes struct {
	client  rueidis.Client
	prefix  string
	timeout time.Duration
	log     *slog.Logger
	metrics prometheus.Registerer
	queue   chan livebus.Batch
	waiting atomic.Int64 // events in queue
	results *prometheus.CounterVec
}

func (b *Bus) openEnvelopes() (*envelopes, error) {
	e := newEnvelopes(b.o)
	var err error
	if e.client, err = b.connect(b.o.Master); err != nil {
		return nil, err
	}
	if e.metrics != nil {
		if err := e.metrics.Register(e.results); err != nil {
			e.client.Close()
			return nil, err
		}
	}
	return e, nil
}

func (e *envelopes) close() {
	e.client.Close()
	if e.metrics != nil {
		e.metrics.Unregister(e.results)
	}
}

func newEnvelopes(o Options) *envelopes {
	return &envelopes{
		prefix: o.Prefix, timeout: o.Timeout, log: o.Logger, metrics: o.Metrics, queue: make(chan livebus.Batch, mostBatches),
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hubbub_redis_broadcast_total",
			Help: "Envelopes of the reference, by what became of them.",
		}, []string{"result"}),
	}
}

// put leaves a batch.
func (e *envelopes) put(b livebus.Batch) {
	n := int64(len(b.Events))
	if n == 0 {
		return
	}
	if e.waiting.Add(n) <= mostWaiting {
		select {
		case e.queue <- b:
			return
		default:
		}
	}
	e.waiting.Add(-n)
	e.results.WithLabelValues("dropped").Add(float64(n))
}

// run publishes what is left until ctx ends.
func (e *envelopes) run(ctx context.Context) {
	failing := false
	for {
		select {
		case b := <-e.queue:
			sent, err := e.publish(ctx, e.collect(b))
			e.results.WithLabelValues("sent").Add(float64(sent))
			if err != nil && ctx.Err() == nil && !failing {
				e.log.Warn("cannot publish the reference's envelopes; they are dropped", "error", err)
			}
			failing = err != nil
		case <-ctx.Done():
			return
		}
	}
}

// collect makes envelopes of a batch, and of those behind it, up to about mostAtOnce.
func (e *envelopes) collect(b livebus.Batch) (commands rueidis.Commands) {
	for {
		e.waiting.Add(-int64(len(b.Events)))
		for i := range b.Events {
			if text := appendEnvelope(nil, &b.Events[i]); text != nil {
				commands = append(commands, e.client.B().Publish().Channel(e.channel(b.Stream)).Message(rueidis.BinaryString(text)).Build())
			}
		}
		if len(commands) >= mostAtOnce {
			return commands
		}
		select {
		case b = <-e.queue:
		default:
			return commands
		}
	}
}

func (e *envelopes) channel(stream hubbub.StreamID) string {
	return e.prefix + "broadcast:" + string(stream)
}

// publish returns how many the master has, and the last error of the others.
func (e *envelopes) publish(ctx context.Context, commands rueidis.Commands) (sent int, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	for _, answer := range e.client.DoMulti(ctx, commands...) {
		if failed := answer.Error(); failed != nil {
			err = failed
			e.results.WithLabelValues("failed").Inc()
		} else {
			sent++
		}
	}
	return sent, err
}

// appendEnvelope appends the envelope of an event; nothing if the reference has none.
func appendEnvelope(dst []byte, event *livebus.Event) []byte {
	kind := ""
	switch event.Channel {
	case hubbub.MessageChannel:
		kind = chatEnvelope
	case hubbub.AnalysisChannel:
		kind = resultEnvelope
	case hubbub.SummaryChannel:
		kind = sumEnvelope
	case hubbub.UserCountChannel:
		kind = countEnvelope
	default: // deletions and bans: it knows nothing like that
		return dst
	}
	dst = append(dst, `{"type":"`...)
	dst = append(dst, kind...)
	dst = append(dst, `","payload":`...)
	dst = hubbub.AppendString(dst, rueidis.BinaryString(event.Value))
	return append(dst, '}')
}

// BroadcastCount publishes an envelope with how many watch a stream, if the bus has
// envelopes. It does not wait.
func (b *Bus) BroadcastCount(stream hubbub.StreamID, users int) {
	if b.envelopes == nil {
		return
	}
	value := hubbub.AppendString([]byte(`{"streamId":`), string(stream))
	value = append(strconv.AppendInt(append(value, `,"userCount":`...), int64(users), 10), '}')
	b.envelopes.put(livebus.Batch{Stream: stream, Events: []livebus.Event{{Channel: hubbub.UserCountChannel, Value: value}}})
}

package kafkalog

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/time/rate"
)

// A meter counts what the clients of a log do. It is their hook.
type meter struct {
	produced   prometheus.Counter // requests
	fetched    prometheus.Counter
	seconds    prometheus.Histogram
	rebalances *prometheus.CounterVec
	foreign    *prometheus.CounterVec
	said       rate.Sometimes // about foreign records
}

var (
	_ kgo.HookBrokerE2E = (*meter)(nil)

	produceKey = kmsg.NewPtrProduceRequest().Key()
	fetchKey   = kmsg.NewPtrFetchRequest().Key()
)

func newMeter() *meter {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	return &meter{
		produced: counter("hubbub_log_syncs_total", "Requests that brought records to Kafka and were answered: of one record, or of many."),
		fetched:  counter("hubbub_kafka_fetches_total", "Requests for records that Kafka answered."),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "hubbub_kafka_produce_seconds", Help: "Time from a request with records until Kafka's answer.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14), // to 4 s
		}),
		rebalances: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hubbub_kafka_rebalances_total", Help: "How often this process was told other partitions.",
		}, []string{"topic", "group"}),
		foreign: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hubbub_kafka_foreign_total", Help: "Records that this process read and passed over, since somebody else wrote them.",
		}, []string{"topic", "group"}),
		said: rate.Sometimes{First: 10, Interval: 10 * time.Second},
	}
}

// register registers all or nothing, and returns what undoes that.
func (m *meter) register(r prometheus.Registerer) (undo func(), err error) {
	undo = func() {}
	if r == nil {
		return undo, nil
	}
	for _, c := range []prometheus.Collector{m.produced, m.fetched, m.seconds, m.rebalances, m.foreign} {
		if err := r.Register(c); err != nil {
			undo()
			return nil, errors.Join(errors.New("register the log's metrics"), err)
		}
		before := undo
		undo = func() { r.Unregister(c); before() }
	}
	return undo, nil
}

// OnBrokerE2E is told of every request.
func (m *meter) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	if e2e.Err() != nil {
		return
	}
	switch key {
	case produceKey:
		m.produced.Inc()
		m.seconds.Observe(e2e.DurationE2E().Seconds())
	case fetchKey:
		m.fetched.Inc()
	}
}

package eventlog

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
)

// Measure returns log with metrics: what was appended, how long that took, and
// how far groups of consumers of raw-chats are behind. Appends by other processes are
// not seen, the lag of a group is that of all its members.
func Measure(log Log, r prometheus.Registerer, groups ...string) Log {
	m := &measured{
		Log: log,
		appended: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hubbub_log_appended_total",
			Help: "Records of raw-chats that this process made durable.",
		}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hubbub_log_append_errors_total",
			Help: "Appends to raw-chats that failed or whose outcome is unknown.",
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "hubbub_log_append_seconds",
			Help:    "Time from an append to raw-chats until it was durable.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 14), // to 2 s
		}),
	}
	r.MustRegister(m.appended, m.failed, m.seconds, lags{log, groups})
	return m
}

type measured struct {
	Log
	appended, failed prometheus.Counter
	seconds          prometheus.Histogram
}

// Append is Log's.
func (m *measured) Append(ctx context.Context, topic Topic, r Record, done func(hubbub.Position, time.Time, error)) {
	if topic != RawChats {
		m.Log.Append(ctx, topic, r, done)
		return
	}
	began := time.Now()
	m.Log.Append(ctx, topic, r, func(at hubbub.Position, now time.Time, err error) {
		if err == nil {
			m.appended.Inc()
			m.seconds.Observe(time.Since(began).Seconds())
		} else {
			m.failed.Inc()
		}
		done(at, now, err)
	})
}

var lagDesc = prometheus.NewDesc("hubbub_consumer_lag",
	"Records of raw-chats that a consumer has not committed.", []string{"consumer"}, nil)

// lags asks the log when it is scraped. A lag that cannot be had is left out.
type lags struct {
	log    Log
	groups []string
}

func (l lags) Describe(out chan<- *prometheus.Desc) { out <- lagDesc }

func (l lags) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, group := range l.groups {
		if lag, err := l.log.Lag(ctx, RawChats, group); err == nil {
			out <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, float64(lag), group)
		}
	}
}

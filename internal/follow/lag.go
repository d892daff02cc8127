package follow

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Unprocessed returns how many records of the topic are still to be worked on:
// lag less what is done and only not committed yet. The two are read one after
// the other, so it may be off by what happens between.
func (f *Follower) Unprocessed(ctx context.Context) (int64, error) {
	lag, err := f.o.Log.Lag(ctx, f.o.Topic, f.o.Group)
	if done := f.progress.Load(); done != nil {
		lag -= done.ahead()
	}
	return max(0, lag), err
}

// Measure registers hubbub_consumer_unprocessed for this follower, which must be
// the only one of its group. It is asked when it is scraped, and left out while
// it cannot be had.
func (f *Follower) Measure(r prometheus.Registerer) {
	r.MustRegister(&backlog{f, prometheus.NewDesc("hubbub_consumer_unprocessed",
		"Records that a consumer has not worked on yet.", nil, prometheus.Labels{"consumer": f.o.Group})})
}

type backlog struct {
	follower *Follower
	desc     *prometheus.Desc
}

func (b *backlog) Describe(out chan<- *prometheus.Desc) { out <- b.desc }

func (b *backlog) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if n, err := b.follower.Unprocessed(ctx); err == nil {
		out <- prometheus.MustNewConstMetric(b.desc, prometheus.GaugeValue, float64(n))
	}
}

package archiver

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// measure makes the metrics, and registers them if there is somewhere to.
func (a *Archiver) measure(r prometheus.Registerer) {
	a.rows = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "hubbub_archiver_rows_total",
		Help: "Records handed to the archive by this process, repeats included.",
	})
	a.unread = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "hubbub_archiver_unread_total",
		Help: "Records archived as they are, because their kind, version or value is unknown.",
	})
	a.errors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hubbub_archiver_errors_total",
		Help: "Tries that failed, by what was tried.",
	}, []string{"what"})
	a.seconds = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "hubbub_archiver_batch_seconds",
		Help:    "Time the archive took to store a batch.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14), // to 4 s
	})
	archived := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "hubbub_archived_total",
		Help: "Entries in the archive, of any kind. It is read from the archive, so it survives restarts.",
	}, a.archived)
	if r != nil {
		r.MustRegister(a.rows, a.unread, a.errors, a.seconds, archived)
	}
}

// archived asks the archive, and repeats the last answer while it gives none.
func (a *Archiver) archived() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if n, err := a.archive.Total(ctx); err == nil {
		a.total.Store(n)
	}
	return float64(a.total.Load())
}

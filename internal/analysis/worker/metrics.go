package worker

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	skipped, results, busy prometheus.Counter
	errors                 *prometheus.CounterVec
}

// newMetrics makes the metrics, and registers them if there is somewhere to.
func newMetrics(o Options) metrics {
	m := metrics{
		skipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hubbub_analysis_skipped_total",
			Help: "Records read by this process that are no messages, or of an unknown kind, version or form.",
		}),
		results: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hubbub_analysis_results_total",
			Help: "Results published by this process.",
		}),
		busy: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hubbub_analysis_busy_seconds_total",
			Help: "Time spent counting, storing and making results; its increase a second is the busy share.",
		}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hubbub_analysis_errors_total",
			Help: "Tries that failed, by what was tried.",
		}, []string{"what"}),
	}
	stored := &stored{store: o.Store}
	analysed := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "hubbub_analysed_total",
		Help: "Messages counted, of all streams. It is read from the store, so it survives restarts.",
	}, stored.counted)
	if o.Registerer != nil {
		o.Registerer.MustRegister(m.skipped, m.results, m.busy, m.errors, analysed)
	}
	return m
}

func (m *metrics) busySince(start time.Time) { m.busy.Add(time.Since(start).Seconds()) }

// stored asks the store, and repeats the last answer while it gives none.
type stored struct {
	store Store
	last  atomic.Int64
}

func (s *stored) counted() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if cursors, err := s.store.Cursors(ctx); err == nil {
		total := int64(0)
		for _, c := range cursors {
			total += c.Counted
		}
		s.last.Store(total)
	}
	return float64(s.last.Load())
}

package summariser

import "github.com/prometheus/client_golang/prometheus"

// What became of a request.
const (
	resultMade       = "made"
	resultMerged     = "merged"     // another one of the stream was served with it
	resultRepeated   = "repeated"   // it was summed up already
	resultEmpty      = "empty"      // nothing that may be shown was said
	resultGone       = "gone"       // the stream
	resultEnded      = "ended"      // the stream
	resultUnarchived = "unarchived" // the archive did not get there in time
	resultUnread     = "unread"     // an unknown kind, version or form
	resultWrong      = "wrong"      // the summary was, and nobody saw it
)

type metrics struct {
	results, errors *prometheus.CounterVec
	seconds         prometheus.Histogram
}

// newMetrics makes the metrics, and registers them if there is somewhere to.
func newMetrics(r prometheus.Registerer) metrics {
	m := metrics{
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hubbub_summaries_total",
			Help: "Requests for summaries, by what became of them.",
		}, []string{"result"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hubbub_summary_errors_total",
			Help: "Tries that failed, by what was tried.",
		}, []string{"what"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "hubbub_summary_seconds",
			Help:    "Time that it took to read a window and sum it up.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14), // to 8 s
		}),
	}
	for _, result := range []string{resultMade, resultMerged, resultRepeated, resultEmpty, resultGone, resultEnded, resultUnarchived, resultUnread, resultWrong} {
		m.results.WithLabelValues(result)
	}
	if r != nil {
		r.MustRegister(m.results, m.errors, m.seconds)
	}
	return m
}

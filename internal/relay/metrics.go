package relay

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
)

type metrics struct {
	published [hubbub.Channels]prometheus.Counter
	skipped   prometheus.Counter
	errors    *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) (m metrics) {
	published := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hubbub_relay_published_total",
		Help: "Events handed to the live bus, repeats included.",
	}, []string{"channel"})
	for c := range m.published {
		m.published[c] = published.WithLabelValues(hubbub.Channel(c).String())
	}
	m.skipped = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "hubbub_relay_skipped_total",
		Help: "Records of unknown kinds and versions, and foreign ones.",
	})
	m.errors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hubbub_relay_errors_total",
		Help: "Tries that failed, by what was tried.",
	}, []string{"what"})
	if r != nil {
		r.MustRegister(published, m.skipped, m.errors)
	}
	return m
}

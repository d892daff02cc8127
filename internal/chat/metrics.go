package chat

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
)

// counters are the server's metrics.
type counters struct {
	connects prometheus.Counter
	refusals *prometheus.CounterVec
	ends     *prometheus.CounterVec
}

func (s *Server) measure(r prometheus.Registerer) {
	s.count = counters{
		connects: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "hubbub_connects_total",
			Help: "Connections that became sessions.",
		}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hubbub_connects_refused_total",
			Help: "Connections that were refused before the handshake, by code.",
		}, []string{"code"}),
		ends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hubbub_disconnects_total",
			Help: "Sessions that ended, by code; empty: the client left.",
		}, []string{"code"}),
	}
	if r == nil {
		return
	}
	hub := s.options.Session.Hub
	r.MustRegister(s.count.connects, s.count.refusals, s.count.ends,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "hubbub_connections",
			Help: "Open sessions.",
		}, func() float64 { return float64(len(s.all())) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "hubbub_deliveries_total",
			Help: "Messages given to viewers, one per viewer.",
		}, func() float64 { return float64(hub.Deliveries()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "hubbub_skipped_total",
			Help: "Messages that viewers skipped because their connection was full, one per viewer.",
		}, func() float64 { return float64(hub.Skipped()) }),
	)
}

func (c *counters) refused(err error) {
	c.refusals.WithLabelValues(string(hubbub.AsError(err).Code)).Inc()
}

func (c *counters) ended(code hubbub.Code) { c.ends.WithLabelValues(string(code)).Inc() }

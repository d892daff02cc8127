package send

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
)

// counters are the sender's metrics.
type counters struct {
	sends *prometheus.CounterVec
	acked prometheus.Counter // resolved once: it is the common case
}

func newCounters(registry prometheus.Registerer) counters {
	c := counters{sends: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "hubbub_sends_total",
		Help: "SEND frames by result (acked, refused, unknown) and code.",
	}, []string{"result", "code"})}
	c.acked = c.sends.WithLabelValues("acked", "")
	if registry != nil {
		registry.MustRegister(c.sends)
	}
	return c
}

// CountRefused counts a SEND that was refused before it could become a Post.
func (s *Sender) CountRefused(why *hubbub.Error) { s.count.answered(Answer{Err: why}) }

func (c *counters) answered(a Answer) {
	switch {
	case a.Err == nil:
		c.acked.Inc()
	case a.Err.Code == hubbub.CodeOutcomeUnknown:
		c.sends.WithLabelValues("unknown", string(a.Err.Code)).Inc()
	default:
		c.sends.WithLabelValues("refused", string(a.Err.Code)).Inc()
	}
}

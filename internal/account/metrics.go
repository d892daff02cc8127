package account

import "github.com/prometheus/client_golang/prometheus"

// measure shows how the hashing of passwords gets on: of all that is done here it
// alone can be too much.
func (h *hasher) measure(r prometheus.Registerer) {
	if r == nil {
		return
	}
	r.MustRegister(h.hashed, h.refused, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "hubbub_passwords_waiting",
		Help: "Passwords that are being hashed or wait for it.",
	}, func() float64 { return float64(len(h.places)) }))
}

func hashedCounter() prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{
		Name: "hubbub_passwords_hashed_total",
		Help: "Passwords hashed, to set or to check one.",
	})
}

func refusedCounter() prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{
		Name: "hubbub_passwords_refused_total",
		Help: "Passwords that were not looked at because too many waited.",
	})
}

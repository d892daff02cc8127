package report

import "math"

// A trait is what has to be known of a figure to hold two runs' against each other.
type trait struct {
	better int     // +1: more is better; -1: less is; 0: it is neither
	least  float64 // the smallest difference that matters, as a share of the figure
	floor  float64 // and in its unit: less is the coarseness of the measurement
	cpu    bool    // it is time of CPU, which a slower machine takes more of
}

// traits of the figures, by name. A chat server's CPU has no better side, since it
// falls with their number; neither have appends and fsyncs, which are how the
// log works and not what it is for.
var traits = map[string]trait{
	"Max users":                  {better: +1, least: 0.01, floor: 1},
	"Analysis busy share":        {better: -1, least: 0.10, floor: 0.5},
	"Analysis lag":               {better: -1, least: 0.20, floor: 50},
	"Archive lag":                {better: -1, least: 0.20, floor: 50},
	"Log appends a second (max)": {least: 0.10, floor: 5},
	"Log fsyncs a second (max)":  {least: 0.10, floor: 5},
	"CPU per chat server":        {least: 0.05, floor: 0.01, cpu: true},
	"SEND to RECEIPT p99":        {better: -1, least: 0.10, floor: 1},
	"Delivery p50":               {better: -1, least: 0.10, floor: 1},
	"Delivery p99":               {better: -1, least: 0.10, floor: 1},
	"Deliveries a second":        {better: +1, least: 0.01, floor: 1},
	"CPU of 1M deliveries":       {better: -1, least: 0.05, floor: 0.05, cpu: true},
	"Memory":                     {better: -1, least: 0.10, floor: 5},
	"Drain":                      {better: -1, least: 0.20, floor: 0.5},
}

// matters says whether anybody should care for the difference of two values.
func (t trait) matters(a, b float64) bool {
	return math.Abs(b-a) >= max(t.floor, t.least*min(math.Abs(a), math.Abs(b)))
}

// word is what a change is called.
func (t trait) word(change float64) string {
	switch {
	case t.better == 0:
		return Different
	case (change > 0) == (t.better > 0):
		return Better
	}
	return Worse
}

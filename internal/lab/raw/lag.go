package raw

import (
	"cmp"
	"slices"
	"strings"
)

// A Lag is how far a consumer is behind the end of the log.
type Lag struct {
	Consumer string
	Records  float64
}

// Lags are the consumers' at this instant, in the order of their names. Without the metric there are none.
func (s *Sample) Lags() []Lag {
	var lags []Lag
	for series, records := range s.Sum("hubbub_consumer_lag") {
		name := Label(series, "consumer")
		i := slices.IndexFunc(lags, func(l Lag) bool { return l.Consumer == name })
		if i < 0 {
			i, lags = len(lags), append(lags, Lag{Consumer: name})
		}
		lags[i].Records += records
	}
	slices.SortFunc(lags, func(a, b Lag) int { return cmp.Compare(a.Consumer, b.Consumer) })
	return lags
}

// shared are metrics of what all processes have in common: several that say how much
// there is say the same, some a moment earlier.
var shared = []string{"hubbub_consumer_lag", "hubbub_archived_total", "hubbub_analysed_total"}

// Sum is every series of a metric, added up over the processes; of what they share, the
// largest.
func (s *Sample) Sum(metric string) map[string]float64 {
	sum, common := map[string]float64{}, slices.Contains(shared, metric)
	for _, p := range s.Processes {
		for series, value := range p.Values {
			name, _, _ := strings.Cut(series, "{")
			switch {
			case name != metric:
			case common:
				sum[series] = max(sum[series], value)
			default:
				sum[series] += value
			}
		}
	}
	return sum
}

// Total is the sum of all series of a metric that have all of the labels, given as
// name="value"; ok is false if there is none.
func (s *Sample) Total(metric string, labels ...string) (total float64, ok bool) {
	for series, value := range s.Sum(metric) {
		if !slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(series, l) }) {
			total, ok = total+value, true
		}
	}
	return total, ok
}

// Label is the value of a label in a series; "" without it. It is for labels whose
// values hold no quotes.
func Label(series, name string) string {
	_, after, found := strings.Cut(series, name+`="`)
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(after, `"`)
	return value
}

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

// Lags are the consumers' at this instant, summed over processes and partitions,
// in the order of their names. Without the metric there are none.
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

// Sum is every series of a metric, added up over the processes.
func (s *Sample) Sum(metric string) map[string]float64 {
	sum := map[string]float64{}
	for _, p := range s.Processes {
		for series, value := range p.Values {
			if name, _, _ := strings.Cut(series, "{"); name == metric {
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

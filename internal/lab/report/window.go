package report

import (
	"math"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// A window is the samples of the steady window, both ends included; empty if the
// run never came so far.
type window []raw.Sample

func steady(run *raw.Run) window {
	from, begun := run.PhaseAt(raw.PhaseSteady)
	to, ended := run.PhaseAt(raw.PhaseDrain)
	if !begun || !ended {
		return nil
	}
	var w window
	for _, s := range run.Samples {
		if s.At >= from && (len(w) == 0 || w[len(w)-1].At < to) {
			w = append(w, s)
		}
	}
	return w
}

// seconds is the window's length.
func (w window) seconds() float64 {
	if len(w) == 0 {
		return 0
	}
	return w[len(w)-1].At - w[0].At
}

// processes are those under test, as the window's first sample found them.
func (w window) processes() []raw.Process {
	if len(w) == 0 {
		return nil
	}
	return w[0].Processes
}

// only is the window of one process, without the samples in which it did not answer.
func (w window) only(process int) window {
	var one window
	for _, s := range w {
		if process < len(s.Processes) && s.Processes[process].Error == "" {
			s.Processes = s.Processes[process : process+1]
			one = append(one, s)
		}
	}
	return one
}

// has says whether a metric was ever exposed.
func (w window) has(metric string) bool {
	for i := range w {
		if _, ok := w[i].Total(metric); ok {
			return true
		}
	}
	return false
}

// risen is how much a counter rose, from zero again wherever it fell.
func (w window) risen(metric string) (sum float64) {
	before := math.NaN()
	for i := range w {
		value, ok := w[i].Total(metric)
		switch {
		case !ok:
			continue
		case value >= before:
			sum += value - before
		case value < before:
			sum += value
		}
		before = value
	}
	return sum
}

// grown is how much a counter grew over the window; NaN if it is not exposed, or
// its process was started anew.
func (w window) grown(metric string, labels ...string) float64 {
	if len(w) == 0 {
		return math.NaN()
	}
	before, _ := w[0].Total(metric, labels...)
	after, ok := w[len(w)-1].Total(metric, labels...)
	if !ok || after < before {
		return math.NaN()
	}
	return after - before
}

func (w window) rate(metric string, labels ...string) float64 {
	return w.grown(metric, labels...) / w.seconds()
}

// peak is a counter's highest rate between two samples.
func (w window) peak(metric string) float64 {
	highest := math.NaN()
	for i := 1; i < len(w); i++ {
		part := w[i-1 : i+1]
		if part.seconds() < 0.5 { // the ends of the window may be close to the sample beside them
			continue
		}
		if rate := part.rate(metric); !(rate <= highest) {
			highest = rate
		}
	}
	return highest
}

// over gives highest and mean of what look finds in the samples that have it.
func (w window) over(look func(*raw.Sample) (float64, bool)) (highest, mean float64) {
	n, sum := 0, 0.0
	highest = math.NaN()
	for i := range w {
		value, ok := look(&w[i])
		if !ok {
			continue
		}
		n++
		sum += value
		if !(value <= highest) {
			highest = value
		}
	}
	return highest, sum / float64(n)
}

func gauge(metric string, labels ...string) func(*raw.Sample) (float64, bool) {
	return func(s *raw.Sample) (float64, bool) { return s.Total(metric, labels...) }
}

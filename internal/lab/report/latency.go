package report

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// latencies are the histograms of a run, in microseconds.
type latencies struct{ delivery, receipt, lateness *hdrhistogram.Histogram }

func readLatencies(end raw.End) (l latencies, err error) {
	for _, h := range []struct {
		text string
		into **hdrhistogram.Histogram
	}{{end.Delivery, &l.delivery}, {end.Receipt, &l.receipt}, {end.Lateness, &l.lateness}} {
		if *h.into, err = hdrhistogram.Decode([]byte(h.text)); err != nil {
			return l, fmt.Errorf("read a histogram: %w", err)
		}
	}
	return l, nil
}

// at is a percentile in milliseconds; NaN of nothing.
func at(h *hdrhistogram.Histogram, percentile float64) float64 {
	if h.TotalCount() == 0 {
		return nothing
	}
	return float64(min(h.ValueAtPercentile(percentile), h.Max())) / 1000
}

func latencySection(l latencies) section {
	s := section{
		Title: "Latency",
		Note:  "In milliseconds, from the instant at which a message was due, whenever it was sent.",
		Head:  []string{"", "p50", "p90", "p99", "p99.9", "max", "count"},
	}
	for _, row := range []struct {
		name string
		h    *hdrhistogram.Histogram
	}{{"SEND to RECEIPT (durable)", l.receipt}, {"Delivery to a viewer", l.delivery}, {"Written by the lab (its own lateness)", l.lateness}} {
		cells := []string{row.name}
		for _, p := range []float64{50, 90, 99, 99.9, 100} {
			cells = append(cells, number(at(row.h, p)))
		}
		s.Rows = append(s.Rows, append(cells, number(float64(row.h.TotalCount()))))
	}
	return s
}

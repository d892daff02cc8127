package report

import (
	"cmp"
	"math"
	"net/url"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
	"github.com/hubbub-live/hubbub/internal/lab/report/chart"
)

// leastStep is how far samples must lie apart, in seconds, to make a rate of them:
// the first of a phase may be close to the one beside it.
const leastStep = 0.5

// A look reads one sample; ok is false if it says nothing of the matter.
type look func(*raw.Sample) (value float64, ok bool)

// A course is one chart: what was measured all along the run.
type course struct {
	chart.Chart
	Note string
}

// courses are the charts of a run, in the order in which they explain each other.
func courses(run *raw.Run) []course {
	c := charter{run}
	all := []course{
		{c.chart("Viewers", "", c.values("present", driver(func(d raw.Driver) int64 { return d.Joined - d.Lost }))), "Connected and in their rooms."},
		{c.chart("Messages in", "a second",
			c.rates("sent", driver(func(d raw.Driver) int64 { return d.Sent })),
			c.rates("acknowledged", driver(func(d raw.Driver) int64 { return d.Acked }))), "The two lie on each other as long as the server keeps up."},
		{c.chart("Deliveries", "a second", c.rates("delivered", driver(func(d raw.Driver) int64 { return d.Delivered }))), "Each message goes to every viewer of its room."},
		{c.chart("Latency", "ms",
			c.values("delivery p99", recent(func(r *raw.Recent) (int64, int64) { return r.Delivery.P99, r.Delivery.Count })),
			c.values("delivery p50", recent(func(r *raw.Recent) (int64, int64) { return r.Delivery.P50, r.Delivery.Count })),
			c.values("receipt p99", recent(func(r *raw.Recent) (int64, int64) { return r.Receipt.P99, r.Receipt.Count }))), "Of each second by itself. p99: 99 of 100 were faster."},
		{c.chart("Lag of the log's readers", "records", c.lags()...), "Written to the log, and not yet committed as read."},
		{c.chart("Analysis busy", "% of a core", c.scaled(100, c.rates("analysis", gauge(busy)))), "Share of each second that went into computing."},
		{c.chart("CPU", "cores", c.processes(c.rates, cpuSeconds, func(s *raw.Sample) (float64, bool) { return s.Driver.CPU, true })...), "The lab is the program that plays the viewers."},
		{c.chart("Memory", "MiB", c.processes(c.values, memory, func(s *raw.Sample) (float64, bool) { return float64(s.Driver.RSS), true })...), "Resident; of the lab, the most that it ever held."},
	}
	last := &all[len(all)-1]
	for i, l := range last.Lines {
		last.Lines[i] = c.scaled(1.0/(1<<20), l)
	}
	return all
}

// A charter draws up the charts of a run.
type charter struct{ run *raw.Run }

func (c charter) chart(title, unit string, lines ...chart.Line) chart.Chart {
	return chart.Chart{Title: title, Unit: unit, Lines: lines, Bands: c.phases()}
}

// phases are what ran when.
func (c charter) phases() (bands []chart.Band) {
	if len(c.run.Samples) == 0 {
		return nil
	}
	for i, p := range c.run.Phases {
		to := c.run.Samples[len(c.run.Samples)-1].At
		if i+1 < len(c.run.Phases) {
			to = c.run.Phases[i+1].At
		}
		bands = append(bands, chart.Band{Name: p.Name, From: p.At, To: max(p.At, to), Shaded: p.Name != raw.PhaseSteady})
	}
	return bands
}

func (c charter) values(name string, look look) chart.Line {
	l := chart.Line{Name: name}
	for i := range c.run.Samples {
		s := &c.run.Samples[i]
		value, ok := look(s)
		l.Points = append(l.Points, chart.Point{At: s.At, Value: unless(!ok, value)})
	}
	return l
}

// rates are a counter's, from sample to sample. Where it fell, its process was
// started anew: there is none.
func (c charter) rates(name string, look look) chart.Line {
	l := chart.Line{Name: name}
	before := -1
	for i := range c.run.Samples {
		s := &c.run.Samples[i]
		if before >= 0 && s.At-c.run.Samples[before].At < leastStep {
			continue
		}
		if before >= 0 {
			last := &c.run.Samples[before]
			was, had := look(last)
			is, has := look(s)
			l.Points = append(l.Points, chart.Point{At: s.At, Value: unless(!had || !has || is < was, (is-was)/(s.At-last.At))})
		}
		before = i
	}
	return l
}

func (c charter) scaled(by float64, l chart.Line) chart.Line {
	for i := range l.Points {
		l.Points[i].Value *= by
	}
	return l
}

// lags is a line for each reader of the log.
func (c charter) lags() (lines []chart.Line) {
	var names []string
	seen := map[string]bool{}
	for i := range c.run.Samples {
		for _, l := range c.run.Samples[i].Lags() {
			if !seen[l.Consumer] {
				seen[l.Consumer], names = true, append(names, l.Consumer)
			}
		}
	}
	for _, name := range names {
		lines = append(lines, c.values(name, gauge(lag, `consumer="`+name+`"`)))
	}
	return lines
}

// processes is a line for each server process, and one for the lab.
func (c charter) processes(draw func(string, look) chart.Line, metric string, lab look) (lines []chart.Line) {
	for i, address := range c.run.Header.Plan.Metrics {
		lines = append(lines, draw(process(cmp.Or(roles(c.run, i), "server"), address, len(c.run.Header.Plan.Metrics)), func(s *raw.Sample) (float64, bool) {
			if i >= len(s.Processes) {
				return 0, false
			}
			value, ok := s.Processes[i].Values[metric]
			return value, ok
		}))
	}
	return append(lines, draw("lab", lab))
}

// process is the short name of a process that plays some roles: with its address, if
// there are several.
func process(roles, address string, of int) string {
	u, err := url.Parse(address)
	switch {
	case of == 1:
		return "server"
	case err != nil || u.Host == "":
		return address
	case u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost":
		return roles + " :" + u.Port()
	}
	return roles + " " + u.Host
}

func driver(count func(raw.Driver) int64) look {
	return func(s *raw.Sample) (float64, bool) { return float64(count(s.Driver)), true }
}

// recent is a percentile in ms of what was measured between two samples.
func recent(percentile func(*raw.Recent) (microseconds, count int64)) look {
	return func(s *raw.Sample) (float64, bool) {
		if s.Recent == nil {
			return 0, false
		}
		microseconds, count := percentile(s.Recent)
		return float64(microseconds) / 1000, count > 0
	}
}

// unmeasuredNote says why a chart is not there.
func (c course) unmeasuredNote() string {
	if c.Title == "Latency" {
		return "the raw file has latencies of the whole run only; a newer lab notes them second by second"
	}
	return "the server did not expose it"
}

// over is the highest value of a line in a stretch of the run; NaN of none.
func over(l chart.Line, from, to float64) float64 {
	highest := math.NaN()
	for _, p := range l.Points {
		if p.At >= from && p.At < to && !(p.Value <= highest) && !math.IsNaN(p.Value) {
			highest = p.Value
		}
	}
	return highest
}

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// objections are why groups cannot be held against each other, the gravest first.
func objections(groups []Group) (reasons []string) {
	first := groups[0].Reports[0]
	for _, g := range groups {
		for i, r := range g.Reports {
			if why := objection(r, first); why != "" {
				reasons = append(reasons, g.run(i)+" "+why)
			}
			if i > 0 && r.servers() != g.Reports[0].servers() {
				reasons = append(reasons, fmt.Sprintf("%s is of another server version (%s) than %s (%s): repeats are of one program",
					g.run(i), r.servers(), g.run(0), g.Reports[0].servers()))
			}
		}
	}
	return append(reasons, together(groups)...)
}

// objection is why a run cannot be held against the first; "": it can.
func objection(r, first *Report) string {
	h, other := r.run.Header, first.run.Header
	p, q := h.Plan, other.Plan
	switch {
	case !r.Valid():
		return "is invalid: " + r.Reasons[0]
	case p.Duration < LeastComparable:
		return fmt.Sprintf("has a steady window of %s; a comparison takes %s", p.Duration, LeastComparable)
	case p.Duration != q.Duration || p.RampUp != q.RampUp:
		return fmt.Sprintf("has other windows (ramp-up %s, steady %s) than the first run (%s, %s)", p.RampUp, p.Duration, q.RampUp, q.Duration)
	case !p.SameLoad(&q):
		return fmt.Sprintf("is another load (%s) than the first run (%s)", load(r), load(first))
	case h.Host != other.Host:
		return fmt.Sprintf("was made on another machine (%s) than the first run (%s)", strings.Join(machine(h.Host), ", "), strings.Join(machine(other.Host), ", "))
	case h.Program != other.Program:
		return fmt.Sprintf("was made by another lab (hubbub %s) than the first run (hubbub %s): measure both with one", h.Program, other.Program)
	}
	return ""
}

func load(r *Report) string {
	p := r.run.Header.Plan
	transport := "WebSocket"
	if p.SockJS() {
		transport = "SockJS"
	}
	streams := "1 stream"
	if n := len(p.Streams); n != 1 {
		streams = fmt.Sprintf("%d streams", n)
	}
	return fmt.Sprintf("%d clients, %g messages a second each, %s, %s", p.Clients, p.Rate, streams, transport)
}

// together objects to runs that are one and the same, or disturbed each other.
func together(groups []Group) (reasons []string) {
	type span struct {
		name     string
		tag      string
		from, to time.Time
	}
	var spans []span
	for _, g := range groups {
		for i, r := range g.Reports {
			spans = append(spans, span{g.run(i), r.run.Header.Tag, r.run.Header.Started, r.ended()})
		}
	}
	slices.SortStableFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	for i := 1; i < len(spans); i++ {
		switch before, s := spans[i-1], spans[i]; {
		case before.tag == s.tag:
			reasons = append(reasons, fmt.Sprintf("%s and %s are the same run", before.name, s.name))
		case s.from.Before(before.to):
			reasons = append(reasons, fmt.Sprintf("%s began before %s had ended: they shared the machine, or their clocks are apart", s.name, before.name))
		}
	}
	return reasons
}

func (r *Report) ended() time.Time {
	last := 0.0
	if n := len(r.run.Samples); n > 0 {
		last = r.run.Samples[n-1].At
	}
	return r.run.Header.Started.Add(time.Duration(last * float64(time.Second)))
}

const build = "hubbub_build_info"

// servers are the versions that the system under test said it is of.
func (r *Report) servers() string {
	var found []string
	for _, s := range r.run.Samples {
		for series := range s.Sum(build) {
			if version := raw.Label(series, "version"); !slices.Contains(found, version) {
				found = append(found, version)
			}
		}
	}
	if len(found) == 0 {
		return "unknown"
	}
	slices.Sort(found)
	return strings.Join(found, " and ")
}

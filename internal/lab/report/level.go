package report

import (
	"fmt"
	"math"
	"slices"
)

// stroke is the CPU, in µs, that the lab's yardstick took over the window; NaN if
// the lab had none, or measured another machine's server.
func (r *Report) stroke() float64 {
	w := steady(r.run)
	if len(w) == 0 || !r.run.Header.Plan.Local() {
		return nothing
	}
	before, after := w[0].Yardstick, w[len(w)-1].Yardstick
	if before == nil || after == nil || after.Strokes == before.Strokes {
		return nothing
	}
	return 1e6 * (after.CPU - before.CPU) / float64(after.Strokes-before.Strokes)
}

// A pace is what the yardstick took in runs that are held against each other.
type pace struct{ mean, least, most float64 }

// paceOf is that of all runs; ok is false if one of them has none.
func paceOf(groups []Group) (p pace, ok bool) {
	var all []float64
	for _, g := range groups {
		for _, r := range g.Reports {
			all = append(all, r.stroke())
		}
	}
	if slices.ContainsFunc(all, math.IsNaN) {
		return p, false
	}
	return pace{mean(all), slices.Min(all), slices.Max(all)}, true
}

// level is the groups as if the machine had been equally fast in all runs: every
// figure that is time of CPU, in proportion to what the yardstick took in its run.
func (p pace) level(groups []Group) []Group {
	levelled := slices.Clone(groups)
	for i, g := range groups {
		levelled[i].Reports = nil
		for _, r := range g.Reports {
			one := *r
			one.Figures = slices.Clone(r.Figures)
			for k := range one.Figures {
				if f := &one.Figures[k]; traits[f.Name].cpu {
					f.Value *= p.mean / r.stroke()
				}
			}
			levelled[i].Reports = append(levelled[i].Reports, &one)
		}
	}
	return levelled
}

// levelled is level, if every run has a yardstick, and says what was done.
func levelled(groups []Group) (as []Group, said string) {
	p, ok := paceOf(groups)
	if !ok {
		return groups, "CPU is as it was measured: not every run tells how fast the machine was."
	}
	return p.level(groups), fmt.Sprintf("How fast the machine was: a fixed piece of work, which the lab did ten times a second along with each run, took %s to %s µs of CPU. "+
		"Figures of CPU are shown as at its mean speed (%s µs).", number(p.least), number(p.most), number(p.mean))
}

func levelledGroup(g Group) (as Group, said string) {
	all, said := levelled([]Group{g})
	return all[0], said
}

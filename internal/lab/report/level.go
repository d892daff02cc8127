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

// strokes are those of all runs of some groups; nil if one of them has none.
func strokes(groups ...Group) (all []float64) {
	for _, g := range groups {
		for _, r := range g.Reports {
			all = append(all, r.stroke())
		}
	}
	if slices.ContainsFunc(all, math.IsNaN) {
		return nil
	}
	return all
}

// A column is a figure of several runs and, if it is time of CPU, what the yardstick
// took in each; nil: that is not known, or not to be looked at.
type column struct{ values, strokes []float64 }

// fitted is how many numbers are taken from a column that is parted in two: two means
// and, with a yardstick, how far CPU follows it.
func (c column) fitted() float64 {
	if c.strokes == nil || slices.Min(c.strokes) == slices.Max(c.strokes) {
		return 2
	}
	return 3
}

// level is the values as if the machine had been equally fast in all runs, which are
// parted into groups.
func (c column) level(group []int) []float64 {
	follows := c.follows(group)
	if follows == 0 {
		return c.values
	}
	usual, levelled := mean(c.strokes), make([]float64, len(c.values))
	for i, v := range c.values {
		levelled[i] = v * math.Pow(usual/c.strokes[i], follows)
	}
	return levelled
}

// follows is how far CPU goes with the yardstick from run to run of one group, from 0,
// not at all, to 1, in proportion: the slope of a line through the logarithms of both.
func (c column) follows(group []int) float64 {
	if c.strokes == nil || !(slices.Min(c.values) > 0) || slices.Min(c.strokes) <= 0 { // or not a number
		return 0
	}
	x, y := within(c.strokes, group), within(c.values, group)
	var xx, xy float64
	for i := range x {
		xx, xy = xx+x[i]*x[i], xy+x[i]*y[i]
	}
	if xx < dust {
		return 0
	}
	return min(1, max(0, xy/xx))
}

// within is how far the logarithm of each value is from the mean of its group's.
func within(values []float64, group []int) []float64 {
	sums, counts := make([]float64, slices.Max(group)+1), make([]float64, slices.Max(group)+1)
	apart := make([]float64, len(values))
	for i, v := range values {
		apart[i] = math.Log(v)
		sums[group[i]] += apart[i]
		counts[group[i]]++
	}
	for i := range apart {
		apart[i] -= sums[group[i]] / counts[group[i]]
	}
	return apart
}

// groups says of each run which one a deal gives it to.
func (d deal) groups() []int {
	group := make([]int, len(d))
	for i, first := range d {
		if !first {
			group[i] = 1
		}
	}
	return group
}

// columnOf is a figure of all runs of some groups, and which group each is of. What the
// yardstick took counts for time of CPU alone.
func columnOf(figure int, took []float64, groups ...Group) (c column, group []int) {
	for i, g := range groups {
		c.values = append(c.values, g.values(figure)...)
		group = append(group, slices.Repeat([]int{i}, len(g.Reports))...)
	}
	if traits[groups[0].Reports[0].Figures[figure].Name].cpu {
		c.strokes = took
	}
	return c, group
}

// levelled is groups with figures of CPU as at one speed of the machine, and what was
// done to them.
func levelled(groups []Group) (as []Group, said string) {
	took := strokes(groups...)
	if took == nil {
		return groups, "CPU is as it was measured: not every run tells how fast the machine was."
	}
	as = slices.Clone(groups)
	var all []*Report
	for i, g := range groups {
		as[i].Reports = nil
		for _, r := range g.Reports {
			one := *r
			one.Figures = slices.Clone(r.Figures)
			as[i].Reports, all = append(as[i].Reports, &one), append(all, &one)
		}
	}
	follows := 0.0
	for k, f := range all[0].Figures {
		c, group := columnOf(k, took, groups...)
		for i, value := range c.level(group) {
			all[i].Figures[k].Value = value
		}
		if f.Name == mainFigure {
			follows = c.follows(group)
		}
	}
	return as, fmt.Sprintf("How fast the machine was: a fixed piece of work, which the lab did ten times a second along with each run, took %s to %s µs of CPU. "+
		"Figures of CPU are shown as at its mean speed (%s µs), by as much as equal runs follow it (%.0f %%).", number(slices.Min(took)), number(slices.Max(took)), number(mean(took)), 100*follows)
}

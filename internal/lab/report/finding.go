package report

import (
	"fmt"
	"math"
)

// The verdicts of a figure.
const (
	Better        = "better"
	Worse         = "worse"
	Different     = "different" // and neither is the better
	NoDifference  = "no difference"
	NotComparable = "not comparable"
)

// A Finding is what came of holding a group's figure against the first group's.
type Finding struct {
	Verdict string
	Reason  string
	Noise   float64 // the difference that is left to chance, in the figure's unit; NaN: not known
}

// Found says whether there is a difference.
func (f Finding) Found() bool {
	return f.Verdict == Better || f.Verdict == Worse || f.Verdict == Different
}

// findings hold every figure of two groups against each other; docs/decisions/0009
// says how, and why so.
func findings(base, other Group) []Finding {
	figures := base.Reports[0].Figures
	all := deals(len(base.Reports)+len(other.Reports), len(base.Reports))
	rest := &contest{chance: chanceOthers, deals: all}
	contests := make([]*contest, len(figures)) // nil: it is not comparable
	columns := make([]column, len(figures))
	took := strokes(base, other)
	found := make([]Finding, len(figures))
	for i, f := range figures {
		for _, g := range []Group{base, other} {
			if run := g.unmeasured(i); run != "" {
				found[i] = Finding{NotComparable, "it could not be measured in " + run, nothing}
			}
		}
		if found[i].Verdict != "" {
			continue
		}
		columns[i], _ = columnOf(i, took, base, other)
		contests[i] = rest
		if f.Name == mainFigure {
			contests[i] = &contest{chance: chanceMain, deals: all}
		}
		contests[i].enter(traits[f.Name], columns[i])
	}
	for i, f := range figures {
		if contests[i] != nil {
			found[i] = contests[i].find(f, columns[i])
		}
	}
	return found
}

// find says what a figure shows, given by its values in the order of the first deal.
func (c *contest) find(f Figure, values column) Finding {
	t := traits[f.Name]
	a, b, _ := means(values.level(c.deals[0].groups()), c.deals[0])
	found := Finding{Verdict: NoDifference, Noise: c.band(values)}
	as := c.asMuch(t.weight(values, c.deals[0]))
	switch {
	case math.Abs(b-a) <= dust*math.Abs(a):
		found.Reason = "it is the same"
	case !t.matters(a, b):
		found.Reason = fmt.Sprintf("less than what matters, %s and at least %s", percent(t.least), Figure{Unit: f.Unit, Value: t.floor}.text())
	case math.Abs(b-a) <= found.Noise:
		found.Reason = "within what repeats of one configuration differ by"
	default:
		found.Reason = c.others(as-1, len(values.values))
		if f.Name != mainFigure {
			found.Reason += ", in any of the figures that share a test"
		}
		if float64(as) <= c.chance*float64(len(c.deals)) {
			found.Verdict = t.word(b - a)
		}
	}
	return found
}

// dust is what rounding leaves of nothing.
const dust = 1e-12

// others says how many deals beside the one that was show as much as it.
func (c *contest) others(n, runs int) string {
	of := fmt.Sprintf("of the %d other ways to deal these %d runs into two groups", len(c.deals)-1, runs)
	switch n {
	case 0:
		return "none " + of + " shows as much"
	case 1:
		return "1 " + of + " shows as much"
	}
	return fmt.Sprintf("%d %s show as much", n, of)
}

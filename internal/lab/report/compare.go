package report

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// LeastRepeats is how many runs of each group a verdict takes: of four and four
// there are 35 ways to have been dealt, of fewer so few that chance cannot be
// excluded.
const LeastRepeats = 4

// How often a comparison may find a difference where there is none: in its main
// figure, and in any of the others.
const (
	chanceMain   = 0.06
	chanceOthers = 0.03
)

// mainFigure is what a run costs. It has a test of its own, all others share one.
const mainFigure = "CPU of 1M deliveries"

// A Group is the repeats of one configuration.
type Group struct {
	Name    string
	Runs    []string // names of the repeats
	Reports []*Report
}

// OpenGroup reads a folder of one run, or one with a folder for each repeat, in the
// order in which they began.
func OpenGroup(folder string) (Group, error) {
	g := Group{Name: filepath.Base(filepath.Clean(folder))}
	repeats := []string{folder}
	if _, err := os.Stat(filepath.Join(folder, raw.FileName)); err != nil {
		found, err := filepath.Glob(filepath.Join(folder, "*", raw.FileName))
		if err != nil || len(found) == 0 {
			return g, fmt.Errorf("%s has no %s, and no folder in it has one", folder, raw.FileName)
		}
		repeats = found
	}
	reports := make(map[string]*Report)
	for i, path := range repeats {
		r, err := Open(path)
		if err != nil {
			return g, err
		}
		if filepath.Base(path) == raw.FileName {
			path = filepath.Dir(path)
		}
		repeats[i] = filepath.Base(path)
		reports[repeats[i]] = r
	}
	slices.SortStableFunc(repeats, func(a, b string) int {
		return cmp.Or(reports[a].run.Header.Started.Compare(reports[b].run.Header.Started), cmp.Compare(a, b))
	})
	for _, name := range repeats {
		g.Runs, g.Reports = append(g.Runs, name), append(g.Reports, reports[name])
	}
	return g, nil
}

// run names one of the runs.
func (g Group) run(i int) string {
	if g.Runs[i] == g.Name {
		return g.Name
	}
	return g.Name + "/" + g.Runs[i]
}

// A Comparison is groups side by side, the first being what the others are held
// against.
type Comparison struct {
	Groups  []Group  // with CPU as at one speed of the machine, if that is known
	Reasons []string // why there is no verdict; none: there is one
	Rows    []Compared

	measured []Group
	speed    string // what was made of the machine's
	objected bool   // the runs are no like: not even ratios mean anything
}

// Compared is one figure of all groups.
type Compared struct {
	Name, Unit string
	Means      []float64 // by group
	Findings   []Finding // by group; of the first there is nothing to find
}

// Compare puts groups side by side. The error is for fewer than two, or two of one
// name.
func Compare(groups []Group) (*Comparison, error) {
	if len(groups) < 2 {
		return nil, errors.New("a comparison takes two folders or more")
	}
	for i, g := range groups {
		if slices.ContainsFunc(groups[:i], func(other Group) bool { return other.Name == g.Name }) {
			return nil, fmt.Errorf("two groups are named %s: rename a folder", g.Name)
		}
	}
	c := &Comparison{Groups: groups, Reasons: objections(groups), measured: groups}
	if c.objected = len(c.Reasons) > 0; !c.objected {
		c.Groups, c.speed = levelled(groups)
	}
	for _, g := range groups {
		if n := len(g.Reports); n < LeastRepeats {
			c.Reasons = append(c.Reasons, fmt.Sprintf("%s has too few repeats (%d; it takes %d): whether a difference to it is chance cannot be told", g.Name, n, LeastRepeats))
		}
	}
	for i, f := range groups[0].Reports[0].Figures {
		row := Compared{Name: f.Name, Unit: f.Unit, Findings: make([]Finding, len(groups))}
		for _, g := range c.Groups {
			row.Means = append(row.Means, mean(g.values(i)))
		}
		c.Rows = append(c.Rows, row)
	}
	for other := 1; other < len(groups); other++ {
		for i, f := range c.find(other) {
			c.Rows[i].Findings[other] = f
		}
	}
	return c, nil
}

// find holds a group against the first.
func (c *Comparison) find(other int) []Finding {
	if c.Valid() {
		return findings(c.measured[0], c.measured[other])
	}
	none := make([]Finding, len(c.Rows))
	for i := range none {
		none[i] = Finding{Verdict: NotComparable, Reason: c.Reasons[0]}
	}
	return none
}

// values are a figure of all repeats.
func (g Group) values(figure int) []float64 {
	var values []float64
	for _, r := range g.Reports {
		values = append(values, r.Figures[figure].Value)
	}
	return values
}

func mean(values []float64) (mean float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	return mean
}

// unmeasured is the first run without a figure; "": all have it.
func (g Group) unmeasured(figure int) string {
	i := slices.IndexFunc(g.values(figure), func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	if i < 0 {
		return ""
	}
	return g.run(i)
}

// Valid says whether there is a verdict.
func (c *Comparison) Valid() bool { return len(c.Reasons) == 0 }

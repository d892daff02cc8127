package report

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// The files that Comparison.Write leaves.
const (
	CompareMarkdownFile = "compare.md"
	CompareHTMLFile     = "compare.html"
)

// leastRepeats is how many runs of one group show how much they differ by chance.
const leastRepeats = 2

// A Group is the repeats of one configuration.
type Group struct {
	Name    string
	Runs    []string // names of the repeats
	Reports []*Report
}

// OpenGroup reads a folder of one run, or one with a folder for each repeat.
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
	for _, path := range repeats {
		r, err := Open(path)
		if err != nil {
			return g, err
		}
		g.Runs = append(g.Runs, filepath.Base(strings.TrimSuffix(path, string(filepath.Separator)+raw.FileName)))
		g.Reports = append(g.Reports, r)
	}
	return g, nil
}

// A Comparison is groups side by side, the first being what the others are held
// against.
type Comparison struct {
	Groups  []Group
	Reasons []string // why there is no verdict; none: there is one
	Rows    []Compared
}

// Compared is one figure of all groups.
type Compared struct {
	Name, Unit string
	Means      []float64 // by group
	Noise      float64   // by how much repeats of one group differ at most
}

// Different says whether a group differs from the first by more than repeats do.
func (c Compared) Different(group int) bool {
	return math.Abs(c.Means[group]-c.Means[0]) > c.Noise
}

// Compare puts groups side by side. The error is for fewer than two.
func Compare(groups []Group) (*Comparison, error) {
	if len(groups) < 2 {
		return nil, errors.New("a comparison takes two folders or more")
	}
	c := &Comparison{Groups: groups, Reasons: objections(groups)}
	for i, f := range groups[0].Reports[0].Figures {
		row := Compared{Name: f.Name, Unit: f.Unit}
		for _, g := range groups {
			mean, spread := g.figure(i)
			row.Means = append(row.Means, mean)
			row.Noise = max(row.Noise, spread)
		}
		c.Rows = append(c.Rows, row)
	}
	return c, nil
}

// figure gives the mean of a figure over the repeats, and how far they lie apart.
func (g Group) figure(i int) (mean, spread float64) {
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, r := range g.Reports {
		value := r.Figures[i].Value
		mean += value / float64(len(g.Reports))
		lowest, highest = min(lowest, value), max(highest, value)
	}
	return mean, highest - lowest
}

// objections are why groups cannot be held against each other.
func objections(groups []Group) (reasons []string) {
	first := groups[0].Reports[0].run.Header.Plan
	for _, g := range groups {
		if len(g.Reports) < leastRepeats {
			reasons = append(reasons, fmt.Sprintf("%s has no repeats: how much its runs differ by chance is unknown", g.Name))
		}
		for i, r := range g.Reports {
			name := g.Name
			if g.Runs[i] != g.Name {
				name += "/" + g.Runs[i]
			}
			p := r.run.Header.Plan
			switch {
			case !r.Valid():
				reasons = append(reasons, fmt.Sprintf("%s is invalid: %s", name, r.Reasons[0]))
			case p.Duration < LeastComparable:
				reasons = append(reasons, fmt.Sprintf("%s has a steady window of %s; a comparison takes %s", name, p.Duration, LeastComparable))
			case p.Duration != first.Duration || p.RampUp != first.RampUp:
				reasons = append(reasons, fmt.Sprintf("%s has other windows (ramp-up %s, steady %s) than %s (%s, %s)",
					name, p.RampUp, p.Duration, groups[0].Name, first.RampUp, first.Duration))
			case p.Clients != first.Clients || p.Rate != first.Rate || len(p.Streams) != len(first.Streams) || p.SockJS() != first.SockJS():
				reasons = append(reasons, fmt.Sprintf("%s is another load (%s) than %s (%s)", name, load(r), groups[0].Name, load(groups[0].Reports[0])))
			}
		}
	}
	return reasons
}

func load(r *Report) string {
	p := r.run.Header.Plan
	transport := "WebSocket"
	if p.SockJS() {
		transport = "SockJS"
	}
	return fmt.Sprintf("%d clients, %g messages a second each, %d streams, %s", p.Clients, p.Rate, len(p.Streams), transport)
}

// Valid says whether there is a verdict.
func (c *Comparison) Valid() bool { return len(c.Reasons) == 0 }

// Print writes the comparison as text.
func (c *Comparison) Print(w io.Writer) error { return c.document().markdown(w) }

// Write leaves it in folder, as text and as a page.
func (c *Comparison) Write(folder string) error {
	return c.document().write(folder, CompareMarkdownFile, CompareHTMLFile)
}

func (c *Comparison) document() *document {
	d := &document{Title: "Load tests side by side", Good: c.Valid(), Verdict: c.verdict(), Reasons: c.Reasons}
	s := section{Title: "Summary", Note: "Means of the repeats. In brackets the difference to the first column; " +
		"“no difference” where it is within what repeats of one configuration differ by.", Head: []string{"Metric"}}
	for _, g := range c.Groups {
		s.Head = append(s.Head, fmt.Sprintf("%s (%d)", g.Name, len(g.Reports)))
	}
	s.Head = append(s.Head, "Repeats differ by")
	for _, row := range c.Rows {
		s.Rows = append(s.Rows, c.cells(row))
	}
	d.Sections = []section{s, c.runs()}
	return d
}

func (c *Comparison) verdict() string {
	if !c.Valid() {
		return "No verdict"
	}
	different := 0
	for _, row := range c.Rows {
		if slices.ContainsFunc(row.groups(), row.Different) {
			different++
		}
	}
	if different == 0 {
		return "No difference"
	}
	return fmt.Sprintf("Different in %d of %d figures", different, len(c.Rows))
}

// groups are the indexes of all groups but the first.
func (c Compared) groups() (indexes []int) {
	for i := 1; i < len(c.Means); i++ {
		indexes = append(indexes, i)
	}
	return indexes
}

func (c *Comparison) cells(row Compared) []string {
	cells := []string{row.Name}
	for i, mean := range row.Means {
		text := Figure{Unit: row.Unit, Value: mean}.text()
		switch {
		case i == 0 || !c.Valid() || math.IsNaN(mean-row.Means[0]):
		case !row.Different(i):
			text += " (no difference)"
		case row.Means[0] == 0:
			text += " (different)"
		default:
			text += fmt.Sprintf(" (%+.1f%%)", 100*(mean-row.Means[0])/row.Means[0])
		}
		cells = append(cells, text)
	}
	noise := row.Noise
	if slices.ContainsFunc(c.Groups, func(g Group) bool { return len(g.Reports) < leastRepeats }) {
		noise = nothing
	}
	return append(cells, Figure{Unit: row.Unit, Value: noise}.text())
}

func (c *Comparison) runs() section {
	s := section{Title: "Runs", Head: []string{"Group", "Run", "Started", "Steady", "Valid"}}
	for _, g := range c.Groups {
		for i, r := range g.Reports {
			valid := "yes"
			if !r.Valid() {
				valid = "no: " + r.Reasons[0]
			}
			s.Rows = append(s.Rows, []string{g.Name, g.Runs[i], r.run.Header.Started.UTC().Format(time.RFC3339),
				number(steady(r.run).seconds()) + " s", valid})
		}
	}
	return s
}

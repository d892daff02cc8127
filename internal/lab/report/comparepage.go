package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// The files that Comparison.Write leaves.
const (
	CompareMarkdownFile = "compare.md"
	CompareHTMLFile     = "compare.html"
)

// Print writes the comparison as text.
func (c *Comparison) Print(w io.Writer) error { return c.document().markdown(w) }

// Write leaves it in folder, as text and as a page.
func (c *Comparison) Write(folder string) error {
	return c.document().write(folder, CompareMarkdownFile, CompareHTMLFile)
}

func (c *Comparison) document() *document {
	d := &document{Title: "Load tests side by side: " + c.names(), Good: c.Valid(), Verdict: c.verdict(), Reasons: c.Reasons}
	if versions := c.versions(); versions != "" {
		d.Remarks = append(d.Remarks, versions)
	}
	if n := len(c.Groups) - 1; n > 1 && c.Valid() {
		d.Remarks = append(d.Remarks, fmt.Sprintf("each of the %d columns is held against the first by itself: of many columns some differ by chance", n))
	}
	d.Opening = c.opening()
	d.Sections = []section{c.summary()}
	if c.Valid() {
		d.Sections = append(d.Sections, c.reasons())
	}
	d.Sections = append(d.Sections, runs(c.Groups))
	return d
}

func (c *Comparison) names() string {
	var names []string
	for _, g := range c.Groups {
		names = append(names, g.Name)
	}
	return strings.Join(names[1:], ", ") + " against " + names[0]
}

// opening says in plain words what was held against what, and what came of it.
func (c *Comparison) opening() []string {
	if c.objected {
		return []string{"These runs cannot be held against each other, for the reasons above. Their figures are shown as they are."}
	}
	lines := []string{sameLoad(c.Groups[0].Reports[0]), c.speed}
	if !c.Valid() {
		return append(lines, "The differences shown may be chance: a run repeated gives other figures, by how much is not known.")
	}
	lines = append(lines, c.trust())
	for i := 1; i < len(c.Groups); i++ {
		lines = append(lines, c.told(i))
	}
	return lines
}

// sameLoad says what every run was, by one of them.
func sameLoad(r *Report) string {
	return fmt.Sprintf("Every run was of the same load on the same machine: %s, for %s.", load(r), span(steady(r.run).seconds()))
}

// trust says why the verdicts may be believed, and what speaks against it.
func (c *Comparison) trust() string {
	fewest := len(c.Groups[0].Reports)
	for _, g := range c.Groups {
		fewest = min(fewest, len(g.Reports))
	}
	line := fmt.Sprintf("It may be believed: every run is valid by itself, and there are %d or more of each", fewest)
	if !c.inTurns() {
		return line + "; but they were not made in turns, so what changed on the machine meanwhile counts as a difference too."
	}
	return line + ", made in turns, so that what else changed on the machine concerns all of them."
}

// inTurns says whether no group was over before another began.
func (c *Comparison) inTurns() bool {
	for _, a := range c.Groups {
		for _, b := range c.Groups {
			if a.last().Before(b.first()) {
				return false
			}
		}
	}
	return true
}

func (g *Group) first() time.Time { return slices.MinFunc(g.starts(), time.Time.Compare) }
func (g *Group) last() time.Time  { return slices.MaxFunc(g.starts(), time.Time.Compare) }

func (g *Group) starts() (starts []time.Time) {
	for _, r := range g.Reports {
		starts = append(starts, r.run.Header.Started)
	}
	return starts
}

// told is what a group differs in from the first.
func (c *Comparison) told(group int) string {
	name, first := c.Groups[group].Name, c.Groups[0].Name
	var parts []string
	for _, row := range c.Rows {
		if f := row.Findings[group]; f.Found() {
			parts = append(parts, fmt.Sprintf("%s went from %s to %s (%s), which is %s", row.Name, Figure{Unit: row.Unit, Value: row.Means[0]}.text(),
				Figure{Unit: row.Unit, Value: row.Means[group]}.text(), row.change(group), inWords(f.Verdict)))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("Between %s and %s no difference was found: what there is may as well be chance, or is too small to matter.", first, name)
	}
	return fmt.Sprintf("From %s to %s: %s. No other difference was found.", first, name, strings.Join(parts, "; "))
}

// inWords is what is said of a difference.
func inWords(verdict string) string {
	if verdict == Different {
		return "neither good nor bad by itself"
	}
	return verdict
}

// versions says which server each group measured, if they were not the same.
func (c *Comparison) versions() string {
	var parts []string
	differ := false
	for _, g := range c.Groups {
		version := g.Reports[0].servers()
		differ = differ || version != c.Groups[0].Reports[0].servers()
		parts = append(parts, g.Name+": "+version)
	}
	if !differ {
		return ""
	}
	return "the servers were of different versions: " + strings.Join(parts, "; ")
}

func (c *Comparison) verdict() string {
	if !c.Valid() {
		return "No verdict"
	}
	count := map[string][]string{}
	for _, row := range c.Rows {
		for i, f := range row.Findings[1:] {
			name := row.Name
			if len(c.Groups) > 2 {
				name += " of " + c.Groups[i+1].Name
			}
			count[f.Verdict] = append(count[f.Verdict], name)
		}
	}
	var parts []string
	for _, verdict := range []string{Better, Worse, Different} {
		if names := count[verdict]; len(names) > 0 {
			parts = append(parts, verdict+": "+strings.Join(names, ", "))
		}
	}
	if len(parts) == 0 {
		return "No difference"
	}
	return strings.ToUpper(parts[0][:1]) + strings.Join(parts, "; ")[1:]
}

func (c *Comparison) summary() section {
	s := section{Title: "Summary", Head: []string{"Metric"},
		Note: "Means of the repeats, whose number is in brackets; beside them the difference to the first column, and whether it is one."}
	for _, g := range c.Groups {
		s.Head = append(s.Head, fmt.Sprintf("%s (%d)", g.Name, len(g.Reports)))
	}
	for _, row := range c.Rows {
		s.Rows = append(s.Rows, c.cells(row))
	}
	return s
}

func (c *Comparison) cells(row Compared) []string {
	cells := []string{row.Name}
	for i, mean := range row.Means {
		text := Figure{Unit: row.Unit, Value: mean}.text()
		if change := row.change(i); i > 0 && change != "" && !c.objected {
			text += " (" + change + ")"
		}
		if i > 0 && c.Valid() {
			text += " " + row.Findings[i].Verdict
		}
		cells = append(cells, text)
	}
	return cells
}

// change is the difference to the first group as the reference report writes it;
// "" without one.
func (c Compared) change(group int) string {
	first, other := c.Means[0], c.Means[group]
	switch {
	case math.IsNaN(other - first):
		return ""
	case first == 0 && other == 0:
		return "+0.0%"
	case first == 0:
		return "from 0"
	}
	return strings.Replace(fmt.Sprintf("%+.1f%%", 100*(other-first)/first), "-0.0%", "+0.0%", 1)
}

// reasons says of every figure why its verdict is what it is.
func (c *Comparison) reasons() section {
	s := section{Title: "Why", Head: []string{"Metric", "Group", "Verdict", "Difference", "Left to chance", "Reason"},
		Note: "A difference counts if it is large enough to matter, larger than what repeats of one configuration differ by, and if dealing the runs into groups at random hardly ever " +
			"gives as large a one. " + mainFigure + " has a test of its own, which errs in at most " + percent(chanceMain) + " of comparisons without a difference; all others share one, which errs in at most " + percent(chanceOthers) + "."}
	for _, row := range c.Rows {
		for i := 1; i < len(c.Groups); i++ {
			f := row.Findings[i]
			difference, noise := Figure{Unit: row.Unit, Value: row.Means[i] - row.Means[0]}.text(), Figure{Unit: row.Unit, Value: f.Noise}.text()
			s.Rows = append(s.Rows, []string{row.Name, c.Groups[i].Name, f.Verdict, difference, noise, f.Reason})
		}
	}
	return s
}

func runs(groups []Group) section {
	s := section{Title: "Runs", Head: []string{"Group", "Run", "Started", "Steady", "Yardstick", "Server", "Chat servers", "Valid"}}
	for _, g := range groups {
		for i, r := range g.Reports {
			valid := "yes"
			if !r.Valid() {
				valid = "no: " + r.Reasons[0]
			}
			s.Rows = append(s.Rows, []string{g.Name, g.Runs[i], r.run.Header.Started.UTC().Format(time.RFC3339),
				number(steady(r.run).seconds()) + " s", Figure{Unit: "µs", Value: r.stroke()}.text(), r.servers(), r.chatServers(), valid})
		}
	}
	return s
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

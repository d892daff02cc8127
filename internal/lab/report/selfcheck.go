package report

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// A SelfCheck holds the repeats of one configuration against each other, in every
// way to make two groups of them: how often does the comparison claim a difference
// that there is not, and how large must one be to be found? It is about a machine
// and a load as much as about the rule.
type SelfCheck struct {
	Group   Group    // with CPU as at one speed of the machine, if that is known
	Reasons []string // why it shows nothing
	Splits  []Split
	Planted []Planted

	speed    string // what was made of the machine's
	measured Group  // the group as it was measured
}

// A Split is one way to make two groups of the runs.
type Split struct {
	Base, Other []string
	Different   []string // figures that would be claimed to differ
}

// Planted is how often more CPU was found: the server's recorded CPU was multiplied
// in one of the groups, in each split once in the one and once in the other.
type Planted struct {
	Factor    float64
	Found, Of int
}

// plants are the changes that are tried.
var plants = []float64{1.05, 1.10, 1.15, 1.20, 1.30}

// Check makes a self-check of a group. The error is for too few runs, or an odd
// number of them.
func Check(g Group) (*SelfCheck, error) {
	n := len(g.Reports)
	if n < 2*LeastRepeats || n%2 == 1 {
		return nil, fmt.Errorf("%s has %d runs: name two folders to compare, or one with an even number of runs, %d at least, to compare with themselves", g.Name, n, 2*LeastRepeats)
	}
	s := &SelfCheck{Reasons: objections([]Group{g}), measured: g}
	level, said := levelled([]Group{g})
	s.Group, s.speed = level[0], said
	all := deals(n, n/2)
	for _, deal := range all {
		base, other := g.split(deal)
		split := Split{Base: base.Runs, Other: other.Runs}
		for i, f := range findings(base, other) {
			if f.Found() {
				split.Different = append(split.Different, g.Reports[0].Figures[i].Name)
			}
		}
		s.Splits = append(s.Splits, split)
	}
	for _, factor := range plants {
		p := Planted{Factor: factor}
		changed, err := g.withCPU(factor)
		if err != nil {
			return nil, err
		}
		for _, deal := range all {
			base, other := g.split(deal)
			changedBase, changedOther := changed.split(deal)
			p.try(base, changedOther)
			p.try(other, changedBase)
		}
		s.Planted = append(s.Planted, p)
	}
	return s, nil
}

func (p *Planted) try(base, other Group) {
	p.Of++
	for i, f := range findings(base, other) {
		if base.Reports[0].Figures[i].Name == mainFigure && f.Verdict == Worse {
			p.Found++
		}
	}
}

// split makes two groups of one.
func (g Group) split(d deal) (first, rest Group) {
	for i, r := range g.Reports {
		into := &rest
		if d[i] {
			into = &first
		}
		into.Runs, into.Reports = append(into.Runs, g.Runs[i]), append(into.Reports, r)
	}
	return first, rest
}

// withCPU is the group as if its servers had used so many times the CPU.
func (g Group) withCPU(factor float64) (Group, error) {
	changed := Group{Name: g.Name, Runs: g.Runs}
	for _, r := range g.Reports {
		run := *r.run
		run.Samples = nil
		for _, s := range r.run.Samples {
			s.Processes = append([]raw.Process(nil), s.Processes...)
			for i := range s.Processes {
				s.Processes[i].Values = maps.Clone(s.Processes[i].Values)
				for series := range s.Processes[i].Values {
					if name, _, _ := strings.Cut(series, "{"); name == cpuSeconds {
						s.Processes[i].Values[series] *= factor
					}
				}
			}
			run.Samples = append(run.Samples, s)
		}
		report, err := Of(&run)
		if err != nil {
			return changed, err
		}
		changed.Reports = append(changed.Reports, report)
	}
	return changed, nil
}

// Valid says whether the check shows anything.
func (s *SelfCheck) Valid() bool { return len(s.Reasons) == 0 }

// Quiet is how many splits say that there is no difference.
func (s *SelfCheck) Quiet() (n int) {
	for _, split := range s.Splits {
		if len(split.Different) == 0 {
			n++
		}
	}
	return n
}

// Print writes the check as text.
func (s *SelfCheck) Print(w io.Writer) error { return s.document().markdown(w) }

// Write leaves it in folder, under the names of a comparison.
func (s *SelfCheck) Write(folder string) error {
	return s.document().write(folder, CompareMarkdownFile, CompareHTMLFile)
}

func (s *SelfCheck) document() *document {
	g := s.Group
	d := &document{Title: fmt.Sprintf("%d runs of one configuration, held against each other: %s", len(g.Reports), g.Name), Good: s.Valid(), Reasons: s.Reasons,
		Verdict: fmt.Sprintf("%d of %d ways to make two groups of them show no difference", s.Quiet(), len(s.Splits))}
	if !s.Valid() {
		d.Verdict = "No verdict: " + d.Verdict + ", but these runs support no claim"
	}
	if s.Valid() {
		d.Opening = []string{sameLoad(g.Reports[0]), s.speed}
	}
	d.Opening = append(d.Opening, "Nothing was changed between these runs, so every difference that is claimed here would be a false one. "+
		fmt.Sprintf("The comparison is made to claim one in at most %.0f of the %d ways.", math.Floor(chanceMain*float64(len(s.Splits)))+math.Floor(chanceOthers*float64(len(s.Splits))), len(s.Splits)))
	d.Sections = []section{s.spread(), s.planted(), s.splits(), runs([]Group{g})}
	return d
}

func (s *SelfCheck) spread() section {
	t := section{Title: "How much repeats differ", Head: []string{"Metric", "Mean", "Least", "Most", "Most over least"}}
	for i, f := range s.Group.Reports[0].Figures {
		values, measured := s.Group.values(i), s.measured.values(i)
		t.Rows = append(t.Rows, spreadRow(f.Name, f.Unit, values))
		if traits[f.Name].cpu && !slices.Equal(values, measured) {
			t.Rows = append(t.Rows, spreadRow(f.Name+", as measured", f.Unit, measured))
		}
	}
	return t
}

func spreadRow(name, unit string, values []float64) []string {
	text := func(v float64) string { return Figure{Unit: unit, Value: v}.text() }
	least, most := slices.Min(values), slices.Max(values)
	ratio := unmeasured
	if least > 0 {
		ratio = fmt.Sprintf("%+.1f%%", 100*(most/least-1))
	}
	return []string{name, text(mean(values)), text(least), text(most), ratio}
}

func (s *SelfCheck) planted() section {
	t := section{Title: "Which change would be found", Head: []string{mainFigure, "Found", "Of"},
		Note: "The server's recorded CPU was multiplied in the runs of one group, in each way to make two groups, once in the one and once in the other. Nothing was run with that change."}
	for _, p := range s.Planted {
		t.Rows = append(t.Rows, []string{fmt.Sprintf("%+.0f%%", 100*(p.Factor-1)), number(float64(p.Found)), number(float64(p.Of))})
	}
	return t
}

func (s *SelfCheck) splits() section {
	t := section{Title: "Where a difference would be claimed that there is not", Head: []string{"Group", "Other group", "Figures"}}
	for _, split := range s.Splits {
		if len(split.Different) > 0 {
			t.Rows = append(t.Rows, []string{strings.Join(split.Base, " "), strings.Join(split.Other, " "), strings.Join(split.Different, ", ")})
		}
	}
	if len(t.Rows) == 0 {
		t.Rows = [][]string{{"nowhere", "", ""}}
	}
	return t
}

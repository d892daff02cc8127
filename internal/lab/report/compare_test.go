package report

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// group is repeats whose delivery p50, in ms, are given, a quarter of an hour apart.
func group(t testing.TB, name string, minute int, spoil func(*raw.Run), p50 ...int64) Group {
	g := Group{Name: name}
	for i, ms := range p50 {
		run := good()
		run.End.Delivery = histogram(ms * 1000)
		run.Header.Tag = fmt.Sprint(name, i)
		run.Header.Started = run.Header.Started.Add(time.Duration(15*i+minute) * time.Minute)
		if spoil != nil {
			spoil(run)
		}
		g.Runs = append(g.Runs, fmt.Sprint(i+1))
		g.Reports = append(g.Reports, of(t, run))
	}
	return g
}

func compare(t testing.TB, groups ...Group) *Comparison {
	t.Helper()
	c, err := Compare(groups)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func finding(c *Comparison, name string) Finding {
	return c.Rows[slices.IndexFunc(c.Rows, func(r Compared) bool { return r.Name == name })].Findings[1]
}

func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		why, figure string
		base, other []int64
		want        string
		reason      string
	}{
		{"far outside of the noise", "Delivery p50", []int64{100, 110, 105, 101}, []int64{150, 155, 152, 151}, Worse, "none of the 34 other ways"},
		{"less is better", "Delivery p50", []int64{150, 155, 152, 151}, []int64{100, 110, 105, 101}, Better, "none of the 34 other ways"},
		{"groups that overlap", "Delivery p50", []int64{100, 130, 105, 110}, []int64{120, 160, 125, 140}, NoDifference, "of the 34 other ways"},
		{"one run far off makes the means differ", "Delivery p50", []int64{100, 101, 100, 101}, []int64{100, 101, 100, 400}, NoDifference, "repeats of one configuration"},
		{"apart by less than anybody cares", "Delivery p50", []int64{100, 101, 100, 101}, []int64{105, 106, 105, 106}, NoDifference, "less than what matters"},
		{"apart by less than a millisecond", "Delivery p50", []int64{1, 1, 1, 1}, []int64{1, 2, 1, 2}, NoDifference, "less than what matters"},
		{"the same", "Memory", []int64{1, 1, 1, 1}, []int64{1, 1, 1, 1}, NoDifference, "the same"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			c := compare(t, group(t, "base", 0, nil, tt.base...), group(t, "other", 7, nil, tt.other...))
			if !c.Valid() {
				t.Fatalf("no verdict: %q", c.Reasons)
			}
			if f := finding(c, tt.figure); f.Verdict != tt.want || !strings.Contains(f.Reason, tt.reason) {
				t.Errorf("%+v, want %s for %q", f, tt.want, tt.reason)
			}
		})
	}
}

// A figure that grows where more is neither better nor worse is only different.
func TestDifferentIsNotBetter(t *testing.T) {
	c := compare(t, group(t, "base", 0, nil, 1, 1, 1, 1), group(t, "other", 7, func(r *raw.Run) {
		for i := range r.Samples {
			r.Samples[i].Processes[0].Values[syncs] *= 2
		}
	}, 1, 1, 1, 1))
	if f := finding(c, "Log fsyncs a second (max)"); f.Verdict != Different {
		t.Errorf("%+v", f)
	}
	if v := c.verdict(); v != "Different: Log fsyncs a second (max)" {
		t.Errorf("the verdict is %q", v)
	}
}

// A figure that one run lacks is not comparable; the others are.
func TestUnmeasuredFigureIsNotComparable(t *testing.T) {
	missing := true
	c := compare(t, group(t, "base", 0, nil, 1, 1, 1, 1), group(t, "other", 7, func(r *raw.Run) {
		for i := range r.Samples {
			if missing {
				delete(r.Samples[i].Processes[0].Values, syncs)
			}
		}
		missing = false
	}, 1, 1, 1, 1))
	if f := finding(c, "Log fsyncs a second (max)"); f.Verdict != NotComparable || !strings.Contains(f.Reason, "other/1") {
		t.Errorf("%+v", f)
	}
	if f := finding(c, "Memory"); f.Verdict != NoDifference {
		t.Errorf("another figure: %+v", f)
	}
}

func TestObjections(t *testing.T) {
	four := []int64{150, 151, 152, 153}
	for _, tt := range []struct {
		why   string
		base  []int64
		other []int64
		spoil func(*raw.Run)
		want  string
		ratio bool // is shown
	}{
		{"too few repeats of the baseline", []int64{1, 2, 3}, four, nil, "base has too few repeats (3; it takes 4)", true},
		{"too few repeats of the other", four, []int64{1}, nil, "other has too few repeats (1; it takes 4)", true},
		{"an invalid run", four, four, func(r *raw.Run) { r.Viewers[0].Lost = "cut" }, "other/1 is invalid: 1 of 2 clients were lost", false},
		{"unequal windows", four, four, func(r *raw.Run) { r.Header.Plan.RampUp = time.Minute }, "other windows", false},
		{"another load", four, four, func(r *raw.Run) { r.Header.Plan.Rate = 1 }, "another load", false},
		{"another transport", four, four, func(r *raw.Run) { r.Header.Plan.URL = "http://127.0.0.1:1/ws" }, "SockJS", false},
		{"short windows", four, four, func(r *raw.Run) { r.Header.Plan.Duration = time.Minute }, "a comparison takes 5m0s", false},
		{"another machine", four, four, func(r *raw.Run) { r.Header.Host.Cores = 64 }, "another machine (linux/amd64, 64 cores", false},
		{"another kernel", four, four, func(r *raw.Run) { r.Header.Host.Kernel = "7" }, "another machine", false},
		{"another lab", four, four, func(r *raw.Run) { r.Header.Program = "2.0" }, "another lab (hubbub 2.0)", false},
		{"one run twice", four, four, func(r *raw.Run) { r.Header.Tag = "base0" }, "are the same run", false},
		{"at the same time", four, four, func(r *raw.Run) { r.Header.Started = r.Header.Started.Add(-6 * time.Minute) }, "their clocks are apart", false},
		{"clocks that are years apart", four, four, func(r *raw.Run) { r.Header.Started = time.Time{} }, "their clocks are apart", false},
	} {
		t.Run(tt.why, func(t *testing.T) {
			c := compare(t, group(t, "base", 0, nil, tt.base...), group(t, "other", 7, tt.spoil, tt.other...))
			if c.Valid() || !strings.Contains(strings.Join(c.Reasons, "\n"), tt.want) {
				t.Fatalf("objections %q, want %q", c.Reasons, tt.want)
			}
			for _, row := range c.Rows {
				if f := row.Findings[1]; f.Verdict != NotComparable || f.Reason == "" {
					t.Errorf("%s: %+v", row.Name, f)
				}
			}
			var text bytes.Buffer
			if err := c.Print(&text); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text.String(), "%)") != tt.ratio {
				t.Errorf("a ratio is shown: %v\n%s", !tt.ratio, &text)
			}
		})
	}
	if _, err := Compare([]Group{group(t, "alone", 0, nil, 1)}); err == nil {
		t.Error("one group was compared")
	}
	if _, err := Compare([]Group{group(t, "same", 0, nil, 1), group(t, "same", 7, nil, 1)}); err == nil || !strings.Contains(err.Error(), "same") {
		t.Errorf("two groups of one name: %v", err)
	}
}

// Of one server two versions may be held against each other, but repeats are of one.
func TestVersionsOfServers(t *testing.T) {
	version := func(v string) func(*raw.Run) {
		return func(r *raw.Run) { last(r).Values[build+`{version="`+v+`"}`] = 1 }
	}
	old, fresh := group(t, "old", 0, version("1"), 1, 1, 1, 1), group(t, "new", 7, version("2"), 1, 1, 1, 1)
	c := compare(t, old, fresh)
	if d := c.document(); !c.Valid() || len(d.Remarks) != 1 || !strings.Contains(d.Remarks[0], "old: 1; new: 2") {
		t.Errorf("two versions: reasons %q, remarks %q", c.Reasons, d.Remarks)
	}
	old.Reports[3] = fresh.Reports[3]
	if c := compare(t, old, fresh); c.Valid() || !strings.Contains(strings.Join(c.Reasons, "\n"), "old/4 is of another server version (2) than old/1 (1)") {
		t.Errorf("mixed versions: %q", c.Reasons)
	}
}

// noisy is a group of runs like the good one, each of whose figures differs by a
// normally distributed share, and whose CPU is a multiple.
func noisy(base *Report, random *rand.Rand, name string, n int, noise map[string]float64, cpu float64) Group {
	g := Group{Name: name}
	for i := range n {
		r := *base
		r.Figures = slices.Clone(base.Figures)
		for k := range r.Figures {
			f := &r.Figures[k]
			f.Value *= 1 + noise[f.Name]*random.NormFloat64()
			if f.Name == mainFigure || f.Name == "CPU per chat server" {
				f.Value *= cpu
			}
		}
		g.Runs, g.Reports = append(g.Runs, fmt.Sprint(i+1)), append(g.Reports, &r)
	}
	return g
}

// sharedMachine is the noise of runs on a machine that is shared.
var sharedMachine = map[string]float64{"CPU of 1M deliveries": 0.05, "CPU per chat server": 0.05, "Delivery p50": 0.08, "Delivery p99": 0.2, "SEND to RECEIPT p99": 0.25,
	"Analysis lag": 0.3, "Archive lag": 0.3, "Log appends a second (max)": 0.1, "Log fsyncs a second (max)": 0.15, "Memory": 0.1, "Drain": 0.4, "Analysis busy share": 0.1}

// Without a difference the comparison claims one seldom, and a change of 15 % of
// CPU is found at a noise of 5 % mostly, at one of 3 % nearly always.
func TestVerdictsOfNoise(t *testing.T) {
	const trials = 400
	base, random := of(t, good()), rand.New(rand.NewPCG(5, 15))
	different := func(one, other Group) (any, cpu bool) {
		for i, f := range findings(one, other) {
			any = any || f.Found()
			cpu = cpu || (base.Figures[i].Name == mainFigure && f.Verdict == Worse)
		}
		return any, cpu
	}
	quiet := maps.Clone(sharedMachine)
	quiet["CPU of 1M deliveries"] = 0.03
	wrong, found, foundQuiet := 0, 0, 0
	for range trials {
		if any, _ := different(noisy(base, random, "a", 4, sharedMachine, 1), noisy(base, random, "b", 4, sharedMachine, 1)); any {
			wrong++
		}
		if _, cpu := different(noisy(base, random, "a", 4, sharedMachine, 1), noisy(base, random, "b", 4, sharedMachine, 1.15)); cpu {
			found++
		}
		if _, cpu := different(noisy(base, random, "a", 4, quiet, 1), noisy(base, random, "b", 4, quiet, 1.15)); cpu {
			foundQuiet++
		}
	}
	t.Logf("of %d: claimed without a difference %d, 15 %% found at a noise of 5 %% %d, of 3 %% %d", trials, wrong, found, foundQuiet)
	if wrong > trials*12/100 || found < trials*85/100 || foundQuiet < trials*97/100 {
		t.Error("too many claims, or too few finds")
	}
}

// However runs of one configuration differ, of the 35 ways to make two groups of
// eight at most three are said to differ: a way that is must be the most extreme of
// all in what two tests look at, or the second for the main one.
func TestMostSplitsAreQuiet(t *testing.T) {
	base := of(t, good())
	rapid.Check(t, func(t *rapid.T) {
		g := Group{Name: "g"}
		for i := range 8 {
			r := *base
			r.Figures = slices.Clone(base.Figures)
			for k := range r.Figures {
				r.Figures[k].Value = rapid.SampledFrom([]float64{0, 1, 10, 20, 50, 100, 1000, 1e6, rapid.Float64Range(0, 1e4).Draw(t, "v")}).Draw(t, "value")
			}
			g.Runs, g.Reports = append(g.Runs, fmt.Sprint(i+1)), append(g.Reports, &r)
		}
		loud := 0
		for _, deal := range deals(8, 4) {
			a, b := g.split(deal)
			if slices.ContainsFunc(findings(a, b), Finding.Found) {
				loud++
			}
		}
		if loud > 3 {
			t.Errorf("%d of 35 ways are said to differ", loud)
		}
	})
}

func TestDeals(t *testing.T) {
	for _, tt := range []struct{ n, k, want int }{{8, 4, 35}, {8, 3, 56}, {9, 4, 126}, {2, 1, 1}, {30, 15, someOfMany}} {
		all := deals(tt.n, tt.k)
		if len(all) != tt.want {
			t.Errorf("%d into %d: %d ways, want %d", tt.n, tt.k, len(all), tt.want)
		}
		for i := range tt.n {
			if all[0][i] != (i < tt.k) {
				t.Errorf("the first way is %v", all[0])
			}
		}
		if tt.n < 10 {
			seen := map[string]bool{}
			for _, d := range all {
				seen[fmt.Sprint(d)] = true
			}
			if len(seen) != len(all) {
				t.Errorf("%d into %d: a way came twice", tt.n, tt.k)
			}
		}
	}
}

// Every figure has a trait, and every trait a figure.
func TestTraits(t *testing.T) {
	left := maps.Clone(traits)
	for _, f := range of(t, good()).Figures {
		if _, ok := left[f.Name]; !ok {
			t.Errorf("%s has none", f.Name)
		}
		delete(left, f.Name)
	}
	if len(left) > 0 {
		t.Errorf("no figures of %v", left)
	}
}

// eight are runs whose CPU differs as in life, for pages that stay the same.
func eight(t testing.TB) Group {
	shares := []float64{1, 1.02, 0.98, 1.03, 0.99, 1.01, 0.97, 1.04}
	i := -1
	return group(t, "one", 0, func(r *raw.Run) {
		i++
		for k := range r.Samples {
			r.Samples[k].Processes[0].Values[cpuSeconds] *= shares[i]
		}
	}, 100, 101, 99, 104, 98, 102, 100, 103)
}

func TestSelfCheck(t *testing.T) {
	s, err := Check(eight(t))
	if err != nil {
		t.Fatal(err)
	}
	if !s.Valid() || len(s.Splits) != 35 || s.Quiet() < 32 {
		t.Errorf("%d of %d splits are quiet, %q", s.Quiet(), len(s.Splits), s.Reasons)
	}
	for _, p := range s.Planted {
		if p.Of != 70 || (p.Factor >= 1.15 && p.Found != p.Of) {
			t.Errorf("planted %+v", p)
		}
	}
	short := eight(t)
	short.Reports[0].run.Header.Plan.Duration = time.Second
	if s, err = Check(short); err != nil || s.Valid() || !strings.HasPrefix(s.document().Verdict, "No verdict") {
		t.Errorf("short runs: %v, %v", s.Reasons, err)
	}
	if _, err := Check(group(t, "few", 0, nil, 1, 2, 3, 4, 5, 6)); err == nil || !strings.Contains(err.Error(), "8 at least") {
		t.Errorf("six runs: %v", err)
	}
}

// paced are runs of one configuration on a machine that takes more or less CPU for
// everything, which the yardstick shows if there is one.
func paced(t testing.TB, yardstick bool) Group {
	paces := []float64{1.16, 0.88, 1.12, 0.90, 1.00, 1.10, 0.87, 1.05}
	own := []float64{1.01, 0.99, 1.00, 1.01, 0.98, 1.00, 1.02, 0.99}
	i := -1
	return group(t, "one", 0, func(r *raw.Run) {
		i++
		for k := range r.Samples {
			r.Samples[k].Processes[0].Values[cpuSeconds] *= paces[i] * own[i]
			if r.Samples[k].Yardstick.CPU *= paces[i]; !yardstick {
				r.Samples[k].Yardstick = nil
			}
		}
	}, 100, 101, 99, 104, 98, 102, 100, 103)
}

// What the machine's speed does to CPU is told from what the server does, by the
// yardstick alone.
func TestSpeedOfTheMachine(t *testing.T) {
	found := func(g Group) (planted Planted) {
		s, err := Check(g)
		if err != nil {
			t.Fatal(err)
		}
		if s.Quiet() < 32 {
			t.Errorf("%d of 35 ways are quiet", s.Quiet())
		}
		return s.Planted[slices.Index(plants, 1.15)]
	}
	if p := found(paced(t, true)); p.Found != p.Of {
		t.Errorf("with a yardstick 15 %% were found in %d of %d ways", p.Found, p.Of)
	}
	misled := paced(t, true)
	for i, r := range eight(t).Reports { // as if the yardstick had nothing to do with the server
		for k := range r.run.Samples {
			r.run.Samples[k].Yardstick.CPU = misled.Reports[(i+3)%8].run.Samples[k].Yardstick.CPU
		}
		misled.Reports[i] = r
	}
	if p := found(misled); p.Found != p.Of {
		t.Errorf("with a yardstick that tells nothing, where it is not needed, 15 %% were found in %d of %d ways", p.Found, p.Of)
	}
	if p := found(paced(t, false)); p.Found > p.Of/2 {
		t.Errorf("without one 15 %% were found in %d of %d ways: these runs test nothing", p.Found, p.Of)
	}

	elsewhere := paced(t, true)
	elsewhere.Reports[3].run.Header.Plan.URL = "ws://chat.example.com/chat/ws"
	for _, row := range []struct {
		why     string
		groups  []Group
		changed bool
	}{
		{"all runs have one", []Group{paced(t, true)}, true},
		{"no run has one", []Group{paced(t, false)}, false},
		{"a group has none", []Group{paced(t, true), paced(t, false)}, false},
		{"a server on another machine", []Group{elsewhere}, false},
	} {
		as, said := levelled(row.groups)
		if strings.Contains(said, "mean speed") != row.changed {
			t.Errorf("%s: %q", row.why, said)
		}
		for i, f := range as[0].Reports[0].Figures {
			was := row.groups[0].Reports[0].Figures[i].Value
			if want := row.changed && traits[f.Name].cpu; (f.Value != was) != want {
				t.Errorf("%s: %s went from %v to %v", row.why, f.Name, was, f.Value)
			}
		}
	}
}

// Groups that were made one after the other are told from those made in turns.
func TestInTurns(t *testing.T) {
	base := group(t, "base", 0, nil, 100, 101, 99, 102)
	for _, row := range []struct {
		why    string
		minute int // after the other's first run
		turns  bool
	}{
		{"one after the other of each", 7, true},
		{"all of the one, then all of the other", 61, false},
	} {
		c := compare(t, base, group(t, "other", row.minute, nil, 100, 101, 99, 102))
		if line := c.opening()[2]; c.inTurns() != row.turns || strings.Contains(line, "not made in turns") == row.turns {
			t.Errorf("%s: %q", row.why, line)
		}
	}
}

func TestCompareGoldens(t *testing.T) {
	check, err := Check(eight(t))
	if err != nil {
		t.Fatal(err)
	}
	base := eight(t)
	base.Name = "20ms"
	slower := group(t, "100 <ms> | *", 7, nil, 200, 210, 190, 201)
	spoiled := group(t, "spoiled", 7, func(r *raw.Run) { r.Viewers[0].Missing = 1 }, 200, 210, 190, 201)
	for name, d := range map[string]*document{
		"different": compare(t, base, slower).document(), "noverdict": compare(t, base, spoiled).document(),
		"few": compare(t, group(t, "one", 0, nil, 100), group(t, "two", 7, nil, 122), group(t, "three", 14, nil, 90)).document(), "selfcheck": check.document(),
	} {
		var markdown, html bytes.Buffer
		if err := d.markdown(&markdown); err != nil {
			t.Fatal(err)
		}
		if err := d.html(&html); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".md", markdown.Bytes())
		golden(t, name+".html", html.Bytes())
		if strings.Contains(html.String(), "<ms>") {
			t.Errorf("%s: a folder's name became markup", name)
		}
	}
}

// Results are taken from where they were made to anywhere: a file says the same in
// another folder, and what is not whole or not ours is refused with what to do.
func TestResultsAreCarried(t *testing.T) {
	from := t.TempDir()
	store(t, from, good())
	text, err := os.ReadFile(filepath.Join(from, raw.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(from)) {
		t.Error("the folder is written into the file")
	}
	to := filepath.Join(t.TempDir(), "elsewhere.jsonl")
	for _, tt := range []struct {
		why  string
		text []byte
		want string // of the error; "": none
	}{
		{"whole", text, ""},
		{"cut in a line", text[:len(text)/2], "cut short"},
		{"cut before its last line", text[:bytes.LastIndexByte(text[:len(text)-1], '\n')+1], "cut short"},
		{"empty", nil, "cut short"},
		{"of another version", bytes.Replace(text, []byte(`"version":1`), []byte(`"version":9`), 1), "version 9"},
		{"something else", []byte("hello\nworld\n"), "not the raw results of a load test"},
	} {
		if err := os.WriteFile(to, tt.text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(to)
		switch {
		case tt.want == "" && (err != nil || !r.Valid()):
			t.Errorf("%s: %v", tt.why, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.why, err, tt.want)
		}
	}
}

func TestBandIsChance(t *testing.T) {
	values := []float64{10, 11, 10, 11, 20, 21, 20, 21}
	c := &contest{chance: chanceMain, deals: deals(8, 4)}
	if b := c.band(column{values: values}); b < 0.5 || b > 1.5 || math.IsNaN(b) {
		t.Errorf("the band of values that differ by 1 in each group is %v", b)
	}
}

package classify

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func holdout(t testing.TB) []Line {
	text, err := os.ReadFile("testdata/holdout.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var list []Line
	for row := range strings.Lines(string(text)) {
		line, err := ParseLine(row)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, line)
	}
	return list
}

// scores returns the score of c over list, per language.
func scores(c Classifier, list []Line) map[string]*Score {
	of := map[string]*Score{"ko": {}, "en": {}}
	var r Reading
	for _, line := range list {
		c.Classify(line.Text, &r)
		of[line.Language].Add(line.Mood, r.Mood)
	}
	return of
}

// crossValidated scores lines of the corpus by models that have not seen them, per
// language: what tuning may look at. The hold-out is for measuring alone.
func crossValidated() map[string]*Score {
	const folds = 5
	all := corpus()
	total := map[string]*Score{"ko": {}, "en": {}}
	for fold := range folds {
		var learnt, unseen []Line
		for i, line := range all {
			if i%folds == fold {
				unseen = append(unseen, line)
			} else {
				learnt = append(learnt, line)
			}
		}
		for lang, score := range scores(learn(learnt), unseen) {
			for truth, row := range score.Confusion {
				for said, n := range row {
					total[lang].Confusion[truth][said] += n
				}
			}
		}
	}
	return total
}

// TestAccuracy prints how well the starter reads, and holds the table of
// docs/analysis.md to it.
func TestAccuracy(t *testing.T) {
	text, err := os.ReadFile("../../../docs/analysis.md")
	if err != nil {
		t.Fatal(err)
	}
	unseen, crossed := scores(NewStarter(), holdout(t)), crossValidated()
	for name, lang := range map[string]string{"Korean": "ko", "English": "en"} {
		s, c := unseen[lang], crossed[lang]
		t.Logf("%s: accuracy %.3f, macro-F1 %.3f over %d lines", name, s.Accuracy(), s.MacroF1(), s.Lines())
		t.Logf("%s in cross-validation: accuracy %.3f, macro-F1 %.3f over %d lines %v", name, c.Accuracy(), c.MacroF1(), c.Lines(), c.Confusion)
		if s.MacroF1() < 0.6 || c.MacroF1() < 0.6 {
			t.Errorf("%s: the model hardly learns", name)
		}
		row := regexp.MustCompile(`(?m)^\| ` + name + ` \| (\S+) \| (\S+) \| (\S+) \| (\S+) \|$`).FindSubmatch(text)
		if row == nil {
			t.Fatalf("docs/analysis.md has no row %s", name)
		}
		for i, measured := range []float64{float64(s.Lines()), s.Accuracy(), s.MacroF1(), c.Accuracy()} {
			documented, err := strconv.ParseFloat(string(row[i+1]), 64)
			if err != nil || math.Abs(documented-measured) > 0.0051 { // rounded
				t.Errorf("%s: measured %.4f, documented %s", name, measured, row[i+1])
			}
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	c := NewStarter()
	list := corpus()
	var r Reading
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Classify(list[i%len(list)].Text, &r)
		i++
	}
}

func BenchmarkNewStarter(b *testing.B) {
	for b.Loop() {
		NewStarter()
	}
}

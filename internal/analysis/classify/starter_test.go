package classify

import (
	"os"
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

// TestCrossValidation prints what tuning may look at: lines of the corpus by a
// model that has not seen them. The hold-out is for measuring alone.
func TestCrossValidation(t *testing.T) {
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
	for _, lang := range []string{"ko", "en"} {
		s := total[lang]
		t.Logf("%s: accuracy %.3f, macro-F1 %.3f over %d lines %v", lang, s.Accuracy(), s.MacroF1(), s.Lines(), s.Confusion)
		if s.MacroF1() < 0.6 {
			t.Errorf("%s: the model hardly learns", lang)
		}
	}
}

func TestHoldout(t *testing.T) {
	for lang, s := range scores(NewStarter(), holdout(t)) {
		t.Logf("%s: accuracy %.3f, macro-F1 %.3f over %d lines", lang, s.Accuracy(), s.MacroF1(), s.Lines())
		if s.MacroF1() < 0.6 {
			t.Errorf("%s: worse than documented", lang)
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

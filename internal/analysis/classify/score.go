package classify

import "github.com/hubbub-live/hubbub"

// A Score is how a classifier did on labelled lines. The zero value is empty.
type Score struct {
	// Confusion counts lines by true mood, then by the one the classifier said.
	Confusion [hubbub.Moods][hubbub.Moods]int
}

// Add counts one line.
func (s *Score) Add(truth, said hubbub.Mood) { s.Confusion[truth][said]++ }

// Lines is how many lines were counted.
func (s *Score) Lines() (n int) {
	for m := range hubbub.Moods {
		n += s.Support(hubbub.Mood(m))
	}
	return n
}

// Support is how many lines truly are of mood m.
func (s *Score) Support(m hubbub.Mood) (n int) {
	for _, k := range s.Confusion[m] {
		n += k
	}
	return n
}

// Accuracy is the share of lines that were right; 0 of no line.
func (s *Score) Accuracy() float64 {
	right := 0
	for m := range hubbub.Moods {
		right += s.Confusion[m][m]
	}
	return share(right, s.Lines())
}

// Precision is the share of lines said to be m that are.
func (s *Score) Precision(m hubbub.Mood) float64 {
	return share(s.Confusion[m][m], s.said(m))
}

// Recall is the share of lines of mood m that were found.
func (s *Score) Recall(m hubbub.Mood) float64 { return share(s.Confusion[m][m], s.Support(m)) }

// F1 is the harmonic mean of precision and recall.
func (s *Score) F1(m hubbub.Mood) float64 {
	p, r := s.Precision(m), s.Recall(m)
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

// MacroF1 is the mean of F1 over the moods that occur, as truth or as said.
func (s *Score) MacroF1() float64 {
	sum, occur := 0.0, 0
	for i := range hubbub.Moods {
		m := hubbub.Mood(i)
		if s.Support(m) > 0 || s.said(m) > 0 {
			sum += s.F1(m)
			occur++
		}
	}
	if occur == 0 {
		return 0
	}
	return sum / float64(occur)
}

func (s *Score) said(m hubbub.Mood) (n int) {
	for truth := range hubbub.Moods {
		n += s.Confusion[truth][m]
	}
	return n
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

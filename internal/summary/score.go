package summary

import (
	"math"
	"slices"
)

// Lines are scored by hybrid TF-IDF (Inouye and Kalita 2011): a word weighs by how
// often it is in all lines together, as if they were one document, and by how few
// lines have it; a line by the mean weight of its words.

// leastWords is by how many words a shorter line is divided, or single words would
// be the best lines.
const leastWords = 4

// weigh weighs the words.
func (w *window) weigh() {
	total := 0
	for i := range w.words {
		total += len(w.words[i].lines)
	}
	for i := range w.words {
		n := float64(len(w.words[i].lines))
		w.words[i].weight = n / float64(total) * math.Log2(1+float64(len(w.lines))/n)
	}
}

// foreign is what a line counts that is not in the language of the window, beside
// one that is.
const foreign = 0.7

func (w *window) score(i int) float64 {
	l, sum := &w.lines[i], 0.0
	for _, word := range l.words {
		sum += w.words[word].weight
	}
	if l.korean != w.korean {
		sum *= foreign
	}
	return sum / float64(max(len(l.words), leastWords))
}

// alike returns the share of words that two lines have in common, 0 to 1.
func (w *window) alike(i, j int) float64 {
	a, b := &w.lines[i], &w.lines[j]
	if a.copied == b.copied {
		return 1
	}
	common := 0
	for _, word := range a.words {
		if _, ok := slices.BinarySearch(b.words, word); ok {
			common++
		}
	}
	if common == 0 {
		return 0
	}
	return float64(common) / float64(len(a.words)+len(b.words)-common)
}

const (
	relevance = 0.7 // the rest is novelty
	tooAlike  = 0.5 // to be quoted beside each other
)

// choose returns the best line of some to be quoted beside those that are: by
// maximal marginal relevance, that is a good one that says something else. ok is
// false if none can be.
func (w *window) choose(among, told []int) (best int, ok bool) {
	most := 0.0
	for _, i := range among {
		most = max(most, w.score(i))
	}
	top := math.Inf(-1)
	for _, i := range among {
		l := &w.lines[i]
		if !l.quoted || len(l.words) == 0 {
			continue
		}
		near := 0.0
		for _, j := range told {
			near = max(near, w.alike(i, j))
		}
		if near >= tooAlike {
			continue
		}
		if value := relevance*w.score(i)/most - (1-relevance)*near; value > top {
			best, ok, top = i, true, value
		}
	}
	return best, ok
}

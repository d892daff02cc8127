package summary

import (
	"slices"

	"github.com/hubbub-live/hubbub"
)

// A topic is a word that many used, and the lines with it.
type topic struct {
	word  int
	lines []int // by which it was found: those of no topic before
	all   []int
}

// topic returns the word that most people used in lines of which none is told yet,
// by number of people; ok is false if fewer than `least` did.
func (w *window) topic(told []bool, least int) (best topic, ok bool) {
	crowd, last := least-1, make([]int, w.people) // the word for which a person was counted
	for n := range w.words {
		word := &w.words[n]
		if !word.topic || len(word.lines) <= crowd {
			continue
		}
		people := 0
		for _, i := range word.lines {
			if s := w.lines[i].sender; !told[i] && last[s] != n+1 {
				last[s] = n + 1
				people++
			}
		}
		if people > crowd {
			crowd, best, ok = people, topic{word: n, all: word.lines}, true
		}
	}
	for _, i := range best.all {
		if !told[i] {
			best.lines = append(best.lines, i)
		}
	}
	return best, ok
}

// A wave is what so many copied, and a fiftieth of all.
const (
	waveLines  = 5
	wavePeople = 4
)

// copies returns the lines of what most people copied; none if it was not a wave, or
// was mere laughter.
func (w *window) copies() (best []int) {
	copies := make([][]int, len(w.lines))
	for i := range w.lines {
		first := w.lines[i].copied
		copies[first] = append(copies[first], i)
	}
	most := max(wavePeople, w.people/fiftieth) - 1
	for first, lines := range copies {
		if len(lines) < waveLines || !slices.ContainsFunc(lines, func(i int) bool { return w.lines[i].quoted }) || w.laughed(first) {
			continue
		}
		if people := w.crowd(lines); people > most {
			best, most = lines, people
		}
	}
	return best
}

// laughed says that a line is laughter and nothing else.
func (w *window) laughed(i int) bool {
	return w.lines[i].Mood == hubbub.Laughter && len(w.lines[i].words) == 0
}

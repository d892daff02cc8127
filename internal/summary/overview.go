package summary

import (
	"cmp"
	"slices"
	"time"

	"github.com/hubbub-live/hubbub"
)

// An overview is how much was said, and in which mood.
type overview struct {
	total, read, people int
	span                time.Duration // 0: not known
	moods               []crowd       // of most people first; without Other
	spam                int           // lines, if they are most
}

// A crowd is how many people were in a mood.
type crowd struct {
	mood   hubbub.Mood
	people int
	lines  []int
}

// overviewMoods is how many moods are told.
const overviewMoods = 3

// overview is the first sentence; it quotes nothing and cites an example of each mood.
func (t *teller) overview(total int) {
	o := overview{total: total, read: len(t.lines), people: t.people, span: t.span()}
	for _, c := range t.crowds() {
		if c.mood != hubbub.Other && c.people > 0 && len(o.moods) < overviewMoods {
			o.moods = append(o.moods, c)
		}
	}
	examples := t.spam()
	if 2*len(examples) > len(t.lines) {
		o.spam, o.moods = len(examples), nil
	} else {
		examples = nil
	}
	for _, c := range o.moods {
		examples = append(examples, c.lines[0])
	}
	if len(examples) == 0 {
		examples = t.all()
	}
	t.say(t.frames.overview(o), nil, examples)
}

// spam returns the lines that are.
func (w *window) spam() (lines []int) {
	for i := range w.lines {
		if w.lines[i].spam {
			lines = append(lines, i)
		}
	}
	return lines
}

// span returns the time from the first to the last line; 0 if it says nothing.
func (t *teller) span() time.Duration {
	first, last := t.lines[0].Time, t.lines[len(t.lines)-1].Time
	if span := last.Sub(first); !first.IsZero() && span > 0 && span < 24*time.Hour {
		return span
	}
	return 0
}

// crowds returns the moods, that of most people first.
func (t *teller) crowds() []crowd {
	crowds := make([]crowd, hubbub.Moods)
	for m := range crowds {
		mood := hubbub.Mood(m)
		lines := t.of(mood)
		crowds[m] = crowd{mood, t.crowd(lines), lines}
	}
	slices.SortStableFunc(crowds, func(a, b crowd) int { return cmp.Compare(b.people, a.people) })
	return crowds
}

// of returns the lines of a mood.
func (w *window) of(mood hubbub.Mood) (lines []int) {
	for i := range w.lines {
		if w.lines[i].Mood == mood {
			lines = append(lines, i)
		}
	}
	return lines
}

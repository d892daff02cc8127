package summary

import (
	"cmp"
	"slices"
	"time"

	"github.com/hubbub-live/hubbub"
)

// A teller makes the sentences, one after the other, and remembers what it quoted.
type teller struct {
	window
	frames    frames
	sentences []Sentence
	told      []int // lines that are quoted
}

// say adds a sentence that quotes some lines and cites them, and of others as many
// as there is room for, of different people.
func (t *teller) say(text string, quoted, others []int) {
	seen, s := map[int]bool{}, Sentence{Text: text}
	ids := map[string]bool{} // an input may have an ID twice
	cite := func(i int) {
		if id := t.lines[i].ID; !ids[id] {
			ids[id], seen[t.lines[i].sender] = true, true
			s.MessageIDs = append(s.MessageIDs, id)
		}
	}
	for _, i := range quoted {
		cite(i)
	}
	for _, i := range others {
		if len(s.MessageIDs) < maxCited && !seen[t.lines[i].sender] {
			cite(i)
		}
	}
	t.told = append(t.told, quoted...)
	t.sentences = append(t.sentences, s)
}

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

const overviewMoods = 3

func (t *teller) overview(total int) {
	o := overview{total: total, read: len(t.lines), people: t.people, span: t.span()}
	for _, c := range t.crowds() {
		if c.mood != hubbub.Other && c.people > 0 && len(o.moods) < overviewMoods {
			o.moods = append(o.moods, c)
		}
	}
	var spam, all, examples []int
	for i := range t.lines {
		if all = append(all, i); t.lines[i].spam {
			spam = append(spam, i)
		}
	}
	if 2*len(spam) > len(t.lines) {
		o.spam, o.moods = len(spam), nil
		examples = spam
	}
	for _, c := range o.moods {
		examples = append(examples, c.lines[0])
	}
	if len(examples) == 0 {
		examples = all
	}
	t.say(t.frames.overview(o), nil, examples)
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
	for i := range t.lines {
		if m := int(t.lines[i].Mood); m < hubbub.Moods {
			crowds[m].lines = append(crowds[m].lines, i)
		}
	}
	for m := range crowds {
		crowds[m].mood, crowds[m].people = hubbub.Mood(m), t.crowd(crowds[m].lines)
	}
	slices.SortStableFunc(crowds, func(a, b crowd) int { return cmp.Compare(b.people, a.people) })
	return crowds
}

func (w *window) laughed(i int) bool {
	return w.lines[i].Mood == hubbub.Laughter && len(w.lines[i].words) == 0
}

func (t *teller) wave() {
	lines := t.copies()
	if len(lines) == 0 {
		return
	}
	first := slices.IndexFunc(lines, func(i int) bool { return t.lines[i].quoted })
	shown := lines[first]
	t.say(t.frames.wave(quote(t.lines[shown].Text), len(lines), t.crowd(lines)), []int{shown}, lines)
}

// Of how many lines on there are how many topics, of how many people at least.
const (
	manyLines  = 150
	fewTopics  = 2
	manyTopics = 3
)

func (t *teller) topics() {
	most, least := fewTopics, 2
	if len(t.lines) >= manyLines {
		most, least = manyTopics, 3
	}
	told := make([]bool, len(t.lines))
	for i := range told {
		told[i] = t.lines[i].spam || slices.ContainsFunc(t.told, func(j int) bool { return t.lines[i].copied == t.lines[j].copied })
	}
	for said := 0; said < most; {
		topic, ok := t.topic(told, least)
		if !ok {
			return
		}
		for _, i := range topic.lines {
			told[i] = true
		}
		shown, ok := t.choose(topic.lines, t.told)
		if !ok {
			continue
		}
		said++
		t.say(t.frames.topic(t.name(topic, shown), quote(t.lines[shown].Text), t.crowd(topic.all)), []int{shown}, topic.all)
	}
}

// name returns a topic as a line has it.
func (t *teller) name(of topic, shown int) string {
	for s := (scanner{rest: t.lines[shown].Text}); s.next(); {
		if t.numbers[s.stem] == of.word {
			return s.name()
		}
	}
	return ""
}

// questions tells up to two that seem open.
func (t *teller) questions() {
	var asked []int
	for i := range t.lines {
		if l := &t.lines[i]; l.Mood == hubbub.Question && l.quoted && len(l.words) > 0 {
			asked = append(asked, i)
		}
	}
	var shown, others []int
	var said []quoted
	for _, g := range t.groups(asked) {
		if len(said) == 2 {
			break
		}
		if slices.ContainsFunc(g.lines, t.answered) {
			continue
		}
		if i, ok := t.choose(g.lines, slices.Concat(t.told, shown)); ok {
			shown, others = append(shown, i), append(others, g.lines...)
			said = append(said, quoted{quote(t.lines[i].Text), g.people})
		}
	}
	if len(said) > 0 {
		t.say(t.frames.questions(said), shown, others)
	}
}

// A quoted text, and how many people said much the same.
type quoted struct {
	text   string
	people int
}

// moods tells what was criticised, advised and praised, by how many.
func (t *teller) moods() {
	for _, c := range t.crowds() {
		switch c.mood {
		case hubbub.Criticism, hubbub.Advice, hubbub.Praise:
		default:
			continue
		}
		if c.people < 2 && len(t.lines) > 20 {
			continue
		}
		for _, g := range t.groups(slices.DeleteFunc(slices.Clone(c.lines), func(i int) bool { return !t.lines[i].quoted || len(t.lines[i].words) == 0 })) {
			if i, ok := t.choose(g.lines, t.told); ok {
				t.say(t.frames.mood(c.mood, c.people, quote(t.lines[i].Text)), []int{i}, c.lines)
				break
			}
		}
	}
}

// others tells what else was said, where little was.
func (t *teller) others() {
	var rest []int
	for i := range t.lines {
		if l := &t.lines[i]; l.quoted && len(l.words) > 0 {
			rest = append(rest, i)
		}
	}
	for len(t.told) < 2 {
		i, ok := t.choose(rest, t.told)
		if !ok {
			return
		}
		t.say(t.frames.other(quote(t.lines[i].Text)), []int{i}, nil)
	}
}

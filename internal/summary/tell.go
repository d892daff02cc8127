package summary

import (
	"slices"

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

func (t *teller) wave() {
	lines := t.copies()
	if len(lines) == 0 {
		return
	}
	first := slices.IndexFunc(lines, func(i int) bool { return t.lines[i].quoted })
	shown := lines[first]
	t.say(t.frames.wave(quote(t.lines[shown].Text), len(lines), t.crowd(lines)), []int{shown}, lines)
}

// Of how many lines on there are how many topics, and of how many people at least.
const (
	manyLines  = 150
	fewTopics  = 2
	manyTopics = 3
	fiftieth   = 50 // of all people
	afterwards = 4  // sentences: questions, criticism, advice, praise
)

func (t *teller) topics() {
	most, least := fewTopics, 2
	if len(t.lines) >= manyLines {
		most, least = manyTopics, 3
	}
	most, least = min(most, MaxSentences-afterwards-len(t.sentences)), max(least, t.people/fiftieth)
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
		shown, ok := t.choose(t.mainly(topic.lines), t.told)
		if !ok {
			shown, ok = t.choose(topic.lines, t.told)
		}
		if ok {
			said++
			t.say(t.frames.topic(t.name(topic, shown), quote(t.lines[shown].Text), t.crowd(topic.all)), []int{shown}, topic.all)
		}
	}
}

// mainly returns those of some lines that are in the mood that most of them are in.
func (t *teller) mainly(lines []int) (main []int) {
	var moods [256][]int
	for _, i := range lines {
		m := t.lines[i].Mood
		if moods[m] = append(moods[m], i); len(moods[m]) > len(main) {
			main = moods[m]
		}
	}
	return main
}

// name returns a topic as a line has it.
func (t *teller) name(of topic, shown int) string {
	for s := (scanner{rest: t.lines[shown].Text}); s.next(); {
		if t.numbers[s.stem] != of.word {
			continue
		}
		if !t.words[of.word].bare {
			return s.name() + "이"
		}
		return s.name()
	}
	return ""
}

// questions tells up to two that seem open.
func (t *teller) questions() {
	var shown, others []int
	var said []quoted
	for _, g := range t.groups(t.quotable(t.of(hubbub.Question))) {
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

// In a small window one person's judgement is told too.
const fewLines = 20

// moods tells what was criticised, advised and praised, by how many.
func (t *teller) moods() {
	for _, c := range t.crowds() {
		judges := c.mood == hubbub.Criticism || c.mood == hubbub.Advice || c.mood == hubbub.Praise
		if !judges || c.people < 2 && len(t.lines) > fewLines {
			continue
		}
		for _, g := range t.groups(t.quotable(c.lines)) {
			if i, ok := t.choose(g.lines, t.told); ok {
				t.say(t.frames.mood(c.mood, c.people, quote(t.lines[i].Text)), []int{i}, c.lines)
				break
			}
		}
	}
}

// quotable returns those of some lines that may be quoted and say something.
func (w *window) quotable(lines []int) (some []int) {
	for _, i := range lines {
		if w.lines[i].quoted && len(w.lines[i].words) > 0 {
			some = append(some, i)
		}
	}
	return some
}

// others tells what else was said, where little was.
func (t *teller) others() {
	for len(t.told) < 2 {
		i, ok := t.choose(t.all(), t.told)
		if !ok {
			return
		}
		t.say(t.frames.other(quote(t.lines[i].Text)), []int{i}, nil)
	}
}

// all returns all lines.
func (w *window) all() []int {
	all := make([]int, len(w.lines))
	for i := range all {
		all[i] = i
	}
	return all
}

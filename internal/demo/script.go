package demo

import (
	"math/rand/v2"
	"time"

	"github.com/hubbub-live/hubbub"
)

// A cue is a message of the script.
type cue struct {
	after time.Duration // the cue before it
	who   *person
	text  string
}

// A script is what is said, without end: the show from its first act to its last,
// and again. Equal seeds give equal scripts.
type script struct {
	show   show
	people []person
	random *rand.Rand
	pace   time.Duration // between two messages, on average

	act     int           // the one that is on
	left    time.Duration // of it
	decks   [hubbub.Moods][]line
	wave    bool  // is still to come in this act
	coming  []cue // of a wave, or answers; each with how many cues come first
	answers []answer
	last    *person
}

// An answer is said when a few others have said something.
type answer struct {
	in   int
	to   *person
	text string
}

func newScript(seed uint64, pace time.Duration) (*script, error) {
	s, err := readShow(showText)
	if err != nil {
		return nil, err
	}
	k := &script{show: s, people: readPeople(peopleText), random: rand.New(rand.NewPCG(seed, seed)), pace: pace}
	k.begin(0)
	return k, nil
}

// begin begins an act.
func (k *script) begin(n int) {
	k.act = n % len(k.show.acts)
	a := &k.show.acts[k.act]
	k.left, k.decks = a.lasts, [hubbub.Moods][]line{}
	k.wave = len(a.waves) > 0 && k.random.IntN(3) > 0
}

// next returns the next cue.
func (k *script) next() cue {
	c := k.say()
	k.left -= time.Duration(float64(c.after) / float64(k.pace) * float64(time.Second)) // acts are timed for a message a second
	if k.left <= 0 && len(k.coming) == 0 {
		k.begin(k.act + 1)
	}
	k.last = c.who
	return c
}

func (k *script) say() cue {
	a := &k.show.acts[k.act]
	if len(k.coming) > 0 {
		c := k.coming[0]
		k.coming = k.coming[1:]
		return c
	}
	if k.wave && k.left < a.lasts*2/3 {
		k.wave = false
		k.rise(a.waves[k.random.IntN(len(a.waves))])
		return k.say()
	}
	for i := range k.answers {
		if k.answers[i].in--; k.answers[i].in < 0 {
			now := k.answers[i]
			k.answers = append(k.answers[:i], k.answers[i+1:]...)
			return cue{k.pause(), k.somebody(now.text, now.to), now.text}
		}
	}
	l := k.draw(a)
	who := k.somebody(l.text, k.last)
	if l.answer != "" {
		k.answers = append(k.answers, answer{in: 1 + k.random.IntN(3), to: who, text: l.answer})
	}
	return cue{k.pause(), who, l.text}
}

// rise makes a wave: many say the same, faster than anything else is said.
func (k *script) rise(text string) {
	for _, i := range k.random.Perm(len(k.people))[:8+k.random.IntN(7)] {
		k.coming = append(k.coming, cue{k.pace/6 + time.Duration(k.random.Int64N(int64(k.pace/4)+1)), &k.people[i], text})
	}
}

// draw takes a line of the act, of a mood by its mix. No line comes again before
// the others of its mood have come.
func (k *script) draw(a *act) line {
	mood := k.mood(a)
	if len(k.decks[mood]) == 0 {
		// Those of the act first; in a long one the others follow.
		k.decks[mood] = append(k.shuffled(k.show.any[mood]), k.shuffled(a.lines[mood])...)
	}
	n := len(k.decks[mood]) - 1
	l := k.decks[mood][n]
	k.decks[mood] = k.decks[mood][:n]
	return l
}

func (k *script) shuffled(lines []line) []line {
	out := make([]line, 0, len(lines))
	for _, i := range k.random.Perm(len(lines)) {
		out = append(out, lines[i])
	}
	return out
}

func (k *script) mood(a *act) hubbub.Mood {
	total := 0
	for _, n := range a.mix {
		total += n
	}
	at := k.random.IntN(total)
	for mood, n := range a.mix {
		if at -= n; at < 0 {
			return hubbub.Mood(mood)
		}
	}
	return hubbub.Other
}

// somebody finds who writes in the language of a text and is not `but`.
func (k *script) somebody(text string, but *person) *person {
	wanted, matters := korean(text)
	for {
		p := &k.people[k.random.IntN(len(k.people))]
		if p != but && (!matters || p.korean == wanted) {
			return p
		}
	}
}

// pause is how long it takes until somebody says something: now and then two do at
// once, now and then nobody has anything to say.
func (k *script) pause() time.Duration {
	x := k.random.ExpFloat64()
	return time.Duration(min(max(x, 0.15), 3.5) * float64(k.pace))
}

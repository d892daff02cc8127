package summary

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/text"
)

// A window is what was read of the messages.
type window struct {
	lines  []line
	words  []word
	people int  // who wrote
	korean bool // more of the lines with letters are Korean than are not

	numbers map[string]int // of words, by stem
}

// A line is a message as it was read.
type line struct {
	*Message
	sender int   // counted from 0, in order of appearance
	words  []int // that say something; sorted, each once
	copied int   // the first line that says the same; its own place if none does
	korean bool
	spam   bool // looks like advertising, or is one person's third time of saying it
	quoted bool // may be: is clean, and nothing but a text
}

// A word is a word of the window.
type word struct {
	stem   string
	lines  []int // with it
	topic  bool  // can name what people talk about
	bare   bool  // is met without 이
	weight float64
}

// maxWords is how many words of a line are read.
const maxWords = 16

// A reader numbers what it meets.
type reader struct {
	window
	senders map[hubbub.UserID]int
	firsts  map[string]int // lines by what they say
	said    map[saying]int // how often
	scan    scanner
}

type saying struct{ sender, line int }

func read(messages []Message) window {
	r := reader{
		window:  window{numbers: map[string]int{}},
		senders: map[hubbub.UserID]int{}, firsts: map[string]int{}, said: map[saying]int{},
	}
	r.lines = make([]line, len(messages))
	hangul, letters := 0, 0
	for i := range messages {
		l := &r.lines[i]
		l.Message = &messages[i]
		r.line(i, l)
		if l.korean {
			hangul++
		} else if strings.ContainsFunc(l.Text, unicode.IsLetter) {
			letters++
		}
	}
	r.people, r.korean = len(r.senders), hangul > 0 && hangul >= letters
	r.weigh()
	return r.window
}

func (r *reader) line(i int, l *line) {
	l.sender = number(r.senders, l.Sender)
	l.korean = strings.ContainsFunc(l.Text, func(r rune) bool { return hangul(r) || jamo(r) })
	toxic, spam := classify.Abuse(l.Text)
	l.spam = spam >= 0.5
	l.quoted = !l.spam && toxic < 0.5 && presentable(l.Text)
	if l.copied = i; !l.spam && len(l.Text) <= text.DefaultBytes {
		r.terms(i, l)
	}
	key := squashed(l.Text)
	if first, ok := r.firsts[key]; ok {
		l.copied = first
	} else {
		r.firsts[key] = i
	}
	again := saying{l.sender, l.copied}
	if r.said[again]++; r.said[again] > 2 && len(l.words) > 0 {
		l.spam, l.quoted = true, false
	}
}

// terms gives the line its words, and the words the line.
func (r *reader) terms(i int, l *line) {
	r.scan.start(l.Text)
	for len(l.words) < maxWords && r.scan.next() {
		n := number(r.numbers, r.scan.stem)
		if n == len(r.words) {
			r.words = append(r.words, word{stem: r.scan.stem})
		}
		w := &r.words[n]
		w.topic = w.topic || r.scan.topic
		w.bare = w.bare || !r.scan.subject()
		if at, ok := slices.BinarySearch(l.words, n); !ok {
			l.words = slices.Insert(l.words, at, n)
			w.lines = append(w.lines, i)
		}
	}
}

func number[K comparable](of map[K]int, key K) int {
	n, ok := of[key]
	if !ok {
		n = len(of)
		of[key] = n
	}
	return n
}

// squashed returns what a text says apart from case, spaces, signs and how long
// runs are; the text if that is nothing.
func squashed(s string) string {
	var b strings.Builder
	var last, before rune
	for _, r := range s {
		if r = unicode.ToLower(r); unicode.In(r, unicode.L, unicode.N, unicode.So) && (r != last || r != before) {
			b.WriteRune(r)
			last, before = r, last
		}
	}
	if b.Len() == 0 {
		return s
	}
	return b.String()
}

// crowd counts the different senders of lines.
func (w *window) crowd(lines []int) int {
	seen := make(map[int]bool, len(lines))
	for _, i := range lines {
		seen[w.lines[i].sender] = true
	}
	return len(seen)
}

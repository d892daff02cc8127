package demo

import (
	"bufio"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hubbub-live/hubbub"
)

//go:embed show.txt
var showText string

//go:embed people.txt
var peopleText string

// A person is one of the chatters.
type person struct {
	id     hubbub.UserID
	name   string
	korean bool // what they write
}

// A line is something to say, and maybe what somebody answers.
type line struct {
	text, answer string
}

// An act is a part of the show, in which the room has a mood of its own.
type act struct {
	name  string
	lasts time.Duration
	mix   [hubbub.Moods]int // how often which mood is said, relative to each other
	lines [hubbub.Moods][]line
	waves []string
}

// A show is its acts in order, and what may be said in any of them.
type show struct {
	acts []act
	any  [hubbub.Moods][]line
}

// moodOf are the letters of show.txt.
var moodOf = map[string]hubbub.Mood{
	"p": hubbub.Praise, "c": hubbub.Criticism, "l": hubbub.Laughter, "q": hubbub.Question, "a": hubbub.Advice, "o": hubbub.Other,
}

// readShow reads show.txt, which says how it is written.
func readShow(text string) (s show, err error) {
	var current *act
	var last *line
	lines := bufio.NewScanner(strings.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		letter, rest, _ := strings.Cut(lines.Text(), " ")
		mood, isLine := moodOf[letter]
		switch {
		case letter == "" || letter == "#":
		case letter == "=":
			a, err := readAct(rest)
			if err != nil {
				return show{}, fmt.Errorf("line %d: %w", number, err)
			}
			s.acts, last = append(s.acts, a), nil
			current = &s.acts[len(s.acts)-1]
		case rest == "" || current == nil || letter == ">" && last == nil:
			return show{}, fmt.Errorf("line %d: nothing is said, or to nothing", number)
		case letter == ">":
			last.answer = rest
		case letter == "w":
			current.waves = append(current.waves, rest)
		case isLine:
			current.lines[mood] = append(current.lines[mood], line{text: rest})
			last = &current.lines[mood][len(current.lines[mood])-1]
		default:
			return show{}, fmt.Errorf("line %d begins with %q", number, letter)
		}
	}
	if n := len(s.acts); n < 2 || s.acts[n-1].name != "*" {
		return show{}, fmt.Errorf("the act * has to be the last of several")
	}
	s.acts, s.any = s.acts[:len(s.acts)-1], s.acts[len(s.acts)-1].lines
	return s, nil
}

// readAct reads what follows the sign of an act.
func readAct(text string) (a act, err error) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return act{}, fmt.Errorf("an act needs a name and seconds")
	}
	seconds, err := strconv.Atoi(words[1])
	if err != nil {
		return act{}, err
	}
	a.name, a.lasts = words[0], time.Duration(seconds)*time.Second
	for _, word := range words[2:] {
		mood, ok := moodOf[word[:1]]
		if !ok {
			return act{}, fmt.Errorf("there is no mood %q", word)
		}
		if a.mix[mood], err = strconv.Atoi(word[1:]); err != nil {
			return act{}, err
		}
	}
	return a, nil
}

// readPeople reads people.txt: what they write, and their name.
func readPeople(text string) (people []person) {
	for word := range strings.Lines(text) {
		language, name, _ := strings.Cut(strings.TrimSpace(word), " ")
		people = append(people, person{
			id:   hubbub.UserID(fmt.Sprintf("%s%02d", idPrefix, len(people)+1)),
			name: name, korean: language == "ko",
		})
	}
	return people
}

// korean says whether a text is for those who write Korean; ok is false for one
// that anybody may write.
func korean(text string) (is, ok bool) {
	for _, r := range text {
		if unicode.Is(unicode.Hangul, r) {
			return true, true
		}
		ok = ok || unicode.IsLower(r)
	}
	return false, ok
}

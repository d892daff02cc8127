package summary

import (
	"time"

	"github.com/hubbub-live/hubbub"
)

type english struct{}

func (english) overview(o overview) string {
	s := count(o.people, "person", "people") + " wrote " + count(o.total, "message", "messages")
	switch {
	case o.total > o.read:
		s = "Of " + count(o.total, "message", "messages") + ", " + figure(o.read) + " were read, by " + count(o.people, "person", "people")
	case o.span >= 90*time.Second:
		s += " in about " + count(int(o.span.Round(time.Minute).Minutes()), "minute", "minutes")
	case o.span >= time.Second:
		s += " in " + count(int(o.span.Seconds()), "second", "seconds")
	}
	s += "."
	if o.spam > 0 {
		return s + " " + figure(o.spam) + " of them look like advertising or repetition."
	}
	var said []string
	for i, c := range o.moods {
		did := figure(c.people) + " "
		if i == 0 && o.people > 2 && 2*c.people > o.people {
			did = "Most of them (" + figure(c.people) + ") "
		}
		said = append(said, did+englishMoods[c.mood].did)
	}
	if len(said) > 0 {
		s += " " + joined(said, ", ", " and ") + "."
	}
	return s
}

var englishMoods = [hubbub.Moods]struct{ did, name string }{
	hubbub.Praise:    {"had praise", "Praise"},
	hubbub.Criticism: {"had criticism", "Criticism"},
	hubbub.Laughter:  {"laughed", "Laughter"},
	hubbub.Question:  {"asked something", "Questions"},
	hubbub.Advice:    {"gave advice", "Advice"},
}

func (english) wave(quote string, times, people int) string {
	if times == people {
		return figure(people) + " people posted the same: " + quote + "."
	}
	return figure(people) + " people posted the same, " + figure(times) + " times in all: " + quote + "."
}

func (english) topic(name, quote string, people int) string {
	return count(people, "person", "people") + " mentioned “" + name + "”: " + quote + "."
}

func (english) questions(asked []quoted) string {
	var said []string
	for _, q := range asked {
		if q.people > 1 {
			q.text += " (" + count(q.people, "person", "people") + ")"
		}
		said = append(said, q.text)
	}
	return "No answer in the chat yet, it seems: " + joined(said, ", ", " and ") + "."
}

func (english) mood(m hubbub.Mood, people int, quote string) string {
	return englishMoods[m].name + " from " + count(people, "person", "people") + ": " + quote + "."
}

func (english) other(quote string) string { return "Also said: " + quote + "." }

func count(n int, one, many string) string {
	if n == 1 {
		return figure(n) + " " + one
	}
	return figure(n) + " " + many
}

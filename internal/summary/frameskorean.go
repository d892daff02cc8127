package summary

import (
	"time"

	"github.com/hubbub-live/hubbub"
)

// korean has no particle after a quote, so that it does not depend on the last
// sound of what somebody wrote.
type korean struct{}

func (korean) overview(o overview) string {
	s := figure(o.people) + "명이 메시지 " + figure(o.total) + "개를 남겼습니다."
	switch {
	case o.total > o.read:
		s = "메시지 " + figure(o.total) + "개 가운데 " + figure(o.read) + "개(" + figure(o.people) + "명)를 골라 읽었습니다."
	case o.span >= 90*time.Second:
		s = "약 " + figure(int(o.span.Round(time.Minute).Minutes())) + "분 동안 " + s
	case o.span >= time.Second:
		s = figure(int(o.span.Seconds())) + "초 동안 " + s
	}
	if o.spam > 0 {
		return s + " 그중 " + figure(o.spam) + "개는 광고나 도배로 보입니다."
	}
	for i, c := range o.moods {
		s += " "
		if i == 0 && o.people > 2 && 2*c.people > o.people {
			s += "절반이 넘는 "
		}
		s += figure(c.people) + "명이 " + koreanMoods[c.mood].did
		switch {
		case i == len(o.moods)-1:
			s += "습니다."
		case i == 0:
			s += "고"
		default:
			s += "으며"
		}
	}
	return s
}

var koreanMoods = [hubbub.Moods]struct{ did, name string }{
	hubbub.Praise:    {"칭찬했", "칭찬"},
	hubbub.Criticism: {"아쉬워했", "아쉽다는 의견"},
	hubbub.Laughter:  {"웃었", "웃음"},
	hubbub.Question:  {"질문했", "질문"},
	hubbub.Advice:    {"조언했", "조언"},
}

func (korean) wave(quote string, times, people int) string {
	if times == people {
		return figure(people) + "명이 같은 말을 했습니다: " + quote
	}
	return figure(people) + "명이 같은 말을 모두 " + figure(times) + "번 했습니다: " + quote
}

func (korean) topic(name, quote string, people int) string {
	return figure(people) + "명이 “" + name + "” 이야기를 했습니다: " + quote
}

func (korean) questions(asked []quoted) string {
	var said []string
	for _, q := range asked {
		if q.people > 1 {
			q.text += " (" + figure(q.people) + "명)"
		}
		said = append(said, q.text)
	}
	return "아직 채팅에 답이 없어 보이는 질문: " + joined(said, ", ", ", ")
}

func (korean) mood(m hubbub.Mood, people int, quote string) string {
	return koreanMoods[m].name + "(" + figure(people) + "명): " + quote
}

func (korean) other(quote string) string { return "이런 말도 나왔습니다: " + quote }

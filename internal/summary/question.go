package summary

import (
	"strings"

	"github.com/hubbub-live/hubbub"
)

// An answer is looked for so many lines after a question; a mere yes or no has to
// come sooner, or it may be to somebody else.
const (
	answerWithin = 40
	yesNoWithin  = 6
)

// answered says whether a question seems to have an answer in the chat: another
// person said something about the same soon after that is neither a question nor
// a judgement, or yes or no. It is a guess, and what the streamer says is not
// heard; so the summary says that a question seems open, not that it is.
func (w *window) answered(question int) bool {
	for i := question + 1; i < min(len(w.lines), question+answerWithin); i++ {
		l := &w.lines[i]
		if l.sender == w.lines[question].sender || l.Mood != hubbub.Other && l.Mood != hubbub.Advice {
			continue
		}
		if w.alike(question, i) > 0 || i < question+yesNoWithin && yesNo(l.Text) {
			return true
		}
	}
	return false
}

func yesNo(text string) bool {
	first, _, _ := strings.Cut(strings.ToLower(text), " ")
	switch strings.Trim(first, ",.!~ㅋㅎ") {
	case "yes", "yeah", "yep", "no", "nope", "네", "넵", "예", "응", "ㅇㅇ", "ㄴㄴ", "아니요", "아뇨", "아니오", "맞아요", "맞음":
		return true
	}
	return false
}

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
		if w.related(question, i) || i < question+yesNoWithin && yesNo(l.Text) {
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

// related says whether two lines have a word in common, or one that goes on with
// an ending which stems do not know: 방송 and 방송한대요.
func (w *window) related(i, j int) bool {
	for _, a := range w.lines[i].words {
		for _, b := range w.lines[j].words {
			short, long := w.words[a].stem, w.words[b].stem
			if len(short) > len(long) {
				short, long = long, short
			}
			if a == b || len(short) > 3 && strings.HasPrefix(long, short) { // 3 bytes are one syllable
				return true
			}
		}
	}
	return false
}

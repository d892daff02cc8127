// Package summary says what goes into a summary of what a room said: which
// sentences, in which language, and which messages each of them stands on. It is
// pure and deterministic: the same input makes the same summary.
package summary

import (
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
)

// A Message is what a summary has to know of a message.
type Message struct {
	ID       string
	Position hubbub.Position
	Sender   hubbub.UserID
	Text     string // any; it is data, whatever it says
	Mood     hubbub.Mood
	Time     time.Time
}

// An Input is what is summed up.
type Input struct {
	Messages []Message // in log order, none deleted
	Total    int       // messages of the window; more than len(Messages) if they are a sample
	Language string    // "ko", "en", or "": that of the messages
}

// A Sentence stands on the messages it cites: its numbers are true of the input,
// and what it quotes are texts of cited messages.
type Sentence struct {
	Text       string   `json:"text"`
	MessageIDs []string `json:"messageIds"` // at least one, each once, all of the input
}

// A Summary is a few sentences; none if there was nothing to tell.
type Summary struct {
	Sentences []Sentence
	Method    string // how it was made, such as "extractive-1"
}

// Method names how Of makes summaries; a number is added when they change.
const Method = "extractive-1"

// Text returns the sentences as one text.
func (s Summary) Text() string {
	texts := make([]string, len(s.Sentences))
	for i, sentence := range s.Sentences {
		texts[i] = sentence.Text
	}
	return strings.Join(texts, " ")
}

// Of sums up what was said. Without messages there are no sentences.
func Of(in Input) Summary {
	s := Summary{Method: Method}
	if len(in.Messages) == 0 {
		return s
	}
	text := "Messages were written."
	if in.Language == "ko" {
		text = "메시지가 올라왔습니다."
	}
	s.Sentences = append(s.Sentences, Sentence{Text: text, MessageIDs: []string{in.Messages[0].ID}})
	return s
}

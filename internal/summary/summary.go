// Package summary says what goes into a summary of what a room said: which
// sentences, in which language, and which messages each of them stands on. It is
// pure and deterministic: the same input makes the same summary.
//
// A summary tells how much was said and in which mood, what many talked about or
// copied, which questions seem open, and what was criticised, advised and
// praised. Its sentences are fixed frames around numbers and quotes. What people
// wrote is data: it is counted and at most quoted, trimmed, and never what looks
// like an advertisement, an insult or the summary's own words.
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
	MessageIDs []string `json:"messageIds"` // 1 to 5, each once, all of the input; the quoted ones first
}

// A Summary is a few sentences; none if there was nothing to tell.
type Summary struct {
	Sentences []Sentence
	Method    string // how it was made, such as "extractive-1"
}

// What a summary has at most.
const (
	MaxSentences = 8
	MaxBytes     = 4 << 10 // of its text
	maxCited     = 5       // by a sentence
)

// Method names how Of makes summaries; its number grows when that changes.
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
	t := teller{window: read(in.Messages)}
	t.frames = framesFor(in.Language, &t.window)
	if len(in.Messages) > 0 {
		t.overview(max(in.Total, len(in.Messages)))
		t.wave()
		t.topics()
		t.questions()
		t.moods()
		t.others()
	}
	return Summary{Sentences: t.sentences, Method: Method}
}

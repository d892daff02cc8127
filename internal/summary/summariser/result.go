package summariser

import (
	"encoding/json"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/summary"
)

// A Result is the value of summary-results.
type Result struct {
	StreamID  hubbub.StreamID    `json:"streamId"`
	Summary   string             `json:"summary"` // the sentences as one text
	Sentences []summary.Sentence `json:"sentences"`
	From      hubbub.Position    `json:"from"`    // it is of what was said after it
	Through   hubbub.Position    `json:"through"` // up to this
	Method    string             `json:"method"`
	At        string             `json:"at,omitempty"`
}

// ResultOf says a stored summary as it is shown.
func ResultOf(s archive.Summary) Result {
	shown := summary.Summary{Sentences: make([]summary.Sentence, len(s.Sentences))}
	for i, sentence := range s.Sentences {
		ids := make([]string, len(sentence.Messages))
		for j, id := range sentence.Messages {
			ids[j] = string(id)
		}
		shown.Sentences[i] = summary.Sentence{Text: sentence.Text, MessageIDs: ids}
	}
	return Result{
		StreamID: s.Stream, Summary: shown.Text(), Sentences: shown.Sentences,
		From: s.From, Through: s.Through, Method: s.Method, At: s.At.UTC().Format(hubbub.TimeLayout),
	}
}

// Value returns the result's JSON.
func (r Result) Value() []byte {
	value, err := json.Marshal(r)
	if err != nil { // texts can be marshalled
		panic(err)
	}
	return value
}

// stored is the inverse of ResultOf.
func stored(s summary.Summary) (sentences []archive.Sentence) {
	for _, sentence := range s.Sentences {
		ids := make([]hubbub.MessageID, len(sentence.MessageIDs))
		for i, id := range sentence.MessageIDs {
			ids[i] = hubbub.MessageID(id)
		}
		sentences = append(sentences, archive.Sentence{Text: sentence.Text, Messages: ids})
	}
	return sentences
}

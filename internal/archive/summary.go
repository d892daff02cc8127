package archive

import (
	"time"

	"github.com/hubbub-live/hubbub"
)

// A Summary is what was said in a window of a stream, in a few sentences.
type Summary struct {
	Stream    hubbub.StreamID
	From      hubbub.Position // it is of the messages after it; zero: from the first on
	Through   hubbub.Position // up to this one, not zero
	Sentences []Sentence
	Method    string    // how it was made
	At        time.Time // when, ms
}

// A Sentence stands on the messages that it cites, at least one, of its stream. It
// is shown only while all of them may be.
type Sentence struct {
	Text     string
	Messages []hubbub.MessageID
}

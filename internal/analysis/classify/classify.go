// Package classify says what a chat message is towards the streamer: its mood,
// with probabilities, and its language, toxicity and spam. It is pure Go.
//
// [Starter] is the first classifier: rules as features of a small linear model
// that learns from about a thousand lines of our own, Korean and English, when it
// is made. docs/analysis.md has its measured accuracy.
//
// # Class guide
//
// The first that matches: a sincere request for information is a question;
// telling the streamer what to do is advice; a negative judgement is criticism,
// also with laughter after it and also as a rhetorical question; laughing as the
// main content is laughter; a positive judgement or cheering is praise; anything
// else is other.
package classify

import (
	"strconv"

	"github.com/hubbub-live/hubbub"
)

// A Reading is what a classifier says about one message.
type Reading struct {
	Mood          hubbub.Mood           // the most probable
	Probabilities [hubbub.Moods]float32 // 0 to 1, together 1
	Language      string                // BCP 47; "und" if the text does not say
	Toxicity      float32               // 0 to 1
	Spam          float32               // 0 to 1
}

// A Classifier reads messages. Any text gets a reading, also an empty or invalid
// one, and the same text always the same reading. Classify overwrites all of
// dst and neither blocks nor allocates. It is for one goroutine at a time; each
// worker makes its own.
type Classifier interface {
	Classify(text string, dst *Reading)
}

// AppendJSON appends the reading to dst, on one line, as `hubbub analyze text` prints it.
func (r *Reading) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"mood":"`...)
	dst = append(dst, r.Mood.String()...)
	dst = append(dst, `","probabilities":{`...)
	for i, p := range r.Probabilities {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, hubbub.Mood(i).String()...)
		dst = append(dst, '"', ':')
		dst = appendShare(dst, p)
	}
	dst = append(dst, `},"language":`...)
	dst = hubbub.AppendString(dst, r.Language)
	dst = append(dst, `,"toxicity":`...)
	dst = appendShare(dst, r.Toxicity)
	dst = append(dst, `,"spam":`...)
	dst = appendShare(dst, r.Spam)
	return append(dst, '}')
}

func appendShare(dst []byte, p float32) []byte {
	return strconv.AppendFloat(dst, float64(p), 'f', 4, 32)
}

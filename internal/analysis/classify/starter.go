package classify

import "github.com/hubbub-live/hubbub"

// A Starter is the first classifier; see the package comment.
type Starter struct {
	model    *model
	features featurizer
	text     []rune
}

var _ Classifier = (*Starter)(nil)

// NewStarter trains a Starter on the embedded lines, in a fraction of a second.
func NewStarter() *Starter { return learn(corpus()) }

func learn(from []Line) *Starter {
	s := &Starter{features: featurizer{cues: newCueTree()}}
	examples, moods := make([][]uint32, len(from)), make([]hubbub.Mood, len(from))
	for i, line := range from {
		s.read(line.Text)
		examples[i], moods[i] = append([]uint32(nil), s.features.list...), line.Mood
	}
	s.model = train(examples, moods)
	return s
}

func (s *Starter) read(text string) {
	s.text = normalise(s.text, text)
	s.features.read(s.text)
}

// Classify implements [Classifier].
func (s *Starter) Classify(text string, dst *Reading) {
	s.read(text)
	*dst = Reading{Language: language(text)}
	dst.Toxicity, dst.Spam = toxicity(s.text), spam(s.text)
	switch {
	case s.features.letters == 0 && s.features.found == 0: // nothing was said
		dst.Mood, dst.Probabilities[hubbub.Other] = hubbub.Other, 1
	case s.features.onlyLaughter():
		dst.Mood, dst.Probabilities[hubbub.Laughter] = hubbub.Laughter, 1
	default:
		s.model.predict(s.features.list, &dst.Probabilities)
		dst.Mood = mostProbable(&dst.Probabilities)
	}
}

func mostProbable(p *[hubbub.Moods]float32) hubbub.Mood {
	best := hubbub.Other
	for i, x := range p {
		if x > p[best] {
			best = hubbub.Mood(i)
		}
	}
	return best
}

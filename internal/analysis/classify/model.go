package classify

import (
	"math"

	"github.com/hubbub-live/hubbub"
)

// A model is a linear classifier: a row of weights per feature, softmax on top.
type model struct {
	weights [][hubbub.Moods]float32
}

// predict sets the probabilities of a text with these features.
func (m *model) predict(features []uint32, p *[hubbub.Moods]float32) {
	*p = [hubbub.Moods]float32{}
	for _, f := range features {
		row := &m.weights[f]
		for i := range p {
			p[i] += row[i]
		}
	}
	softmax(p, scale(len(features)))
}

// scale makes lines of different length comparable.
func scale(features int) float32 {
	return float32(1 / math.Sqrt(float64(max(features, 1))))
}

func softmax(p *[hubbub.Moods]float32, scale float32) {
	highest := p[0]
	for _, x := range p {
		highest = max(highest, x)
	}
	sum := float32(0)
	for i, x := range p {
		p[i] = float32(math.Exp(float64((x - highest) * scale)))
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
}

const (
	epochs    = 10
	learnRate = 0.2
	decay     = 1e-4
)

// train learns from examples by AdaGrad, in their order shuffled by a fixed
// rule: the same examples give the same weights.
func train(examples [][]uint32, moods []hubbub.Mood) *model {
	m := &model{weights: make([][hubbub.Moods]float32, 1<<tableBits)}
	squares := make([][hubbub.Moods]float32, 1<<tableBits)
	var p [hubbub.Moods]float32
	for range epochs {
		// Stepping by a prime mixes the classes, which lie together in the files.
		const stride = 7919
		for i := range examples {
			k := i * stride % len(examples)
			m.predict(examples[k], &p)
			p[moods[k]] -= 1
			m.step(squares, examples[k], &p)
		}
	}
	return m
}

// step moves the weights of features against the gradient of the loss.
func (m *model) step(squares [][hubbub.Moods]float32, features []uint32, slope *[hubbub.Moods]float32) {
	factor := scale(len(features))
	for _, f := range features {
		w, s := &m.weights[f], &squares[f]
		for i := range w {
			g := slope[i]*factor + decay*w[i]
			s[i] += g * g
			w[i] -= learnRate * g / float32(math.Sqrt(float64(s[i]))+1e-2)
		}
	}
}

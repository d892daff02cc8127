package classify

import (
	"unicode"

	"github.com/hubbub-live/hubbub"
)

// tableBits is the size of the feature space.
const tableBits = 16

// Kinds of features keep equal characters apart that mean different things.
const (
	kindGram = iota + 1
	kindWord
	kindPair
	kindOpening
	kindEnding
	kindCue
	kindCues
	kindShape
)

// mix adds a character to a hash.
func mix(h uint64, r rune) uint64 {
	h = (h ^ uint64(r)) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// A featurizer turns a normalised text into places in the model's table.
type featurizer struct {
	cues  cueTree
	list  []uint32 // the features of the text at hand
	found cueSet
	// laughter and letters count characters, of laughter and of all that is
	// neither space nor punctuation.
	laughter, letters int
}

func (f *featurizer) add(kind int, h uint64) {
	h = mix(h, rune(kind))
	f.list = append(f.list, uint32(h>>(64-tableBits)))
}

// read makes the features of a normalised text.
func (f *featurizer) read(text []rune) {
	f.list, f.found, f.laughter, f.letters = f.list[:0], 0, 0, 0
	f.grams(text)
	f.search(text)
	f.words(text)
	f.shape(text)
}

// grams adds the 1- to 4-grams of characters.
func (f *featurizer) grams(text []rune) {
	for i := range text {
		h := uint64(0)
		for _, r := range text[i:min(i+4, len(text))] {
			h = mix(h, r)
			f.add(kindGram, h)
		}
	}
}

// search adds the cues, each and all together.
func (f *featurizer) search(text []rune) {
	laughing := 0 // up to where a laughter cue reaches
	for i, r := range text {
		found, length := f.cues.at(text[i:])
		f.found |= found
		laughing = max(laughing, i+length)
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r) {
			f.letters++
			if i < laughing {
				f.laughter++
			}
		}
	}
	for i := range len(cueWords) {
		if f.found&(1<<i) != 0 {
			for range cueWeight {
				f.add(kindCue, uint64(i))
			}
		}
	}
	f.add(kindCues, uint64(f.found))
}

// cueWeight is how many times a cue counts beside a single n-gram.
const cueWeight = 3

// words adds words, pairs of words, how the line opens, and how it ends.
func (f *featurizer) words(text []rune) {
	var word, previous uint64
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r) {
			word = mix(word, r)
			continue
		}
		if word == 0 {
			continue
		}
		f.add(kindWord, word)
		f.add(kindPair, word^previous<<1)
		if n < 2 {
			f.add(kindOpening, word^previous<<1)
		}
		n++
		word, previous = 0, word
	}
	f.ending(text)
	f.add(kindShape, uint64(100+min(n, 10)))
}

// ending adds the last one to three characters of the last word that is not
// laughter: in Korean they say what the sentence is.
func (f *featurizer) ending(text []rune) {
	end := len(text)
	for end > 0 && (!unicode.IsLetter(text[end-1]) || text[end-1] >= 'ㄱ' && text[end-1] <= 'ㅣ') {
		end--
	}
	h := uint64(0)
	for i := end - 1; i >= max(end-3, 0) && text[i] != ' '; i-- {
		h = mix(h, text[i])
		f.add(kindEnding, h)
	}
}

// shape adds marks, and how much of the line is laughter.
func (f *featurizer) shape(text []rune) {
	question, last := false, rune(0)
	for _, r := range text {
		question = question || r == '?'
		if r != ' ' {
			last = r
		}
	}
	if question {
		f.add(kindShape, 1)
	}
	if unicode.IsPunct(last) {
		f.add(kindShape, 1000+uint64(last))
	}
	if f.letters > 0 && f.found&(1<<hubbub.Laughter) != 0 {
		for range cueWeight {
			f.add(kindShape, uint64(10+4*f.laughter/f.letters))
		}
	}
}

// onlyLaughter says that nothing but laughter was said.
func (f *featurizer) onlyLaughter() bool { return f.laughter > 0 && f.laughter == f.letters }

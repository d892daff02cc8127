package analysis

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// maxTerm is the length of the longest term, in bytes: 24 Latin letters, 8 Hangul
// syllables. What is longer is spam or a URL more often than a word.
const maxTerm = 24

// A term is a word of a message in lower case, or a run of emoji, padded with
// zeros. Runs of a character are cut: to two letters, to one emoji.
type term [maxTerm]byte

// text returns the term without its padding.
func (t *term) text() []byte {
	if end := bytes.IndexByte(t[:], 0); end >= 0 {
		return t[:end]
	}
	return t[:]
}

// hash spreads the term over 64 bits; it is the same in every process.
func (t *term) hash() uint64 {
	h := uint64(fnvOffset)
	for i := 0; i < maxTerm && t[i] != 0; i++ {
		h = (h ^ uint64(t[i])) * fnvPrime
	}
	return spread(h)
}

// A termScanner finds the terms of a text, word by word. It does not allocate.
type termScanner struct {
	rest string
	term term // the one that next found
	word
}

// A word is what was read since the last space.
type word struct {
	size             int  // of the term so far
	runes            int  // in it
	letters, symbols bool // are in it
	last, before     rune
	signs            bool // came after it
	broken           bool // it is too long, or goes on after a sign
}

// next goes to the next term; false: there is none. No terms are numbers, single
// letters, URLs and other things with signs in them, what is too long, and words
// that are in every talk.
func (s *termScanner) next() bool {
	s.start()
	for i := 0; i < len(s.rest); {
		r, size := rune(s.rest[i]), 1
		if 'a' <= r && r <= 'z' && r != s.last && !s.signs && s.size < maxTerm { // half of chat
			s.term[s.size] = byte(r)
			s.size, s.runes, s.before, s.last, s.letters = s.size+1, s.runes+1, s.last, r, true
			i++
			continue
		}
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s.rest[i:])
		}
		i += size
		if kind := kindOf(r); kind != space {
			s.read(r, kind)
			continue
		}
		if s.isTerm() {
			s.rest = s.rest[i:]
			return true
		}
		s.start()
	}
	s.rest = ""
	return s.isTerm()
}

func (s *termScanner) start() { s.term, s.word = term{}, word{} }

func (s *termScanner) isTerm() bool {
	return s.size > 0 && !s.broken && (s.symbols || s.letters && s.runes > 1) && !isFiller(s.term[:s.size])
}

func (s *termScanner) read(r rune, kind int) {
	switch kind {
	case letter:
		s.letters = true
		s.append(r, r == s.last && r == s.before)
	case upper:
		s.letters = true
		r = unicode.ToLower(r)
		s.append(r, r == s.last && r == s.before)
	case digit:
		s.append(r, r == s.last && r == s.before)
	case symbol:
		s.symbols = true
		s.append(r, r == s.last)
	case sign:
		s.signs = s.size > 0
	}
}

// append appends a character to the term, unless it only makes a run longer.
func (s *termScanner) append(r rune, again bool) {
	switch {
	case s.signs || s.size+utf8.RuneLen(r) > maxTerm:
		s.broken = true
	case again:
	case r < utf8.RuneSelf:
		s.term[s.size] = byte(r)
		s.size, s.runes, s.before, s.last = s.size+1, s.runes+1, s.last, r
	default:
		s.size += utf8.EncodeRune(s.term[s.size:], r)
		s.runes, s.before, s.last = s.runes+1, s.last, r
	}
}

// Kinds of characters.
const (
	space = iota
	sign
	letter
	upper // a letter that may have a lower case
	digit
	symbol  // emoji and the like
	unheard // makes no other word: apostrophes, and joiner, style and colour of emoji
)

func kindOf(r rune) int {
	switch {
	case r == ' ':
		return space
	case 'a' <= r && r <= 'z', 0xac00 <= r && r <= 0xd7a3, 0x3131 <= r && r <= 0x3163: // most of chat
		return letter
	case 'A' <= r && r <= 'Z':
		return upper
	case '0' <= r && r <= '9':
		return digit
	case r == '\'', r == '’', r == '\u200d', 0xfe00 <= r && r <= 0xfe0f, 0x1f3fb <= r && r <= 0x1f3ff:
		return unheard
	case unicode.IsSpace(r):
		return space
	case r < utf8.RuneSelf, r == utf8.RuneError:
		return sign
	case unicode.IsLetter(r), unicode.IsMark(r):
		return upper
	case unicode.IsDigit(r):
		return digit
	case unicode.Is(unicode.So, r):
		return symbol
	}
	return sign
}

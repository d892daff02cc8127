package words

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What marks the bounds of words. Folded text has no control characters.
const (
	edge  = 0x01 // before and after a run of letters and digits
	start = 0x02 // before a run of Hangul
)

// A class is how characters make up words.
type class uint8

const (
	free   class = iota // has no bounds: scripts without spaces, signs, space
	letter              // of alphabetic scripts, and digits: words have two ends
	hangul              // syllables: words have a beginning
	jamo                // letters of Hangul that stand alone, as in ㅋㅋ, likewise
)

// mark appends folded text with its bounds. mixed says that it may read otherwise
// by look-alikes; see alike.
func mark(dst, folded []byte) (marked []byte, mixed bool) {
	var latin, odd bool
	before := free
	for i := 0; i < len(folded); {
		size, now := 0, before
		switch c := folded[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9': // as many as there are
			now = letter
			for ; i+size < len(folded); size++ {
				if c := folded[i+size]; c >= 'a' && c <= 'z' {
					latin = true
				} else if c >= '0' && c <= '9' {
					odd = true
				} else {
					break
				}
			}
		case c < utf8.RuneSelf:
			size, now = 1, free
			odd = odd || c == '@' || c == '$' || c == '!'
		default:
			var r rune
			r, size = utf8.DecodeRune(folded[i:])
			if caseless(r) || !unicode.Is(unicode.M, r) { // a mark is of its base's class
				now = classOf(r)
				odd = odd || now == letter && r >= 0x370 && r < 0x530
			}
		}
		if now != before {
			dst = bound(dst, before, now)
			before = now
		}
		dst = append(dst, folded[i:i+size]...)
		i += size
	}
	return bound(dst, before, free), latin && odd
}

// bound appends the marks between characters of two classes.
func bound(dst []byte, before, now class) []byte {
	if before == letter {
		dst = append(dst, edge)
	}
	switch now {
	case letter:
		dst = append(dst, edge)
	case hangul, jamo:
		dst = append(dst, start)
	}
	return dst
}

func classOf(r rune) class {
	switch {
	case syllable(r):
		return hangul
	case letterOfHangul(r), r >= 0x1100 && r <= 0x11ff, r >= 0xa960 && r <= 0xa97f, r >= 0xd7b0 && r <= 0xd7ff:
		return jamo
	case caseless(r): // also the iteration and length marks of kana
		return free
	case !unicode.IsLetter(r) && !unicode.IsDigit(r), unicode.In(r, unspaced...):
		return free
	}
	return letter
}

// unspaced are scripts that are written without spaces between words.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Yi,
}

// keyOf returns what has to be in marked text for an entry to be in the text.
func keyOf(entry string) []byte {
	entry = strings.TrimSpace(entry)
	core, open := strings.CutSuffix(entry, "*")
	core, anywhere := strings.CutPrefix(core, "*")
	var s scratch
	s.fold(strings.TrimSpace(core))
	if len(bytes.TrimSpace(s.folded)) == 0 {
		return nil
	}
	marked, _ := mark(nil, s.folded)
	if anywhere && (marked[0] == edge || marked[0] == start) {
		marked = marked[1:]
	}
	if last := len(marked) - 1; open && marked[last] == edge {
		marked = marked[:last]
	}
	return marked
}

package summary

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A scanner finds the words of a text that say something: runs of letters of one
// script, in lower case, Korean and English ones by their stems; of Han, which has
// no spaces, each pair of characters. Numbers, laughter, hiragana, which is mostly
// grammar, and filler are left out.
type scanner struct {
	rest string
	word string // that next found, as it stands there
	stem string // of it
	// topic: the word can name what people talk about. A Korean one does if it is
	// met as a noun is, bare or with a particle that only nouns have.
	topic bool
}

func (s *scanner) start(text string) { s.rest = text }

// next goes to the next word; false: there is none.
func (s *scanner) next() bool {
	for s.rest != "" {
		var script int
		s.word, script = s.run()
		switch script {
		case hangulScript:
			s.stem, s.topic = koreanStem(s.word)
		case hanScript:
			s.stem, s.topic = s.word, true
		case otherScript:
			s.stem = plainStem(strings.ToLower(s.word))
			s.topic = utf8.RuneCountInString(s.stem) > 2
		default:
			continue
		}
		if size := utf8.RuneCountInString(s.stem); size > 0 && (size > 1 || script == hangulScript) && size <= maxLetters && !filler[s.stem] {
			return true
		}
	}
	return false
}

// subject says that the word goes on with 이, which is either a particle or, if
// it always stands there, a part of it: 게임이, 고양이.
func (s *scanner) subject() bool { return strings.HasPrefix(s.word, s.stem+"이") }

// name returns the word as a name: without particles, but with its capitals.
func (s *scanner) name() string {
	if strings.HasPrefix(s.word, s.stem) {
		return s.stem
	}
	return s.word
}

// maxLetters is the length of the longest word; what is longer is noise.
const maxLetters = 24

const (
	noScript = iota
	hangulScript
	hanScript
	otherScript // with spaces or long enough runs
)

// run cuts the next run of one script off the rest.
func (s *scanner) run() (word string, script int) {
	for i, r := range s.rest {
		switch next := scriptOf(r); {
		case i == 0:
			script = next
		case script == otherScript && (r == '\'' || r == '’'):
		case script == hanScript && next == hanScript: // the pair; its second begins the next
			end := i + utf8.RuneLen(r)
			word, s.rest = s.rest[:end], s.rest[i:]
			return word, script
		case next != script:
			word, s.rest = s.rest[:i], s.rest[i:]
			return word, script
		}
	}
	word, s.rest = s.rest, ""
	return word, script
}

func scriptOf(r rune) int {
	switch {
	case hangul(r):
		return hangulScript
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return otherScript
	case r < utf8.RuneSelf, jamo(r), unicode.Is(unicode.Hiragana, r):
		return noScript
	case unicode.Is(unicode.Han, r):
		return hanScript
	case unicode.IsLetter(r), unicode.IsMark(r):
		return otherScript
	}
	return noScript
}

// hangul says whether r is a syllable.
func hangul(r rune) bool { return 0xac00 <= r && r <= 0xd7a3 }

// jamo says whether r is a letter of ㅋㅋㅋ and ㅠㅠ.
func jamo(r rune) bool { return 0x3131 <= r && r <= 0x318e }

// plainStem takes the apostrophes and the plural off a word, unless it says nothing
// as it is: "this" is no plural.
func plainStem(word string) string {
	word, _, _ = strings.Cut(strings.ReplaceAll(word, "’", "'"), "'s")
	word = strings.ReplaceAll(word, "'", "")
	if len(word) > 3 && !filler[word] && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") {
		return word[:len(word)-1]
	}
	return word
}

package words

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold sets s.folded to the form of a text in which words are compared: NFKC (so
// width and ligatures make no difference), lower case, without zero-width and
// control characters, runs of space made one. Accents stay: año is another word
// than ano.
func (s *scratch) fold(text string) {
	folded := s.folded[:0]
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			folded = appendASCII(folded, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !syllable(r) && !letterOfHangul(r) {
			s.foldAny(text)
			return
		}
		folded = append(folded, text[i:i+size]...)
		i += size
	}
	s.folded = folded
}

func appendASCII(dst []byte, c byte) []byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return append(dst, c+'a'-'A')
	case c <= ' ' || c == 0x7f:
		if c != ' ' && (c < '\t' || c > '\r') || len(dst) > 0 && dst[len(dst)-1] == ' ' {
			return dst
		}
		return append(dst, ' ')
	}
	return append(dst, c)
}

// foldAny is fold for any text. What shows nothing is left out first, so that it
// does not keep apart what belongs together.
func (s *scratch) foldAny(text string) {
	s.visible, s.folded = s.visible[:0], s.folded[:0]
	for _, r := range text {
		switch {
		case letterOfHangul(r): // NFKC would read ㅋㅠ, a laugh and a tear, as the syllable 큐
			s.foldVisible()
			s.folded = utf8.AppendRune(s.folded, r)
		case !ignored(r):
			s.visible = utf8.AppendRune(s.visible, r)
		}
	}
	s.foldVisible()
}

// foldVisible appends the folded form of what is in s.visible and empties it.
func (s *scratch) foldVisible() {
	text := s.visible
	if !norm.NFKC.IsNormal(text) {
		s.normal = norm.NFKC.Append(s.normal[:0], text...) // which allocates, once; few texts come here
		text = s.normal
	}
	s.visible = s.visible[:0]
	folded := s.folded
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		switch {
		case r < utf8.RuneSelf:
			folded = appendASCII(folded, byte(r))
		case caseless(r):
			folded = utf8.AppendRune(folded, r)
		case unicode.IsSpace(r):
			folded = appendASCII(folded, ' ')
		case !ignored(r):
			folded = utf8.AppendRune(folded, unicode.ToLower(unicode.ToUpper(r)))
		}
	}
	s.folded = folded
}

// caseless says whether r is, at first sight, of those that have no case, show, and
// are no space or mark: Han, kana, Yi and Hangul, and what comes behind all alphabets, such
// as emoji.
func caseless(r rune) bool {
	return r > 0x3030 && r < 0xa4d0 && r != 0x3099 && r != 0x309a && r != 0x3164 || syllable(r) || r >= 0x1f000 && r < 0xe0000
}

// ignored says whether r shows nothing: Unicode's Default_Ignorable_Code_Point as
// far as it is of use to those who hide words, and control characters.
func ignored(r rune) bool {
	switch {
	case r < 0xad:
		return unicode.IsControl(r) && !unicode.IsSpace(r)
	case r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x3164, r == 0xfeff, r == 0xffa0,
		r >= 0x180b && r <= 0x180f, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}

// syllable says whether r is a precomposed syllable of Hangul.
func syllable(r rune) bool { return r >= 0xac00 && r <= 0xd7a3 }

// letterOfHangul says whether r is one of the letters that people type alone.
func letterOfHangul(r rune) bool { return r >= 0x3131 && r <= 0x3163 }

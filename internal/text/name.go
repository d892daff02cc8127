package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
)

const (
	maxNameCharacters = 32
	maxNameBytes      = 256 // 32 emoji with a skin tone
)

// Name returns a person's name as it is stored: in NFC, runs of spaces made
// one, without space around it. Names of fewer than 1 or more than 32
// user-perceived characters (or 256 bytes), with control, direction-changing
// or zero-width characters, beginning with a combining mark or with too many of
// them are refused: CodeNameInvalid. Name of its own result is that result.
func Name(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", invalidName("a name has to be valid UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) || invisible(r) && !emojiStyle(r) || breaks(r) {
			return "", invalidName("a name cannot have invisible characters such as U+%04X", r)
		}
	}
	s, ok := compose(strings.Join(strings.Fields(s), " "))
	if !ok {
		return "", invalidName("a name cannot have more than %d combining marks on one character", maxMarks)
	}
	switch first, _ := utf8.DecodeRuneInString(s); {
	case s == "":
		return "", invalidName("a name needs at least one character")
	case mark(first):
		return "", invalidName("a name cannot begin with a combining mark")
	case len(s) > maxNameBytes:
		return "", invalidName("the name has %d bytes, and %d are the most", len(s), maxNameBytes)
	}
	if n := characters(s, maxNameCharacters); n > maxNameCharacters {
		return "", invalidName("the name has %d characters, and %d are the most", n, maxNameCharacters)
	}
	return s, nil
}

// emojiStyle says whether r asks for text or emoji style of the character
// before it, as in ❤️.
func emojiStyle(r rune) bool { return r == 0xfe0e || r == 0xfe0f }

func invalidName(format string, args ...any) error {
	return hubbub.Refuse(hubbub.CodeNameInvalid, format, args...)
}

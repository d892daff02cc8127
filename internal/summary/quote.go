package summary

import (
	"strings"
	"unicode"

	"github.com/hubbub-live/hubbub/internal/text"
	"github.com/rivo/uniseg"
)

// A quote has at most so many user-perceived characters, and bytes: a character
// may have any number of them.
const (
	quoteCharacters = 80
	quoteBytes      = 240
)

// quote returns a text between quotation marks, trimmed between two characters,
// and between two words if the last of them is short.
func quote(s string) string {
	end, space, rest, state := 0, 0, s, -1
	for n := 0; rest != ""; n++ {
		var character string
		character, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if n == quoteCharacters || end+len(character) > quoteBytes {
			if space > end*3/4 {
				end = space
			}
			return "“" + strings.TrimRight(s[:end], " ") + "…”"
		}
		if character == " " {
			space = end
		}
		end += len(character)
	}
	return "“" + s + "”"
}

// presentable says whether a text may be quoted: it is in the form in which
// messages are stored, is no command to a bot, and has neither quotation marks of
// the summary's own kind, with which it could go on in the summary's voice, nor
// so many digits that they may be somebody's number.
func presentable(s string) bool {
	if stored, err := text.Content(s, text.Limits{}); err != nil || stored != s || s[0] == '!' {
		return false
	}
	digits := 0
	for _, r := range s {
		switch {
		case r == '“' || r == '”':
			return false
		case unicode.IsDigit(r):
			digits++
		}
	}
	return digits < 8
}

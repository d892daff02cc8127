package summary

import (
	"strconv"
	"strings"

	"github.com/hubbub-live/hubbub"
)

// frames are the sentences of a language, around numbers and quotes.
type frames interface {
	overview(o overview) string
	wave(quote string, times, people int) string
	topic(name, quote string, people int) string
	questions(asked []quoted) string // one or two
	mood(m hubbub.Mood, people int, quote string) string
	other(quote string) string
}

// framesFor returns the frames of a window: in the language asked for or, if
// there are none in it, Korean for a Korean window and English for any other.
func framesFor(language string, w *window) frames {
	switch {
	case language == "ko", language != "en" && w.korean:
		return korean{}
	}
	return english{}
}

// figure prints a number as both languages do, 12,345.
func figure(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// joined joins parts with something else before the last.
func joined(parts []string, between, last string) string {
	n := len(parts) - 1
	if n < 1 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:n], between) + last + parts[n]
}

// Package text decides what people may write: message content, names and
// nonces. It returns the one form in which a text is stored and compared, or a
// *hubbub.Error that says what is wrong with it. It is pure.
package text

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// Limits bound a message's content.
type Limits struct {
	Characters int // user-perceived ones (grapheme clusters); 0: no limit
	Bytes      int // of UTF-8; 0: DefaultBytes, since a character may have any number
}

// DefaultBytes is the most that content has if Limits do not say.
const DefaultBytes = 4 << 10

// Content returns the content of a message as it is stored: in NFC, runs of
// line breaks and tabs made one space, without space around it. It refuses
//   - invalid UTF-8, other control characters, bidirectional embeddings,
//     overrides and isolates, more than 8 combining marks on a base:
//     CodeContentInvalid,
//   - what would show nothing: CodeContentEmpty,
//   - what is then beyond limits: CodeContentTooLong.
//
// Content of its own result is that result. Everyday text is returned as it
// is, without allocation.
func Content(s string, limits Limits) (string, error) {
	if !everyday(s) {
		var err error
		if s, err = clean(s); err != nil {
			return "", err
		}
	}
	if err := limits.check(s); err != nil {
		return "", err
	}
	return s, nil
}

// everyday says whether s is made of printable ASCII, Hangul syllables and the
// letters of ㅋㅋㅋ and ㅠㅠ alone, without space around it: such text is NFC,
// visible and harmless.
func everyday(s string) bool {
	if s == "" || s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !hangul(r) {
			return false
		}
		i += size
	}
	return true
}

// hangul says whether r is a precomposed syllable or a compatibility letter.
func hangul(r rune) bool { return r >= 0xac00 && r <= 0xd7a3 || r >= 0x3131 && r <= 0x3163 }

// clean is Content without the limits, for any text.
func clean(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", invalidContent("the text is not valid UTF-8")
	}
	s = strings.TrimFunc(joinLines(s), unicode.IsSpace)
	visible := false
	for _, r := range s {
		switch {
		case unicode.IsControl(r):
			return "", invalidContent("control characters such as U+%04X cannot be sent", r)
		case reordering(r):
			return "", invalidContent("characters that change the direction of text, such as U+%04X, cannot be sent", r)
		}
		visible = visible || !unicode.IsSpace(r) && !invisible(r)
	}
	if !visible {
		return "", hubbub.Refuse(hubbub.CodeContentEmpty, "the message is empty")
	}
	s, ok := compose(s)
	if !ok {
		return "", invalidContent("more than %d combining marks on one character cannot be sent", maxMarks)
	}
	return s, nil
}

// joinLines makes each run of line breaks and tabs one space.
func joinLines(s string) string {
	if !strings.ContainsFunc(s, breaks) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	within := false
	for _, r := range s {
		switch {
		case !breaks(r):
			b.WriteRune(r)
		case !within:
			b.WriteByte(' ')
		}
		within = breaks(r)
	}
	return b.String()
}

// compose returns s in NFC; ok is false if it has, or would then have, too
// many marks on a base. They are counted first because normalising itself
// breaks up endless runs of marks.
func compose(s string) (composed string, ok bool) {
	if stacked(s) {
		return "", false
	}
	if norm.NFC.IsNormalString(s) {
		return s, true
	}
	s = norm.NFC.String(s)
	return s, !stacked(s)
}

func (l Limits) check(s string) error {
	if most := cmp.Or(l.Bytes, DefaultBytes); len(s) > most {
		return hubbub.Refuse(hubbub.CodeContentTooLong, "the message has %d bytes, and %d are the most", len(s), most)
	}
	if n := characters(s, l.Characters); l.Characters > 0 && n > l.Characters {
		return hubbub.Refuse(hubbub.CodeContentTooLong, "the message has %d characters, and %d are the most", n, l.Characters)
	}
	return nil
}

// characters counts the user-perceived characters of s, exactly if there are
// more than enough: it looks closely only where the cheap upper bounds, octets
// and code points, do not settle it.
func characters(s string, enough int) int {
	if len(s) <= enough {
		return len(s)
	}
	n := utf8.RuneCountInString(s)
	if n <= enough || n == len(s) {
		return n
	}
	return uniseg.GraphemeClusterCount(s)
}

func invalidContent(format string, args ...any) error {
	return hubbub.Refuse(hubbub.CodeContentInvalid, format, args...)
}

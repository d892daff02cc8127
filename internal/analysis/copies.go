package analysis

import (
	"cmp"
	"encoding/hex"
	"unicode"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
)

// shortText is how many characters a text needs to be copied from somebody: what is
// shorter, as "lol" and "안녕하세요", many say because they mean it.
const shortText = 6

// textHash is the same for texts that differ in case, spaces, signs and the length of
// runs alone; 0 for short ones. It does not allocate.
func textHash(text string) uint64 {
	h, characters := uint64(fnvOffset), 0
	var last, before rune
	for i := 0; i < len(text); {
		r, again := rune(text[i]), before // what would be one too many of a run
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			i++
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
			i++
		case r < utf8.RuneSelf:
			i++
			continue
		default:
			var size int
			r, size = utf8.DecodeRuneInString(text[i:])
			i += size
			switch kindOf(r) {
			case space, sign, unheard:
				continue
			case upper:
				r = unicode.ToLower(r)
			case symbol:
				again = last
			}
		}
		if r == last && r == again {
			continue
		}
		before, last = last, r
		h = (h ^ uint64(r)) * fnvPrime
		characters++
	}
	if characters < shortText {
		return 0
	}
	return spread(h)
}

// An id is a message id without its dashes.
type id [16]byte

// idOf returns the id of a message; false if it is none that chat gives.
func idOf(text hubbub.MessageID) (d id, ok bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return d, false
	}
	var digits [32]byte
	copy(digits[:], text[:8])
	copy(digits[8:], text[9:13])
	copy(digits[12:], text[14:18])
	copy(digits[16:], text[19:23])
	copy(digits[20:], text[24:])
	_, err := hex.Decode(d[:], digits[:])
	return d, err == nil
}

// append appends the 36 characters of the id.
func (d *id) append(dst []byte) []byte {
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, d[[...]int{0, 4, 6, 8, 10}[i]:end])
	}
	return dst
}

// A copy is a text of one user in a bucket: how often it was said in one mood, and
// which message was the first.
type textCopy struct {
	text  uint64 // textHash
	mood  hubbub.Mood
	count uint64
	first hubbub.Position
	id    id // of the first
}

func (c *textCopy) compare(o *textCopy) int {
	return cmp.Or(cmp.Compare(c.text, o.text), cmp.Compare(c.mood, o.mood))
}

// merge adds what else was said of the same text.
func (c *textCopy) merge(o *textCopy) {
	c.count += o.count
	if o.first.Before(c.first) {
		c.first, c.id = o.first, o.id
	}
}

package text

import "unicode"

// maxMarks is how many combining marks a base may carry. Real writing systems
// need fewer; more is drawn over the neighbours' lines.
const maxMarks = 8

// breaks says whether r is a line break or a tab.
func breaks(r rune) bool {
	switch r {
	case '\n', '\r', '\t', 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// reordering says whether r changes the direction of the text after it, also
// beyond the message: embeddings, overrides, isolates and deprecated formats.
// The marks U+200E, U+200F and U+061C only lend a direction to a place.
func reordering(r rune) bool { return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x206f }

// invisible says whether r shows nothing by itself and takes no room, or takes
// room as a space in disguise does.
func invisible(r rune) bool { return r >= 0xad && unicode.Is(nothing, r) }

// nothing is Unicode's Default_Ignorable_Code_Point, and the empty Braille cell.
var nothing = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00ad, Hi: 0x00ad, Stride: 1}, // soft hyphen
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x061c, Hi: 0x061c, Stride: 1}, // Arabic letter mark
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian selectors
		{Lo: 0x200b, Hi: 0x200f, Stride: 1}, // zero-width space and joiners, marks of direction
		{Lo: 0x202a, Hi: 0x202e, Stride: 1}, // embeddings and overrides
		{Lo: 0x2060, Hi: 0x206f, Stride: 1}, // word joiner, isolates
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // Braille, no dots
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, // variation selectors
		{Lo: 0xfeff, Hi: 0xfeff, Stride: 1}, // byte order mark
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // half-width Hangul filler
		{Lo: 0xfff0, Hi: 0xfff8, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1bca0, Hi: 0x1bca3, Stride: 1}, // shorthand format controls
		{Lo: 0x1d173, Hi: 0x1d17a, Stride: 1}, // musical format controls
		{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}, // tags, further selectors
	},
	LatinOffset: 1,
}

// mark says whether r is a combining mark, or one of the conjoining vowels and
// finals of Hangul, which pile up on their initial in the same way.
func mark(r rune) bool {
	switch {
	case r < 0x300, hangul(r):
		return false
	case r >= 0x1160 && r <= 0x11ff, r >= 0xd7b0 && r <= 0xd7ff:
		return true
	}
	return unicode.Is(unicode.M, r)
}

// stacked says whether a base in s carries more than maxMarks marks. Invisible
// characters between the marks do not make a new base.
func stacked(s string) bool {
	marks := 0
	for _, r := range s {
		switch {
		case mark(r):
			marks++
			if marks > maxMarks {
				return true
			}
		case !invisible(r):
			marks = 0
		}
	}
	return false
}

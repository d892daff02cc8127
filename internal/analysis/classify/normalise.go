package classify

import "unicode"

// maxRunes is how much of a message is read; the rest says nothing new.
const maxRunes = 600

// normalise appends text to dst[:0] in the form that everything else reads: a
// space at both ends and single spaces within, lower case, full-width forms as
// ASCII, digits as 0, runs of a character cut to two (goooal, ㅋㅋㅋㅋ, ???) and
// runs of a pair to two pairs (hahahaha, jajaja). Invisible characters go, and
// apostrophes: chat writes dont.
func normalise(dst []rune, text string) []rune {
	dst = append(dst[:0], ' ')
	for _, r := range text {
		if len(dst) >= maxRunes {
			break
		}
		switch {
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case 'a' <= r && r <= 'z', 0xac00 <= r && r <= 0xd7a3: // most of chat
		default:
			if r = fold(r); r < 0 {
				continue
			}
		}
		dst = appendSquashed(dst, r)
	}
	if dst[len(dst)-1] != ' ' {
		dst = append(dst, ' ')
	}
	return dst
}

// fold maps what is not plain; -1: drop it.
func fold(r rune) rune {
	if 0xff01 <= r && r <= 0xff5e { // full-width ASCII
		r -= 0xff01 - '!'
	}
	switch {
	case '0' <= r && r <= '9':
		return '0'
	case r == '\'', r == '’', r == '`',
		0x200b <= r && r <= 0x200f, r == 0xfe0f, r == 0xfeff, // zero width, emoji style
		0x1f3fb <= r && r <= 0x1f3ff: // skin tones
		return -1
	case r < ' ', unicode.IsSpace(r):
		return ' '
	}
	return unicode.ToLower(r)
}

func appendSquashed(dst []rune, r rune) []rune {
	n := len(dst)
	if r == ' ' && dst[n-1] == ' ' {
		return dst
	}
	if n >= 2 && dst[n-1] == r && dst[n-2] == r {
		return dst
	}
	dst = append(dst, r)
	if n >= 5 && r != ' ' {
		t := dst[n-5:] // the last six: ababab becomes abab
		if t[0] == t[2] && t[2] == t[4] && t[1] == t[3] && t[3] == t[5] && t[0] != ' ' {
			dst = dst[:n-1]
		}
	}
	return dst
}

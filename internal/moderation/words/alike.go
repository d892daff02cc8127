package words

import (
	"unicode/utf8"
)

// alike appends folded text as it looks rather than as it is written: "sh1t" and
// Latin words with Cyrillic or Greek letters among them. It is careful, since every
// guess can be wrong:
//   - signs and digits count as letters only within a word, between two letters,
//     and where they are not the most of it: "a55" is a telephone;
//   - foreign letters count as Latin only in words that have Latin letters too,
//     and none that looks like none.
func alike(dst, folded []byte) (out []byte, changed bool) {
	for i := 0; i < len(folded); {
		n := token(folded[i:])
		if n == 0 {
			_, size := utf8.DecodeRune(folded[i:])
			dst = append(dst, folded[i:i+size]...)
			i += size
			continue
		}
		var read bool
		dst, read = reread(dst, folded[i:i+n])
		changed = changed || read
		i += n
	}
	return dst, changed
}

// token returns the length of the run of letters, digits and signs that could be
// letters at the start of text, without such signs at its ends.
func token(text []byte) (length int) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		sign := r == '@' || r == '$' || r == '!'
		if sign && length == 0 || !sign && classOf(r) != letter {
			break
		}
		i += size
		if !sign {
			length = i
		}
	}
	return length
}

// reread appends a token as it looks.
func reread(dst, word []byte) (out []byte, changed bool) {
	var latin, foreign, strange, signs int
	var first, last rune
	for i := 0; i < len(word); {
		r, size := utf8.DecodeRune(word[i:])
		i += size
		switch {
		case r >= 'a' && r <= 'z':
			latin++
		case lookalike(r) != 0:
			foreign++
		case signLike(r) != 0:
			signs++
		default:
			strange++
		}
		if first == 0 {
			first = r
		}
		last = r
	}
	letters := foreign > 0 && latin > 0 && strange == 0
	leet := signs > 0 && strange == 0 && latin+foreign >= signs && signLike(first) == 0 && signLike(last) == 0 && (foreign == 0 || letters)
	if !letters && !leet {
		return append(dst, word...), false
	}
	for i := 0; i < len(word); {
		r, size := utf8.DecodeRune(word[i:])
		i += size
		if looks := lookalike(r); letters && looks != 0 {
			r = looks
		} else if looks := signLike(r); leet && looks != 0 {
			r = looks
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, true
}

// signLike returns the letter that a digit or sign stands for, or 0.
func signLike(r rune) rune {
	switch r {
	case '0':
		return 'o'
	case '1', '!':
		return 'i'
	case '3':
		return 'e'
	case '4', '@':
		return 'a'
	case '5', '$':
		return 's'
	case '7':
		return 't'
	}
	return 0
}

// lookalike returns the Latin letter that a Cyrillic or Greek one looks like, or 0.
func lookalike(r rune) rune {
	switch r {
	case 'а', 'α':
		return 'a'
	case 'с':
		return 'c'
	case 'ԁ':
		return 'd'
	case 'е':
		return 'e'
	case 'һ':
		return 'h'
	case 'і', 'ι':
		return 'i'
	case 'ј':
		return 'j'
	case 'к', 'κ':
		return 'k'
	case 'ӏ':
		return 'l'
	case 'о', 'ο':
		return 'o'
	case 'р', 'ρ':
		return 'p'
	case 'ԛ':
		return 'q'
	case 'ѕ':
		return 's'
	case 'τ':
		return 't'
	case 'υ':
		return 'u'
	case 'ν':
		return 'v'
	case 'ԝ':
		return 'w'
	case 'х', 'χ':
		return 'x'
	case 'у', 'ү':
		return 'y'
	}
	return 0
}

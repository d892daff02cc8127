package sockjs

import (
	"strconv"
	"unicode/utf8"
)

// Frames without content.
const (
	Open      = "o" // the first frame of a session
	HeartBeat = "h"
)

// AppendClose appends the last frame of a session.
func AppendClose(dst []byte, code int, reason string) []byte {
	dst = append(dst, "c["...)
	dst = strconv.AppendInt(dst, int64(code), 10)
	dst = append(dst, ',')
	dst = AppendString(dst, []byte(reason))
	return append(dst, ']')
}

// What the first octet of a character says about writing it in a string.
const (
	plain   = iota // as it is
	escaped        // never as it is
	suspect        // may begin a character that has to be escaped
)

// octets classifies the octets of valid UTF-8.
var octets = func() (class [256]byte) {
	for c := range ' ' {
		class[c] = escaped
	}
	class['"'], class['\\'] = escaped, escaped
	class[0xe2], class[0xef] = suspect, suspect // lead to U+2000–2FFF and U+F000–FFFF
	return class
}()

// AppendString appends s as a JSON string, an element of an array frame
// a["…","…"]. Beyond JSON's own rules it escapes the ranges that SockJS asks
// servers to, because browsers have been known to lose them: U+200C–200F,
// U+2028–202F, U+2060–206F and U+FFF0–FFFF. (Surrogates, also on that list,
// cannot occur in UTF-8.) What is not valid UTF-8 becomes U+FFFD. It allocates
// only to grow dst.
func AppendString(dst, s []byte) []byte {
	if !utf8.Valid(s) {
		s = replaceInvalid(s)
	}
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		switch octets[s[i]] {
		case plain:
		case escaped:
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, rune(s[i]))
			start = i + 1
		case suspect:
			// The two octets after these lead octets are plain themselves.
			if r, size := utf8.DecodeRune(s[i:]); mustEscape(r) {
				dst = append(dst, s[start:i]...)
				dst = appendEscape(dst, r)
				start = i + size
			}
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func mustEscape(r rune) bool {
	switch {
	case r >= 0x200c && r <= 0x200f, r >= 0x2028 && r <= 0x202f,
		r >= 0x2060 && r <= 0x206f, r >= 0xfff0 && r <= 0xffff:
		return true
	}
	return false
}

// appendEscape appends the escape of a character below U+10000.
func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// replaceInvalid returns s with each octet that is not UTF-8 replaced.
func replaceInvalid(s []byte) []byte { return []byte(string([]rune(string(s)))) }

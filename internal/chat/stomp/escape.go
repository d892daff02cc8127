package stomp

import (
	"bytes"

	"github.com/hubbub-live/hubbub"
)

// appendEscaped appends a header value as version v writes it. What v cannot
// express becomes a space: line ends before 1.1, carriage returns before 1.2,
// NUL in any version, since clients split frames at it. So no value can forge a
// header or a frame.
//
// 1.1 leaves colons as they are, against the letter of its specification: every
// reader splits a header at its first colon, and stompjs 2, which speaks 1.1,
// does not know about escapes; it would not recognise its own ids.
func appendEscaped(dst []byte, v Version, s string) []byte {
	start := 0
	for i := range len(s) {
		var escape string
		switch c := s[i]; {
		case c > '\\':
			continue
		case c == 0, c == '\n' && v < V11, c == '\r' && v < V12:
			escape = " "
		case c == '\n':
			escape = `\n`
		case c == '\r':
			escape = `\r`
		case c == ':' && v >= V12:
			escape = `\c`
		case c == '\\' && v >= V11:
			escape = `\\`
		default:
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = append(dst, escape...)
		start = i + 1
	}
	return append(dst, s[start:]...)
}

// appendUnescaped appends what the escaped header text s of version v means.
func appendUnescaped(dst []byte, v Version, s []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return append(dst, s...), nil
		}
		dst = append(dst, s[:i]...)
		rest := s[i+1:]
		var c byte
		switch {
		case len(rest) == 0:
			return dst, hubbub.Refuse(hubbub.CodeMalformedFrame,
				"header %s ends in a lone backslash: write \\\\ for a backslash", excerpt(s))
		case rest[0] == 'n':
			c = '\n'
		case rest[0] == 'c':
			c = ':'
		case rest[0] == '\\':
			c = '\\'
		case rest[0] == 'r' && v >= V12:
			c = '\r'
		default:
			return dst, hubbub.Refuse(hubbub.CodeMalformedFrame,
				"unknown escape %s in a header: STOMP %s knows %s", excerpt(s[i:min(len(s), i+2)]), v, knownEscapes(v))
		}
		dst = append(dst, c)
		s = rest[1:]
	}
}

func knownEscapes(v Version) string {
	if v >= V12 {
		return `\n \r \c \\`
	}
	return `\n \c \\`
}

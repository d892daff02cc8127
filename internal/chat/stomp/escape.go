package stomp

import (
	"bytes"

	"github.com/hubbub-live/hubbub"
)

// AppendEscaped appends a header name or value as version v writes it. What v
// cannot express becomes a space: line feeds before 1.1, NUL in any version,
// since clients split frames at it. So no value can forge a header or a frame.
func AppendEscaped(dst []byte, v Version, s string) []byte {
	start := 0
	for i := range len(s) {
		var escaped string
		switch s[i] {
		case '\n':
			escaped = `\n`
		case '\r':
			escaped = `\r`
		case ':':
			escaped = `\c`
		case '\\':
			escaped = `\\`
		case 0:
			escaped = " "
		default:
			continue
		}
		switch {
		case s[i] == 0:
		case v.escapes() && (s[i] != '\r' || v >= V12):
		case s[i] == '\n' || s[i] == '\r':
			// A raw carriage return would end the line for a lenient reader.
			escaped = " "
		default: // before 1.1 a colon or a backslash stands for itself
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = append(dst, escaped...)
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

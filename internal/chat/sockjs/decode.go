package sockjs

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
)

// AppendMessages appends to dst the messages that a client's WebSocket message
// carries, one after another: a JSON array of strings, or one string. STOMP is
// a stream of octets, so where one message ends does not matter to it. An
// empty input carries none. What is appended is never longer than input; lone
// surrogates become U+FFFD, as everywhere in JSON.
//
// The error is a *hubbub.Error with CodeMalformedFrame that says where.
func AppendMessages(dst, input []byte) ([]byte, error) {
	if len(input) == 0 {
		return dst, nil
	}
	r := reader{input: input, out: dst}
	r.skipSpace()
	if r.peek() == '[' {
		r.array()
	} else {
		r.text()
	}
	r.skipSpace()
	if r.err == nil && r.pos < len(r.input) {
		r.fail("nothing more")
	}
	if r.err != nil {
		return dst, r.err
	}
	return r.out, nil
}

// A reader is a position in the input and what was read so far. After the
// first failure it stands still.
type reader struct {
	input []byte
	pos   int
	out   []byte
	err   error
}

// peek returns the next octet; 0, which no JSON contains, at the end.
func (r *reader) peek() byte {
	if r.err != nil || r.pos == len(r.input) {
		return 0
	}
	return r.input[r.pos]
}

func (r *reader) skipSpace() {
	for c := r.peek(); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = r.peek() {
		r.pos++
	}
}

func (r *reader) fail(expected string) {
	if r.err == nil {
		r.err = hubbub.Refuse(hubbub.CodeMalformedFrame,
			"not a SockJS message: at octet %d, %s expected in a JSON array of strings", r.pos+1, expected)
	}
}

func (r *reader) array() {
	r.pos++
	r.skipSpace()
	if r.peek() == ']' {
		r.pos++
		return
	}
	for r.err == nil {
		r.text()
		r.skipSpace()
		switch r.peek() {
		case ',':
			r.pos++
			r.skipSpace()
		case ']':
			r.pos++
			return
		default:
			r.fail("a comma or the closing bracket")
		}
	}
}

// text reads a string.
func (r *reader) text() {
	if r.peek() != '"' {
		r.fail("a string")
		return
	}
	r.pos++
	start := r.pos
	for r.err == nil {
		switch c := r.peek(); {
		case c == '"':
			r.out = append(r.out, r.input[start:r.pos]...)
			r.pos++
			return
		case c == '\\':
			r.out = append(r.out, r.input[start:r.pos]...)
			r.pos++
			r.escape()
			start = r.pos
		case c < ' ':
			r.fail("the closing quotation mark, with control characters escaped,")
		case c < utf8.RuneSelf:
			r.pos++
		default:
			_, size := utf8.DecodeRune(r.input[r.pos:])
			if size == 1 {
				r.fail("valid UTF-8")
				return
			}
			r.pos += size
		}
	}
}

// escape reads what follows a backslash.
func (r *reader) escape() {
	c := r.peek()
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		r.unicode()
		return
	default:
		r.fail("an escape of JSON")
		return
	}
	r.out = append(r.out, c)
	r.pos++
}

// unicode reads uXXXX, and the second half of a surrogate pair with it.
func (r *reader) unicode() {
	first, ok := hex4(r.input[r.pos+1:])
	if !ok {
		r.fail("four hexadecimal digits after u")
		return
	}
	r.pos += 5
	if utf16.IsSurrogate(first) {
		first = r.secondHalf(first)
	}
	r.out = utf8.AppendRune(r.out, first)
}

// secondHalf returns the character of the pair that begins with first; U+FFFD
// if what follows is no second half, which is then left to be read.
func (r *reader) secondHalf(first rune) rune {
	rest := r.input[r.pos:]
	if len(rest) >= 2 && rest[0] == '\\' && rest[1] == 'u' {
		second, ok := hex4(rest[2:])
		if pair := utf16.DecodeRune(first, second); ok && pair != utf8.RuneError {
			r.pos += 6
			return pair
		}
	}
	return utf8.RuneError
}

// hex4 reads four hexadecimal digits at the front of s.
func hex4(s []byte) (value rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range s[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		value = value<<4 | rune(c)
	}
	return value, true
}

package stomp

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
)

// Limits of a Decoder whose own are 0.
const (
	DefaultMaxFrame   = 64 << 10
	DefaultMaxHeaders = 64
	DefaultMaxLine    = 8 << 10 // room for a token
)

const (
	maxCommand = 32      // so that what is not STOMP is refused at its first octets
	keptBuffer = 4 << 10 // a larger buffer is given back once it is empty
)

// A Decoder cuts a stream of octets into frames, wherever the messages that
// carry them begin and end. The zero Decoder is ready to use. It is for one
// goroutine. It holds at most MaxFrame octets and the last piece fed.
//
// A frame is first measured: find the blank line, read the headers once to
// learn the body's length, find the end. All of that resumes where the last
// piece ended, so a frame that arrives octet by octet costs no more than one
// that comes whole; only its headers are read a second time.
type Decoder struct {
	MaxFrame   int // octets of a frame, the final NUL included; 0: DefaultMaxFrame
	MaxHeaders int // headers of a frame; 0: DefaultMaxHeaders
	MaxLine    int // octets of a header line without its end; 0: DefaultMaxLine

	version Version
	beats   uint64
	err     error  // the first failure; the decoder is spent
	buf     []byte // the frame that has begun and not ended
	at      progress

	headers   []Header // of the frame being emitted
	unescaped []byte   // header text that had escapes
}

// progress is what is known of the frame at the front of the input.
type progress struct {
	scanned int    // octets looked at
	line    int    // where the current line of the head starts
	lines   int    // complete lines of the head
	head    int    // octets of the head with its blank line; 0: not complete
	command string // once the head is complete
	length  int    // of the body; -1: it ends at the first NUL
	current bool   // Decoder.headers are this frame's and point into this input
}

// SetVersion sets the version that was negotiated. It may be called from
// within emit and holds from the next frame on.
func (d *Decoder) SetVersion(v Version) { d.version = v }

// HeartBeats returns how many line ends between frames have been read.
func (d *Decoder) HeartBeats() uint64 { return d.beats }

// Feed takes the next piece of the stream and calls emit for each frame that
// it completes, in order. The frame, strings excepted, is valid only during
// the call; data is not kept and not changed.
//
// The error is a *hubbub.Error that says what was wrong with the stream, or
// what emit returned; either ends the stream: later calls return it again.
func (d *Decoder) Feed(data []byte, emit func(Frame) error) error {
	if d.err != nil {
		return d.err
	}
	input := data
	if len(d.buf) > 0 {
		d.buf = append(d.buf, data...)
		input = d.buf
	}
	rest, err := d.cut(input, emit)
	if err != nil {
		d.err, d.buf = err, nil
		return err
	}
	d.at.current = false
	d.keep(rest, len(rest) == len(d.buf) && len(d.buf) > 0)
	return nil
}

// cut emits the complete frames of input and returns what is left of it.
func (d *Decoder) cut(input []byte, emit func(Frame) error) ([]byte, error) {
	for {
		var err error
		if input, err = d.skipLineEnds(input); err != nil || len(input) == 0 || d.halfLineEnd(input) {
			return input, err
		}
		size, err := d.measure(input)
		if err != nil || size == 0 {
			return input, err
		}
		if !d.at.current {
			if err := d.readHead(input[:d.at.head]); err != nil {
				return nil, err
			}
		}
		frame := Frame{Command: d.at.command, Headers: d.headers, Body: input[d.at.head : size-1 : size-1]}
		d.at = progress{}
		if err := emit(frame); err != nil {
			return nil, err
		}
		input = input[size:]
	}
}

// keep holds on to the beginning of a frame until Feed is called again.
func (d *Decoder) keep(rest []byte, held bool) {
	switch {
	case held:
	case len(rest) == 0 && cap(d.buf) > keptBuffer:
		d.buf = nil
	default:
		d.buf = append(d.buf[:0], rest...)
	}
}

// skipLineEnds drops the line ends between frames, which are heart-beats.
func (d *Decoder) skipLineEnds(input []byte) ([]byte, error) {
	for d.at.scanned == 0 && len(input) > 0 {
		switch {
		case input[0] == '\n':
			input = input[1:]
		case input[0] != '\r' || !d.version.carriageReturns() || d.halfLineEnd(input):
			return input, nil
		case input[1] != '\n':
			return nil, malformed("a carriage return between frames without its line feed")
		default:
			input = input[2:]
		}
		d.beats++
	}
	return input, nil
}

// halfLineEnd says whether input is a carriage return between frames whose line
// feed is still to come.
func (d *Decoder) halfLineEnd(input []byte) bool {
	return d.at.scanned == 0 && string(input) == "\r"
}

// measure returns the size of the frame at the front of input, NUL included;
// 0 when its end is not there yet.
func (d *Decoder) measure(input []byte) (int, error) {
	if d.at.head == 0 {
		if err := d.findHead(input); err != nil || d.at.head == 0 {
			return 0, err
		}
		if err := d.readHead(input[:d.at.head]); err != nil {
			return 0, err
		}
		d.at.scanned = d.at.head
	}
	if d.at.length >= 0 {
		return d.measureCounted(input)
	}
	limit := orDefault(d.MaxFrame, DefaultMaxFrame)
	visible := input[:min(len(input), limit)]
	if i := bytes.IndexByte(visible[d.at.scanned:], 0); i >= 0 {
		return d.at.scanned + i + 1, nil
	}
	d.at.scanned = len(visible)
	if len(visible) == limit {
		return 0, tooLarge("no NUL within %d octets: a frame may have no more", limit)
	}
	return 0, nil
}

// measureCounted is measure for a frame with a content-length.
func (d *Decoder) measureCounted(input []byte) (int, error) {
	end := d.at.head + d.at.length
	if len(input) <= end {
		return 0, nil
	}
	if input[end] != 0 {
		return 0, malformed("content-length is %d, but the octet after that many is not NUL: it counts octets, not characters", d.at.length)
	}
	return end + 1, nil
}

// findHead looks for the blank line that ends the head.
func (d *Decoder) findHead(input []byte) error {
	for {
		end := d.lineLimit()
		line := input[d.at.scanned:min(len(input), end)]
		n := bytes.IndexByte(line, '\n')
		if n >= 0 {
			line = line[:n]
		}
		if bytes.IndexByte(line, 0) >= 0 {
			return malformed("a NUL in line %d, before the blank line that ends the headers", d.at.lines+1)
		}
		if n < 0 {
			d.at.scanned += len(line)
			if d.at.scanned == end {
				return d.lineTooLong()
			}
			return nil
		}
		d.at.scanned += n + 1
		blank, err := d.endLine(input[d.at.line : d.at.scanned-1])
		if err != nil || blank {
			return err
		}
	}
}

// lineLimit returns where the line end of the current line must have come.
func (d *Decoder) lineLimit() int {
	longest := maxCommand
	if d.at.lines > 0 {
		longest = orDefault(d.MaxLine, DefaultMaxLine)
	}
	return min(d.at.line+longest+1, orDefault(d.MaxFrame, DefaultMaxFrame))
}

func (d *Decoder) lineTooLong() error {
	switch {
	case d.at.lines == 0:
		return malformed("not a STOMP frame: a command such as CONNECT or SEND on a line of its own expected")
	case d.at.scanned == orDefault(d.MaxFrame, DefaultMaxFrame):
		return tooLarge("no end of the headers within %d octets: a frame may have no more", d.at.scanned)
	default:
		return tooLarge("line %d is longer than %d octets", d.at.lines+1, orDefault(d.MaxLine, DefaultMaxLine))
	}
}

// endLine counts a complete line of the head and says whether it is the blank
// one.
func (d *Decoder) endLine(line []byte) (blank bool, err error) {
	line = d.trimCarriageReturn(line)
	d.at.lines++
	d.at.line = d.at.scanned
	switch most := orDefault(d.MaxHeaders, DefaultMaxHeaders); {
	case d.at.lines == 1:
		return false, checkCommand(line)
	case len(line) == 0:
		d.at.head = d.at.scanned
		return true, nil
	case d.at.lines-1 > most:
		return false, tooLarge("more than %d headers", most)
	}
	return false, nil
}

func checkCommand(name []byte) error {
	for _, c := range name {
		if c < 'A' || c > 'Z' {
			return malformed("not a STOMP frame: a command in capital letters such as CONNECT or SEND expected, got %s", excerpt(name))
		}
	}
	return nil
}

// readHead fills in command, headers and body length from a complete head.
func (d *Decoder) readHead(head []byte) error {
	if !utf8.Valid(head) {
		return malformed("the headers are not valid UTF-8")
	}
	d.headers, d.unescaped = d.headers[:0], d.unescaped[:0]
	name, rest := d.cutLine(head)
	d.at.command, d.at.length, d.at.current = command(name), -1, true
	for number := 2; ; number++ {
		var line []byte
		if line, rest = d.cutLine(rest); len(line) == 0 {
			return nil
		}
		if err := d.readHeader(line, number); err != nil {
			return err
		}
	}
}

// cutLine splits text after its first line end.
func (d *Decoder) cutLine(text []byte) (line, rest []byte) {
	end := bytes.IndexByte(text, '\n')
	return d.trimCarriageReturn(text[:end]), text[end+1:]
}

func (d *Decoder) trimCarriageReturn(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' && d.version.carriageReturns() {
		return line[:n-1]
	}
	return line
}

// readHeader adds one header. Values are never trimmed: a space is theirs.
func (d *Decoder) readHeader(line []byte, number int) error {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return malformed("line %d is no header: name:value expected, got %s", number, excerpt(line))
	}
	h := Header{Name: line[:colon:colon], Value: line[colon+1:]}
	if d.version.escapes() && !opening(d.at.command) && bytes.IndexByte(line, '\\') >= 0 {
		var err error
		if h.Name, err = d.unescape(h.Name); err != nil {
			return err
		}
		if h.Value, err = d.unescape(h.Value); err != nil {
			return err
		}
	}
	d.headers = append(d.headers, h)
	if d.at.length < 0 && string(h.Name) == "content-length" {
		return d.setLength(h.Value)
	}
	return nil
}

// unescape returns the meaning of s in memory of the decoder. Growing that
// memory leaves earlier results where they were.
func (d *Decoder) unescape(s []byte) ([]byte, error) {
	start := len(d.unescaped)
	var err error
	d.unescaped, err = appendUnescaped(d.unescaped, d.version, s)
	return d.unescaped[start:len(d.unescaped):len(d.unescaped)], err
}

func (d *Decoder) setLength(value []byte) error {
	for _, c := range value {
		if c < '0' || c > '9' {
			return malformed("content-length is the body's number of octets, not %s", excerpt(value))
		}
	}
	limit := orDefault(d.MaxFrame, DefaultMaxFrame)
	n, err := strconv.Atoi(string(value))
	switch {
	case len(value) == 0:
		return malformed("content-length is empty")
	case err != nil, n > limit-d.at.head-1: // digits only: err says out of range
		return tooLarge("content-length %s makes the frame larger than %d octets", excerpt(value), limit)
	}
	d.at.length = n
	return nil
}

func orDefault(limit, fallback int) int {
	if limit > 0 {
		return limit
	}
	return fallback
}

func malformed(format string, args ...any) error {
	return hubbub.Refuse(hubbub.CodeMalformedFrame, format, args...)
}

func tooLarge(format string, args ...any) error {
	return hubbub.Refuse(hubbub.CodeFrameTooLarge, format, args...)
}

// excerpt quotes the beginning of s for an error message, in ASCII.
func excerpt(s []byte) string {
	const most = 40
	if len(s) > most {
		return strconv.QuoteToASCII(string(s[:most])) + "…"
	}
	return strconv.QuoteToASCII(string(s))
}

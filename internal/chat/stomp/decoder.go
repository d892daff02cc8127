package stomp

import (
	"bytes"
	"strconv"

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

// keep holds on to rest, the beginning of a frame, until Feed is called again;
// held says that it is all of d.buf already.
func (d *Decoder) keep(rest []byte, held bool) {
	d.at.current = false
	if cap(d.unescaped) > keptBuffer {
		d.unescaped = nil
	}
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

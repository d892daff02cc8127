// Package hostwire is what an engine and `hubbub host` say to each other over the
// host's stdin and stdout: requests and their answers, in frames. docs/host-protocol.md
// is its text; golden vectors in testdata hold it for Go and for Java.
//
// An engine gives batches and gets batches: what a message means, it never learns.
package hostwire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Protocol is the version of what is said here.
const Protocol = 1

// Bounds of what is said. A frame that breaks one is an error on either side.
const (
	MaxFrame   = 16 << 20 // octets of kind and body
	MaxRecords = 8192     // of a tally
	MaxRooms   = 4096     // of a merge
)

// A Kind is what a frame is. Answers are in lower case.
type Kind byte

// The kinds. Each request gets one answer: its own, or Failed.
const (
	Hello     Kind = 'H'
	Tally     Kind = 'T'
	Merge     Kind = 'M'
	Summarise Kind = 'S'

	Introduced Kind = 'h'
	Tallied    Kind = 't'
	Merged     Kind = 'm'
	Summarised Kind = 's'
	Failed     Kind = 'e'
)

// Errors of reading. After one nothing more can be read.
var (
	// ErrFrame: the octets are no frame, or not the one that was due.
	ErrFrame = errors.New("not a frame of the host protocol")
	// ErrTooLarge: the frame is longer than MaxFrame.
	ErrTooLarge = errors.New("a frame of the host protocol is too large")
)

// A Message is a body: what a frame of one kind says.
type Message interface {
	Kind() Kind
	appendTo(dst []byte) []byte
	readFrom(r *body)
}

// Append appends a message as a frame: its length, big-endian in four octets, its kind
// and its body.
func Append(dst []byte, m Message) ([]byte, error) {
	start := len(dst)
	dst = m.appendTo(append(dst, 0, 0, 0, 0, byte(m.Kind())))
	size := len(dst) - start - 4
	if size > MaxFrame {
		return dst[:start], fmt.Errorf("%w: %d octets", ErrTooLarge, size)
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(size)) //nolint:gosec // bounded
	return dst, nil
}

// A Reader reads frames. It is one goroutine's.
type Reader struct {
	in  *bufio.Reader
	buf []byte
}

// NewReader returns a reader of a stream of frames.
func NewReader(in io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(in, 64<<10)} }

// Next returns the next frame's kind and body, which is valid until the next call.
// io.EOF: there are no more; io.ErrUnexpectedEOF: one was torn.
func (r *Reader) Next() (Kind, []byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	switch {
	case size == 0:
		return 0, nil, fmt.Errorf("%w: it has no kind", ErrFrame)
	case size > MaxFrame:
		return 0, nil, fmt.Errorf("%w: %d octets", ErrTooLarge, size)
	}
	if err := r.fill(int(size)); err != nil {
		return 0, nil, err
	}
	return Kind(r.buf[0]), r.buf[1:], nil
}

// fill reads so many octets. The buffer grows with what has come, not with what a length says.
func (r *Reader) fill(size int) error {
	r.buf = r.buf[:0]
	for len(r.buf) < size {
		step := min(size-len(r.buf), 1<<20)
		if cap(r.buf)-len(r.buf) < step {
			r.buf = append(make([]byte, 0, min(size, 2*cap(r.buf)+step)), r.buf...)
		}
		more := r.buf[len(r.buf) : len(r.buf)+step]
		if _, err := io.ReadFull(r.in, more); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		r.buf = r.buf[:len(r.buf)+step]
	}
	return nil
}

// Read reads a body into a message. What it holds shares the body's memory.
func Read(octets []byte, m Message) error {
	b := body{rest: octets}
	m.readFrom(&b)
	if b.failed || len(b.rest) > 0 {
		return fmt.Errorf("%w: the body of %q is torn, too long, or over a bound", ErrFrame, m.Kind())
	}
	return nil
}

package transport

import (
	"errors"
	"io"

	"github.com/gobwas/ws"

	"github.com/hubbub-live/hubbub"
)

// readBuffer is what a connection reads at once. Most frames of viewers are
// smaller, and there is one per viewer.
const readBuffer = 1 << 10

// maxControl is the longest payload of a control frame; RFC 6455, 5.5.
const maxControl = 125

// A Kind is what a Piece is of.
type Kind uint8

// The kinds.
const (
	Data Kind = iota // text or binary, which STOMP takes alike
	Ping
	Pong
	Close
)

// A Piece is part of what a client sent: some octets of a data message, or a
// whole control frame. Data is valid until the next call of Next.
type Piece struct {
	Kind Kind
	Data []byte
	End  bool // the message is complete
}

// A Reader reads a client's WebSocket messages piece by piece, so that what it
// holds does not grow with what a client sends. It is for one goroutine.
type Reader struct {
	source io.Reader
	buffer [readBuffer]byte
	r, w   int // what is read and not yet taken

	header ws.Header
	left   int64 // octets of the frame under way that are to come
	offset int   // into the mask
	begun  bool  // a message is under way
}

// NewReader returns a reader of what source has after the handshake. early is
// what was read too far with it; it is copied.
func NewReader(source io.Reader, early []byte) (*Reader, error) {
	r := &Reader{source: source}
	if len(early) > readBuffer {
		return nil, refuse("%d octets before the handshake was answered", len(early))
	}
	r.w = copy(r.buffer[:], early)
	return r, nil
}

// Next returns the next piece. The error is a *hubbub.Error if the client broke
// the protocol, else the connection's.
func (r *Reader) Next() (Piece, error) {
	for {
		if r.left == 0 {
			if err := r.begin(); err != nil {
				return Piece{}, err
			}
			if r.header.OpCode.IsControl() {
				return r.control()
			}
		}
		if r.left == 0 {
			if !r.header.Fin {
				continue
			}
			r.begun = false
			return Piece{End: true}, nil
		}
		if err := r.fill(1); err != nil {
			return Piece{}, err
		}
		data := r.take(int(min(r.left, int64(r.w-r.r))))
		end := r.left == 0 && r.header.Fin
		r.begun = !end
		return Piece{Data: data, End: end}, nil
	}
}

// begin reads the header of the next frame.
func (r *Reader) begin() error {
	header, err := ws.ReadHeader(buffered{r})
	switch {
	case errors.Is(err, ws.ErrHeaderLengthMSB), errors.Is(err, ws.ErrHeaderLengthUnexpected):
		return refuse("a frame whose length makes no sense")
	case err != nil:
		return err
	}
	switch op := header.OpCode; {
	case !header.Masked:
		return refuse("a frame without a mask; clients must mask theirs")
	case header.Rsv != 0:
		return refuse("a frame with reserved bits; no extension was agreed on")
	case op.IsControl() && (header.Length > maxControl || !header.Fin):
		return refuse("a control frame that is cut up or longer than %d octets", maxControl)
	case op == ws.OpContinuation && !r.begun:
		return refuse("a continuation of nothing")
	case (op == ws.OpText || op == ws.OpBinary) && r.begun:
		return refuse("a new message before the last one ended")
	case op == ws.OpText || op == ws.OpBinary:
		r.begun = true
	case !op.IsControl() && op != ws.OpContinuation, op.IsReserved():
		return refuse("an unknown opcode %d", op)
	}
	r.header, r.left, r.offset = header, header.Length, 0
	return nil
}

// control reads a control frame; it may stand between the frames of a message.
func (r *Reader) control() (Piece, error) {
	if err := r.fill(int(r.left)); err != nil {
		return Piece{}, err
	}
	kind := Close
	switch r.header.OpCode {
	case ws.OpPing:
		kind = Ping
	case ws.OpPong:
		kind = Pong
	}
	return Piece{Kind: kind, Data: r.take(int(r.left)), End: true}, nil
}

// take unmasks and returns the next n octets of the frame, which are buffered.
func (r *Reader) take(n int) []byte {
	data := r.buffer[r.r : r.r+n]
	ws.Cipher(data, r.header.Mask, r.offset)
	r.r += n
	r.left -= int64(n)
	r.offset += n
	return data
}

// fill reads until n octets are buffered.
func (r *Reader) fill(n int) error {
	if r.w-r.r >= n {
		return nil
	}
	r.w = copy(r.buffer[:], r.buffer[r.r:r.w])
	r.r = 0
	for r.w < n {
		m, err := r.source.Read(r.buffer[r.w:])
		r.w += m
		if err != nil && r.w < n {
			if errors.Is(err, io.EOF) && r.w > 0 {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// buffered is the reader as an io.Reader of raw octets.
type buffered struct{ r *Reader }

func (b buffered) Read(p []byte) (int, error) {
	if err := b.r.fill(1); err != nil {
		return 0, err
	}
	n := copy(p, b.r.buffer[b.r.r:b.r.w])
	b.r.r += n
	return n, nil
}

func refuse(format string, args ...any) *hubbub.Error {
	return hubbub.Refuse(hubbub.CodeMalformedFrame, "WebSocket: "+format, args...)
}

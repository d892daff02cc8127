package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// protocols are the STOMP sub-protocols offered, best first.
var protocols = []string{"v12.stomp", "v11.stomp", "v10.stomp"}

// maxMessage bounds one WebSocket message from the server. A page of 200
// messages of 4 KiB fits many times over.
const maxMessage = 16 << 20

// A transport carries STOMP text both ways over one WebSocket: plain, or in the
// frames of SockJS's websocket transport. One goroutine may read while any
// number write.
type transport struct {
	conn   net.Conn
	in     *bufio.Reader
	sockjs bool

	silence atomic.Int64 // see allowSilence; nanoseconds

	// Of the reading goroutine.
	whole   []byte    // the message being read
	text    []byte    // what SockJS had wrapped
	arrived time.Time // when the last message was complete
	patient time.Time // when the read deadline was last put off

	writing sync.Mutex
}

const (
	readBuffer = 8 << 10   // room for a busy room's batch
	keptBuffer = 256 << 10 // a larger buffer is given back after its message
)

// open dials o.URL and upgrades: ws and wss plain, http and https as SockJS.
func open(ctx context.Context, o Options) (*transport, error) {
	target, sockjs, err := endpoint(ctx, o)
	if err != nil {
		return nil, err
	}
	dialer := ws.Dialer{ReadBufferSize: readBuffer, NetDial: o.NetDial, TLSConfig: o.TLS, Header: ws.HandshakeHeaderHTTP(o.Header)}
	if !sockjs {
		dialer.Protocols = protocols
	}
	var refused error
	dialer.OnStatusError = func(status int, _ []byte, answer io.Reader) {
		refused = readStatus(status, answer)
	}
	conn, in, _, err := dialer.Dial(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("open a WebSocket to %s: %w", target, errors.Join(refused, err))
	}
	if in == nil {
		in = bufio.NewReaderSize(conn, readBuffer)
	}
	return &transport{conn: conn, in: in, sockjs: sockjs}, nil
}

// allowSilence sets how long the server may say nothing from now on before it
// counts as gone; 0: for ever.
func (t *transport) allowSilence(d time.Duration) error {
	t.silence.Store(int64(d))
	if d == 0 {
		return nil
	}
	return t.conn.SetReadDeadline(time.Now().Add(d))
}

// heard puts the end of the server's time off, but not with each of many frames.
func (t *transport) heard(now time.Time) error {
	silence := time.Duration(t.silence.Load())
	if silence == 0 || now.Sub(t.patient) < silence/8 {
		return nil
	}
	t.patient = now
	return t.conn.SetReadDeadline(now.Add(silence))
}

// read gives the next STOMP text: the payload of one WebSocket message, or the
// strings of one SockJS array, valid until it is called again. It answers pings.
// After a close it returns a *CloseError.
func (t *transport) read() ([]byte, error) {
	for {
		payload, err := t.message()
		t.arrived = time.Now()
		if err != nil {
			return nil, err
		}
		if err := t.heard(t.arrived); err != nil {
			return nil, fmt.Errorf("put the read deadline off: %w", err)
		}
		if !t.sockjs {
			return payload, nil
		}
		if t.text, err = unwrapSockJS(recycled(t.text), payload); err != nil || len(t.text) > 0 {
			return t.text, err
		}
	}
}

// recycled is an empty buffer, b's memory if that is not too much.
func recycled(b []byte) []byte {
	if cap(b) > keptBuffer {
		return nil
	}
	return b[:0]
}

// message reads one whole data message, joining fragments.
func (t *transport) message() ([]byte, error) {
	whole := recycled(t.whole)
	defer func() { t.whole = whole }()
	for {
		header, err := ws.ReadHeader(t.in)
		if err != nil {
			return nil, fmt.Errorf("read a frame: %w", err)
		}
		if header.Masked {
			return nil, errors.New("the server sent a masked frame")
		}
		if header.Length > maxMessage-int64(len(whole)) {
			return nil, fmt.Errorf("the server sent a message of more than %d bytes", maxMessage)
		}
		start := len(whole)
		whole = slices.Grow(whole, int(header.Length))[:start+int(header.Length)]
		if _, err := io.ReadFull(t.in, whole[start:]); err != nil {
			return nil, fmt.Errorf("read a frame: %w", err)
		}
		switch payload := whole[start:]; header.OpCode {
		case ws.OpPing:
			if err := t.writeFrame(ws.OpPong, payload); err != nil {
				return nil, err
			}
			whole = whole[:start]
		case ws.OpPong:
			whole = whole[:start]
		case ws.OpClose:
			code, reason := ws.ParseCloseFrameDataUnsafe(payload)
			return nil, &CloseError{Code: int(code), Reason: string([]byte(reason))}
		default:
			if header.OpCode == ws.OpText && header.Fin && !utf8.Valid(payload) {
				return nil, errors.New("the server sent text that is not UTF-8")
			}
			if header.Fin {
				return whole, nil
			}
		}
	}
}

// write sends STOMP text as one WebSocket message.
func (t *transport) write(text []byte) error {
	if !t.sockjs {
		return t.writeFrame(ws.OpText, text)
	}
	wrapped, err := json.Marshal([]string{string(text)})
	if err != nil {
		return fmt.Errorf("wrap for SockJS: %w", err)
	}
	return t.writeFrame(ws.OpText, wrapped)
}

// writePatience bounds a write to a server that does not read.
const writePatience = 10 * time.Second

func (t *transport) writeFrame(op ws.OpCode, payload []byte) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	if err := t.conn.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	frame, err := ws.CompileFrame(ws.MaskFrameInPlace(ws.NewFrame(op, true, bytes.Clone(payload))))
	if err != nil {
		return fmt.Errorf("make a frame: %w", err)
	}
	if _, err := t.conn.Write(frame); err != nil {
		return fmt.Errorf("write a frame: %w", err)
	}
	return nil
}

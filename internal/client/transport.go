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
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// Protocols are the STOMP sub-protocols offered, best first.
var Protocols = []string{"v12.stomp", "v11.stomp", "v10.stomp"}

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

	writing sync.Mutex
}

// open dials o.URL and upgrades: ws and wss plain, http and https as SockJS.
func open(ctx context.Context, o Options) (*transport, error) {
	target, sockjs, err := endpoint(ctx, o)
	if err != nil {
		return nil, err
	}
	dialer := ws.Dialer{NetDial: o.NetDial, TLSConfig: o.TLS, Header: ws.HandshakeHeaderHTTP(o.Header)}
	if !sockjs {
		dialer.Protocols = Protocols
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
		in = bufio.NewReader(conn)
	}
	return &transport{conn: conn, in: in, sockjs: sockjs}, nil
}

// allowSilence sets how long the server may say nothing from now on before it
// counts as gone; 0: for ever.
func (t *transport) allowSilence(d time.Duration) error {
	t.silence.Store(int64(d))
	return t.heard()
}

func (t *transport) heard() error {
	if silence := time.Duration(t.silence.Load()); silence > 0 {
		return t.conn.SetReadDeadline(time.Now().Add(silence))
	}
	return nil
}

// read gives the next STOMP text: the payload of one WebSocket message, or the
// strings of one SockJS array. It answers pings. After a close it returns a
// *CloseError.
func (t *transport) read() ([]byte, error) {
	for {
		payload, err := t.message()
		if err != nil || !t.sockjs {
			return payload, err
		}
		text, err := unwrapSockJS(payload)
		if err != nil || len(text) > 0 {
			return text, err
		}
	}
}

// message reads one whole data message, joining fragments.
func (t *transport) message() ([]byte, error) {
	var whole []byte
	for {
		if err := t.heard(); err != nil {
			return nil, fmt.Errorf("read a frame: %w", err)
		}
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
		whole = append(whole, make([]byte, header.Length)...)
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

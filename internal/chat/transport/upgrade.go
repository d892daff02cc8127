package transport

import (
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// handshakeTimeout bounds the writing of the answer.
const handshakeTimeout = 5 * time.Second

// Upgrade answers a WebSocket handshake and takes the connection over. The first
// STOMP sub-protocol that the client offers is echoed, and none if it offers
// none: clients give up on an answer they did not ask for. After an error the
// request has been answered.
func Upgrade(w http.ResponseWriter, r *http.Request) (net.Conn, *Reader, error) {
	upgrader := ws.HTTPUpgrader{
		Timeout: handshakeTimeout,
		Protocol: func(offer string) bool {
			return offer == "v12.stomp" || offer == "v11.stomp" || offer == "v10.stomp"
		},
	}
	conn, buffered, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		return nil, nil, err
	}
	early, err := buffered.Peek(buffered.Reader.Buffered())
	if err == nil {
		var reader *Reader
		if reader, err = NewReader(conn, early); err == nil {
			return conn, reader, conn.SetDeadline(time.Time{})
		}
	}
	_ = conn.Close() // it is of no use any more
	return nil, nil, err
}

// Upgrading says whether a request asks for a WebSocket.
func Upgrading(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

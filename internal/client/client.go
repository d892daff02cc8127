// Package client speaks our own wire contract from the other side: STOMP over
// WebSocket, plain or in SockJS's websocket transport. End-to-end tests and
// tools use it; it knows the wire and nothing else of the program.
//
// A Conn is safe for concurrent use. What a subscription receives waits in a
// bounded backlog until Next takes it; when that is full the connection is no
// longer read, so a program that is slow is a slow viewer to the server too.
package client

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/hubbub-live/hubbub"
)

// Options say where and as whom to connect.
type Options struct {
	// URL of the chat server, such as ws://127.0.0.1:8080/chat/ws. ws and wss are
	// plain STOMP over WebSocket; http and https mean SockJS: info is asked first,
	// then its websocket transport opened.
	URL string
	// Token goes into CONNECT as Authorization: Bearer. Empty: a viewer who can
	// only read.
	Token string
	// Viewer is the CONNECT header of that name. Empty: none.
	Viewer string
	// Versions is the CONNECT header accept-version. Empty: all that there are.
	Versions string
	// Uncounted sends presence: none, as overlays and bots do.
	Uncounted bool
	// Silent leaves out the subscription to this session's notices, so that a
	// refused Send ends the session.
	Silent bool
	// OnNotice takes the notices that no Send waits for, in the place of
	// Conn.Notice, from the reading goroutine: it must not block.
	OnNotice func(Notice)
	// HeartBeat is the interval offered for both directions. 0: 20 s; negative: none.
	HeartBeat time.Duration
	// Backlog bounds the messages that wait in each subscription. 0: 65,536.
	Backlog int
	// Header is added to the HTTP requests: Origin, X-Forwarded-For.
	Header http.Header
	// TLS configures wss and https. nil: the defaults.
	TLS *tls.Config
	// NetDial replaces the dialer, to cut or slow the connection in tests.
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)
}

const (
	defaultHeartBeat = 20 * time.Second
	defaultBacklog   = 1 << 16
)

func (o Options) heartBeat() time.Duration {
	switch {
	case o.HeartBeat == 0:
		return defaultHeartBeat
	case o.HeartBeat < 0:
		return 0
	}
	return o.HeartBeat
}

func (o Options) backlog() int {
	if o.Backlog > 0 {
		return o.Backlog
	}
	return defaultBacklog
}

// MessagesOf is the destination of a room's events on a channel.
func MessagesOf(stream hubbub.StreamID, channel hubbub.Channel) string {
	return "/topic/stream/" + string(stream) + "/" + channel.String()
}

// notices is where a session hears what concerns it alone.
const notices = "/user/queue/notices"

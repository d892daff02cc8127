// Package sockjs is the codec of the part of SockJS that hubbub serves: the
// info document and the WebSocket transport, framed and raw. Its other
// transports are not offered; clients fall through to this one. It does no I/O.
package sockjs

import (
	"strconv"
	"strings"
)

// An Endpoint is what a path below a SockJS base addresses.
type Endpoint uint8

// The endpoints.
const (
	Unknown   Endpoint = iota // nothing that is served
	Greeting                  // the base itself, for people: GreetingText
	Info                      // /info: AppendInfo
	WebSocket                 // /{server}/{session}/websocket: framed
	Raw                       // /websocket: an ordinary WebSocket
)

// GreetingText is what SockJS servers answer to a GET of their base.
const GreetingText = "Welcome to SockJS!\n"

// Parse says what path, the part of the URL after the base, addresses. Server
// and session of the framed transport may be anything without dots and
// slashes; they carry no meaning here, since a session is one WebSocket.
func Parse(path string) Endpoint {
	switch path {
	case "", "/":
		return Greeting
	case "/info":
		return Info
	case "/websocket":
		return Raw
	}
	parts := strings.Split(path, "/")
	if len(parts) == 4 && parts[0] == "" && segment(parts[1]) && segment(parts[2]) && parts[3] == "websocket" {
		return WebSocket
	}
	return Unknown
}

func segment(s string) bool { return s != "" && !strings.Contains(s, ".") }

// AppendInfo appends the info document. entropy is to be random: clients seed
// their session ids with it.
func AppendInfo(dst []byte, entropy uint32) []byte {
	dst = append(dst, `{"websocket":true,"origins":["*:*"],"cookie_needed":false,"entropy":`...)
	dst = strconv.AppendUint(dst, uint64(entropy), 10)
	return append(dst, '}')
}

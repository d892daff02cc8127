package e2e

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A badFrame ends the session that sends it.
type badFrame struct {
	name string
	text string // one WebSocket message
	want hubbub.Code
}

// before are sent in the place of CONNECT.
var before = []badFrame{
	{"words", "hello there\n", hubbub.CodeMalformedFrame},
	{"HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", hubbub.CodeMalformedFrame},
	{"JSON, as other chats speak", `{"id":1,"connect":{}}` + "\n", hubbub.CodeMalformedFrame},
	{"no command within 32 octets", strings.Repeat("A", 100), hubbub.CodeMalformedFrame},
	{"a command in small letters", "connect\n\n\x00", hubbub.CodeMalformedFrame},
	{"a lone carriage return between frames", "\rCONNECT\n\n\x00", hubbub.CodeMalformedFrame},
	{"a NUL among the headers", "CONNECT\nhost:x\x00", hubbub.CodeMalformedFrame},
	{"a header without a colon", "CONNECT\nhost\n\n\x00", hubbub.CodeMalformedFrame},
	{"a header without a name", "CONNECT\n:x\n\n\x00", hubbub.CodeMalformedFrame},
	{"a header that is not UTF-8", "CONNECT\nviewer:\xff\xfe\n\n\x00", hubbub.CodeMalformedFrame},
	{"content-length in words", "CONNECT\ncontent-length:many\n\n\x00", hubbub.CodeMalformedFrame},
	{"SEND first", "SEND\ndestination:/publish/1\nreceipt:r\n\n{\"content\":\"x\"}\x00", hubbub.CodeNotConnected},
	{"SUBSCRIBE first", "SUBSCRIBE\nid:1\ndestination:/topic/stream/1/message\nreceipt:r\n\n\x00", hubbub.CodeNotConnected},
	{"an unknown command first", "HELLO\nreceipt:r\n\n\x00", hubbub.CodeNotConnected},
	{"no version in common", "CONNECT\naccept-version:0.9,2.0\nreceipt:r\n\n\x00", hubbub.CodeUnsupportedVersion},
	{"heart-beat in words", "CONNECT\nheart-beat:often\n\n\x00", hubbub.CodeHeartBeatInvalid},
	{"heart-beat of one number", "CONNECT\nheart-beat:10000\n\n\x00", hubbub.CodeHeartBeatInvalid},
	{"heart-beat of three numbers", "CONNECT\nheart-beat:1,2,3\n\n\x00", hubbub.CodeHeartBeatInvalid},
	{"heart-beat below 0", "STOMP\nheart-beat:-1,0\n\n\x00", hubbub.CodeHeartBeatInvalid},
	{"heart-beat beyond any number", "STOMP\nheart-beat:0,99999999999999999999\n\n\x00", hubbub.CodeHeartBeatInvalid},
	{"a viewer of 129 octets", "CONNECT\nviewer:" + strings.Repeat("v", 129) + "\n\n\x00", hubbub.CodeHeaderInvalid},
	{"65 headers", "CONNECT\n" + strings.Repeat("a:b\n", 65) + "\n\x00", hubbub.CodeFrameTooLarge},
	{"a header line of 9 KiB", "CONNECT\na:" + strings.Repeat("b", 9<<10) + "\n\n\x00", hubbub.CodeFrameTooLarge},
	{"a body of 64 KiB announced", "CONNECT\ncontent-length:65536\n\n", hubbub.CodeFrameTooLarge},
	{"a body without an end", "CONNECT\n\n" + strings.Repeat("x", 64<<10), hubbub.CodeFrameTooLarge},
}

// after are sent by a session.
var after = []badFrame{
	{"a second CONNECT", "CONNECT\naccept-version:1.2\nreceipt:r\n\n\x00", hubbub.CodeAlreadyConnected},
	{"a second one by its other name", "STOMP\naccept-version:1.2\nreceipt:r\n\n\x00", hubbub.CodeAlreadyConnected},
	{"BEGIN", "BEGIN\ntransaction:t\nreceipt:r\n\n\x00", hubbub.CodeUnsupported},
	{"COMMIT", "COMMIT\ntransaction:t\nreceipt:r\n\n\x00", hubbub.CodeUnsupported},
	{"ABORT", "ABORT\ntransaction:t\nreceipt:r\n\n\x00", hubbub.CodeUnsupported},
	{"a command of servers", "MESSAGE\nreceipt:r\ndestination:/topic/stream/bad/message\n\nx\x00", hubbub.CodeMalformedFrame},
	{"an unknown command", "SHOUT\nreceipt:r\n\nx\x00", hubbub.CodeMalformedFrame},
	{"an unknown escape", "SEND\ndestination:/publish/\\t\n\n\x00", hubbub.CodeMalformedFrame},
	{"a lone backslash", "SEND\ndestination:/publish/bad\\\n\n\x00", hubbub.CodeMalformedFrame},
	{"content-length below 0", "SEND\ncontent-length:-1\n\n\x00", hubbub.CodeMalformedFrame},
	{"content-length that is empty", "SEND\ncontent-length:\n\n\x00", hubbub.CodeMalformedFrame},
	{"content-length of fewer octets than the body's", "SEND\ndestination:/publish/bad\ncontent-length:3\n\n{\"content\":\"x\"}\x00", hubbub.CodeMalformedFrame},
	{"content-length of characters, not octets", "SEND\ndestination:/publish/bad\ncontent-length:15\n\n{\"content\":\"한\"}\x00", hubbub.CodeMalformedFrame},
	{"content-length beyond any number", "SEND\ncontent-length:99999999999999999999\n\n\x00", hubbub.CodeFrameTooLarge},
	{"content-length beyond --frame-size", "SEND\ndestination:/publish/bad\ncontent-length:65500\n\n", hubbub.CodeFrameTooLarge},
	{"a frame of 64 KiB", "SEND\ndestination:/publish/bad\n\n{\"content\":\"" + strings.Repeat("x", 64<<10) + "\"}\x00", hubbub.CodeFrameTooLarge},
	{"a NUL in a body without content-length ends it", "SEND\ndestination:/publish/bad\nreceipt:\n\nx\x00y\"}\x00", hubbub.CodeMalformedFrame},
}

func TestBadFrames(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	room := watch(t, ctx, server, "bad")
	c := answers{t: t}
	for _, path := range []string{plainPath, sockjsPath} {
		for _, bad := range before {
			if path == sockjsPath && !utf8.ValidString(bad.text) {
				continue // JSON has no such text; see TestBadSockJS
			}
			c.run(fmt.Sprintf("%s/before CONNECT/%s", path[1:], bad.name), func(t *testing.T) {
				w := openWire(t, server, path)
				must(t, w.say(bad.text))
				must(t, w.expectEnd(bad.want, receiptOf(bad.text)))
				must(t, room.still(ctx))
			})
		}
		for _, bad := range after {
			c.run(fmt.Sprintf("%s/after CONNECT/%s", path[1:], bad.name), func(t *testing.T) {
				w := connectWire(t, server, path, room.me.Token)
				must(t, w.say(bad.text))
				must(t, w.expectEnd(bad.want, receiptOf(bad.text)))
				must(t, room.still(ctx))
			})
		}
	}
	c.tried("broken STOMP frames, over WebSocket and SockJS")
}

// receiptOf is what the ERROR has to be for: STOMP wants it where there was a frame.
func receiptOf(text string) string {
	_, after, _ := strings.Cut(text, "\nreceipt:")
	receipt, _, _ := strings.Cut(after, "\n")
	return receipt
}

// TestBadWebSocket breaks the layer below STOMP.
func TestBadWebSocket(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	room := watch(t, ctx, server, "bad")
	tests := []struct{ name, octets string }{
		{"a frame without a mask", "\x81\x05hello"},
		{"reserved bits", "\xc1\x80\x00\x00\x00\x00"},
		{"an unknown opcode", "\x83\x80\x00\x00\x00\x00"},
		{"an unknown control opcode", "\x8b\x80\x00\x00\x00\x00"},
		{"a continuation of nothing", "\x80\x80\x00\x00\x00\x00"},
		{"a message within another", "\x01\x81\x00\x00\x00\x00\n\x81\x81\x00\x00\x00\x00\n"},
		{"a ping that is cut up", "\x09\x80\x00\x00\x00\x00"},
		{"a ping of 126 octets", "\x89\xfe\x00\x7e\x00\x00\x00\x00" + strings.Repeat("p", 126)},
		{"a message of 2^64-1 octets announced", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00CONNECT"},
		{"a binary message that is no STOMP", "\x82\x86\x00\x00\x00\x00hello\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := openWire(t, server, plainPath)
			must(t, w.raw(test.octets))
			must(t, w.expectEnd(hubbub.CodeMalformedFrame, ""))
			must(t, room.still(ctx))
		})
	}
	t.Run("cut in the middle of a frame", func(t *testing.T) {
		w := connectWire(t, server, plainPath, room.me.Token)
		must(t, w.write(opText, "SEND\ndestination:/publish/bad\n\n{\"content\":\"half a"))
		must(t, w.conn.Close())
		must(t, room.still(ctx))
	})
}

// TestBadSockJS breaks SockJS's arrays.
func TestBadSockJS(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	room := watch(t, ctx, server, "bad")
	tests := []struct {
		name, text string
		want       hubbub.Code
	}{
		{"STOMP as it is", "CONNECT\n\n\x00", hubbub.CodeMalformedFrame},
		{"an object", `{"CONNECT":1}`, hubbub.CodeMalformedFrame},
		{"an array of a number", `[1]`, hubbub.CodeMalformedFrame},
		{"an array in an array", `[["CONNECT"]]`, hubbub.CodeMalformedFrame},
		{"an array without its end", `["CONNECT"`, hubbub.CodeMalformedFrame},
		{"an unknown escape", `["\x"]`, hubbub.CodeMalformedFrame},
		{"something after the array", `["\n"]]`, hubbub.CodeMalformedFrame},
		{"not UTF-8", "[\"\xff\"]", hubbub.CodeMalformedFrame},
		{"an array beyond any frame", `["` + strings.Repeat("A", 200<<10) + `"]`, hubbub.CodeFrameTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := openWire(t, server, sockjsPath)
			must(t, w.write(opText, test.text))
			must(t, w.expectEnd(test.want, ""))
			must(t, room.still(ctx))
		})
	}
}

// TestBadCutsAreFine sends what is right, cut up in odd ways: every octet a
// message of its own, every octet a WebSocket fragment, everything at once.
func TestBadCutsAreFine(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	room := watch(t, ctx, server, "bad")
	const content = "한글 😀"
	talk := "CONNECT\r\naccept-version:1.2\r\nheart-beat:0,0\r\nAuthorization:Bearer " + room.me.Token + "\r\n\r\n\x00" +
		"\n\r\n\nSEND\r\ndestination:/publish/bad\nreceipt:r\n\n{\"content\":\"" + content + "\"}\x00\nDISCONNECT\nreceipt:bye\n\n\x00"
	cuts := map[string]func(w *wire) error{
		"all at once": func(w *wire) error { return w.say(talk) },
		"an octet a message": func(w *wire) error {
			var all strings.Builder
			for i := range len(talk) {
				all.WriteString("\x82\x81\x00\x00\x00\x00" + talk[i:i+1])
			}
			return w.raw(all.String())
		},
		"an octet a fragment, with pings between": func(w *wire) error {
			all := "\x02\x80\x00\x00\x00\x00"
			for i := range len(talk) {
				all += "\x00\x81\x00\x00\x00\x00" + talk[i:i+1] + "\x89\x80\x00\x00\x00\x00"
			}
			return w.raw(all + "\x80\x80\x00\x00\x00\x00")
		},
	}
	for name, send := range cuts {
		t.Run(name, func(t *testing.T) {
			w := openWire(t, server, plainPath)
			must(t, send(w))
			must(t, w.expect("CONNECTED", map[string]string{"version": "1.2"}))
			must(t, w.expect("RECEIPT", map[string]string{"receipt-id": "r"}))
			must(t, w.expect("RECEIPT", map[string]string{"receipt-id": "bye"}))
			e, err := w.end()
			must(t, err)
			if e.number != 1000 || e.refusal.command != "" {
				t.Errorf("it was %v", e)
			}
			_, err = room.hears(ctx, content)
			must(t, err)
			must(t, room.still(ctx))
		})
	}
}

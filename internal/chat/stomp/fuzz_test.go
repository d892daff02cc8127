package stomp

import (
	"slices"
	"strings"
	"testing"
)

// What real clients write, and what goes wrong at the edges.
var seeds = []string{
	// @stomp/stompjs 7
	"CONNECT\naccept-version:1.2,1.1,1.0\nheart-beat:10000,10000\nAuthorization:Bearer e30.e30.x\n\n\x00",
	"SUBSCRIBE\nreceipt:r-1\nid:sub-0\ndestination:/topic/stream/1/message\n\n\x00",
	"SEND\ndestination:/publish/1\nreceipt:a\\cb\ncontent-length:20\n\n{\"content\":\"안녕\"}\x00",
	"DISCONNECT\nreceipt:close-1\n\n\x00",
	// stompjs 2.3.3: no escapes, a heart-beat after every quiet interval
	"CONNECT\nAuthorization:Bearer x\naccept-version:1.1,1.0\nheart-beat:10000,10000\n\n\x00\n\n",
	"SEND\ndestination:/publish/1\ncontent-length:15\n\n{\"content\":\"x\"}\x00",
	// stomp.py opens with STOMP
	"STOMP\naccept-version:1.2\nhost:127.0.0.1\nheart-beat:0,0\n\n\x00",
	// by hand
	"SEND\r\ndestination:/publish/1\r\n\r\n{}\x00\r\n",
	"SEND\ncontent-length:5\n\na\x00b\x00c\x00MESSAGE\n\n\x00",
	"\r\n\r",
	"SEND\n\\c\\n\\r\\\\:\\\\n\n\n\x00",
}

func small(v Version) *Decoder {
	return &Decoder{MaxFrame: 300, MaxHeaders: 8, MaxLine: 100, version: v}
}

// FuzzDecoder: no input makes the decoder panic or emit what it could not have
// been sent, and where it is split makes no difference.
func FuzzDecoder(f *testing.F) {
	for i, seed := range seeds {
		f.Add([]byte(seed), uint8(i%4), uint8(1+i))
	}
	f.Fuzz(func(t *testing.T, data []byte, version, step uint8) {
		v := Version(version % 4)
		whole := transcript(small(v), string(data))
		var pieces []string
		for piece := range slices.Chunk(data, max(1, int(step))) {
			pieces = append(pieces, string(piece))
		}
		if split := transcript(small(v), pieces...); !slices.Equal(split, whole) {
			t.Errorf("in pieces of %d: %q, whole: %q", max(1, int(step)), split, whole)
		}
	})
}

// FuzzReencode: a frame that was decoded can be sent on and arrives the same.
func FuzzReencode(f *testing.F) {
	for i, seed := range seeds {
		f.Add([]byte(seed), uint8(i%4))
	}
	f.Fuzz(func(t *testing.T, data []byte, version uint8) {
		v := Version(version % 4)
		small(v).Feed(data, func(frame Frame) error {
			if frame.Command == "" || len(data) < len(frame.Command)+len(frame.Body)+3 {
				t.Fatalf("%q cannot have been in %q", show(frame), data)
			}
			var headers []string
			want := Frame{Command: frame.Command, Body: frame.Body}
			for _, h := range frame.Headers {
				if string(h.Name) == "content-length" {
					continue
				}
				// Names are the caller's own and written as they are.
				if strings.ContainsAny(string(h.Name), "\\:\n\r") {
					continue
				}
				headers = append(headers, string(h.Name), string(h.Value))
				want.Headers = append(want.Headers, h)
			}
			again := AppendFrame(nil, v, frame.Command, frame.Body, headers...)
			d := Decoder{version: v}
			err := d.Feed(again, func(got Frame) error {
				got.Headers = slices.DeleteFunc(got.Headers, func(h Header) bool { return string(h.Name) == "content-length" })
				// A raw carriage return, which only readers of 1.0 and 1.1 let
				// through, is not sent on.
				if show(got) != show(want) && !slices.Contains(data, '\r') {
					t.Errorf("%q came back as %q", show(want), show(got))
				}
				return nil
			})
			if err != nil && !slices.Contains(data, '\r') {
				t.Errorf("%q cannot be read back: %v", again, err)
			}
			return nil
		})
	})
}

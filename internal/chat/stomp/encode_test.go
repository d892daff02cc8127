package stomp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"pgregory.net/rapid"
)

var (
	envelope = Envelope{Subscription: "sub-0"}
	message  = Message{
		Destination: "/topic/stream/1/message",
		ID:          "01935d3c-6a4e-7c1f-8f0a-3b2c1d0e9f8a",
		Position:    hubbub.Position{Epoch: 1, N: 42},
		Prev:        hubbub.Position{Epoch: 1, N: 40},
		Nonce:       "n:1",
		Body:        []byte(`{"content":"안녕"}`),
	}
)

func TestAppendMessage(t *testing.T) {
	quiet := Message{Destination: "/topic/stream/1/analysis", ID: "a-1", Body: []byte(`{}`)}
	first := Message{Destination: "/d", ID: "1", Position: hubbub.Position{Epoch: 1, N: 7}, Body: []byte(`{}`)}
	marked := Envelope{Subscription: "sub-1", Replay: true, Skipped: 12,
		GapFrom: hubbub.Position{Epoch: 1, N: 3}, GapTo: hubbub.Position{Epoch: 2, N: 9}}
	fromStart := Envelope{Subscription: "s", GapTo: hubbub.Position{Epoch: 1, N: 9}}
	for _, test := range []struct {
		name string
		v    Version
		e    *Envelope
		m    *Message
		want string
	}{
		{"a chat message", V12, &envelope, &message, "MESSAGE\nsubscription:sub-0\n" +
			"destination:/topic/stream/1/message\nmessage-id:01935d3c-6a4e-7c1f-8f0a-3b2c1d0e9f8a\n" +
			"content-type:application/json;charset=utf-8\nposition:1.42\nprev:1.40\nnonce:n\\c1\ncontent-length:20\n\n" +
			"{\"content\":\"안녕\"}\x00"},
		{"a channel without positions", V12, &envelope, &quiet, "MESSAGE\nsubscription:sub-0\n" +
			"destination:/topic/stream/1/analysis\nmessage-id:a-1\n" +
			"content-type:application/json;charset=utf-8\ncontent-length:2\n\n{}\x00"},
		{"the first of its room has an empty prev", V10, &envelope, &first, "MESSAGE\nsubscription:sub-0\n" +
			"destination:/d\nmessage-id:1\ncontent-type:application/json;charset=utf-8\nposition:1.7\nprev:\ncontent-length:2\n\n{}\x00"},
		{"replay, skips and a gap", V12, &marked, &first, "MESSAGE\nsubscription:sub-1\nreplay:true\nskipped:12\ngap:1.3..2.9\n" +
			"destination:/d\nmessage-id:1\ncontent-type:application/json;charset=utf-8\nposition:1.7\nprev:\ncontent-length:2\n\n{}\x00"},
		{"a gap from the beginning", V12, &fromStart, &quiet, "MESSAGE\nsubscription:s\ngap:..1.9\n" +
			"destination:/topic/stream/1/analysis\nmessage-id:a-1\n" +
			"content-type:application/json;charset=utf-8\ncontent-length:2\n\n{}\x00"},
	} {
		if got := string(AppendMessage(nil, test.v, test.e, test.m)); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestAppendFrame(t *testing.T) {
	for _, test := range []struct {
		name string
		got  []byte
		want string
	}{
		{"receipt", AppendFrame(nil, V12, Receipt, nil, "receipt-id", "a:b"), "RECEIPT\nreceipt-id:a\\cb\n\n\x00"},
		{"no headers", AppendFrame(nil, V12, Disconnect, nil), "DISCONNECT\n\n\x00"},
		{"a body", AppendFrame([]byte("before"), V12, Error, []byte("안"), "message", "no"), "beforeERROR\nmessage:no\ncontent-length:3\n\n안\x00"},
		{"CONNECTED is never escaped", AppendFrame(nil, V12, Connected, nil, "server", `a:b\c`), "CONNECTED\nserver:a:b\\c\n\n\x00"},
		{"but cannot be forged either", AppendFrame(nil, V12, Connected, nil, "server", "a\nb:c\x00"), "CONNECTED\nserver:a b:c \n\n\x00"},
	} {
		if string(test.got) != test.want {
			t.Errorf("%s: got %q, want %q", test.name, test.got, test.want)
		}
	}
}

func TestAppendEscaped(t *testing.T) {
	const all = "a:b\\c\nd\re\x00f"
	for v, want := range map[Version]string{
		0:   `a:b\c d e f`,
		V10: `a:b\c d e f`,
		V11: `a:b\\c\nd e f`, // 1.1 has no way to write a carriage return
		V12: `a\cb\\c\nd\re f`,
	} {
		if got := string(appendEscaped(nil, v, all)); got != want {
			t.Errorf("version %q: got %q, want %q", v, got, want)
		}
	}
}

// expressible is what of s arrives in a header value of version v.
func expressible(v Version, s string) string {
	lost := []string{"\x00", " "}
	if v < V11 {
		lost = append(lost, "\n", " ")
	}
	if v < V12 {
		lost = append(lost, "\r", " ")
	}
	return strings.NewReplacer(lost...).Replace(s)
}

// Whatever is in a header, one frame goes in and the same frame comes out.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom([]Version{V10, V11, V12}).Draw(t, "version")
		names := rapid.SliceOfN(rapid.StringMatching(`[a-z-]{1,8}`), 0, 4).Draw(t, "names")
		body := []byte(rapid.String().Draw(t, "body"))
		var headers []string
		want := Send
		for _, name := range names {
			value := rapid.OneOf(rapid.String(), rapid.StringMatching(`[\\:\n\r\x00ncr]*`)).Draw(t, "value")
			headers = append(headers, "x"+name, value)
			want += fmt.Sprintf(" [x%s=%s]", name, expressible(v, value))
		}
		if len(body) > 0 {
			want += fmt.Sprintf(" [content-length=%d] %s", len(body), body)
		}
		frame := AppendFrame(nil, v, Send, body, headers...)
		d := Decoder{version: v}
		if got := transcript(&d, string(frame)); len(got) != 1 || got[0] != want {
			t.Fatalf("%q came back as %q, want %q", frame, got, want)
		}
	})
}

func TestMessageRoundTrip(t *testing.T) {
	for _, v := range []Version{V10, V11, V12} {
		d := Decoder{version: v}
		got := transcript(&d, string(AppendMessage(nil, v, &envelope, &message)))
		want := `MESSAGE [subscription=sub-0] [destination=/topic/stream/1/message] ` +
			`[message-id=01935d3c-6a4e-7c1f-8f0a-3b2c1d0e9f8a] [content-type=application/json;charset=utf-8] ` +
			`[position=1.42] [prev=1.40] [nonce=n:1] [content-length=20] {"content":"안녕"}`
		if len(got) != 1 || got[0] != want {
			t.Errorf("%v: got %q, want %q", v, got, want)
		}
	}
}

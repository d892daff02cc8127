package transport

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"pgregory.net/rapid"
)

// messages cuts what a server sends into its frames.
func messages(t interface{ Fatal(...any) }, b []byte) (frames []ws.Frame) {
	for r := bytes.NewReader(b); r.Len() > 0; {
		f, err := ws.ReadFrame(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Header.Masked || !f.Header.Fin {
			t.Fatal("a server's frames are whole and not masked")
		}
		frames = append(frames, f)
	}
	return frames
}

// What is packed comes out again, in few messages, none of them too long unless
// one frame alone is.
func TestPackerProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		how := Transport(rapid.IntRange(0, 1).Draw(t, "transport"))
		before := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "before")
		var p Packer
		p.Reset(how, bytes.Clone(before))
		var want []string
		longest := 0
		for range rapid.IntRange(0, 8).Draw(t, "frames") {
			frame := strings.Repeat(rapid.StringN(1, 30, -1).Draw(t, "text"), rapid.SampledFrom([]int{1, 10, 500, 3000}).Draw(t, "times"))
			want = append(want, frame)
			longest = max(longest, len(frame))
			p.Add([]byte(frame)[:len(frame)/2], []byte(frame)[len(frame)/2:])
		}
		out, ok := bytes.CutPrefix(p.Bytes(), before)
		if !ok {
			t.Fatal("what was there before has changed")
		}
		var got string
		for _, m := range messages(t, out) {
			if m.Header.OpCode != ws.OpText {
				t.Fatalf("opcode %v", m.Header.OpCode)
			}
			parts := []string{string(m.Payload)}
			if how == SockJS {
				parts = nil
				if err := json.Unmarshal(m.Payload[1:], &parts); err != nil || m.Payload[0] != 'a' {
					t.Fatalf("not an array frame: %.40q, %v", m.Payload, err)
				}
			}
			if len(m.Payload) > maxMessage && (len(parts) > 1 || how == Plain && len(m.Payload) > longest) {
				t.Fatalf("a message of %d octets", len(m.Payload))
			}
			got += strings.Join(parts, "")
		}
		if got != strings.Join(want, "") {
			t.Fatalf("got %.100q, want %.100q", got, want)
		}
	})
}

func TestSingleFrames(t *testing.T) {
	for _, c := range []struct {
		name string
		made []byte
		want []string // opcode and payload of each frame
	}{
		{"a message", AppendMessage(Plain, nil, []byte("x")), []string{"1 x"}},
		{"a SockJS message", AppendMessage(SockJS, nil, []byte("x\n\x00")), []string{`1 a["x\n\u0000"]`}},
		{"a text", AppendText(nil, "o"), []string{"1 o"}},
		{"a ping", AppendPing(nil), []string{"9 "}},
		{"a pong", AppendPong(nil, []byte("abc")), []string{"10 abc"}},
		{"a heart-beat", AppendHeartBeat(Plain, nil), []string{"1 \n"}},
		{"a SockJS heart-beat is STOMP's, SockJS' own is another", AppendHeartBeat(SockJS, nil), []string{`1 a["\n"]`}},
		{"a close", AppendClose(Plain, nil, 4012, "slow_consumer"), []string{"8 \x0f\xacslow_consumer"}},
		{"a SockJS close says it twice, for clients and for WebSocket", AppendClose(SockJS, nil, 4012, "slow_consumer"),
			[]string{`1 c[4012,"slow_consumer"]`, "8 \x0f\xacslow_consumer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			frames := messages(t, c.made)
			if len(frames) != len(c.want) {
				t.Fatalf("%d frames, want %d", len(frames), len(c.want))
			}
			for i, f := range frames {
				if got := strings.TrimSpace(string(rune('0' + f.Header.OpCode))); f.Header.OpCode < 10 && got+" "+string(f.Payload) != c.want[i] {
					t.Errorf("frame %d is %s %q, want %q", i, got, f.Payload, c.want[i])
				}
			}
		})
	}
}

package stomp

import (
	"strings"
	"testing"
)

var chat = func() Message {
	m := message
	m.Nonce = ""
	m.Body = []byte(`{"id":"01935d3c-6a4e-7c1f-8f0a-3b2c1d0e9f8a","streamId":"1","sender":{"id":"u-1","name":"민지",` +
		`"profileImageUrl":"","roles":["guest"]},"content":"와 진짜 대박이다 ㅋㅋㅋㅋ","createdAt":"2026-01-01T00:00:00.000Z"}`)
	return m
}()

// BenchmarkAppendMessage: what a room pays for each message, once for each
// subscription id in use and not for each viewer.
func BenchmarkAppendMessage(b *testing.B) {
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendMessage(buf[:0], V12, &envelope, &chat)
	}
	b.SetBytes(int64(len(buf)))
}

// BenchmarkDecode: what one end pays to read a frame of the other.
func BenchmarkDecode(b *testing.B) {
	send := AppendFrame(nil, V12, Send, []byte(`{"content":"와 진짜 대박이다 ㅋㅋㅋㅋ"}`),
		"destination", "/publish/1", "receipt", "r-17", "nonce", "n-17")
	batch := []byte(strings.Repeat(string(AppendMessage(nil, V12, &envelope, &chat)), 8))
	for _, bench := range []struct {
		name   string
		input  []byte
		frames int
		split  int
	}{
		{"send", send, 1, len(send)},
		{"send split", send, 1, len(send) / 2},
		{"escaped", AppendFrame(nil, V12, Send, nil, "destination", "/publish/1", "receipt", "a:b:c"), 1, 30},
		{"8 messages", batch, 8, len(batch)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			d := Decoder{version: V12}
			frames := 0
			emit := func(f Frame) error {
				if _, ok := f.Value("destination"); ok {
					frames++
				}
				return nil
			}
			rounds := 0
			b.ReportAllocs()
			b.SetBytes(int64(len(bench.input)))
			for b.Loop() {
				d.Feed(bench.input[:bench.split], emit)
				d.Feed(bench.input[bench.split:], emit)
				rounds++
			}
			if frames != rounds*bench.frames {
				b.Fatalf("%d frames in %d rounds", frames, rounds)
			}
		})
	}
}

// BenchmarkOctetByOctet: the worst a sender can do costs in proportion to what
// it sends.
func BenchmarkOctetByOctet(b *testing.B) {
	frame := AppendFrame(nil, V12, Send, []byte(strings.Repeat("x", 60<<10)), "destination", "/publish/1")
	d := Decoder{version: V12}
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		for i := range frame {
			d.Feed(frame[i:i+1], func(Frame) error { return nil })
		}
	}
}

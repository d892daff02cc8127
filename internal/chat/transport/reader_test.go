package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gobwas/ws"
	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
)

// frame makes a client's frame; the mask depends on the payload, so that it
// differs from frame to frame.
func frame(op ws.OpCode, fin bool, payload string) []byte {
	f := ws.MaskFrameWith(ws.NewFrame(op, fin, []byte(payload)), [4]byte{1, byte(len(payload)), 0x80, 0xff})
	return must(ws.CompileFrame(f))
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// read returns what a reader makes of a source, a line per message or control
// frame, and how it ended: a code, or the connection's error.
func read(source io.Reader, early []byte) (lines []string, end string) {
	r, err := NewReader(source, early)
	message := []byte(nil)
	for err == nil {
		var p Piece
		if p, err = r.Next(); err != nil {
			break
		}
		switch {
		case p.Kind != Data:
			lines = append(lines, fmt.Sprintf("%s %s", [...]string{"", "ping", "pong", "close"}[p.Kind], p.Data))
		case p.End:
			lines = append(lines, "data "+string(append(message, p.Data...)))
			message = nil
		default:
			message = append(message, p.Data...)
		}
	}
	var refusal *hubbub.Error
	switch {
	case errors.As(err, &refusal):
		return lines, string(refusal.Code)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return lines, "cut"
	case errors.Is(err, io.EOF):
		return lines, "end"
	}
	return lines, err.Error()
}

func TestReader(t *testing.T) {
	long := strings.Repeat("0123456789", 30_000) // over 64 KiB: the third form of length
	unmasked := must(ws.CompileFrame(ws.NewTextFrame([]byte("hello"))))
	reserved := frame(ws.OpText, true, "x")
	reserved[0] |= 0x40
	for _, c := range []struct {
		name  string
		input []byte
		want  []string
		end   string
	}{
		{"nothing", nil, nil, "end"},
		{"text", frame(ws.OpText, true, "hello"), []string{"data hello"}, "end"},
		{"binary: STOMP takes both", frame(ws.OpBinary, true, "hello"), []string{"data hello"}, "end"},
		{"an empty message", frame(ws.OpText, true, ""), []string{"data "}, "end"},
		{"two messages", slices.Concat(frame(ws.OpText, true, "a"), frame(ws.OpText, true, "b")), []string{"data a", "data b"}, "end"},
		{"16 bits of length", frame(ws.OpText, true, long[:126]), []string{"data " + long[:126]}, "end"},
		{"64 bits of length, far more than the buffer", frame(ws.OpText, true, long), []string{"data " + long}, "end"},
		{"in frames, an empty one among them", slices.Concat(frame(ws.OpText, false, "he"), frame(ws.OpContinuation, false, ""), frame(ws.OpContinuation, true, "llo")),
			[]string{"data hello"}, "end"},
		{"beginning with an empty frame", slices.Concat(frame(ws.OpText, false, ""), frame(ws.OpContinuation, true, "x")), []string{"data x"}, "end"},
		{"ending with an empty frame", slices.Concat(frame(ws.OpText, false, "x"), frame(ws.OpContinuation, true, "")), []string{"data x"}, "end"},
		{"control frames between the frames of a message", slices.Concat(frame(ws.OpText, false, "he"), frame(ws.OpPing, true, "p"), frame(ws.OpPong, true, ""),
			frame(ws.OpContinuation, true, "llo"), frame(ws.OpClose, true, "")), []string{"ping p", "pong ", "data hello", "close "}, "end"},
		{"a ping as long as they come", frame(ws.OpPing, true, long[:125]), []string{"ping " + long[:125]}, "end"},
		{"what is not UTF-8 is the decoder's business", frame(ws.OpText, true, "\xff\xfe"), []string{"data \xff\xfe"}, "end"},

		{"without a mask", unmasked, nil, "malformed_frame"},
		{"reserved bits: no extension was agreed on", reserved, nil, "malformed_frame"},
		{"an unknown data opcode", frame(ws.OpCode(3), true, "x"), nil, "malformed_frame"},
		{"an unknown control opcode", frame(ws.OpCode(11), true, "x"), nil, "malformed_frame"},
		{"a ping that is too long", frame(ws.OpPing, true, long[:126]), nil, "malformed_frame"},
		{"a ping in parts", frame(ws.OpPing, false, "x"), nil, "malformed_frame"},
		{"a continuation of nothing", frame(ws.OpContinuation, true, "x"), nil, "malformed_frame"},
		{"a continuation of what has ended", slices.Concat(frame(ws.OpText, true, "a"), frame(ws.OpContinuation, true, "x")), []string{"data a"}, "malformed_frame"},
		{"a message within a message", slices.Concat(frame(ws.OpText, false, "a"), frame(ws.OpText, true, "x")), nil, "malformed_frame"},
		{"a length with its highest bit set", []byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 'x'}, nil, "malformed_frame"},
		{"a header that is cut", frame(ws.OpText, true, "hello")[:1], nil, "cut"},
		{"a mask that is cut", frame(ws.OpText, true, "hello")[:4], nil, "cut"},
		{"a ping that is cut", frame(ws.OpPing, true, "hello")[:8], nil, "cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, source := range map[string]io.Reader{
				"at once":        bytes.NewReader(c.input),
				"octet by octet": iotest.OneByteReader(bytes.NewReader(c.input)),
				"halves":         iotest.HalfReader(bytes.NewReader(c.input)),
				"with the end":   iotest.DataErrReader(bytes.NewReader(c.input)),
			} {
				lines, end := read(source, nil)
				if !slices.Equal(lines, c.want) || end != c.end {
					t.Errorf("%s: got %.80q and %q, want %.80q and %q", name, lines, end, c.want, c.end)
				}
			}
		})
	}
}

// A client may send before the handshake is answered; what came with it counts.
func TestEarlyOctets(t *testing.T) {
	input := slices.Concat(frame(ws.OpText, true, "early"), frame(ws.OpText, true, "late"))
	for cut := range input {
		lines, end := read(bytes.NewReader(input[cut:]), input[:cut])
		if !slices.Equal(lines, []string{"data early", "data late"}) || end != "end" {
			t.Fatalf("%d octets early: %q, %s", cut, lines, end)
		}
	}
	if _, end := read(bytes.NewReader(nil), make([]byte, readBuffer+1)); end != "malformed_frame" {
		t.Errorf("more early octets than fit: %q", end)
	}
}

// Whatever the messages, their frames and the reads: what was sent is what is read.
func TestReaderProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat(rapid.StringN(0, 20, 60).Draw(t, "text"), rapid.SampledFrom([]int{1, 1, 1, 40, 2000}).Draw(t, "times"))
		})
		var input []byte
		var want []string
		for range rapid.IntRange(0, 6).Draw(t, "messages") {
			text, op := payload.Draw(t, "payload"), ws.OpText
			want = append(want, "data "+text)
			for parts := rapid.IntRange(0, 3).Draw(t, "parts"); parts > 0; parts-- {
				n := rapid.IntRange(0, len(text)).Draw(t, "cut")
				input = append(input, frame(op, false, text[:n])...)
				text, op = text[n:], ws.OpContinuation
				if rapid.Bool().Draw(t, "ping") {
					input = append(input, frame(ws.OpPing, true, "p")...)
					want = slices.Insert(want, len(want)-1, "ping p")
				}
			}
			input = append(input, frame(op, true, text)...)
		}
		early := rapid.IntRange(0, min(len(input), readBuffer)).Draw(t, "early")
		most := rapid.IntRange(1, 5000).Draw(t, "most")
		lines, end := read(&atMost{bytes.NewReader(input[early:]), most}, input[:early])
		if !slices.Equal(lines, want) || end != "end" {
			t.Fatalf("got %q and %q, want %q", lines, end, want)
		}
	})
}

// atMost reads no more than n octets at once.
type atMost struct {
	io.Reader
	n int
}

func (a *atMost) Read(p []byte) (int, error) { return a.Reader.Read(p[:min(len(p), a.n)]) }

// FuzzReader: no input makes the reader panic, hang or return more than came,
// and where the reads are cut makes no difference.
func FuzzReader(f *testing.F) {
	f.Add(frame(ws.OpText, true, "hello"), uint16(3))
	f.Add(slices.Concat(frame(ws.OpText, false, "a"), frame(ws.OpPing, true, "p"), frame(ws.OpContinuation, true, "b")), uint16(1))
	f.Add([]byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 'x'}, uint16(5))
	f.Add([]byte{0x88, 0x80, 1, 2, 3, 4}, uint16(1000))
	f.Fuzz(func(t *testing.T, input []byte, most uint16) {
		whole, end := read(bytes.NewReader(input), nil)
		cut, cutEnd := read(&atMost{bytes.NewReader(input), int(most)%2000 + 1}, nil)
		if !slices.Equal(whole, cut) || end != cutEnd {
			t.Fatalf("at once %q and %q, in parts of %d %q and %q", whole, end, most, cut, cutEnd)
		}
		if total := len(strings.Join(whole, "")); total > 6*len(input) {
			t.Fatalf("%d octets of %d", total, len(input))
		}
	})
}

func TestReadingAllocatesLittle(t *testing.T) {
	input := bytes.Repeat(frame(ws.OpText, true, "SEND\n\nx\x00"), 1000)
	source := bytes.NewReader(input)
	r, err := NewReader(source, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(900, func() {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}); n > 1 { // the header's scratch space
		t.Errorf("%.1f allocations for a frame", n)
	}
}

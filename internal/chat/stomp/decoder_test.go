package stomp

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
)

// transcript feeds pieces to d and writes down what comes out: frames as
// COMMAND [name=value …] body, and the code of an error at the end.
func transcript(d *Decoder, pieces ...string) []string {
	var out []string
	for _, piece := range pieces {
		err := d.Feed([]byte(piece), func(f Frame) error {
			out = append(out, show(f))
			return nil
		})
		if err != nil {
			var refusal *hubbub.Error
			if !errors.As(err, &refusal) {
				return append(out, "not a refusal: "+err.Error())
			}
			return append(out, string(refusal.Code)+": "+refusal.Message)
		}
	}
	return out
}

func show(f Frame) string {
	var b strings.Builder
	b.WriteString(f.Command)
	for _, h := range f.Headers {
		fmt.Fprintf(&b, " [%s=%s]", h.Name, h.Value)
	}
	if len(f.Body) > 0 {
		fmt.Fprintf(&b, " %s", f.Body)
	}
	return b.String()
}

func TestDecoder(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, test := range []struct {
		name    string // with the reason, where it is not plain
		version Version
		in      string
		want    []string // the last may be the beginning of an error
	}{
		{"nothing", V12, "", nil},
		{"no headers, no body", V12, "DISCONNECT\n\n\x00", []string{"DISCONNECT"}},
		{"two frames in one message", V12, "BEGIN\na:1\n\n\x00COMMIT\na:2\n\n\x00", []string{"BEGIN [a=1]", "COMMIT [a=2]"}},
		{"heart-beats around frames", V12, "\n\r\n\nSEND\n\nx\x00\n\nACK\n\n\x00\n", []string{"SEND x", "ACK"}},
		{"a frame without its end waits", V12, "SEND\n\nhello", nil},
		{"CR LF in 1.2", V12, "SEND\r\na:1\r\n\r\nx\r\n\x00", []string{"SEND [a=1] x\r\n"}},
		{"CR LF before a version is agreed", 0, "CONNECT\r\naccept-version:1.2\r\n\r\n\x00", []string{"CONNECT [accept-version=1.2]"}},
		{"a CR belongs to the value in 1.1, which knows LF only", V11, "SEND\na:1\r\n\nx\x00", []string{"SEND [a=1\r] x"}},
		{"values are not trimmed: spaces are theirs", V12, "SEND\na: 1 \n\n\x00", []string{"SEND [a= 1 ]"}},
		{"a value may be empty and hold colons, as old clients write them", V12, "SEND\na:\nb:x:y\n\n\x00", []string{"SEND [a=] [b=x:y]"}},
		{"repeated headers are all there, the first counts", V12, "SEND\na:1\na:2\n\n\x00", []string{"SEND [a=1] [a=2]"}},
		{"escapes of 1.2", V12, `SEND` + "\n" + `a\cb:\r\n\c\\` + "\n\n\x00", []string{"SEND [a:b=\r\n:\\]"}},
		{"a backslash that is escaped does not escape what follows", V12, "SEND\na:\\\\n\n\n\x00", []string{`SEND [a=\n]`}},
		{"escapes of 1.1", V11, `SEND` + "\n" + `a:\n\c\\` + "\n\n\x00", []string{"SEND [a=\n:\\]"}},
		{"1.0 escapes nothing", V10, "SEND\n" + `a:\n\q` + "\n\n\x00", []string{`SEND [a=\n\q]`}},
		{"CONNECT escapes nothing", V12, "CONNECT\n" + `a:\n\q` + "\n\n\x00", []string{`CONNECT [a=\n\q]`}},
		{"STOMP is CONNECT by another name", V12, "STOMP\n" + `a:\n\q` + "\n\n\x00", []string{`STOMP [a=\n\q]`}},
		{"CONNECTED escapes nothing", V12, "CONNECTED\n" + `a:\n\q` + "\n\n\x00", []string{`CONNECTED [a=\n\q]`}},
		{"content-length wins over NUL", V12, "SEND\ncontent-length:3\n\na\x00b\x00", []string{"SEND [content-length=3] a\x00b"}},
		{"content-length counts octets", V12, "SEND\ncontent-length:6\n\n안녕\x00", []string{"SEND [content-length=6] 안녕"}},
		{"content-length 0", V12, "SEND\ncontent-length:0\n\n\x00", []string{"SEND [content-length=0]"}},
		{"the first content-length counts", V12, "SEND\ncontent-length:1\ncontent-length:9\n\na\x00", []string{"SEND [content-length=1] [content-length=9] a"}},
		{"an unknown command is the caller's business", V12, "NACKS\n\n\x00", []string{"NACKS"}},

		{"content-length too short", V12, "SEND\ncontent-length:1\n\nab\x00", []string{"malformed_frame: content-length is 1, but"}},
		{"content-length that counts characters", V12, "SEND\ncontent-length:2\n\n안녕\x00", []string{"malformed_frame: content-length is 2, but"}},
		{"content-length with a sign", V12, "SEND\ncontent-length:+1\n\na\x00", []string{`malformed_frame: content-length is the body's number of octets, not "+1"`}},
		{"content-length empty", V12, "SEND\ncontent-length:\n\n\x00", []string{"malformed_frame: content-length is empty"}},
		{"content-length beyond the limit is refused before the body comes", V12, "SEND\ncontent-length:1000\n\n", []string{"frame_too_large: content-length"}},
		{"content-length beyond an integer", V12, "SEND\ncontent-length:99999999999999999999\n\n", []string{"frame_too_large: content-length"}},
		{"body too long", V12, "SEND\n\n" + strings.Repeat(long, 3), []string{"frame_too_large: no NUL within 512 octets"}},
		{"header line too long", V12, "SEND\na:" + long, []string{"frame_too_large: line 2 is longer than 128 octets"}},
		{"too many headers", V12, "SEND\na:\nb:\nc:\nd:\ne:\n\n\x00", []string{"frame_too_large: more than 4 headers"}},
		{"headers too long together", V12, "SEND\n" + strings.Repeat("a:"+long[:126]+"\n", 4), []string{"frame_too_large: no end of the headers within 512 octets"}},
		{"what came before an error counts", V12, "ACK\n\n\x00SEND\noops\n\n\x00", []string{"ACK", `malformed_frame: line 2 is no header: name:value expected, got "oops"`}},
		{"a header without a name", V12, "SEND\na:1\n:x\n\n\x00", []string{"malformed_frame: line 3 is no header"}},
		{"no blank line", V12, "SEND\na:1\x00", []string{"malformed_frame: a NUL in line 2, before the blank line"}},
		{"a NUL only", V12, "\x00", []string{"malformed_frame: a NUL in line 1"}},
		{"unknown escape", V12, "SEND\na:" + `\t` + "\n\n\x00", []string{`malformed_frame: unknown escape "\\t" in a header: STOMP 1.2 knows \n \r \c \\`}},
		{"1.1 does not know the escaped carriage return", V11, "SEND\na:" + `\r` + "\n\n\x00", []string{`malformed_frame: unknown escape "\\r" in a header: STOMP 1.1 knows`}},
		{"lone backslash", V12, "SEND\na:x\\\n\n\x00", []string{`malformed_frame: header "x\\" ends in a lone backslash`}},
		{"bad UTF-8 in a header", V12, "SEND\na:\xff\n\n\x00", []string{"malformed_frame: the headers are not valid UTF-8"}},
		{"JSON is not STOMP and is told so at once", V12, `{"type":"connection_init","payload":{}}`, []string{"malformed_frame: not a STOMP frame"}},
		{"HTTP", V12, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", []string{"malformed_frame: not a STOMP frame"}},
		{"lower case", V12, "send\n\n\x00", []string{`malformed_frame: not a STOMP frame: a command in capital letters such as CONNECT or SEND expected, got "send"`}},
		{"CR alone between frames", V12, "\rSEND\n\n\x00", []string{"malformed_frame: a carriage return between frames"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fresh := func() *Decoder {
				return &Decoder{MaxFrame: 512, MaxHeaders: 4, MaxLine: 128, version: test.version}
			}
			whole := transcript(fresh(), test.in)
			compare(t, "whole", whole, test.want)
			var octets []string
			for i := range len(test.in) {
				octets = append(octets, test.in[i:i+1])
			}
			compare(t, "octet by octet", transcript(fresh(), octets...), whole)
		})
	}
}

// compare checks got against want, whose last line may be cut short.
func compare(t *testing.T, how string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %q, want %q", how, got, want)
	}
	for i := range want {
		if got[i] != want[i] && (i != len(want)-1 || !strings.HasPrefix(got[i], want[i])) {
			t.Errorf("%s: got %q, want %q", how, got[i], want[i])
		}
	}
}

// The version agreed in a CONNECT holds for a frame in the same message.
func TestVersionSetWithinEmit(t *testing.T) {
	var d Decoder
	var got []string
	err := d.Feed([]byte("CONNECT\na:\\n\n\n\x00SEND\na:\\n\n\n\x00"), func(f Frame) error {
		got = append(got, show(f))
		d.SetVersion(V12)
		return nil
	})
	if want := `["CONNECT [a=\\n]" "SEND [a=\n]"]`; err != nil || fmt.Sprintf("%q", got) != want {
		t.Fatalf("got %q, %v, want %s", got, err, want)
	}
}

func TestFailureEndsTheStream(t *testing.T) {
	var d Decoder
	stop := errors.New("stop")
	calls := 0
	emit := func(Frame) error { calls++; return stop }
	for range 2 {
		if err := d.Feed([]byte("ACK\n\n\x00ACK\n\n\x00"), emit); !errors.Is(err, stop) {
			t.Fatalf("got %v, want what emit returned", err)
		}
	}
	if calls != 1 {
		t.Fatalf("emit was called %d times, want once", calls)
	}
}

func TestHeartBeatsAreCounted(t *testing.T) {
	var d Decoder
	transcript(&d, "\n\n", "SEND\n\nin a body\n\n\x00\n", "\r", "\n")
	if d.HeartBeats() != 4 {
		t.Fatalf("got %d heart-beats, want 4", d.HeartBeats())
	}
}

// What a viewer may leave behind is bounded, and given back.
func TestBufferIsGivenBack(t *testing.T) {
	var d Decoder
	d.Feed([]byte("SEND\n\n"+strings.Repeat("x", 50<<10)), nil)
	d.Feed([]byte("\x00"), func(Frame) error { return nil })
	if cap(d.buf) > keptBuffer {
		t.Fatalf("%d octets are kept after a large frame, want at most %d", cap(d.buf), keptBuffer)
	}
}

func TestNegotiate(t *testing.T) {
	for _, test := range []struct {
		accept string
		want   Version
		ok     bool
	}{
		{"", V10, true}, // 1.0 had no such header
		{"1.0", V10, true},
		{"1.1,1.0", V11, true},     // stompjs 2.3.3
		{"1.2,1.1,1.0", V12, true}, // @stomp/stompjs 7
		{"1.0, 1.1, 1.2", V12, true},
		{"1.3,2.0", 0, false},
		{"x", 0, false},
		{"1.9,1.1", V11, true},
	} {
		if v, ok := Negotiate(test.accept); v != test.want || ok != test.ok {
			t.Errorf("Negotiate(%q) = %v, %v, want %v, %v", test.accept, v, ok, test.want, test.ok)
		}
	}
}

func TestParseHeartBeat(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"", "0s 0s"},
		{"0,0", "0s 0s"},
		{"10000,20000", "10s 20s"},
		{"10000", "heart_beat_invalid"},
		{"10000,", "heart_beat_invalid"},
		{"-1,0", "heart_beat_invalid"},
		{"1,2,3", "heart_beat_invalid"},
		{"1.5,0", "heart_beat_invalid"},
		{" 1,0", "heart_beat_invalid"},
		{"9999999999,0", "heart_beat_invalid"}, // would overflow a timer before long
	} {
		can, wants, err := ParseHeartBeat(test.value)
		got := fmt.Sprint(can, " ", wants)
		if err != nil {
			got = string(hubbub.AsError(err).Code)
		}
		if got != test.want {
			t.Errorf("ParseHeartBeat(%q): got %s, want %s", test.value, got, test.want)
		}
	}
}

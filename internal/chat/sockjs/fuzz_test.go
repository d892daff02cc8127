package sockjs

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzAppendString: every JSON reader gets back what was written, and none of
// what SockJS wants escaped stands as it is.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "MESSAGE\nsubscription:sub-0\n\n{\"a\":\"안녕\"}\x00", "\u2028\u200d😀\ufeff\uffff", "\xff\xe2\x80", "\xef\xbf"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, s []byte) {
		text := AppendString(nil, s)
		var got string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%q is not JSON: %v", text, err)
		}
		if want := string([]rune(string(s))); got != want {
			t.Errorf("%q came back as %q", want, got)
		}
		if i := strings.IndexFunc(string(text), func(r rune) bool { return r < ' ' || mustEscape(r) }); i >= 0 {
			t.Errorf("not escaped at %d: %q", i, text)
		}
		if back, err := AppendMessages(nil, text); err != nil || string(back) != got {
			t.Errorf("we read %q, %v from %q", back, err, text)
		}
	})
}

// FuzzAppendMessages: we accept what encoding/json accepts as an array of
// strings or a string, and read the same; but text that is not UTF-8, which it
// repairs, and null, which it takes for a string, are refused.
func FuzzAppendMessages(f *testing.F) {
	for _, s := range []string{`["CONNECT\naccept-version:1.1,1.0\nheart-beat:10000,10000\n\n\u0000"]`, `["\n"]`, `["a","b"]`, `"a"`,
		`[]`, ` [ ] `, `["\ud83d\ude00\ud83d"]`, `["\ud83d\ud83d\ude00"]`, `["\u12"]`, `["a",]`, `[null]`, `["\/\b\f"]`, "[\"\xff\"]", `["a"]]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		got, err := AppendMessages(nil, input)
		want, ok := standard(input)
		if ok != (err == nil) || string(got) != want {
			t.Errorf("%q: got %q, %v, want %q, %v", input, got, err, want, ok)
		}
		if len(got) > len(input) {
			t.Errorf("%q grew to %q", input, got)
		}
	})
}

// standard is AppendMessages by way of encoding/json.
func standard(input []byte) (messages string, ok bool) {
	if len(input) == 0 {
		return "", true
	}
	var array []*string
	if json.Unmarshal(input, &array) != nil {
		var one *string
		if json.Unmarshal(input, &one) != nil {
			return "", false
		}
		array = []*string{one}
	}
	if !utf8.Valid(input) || array == nil {
		return "", false
	}
	for _, s := range array {
		if s == nil {
			return "", false
		}
		messages += *s
	}
	return messages, true
}

var frame = []byte("MESSAGE\nsubscription:sub-0\ndestination:/topic/stream/1/message\nmessage-id:01935d3c-6a4e-7c1f-8f0a-3b2c1d0e9f8a\n" +
	"content-type:application/json;charset=utf-8\nposition:1.42\nprev:1.40\ncontent-length:237\n\n" +
	`{"id":"01935d3c-6a4e-7c1f-8f0a-3b2c1d0e9f8a","streamId":"1","sender":{"id":"u-1","name":"민지",` +
	`"profileImageUrl":"","roles":["guest"]},"content":"와 진짜 대박이다 ㅋㅋㅋㅋ","createdAt":"2026-01-01T00:00:00.000Z"}` + "\x00")

func BenchmarkAppendString(b *testing.B) {
	buf := make([]byte, 0, 4096)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendString(buf[:0], frame)
	}
}

func BenchmarkAppendMessages(b *testing.B) {
	input := append(AppendString([]byte("["), []byte("SEND\ndestination:/publish/1\nreceipt:r-17\n\n{\"content\":\"와 진짜 대박이다\"}\x00")), ']')
	buf := make([]byte, 0, 4096)
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = AppendMessages(buf[:0], input); err != nil {
			b.Fatal(err)
		}
	}
}

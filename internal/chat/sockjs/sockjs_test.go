package sockjs

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
)

func TestParse(t *testing.T) {
	for path, want := range map[string]Endpoint{
		"":                          Greeting,
		"/":                         Greeting,
		"/info":                     Info,
		"/websocket":                Raw,
		"/123/abcdefgh/websocket":   WebSocket, // what sockjs-client makes
		"/server/session/websocket": WebSocket,
		"/12.3/abc/websocket":       Unknown, // the protocol forbids dots
		"/123/ab.c/websocket":       Unknown,
		"//abc/websocket":           Unknown,
		"/123//websocket":           Unknown,
		"/123/abc/websocket/":       Unknown,
		"/123/abc/xhr_streaming":    Unknown, // a transport that is not offered
		"/1/123/abc/websocket":      Unknown,
		"/info/":                    Unknown,
		"123/abc/websocket":         Unknown,
		"x/123/abc/websocket":       Unknown,
	} {
		if got := Parse(path); got != want {
			t.Errorf("Parse(%q) = %d, want %d", path, got, want)
		}
	}
}

func TestInfo(t *testing.T) {
	var info struct {
		WebSocket    bool     `json:"websocket"`
		Origins      []string `json:"origins"`
		CookieNeeded bool     `json:"cookie_needed"`
		Entropy      uint32   `json:"entropy"`
	}
	text := AppendInfo(nil, 4294967295)
	if err := json.Unmarshal(text, &info); err != nil {
		t.Fatal(err)
	}
	if !info.WebSocket || info.CookieNeeded || info.Entropy != 4294967295 || len(info.Origins) != 1 {
		t.Fatalf("got %s", text)
	}
}

func TestFrames(t *testing.T) {
	for _, test := range []struct{ name, got, want string }{
		{"close", string(AppendClose(nil, 3000, `Go "away"`)), `c[3000,"Go \"away\""]`},
		{"empty array", string(AppendArray(nil)), `a[]`},
		{"a STOMP frame", string(AppendArray(nil, []byte("SEND\na:b\n\n{\"x\":1}\x00"))), `a["SEND\na:b\n\n{\"x\":1}\u0000"]`},
		{"two", string(AppendArray(nil, []byte("a"), []byte("b"))), `a["a","b"]`},
		{"an empty message", string(AppendArray(nil, nil, nil)), `a["",""]`},
		{"a message that ends in a bracket", string(AppendArray(nil, []byte("["), []byte("]"))), `a["[","]"]`},
		{"Korean and emoji as they are", string(AppendArray(nil, []byte("안녕 👨‍👩‍👧"))), "a[\"안녕 👨\\u200d👩\\u200d👧\"]"},
		{"what SockJS wants escaped", string(AppendArray(nil, []byte("\u200c\u2028\u202e\u2066\ufeff\ufffd\t\r\x1f\\"))),
			"a[\"\\u200c\\u2028\\u202e\\u2066\ufeff\\ufffd\\t\\r\\u001f\\\\\"]"},
		{"neighbours of what SockJS wants escaped", string(AppendArray(nil, []byte("\u200b\u2010\u2027\u2030\u205f\u2070\uffef\x7f"))),
			"a[\"\u200b\u2010\u2027\u2030\u205f\u2070\uffef\x7f\"]"},
		{"not UTF-8", string(AppendArray(nil, []byte("a\xffb\xe2\x80"))), `a["a\ufffdb\ufffd\ufffd"]`},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, test.got, test.want)
		}
	}
}

func TestAppendMessages(t *testing.T) {
	for _, test := range []struct {
		name, in, want string // want: what is appended, or the beginning of an error
		ok             bool
	}{
		{"nothing: SockJS ignores an empty message", ``, ``, true},
		{"an array", `["CONNECT\n\n\u0000"]`, "CONNECT\n\n\x00", true},
		{"several are one stream", `["SEND\n\nhel", "lo\u0000"]`, "SEND\n\nhello\x00", true},
		{"a lone string", `"ab"`, "ab", true},
		{"an empty array", ` [ ] `, "", true},
		{"every escape", `["\"\\\/\b\f\n\r\t\u00e9"]`, "\"\\/\b\f\n\r\té", true},
		{"a surrogate pair", `["\ud83d\ude00"]`, "😀", true},
		{"lone surrogates become U+FFFD, as everywhere in JSON", `["\ud83dx\ude00\ud83d\n"]`, "\ufffdx\ufffd\ufffd\n", true},
		{"spaces", "\r\n [ \"a\" ,\t\"b\" ] ", "ab", true},

		{"not JSON", `CONNECT`, "at octet 1, a string expected", false},
		{"a number", `[1]`, "at octet 2, a string expected", false},
		{"nested", `[["a"]]`, "at octet 2, a string expected", false},
		{"a trailing comma", `["a",]`, "at octet 6, a string expected", false},
		{"no comma", `["a" "b"]`, "at octet 6, a comma or the closing bracket expected", false},
		{"cut", `["a`, "at octet 4, the closing quotation mark", false},
		{"cut before the bracket", `["a"`, "at octet 5, a comma or the closing bracket expected", false},
		{"cut escape", `["\`, "at octet 4, an escape of JSON expected", false},
		{"unknown escape", `["\x"]`, "at octet 4, an escape of JSON expected", false},
		{"cut hexadecimal", `["\u12"]`, "at octet 4, four hexadecimal digits", false},
		{"a raw line feed", "[\"\n\"]", "at octet 3, the closing quotation mark", false},
		{"a raw NUL", "[\"\x00\"]", "at octet 3, the closing quotation mark", false},
		{"not UTF-8", "[\"\xff\"]", "at octet 3, valid UTF-8 expected", false},
		{"more after it", `["a"]x`, "at octet 6, nothing more expected", false},
		{"only spaces", ` `, "at octet 2, a string expected", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := AppendMessages([]byte("before"), []byte(test.in))
			if test.ok {
				if err != nil || string(got) != "before"+test.want {
					t.Fatalf("got %q, %v, want %q", got, err, test.want)
				}
				return
			}
			var refusal *hubbub.Error
			if !errors.As(err, &refusal) || refusal.Code != hubbub.CodeMalformedFrame ||
				!strings.Contains(refusal.Message, test.want) || string(got) != "before" {
				t.Fatalf("got %q, %v, want a refusal: %s", got, err, test.want)
			}
		})
	}
}

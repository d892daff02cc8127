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

func TestAppendClose(t *testing.T) {
	if got, want := string(AppendClose(nil, 3000, `Go "away"`)), `c[3000,"Go \"away\""]`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestAppendString(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", ``},
		{"a STOMP frame", "SEND\na:b\n\n{\"x\":1}\x00", `SEND\na:b\n\n{\"x\":1}\u0000`},
		{"Korean and emoji as they are, joiners escaped", "안녕 👨\u200d👩", `안녕 👨\u200d👩`},
		{"what SockJS wants escaped", "\u200c\u200f\u2028\u202e\u2066\ufff0\ufffd\uffff\t\r\x1f\\",
			`\u200c\u200f\u2028\u202e\u2066\ufff0\ufffd\uffff\t\r\u001f\\`},
		{"its neighbours", "\u200b\u2010\u2027\u2030\u205f\u2070\uffef\x7f", "\u200b\u2010\u2027\u2030\u205f\u2070\uffef\x7f"},
		{"not UTF-8", "a\xffb\xe2\x80", `a\ufffdb\ufffd\ufffd`},
	} {
		if got := string(AppendString([]byte("a["), []byte(test.in))); got != `a["`+test.want+`"` {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
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

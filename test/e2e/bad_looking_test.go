package e2e

import (
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// TestBadLooking sends what looks bad and is not: it has to arrive as it is meant,
// from whom the token names, the same live and in the history.
func TestBadLooking(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	const name = `<img src=x onerror=alert(1)>` // 28 characters
	author, err := server.Guest(ctx, name)
	must(t, err)
	if !strings.HasPrefix(author.Name, name+"#") {
		t.Errorf("the name is %q", author.Name)
	}
	w := connectWire(t, server, plainPath, author.Token)
	room := watch(t, ctx, server, "bad")
	var long, marks strings.Builder
	for range 500 {
		long.WriteString("e\u0301")
	}
	marks.WriteString("a" + strings.Repeat("\u0316", 8))

	tests := []struct{ name, body, want string }{
		{"a script", `{"content":"<script>alert('x')</script>"}`, `<script>alert('x')</script>`},
		{"the end of a script", `{"content":"</script><!--"}`, `</script><!--`},
		{"a link that is a script", `{"content":"javascript:alert(1)"}`, `javascript:alert(1)`},
		{"quotation marks and backslashes", `{"content":"\"}],\\\"\\u0000"}`, `"}],\"\u0000`},
		{"what looks like STOMP", `{"content":"x\\n\\nMESSAGE\\n\\u0000"}`, `x\n\nMESSAGE\n\u0000`},
		{"line separators of JavaScript", `{"content":"a\u2028b"}`, "a b"},
		{"line breaks and tabs", `{"content":" a\r\n\tb "}`, "a b"},
		{"half a surrogate pair", `{"content":"a\ud800b"}`, "a\ufffdb"},
		{"500 characters, not composed", `{"content":"` + long.String() + `"}`, strings.Repeat("é", 500)},
		{"4096 octets in 376 characters", `{"content":"` + strings.Repeat("👩‍🔬", 372) + `xxxx"}`, strings.Repeat("👩‍🔬", 372) + "xxxx"},
		{"8 combining marks", `{"content":"` + marks.String() + `"}`, marks.String()},
		{"the destination's stream", `{"content":"x","streamId":"bad"}`, "x"},
		{"no stream", `{"content":"x","streamId":null}`, "x"},
		{"unknown fields", `{"content":"x","id":"1","createdAt":"1970-01-01","type":"ban","constructor":{}}`, "x"},
		{"a forged sender", `{"content":"x","sender":{"id":"admin","name":"Admin","profileImageUrl":"http://x/","roles":["admin"]}}`, "x"},
		{"a forged sender that is no object", `{"content":"x","sender":"admin","roles":["admin"]}`, "x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			must(t, w.say(badSend{headers: toBad, body: test.body}.frame("r")))
			must(t, w.expect("RECEIPT", map[string]string{"receipt-id": "r"}))
			live, err := room.hears(ctx, test.want)
			must(t, err)
			history, err := server.Page(ctx, "bad", "before", hubbub.Position{}, 1)
			must(t, err)
			for where, m := range map[string]hubbub.Message{"live": live, "history": history[0].Message} {
				s := m.Sender
				if m.Content != test.want || m.StreamID != "bad" || s.ID != author.ID || s.Name != author.Name ||
					s.ProfileImageURL != "" || len(s.Roles) != 1 || s.Roles[0] != hubbub.RoleGuest {
					t.Errorf("%s: %+v", where, m)
				}
			}
			must(t, room.still(ctx))
		})
	}
}

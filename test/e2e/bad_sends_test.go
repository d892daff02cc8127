package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A badSend is refused. Its session goes on if it listens to notices or did not
// ask for a receipt, else it ends.
type badSend struct {
	name    string
	headers string // further ones, each with its line end
	body    string
	want    hubbub.Code
}

const toBad = "destination:/publish/bad\n"

// content is a SEND of a text; escapes are JSON's.
func content(name, text string, want hubbub.Code) badSend {
	return badSend{name, toBad, `{"content":"` + text + `"}`, want}
}

var badSends = []badSend{
	{"no destination", "", `{"content":"x"}`, hubbub.CodeHeaderMissing},
	{"a destination of subscriptions", "destination:/topic/stream/bad/message\n", `{"content":"x"}`, hubbub.CodeDestinationUnknown},
	{"no stream in the destination", "destination:/publish/\n", `{"content":"x"}`, hubbub.CodeDestinationUnknown},
	{"more than a stream in it", "destination:/publish/bad/message\n", `{"content":"x"}`, hubbub.CodeDestinationUnknown},
	{"a path in it", "destination:/publish/../bad\n", `{"content":"x"}`, hubbub.CodeDestinationUnknown},
	{"no id in it", "destination:/publish/방\n", `{"content":"x"}`, hubbub.CodeDestinationUnknown},
	{"an id of 65 characters", "destination:/publish/" + strings.Repeat("b", 65) + "\n", `{"content":"x"}`, hubbub.CodeDestinationUnknown},

	{"no body", toBad, "", hubbub.CodeBodyInvalid},
	{"words", toBad, "hello", hubbub.CodeBodyInvalid},
	{"half an object", toBad, `{"content":"x"`, hubbub.CodeBodyInvalid},
	{"two objects", toBad, `{"content":"x"}{"content":"y"}`, hubbub.CodeBodyInvalid},
	{"an array", toBad, `[{"content":"x"}]`, hubbub.CodeBodyInvalid},
	{"content of a number", toBad, `{"content":7}`, hubbub.CodeBodyInvalid},
	{"content of an object", toBad, `{"content":{"toString":"x"}}`, hubbub.CodeBodyInvalid},
	{"objects 10,001 deep", toBad, strings.Repeat(`{"a":`, 10_001) + "1" + strings.Repeat("}", 10_001), hubbub.CodeBodyInvalid},
	{"not UTF-8", toBad, "{\"content\":\"\xff\"}", hubbub.CodeBodyInvalid},
	{"half a character", toBad, "{\"content\":\"\xed\x95\"}", hubbub.CodeBodyInvalid},
	{"a NUL", toBad + "content-length:15\n", "{\"content\":\"\x00\"}", hubbub.CodeBodyInvalid},
	{"a line break within a string", toBad, "{\"content\":\"x\ny\"}", hubbub.CodeBodyInvalid},

	{"no content", toBad, `{}`, hubbub.CodeContentEmpty},
	{"null", toBad, `null`, hubbub.CodeContentEmpty},
	content("empty", ``, hubbub.CodeContentEmpty),
	content("spaces and line ends", `  \n\t `, hubbub.CodeContentEmpty),
	content("nothing to be seen", `\u200b\u200d\ufeff`, hubbub.CodeContentEmpty),

	content("501 letters", strings.Repeat("x", 501), hubbub.CodeContentTooLong),
	content("501 syllables", strings.Repeat("한", 501), hubbub.CodeContentTooLong),
	content("501 letters with an accent", strings.Repeat(`e\u0301`, 501), hubbub.CodeContentTooLong),
	content("4097 octets in 377 characters", strings.Repeat("👩‍🔬", 372)+strings.Repeat("x", 5), hubbub.CodeContentTooLong),

	content("NUL", `a\u0000b`, hubbub.CodeContentInvalid),
	content("a bell", `a\u0007b`, hubbub.CodeContentInvalid),
	content("escape sequences of terminals", `\u001b[2J`, hubbub.CodeContentInvalid),
	content("a control character of 8 bits", `a\u009bb`, hubbub.CodeContentInvalid),
	content("delete", "a\x7fb", hubbub.CodeContentInvalid),
	content("a bidirectional override", `a\u202eb`, hubbub.CodeContentInvalid),
	content("a bidirectional isolate", `a\u2066b`, hubbub.CodeContentInvalid),
	content("100 combining marks", "a"+strings.Repeat(`\u0301`, 100), hubbub.CodeContentInvalid),
	content("9 combining marks", "a"+strings.Repeat(`\u0316`, 9), hubbub.CodeContentInvalid),

	{"another stream in the body", toBad, `{"content":"x","streamId":"other"}`, hubbub.CodeStreamMismatch},
	{"another stream in the body, as a number", toBad, `{"content":"x","streamId":7}`, hubbub.CodeStreamMismatch},
	{"a stream of another kind in the body", toBad, `{"content":"x","streamId":["bad"]}`, hubbub.CodeStreamMismatch},
	{"a nonce of 65 characters", toBad + "nonce:" + strings.Repeat("n", 65) + "\n", `{"content":"x"}`, hubbub.CodeNonceInvalid},
	{"a nonce that is not ASCII", toBad + "nonce:한\n", `{"content":"x"}`, hubbub.CodeNonceInvalid},
	{"a nonce with a line break", toBad + "nonce:a\\nb\n", `{"content":"x"}`, hubbub.CodeNonceInvalid},
}

func (b badSend) frame(receipt string) string {
	headers := b.headers
	if receipt != "" {
		headers += "receipt:" + receipt + "\n"
	}
	return "SEND\n" + headers + "\n" + b.body + "\x00"
}

// TestBadSends sends each four times, with a receipt asked for or not, and with
// notices subscribed to or not, to see each of the ways to be refused.
func TestBadSends(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	room := watch(t, ctx, server, "bad")
	c := answers{t: t}
	for _, bad := range badSends {
		c.run(bad.name, func(t *testing.T) {
			b := badSender{t: t, ctx: ctx, server: server, token: room.me.Token}
			b.tries(bad)
			must(t, room.still(ctx))
		})
	}
	c.run("by nobody", func(t *testing.T) {
		b := badSender{t: t, ctx: ctx, server: server}
		b.tries(content("anonymous", "x", hubbub.CodeTokenRequired))
		must(t, room.still(ctx))
	})
	c.tried("SENDs that are refused, in each of the ways to be told")
}

type badSender struct {
	t      *testing.T
	ctx    context.Context
	server *hub.Server
	token  string
}

const toNotices = "SUBSCRIBE\nid:n\ndestination:/user/queue/notices\n\n\x00"

func (b badSender) tries(bad badSend) {
	b.t.Helper()
	before := b.refused(bad.want)
	connect := func() *wire { return connectWire(b.t, b.server, plainPath, b.token) }

	w := connect() // a receipt, no notices: ERROR and the end
	must(b.t, w.say(bad.frame("r")))
	must(b.t, w.expectEnd(bad.want, "r"))

	w = connect() // notices: a notice, and the session goes on
	must(b.t, w.say(toNotices+bad.frame("r")))
	must(b.t, w.expectNotice(bad.want, "r"))
	must(b.t, w.say(bad.frame("")))
	must(b.t, w.expectNotice(bad.want, ""))
	must(b.t, w.goesOn())

	w = connect() // neither: the silent case
	must(b.t, w.say(bad.frame("")))
	must(b.t, w.goesOn())

	if n := b.refused(bad.want) - before; n != 4 {
		b.t.Errorf("four SENDs were refused, the metrics count %v with %s", n, bad.want)
	}
}

func (b badSender) refused(code hubbub.Code) float64 {
	b.t.Helper()
	metrics, err := b.server.Metrics(b.ctx)
	must(b.t, err)
	return metrics[fmt.Sprintf("hubbub_sends_total{code=%q,result=\"refused\"}", code)]
}

// expectNotice takes the next frame, a notice of a refusal.
func (w *wire) expectNotice(code hubbub.Code, receipt string) error {
	f, err := w.next()
	if err != nil {
		return fmt.Errorf("await a notice: %w", err)
	}
	var notice struct {
		Code             hubbub.Code
		Message, Receipt string
	}
	if err := json.Unmarshal([]byte(f.body), &notice); err != nil {
		return fmt.Errorf("read a notice from %q: %w", f, err)
	}
	if f.headers["subscription"] != "n" || f.headers["destination"] != "/user/queue/notices" ||
		notice.Code != code || notice.Message == "" || notice.Receipt != receipt {
		return fmt.Errorf("the notice was %q, not %s for receipt %q", f, code, receipt)
	}
	return nil
}

// goesOn ends the session properly: nothing else may come before.
func (w *wire) goesOn() error {
	if err := w.say("DISCONNECT\nreceipt:bye\n\n\x00"); err != nil {
		return err
	}
	return w.expect("RECEIPT", map[string]string{"receipt-id": "bye"})
}

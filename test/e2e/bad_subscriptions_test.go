package e2e

import (
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A badSubscribe is refused like a badSend, but for the silent case: there is none.
type badSubscribe struct {
	name, frame string // without its receipt
	want        hubbub.Code
}

func TestBadSubscriptions(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	room := watch(t, ctx, server, "bad")
	const messages = "destination:/topic/stream/bad/message\n"
	tests := []badSubscribe{
		{"no destination", "SUBSCRIBE\nid:1\n", hubbub.CodeHeaderMissing},
		{"no id", "SUBSCRIBE\n" + messages, hubbub.CodeHeaderMissing},
		{"an empty id", "SUBSCRIBE\nid:\n" + messages, hubbub.CodeHeaderMissing},
		{"an id of 129 octets", "SUBSCRIBE\nid:" + strings.Repeat("i", 129) + "\n" + messages, hubbub.CodeHeaderInvalid},
		{"an id that is taken", "SUBSCRIBE\nid:taken\n" + messages, hubbub.CodeSubscriptionExists},
		{"no channel", "SUBSCRIBE\nid:1\ndestination:/topic/stream/bad\n", hubbub.CodeDestinationUnknown},
		{"an unknown channel", "SUBSCRIBE\nid:1\ndestination:/topic/stream/bad/secrets\n", hubbub.CodeDestinationUnknown},
		{"something after the channel", "SUBSCRIBE\nid:1\ndestination:/topic/stream/bad/message/x\n", hubbub.CodeDestinationUnknown},
		{"no stream", "SUBSCRIBE\nid:1\ndestination:/topic/stream//message\n", hubbub.CodeDestinationUnknown},
		{"a path", "SUBSCRIBE\nid:1\ndestination:/topic/stream/..%2f/message\n", hubbub.CodeDestinationUnknown},
		{"another's notices", "SUBSCRIBE\nid:1\ndestination:/user/" + string(room.me.ID) + "/queue/notices\n", hubbub.CodeDestinationUnknown},
		{"all streams", "SUBSCRIBE\nid:1\ndestination:/topic/stream/*/message\n", hubbub.CodeDestinationUnknown},
		{"where one sends to", "SUBSCRIBE\nid:1\ndestination:/publish/bad\n", hubbub.CodeDestinationUnknown},
		{"a position in words", "SUBSCRIBE\nid:1\nlast-position:yesterday\n" + messages, hubbub.CodePositionInvalid},
		{"a position below 0", "SUBSCRIBE\nid:1\nlast-position:1.-1\n" + messages, hubbub.CodePositionInvalid},
		{"a position beyond any number", "SUBSCRIBE\nid:1\nlast-position:1.99999999999999999999\n" + messages, hubbub.CodePositionInvalid},
		{"history in words", "SUBSCRIBE\nid:1\nhistory:all\n" + messages, hubbub.CodeHeaderInvalid},
		{"history below 0", "SUBSCRIBE\nid:1\nhistory:-1\n" + messages, hubbub.CodeHeaderInvalid},
		{"history of 201", "SUBSCRIBE\nid:1\nhistory:201\n" + messages, hubbub.CodeHeaderInvalid},
		{"leaving without an id", "UNSUBSCRIBE\n", hubbub.CodeHeaderMissing},
		{"leaving what there is not", "UNSUBSCRIBE\nid:1\n", hubbub.CodeSubscriptionUnknown},
	}
	begin := func(t *testing.T) *wire {
		w := connectWire(t, server, plainPath, "")
		must(t, w.say("SUBSCRIBE\nid:taken\nreceipt:s\ndestination:/topic/stream/bad/event\n\n\x00"))
		must(t, w.expect("RECEIPT", map[string]string{"receipt-id": "s"}))
		return w
	}
	c := answers{t: t}
	for _, bad := range tests {
		c.run(bad.name, func(t *testing.T) {
			for _, receipt := range []string{"r", ""} {
				frame := bad.frame + "\n\x00"
				if receipt != "" {
					frame = bad.frame + "receipt:r\n\n\x00"
				}
				w := begin(t)
				must(t, w.say(frame))
				must(t, w.expectEnd(bad.want, receipt))

				w = begin(t)
				must(t, w.say(toNotices+frame))
				must(t, w.expectNotice(bad.want, receipt))
				must(t, w.goesOn())
			}
			must(t, room.still(ctx))
		})
	}
	c.tried("subscriptions to what there is not, or so that it means nothing")
}

// TestBadStreams asks for streams that there are not. An ended one needs a way to
// end it, which a server does not have yet; the unit tests of send and streams
// know about it.
func TestBadStreams(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t)
	room := watch(t, ctx, server, "1")
	b := badSender{t: t, ctx: ctx, server: server, token: room.me.Token}
	b.tries(badSend{"", "destination:/publish/nowhere\n", `{"content":"x"}`, hubbub.CodeStreamNotFound})
	for _, channel := range []string{"message", "event", "analysis", "user-count", "summary"} {
		frame := "SUBSCRIBE\nid:1\nreceipt:r\ndestination:/topic/stream/nowhere/" + channel + "\n\n\x00"
		w := connectWire(t, server, plainPath, "")
		must(t, w.say(frame))
		must(t, w.expectEnd(hubbub.CodeStreamNotFound, "r"))
		w = connectWire(t, server, plainPath, "")
		must(t, w.say(toNotices+frame))
		must(t, w.expectNotice(hubbub.CodeStreamNotFound, "r"))
		must(t, w.goesOn())
	}
	for _, path := range []string{"", "/messages", "/analysis"} {
		err := server.Call(ctx, "GET", "/api/v1/streams/nowhere"+path, nil, nil)
		if problem := problemIn(err); problem.Status != 404 || problem.Code != hubbub.CodeStreamNotFound {
			t.Errorf("%s: %v", path, err)
		}
	}
	must(t, room.still(ctx))
}

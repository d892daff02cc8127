package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/session"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
	"github.com/hubbub-live/hubbub/internal/token"
)

func TestConnect(t *testing.T) {
	p := open(t, nil)
	for _, c := range []struct {
		name      string
		path      string
		protocols []string
		command   string
		headers   []string
		protocol  string // echoed
		version   string
		user      string
	}{
		{"all three versions, as stompjs 7", "/chat/ws", []string{"v12.stomp", "v11.stomp", "v10.stomp"}, "CONNECT",
			[]string{"accept-version:1.2,1.1,1.0", "heart-beat:10000,10000"}, "v12.stomp", "1.2", ""},
		{"the older ones, as stompjs 2", "/ws", []string{"v10.stomp", "v11.stomp"}, "CONNECT",
			[]string{"accept-version:1.1,1.0", "heart-beat:10000,10000"}, "v10.stomp", "1.1", ""},
		{"STOMP without a sub-protocol, as stomp.py", "/chat/ws", nil, "STOMP", []string{"accept-version:1.1", "host:x"}, "", "1.1", ""},
		{"nothing at all is 1.0", "/chat/ws", nil, "CONNECT", nil, "", "1.0", ""},
		{"SockJS' raw path", "/chat/ws/websocket", nil, "CONNECT", []string{"accept-version:1.2"}, "", "1.2", ""},
		{"SockJS' framed path", "/chat/ws/123/abcdefgh/websocket", nil, "CONNECT", []string{"accept-version:1.2"}, "", "1.2", ""},
		{"a protocol that the server does not know is not echoed", "/chat/ws", []string{"irc"}, "CONNECT", []string{"accept-version:1.2"}, "", "1.2", ""},
		{"with a token", "/chat/ws", nil, "CONNECT", []string{"accept-version:1.2", "Authorization:Bearer " + p.token("ada")}, "", "1.2", "ada"},
		{"with a header in lower case", "/chat/ws", nil, "CONNECT", []string{"accept-version:1.2", "authorization:bearer " + p.token("ada")}, "", "1.2", "ada"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := p.dial(c.path, c.protocols...)
			w.say(f(c.command, "", c.headers...))
			got := w.want("CONNECTED")
			if w.protocol != c.protocol || got.header["version"] != c.version || got.header["user-name"] != c.user ||
				got.header["heart-beat"] != "20000,20000" || got.header["session"] == "" {
				t.Errorf("protocol %q, CONNECTED %v", w.protocol, got.header)
			}
			if w.sockjs != (len(w.said) == 1 && w.said[0] == "o") {
				t.Errorf("before that: %q", w.said)
			}
			w.say(f("DISCONNECT", "", "receipt:bye"))
			w.receipt("bye")
			w.end()
			if w.number != 1000 {
				t.Errorf("closed with %d", w.number)
			}
		})
	}
	p.until("all sessions are gone", func() bool { return len(p.all()) == 0 })
	if p.ended("") != 9 {
		t.Errorf("%d sessions were left by their clients, want 9", p.ended(""))
	}
}

// Whatever ends a session says why, with a code, the receipt that was asked for,
// and the number of the code.
func TestErrors(t *testing.T) {
	p := open(t, func(o *Options) {
		o.Session.Subscriptions, o.Session.FrameSize = 3, 2048
	})
	expired, err := p.keys.WithClock(func() time.Time { return time.Now().Add(-2 * time.Hour) }).Mint(identity("ada"), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	connect := f("CONNECT", "", "accept-version:1.2")
	sub := func(id, destination string, more ...string) string {
		return f("SUBSCRIBE", "", append([]string{"id:" + id, "destination:" + destination}, more...)...)
	}
	for _, c := range []struct {
		name   string
		say    []string
		want   hubbub.Code
		number int
	}{
		{"a frame before CONNECT", []string{f("SEND", "", "destination:/publish/1", "receipt:r")}, hubbub.CodeNotConnected, 4505},
		{"a version that nobody speaks", []string{f("CONNECT", "", "accept-version:9.9", "receipt:r")}, hubbub.CodeUnsupportedVersion, 4503},
		{"a token that is none", []string{f("CONNECT", "", "accept-version:1.2", "Authorization:Bearer x.y.z", "receipt:r")}, hubbub.CodeTokenInvalid, 4541},
		{"STOMP with a forged token", []string{f("STOMP", "", "accept-version:1.2", "Authorization:Bearer "+p.token("ada")+"x", "receipt:r")}, hubbub.CodeTokenInvalid, 4541},
		{"another scheme", []string{f("CONNECT", "", "Authorization:Basic eDp5", "receipt:r")}, hubbub.CodeTokenInvalid, 4541},
		{"a token that is over", []string{f("CONNECT", "", "Authorization:Bearer "+expired, "receipt:r")}, hubbub.CodeTokenExpired, 4021},
		{"a heart-beat that is none", []string{f("CONNECT", "", "heart-beat:often", "receipt:r")}, hubbub.CodeHeartBeatInvalid, 4504},
		{"a viewer that is too long", []string{f("CONNECT", "", "viewer:"+strings.Repeat("v", 129), "receipt:r")}, hubbub.CodeHeaderInvalid, 4508},
		{"a second CONNECT", []string{connect, f("CONNECT", "", "receipt:r")}, hubbub.CodeAlreadyConnected, 4506},
		{"BEGIN", []string{connect, f("BEGIN", "", "transaction:1", "receipt:r")}, hubbub.CodeUnsupported, 4502},
		{"COMMIT", []string{connect, f("COMMIT", "", "transaction:1", "receipt:r")}, hubbub.CodeUnsupported, 4502},
		{"ABORT", []string{connect, f("ABORT", "", "transaction:1", "receipt:r")}, hubbub.CodeUnsupported, 4502},
		{"a command of the server's", []string{connect, f("MESSAGE", "", "receipt:r")}, hubbub.CodeMalformedFrame, 4500},
		{"a command that nobody knows", []string{connect, f("HELLO", "", "receipt:r")}, hubbub.CodeMalformedFrame, 4500},
		{"not STOMP", []string{"hello, is this a chat? if so, let me in"}, hubbub.CodeMalformedFrame, 4500},
		{"not STOMP, with an end of line", []string{"hello\n"}, hubbub.CodeMalformedFrame, 4500},
		{"an escape that is none", []string{connect, "SEND\ndestination:\\x\n\n\x00"}, hubbub.CodeMalformedFrame, 4500},
		{"headers that are not UTF-8", []string{connect, "SEND\ndestination:\xff\n\n\x00"}, hubbub.CodeMalformedFrame, 4500},
		{"a frame that is too large", []string{connect, f("SEND", strings.Repeat("x", 3000), "destination:/publish/1")}, hubbub.CodeFrameTooLarge, 4501},
		{"a frame that is too large, in parts", []string{connect, "SEND\n\n" + strings.Repeat("x", 1000), strings.Repeat("x", 1000), strings.Repeat("x", 1000)}, hubbub.CodeFrameTooLarge, 4501},
		{"SUBSCRIBE without an id", []string{connect, f("SUBSCRIBE", "", "destination:"+messages, "receipt:r")}, hubbub.CodeHeaderMissing, 4507},
		{"SUBSCRIBE without a destination", []string{connect, f("SUBSCRIBE", "", "id:1", "receipt:r")}, hubbub.CodeHeaderMissing, 4507},
		{"an id that is too long", []string{connect, sub(strings.Repeat("i", 129), messages, "receipt:r")}, hubbub.CodeHeaderInvalid, 4508},
		{"SUBSCRIBE to what is not there", []string{connect, sub("1", "/topic/elsewhere", "receipt:r")}, hubbub.CodeDestinationUnknown, 4509},
		{"a channel that is none", []string{connect, sub("1", "/topic/stream/1/news", "receipt:r")}, hubbub.CodeDestinationUnknown, 4509},
		{"a stream id that is none", []string{connect, sub("1", "/topic/stream/a b/message", "receipt:r")}, hubbub.CodeDestinationUnknown, 4509},
		{"a stream that is not there", []string{connect, sub("1", "/topic/stream/no/message", "receipt:r")}, hubbub.CodeStreamNotFound, 4527},
		{"an id twice", []string{connect, sub("1", messages), sub("1", "/topic/stream/2/message", "receipt:r")}, hubbub.CodeSubscriptionExists, 4510},
		{"too many", []string{connect, sub("1", messages), sub("2", messages), sub("3", messages), sub("4", messages, "receipt:r")}, hubbub.CodeTooManySubscriptions, 4513},
		{"a position that is none", []string{connect, sub("1", messages, "last-position:x", "receipt:r")}, hubbub.CodePositionInvalid, 4512},
		{"history of too much", []string{connect, sub("1", messages, "history:201", "receipt:r")}, hubbub.CodeHeaderInvalid, 4508},
		{"history of less than nothing", []string{connect, sub("1", messages, "history:-1", "receipt:r")}, hubbub.CodeHeaderInvalid, 4508},
		{"UNSUBSCRIBE without an id", []string{connect, f("UNSUBSCRIBE", "", "receipt:r")}, hubbub.CodeHeaderMissing, 4507},
		{"UNSUBSCRIBE of nothing", []string{connect, f("UNSUBSCRIBE", "", "id:9", "receipt:r")}, hubbub.CodeSubscriptionUnknown, 4511},
		{"SEND without a destination", []string{connect, f("SEND", hello, "receipt:r")}, hubbub.CodeHeaderMissing, 4507},
		{"SEND elsewhere", []string{connect, f("SEND", hello, "destination:/topic/stream/1/message", "receipt:r")}, hubbub.CodeDestinationUnknown, 4509},
		{"SEND by nobody", []string{connect, f("SEND", hello, "destination:/publish/1", "receipt:r")}, hubbub.CodeTokenRequired, 4540},
		{"one after the other in one message: the first counts", []string{connect + f("BEGIN", "", "receipt:r") + f("CONNECT", "")}, hubbub.CodeUnsupported, 4502},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, path := range []string{"/chat/ws", "/chat/ws/1/2/websocket"} {
				if strings.Contains(c.name, "UTF-8") && path != "/chat/ws" {
					continue // in JSON it has become U+FFFD
				}
				w := p.dial(path)
				w.say(c.say...)
				got := w.end()
				if got.command != "ERROR" || got.header["code"] != string(c.want) || got.header["message"] == "" || got.body == "" ||
					w.number != c.number || w.reason != string(c.want) {
					t.Fatalf("%s: %s %v, closed with %d %s", path, got.command, got.header, w.number, w.reason)
				}
				if asked := strings.Contains(strings.Join(c.say, ""), "receipt:r"); asked != (got.header["receipt-id"] == "r") {
					t.Errorf("%s: receipt-id %q", path, got.header["receipt-id"])
				}
				if c.want == hubbub.CodeUnsupportedVersion && got.header["version"] != "1.0,1.1,1.2" {
					t.Errorf("no version is named: %v", got.header)
				}
				if w.sockjs && w.said[len(w.said)-1] != fmt.Sprintf("c[%d,%q]", w.number, w.reason) {
					t.Errorf("SockJS' own end: %q", w.said)
				}
			}
		})
	}
	if p.until("all are gone", func() bool { return len(p.all()) == 0 }); p.audience.String() != "map[]" {
		t.Errorf("still counted: %s", p.audience)
	}
}

// What breaks WebSocket itself is told as well.
func TestBrokenWebSocket(t *testing.T) {
	p := open(t, nil)
	w := p.connect()
	if err := ws.WriteFrame(w.conn, ws.NewTextFrame([]byte("not masked"))); err != nil {
		t.Fatal(err)
	}
	if got := w.end(); got.header["code"] != string(hubbub.CodeMalformedFrame) || w.number != 4500 {
		t.Errorf("%v, closed with %d", got, w.number)
	}
}

// With notices a session survives what it is refused; the notice says what, and
// gives the text back.
func TestNotices(t *testing.T) {
	p := open(t, func(o *Options) { o.Session.Subscriptions = 4 })
	w := p.signedIn("ada")
	w.subscribe("n", notices)
	for _, c := range []struct {
		name    string
		say     string
		want    hubbub.Code
		receipt string
		content string
	}{
		{"SEND with a receipt", f("SEND", `{"content":"\u202etext"}`, "destination:/publish/1", "receipt:7"), hubbub.CodeContentInvalid, "7", "\u202etext"},
		{"SEND without", f("SEND", `{"content":""}`, "destination:/publish/1"), hubbub.CodeContentEmpty, "", ""},
		{"SEND elsewhere", f("SEND", hello, "destination:/x", "receipt:8"), hubbub.CodeDestinationUnknown, "8", ""},
		{"a body that is not UTF-8", f("SEND", "{\"content\":\"\xff\"}", "destination:/publish/1", "receipt:9"), hubbub.CodeBodyInvalid, "9", ""},
		{"SUBSCRIBE", f("SUBSCRIBE", "", "id:x", "destination:/topic/stream/no/message", "receipt:10"), hubbub.CodeStreamNotFound, "10", ""},
		{"UNSUBSCRIBE", f("UNSUBSCRIBE", "", "id:x", "receipt:11"), hubbub.CodeSubscriptionUnknown, "11", ""},
		{"SUBSCRIBE with the id of the notices", f("SUBSCRIBE", "", "id:n", "destination:"+messages), hubbub.CodeSubscriptionExists, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.say(c.say)
			got := w.want("MESSAGE")
			var n struct{ Code, Message, Receipt, Content, Destination string }
			if err := json.Unmarshal([]byte(got.body), &n); err != nil {
				t.Fatal(err)
			}
			if n.Code != string(c.want) || n.Message == "" || n.Receipt != c.receipt || n.Content != c.content ||
				got.header["destination"] != notices || got.header["subscription"] != "n" || got.header["message-id"] == "" {
				t.Errorf("%v %s", got.header, got.body)
			}
		})
	}
	// A second subscription takes over when the first one ends; after both, a
	// refusal ends the session.
	w.subscribe("m", notices)
	w.say(f("UNSUBSCRIBE", "", "id:n", "receipt:u"))
	w.receipt("u")
	w.say(f("SEND", "", "destination:/publish/1"))
	if got := w.want("MESSAGE"); got.header["subscription"] != "m" {
		t.Errorf("the notice went to %q", got.header["subscription"])
	}
	w.say(f("UNSUBSCRIBE", "", "id:m", "receipt:u"))
	w.receipt("u")
	w.say(f("SEND", "", "destination:/publish/1")) // the one silent case
	w.say(f("SEND", "", "destination:/publish/1", "receipt:last"))
	if got := w.end(); got.header["receipt-id"] != "last" || got.header["code"] != string(hubbub.CodeBodyInvalid) {
		t.Errorf("the end: %v", got)
	}
}

// The conversation of a viewer who writes.
func TestConversation(t *testing.T) {
	for _, path := range []string{"/chat/ws", "/ws/1/2/websocket"} {
		t.Run(path, func(t *testing.T) {
			p := open(t, nil)
			w := p.dial(path)
			w.say(f("CONNECT", "", "accept-version:1.2", "Authorization:Bearer "+p.token("ada")))
			w.want("CONNECTED")
			w.subscribe("n", notices)
			start := w.subscribe("s:1", messages) // the colon is escaped on its way back
			w.say(f("SEND", hello, "destination:/publish/1", "nonce:n1", "receipt:1"))
			var receipt, message frame
			for range 2 { // the receipt and the message race
				for len(w.frames) == 0 {
					w.read()
				}
				if w.frames[0].command == "RECEIPT" {
					receipt = w.want("RECEIPT")
				} else {
					message = w.want("MESSAGE")
				}
			}
			if receipt.header["receipt-id"] != "1" || receipt.header["nonce"] != "n1" || receipt.header["position"] != message.header["position"] ||
				receipt.header["message-id"] != message.header["message-id"] {
				t.Errorf("RECEIPT %v, MESSAGE %v", receipt.header, message.header)
			}
			if h := message.header; h["subscription"] != "s:1" || h["destination"] != messages || h["nonce"] != "n1" || h["prev"] != "" || h["replay"] != "" ||
				h["position"] <= start.header["position"] {
				t.Errorf("MESSAGE %v after %v", h, start.header)
			}
			m, err := hubbub.ParseMessage([]byte(message.body))
			if err != nil || m.Sender.ID != "ada" || m.Content != "hello" {
				t.Errorf("%+v, %v", m, err)
			}
			// History, resume and the same nonce once more.
			if w.subscribe("h", messages, "history:10"); w.want("MESSAGE").header["replay"] != "true" {
				t.Error("history is not marked")
			}
			w.subscribe("l", messages, "last-position:"+message.header["position"])
			w.say(f("SEND", hello, "destination:/publish/1", "nonce:n1", "receipt:2"))
			if again := w.receipt("2"); again.header["position"] != receipt.header["position"] {
				t.Errorf("the repeat is at %s", again.header["position"])
			}
			// ACK is accepted, and the receipts come in the order of the frames.
			w.say(f("ACK", "", "id:x", "receipt:a") + f("NACK", "", "id:x", "receipt:b") + "\n\n" + f("UNSUBSCRIBE", "", "id:h", "receipt:c"))
			w.receipt("a")
			w.receipt("b")
			w.receipt("c")
			p.until("both are counted", func() bool { return p.audience.String() == "map[1 user:ada:2]" })
			// One frame over many messages, octet by octet.
			for _, c := range f("SEND", `{"content":"두 번째"}`, "destination:/publish/1", "receipt:3") {
				w.say(string(c))
			}
			seen := map[string]int{}
			for len(seen) < 3 {
				for len(w.frames) == 0 {
					w.read()
				}
				got := w.frames[0]
				w.frames = w.frames[1:]
				seen[got.command+got.header["subscription"]]++
			}
			if seen["RECEIPT"] != 1 || seen["MESSAGEs:1"] != 1 || seen["MESSAGEl"] != 1 {
				t.Errorf("got %v", seen)
			}
			w.write(ws.NewPingFrame([]byte("p")))
			w.say(f("DISCONNECT", "", "receipt:bye"))
			w.receipt("bye")
			if w.end(); w.number != 1000 || !strings.Contains(strings.Join(w.said, ""), "10 p") {
				t.Errorf("closed with %d; said %q", w.number, w.said)
			}
			p.until("nobody is counted", func() bool { return p.audience.String() == "map[]" })
		})
	}
}

// STOMP 1.0 has no ids: a subscription is its destination.
func TestVersion10(t *testing.T) {
	p := open(t, nil)
	w := p.dial("/chat/ws")
	w.say(f("CONNECT", "", "Authorization:Bearer "+p.token("ada")))
	w.want("CONNECTED")
	w.say(f("SUBSCRIBE", "", "destination:"+messages, "receipt:1"))
	w.receipt("1")
	w.say(f("SEND", hello, "destination:/publish/1"))
	if got := w.want("MESSAGE"); got.header["subscription"] != messages || got.header["destination"] != messages {
		t.Errorf("%v", got.header)
	}
	w.say(f("UNSUBSCRIBE", "", "destination:"+messages, "receipt:2"))
	w.receipt("2")
}

// Who is counted, and as whom.
func TestPresence(t *testing.T) {
	p := open(t, nil)
	for _, c := range []struct {
		name    string
		headers []string
		want    string // CONN stands for the session's name
	}{
		{"a user", []string{"Authorization:Bearer " + p.token("ada"), "viewer:x"}, "map[1 user:ada:1]"},
		{"a viewer that says who it is", []string{"viewer:x"}, "map[1 viewer:x:1]"},
		{"a viewer that does not", nil, "map[1 connection:CONN:1]"},
		{"an overlay", []string{"presence:none"}, "map[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := p.dial("/chat/ws")
			w.say(f("CONNECT", "", append(c.headers, "accept-version:1.2")...))
			name := w.want("CONNECTED").header["session"]
			w.subscribe("e", "/topic/stream/1/event")
			if got := p.audience.String(); got != "map[]" {
				t.Errorf("for events: %s", got)
			}
			w.subscribe("m", messages)
			p.until("it is counted: "+c.want, func() bool {
				return strings.ReplaceAll(p.audience.String(), "connection:"+name, "connection:CONN") == c.want
			})
			_ = w.conn.Close()
			p.until("it is not counted any more", func() bool { return p.audience.String() == "map[]" })
		})
	}
}

// Nobody who is counted by their connection shares its name with a viewer of another
// server.
func TestSessionsOfServersAreNamedApart(t *testing.T) {
	names := map[string]bool{}
	for range 2 {
		w := open(t, nil).dial("/chat/ws")
		w.say(f("CONNECT", "", "accept-version:1.2"))
		names[w.want("CONNECTED").header["session"]] = true
	}
	if len(names) != 2 {
		t.Errorf("they are %v", names)
	}
}

// Time ends what is not alive; the clock is the test's.
func TestTimes(t *testing.T) {
	p := open(t, func(o *Options) { o.Session.Max = 12 * time.Hour })
	look := func(after time.Duration) {
		for _, one := range p.all() {
			one.Look(time.Now().Add(after))
		}
	}
	t.Run("no CONNECT", func(t *testing.T) {
		w := p.dial("/chat/ws")
		p.until("the session is there", func() bool { return len(p.all()) == 1 })
		look(9 * time.Second)
		look(11 * time.Second)
		if got := w.end(); got.header["code"] != string(hubbub.CodeConnectTimeout) || w.number != 4011 {
			t.Errorf("%v, %d", got, w.number)
		}
	})
	t.Run("heart-beats of the server, and missed ones of the client", func(t *testing.T) {
		w := p.connect("heart-beat:1000,5000")
		look(17 * time.Second) // too early
		look(18 * time.Second)
		for len(w.frames) == 0 && w.decoder.HeartBeats() == 0 {
			w.read()
		}
		w.say("\n")
		look(59 * time.Second)
		if got := p.endedBy(w, 62*time.Second); got.header["code"] != string(hubbub.CodeHeartBeatMissed) || w.number != 4010 {
			t.Errorf("%v, %d", got, w.number)
		}
	})
	t.Run("no heart-beats: pings", func(t *testing.T) {
		w := p.connect()
		look(24 * time.Second)
		look(10 * time.Minute)
		w.read()
		if len(w.said) != 1 || w.said[0] != "9 " {
			t.Errorf("said %q", w.said)
		}
		look(13 * time.Hour)
		if got := w.end(); got.header["code"] != string(hubbub.CodeSessionExpired) || w.number != 4020 {
			t.Errorf("%v, %d", got, w.number)
		}
	})
	t.Run("SockJS heart-beats", func(t *testing.T) {
		w := p.dial("/chat/ws/1/2/websocket")
		w.say(f("CONNECT", "", "accept-version:1.2", "heart-beat:10000,10000"))
		w.want("CONNECTED")
		look(19 * time.Second)
		for w.decoder.HeartBeats() == 0 {
			w.read()
		}
		_ = w.conn.Close()
	})
}

// endedBy looks again and again as long after, until that ended a connection, as what
// looks does: a session at work is left alone.
func (p *place) endedBy(w *wire, after time.Duration) frame {
	p.t.Helper()
	done := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				for _, one := range p.all() {
					one.Look(time.Now().Add(after))
				}
			case <-done:
				return
			}
		}
	})
	defer looking.Wait()
	defer close(done)
	return w.end()
}

// While the server is at what a client asked for, it does not read the heart-beats
// that come, so none is missed.
func TestNoHeartBeatIsMissedWhileAtWork(t *testing.T) {
	asked, resume := make(chan struct{}), make(chan struct{})
	p := open(t, func(o *Options) {
		o.Session.MayRead = func(context.Context, token.Identity, hubbub.StreamID) error {
			close(asked)
			<-resume
			return nil
		}
	})
	w := p.connect("heart-beat:5000,0")
	w.say(f("SUBSCRIBE", "", "id:m", "destination:"+messages, "receipt:r"))
	<-asked
	for _, one := range p.all() {
		one.Look(time.Now().Add(time.Hour))
	}
	close(resume)
	w.receipt("r")
	if got := p.endedBy(w, 62*time.Second); got.header["code"] != string(hubbub.CodeHeartBeatMissed) {
		t.Errorf("then nothing came, and it ended with %v", got)
	}
}

// What history fails on before anything was given is refused; a resume that breaks off
// ends the session, with a number that says to come back.
func TestResumeBreaksOff(t *testing.T) {
	p := open(t, nil)
	var said []eventlog.Record
	for i := range 6000 { // more than a room has at hand
		said = append(said, message(i))
	}
	first := eventlogtest.AppendAll(t, p.log, eventlog.RawChats, said...)[0].Position
	w := p.connect()
	w.subscribe("n", notices)
	w.subscribe("e", "/topic/stream/1/event") // the room is there
	resume := f("SUBSCRIBE", "", "id:m", "destination:"+messages, "receipt:r", "last-position:"+first.String())
	p.history.left.Store(0)
	w.say(resume)
	if got := w.want("MESSAGE"); !strings.Contains(got.body, `"unavailable"`) || !strings.Contains(got.body, `"receipt":"r"`) {
		t.Errorf("at once: %v %q", got.header, got.body)
	}
	p.history.left.Store(1)
	w.say(resume)
	w.receipt("r")
	if got := w.end(); got.command != "ERROR" || got.header["code"] != string(hubbub.CodeUnavailable) || w.number != 4001 {
		t.Errorf("later: %s %v, %d", got.command, got.header, w.number)
	}
}

// message is number i in the room.
func message(i int) eventlog.Record {
	m := hubbub.Message{ID: hubbub.MessageID(fmt.Sprint("m", i)), StreamID: "1", Sender: hubbub.Sender{ID: "ada", Name: "Ada"}, Content: "hello", CreatedAt: time.Now()}
	return eventlog.Record{Stream: "1", Kind: hubbub.KindMessage, Value: m.AppendJSON(nil)}
}

// A client that closes is answered; one that goes without a word is let go.
func TestClientLeaves(t *testing.T) {
	p := open(t, nil)
	w := p.connect()
	w.write(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, "")))
	if w.end(); w.number != 1000 {
		t.Errorf("answered with %d", w.number)
	}
	for _, octets := range []string{"", "SEND\ndest", f("SEND", hello, "destination:/publish/1")} {
		w := p.signedIn("ada")
		w.say(octets)
		_ = w.conn.Close()
	}
	p.until("all are gone", func() bool { return len(p.all()) == 0 })
}

// A session ends with what it waits for, and its answers come before the end.
func TestDisconnectWaitsForAnswers(t *testing.T) {
	p := open(t, nil)
	w := p.signedIn("ada")
	p.log.set(true)
	w.say(f("SEND", hello, "destination:/publish/1", "receipt:1")+f("SEND", hello, "destination:/publish/1", "receipt:2"), f("DISCONNECT", "", "receipt:3"))
	p.until("both are under way", func() bool { return p.log.holding() == 2 })
	p.log.set(false)
	w.receipt("1")
	w.receipt("2")
	w.receipt("3")
	if w.end(); w.number != 1000 {
		t.Errorf("closed with %d", w.number)
	}
}

func TestAnonymousRefused(t *testing.T) {
	p := open(t, func(o *Options) { o.Session.Anonymous = false })
	w := p.dial("/chat/ws")
	w.say(f("CONNECT", "", "accept-version:1.2"))
	if got := w.end(); got.header["code"] != string(hubbub.CodeTokenRequired) {
		t.Errorf("%v", got)
	}
}

var _ session.Presence = (*audience)(nil)

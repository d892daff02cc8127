package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/clients"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A library is a client that others wrote, and what is its own.
type library struct {
	kind    clients.Kind
	url     func(*hub.Server) string
	version string // that is agreed on
	options map[string]any
	asks    bool // for a receipt of UNSUBSCRIBE
}

func plainURL(s *hub.Server) string  { return s.WS() }
func rawURL(s *hub.Server) string    { return s.WS() + "/websocket" } // where SockJS has its plain one
func sockjsURL(s *hub.Server) string { return s.SockJS() }

// TestClients holds the server to what real clients send and expect.
func TestClients(t *testing.T) {
	t.Parallel()
	split := map[string]any{"splitLargeFrames": true, "maxWebSocketChunkSize": 64}
	libraries := map[string]library{
		"StompJS7":            {kind: clients.StompJS7, url: plainURL, version: "1.2", asks: true},
		"StompJS7SplitFrames": {kind: clients.StompJS7, url: plainURL, version: "1.2", asks: true, options: split},
		"StompJS2SockJS":      {kind: clients.StompJS2, url: sockjsURL, version: "1.1"},
		"StompJS2WebSocket":   {kind: clients.StompJS2, url: rawURL, version: "1.1"},
		"StompPy":             {kind: clients.StompPy, url: plainURL, version: "1.2", asks: true},
	}
	server := hub.Start(t)
	for name, l := range libraries {
		t.Run(name, func(t *testing.T) {
			ctx := within(t)
			guest, err := server.Guest(ctx, name)
			must(t, err)
			u := &user{library: l, Client: clients.Start(t, l.kind), server: server, guest: guest, room: watch(t, ctx, server, "1")}
			u.arrives(t)
			u.chats(t)
			u.isRefused(t)
			u.leaves(t)
			u.isThrownOut(t)
			if l.options == nil { // else it is the same client as another
				u.isForged(t)
			}
		})
	}
}

// A user has one of the libraries.
type user struct {
	library
	*clients.Client
	server *hub.Server
	guest  api.Guest
	room   *witness
}

const (
	messages = "/topic/stream/1/message"
	publish  = "/publish/1"
)

// arrives connects with a token, and agrees on heart-beats.
func (u *user) arrives(t *testing.T) {
	u.Do(clients.Command{Do: "connect", URL: u.url(u.server), Options: u.options,
		Headers: map[string]string{"Authorization": "Bearer " + u.guest.Token}})
	connected := u.Await("connected").Headers
	for name, want := range map[string]string{"version": u.version, "heart-beat": "20000,20000", "user-name": string(u.guest.ID)} {
		if connected[name] != want {
			t.Errorf("CONNECTED has %s:%s, want %s", name, connected[name], want)
		}
	}
}

// chatIn reads the body of a message.
func chatIn(t *testing.T, e clients.Event) hubbub.Message {
	t.Helper()
	var m hubbub.Message
	must(t, json.Unmarshal([]byte(e.Body), &m))
	return m
}

// chats subscribes with a history, sends with a receipt, and hears itself and others.
func (u *user) chats(t *testing.T) {
	ctx := within(t)
	must(t, u.room.spoke(ctx, "before"))
	u.Do(clients.Command{Do: "subscribe", Destination: messages, Headers: map[string]string{"id": "m", "receipt": "sub", "history": "1"}})
	replay := u.Await("message")
	if m := chatIn(t, replay); m.Content != "before" || replay.Headers["replay"] != "true" || replay.Headers["position"] == "" {
		t.Errorf("the history is %+v", replay)
	}
	subscribed := u.Await("receipt").Headers
	if subscribed["receipt-id"] != "sub" || subscribed["position"] != replay.Headers["position"] {
		t.Errorf("the receipt of SUBSCRIBE is %q", subscribed)
	}

	const content = `한글 😀 "quoted" <b>\n</b>`
	body, err := json.Marshal(map[string]string{"content": content})
	must(t, err)
	u.Do(clients.Command{Do: "send", Destination: publish, Body: string(body),
		Headers: map[string]string{"receipt": "sent", "nonce": "n-1", "content-type": "application/json"}})
	receipt, own := u.Await("receipt").Headers, u.Await("message")
	if receipt["receipt-id"] != "sent" || receipt["nonce"] != "n-1" || receipt["position"] != own.Headers["position"] {
		t.Errorf("the receipt of SEND is %q", receipt)
	}
	m := chatIn(t, own)
	if m.Content != content || m.Sender.ID != u.guest.ID || m.Sender.Name != u.guest.Name || m.Nonce != "n-1" {
		t.Errorf("it hears %+v", m)
	}
	h := own.Headers
	if h["destination"] != messages || h["subscription"] != "m" || h["message-id"] != string(m.ID) || h["prev"] != replay.Headers["position"] {
		t.Errorf("with the headers %q", h)
	}
	_, err = u.room.hears(ctx, content)
	must(t, err)

	long := strings.Repeat("길", 500)
	u.Send(publish, `{"content":"`+long+`"}`, "long")
	u.Await("receipt")
	if m := chatIn(t, u.Await("message")); m.Content != long {
		t.Errorf("of a long message it hears %q", m.Content)
	}
	_, err = u.room.hears(ctx, long)
	must(t, err)
}

// isRefused hears of it by a notice, and goes on.
func (u *user) isRefused(t *testing.T) {
	u.Subscribe("n", "/user/queue/notices")
	u.Send(publish, `{"content":"  "}`, "empty")
	refused := u.Await("message")
	var notice client.Notice
	must(t, json.Unmarshal([]byte(refused.Body), &notice))
	if refused.Headers["subscription"] != "n" || notice.Code != hubbub.CodeContentEmpty || notice.Receipt != "empty" || notice.Destination != publish {
		t.Errorf("the notice is %+v", refused)
	}
}

// leaves unsubscribes, after which it hears nothing, and disconnects.
func (u *user) leaves(t *testing.T) {
	ctx := within(t)
	headers := map[string]string{"id": "m"}
	if u.asks {
		headers["receipt"] = "unsubscribed"
	}
	u.Do(clients.Command{Do: "unsubscribe", Headers: headers})
	if u.asks {
		u.Await("receipt")
	}
	u.Send(publish, `{"content":"unheard"}`, "last")
	u.Await("receipt")
	_, err := u.room.hears(ctx, "unheard")
	must(t, err)
	must(t, u.room.spoke(ctx, "unheard too"))
	u.Send(publish, `{"content":""}`, "fence")
	if e := u.Await("message"); !strings.Contains(e.Body, `"fence"`) {
		t.Errorf("it still hears %+v", e)
	}
	if status := u.Disconnect(); status != 0 {
		t.Errorf("leaving ended with status %d", status)
	}
}

// isThrownOut comes again, without notices: what is refused is an ERROR and the end.
func (u *user) isThrownOut(t *testing.T) {
	again := clients.Start(t, u.kind)
	again.Do(clients.Command{Do: "connect", URL: u.url(u.server), Options: u.options,
		Headers: map[string]string{"Authorization": "Bearer " + u.guest.Token}})
	again.Await("connected")
	again.Send(publish, `{"content":"`+strings.Repeat("x", 501)+`"}`, "too long")
	refused := again.Await("error").Headers
	if refused["code"] != string(hubbub.CodeContentTooLong) || refused["receipt-id"] != "too long" || refused["message"] == "" {
		t.Errorf("the ERROR is %q", refused)
	}
	if closed := again.Await("closed"); u.kind != clients.StompPy && (closed.Code < 4500 || closed.Body != string(hubbub.CodeContentTooLong)) {
		t.Errorf("it was closed with %d %s", closed.Code, closed.Body)
	}
	if status := again.Exit(); status != 1 {
		t.Errorf("it ended with status %d", status)
	}
}

// isForged comes with a token that is not its own.
func (u *user) isForged(t *testing.T) {
	forged := clients.Start(t, u.kind)
	forged.Do(clients.Command{Do: "connect", URL: u.url(u.server), Options: u.options,
		Headers: map[string]string{"Authorization": "Bearer " + u.guest.Token + "x"}})
	if refused := forged.Await("error").Headers; refused["code"] != string(hubbub.CodeTokenInvalid) {
		t.Errorf("with a forged token the ERROR is %q", refused)
	}
	forged.Exit()
}

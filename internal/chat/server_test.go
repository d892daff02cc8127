package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/outbox"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/internal/token"
)

func identity(user hubbub.UserID) token.Identity {
	return token.Identity{User: user, Name: string(user), Roles: []string{}}
}

// upgrade is what a browser sends to open a WebSocket.
var upgrade = []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}

func TestHTTP(t *testing.T) {
	p := open(t, nil)
	friend, stranger := []string{"Origin", "https://friends.example"}, []string{"Origin", "https://evil.example"}
	for _, c := range []struct {
		name   string
		method string
		path   string
		header []string
		status int
		code   hubbub.Code
		want   map[string]string // headers
		body   string            // part of it
	}{
		{"info", "GET", "/chat/ws/info", nil, 200, "", map[string]string{"Access-Control-Allow-Origin": "", "Content-Type": "application/json; charset=utf-8"}, `"websocket":true`},
		{"info with a time in the query, as clients ask", "GET", "/ws/info?t=123", nil, 200, "", map[string]string{"Cache-Control": "no-store"}, `"entropy":`},
		{"info from a page elsewhere", "GET", "/chat/ws/info", friend, 200, "",
			map[string]string{"Access-Control-Allow-Origin": "https://friends.example", "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}, ""},
		{"info from a page that is not let in", "GET", "/chat/ws/info", stranger, 403, hubbub.CodeOriginRefused, map[string]string{"Access-Control-Allow-Origin": ""}, ""},
		{"what browsers ask before", "OPTIONS", "/chat/ws/info", friend, 204, "", map[string]string{"Access-Control-Allow-Methods": "OPTIONS, GET"}, ""},
		{"the greeting", "GET", "/chat/ws", nil, 200, "", nil, "Welcome to SockJS!\n"},
		{"the greeting with a slash", "GET", "/chat/ws/", nil, 200, "", nil, "Welcome to SockJS!\n"},
		{"another transport", "POST", "/chat/ws/1/2/xhr_streaming", nil, 0, "", nil, ""},
		{"another transport by GET", "GET", "/chat/ws/1/2/eventsource", nil, 404, hubbub.CodeNotFound, nil, ""},
		{"a WebSocket's path without one", "GET", "/chat/ws/websocket", nil, 400, hubbub.CodeBadRequest, nil, ""},
		{"an upgrade from a page that is not let in", "GET", "/chat/ws", append(stranger, upgrade...), 403, hubbub.CodeOriginRefused, nil, ""},
		{"an upgrade from a friend's page", "GET", "/chat/ws", append(friend, upgrade...), 101, "", nil, ""},
		{"an upgrade without a key", "GET", "/chat/ws", upgrade[:6], 400, "", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, body := p.get(c.method, c.path, c.header...)
			if c.status != 0 && answer.StatusCode != c.status || c.status == 0 && answer.StatusCode < 400 {
				t.Errorf("status %d: %s", answer.StatusCode, body)
			}
			for name, want := range c.want {
				if got := answer.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if !strings.Contains(body, c.body) || c.code != "" && !strings.Contains(body, string(c.code)) {
				t.Errorf("body %q", body)
			}
		})
	}
}

func TestConnectRate(t *testing.T) {
	p := open(t, func(o *Options) { o.ConnectRate = 1 })
	first, _ := p.get("GET", "/chat/ws", upgrade...)
	second, body := p.get("GET", "/chat/ws", upgrade...)
	if first.StatusCode != http.StatusSwitchingProtocols || second.StatusCode != http.StatusServiceUnavailable || second.Header.Get("Retry-After") == "" || !strings.Contains(body, string(hubbub.CodeOverloaded)) {
		t.Errorf("%d, then %d %v: %s", first.StatusCode, second.StatusCode, second.Header, body)
	}
}

func TestPerAddress(t *testing.T) {
	p := open(t, func(o *Options) { o.PerAddress = 2 })
	one, two := p.connect(), p.connect()
	answer, body := p.get("GET", "/chat/ws", upgrade...)
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" || !strings.Contains(body, string(hubbub.CodeTooManyConnections)) {
		t.Errorf("%d %v: %s", answer.StatusCode, answer.Header, body)
	}
	_ = one.conn.Close()
	p.until("there is room for another", func() bool {
		p.gate.mu.Lock()
		defer p.gate.mu.Unlock()
		for _, n := range p.gate.here {
			return n == 1
		}
		return false
	})
	p.connect()
	_ = two.conn.Close()
}

func TestEndOfAUser(t *testing.T) {
	p := open(t, nil)
	ada, ada2, eve, anonymous := p.signedIn("ada"), p.signedIn("ada"), p.signedIn("eve"), p.connect()
	p.End("ada", hubbub.Refuse(hubbub.CodeSessionExpired, "you logged out"))
	for _, w := range []*wire{ada, ada2} {
		if got := w.end(); got.header["code"] != string(hubbub.CodeSessionExpired) || got.header["message"] != "you logged out" || w.number != 4020 {
			t.Errorf("%v, %d", got, w.number)
		}
	}
	for _, w := range []*wire{eve, anonymous} {
		w.subscribe("1", messages)
	}
	p.End("", hubbub.Refuse(hubbub.CodeSessionExpired, "nobody"))
	anonymous.subscribe("2", messages)
}

// TestEndOfAToken: of the sessions of a user those end whose token is void, and
// nobody who is not signed in is asked about.
func TestEndOfAToken(t *testing.T) {
	p := open(t, nil)
	connect := func(id string) *wire {
		raw, err := p.keys.Mint(token.Identity{User: "ada", Name: "Ada", ID: id, Scopes: []string{token.ScopeRead}}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return p.connect("Authorization:Bearer " + raw)
	}
	bot, other, anonymous := connect("bot-1"), connect("bot-2"), p.connect()
	p.EndWhere(func(who token.Identity) *hubbub.Error {
		if who.User == "" {
			t.Error("asked about nobody")
		}
		if who.ID != "bot-1" {
			return nil
		}
		return hubbub.Refuse(hubbub.CodeTokenInvalid, "revoked")
	})
	if got := bot.end(); got.header["code"] != string(hubbub.CodeTokenInvalid) || bot.number != 4541 {
		t.Errorf("%v, %d", got, bot.number)
	}
	for _, w := range []*wire{other, anonymous} {
		w.subscribe("1", messages)
	}
}

// Shutdown answers what is under way, tells everyone to connect again, and lets
// nobody in meanwhile.
func TestShutdown(t *testing.T) {
	p := open(t, nil)
	w, viewer, silent := p.signedIn("ada"), p.connect(), p.dial("/chat/ws")
	viewer.subscribe("1", messages)
	p.log.set(true)
	for i := range 70 { // more than may be under way: the rest are not read, and refused
		w.say(f("SEND", hello, "destination:/publish/1", fmt.Sprint("receipt:", i)))
	}
	p.until("the first are under way", func() bool { return p.log.holding() == 64 })
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	done := make(chan struct{})
	go func() {
		p.Shutdown(ctx)
		close(done)
	}()
	for _, one := range []*wire{viewer, silent} { // they do not wait for others
		if got := one.end(); got.command != "ERROR" || got.header["code"] != string(hubbub.CodeShutdown) || one.number != 4000 {
			t.Errorf("%v, closed with %d", got, one.number)
		}
	}
	if answer, body := p.get("GET", "/chat/ws", upgrade...); answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, string(hubbub.CodeShutdown)) {
		t.Errorf("who comes now gets %d %s", answer.StatusCode, body)
	}
	p.log.set(false)
	for w.read() {
	}
	receipts, refused := 0, ""
	for _, got := range w.frames {
		switch got.command {
		case "RECEIPT":
			receipts++
		case "ERROR":
			refused = got.header["code"]
		}
	}
	if receipts > 64 || refused != string(hubbub.CodeShutdown) || w.number != 4000 {
		t.Errorf("%d receipts, ERROR %q, closed with %d", receipts, refused, w.number)
	}
	<-done
	if ctx.Err() != nil || len(p.all()) != 0 {
		t.Error("it did not end by itself")
	}
}

// Where others take its clients in, they are not all told at once, and who is not told
// yet goes on.
func TestFarewell(t *testing.T) {
	const many, farewell = 21, 400 * time.Millisecond
	p := open(t, func(o *Options) { o.Farewell = farewell })
	var all []*wire
	for range many {
		w := p.signedIn("ada")
		w.subscribe("1", messages)
		all = append(all, w)
	}
	began := time.Now()
	ended := make(chan time.Duration, many)
	for _, w := range all {
		go func() {
			for w.read() {
			}
			ended <- time.Since(began)
		}()
	}
	p.Shutdown(t.Context())
	first, last := farewell, time.Duration(0)
	for range many {
		at := <-ended
		first, last = min(first, at), max(last, at)
	}
	// Two are told at a time.
	if apart := last - first; apart < farewell/3 {
		t.Errorf("the first ended after %v, the last %v later", first, apart)
	}
}

// A shutdown that must not take longer cuts off whoever waits for what does not
// come, also one that waits to say goodbye.
func TestShutdownIsBounded(t *testing.T) {
	p := open(t, nil)
	waits, leaves := p.signedIn("ada"), p.signedIn("eve")
	p.log.set(true)
	for i := range 70 {
		waits.say(f("SEND", hello, "destination:/publish/1", fmt.Sprint("receipt:", i)))
	}
	leaves.say(f("SEND", hello, "destination:/publish/1", "receipt:1"), f("DISCONNECT", "", "receipt:2"))
	p.until("they are under way", func() bool { return p.log.holding() == 65 })
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	done := make(chan struct{})
	go func() {
		p.Shutdown(ctx)
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("it hangs")
	}
}

// A viewer that never reads is skipped, then closed; whoever reads gets it all.
func TestSlowViewer(t *testing.T) {
	p := open(t, func(o *Options) { o.Session.Outbox = outbox.Options{Backlog: 64 << 10, Stall: 300 * time.Millisecond} })
	slow, good := p.connect(), p.connect()
	if err := slow.conn.(*net.TCPConn).SetReadBuffer(8 << 10); err != nil {
		t.Fatal(err)
	}
	slow.subscribe("m", messages)
	slow.subscribe("a", "/topic/stream/1/analysis")
	start := good.subscribe("m", messages)
	r, ok := p.hub.Loaded("1")
	if !ok {
		t.Fatal("the room is not loaded")
	}
	writer := p.signedIn("ada")
	const sent = 300
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range sent {
			writer.say(f("SEND", fmt.Sprintf(`{"content":"%d"}`, i), "destination:/publish/1"))
		}
	})
	large := []byte(`{"filler":"` + strings.Repeat("x", 200<<10) + `"}`)
	p.until("the slow one is closed", func() bool {
		r.Show(hubbub.AnalysisChannel, large)
		return p.ended(hubbub.CodeSlowConsumer) == 1
	})
	writing.Wait()
	prev := ""
	for i := range sent {
		got := good.want("MESSAGE")
		if got.header["prev"] != prev || got.header["skipped"] != "" {
			t.Fatalf("message %d: prev %q after %q, skipped %q; start %v", i, got.header["prev"], prev, got.header["skipped"], start.header)
		}
		var m struct{ Content string }
		if err := json.Unmarshal([]byte(got.body), &m); err != nil || m.Content != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, got.body)
		}
		prev = got.header["position"]
	}
}

// Our own client gets along with the server, over both transports.
func TestOwnClient(t *testing.T) {
	p := open(t, nil)
	for _, url := range []string{"ws" + strings.TrimPrefix(p.url, "http") + "/chat/ws", p.url + "/ws"} {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		c, err := client.Dial(ctx, client.Options{URL: url, Token: p.token("ada")})
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.Subscribe(ctx, client.Topic{Destination: client.MessagesOf("1", hubbub.MessageChannel)})
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := c.Send(ctx, client.Post{Stream: "1", Content: "hello"})
		if err != nil {
			t.Fatal(err)
		}
		m, err := s.Next(ctx)
		if err != nil || m.Position.String() != receipt.Headers["position"] {
			t.Errorf("%s: %+v, %v; sent at %v", url, m, err, receipt.Headers)
		}
		if err := c.Disconnect(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	}
}

// A panic of one session is nobody else's.
func TestPanic(t *testing.T) {
	p := open(t, func(o *Options) {
		verify := o.Session.Verify
		o.Session.Verify = func(raw string) (token.Identity, error) {
			if raw == "boom" {
				panic("on purpose")
			}
			return verify(raw)
		}
	})
	other := p.connect()
	w := p.dial("/chat/ws")
	w.say(f("CONNECT", "", "Authorization:Bearer boom"))
	_ = w.conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := ws.ReadFrame(w.conn); err == nil {
		t.Error("it goes on")
	}
	p.until("it is gone", func() bool { return len(p.all()) == 1 })
	other.subscribe("1", messages)
}

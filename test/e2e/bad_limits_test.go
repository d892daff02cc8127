package e2e

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// TestBadRate sends faster than a user may, who is told how long to wait; after
// that it goes on. Another user is not held up.
func TestBadRate(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, "--rooms", "any", "--message-rate", "2", "--message-burst", "3")
	guest, err := server.Guest(ctx, "talker")
	must(t, err)
	conn, err := server.Dial(ctx, client.Options{Token: guest.Token})
	must(t, err)
	defer conn.Close()
	room := watch(t, ctx, server, "bad")
	outcomes := make(chan error, 20)
	for i := range cap(outcomes) {
		conn.SendAsync(client.Post{Stream: "bad", Content: strconv.Itoa(i)}, func(err error) { outcomes <- err })
	}
	taken := 0
	for range cap(outcomes) {
		err := <-outcomes
		var refused *hubbub.Error
		switch {
		case err == nil:
			taken++
		case !errors.As(err, &refused) || refused.Code != hubbub.CodeRateLimited || refused.RetryAfter <= 0 || refused.RetryAfter > time.Second:
			t.Errorf("refused with %v", err)
		}
	}
	if taken < 3 || taken == cap(outcomes) {
		t.Errorf("%d of %d were taken", taken, cap(outcomes))
	}
	for range taken { // which, depends on how fast they came
		m, err := room.live.Next(ctx)
		must(t, err)
		chat, err := m.Chat()
		must(t, err)
		room.logged = append(room.logged, chat.Content)
	}
	must(t, room.still(ctx))

	// Without notices it is the end of the session, and the client is to come back.
	w := connectWire(t, server, plainPath, guest.Token)
	for range 10 {
		must(t, w.say(badSend{headers: toBad, body: `{"content":"flood"}`}.frame("r")))
	}
	e, err := w.end()
	must(t, err)
	if ms, err := strconv.Atoi(e.refusal.headers["retry-after-ms"]); e.code() != hubbub.CodeRateLimited || e.number/500 != 8 || err != nil || ms <= 0 {
		t.Errorf("it was %v", e)
	}
	must(t, api.Until(ctx, "speak again", func() error {
		_, err := conn.Send(ctx, client.Post{Stream: "bad", Content: "again"})
		return err
	}))
}

func TestBadFrameSize(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited("--frame-size", "1KiB", "--message-length", "20", "--subscriptions", "2")...)
	room := watch(t, ctx, server, "bad")
	padded := func(n int) string {
		frame := badSend{headers: toBad, body: `{"content":"x","more":"`}.frame("r")
		return strings.TrimSuffix(frame, "\x00") + strings.Repeat("m", n-len(frame)-2) + "\"}\x00"
	}
	w := connectWire(t, server, plainPath, room.me.Token)
	must(t, w.say(padded(1<<10)))
	must(t, w.expect("RECEIPT", nil))
	_, err := room.hears(ctx, "x")
	must(t, err)
	must(t, w.say(padded(1<<10+1)))
	must(t, w.expectEnd(hubbub.CodeFrameTooLarge, ""))

	b := badSender{t: t, ctx: ctx, server: server, token: room.me.Token}
	b.tries(content("", "123456789012345678901", hubbub.CodeContentTooLong))

	w = connectWire(t, server, plainPath, "")
	subscribe := func(id string) error {
		return w.say("SUBSCRIBE\nid:" + id + "\nreceipt:r\ndestination:/topic/stream/bad/event\n\n\x00")
	}
	must(t, subscribe("1"))
	must(t, w.expect("RECEIPT", nil))
	must(t, subscribe("2"))
	must(t, w.expect("RECEIPT", nil))
	must(t, w.say("UNSUBSCRIBE\nid:2\n\n\x00"))
	must(t, subscribe("3"))
	must(t, w.expect("RECEIPT", nil))
	must(t, subscribe("4"))
	must(t, w.expectEnd(hubbub.CodeTooManySubscriptions, "r"))
	must(t, room.still(ctx))
}

// TestBadDefaultSubscriptions is about the limit as it is by default, with notices.
func TestBadDefaultSubscriptions(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t)
	conn, err := server.Dial(ctx, client.Options{})
	must(t, err)
	defer conn.Close()
	topic := client.Topic{Destination: client.MessagesOf("1", hubbub.EventChannel)}
	for i := 2; i <= 64; i++ { // the first is to notices
		_, err := conn.Subscribe(ctx, topic)
		must(t, err)
	}
	if _, err := conn.Subscribe(ctx, topic); refusal(err) != hubbub.CodeTooManySubscriptions {
		t.Errorf("the 65th: %v", err)
	}
	must(t, watch(t, ctx, server, "1").still(ctx))
}

// refusedDial opens a session that the server refuses with a status.
func refusedDial(ctx context.Context, server *hub.Server, o client.Options) (*client.StatusError, error) {
	conn, err := server.Dial(ctx, o)
	var refused *client.StatusError
	switch {
	case err == nil:
		conn.Close()
		return nil, nil
	case errors.As(err, &refused):
		return refused, nil
	}
	return nil, err
}

func TestBadConnectionsPerAddress(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, "--connections-per-address", "3")
	room := watch(t, ctx, server, "1")
	first, err := server.Dial(ctx, client.Options{})
	must(t, err)
	second, err := server.Dial(ctx, client.Options{URL: server.SockJS()})
	must(t, err)
	defer second.Close()
	for _, url := range []string{server.WS(), server.SockJS()} {
		refused, err := refusedDial(ctx, server, client.Options{URL: url})
		must(t, err)
		if refused == nil || refused.Status != 429 || refused.Code != hubbub.CodeTooManyConnections || refused.RetryAfter <= 0 {
			t.Errorf("the fourth: %+v", refused)
		}
	}
	must(t, room.still(ctx))
	must(t, first.Disconnect(ctx))
	must(t, api.Until(ctx, "come in the place of another", func() error {
		refused, err := refusedDial(ctx, server, client.Options{})
		if refused != nil {
			return refused
		}
		return err
	}))
}

// TestBadConnectRate has 30 come at once where 5 a second may.
func TestBadConnectRate(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, "--connect-rate", "5")
	room := watch(t, ctx, server, "1")
	var mu sync.Mutex
	in, out := 0, 0
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			refused, err := refusedDial(ctx, server, client.Options{})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Error(err)
			case refused == nil:
				in++
			case refused.Status == 503 && refused.Code == hubbub.CodeOverloaded && refused.RetryAfter > 0:
				out++
			default:
				t.Errorf("refused with %+v", refused)
			}
		})
	}
	all.Wait()
	if in == 0 || out == 0 {
		t.Errorf("%d came in and %d did not", in, out)
	}
	must(t, room.still(ctx))
	metrics, err := server.Metrics(ctx)
	must(t, err)
	if n := metrics[`hubbub_connects_refused_total{code="overloaded"}`]; n != float64(out) {
		t.Errorf("%d were refused, the metrics count %v", out, n)
	}
	must(t, api.Until(ctx, "come later", func() error {
		refused, err := refusedDial(ctx, server, client.Options{})
		if refused != nil {
			return refused
		}
		return err
	}))
}

// TestBadGuestRate signs guests in through a proxy: straight from this machine
// there is no limit.
func TestBadGuestRate(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, "--guest-rate", "3", "--trusted-proxies", "127.0.0.1")
	signIn := func(header string) (int, string, string) {
		response, text, err := ask(ctx, server, "POST", guestPath, `{"name":"ada"}`, header)
		must(t, err)
		return response.StatusCode, text, response.Header.Get("Retry-After")
	}
	for i := range 10 {
		if status, text, _ := signIn(""); status != 200 {
			t.Fatalf("guest %d of this machine: %d %s", i, status, text)
		}
	}
	for _, address := range []string{"203.0.113.7", "2001:db8::1"} {
		for range 3 {
			if status, text, _ := signIn("X-Forwarded-For: " + address); status != 200 {
				t.Errorf("%s: %d %s", address, status, text)
			}
		}
		status, text, after := signIn("X-Forwarded-For: " + address)
		if seconds, err := strconv.Atoi(after); status != 429 || !strings.Contains(text, `"rate_limited"`) || err != nil || seconds < 1 || seconds > 20 {
			t.Errorf("%s: %d %s, to be tried again after %s", address, status, text, after)
		}
	}
	if status, text, _ := signIn("X-Forwarded-For: 2001:db8::2"); status != 429 {
		t.Errorf("another address of the same network: %d %s", status, text)
	}
	if status, text, _ := signIn("X-Forwarded-For: 203.0.113.7, 203.0.113.8"); status != 200 {
		t.Errorf("another address that names the first: %d %s", status, text)
	}
}

package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
	"github.com/hubbub-live/hubbub/test/promise"
)

const killedUnderLoad = "SIGKILL under load, then everybody repeats what is open"

func TestG1AckedIsDurable(t *testing.T) {
	t.Parallel()
	t.Run("killed while many send", func(t *testing.T) {
		ctx := within(t)
		c := startCrowd(t, ctx, 30, "1", "2")
		i := newInspector(c)
		c.begin(ctx)
		c.talk(ctx)
		time.Sleep(100*time.Millisecond + rand.N(time.Second)) // a kill comes at any instant
		must(t, c.server.Kill())
		c.wait()
		must(t, c.server.Run())
		// Before anything is sent again: what was acknowledged is there by itself.
		must(t, i.inspect(ctx))
		c.begin(ctx)
		must(t, c.settled())
		must(t, i.inspect(ctx))
		for stream, book := range c.books {
			if n := book.count(sent); n > 0 {
				t.Errorf("stream %s: %d SENDs have no outcome after they were repeated", stream, n)
			}
		}
		promise.Tried(t, "G1", killedUnderLoad, 1, i.counted()...)
	})
	t.Run("sent without a receipt", func(t *testing.T) { // promised nothing, but not twice and not damaged
		ctx := within(t)
		server := hub.Start(t, unlimited()...)
		conn := signIn(t, ctx, server, "ada")
		b := newBook()
		for i := range 500 {
			content := fmt.Sprintf("blind %d", i)
			b.send(content)
			must(t, conn.SendBlind(client.Post{Stream: "1", Content: content}))
		}
		must(t, server.Kill())
		must(t, server.Run())
		history, err := server.History(ctx, "1", hubbub.Position{})
		must(t, err)
		must(t, b.check(history))
		promise.Tried(t, "G1", "SIGKILL while SENDs without a receipt are under way", 1,
			promise.Count{What: "sent", N: 500}, promise.Count{What: "logged", N: len(history)})
	})
	t.Run("a nonce sent again", testNonces)
}

// testNonces sends the same twice, in all ways in which clients come to do that.
func testNonces(t *testing.T) {
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	ada, err := server.Guest(ctx, "ada")
	must(t, err)
	dial := func() *client.Conn {
		conn, err := server.Dial(ctx, client.Options{Token: ada.Token})
		must(t, err)
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	post := func(nonce string) client.Post {
		return client.Post{Stream: "1", Content: "said with " + nonce, Nonce: nonce}
	}
	send := func(conn *client.Conn, p client.Post) {
		t.Helper()
		if _, err := conn.Send(ctx, p); err != nil {
			t.Fatalf("%q: %v", p.Content, err)
		}
	}
	exists := func(nonce string, times int) {
		t.Helper()
		history, err := server.History(ctx, "1", hubbub.Position{})
		must(t, err)
		n := 0
		for _, e := range history {
			if e.Nonce == nonce {
				n++
			}
		}
		if n != times {
			t.Errorf("nonce %q exists %d times, not %d", nonce, n, times)
		}
	}

	first, second := dial(), dial()
	outcomes := make(chan error, 40)
	for i := range cap(outcomes) {
		conn := []*client.Conn{first, second}[i%2]
		conn.SendAsync(post("in-flight"), func(err error) { outcomes <- err })
	}
	for range cap(outcomes) {
		must(t, <-outcomes)
	}
	exists("in-flight", 1)

	send(first, post("before the kill"))
	must(t, server.Kill())
	must(t, server.Run())
	again := dial()
	send(again, post("before the kill"))
	exists("before the kill", 1)

	send(again, post("another user's"))
	other := signIn(t, ctx, server, "bob")
	send(other, post("another user's"))
	exists("another user's", 2)
	promise.Tried(t, "G1", "a nonce sent again, at once, from two connections, and after SIGKILL", cap(outcomes)+2,
		promise.Count{What: "nonces", N: 3}, promise.Count{What: "messages", N: 4})
}

// signIn opens the session of a new guest, for as long as the test runs.
func signIn(t testing.TB, ctx context.Context, server *hub.Server, name string) *client.Conn {
	t.Helper()
	guest, err := server.Guest(ctx, name)
	must(t, err)
	conn, err := server.Dial(ctx, client.Options{Token: guest.Token})
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

// refusal returns the code of a refusal; "" if err is none.
func refusal(err error) hubbub.Code {
	var refused *hubbub.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

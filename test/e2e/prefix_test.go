//go:build cluster

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/promise"
)

// TestPrefixes has two deployments on the same engines, with the same streams, names and
// nonces, at once: neither sees anything of the other.
func TestPrefixes(t *testing.T) {
	onEngines(t)
	ctx := within(t)
	var crowds []*crowd
	var viewers []*viewer
	watching, leave := context.WithCancel(ctx)
	var following sync.WaitGroup
	defer following.Wait()
	defer leave()
	for i := range 2 {
		c := startCrowd(t, ctx, 10, "1", "2")
		for _, chatter := range c.chatters {
			chatter.tail = fmt.Sprint(" in deployment ", i) // the nonce is the same
		}
		v := &viewer{name: fmt.Sprint("viewer ", i), stream: "1", options: client.Options{URL: c.server.WS()}}
		following.Go(func() { v.follow(watching) })
		crowds, viewers = append(crowds, c), append(viewers, v)
	}
	if a, b := crowds[0].server.Prefix(), crowds[1].server.Prefix(); a == b {
		t.Fatalf("both have the prefix %q", a)
	}
	for _, c := range crowds {
		c.begin(ctx)
		c.talk(ctx)
	}
	for i, c := range crowds {
		must(t, c.heard(ctx, 200*(i+1))) // not as many in both
		c.stop()
	}
	for i, c := range crowds {
		catchUp(t, ctx, c, viewers[i:i+1])
		books := newInspector(c)
		must(t, books.inspect(ctx)) // archive and totals have its own alone
		sum, err := viewers[i].check(books.history["1"])
		must(t, err)
		promise.Tried(t, "G3", "two deployments on the same engines", 1, accounts(len(books.history["1"]), sum)...)
		onlyViewer(t, ctx, c)
	}
	leave()
	following.Wait()

	// What operators make in one is not in the other, and may be made there as well.
	for _, c := range crowds {
		command(t, ctx, c.server, "user", "add", "mina")
	}
}

// onlyViewer wants the server to count one viewer in stream 1, and never more.
func onlyViewer(t *testing.T, ctx context.Context, c *crowd) {
	t.Helper()
	conn, err := c.server.Dial(ctx, client.Options{})
	must(t, err)
	defer conn.Close()
	sub, err := conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf("1", hubbub.UserCountChannel)})
	must(t, err)
	for count := struct{ UserCount int }{}; count.UserCount != 1; {
		m, err := sub.Next(ctx)
		must(t, err)
		must(t, json.Unmarshal(m.Body, &count))
		if count.UserCount > 1 {
			t.Fatalf("%d viewers are counted, of one", count.UserCount)
		}
	}
}

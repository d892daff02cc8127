package e2e

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// reconnects is how many come back at once.
const reconnects = 2000

// TestBadReconnects cuts 2,000 viewers off at once, who all come back at once and
// resume, while somebody talks and somebody else stays. All get in, the stayer
// misses nothing, and those who came back have everything from where they were.
func TestBadReconnects(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, "--rooms", "any", "--message-rate", "0")
	room := watch(t, ctx, server, "bad")
	crowd := make([]*comer, reconnects)
	for i := range crowd {
		crowd[i] = &comer{server: server, room: "bad"}
	}
	arrive := func() error {
		return together(crowd, func(c *comer) error { return c.arrive(ctx) })
	}
	must(t, arrive())

	talking, stop := context.WithCancel(ctx)
	var said []string
	var err error
	var talk sync.WaitGroup
	talk.Go(func() {
		for talking.Err() == nil && err == nil {
			content := "message " + strconv.Itoa(len(said))
			said = append(said, content)
			_, err = room.conn.Send(ctx, client.Post{Stream: "bad", Content: content})
			time.Sleep(20 * time.Millisecond) // a room, not a flood
		}
	})
	must(t, together(crowd, func(c *comer) error { return c.conn.Close() }))
	must(t, arrive())
	stop()
	talk.Wait()
	must(t, err)

	for _, content := range said {
		_, err := room.hears(ctx, content)
		must(t, err)
	}
	must(t, together(crowd, func(c *comer) error { return c.hearsAll(ctx, room.logged) }))
	must(t, together(crowd, func(c *comer) error { return c.conn.Close() }))
	must(t, room.still(ctx))
	metrics, err := server.Metrics(ctx)
	must(t, err)
	t.Logf("%d messages meanwhile; %v connections were asked to come later", len(said), metrics[`hubbub_connects_refused_total{code="overloaded"}`])
}

// together has all do something at once and returns what went wrong, of a few.
func together(crowd []*comer, do func(*comer) error) error {
	errs := make([]error, len(crowd))
	var all sync.WaitGroup
	for i, c := range crowd {
		all.Go(func() { errs[i] = do(c) })
	}
	all.Wait()
	var some []error
	for _, err := range errs {
		if err != nil && len(some) < 5 {
			some = append(some, err)
		}
	}
	return errors.Join(some...)
}

// A comer comes, goes, and comes back to where it was.
type comer struct {
	server *hub.Server
	room   hubbub.StreamID
	conn   *client.Conn
	live   *client.Subscription
	first  hubbub.Position // where its first subscription began
}

// arrive connects as a page does: refused for the time being, it waits as long as
// it is told. Then it subscribes, resuming if it was here before.
func (c *comer) arrive(ctx context.Context) error {
	for {
		conn, err := c.server.Dial(ctx, client.Options{Silent: true, Backlog: 1 << 10})
		var later *client.StatusError
		if errors.As(err, &later) && later.Status == 503 && later.RetryAfter > 0 {
			select {
			case <-time.After(later.RetryAfter):
				continue
			case <-ctx.Done():
			}
		}
		if err != nil {
			return err
		}
		c.conn = conn
		break
	}
	live, err := c.conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf(c.room, hubbub.MessageChannel), Resume: c.first})
	if err != nil {
		return err
	}
	if c.live == nil {
		c.first = live.Position
	}
	c.live = live
	return nil
}

// hearsAll takes all that was logged, one after the other.
func (c *comer) hearsAll(ctx context.Context, logged []string) error {
	for _, want := range logged {
		m, err := c.live.Next(ctx)
		if err != nil {
			return fmt.Errorf("await %q: %w", want, err)
		}
		chat, err := m.Chat()
		if err != nil {
			return err
		}
		if chat.Content != want || m.Skipped != 0 || m.Gap != "" {
			return fmt.Errorf("%q came in the place of %q, with %d skipped and a gap of %q", chat.Content, want, m.Skipped, m.Gap)
		}
	}
	return nil
}

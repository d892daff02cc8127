//go:build cluster

package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/internal/client"
)

// forgets is a cell in which Redis forgets everything, twice, while people talk: nothing
// is lost or there twice, and nobody notices but by the count of viewers.
func (c *stand) forgets(t *testing.T) {
	master := func(*testing.T) *cluster.Process { return c.Engines.Redis.Master.Process }
	c.suffers(t, row{"Redis master", master, nil}, fault{name: "FLUSHALL twice", does: func(ctx context.Context, _ *cluster.Process) error {
		return c.forgetsTwice(t, ctx)
	}})
}

// countsWithin is how soon viewers are counted again: a lease is renewed every 15 s.
const countsWithin = 20 * time.Second

func (c *stand) forgetsTwice(t *testing.T, ctx context.Context) error {
	beside := c.stream() + "-beside" // what is said there is in nobody's books
	guest, err := c.server.Guest(ctx, "steady")
	if err != nil {
		return err
	}
	var conns []*client.Conn // the front gives each chat server its share
	for range 4 {
		conn, err := c.server.Dial(ctx, client.Options{Token: guest.Token, Uncounted: true})
		if err != nil {
			return err
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	if err := c.counts(ctx, c.viewers); err != nil {
		return err
	}
	for round := range 2 {
		post := client.Post{Stream: beside, Content: fmt.Sprint("once ", round), Nonce: fmt.Sprint("nonce-", round)}
		first, err := conns[0].Send(ctx, post)
		if err != nil {
			return err
		}
		if said, err := redisSays(ctx, c.Engines.Redis.Master.Address(), "FLUSHALL"); said != "+OK" {
			return errors.Join(errors.New("FLUSHALL: "+said), err)
		}
		flushed := time.Now()
		for _, conn := range conns { // every session is still there, and knows what was said
			again, err := conn.Send(ctx, post)
			if err != nil {
				return err
			}
			if is, was := again.Headers["message-id"], first.Headers["message-id"]; is != was || was == "" {
				return fmt.Errorf("a repeat got the receipt of %q, the first that of %q", is, was)
			}
		}
		conn, err := c.server.Dial(ctx, client.Options{Token: guest.Token, Uncounted: true})
		if err != nil {
			return fmt.Errorf("the token is not good any more: %w", err)
		}
		conn.Close()
		if err := c.counts(ctx, c.viewers); err != nil {
			return err
		}
		t.Logf("all viewers are counted again after %v", time.Since(flushed).Round(100*time.Millisecond))
		c.inspected++
	}
	return c.saidOnce(ctx, beside, 2)
}

// counts waits until so many viewers of the cell's stream are counted. What is asked for
// first may be a count of the second before.
func (c *stand) counts(ctx context.Context, want int) error {
	var stream struct{ ViewerCount int }
	ctx, cancel := context.WithTimeoutCause(ctx, countsWithin, errors.New("viewers are not counted again"))
	defer cancel()
	for fresh := time.Now().Add(2 * time.Second); ; {
		err := c.server.Call(ctx, "GET", "/api/v1/streams/"+string(c.stream()), nil, &stream)
		if err == nil && stream.ViewerCount == want && time.Now().After(fresh) {
			return nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%d of %d: %w", stream.ViewerCount, want, errors.Join(context.Cause(ctx), err))
		}
	}
}

// saidOnce wants history to have exactly so many messages.
func (c *stand) saidOnce(ctx context.Context, stream hubbub.StreamID, want int) error {
	history, err := c.server.History(ctx, stream, hubbub.Position{})
	if err == nil && len(history) != want {
		err = fmt.Errorf("%d messages are in %s, not %d", len(history), stream, want)
	}
	return err
}

// subscribersAreAtReplicas: each room with viewers is subscribed to at one replica, all
// replicas have some, and the master has none.
func (c *stand) subscribersAreAtReplicas(t *testing.T) {
	ctx := within(t)
	const rooms = 24
	for i := range rooms {
		for range 2 { // one at each chat server, or both at one
			conn, err := c.server.Dial(ctx, client.Options{})
			must(t, err)
			defer conn.Close()
			_, err = conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf(hubbub.StreamID(fmt.Sprint("seen-", i)), hubbub.MessageChannel), ID: "sub-0"})
			must(t, err)
		}
	}
	at := map[string]int{}
	for _, replica := range c.Engines.Redis.Replicas {
		seen := 0
		for _, name := range channels(t, ctx, replica.Address()) {
			if _, room, ok := strings.Cut(name, "seen-"); ok {
				at[room]++
				seen++
			}
		}
		if seen == 0 {
			t.Errorf("%s serves none of the rooms", replica.Name)
		}
	}
	for i := range rooms {
		if n := at[fmt.Sprint(i)]; n != 1 {
			t.Errorf("room %d is subscribed to at %d replicas", i, n)
		}
	}
	if list := channels(t, ctx, c.Engines.Redis.Master.Address()); len(list) > 0 {
		t.Errorf("the master serves %q", list)
	}
}

// channels asks a Redis which channels have subscribers.
func channels(t *testing.T, ctx context.Context, address string) (list []string) {
	t.Helper()
	answer, err := redisAsk(ctx, address, "PUBSUB CHANNELS")
	must(t, err)
	defer answer.close()
	var n int
	_, err = fmt.Sscanf(answer.line(), "*%d", &n)
	must(t, err)
	for range n {
		answer.line() // the length
		list = append(list, answer.line())
	}
	must(t, answer.err)
	return list
}

// redisSays is the first line of an answer.
func redisSays(ctx context.Context, address, command string) (string, error) {
	answer, err := redisAsk(ctx, address, command)
	if err != nil {
		return "", err
	}
	defer answer.close()
	return answer.line(), answer.err
}

// An answer of Redis is read line by line, up to an error.
type answer struct {
	conn  net.Conn
	lines *bufio.Reader
	err   error
}

func redisAsk(ctx context.Context, address, command string) (*answer, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if until, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(until)
	}
	_, failed := conn.Write([]byte(command + "\r\n"))
	if err = errors.Join(err, failed); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &answer{conn: conn, lines: bufio.NewReader(conn)}, nil
}

func (a *answer) line() string {
	line, err := a.lines.ReadString('\n')
	a.err = errors.Join(a.err, err)
	return strings.TrimSpace(line)
}

func (a *answer) close() { _ = a.conn.Close() }

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
	"github.com/hubbub-live/hubbub/test/promise"
)

// answers counts bad inputs and those of them that got the answer they have to.
type answers struct {
	t               *testing.T
	given, answered int
}

func (c *answers) run(name string, give func(*testing.T)) {
	c.given++
	if c.t.Run(name, give) {
		c.answered++
	}
}

func (c *answers) tried(fault string) {
	promise.Tried(c.t, "G9", fault, c.given, promise.Count{What: "answered with the code that names it", N: c.answered})
}

// A witness sits in a room while others do what they should not: nothing of it
// may reach the room, and the room goes on.
type witness struct {
	server *hub.Server
	stream hubbub.StreamID
	me     api.Guest
	conn   *client.Conn
	live   *client.Subscription
	logged []string // all that may be in the room's history
}

func watch(t testing.TB, ctx context.Context, server *hub.Server, stream hubbub.StreamID) *witness {
	t.Helper()
	guest, err := server.Guest(ctx, "witness")
	must(t, err)
	conn, err := server.Dial(ctx, client.Options{Token: guest.Token})
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	live, err := conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf(stream, hubbub.MessageChannel)})
	must(t, err)
	return &witness{server: server, stream: stream, me: guest, conn: conn, live: live}
}

// hears takes the next message of the room, which is to be this one.
func (w *witness) hears(ctx context.Context, content string) (hubbub.Message, error) {
	m, err := w.live.Next(ctx)
	if err != nil {
		return hubbub.Message{}, fmt.Errorf("await %q: %w", content, err)
	}
	chat, err := m.Chat()
	if err == nil && chat.Content != content {
		err = fmt.Errorf("the room heard %q, not %q", chat.Content, content)
	}
	w.logged = append(w.logged, content)
	return chat, err
}

// still says something, which has to be the next message in the room, and
// compares the history with what was heard.
func (w *witness) still(ctx context.Context) error {
	content := "still here " + strconv.Itoa(len(w.logged))
	if err := w.spoke(ctx, content); err != nil {
		return err
	}
	history, err := w.server.History(ctx, w.stream, hubbub.Position{})
	if err != nil {
		return err
	}
	var logged []string
	for _, e := range history {
		logged = append(logged, e.Content)
	}
	if !slices.Equal(logged, w.logged) {
		return fmt.Errorf("the history has %.1000q, not %.1000q", logged, w.logged)
	}
	return nil
}

// spoke has the witness say something.
func (w *witness) spoke(ctx context.Context, content string) error {
	if _, err := w.conn.Send(ctx, client.Post{Stream: w.stream, Content: content}); err != nil {
		return fmt.Errorf("the witness cannot speak: %w", err)
	}
	_, err := w.hears(ctx, content)
	return err
}

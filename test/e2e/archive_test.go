package e2e

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/promise"
)

// moods are what the killed crowd says beside its numbers, so that there is
// something to tell apart.
var moods = []string{" 최고예요", " ㅋㅋㅋㅋ", " 이거 왜 안 돼요?", " this is so bad", " good morning"}

// killed returns a crowd whose server was killed HUBBUB_KILLS times (3) while all
// talked, and is back with everything settled, and who has inspected it each time.
func killed(t *testing.T) (ctx context.Context, c *crowd, i *inspector, kills int) {
	t.Helper()
	kills = int(number(t, "HUBBUB_KILLS", 3))
	ctx, cancel := context.WithTimeout(context.Background(), patience+time.Duration(kills)*time.Minute)
	t.Cleanup(cancel)
	c = startCrowd(t, ctx, 12, "1", "2", "3")
	for n, chatter := range c.chatters {
		chatter.tail = moods[n%len(moods)]
	}
	i = newInspector(c)
	for range kills {
		c.begin(ctx)
		c.talk(ctx)
		time.Sleep(50*time.Millisecond + rand.N(400*time.Millisecond)) // a kill comes at any instant
		must(t, c.server.Kill())
		c.wait()
		must(t, c.server.Run())
		must(t, i.inspect(ctx))
	}
	c.begin(ctx)
	must(t, c.settled())
	must(t, i.inspect(ctx))
	return ctx, c, i, kills
}

func TestG4ArchivedIsLogged(t *testing.T) {
	t.Parallel()
	ctx, c, i, kills := killed(t)
	before, err := c.server.Metrics(ctx)
	must(t, err)
	must(t, c.server.Kill())
	must(t, c.server.Run())
	after, err := c.server.Metrics(ctx)
	must(t, err)
	if before["hubbub_archived_total"] != after["hubbub_archived_total"] {
		t.Errorf("hubbub_archived_total was %v, and is %v after a restart", before["hubbub_archived_total"], after["hubbub_archived_total"])
	}
	must(t, i.reread(ctx))

	// What was delivered is what is kept, to the byte.
	conn := signIn(t, ctx, c.server, "reader")
	sub, err := conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf("1", hubbub.MessageChannel), History: 100})
	must(t, err)
	log := i.history["1"]
	for _, e := range log[max(0, len(log)-100):] {
		m, err := sub.Next(ctx)
		must(t, err)
		got, err := m.Chat()
		must(t, err)
		if m.Position != e.Position || string(got.AppendJSON(nil)) != string(e.AppendJSON(nil)) {
			t.Fatalf("at %v %s was delivered, at %v %s is kept", m.Position, m.Body, e.Position, e.AppendJSON(nil))
		}
	}
	promise.Tried(t, "G4", "SIGKILL under load, and once more at rest", kills+1,
		append(i.counted(), promise.Count{What: "archived", N: int(after["hubbub_archived_total"])})...)
}

func TestG7NoForgedSender(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := startCrowd(t, ctx, 0, "1")
	mallory, err := c.server.Guest(ctx, "mallory")
	must(t, err)
	conn, err := c.server.Dial(ctx, client.Options{Token: mallory.Token, Viewer: "user:admin"})
	must(t, err)
	defer conn.Close()
	watcher, err := c.server.Dial(ctx, client.Options{})
	must(t, err)
	defer watcher.Close()
	sub, err := watcher.Subscribe(ctx, client.Topic{Destination: client.MessagesOf("1", hubbub.MessageChannel)})
	must(t, err)
	forgeries := []struct{ why, body string }{
		{"a sender, as the reference's clients send it", `{"content":"c","sender":{"id":"admin","name":"The Admin","profileImageUrl":"http://x/y.png","roles":["admin"]}}`},
		{"a sender that is only a name", `{"content":"c","sender":"admin"}`},
		{"roles beside it", `{"content":"c","roles":["admin","owner"],"role":"admin","isAdmin":true}`},
		{"ids of all kinds", `{"content":"c","userId":"admin","senderId":"admin","senderName":"The Admin","sub":"admin","name":"The Admin"}`},
		{"an id and a time of its own", `{"content":"c","id":"00000000-0000-7000-8000-000000000000","createdAt":"1999-01-01T00:00:00.000Z"}`},
		{"twice the same field", `{"content":"c","sender":{"id":"a"},"sender":{"id":"admin","roles":["admin"]}}`},
		{"other cases", `{"content":"c","Sender":{"ID":"admin"},"SENDER":{"Roles":["admin"]}}`},
	}
	for _, test := range forgeries {
		t.Run(test.why, func(t *testing.T) {
			_, err := conn.Send(ctx, client.Post{Stream: "1", Body: []byte(test.body)})
			must(t, err)
			m, err := sub.Next(ctx)
			must(t, err)
			page, err := c.server.Page(ctx, "1", "before", hubbub.Position{}, 1)
			must(t, err)
			live, err := m.Chat()
			must(t, err)
			for where, got := range map[string]hubbub.Message{"live": live, "history": page[0].Message} {
				s := got.Sender
				if s.ID != mallory.ID || s.Name != mallory.Name || s.ProfileImageURL != "" || slices.Contains(s.Roles, "admin") || slices.Contains(s.Roles, "owner") {
					t.Errorf("%s: the sender is %+v, not %+v", where, s, mallory)
				}
				if got.ID == "00000000-0000-7000-8000-000000000000" || time.Since(got.CreatedAt) > time.Hour {
					t.Errorf("%s: id %s and time %v are the sender's", where, got.ID, got.CreatedAt)
				}
			}
			var fields map[string]any
			must(t, json.Unmarshal(m.Body, &fields))
			for name := range fields {
				if !slices.Contains([]string{"id", "streamId", "sender", "content", "createdAt"}, name) {
					t.Errorf("the field %q of the body was passed on", name)
				}
			}
		})
	}
	history, err := c.server.History(ctx, "1", hubbub.Position{})
	must(t, err)
	genuine := 0
	for _, e := range history {
		if e.Sender.ID == mallory.ID {
			genuine++
		}
	}
	promise.Tried(t, "G7", "SENDs that claim another sender, role, id or time", len(forgeries),
		promise.Count{What: "logged", N: len(history)}, promise.Count{What: "forged", N: len(history) - genuine})
}

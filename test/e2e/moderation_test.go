package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A stage is a server with a stream of a host's, and those who are in it.
type stage struct {
	*hub.Server
	t    *testing.T
	ctx  context.Context
	host string // the token of the owner of stream show
}

func startStage(t *testing.T, flags ...string) *stage {
	t.Helper()
	s := &stage{Server: hub.New(t, flags...), t: t, ctx: within(t), host: tokenOf("host")}
	s.Env = append(s.Env, "HUBBUB_JWT_SECRET="+secret)
	must(t, s.Run())
	must(t, s.CallAs(s.ctx, s.host, http.MethodPost, "/api/v1/streams", map[string]string{"id": "show", "title": "The show"}, nil))
	return s
}

// tokenOf is another system's token for a user.
func tokenOf(user string) string {
	return hs512(fmt.Sprintf(`{"sub":%q,"name":%q,"exp":%d}`, user, strings.ToUpper(user), time.Now().Add(time.Hour).Unix()))
}

// conn connects a user, or without one a viewer.
func (s *stage) conn(user string) *client.Conn {
	s.t.Helper()
	var o client.Options
	if user != "" {
		o.Token = tokenOf(user)
	}
	conn, err := s.Dial(s.ctx, o)
	must(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (s *stage) subscribe(c *client.Conn, channel hubbub.Channel, history int) *client.Subscription {
	s.t.Helper()
	sub, err := c.Subscribe(s.ctx, client.Topic{Destination: client.MessagesOf("show", channel), History: history})
	must(s.t, err)
	return sub
}

// say sends a message that has to be taken, and returns its id.
func (s *stage) say(c *client.Conn, text string) string {
	s.t.Helper()
	receipt, err := c.Send(s.ctx, client.Post{Stream: "show", Content: text})
	must(s.t, err)
	return receipt.Headers["message-id"]
}

// refused sends a message that has to be refused.
func (s *stage) refused(why string, c *client.Conn, want hubbub.Code) *hubbub.Error {
	s.t.Helper()
	_, err := c.Send(s.ctx, client.Post{Stream: "show", Content: "let me in"})
	if refusal(err) != want {
		s.t.Errorf("%s: %v, want %s", why, err, want)
		return &hubbub.Error{}
	}
	return hubbub.AsError(err)
}

func (s *stage) moderate(order map[string]any) {
	s.t.Helper()
	must(s.t, s.CallAs(s.ctx, s.host, http.MethodPost, "/api/v1/streams/show/moderation", order, nil))
}

// hears waits for an event on a subscription.
func (s *stage) hears(sub *client.Subscription, action hubbub.Action) hubbub.Control {
	s.t.Helper()
	for {
		m, err := sub.Next(s.ctx)
		must(s.t, err)
		c, err := hubbub.ParseControl(m.Body)
		must(s.t, err)
		if c.Action == action {
			return c
		}
	}
}

// texts returns what whoever asks by HTTP reads, and what a viewer that subscribes
// gets of the past.
func (s *stage) texts(token string) (read, replayed []string) {
	s.t.Helper()
	var page struct{ Messages []api.Entry }
	must(s.t, s.CallAs(s.ctx, token, http.MethodGet, "/api/v1/streams/show/messages", nil, &page))
	for _, m := range page.Messages {
		read = append(read, m.Content)
	}
	sub := s.subscribe(s.conn(""), hubbub.MessageChannel, 100)
	for range page.Messages {
		m, err := sub.Next(s.ctx)
		must(s.t, err)
		chat, err := m.Chat()
		must(s.t, err)
		replayed = append(replayed, chat.Content)
	}
	return read, replayed
}

// TestModeration: what a moderator does reaches all, holds for the next message,
// and is honoured by resume and history, also after a kill.
func TestModeration(t *testing.T) {
	t.Parallel()
	s := startStage(t)
	troll, kim := s.conn("troll"), s.conn("kim")
	var events []*client.Subscription
	for range 3 {
		events = append(events, s.subscribe(s.conn(""), hubbub.EventChannel, 0))
	}
	early := s.subscribe(s.conn(""), hubbub.MessageChannel, 0)
	s.say(kim, "hello")
	rude := s.say(troll, "something rude")
	s.say(kim, "ignore them")

	s.moderate(map[string]any{"action": "ban", "name": "troll", "reason": "rude"})
	if why := s.refused("after the ban was answered", troll, hubbub.CodeBanned); !strings.HasSuffix(why.Message, ": rude") {
		t.Errorf("it does not say why: %s", why.Message)
	}
	s.moderate(map[string]any{"action": "delete", "messageId": rude})
	s.moderate(map[string]any{"action": "timeout", "userId": "kim", "seconds": 600})
	if why := s.refused("timed out", kim, hubbub.CodeTimedOut); why.RetryAfter < 500*time.Second || why.RetryAfter > 600*time.Second {
		t.Errorf("it ends in %v", why.RetryAfter)
	}
	for _, sub := range events {
		if c := s.hears(sub, hubbub.ActionBan); c.UserID != "troll" || c.By != "host" || c.Reason != "rude" {
			t.Errorf("viewers hear of %+v", c)
		}
		if c := s.hears(sub, hubbub.ActionDelete); string(c.MessageID) != rude {
			t.Errorf("viewers hear of %+v", c)
		}
		s.hears(sub, hubbub.ActionTimeout)
	}

	honoured := func(when string) {
		t.Helper()
		want := []string{"hello", "", "ignore them"}
		if read, replayed := s.texts(""); !slices.Equal(read, want) || !slices.Equal(replayed, want) {
			t.Errorf("%s viewers read %q, and get %q", when, read, replayed)
		}
		if read, _ := s.texts(s.host); !slices.Equal(read, []string{"hello", "something rude", "ignore them"}) {
			t.Errorf("%s the owner reads %q", when, read)
		}
		resume, err := s.conn("").Subscribe(s.ctx, client.Topic{Destination: early.Destination, Resume: early.Position})
		must(t, err)
		for _, text := range want {
			m, err := resume.Next(s.ctx)
			must(t, err)
			if chat, err := m.Chat(); err != nil || chat.Content != text {
				t.Errorf("%s a resume brings %q (%v), want %q", when, chat.Content, err, text)
			}
		}
	}
	honoured("at once")
	must(t, s.Kill())
	must(t, s.Run())
	honoured("after a kill")
	troll, kim = s.conn("troll"), s.conn("kim")
	s.refused("banned, after a kill", troll, hubbub.CodeBanned)
	s.refused("timed out, after a kill", kim, hubbub.CodeTimedOut)

	var audit struct {
		Actions []struct {
			hubbub.Control
			At time.Time
		}
	}
	must(t, s.CallAs(s.ctx, s.host, http.MethodGet, "/api/v1/streams/show/moderation", nil, &audit))
	if len(audit.Actions) != 3 || audit.Actions[0].Action != hubbub.ActionTimeout || audit.Actions[2].Reason != "rude" || audit.Actions[2].At.IsZero() {
		t.Errorf("the audit is %+v", audit)
	}

	s.moderate(map[string]any{"action": "unban", "name": "troll"})
	s.moderate(map[string]any{"action": "clear"})
	s.say(troll, "sorry")
	want := []string{"", "", "", "sorry"}
	if read, replayed := s.texts(""); !slices.Equal(read, want) || !slices.Equal(replayed, want) {
		t.Errorf("after a clear viewers read %q, and get %q", read, replayed)
	}
}

// TestBansOutliveTheLog: a ban that the log does not have any more holds, also in a
// log that has begun anew.
func TestBansOutliveTheLog(t *testing.T) {
	t.Parallel()
	s := startStage(t)
	born := time.Now()
	s.say(s.conn("kim"), "hello")
	s.moderate(map[string]any{"action": "ban", "userId": "troll"})
	must(t, s.AwaitSettled(s.ctx))
	must(t, s.Terminate())
	must(t, os.RemoveAll(filepath.Join(s.Data, "log")))
	time.Sleep(time.Until(born.Add(time.Second))) // logs are told apart by the second of their birth
	must(t, s.Run())
	s.refused("in a new log", s.conn("troll"), hubbub.CodeBanned)
	s.say(s.conn("kim"), "we are back")
	s.refused("after it has something", s.conn("troll"), hubbub.CodeBanned)
	s.moderate(map[string]any{"action": "unban", "userId": "troll"})
	s.say(s.conn("troll"), "sorry")
}

// TestStreamEnds: an ended stream takes no messages, says so to those who follow
// it, and can still be read.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	s := startStage(t)
	kim := s.conn("kim")
	events := s.subscribe(kim, hubbub.EventChannel, 0)
	s.say(kim, "hello")
	must(t, s.CallAs(s.ctx, s.host, http.MethodPatch, "/api/v1/streams/show", map[string]string{"status": "ended"}, nil))
	s.refused("ended", kim, hubbub.CodeStreamEnded)
	s.refused("ended, by its owner", s.conn("host"), hubbub.CodeStreamEnded)
	if c := s.hears(events, hubbub.ActionStream); c.Stream == nil || c.Stream.Status != hubbub.StatusEnded || c.By != "host" {
		t.Errorf("those who follow it hear %+v", c)
	}
	honoured := func(when string) {
		t.Helper()
		if read, replayed := s.texts(""); !slices.Equal(read, []string{"hello"}) || !slices.Equal(replayed, read) {
			t.Errorf("%s it reads %q, and brings %q", when, read, replayed)
		}
	}
	honoured("ended")
	must(t, s.Kill())
	must(t, s.Run())
	honoured("after a kill")
	s.refused("ended, after a kill", s.conn("kim"), hubbub.CodeStreamEnded)

	must(t, s.CallAs(s.ctx, s.host, http.MethodDelete, "/api/v1/streams/show", nil, nil))
	s.refused("deleted", s.conn("kim"), hubbub.CodeStreamNotFound)
	if _, err := s.conn("").Subscribe(s.ctx, client.Topic{Destination: events.Destination}); refusal(err) != hubbub.CodeStreamNotFound {
		t.Errorf("a deleted stream can be followed: %v", err)
	}
}

// TestModerators: who is named moderates from the next request on, and is exempt
// from what slows others down.
func TestModerators(t *testing.T) {
	t.Parallel()
	s := startStage(t, "--message-rate", "0.01", "--message-burst", "1")
	guest, err := s.Guest(s.ctx, "Mina")
	must(t, err)
	order := map[string]any{"action": "settings", "settings": map[string]any{"slowSeconds": 120}}
	moderates := func(want hubbub.Code) {
		t.Helper()
		err := s.CallAs(s.ctx, guest.Token, http.MethodPost, "/api/v1/streams/show/moderation", order, nil)
		if code(err) != want {
			t.Errorf("moderating: %v, want %q", err, want)
		}
	}
	moderates(hubbub.CodeForbidden)
	path := "/api/v1/streams/show/moderators/" + string(guest.ID)
	must(t, s.CallAs(s.ctx, s.host, http.MethodPut, path, nil, nil))
	moderates("")
	conn, err := s.Dial(s.ctx, client.Options{Token: guest.Token})
	must(t, err)
	defer conn.Close()
	for range 5 {
		s.say(conn, "as fast as I like")
	}
	kim := s.conn("kim")
	s.say(kim, "once")
	s.refused("over the rate", kim, hubbub.CodeRateLimited)
	must(t, s.CallAs(s.ctx, s.host, http.MethodDelete, path, nil, nil))
	moderates(hubbub.CodeForbidden)
	s.say(conn, "of which nothing was used up")
	s.refused("no moderator any more", conn, hubbub.CodeRateLimited)
}

// TestBlockedWords: a stream's words hold for the next message, the site's as soon
// as the file is seen to have changed.
func TestBlockedWords(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "words")
	must(t, os.WriteFile(file, []byte("# nothing yet\n"), 0o600))
	s := startStage(t, "--blocked-words", file)
	kim := s.conn("kim")
	send := func(text string) error {
		_, err := kim.Send(s.ctx, client.Post{Stream: "show", Content: text})
		return err
	}
	must(t, send("a spoiler"))
	must(t, s.CallAs(s.ctx, s.host, http.MethodPut, "/api/v1/streams/show/words", map[string]any{"words": []string{"spoiler*", "바보"}}, nil))
	for text, want := range map[string]hubbub.Code{"a SPOILER": hubbub.CodeWordBlocked, "바보야": hubbub.CodeWordBlocked, "spoil it": "", "꼬바보": ""} {
		if err := send(text); refusal(err) != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	must(t, os.WriteFile(file, []byte("siteword\n"), 0o600))
	must(t, api.Until(s.ctx, "wait for the file to be read again", func() error {
		if err := send("siteword"); refusal(err) != hubbub.CodeWordBlocked {
			return fmt.Errorf("it is %v", err)
		}
		return nil
	}))
}

// code is what the API refused with.
func code(err error) hubbub.Code {
	var p *api.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

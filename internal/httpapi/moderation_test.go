package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/livebus/localbus"
	"github.com/hubbub-live/hubbub/internal/moderation/moderator"
	"github.com/hubbub-live/hubbub/internal/moderation/wordlist"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/token"
)

// crowd is moderator.People of the site's accounts.
type crowd struct{ s *site }

func (c crowd) Person(ctx context.Context, id hubbub.UserID) (moderator.Person, bool, error) {
	u, err := c.s.meta.User(ctx, id)
	if errors.Is(err, account.ErrNotFound) {
		return moderator.Person{}, false, nil
	}
	return moderator.Person{ID: u.ID, Name: u.Name, Roles: u.Roles()}, err == nil, err
}

func (c crowd) Named(_ context.Context, name string) (moderator.Person, bool, error) {
	return moderator.Person{ID: "named", Name: name}, strings.HasPrefix(name, "known"), nil
}

// moderate adds to the options what keeps and moderates streams.
func (s *site) moderate(o *Options) {
	hub := room.New(room.Options{Bus: localbus.New(localbus.Options{}), History: o.History.(room.History), Logger: o.Logger})
	s.run(hub.Run)
	m := moderator.New(moderator.Options{Log: s.log, Hub: hub, History: o.History.(moderator.History), People: crowd{s}, Logger: o.Logger})
	s.streams.OnChange(m.Tell)
	words, err := wordlist.New(wordlist.Options{Words: s.streams.Words, History: o.History.(wordlist.History)})
	s.must(err)
	o.Keeper, o.Moderator, o.People, o.Words = s.streams, m, crowd{s}, words
	o.Site.CreateStreams = streams.CreateAccounts
	o.Settings = func(ctx context.Context, id hubbub.StreamID) hubbub.Settings {
		r, err := hub.Room(ctx, id)
		if err != nil {
			s.t.Error(err)
			return hubbub.Settings{}
		}
		return r.Settings()
	}
}

// made decodes an answer that has to be of a status.
func made[T any](s *site, status int, r request) (v T) {
	s.t.Helper()
	a := s.do(r)
	if a.StatusCode != status {
		s.t.Fatalf("%+v: %s %s", r, a.Status, a.body)
	}
	if a.body != "" {
		s.must(json.Unmarshal([]byte(a.body), &v))
	}
	return v
}

func TestStreamLife(t *testing.T) {
	s := newSite(t, nil)
	mina := s.token("mina")
	d := made[StreamDetail](s, http.StatusCreated, request{path: "/api/v1/streams", token: mina,
		body: `{"id":"show","title":" The show ","language":"ko","thumbnailUrl":"https://t/1.png","playbackUrl":"https://v/1.m3u8","hostId":"somebody"}`})
	if d.ID != "show" || d.Title != "The show" || d.HostID != "mina" || d.Host.Name != "name of mina" || d.Language != "ko" || d.Status != "live" ||
		d.PlaybackURL != "https://v/1.m3u8" || d.ThumbnailURL != "https://t/1.png" || !slices.Equal(d.Roles, []string{"owner"}) {
		t.Errorf("made %+v", d)
	}
	d = made[StreamDetail](s, http.StatusCreated, request{path: "/api/v1/streams", token: mina, body: `{"title":"x"}`})
	if !d.ID.Valid() {
		t.Errorf("an id of its own: %q", d.ID)
	}
	if list := get[StreamList](s, request{path: "/api/v1/streams?host=mina&status=all"}); len(list.Streams) != 2 {
		t.Errorf("of one host: %+v", list)
	}
	d = get[StreamDetail](s, request{method: "PATCH", path: "/api/v1/streams/show", token: mina, body: `{"title":"Later","playbackUrl":"","settings":{"slowSeconds":5}}`})
	if d.Title != "Later" || d.PlaybackURL != "" || d.Language != "ko" || d.Settings != (hubbub.Settings{SlowSeconds: 5, Chat: hubbub.ChatOpen}) {
		t.Errorf("changed to %+v", d)
	}
	d = get[StreamDetail](s, request{method: "PATCH", path: "/api/v1/streams/show", token: s.token("root", "admin"), body: `{"status":"ended"}`})
	if d.Status != "ended" || d.EndedAt == "" || !slices.Equal(d.Roles, []string{"admin"}) {
		t.Errorf("ended: %+v", d)
	}
	made[struct{}](s, http.StatusNoContent, request{method: "DELETE", path: "/api/v1/streams/show", token: mina})
	for _, path := range []string{"", "/messages", "/moderation", "/words", "/moderators"} {
		s.wantRefused("a deleted stream"+path, hubbub.CodeStreamNotFound, request{path: "/api/v1/streams/show" + path, token: mina})
	}
	s.wantRefused("its id", hubbub.CodeStreamExists, request{path: "/api/v1/streams", token: mina, body: `{"id":"show","title":"x"}`})
}

func TestKeeperRefusals(t *testing.T) {
	s := newSite(t, nil)
	host, guest, stranger := s.token("host"), s.token("g", "guest"), s.token("eve", "owner", "moderator")
	bot, err := s.keys.Mint(token.Identity{User: "host", Scopes: []string{token.ScopeRead, token.ScopeModerate}}, time.Minute)
	s.must(err)
	create, one := "/api/v1/streams", "/api/v1/streams/1"
	for _, row := range []struct {
		why  string
		code hubbub.Code
		r    request
	}{
		{"nobody creates", hubbub.CodeTokenRequired, request{path: create, body: `{"title":"x"}`}},
		{"a guest creates", hubbub.CodeForbidden, request{path: create, body: `{"title":"x"}`, token: guest}},
		{"a bot creates", hubbub.CodeScopeMissing, request{path: create, body: `{"title":"x"}`, token: bot}},
		{"without a title", hubbub.CodeBodyInvalid, request{path: create, body: `{}`, token: host}},
		{"a reserved id", hubbub.CodeBadRequest, request{path: create, body: `{"id":"enter","title":"x"}`, token: host}},
		{"an id that is none", hubbub.CodeBodyInvalid, request{path: create, body: `{"id":"a b","title":"x"}`, token: host}},
		{"a taken id", hubbub.CodeStreamExists, request{path: create, body: `{"id":"1","title":"x"}`, token: host}},
		{"a link that runs", hubbub.CodeBadRequest, request{path: create, body: `{"title":"x","playbackUrl":"javascript:alert(1)"}`, token: host}},
		{"an endless title", hubbub.CodeBadRequest, request{path: create, body: `{"title":"` + strings.Repeat("x", 101) + `"}`, token: host}},
		{"nobody edits", hubbub.CodeTokenRequired, request{method: "PATCH", path: one, body: `{"title":"x"}`}},
		{"a stranger edits", hubbub.CodeForbidden, request{method: "PATCH", path: one, body: `{"title":"x"}`, token: stranger}},
		{"a bot edits", hubbub.CodeScopeMissing, request{method: "PATCH", path: one, body: `{"title":"x"}`, token: bot}},
		{"what is not there", hubbub.CodeStreamNotFound, request{method: "PATCH", path: create + "/none", body: `{"title":"x"}`, token: host}},
		{"an unknown status", hubbub.CodeBodyInvalid, request{method: "PATCH", path: one, body: `{"status":"live"}`, token: host}},
		{"a title with settings beyond their bounds", hubbub.CodeBadRequest, request{method: "PATCH", path: one, body: `{"title":"Not this","settings":{"slowSeconds":121}}`, token: host}},
		{"settings beyond their bounds", hubbub.CodeBadRequest, request{method: "PATCH", path: one, body: `{"settings":{"slowSeconds":121}}`, token: host}},
		{"a stranger deletes", hubbub.CodeForbidden, request{method: "DELETE", path: one, token: stranger}},
		{"a stranger reads the moderators", hubbub.CodeForbidden, request{path: one + "/moderators", token: stranger}},
		{"a stranger names moderators", hubbub.CodeForbidden, request{path: one + "/moderators", body: `{"name":"known"}`, token: stranger}},
		{"an unknown moderator", hubbub.CodeUserNotFound, request{path: one + "/moderators", body: `{"name":"nobody"}`, token: host}},
		{"an unknown id", hubbub.CodeUserNotFound, request{method: "PUT", path: one + "/moderators/nobody", token: host}},
		{"a stranger moderates", hubbub.CodeForbidden, request{path: one + "/moderation", body: `{"action":"clear"}`, token: stranger}},
		{"an unknown action", hubbub.CodeBadRequest, request{path: one + "/moderation", body: `{"action":"shout"}`, token: host}},
		{"the owner oneself", hubbub.CodeForbidden, request{path: one + "/moderation", body: `{"action":"ban","userId":"host"}`, token: host}},
		{"an unknown message", hubbub.CodeMessageNotFound, request{path: one + "/moderation", body: `{"action":"delete","messageId":"x"}`, token: host}},
		{"an unknown name", hubbub.CodeUserNotFound, request{path: one + "/moderation", body: `{"action":"ban","name":"nobody"}`, token: host}},
		{"a stranger reads the audit", hubbub.CodeForbidden, request{path: one + "/moderation", token: stranger}},
		{"no position", hubbub.CodePositionInvalid, request{path: one + "/moderation?before=x", token: host}},
		{"a stranger reads the words", hubbub.CodeForbidden, request{path: one + "/words", token: stranger}},
		{"a stranger sets the words", hubbub.CodeForbidden, request{method: "PUT", path: one + "/words", body: `{"words":[]}`, token: stranger}},
		{"a stranger tries words", hubbub.CodeForbidden, request{path: one + "/words/check", body: `{"words":[]}`, token: stranger}},
		{"a hostile expression", hubbub.CodeBadRequest, request{method: "PUT", path: one + "/words", body: `{"words":["/((a{1,100}){1,100}){1,100}/"]}`, token: host}},
		{"too many words", hubbub.CodeBodyInvalid, request{method: "PUT", path: one + "/words", body: `{"words":["a"` + strings.Repeat(`,"a"`, 10_000) + `]}`, token: host}},
	} {
		t.Run(row.why, func(t *testing.T) {
			s.t = t
			s.wantRefused(row.why, row.code, row.r)
		})
	}
	s.t = t
	if d := get[StreamDetail](s, request{path: one}); d.Title == "Not this" {
		t.Error("what was refused was done in part")
	}
}

func TestModeratorsOfAStream(t *testing.T) {
	s := newSite(t, nil)
	host, guest := s.token("host"), s.guest("Mina")
	id := guest.User.ID
	if got := made[StreamModerator](s, http.StatusOK, request{path: "/api/v1/streams/1/moderators", body: `{"name":"known one"}`, token: host}); got.ID != "named" {
		t.Errorf("by name: %+v", got)
	}
	for range 2 {
		if got := made[StreamModerator](s, http.StatusOK, request{method: "PUT", path: "/api/v1/streams/1/moderators/" + string(id), token: host}); got.Name != guest.User.Name {
			t.Errorf("by id: %+v", got)
		}
	}
	list := get[ModeratorList](s, request{path: "/api/v1/streams/1/moderators", token: guest.AccessToken})
	if want := []StreamModerator{{ID: "named"}, {ID: id, Name: guest.User.Name}}; !slices.Equal(list.Moderators, want) {
		t.Errorf("%+v, want %+v", list, want)
	}
	d := get[StreamDetail](s, request{path: "/api/v1/streams/1", token: guest.AccessToken})
	if !slices.Equal(d.Roles, []string{"guest", "moderator"}) {
		t.Errorf("roles %q", d.Roles)
	}
	// A moderator changes settings, and nothing else of the stream.
	d = get[StreamDetail](s, request{method: "PATCH", path: "/api/v1/streams/1", body: `{"settings":{"chat":"accounts"}}`, token: guest.AccessToken})
	if d.Settings.Chat != hubbub.ChatAccounts {
		t.Errorf("settings %+v", d.Settings)
	}
	s.wantRefused("a moderator edits", hubbub.CodeForbidden, request{method: "PATCH", path: "/api/v1/streams/1", body: `{"title":"mine","settings":{"chat":"open"}}`, token: guest.AccessToken})
	s.wantRefused("a moderator names others", hubbub.CodeForbidden, request{path: "/api/v1/streams/1/moderators", body: `{"name":"known two"}`, token: guest.AccessToken})
	made[struct{}](s, http.StatusNoContent, request{method: "DELETE", path: "/api/v1/streams/1/moderators/" + string(id), token: host})
	d = get[StreamDetail](s, request{path: "/api/v1/streams/1", token: guest.AccessToken})
	if !slices.Equal(d.Roles, []string{"guest"}) {
		t.Errorf("roles %q", d.Roles)
	}
	if strings.Contains(s.do(request{path: "/api/v1/streams/1"}).body, "roles") {
		t.Error("nobody has roles")
	}
}

func TestModeration(t *testing.T) {
	s := newSite(t, nil)
	host := s.token("host")
	s.say("secret")
	order := func(body string) Moderated {
		s.t.Helper()
		return made[Moderated](s, http.StatusOK, request{path: "/api/v1/streams/1/moderation", body: body, token: host})
	}
	deleted := order(`{"action":"delete","messageId":"id of secret","reason":"rude"}`)
	var c hubbub.Control
	s.must(json.Unmarshal(deleted.Action, &c))
	if c.Action != hubbub.ActionDelete || c.MessageID != "id of secret" || c.UserID != "u" || c.By != "host" || c.Reason != "rude" || deleted.Position.IsZero() {
		t.Errorf("%+v", c)
	}
	if body := s.do(request{path: "/api/v1/streams/1/messages"}).body; strings.Contains(strings.ReplaceAll(body, "id of secret", ""), "secret") {
		t.Errorf("viewers read %s", body)
	}
	if page := s.page("", host); len(page.Messages) != 1 || !page.Messages[0].Deleted || page.Messages[0].Content != "secret" {
		t.Errorf("who moderates reads %+v", page)
	}
	order(`{"action":"timeout","name":"jun","seconds":600}`)
	order(`{"action":"settings","settings":{"slowSeconds":30}}`)
	audit := get[Audit](s, request{path: "/api/v1/streams/1/moderation?limit=2", token: host})
	if len(audit.Actions) != 2 || audit.Actions[0].Action != hubbub.ActionSettings || audit.Actions[1].UserID != "u" || audit.Actions[1].At == "" {
		t.Errorf("%+v", audit)
	}
	audit = get[Audit](s, request{path: "/api/v1/streams/1/moderation?before=" + audit.Before.String(), token: host})
	if len(audit.Actions) != 1 || audit.Actions[0].Position != deleted.Position {
		t.Errorf("%+v", audit)
	}
	if next := get[Audit](s, request{path: "/api/v1/streams/1/moderation?before=" + audit.Before.String(), token: host}); len(next.Actions) != 0 || next.Before != audit.Before {
		t.Errorf("after the last: %+v", next)
	}
}

func TestWordsOfAStream(t *testing.T) {
	s := newSite(t, nil)
	host := s.token("host")
	const path = "/api/v1/streams/1/words"
	if got := s.do(request{path: path, token: host}); strings.TrimSpace(got.body) != `{"words":[]}` {
		t.Errorf("none: %s", got.body)
	}
	var long []string
	for i := range 10_000 {
		long = append(long, fmt.Sprint(strings.Repeat("가", 90), i))
	}
	for _, words := range [][]string{{"a", "*b*", "/c|d/"}, long, {}} {
		text, err := json.Marshal(WordList{Words: words})
		s.must(err)
		made[WordList](s, http.StatusOK, request{method: "PUT", path: path, body: string(text), token: host})
		if got := get[WordList](s, request{path: path, token: host}); !slices.Equal(got.Words, words) {
			t.Errorf("%d words are %d", len(words), len(got.Words))
		}
	}
	for i := range 3 {
		s.say(fmt.Sprint("bad ", i))
		s.say(fmt.Sprint("good ", i))
	}
	trial := made[WordTrial](s, http.StatusOK, request{path: path + "/check", body: `{"words":["BAD"],"limit":4}`, token: host})
	if trial.Checked != 4 || trial.Matched != 2 || len(trial.Messages) != 2 || !strings.Contains(string(trial.Messages[1]), `"content":"bad 2"`) {
		t.Errorf("%+v", trial)
	}
	if got := get[WordList](s, request{path: path, token: host}); len(got.Words) != 0 {
		t.Errorf("a dry run set %q", got.Words)
	}
}

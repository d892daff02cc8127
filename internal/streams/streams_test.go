package streams_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCreate(t *testing.T) {
	d, s, _, clock := open(t, streams.DirectoryOptions{})
	draft := streams.Draft{
		ID: "show", HostID: "u", HostName: "Mina", HostPicture: "https://p/u", Title: " A\tshow ", Language: "en-GB",
		ThumbnailURL: "https://p/t.png", PlaybackURL: "http://p/v.m3u8", Demo: true,
	}
	made, err := s.Create(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	want := hubbub.Stream{
		ID: "show", HostID: "u", HostName: "Mina", HostPicture: "https://p/u", Title: "A show", Status: hubbub.StatusLive, Language: "en-GB",
		ThumbnailURL: "https://p/t.png", PlaybackURL: "http://p/v.m3u8", Demo: true, CreatedAt: millis(clock.Now()),
	}
	if !reflect.DeepEqual(made, want) {
		t.Errorf("made %+v\nwant %+v", made, want)
	}
	if read, err := d.Stream(t.Context(), "show"); err != nil || !reflect.DeepEqual(read, want) {
		t.Errorf("read %+v, %v\nwant %+v", read, err, want)
	}
	if _, err := s.Create(t.Context(), draft); refusal(err) != hubbub.CodeStreamExists {
		t.Errorf("the same id again: %v", err)
	}
	if made, err = s.Create(t.Context(), streams.Draft{}); err != nil || !made.ID.Valid() || made.Title != string(made.ID) {
		t.Errorf("without id and title: %+v, %v", made, err)
	}
}

func TestCreateRefuses(t *testing.T) {
	_, s, _, _ := open(t, streams.DirectoryOptions{})
	for why, draft := range map[string]streams.Draft{
		"an id that is a path of the API":     {ID: "enter"},
		"an id that needs escaping":           {ID: "a b"},
		"a title too long":                    {Title: strings.Repeat("가", 101)},
		"a title that turns the page around":  {Title: "\u202egnp.exe"},
		"a language that is none":             {Language: "en; DROP"},
		"a link that runs when it is clicked": {PlaybackURL: "javascript:alert(1)"},
		"a picture that is a document":        {ThumbnailURL: "data:text/html,x"},
		"a link without a host":               {ThumbnailURL: "https:///x"},
		"a link that turns the page around":   {PlaybackURL: "https://p/\u202egnp.exe"},
		"a link too long":                     {ThumbnailURL: "https://p/" + strings.Repeat("x", 512)},
	} {
		if _, err := s.Create(t.Context(), draft); refusal(err) != hubbub.CodeBadRequest {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestEnsure(t *testing.T) {
	d, s, _, _ := open(t, streams.DirectoryOptions{})
	for _, want := range []bool{true, false} {
		if made, err := s.Ensure(t.Context(), streams.Draft{ID: "1", Title: fmt.Sprint(want)}); err != nil || made != want {
			t.Errorf("made: %v, %v", made, err)
		}
	}
	if got, err := d.Stream(t.Context(), "1"); err != nil || got.Title != "true" {
		t.Errorf("the second changed it: %+v, %v", got, err)
	}
	if made, err := s.Ensure(t.Context(), streams.Draft{ID: "leave"}); made || refusal(err) != hubbub.CodeBadRequest {
		t.Errorf("an id that cannot be: %v, %v", made, err)
	}
}

func TestEnd(t *testing.T) {
	d, s, _, clock := open(t, streams.DirectoryOptions{})
	if _, err := s.Create(t.Context(), streams.Draft{ID: "1"}); err != nil {
		t.Fatal(err)
	}
	ended := millis(clock.Now())
	for range 2 { // the second changes nothing
		if err := s.End(t.Context(), "by", "1"); err != nil {
			t.Fatal(err)
		}
		clock.advance(time.Hour)
	}
	if got, err := d.Stream(t.Context(), "1"); err != nil || !got.EndedAt.Equal(ended) {
		t.Errorf("ended at %v (%v), want %v", got.EndedAt, err, ended)
	}
	if err := s.End(t.Context(), "by", "2"); refusal(err) != hubbub.CodeStreamNotFound {
		t.Errorf("an unknown one: %v", err)
	}
}

func TestList(t *testing.T) {
	_, s, _, clock := open(t, streams.DirectoryOptions{})
	for i := range 7 {
		if _, err := s.Create(t.Context(), streams.Draft{ID: hubbub.StreamID(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
		clock.advance(time.Second)
	}
	if err := s.End(t.Context(), "by", "3"); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		status     string
		page, size int
		want       string
		hasNext    bool
	}{
		{hubbub.StatusLive, 0, 4, "6 5 4 2", true},
		{hubbub.StatusLive, 1, 4, "1 0", false},
		{hubbub.StatusLive, 2, 4, "", false},
		{hubbub.StatusLive, 0, 6, "6 5 4 2 1 0", false},
		{hubbub.StatusLive, 1, 3, "2 1 0", false},
		{hubbub.StatusEnded, 0, 4, "3", false},
		{"", 0, streams.MaxSize, "6 5 4 3 2 1 0", false},
	} {
		page, err := s.List(t.Context(), streams.Filter{Status: row.status}, row.page, row.size)
		var ids []string
		for _, s := range page.Streams {
			ids = append(ids, string(s.ID))
		}
		if got := strings.Join(ids, " "); err != nil || got != row.want || page.HasNext != row.hasNext {
			t.Errorf("%+v: %q, next %v, %v", row, got, page.HasNext, err)
		}
	}
	for _, bad := range [][2]int{{0, 0}, {0, streams.MaxSize + 1}, {-1, 10}, {100_000, 10}} {
		if _, err := s.List(t.Context(), streams.Filter{}, bad[0], bad[1]); refusal(err) != hubbub.CodeBadRequest {
			t.Errorf("page %d of size %d: %v", bad[0], bad[1], err)
		}
	}
}

func TestServiceWithoutAStore(t *testing.T) {
	_, s, store, _ := open(t, streams.DirectoryOptions{})
	if err := store.Store.(interface{ Close() error }).Close(); err != nil {
		t.Fatal(err)
	}
	_, create := s.Create(t.Context(), streams.Draft{ID: "1"})
	_, ensure := s.Ensure(t.Context(), streams.Draft{ID: "1"})
	_, list := s.List(t.Context(), streams.Filter{}, 0, 1)
	for what, err := range map[string]error{"create": create, "ensure": ensure, "list": list, "end": s.End(t.Context(), "by", "1")} {
		if refusal(err) != hubbub.CodeUnavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestPolicy(t *testing.T) {
	named := []hubbub.UserID{"mod", "other"}
	live := hubbub.Stream{ID: "1", HostID: "host", Status: hubbub.StatusLive, Moderators: named}
	ended := hubbub.Stream{ID: "1", HostID: "host", Status: hubbub.StatusEnded, Moderators: named}
	nobodys := hubbub.Stream{ID: "1", Status: hubbub.StatusLive}
	anonymous, user, host := streams.Actor{}, streams.Actor{User: "u"}, streams.Actor{User: "host"}
	guest := streams.Actor{User: "g", Roles: []string{hubbub.RoleGuest}}
	admin := streams.Actor{User: "a", Roles: []string{hubbub.RoleAdmin}}
	mod := streams.Actor{User: "mod"}
	pretender := streams.Actor{User: "p", Roles: []string{hubbub.RoleOwner, hubbub.RoleModerator}}
	for _, row := range []struct {
		why    string
		actor  streams.Actor
		action streams.Action
		stream hubbub.Stream
		want   hubbub.Code
	}{
		{"all may read", anonymous, streams.ActionRead, live, ""},
		{"also what has ended", anonymous, streams.ActionRead, ended, ""},
		{"to write, sign in", anonymous, streams.ActionSend, live, hubbub.CodeTokenRequired},
		{"guests are signed in", guest, streams.ActionSend, live, ""},
		{"users too", user, streams.ActionSend, live, ""},
		{"nobody writes into what has ended", admin, streams.ActionSend, ended, hubbub.CodeStreamEnded},
		{"to moderate, sign in", anonymous, streams.ActionModerate, live, hubbub.CodeTokenRequired},
		{"not everybody moderates", user, streams.ActionModerate, live, hubbub.CodeForbidden},
		{"the owner moderates", host, streams.ActionModerate, live, ""},
		{"also afterwards", host, streams.ActionModerate, ended, ""},
		{"moderators moderate", mod, streams.ActionModerate, live, ""},
		{"also afterwards", mod, streams.ActionModerate, ended, ""},
		{"and not where nobody named them", mod, streams.ActionModerate, nobodys, hubbub.CodeForbidden},
		{"moderators do not edit", mod, streams.ActionEdit, live, hubbub.CodeForbidden},
		{"admins edit", admin, streams.ActionEdit, nobodys, ""},
		{"the owner edits", host, streams.ActionEdit, live, ""},
		{"admins moderate", admin, streams.ActionModerate, nobodys, ""},
		{"a token for all streams cannot say who owns this one", pretender, streams.ActionModerate, live, hubbub.CodeForbidden},
		{"nobody's stream is not the anonymous viewer's", anonymous, streams.ActionEdit, nobodys, hubbub.CodeTokenRequired},
		{"what nobody thought of is forbidden", admin, streams.Action(200), live, hubbub.CodeForbidden},
	} {
		err := streams.May(row.actor, row.action, row.stream)
		if (err == nil) != (row.want == "") || err != nil && refusal(err) != row.want {
			t.Errorf("%s: %v, want %q", row.why, err, row.want)
		}
	}
}

func TestMayCreate(t *testing.T) {
	anonymous, account := streams.Actor{}, streams.Actor{User: "u"}
	guest := streams.Actor{User: "g", Roles: []string{hubbub.RoleGuest}}
	admin := streams.Actor{User: "a", Roles: []string{hubbub.RoleAdmin}}
	for _, row := range []struct {
		who   string
		actor streams.Actor
		want  hubbub.Code
	}{
		{streams.CreateAdmin, admin, ""},
		{streams.CreateAdmin, account, hubbub.CodeForbidden},
		{streams.CreateAdmin, guest, hubbub.CodeForbidden},
		{streams.CreateAdmin, anonymous, hubbub.CodeTokenRequired},
		{streams.CreateAccounts, admin, ""},
		{streams.CreateAccounts, account, ""},
		{streams.CreateAccounts, guest, hubbub.CodeForbidden},
		{streams.CreateAccounts, anonymous, hubbub.CodeTokenRequired},
		{streams.CreateGuests, admin, ""},
		{streams.CreateGuests, account, ""},
		{streams.CreateGuests, guest, ""},
		{streams.CreateGuests, anonymous, hubbub.CodeTokenRequired},
		{"", account, hubbub.CodeForbidden},
		{"", admin, ""},
	} {
		err := streams.MayCreate(row.actor, row.who)
		if (err == nil) != (row.want == "") || err != nil && refusal(err) != row.want {
			t.Errorf("%s, %+v: %v, want %q", row.who, row.actor, err, row.want)
		}
	}
}

func TestRoles(t *testing.T) {
	s := hubbub.Stream{ID: "1", HostID: "host", Moderators: []hubbub.UserID{"mod", "host", ""}}
	for _, row := range []struct {
		actor streams.Actor
		want  []string
	}{
		{streams.Actor{}, []string{}},
		{streams.Actor{User: "u", Roles: []string{"wizard", hubbub.RoleModerator, hubbub.RoleOwner}}, []string{}},
		{streams.Actor{User: "u", Roles: []string{hubbub.RoleGuest}}, []string{hubbub.RoleGuest}},
		{streams.Actor{User: "host", Roles: []string{hubbub.RoleAdmin}}, []string{hubbub.RoleAdmin, hubbub.RoleOwner, hubbub.RoleModerator}},
		{streams.Actor{User: "mod", Roles: []string{hubbub.RoleGuest}}, []string{hubbub.RoleGuest, hubbub.RoleModerator}},
	} {
		if got := streams.Roles(row.actor, s); got == nil || !slices.Equal(got, row.want) {
			t.Errorf("%+v: %#v, want %q", row.actor, got, row.want)
		}
	}
}

// counter counts how often it is asked.
type counter struct {
	users, asked int
	err          error
}

func (c *counter) Count(context.Context, hubbub.StreamID) (int, int, error) {
	c.asked++
	return c.users, 2 * c.users, c.err
}

func TestViewers(t *testing.T) {
	clock, counts := newClock(), &counter{users: 3}
	v := streams.NewViewers(counts, clock.Now)
	check := func(why string, want, asked int) {
		t.Helper()
		if got := v.Of(t.Context(), "1"); got != want || counts.asked != asked {
			t.Errorf("%s: %d, asked %d times; want %d, %d", why, got, counts.asked, want, asked)
		}
	}
	check("the first is counted", 3, 1)
	counts.users = 4
	check("within a second it is as it was", 3, 1)
	clock.advance(time.Second)
	check("and then counted again", 4, 2)
	counts.err = errors.New("the cache is gone")
	clock.advance(time.Second)
	check("what cannot be counted is as it was", 4, 3)
	check("for a second", 4, 3)
	if got := v.Of(t.Context(), "never"); got != 0 {
		t.Errorf("what could never be counted is %d", got)
	}
}

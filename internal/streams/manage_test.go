package streams_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// heard collects what a service tells rooms.
func heard(s *streams.Service) *[]hubbub.Control {
	var all []hubbub.Control
	s.OnChange(func(c hubbub.Control) { all = append(all, c) })
	return &all
}

func create(t *testing.T, s *streams.Service, d streams.Draft) hubbub.Stream {
	t.Helper()
	made, err := s.Create(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestEdit(t *testing.T) {
	d, s, _, _ := open(t, streams.DirectoryOptions{})
	told := heard(s)
	want := create(t, s, streams.Draft{ID: "1", HostID: "host", Title: "before", Language: "ko"})
	if _, err := d.Stream(t.Context(), "1"); err != nil { // there is a copy
		t.Fatal(err)
	}
	title, link := "  after ", "https://v/1.m3u8"
	got, err := s.Edit(t.Context(), "host", "1", streams.Edit{Title: &title, PlaybackURL: &link})
	want.Title, want.PlaybackURL = "after", link
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	if copied, err := d.Stream(t.Context(), "1"); err != nil || !reflect.DeepEqual(copied, want) {
		t.Errorf("the copy is %+v, %v", copied, err)
	}
	change := hubbub.Control{StreamID: "1", Action: hubbub.ActionStream, By: "host",
		Stream: &hubbub.Change{Title: "after", Status: hubbub.StatusLive, Language: "ko", PlaybackURL: link}}
	if !reflect.DeepEqual(*told, []hubbub.Control{change}) {
		t.Errorf("told %+v", *told)
	}
	for why, e := range map[string]func(text string) streams.Edit{
		"title":     func(text string) streams.Edit { return streams.Edit{Title: &text} },
		"language":  func(text string) streams.Edit { return streams.Edit{Language: &text} },
		"thumbnail": func(text string) streams.Edit { return streams.Edit{ThumbnailURL: &text} },
		"playback":  func(text string) streams.Edit { return streams.Edit{PlaybackURL: &text} },
	} {
		if _, err := s.Edit(t.Context(), "host", "1", e("\u202e;:")); refusal(err) != hubbub.CodeBadRequest {
			t.Errorf("a bad %s: %v", why, err)
		}
	}
	empty := ""
	if _, err := s.Edit(t.Context(), "host", "1", streams.Edit{Title: &empty}); refusal(err) != hubbub.CodeBadRequest {
		t.Errorf("no title: %v", err)
	}
	if _, err := s.Edit(t.Context(), "host", "2", streams.Edit{Title: &title}); refusal(err) != hubbub.CodeStreamNotFound {
		t.Errorf("an unknown stream: %v", err)
	}
}

func TestEndIsToldOnce(t *testing.T) {
	_, s, _, _ := open(t, streams.DirectoryOptions{})
	told := heard(s)
	create(t, s, streams.Draft{ID: "1", Title: "x"})
	for range 2 {
		if err := s.End(t.Context(), "host", "1"); err != nil {
			t.Fatal(err)
		}
	}
	if len(*told) != 1 || (*told)[0].Stream.Status != hubbub.StatusEnded || (*told)[0].By != "host" {
		t.Errorf("told %+v", *told)
	}
}

func TestDelete(t *testing.T) {
	d, s, _, _ := open(t, streams.DirectoryOptions{Any: true})
	told := heard(s)
	create(t, s, streams.Draft{ID: "1"})
	if _, err := d.Stream(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), "admin", "1"); err != nil {
		t.Fatal(err)
	}
	if got := *told; len(got) != 1 || got[0].Stream.Status != hubbub.StatusDeleted || got[0].By != "admin" {
		t.Errorf("told %+v", got)
	}
	_, read := d.Stream(t.Context(), "1") // also where every id is a stream
	for what, err := range map[string]error{"read": read, "again": s.Delete(t.Context(), "admin", "1"), "end": s.End(t.Context(), "admin", "1")} {
		if refusal(err) != hubbub.CodeStreamNotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.Create(t.Context(), streams.Draft{ID: "1"}); refusal(err) != hubbub.CodeStreamExists {
		t.Errorf("the id is given out again: %v", err)
	}
}

func TestModerators(t *testing.T) {
	d, s, _, _ := open(t, streams.DirectoryOptions{})
	told := heard(s)
	create(t, s, streams.Draft{ID: "1", HostID: "host"})
	roles := func(want ...string) {
		t.Helper()
		got, err := d.Stream(t.Context(), "1")
		if err != nil || !slices.Equal(streams.Roles(streams.Actor{User: "mod"}, got), want) {
			t.Errorf("roles %q, %v; want %q", streams.Roles(streams.Actor{User: "mod"}, got), err, want)
		}
	}
	roles()
	for range 2 {
		if err := s.AddModerator(t.Context(), "host", "1", "mod"); err != nil {
			t.Fatal(err)
		}
		roles(hubbub.RoleModerator)
	}
	for range 2 {
		if err := s.RemoveModerator(t.Context(), "host", "1", "mod"); err != nil {
			t.Fatal(err)
		}
		roles()
	}
	if last := (*told)[len(*told)-1]; len(*told) != 3 || last.UserID != "mod" || len(last.Roles) != 0 || last.Action != hubbub.ActionRoles {
		t.Errorf("told %+v", *told)
	}
	for i := range 100 {
		if err := s.AddModerator(t.Context(), "host", "1", hubbub.UserID(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	for what, err := range map[hubbub.Code]error{
		hubbub.CodeBadRequest:     s.AddModerator(t.Context(), "host", "1", "one too many"),
		hubbub.CodeStreamNotFound: s.AddModerator(t.Context(), "host", "2", "mod"),
	} {
		if refusal(err) != what {
			t.Errorf("%v, want %s", err, what)
		}
	}
	if err := s.AddModerator(t.Context(), "host", "1", "host"); refusal(err) != hubbub.CodeBadRequest {
		t.Errorf("the owner as their own moderator: %v", err)
	}
}

func TestOpenIsBounded(t *testing.T) {
	_, s, _, _ := open(t, streams.DirectoryOptions{})
	host, admin := streams.Actor{User: "host"}, streams.Actor{User: "host", Roles: []string{hubbub.RoleAdmin}}
	for i := range 20 {
		if made, err := s.Open(t.Context(), host, streams.Draft{ID: hubbub.StreamID(fmt.Sprint(i)), HostID: "somebody else"}); err != nil || made.HostID != "host" {
			t.Fatalf("%+v, %v", made, err)
		}
	}
	if _, err := s.Open(t.Context(), host, streams.Draft{}); refusal(err) != hubbub.CodeForbidden {
		t.Errorf("one too many: %v", err)
	}
	if _, err := s.Open(t.Context(), admin, streams.Draft{}); err != nil {
		t.Errorf("an admin: %v", err)
	}
	if _, err := s.Open(t.Context(), streams.Actor{User: "other"}, streams.Draft{}); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	for i := range 20 {
		if err := s.End(t.Context(), "", hubbub.StreamID(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if page, err := s.List(t.Context(), streams.Filter{Status: hubbub.StatusLive}, 0, 100); err != nil || len(page.Streams) != 2 {
		t.Errorf("live: %+v, %v", page, err)
	}
	if _, err := s.Open(t.Context(), host, streams.Draft{}); err != nil {
		t.Errorf("ended ones do not count: %v", err)
	}
}

func TestAnnounce(t *testing.T) {
	d, s, store, _ := open(t, streams.DirectoryOptions{})
	told := heard(s)
	create(t, s, streams.Draft{ID: "1", HostID: "host", HostName: "Before", Title: "x"})
	if _, err := d.Stream(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if err := store.RenameHost(t.Context(), "host", "After", ""); err != nil { // behind the service
		t.Fatal(err)
	}
	if err := s.Announce(t.Context(), "", "1"); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Stream(t.Context(), "1"); err != nil || got.HostName != "After" || len(*told) != 1 || (*told)[0].Stream.Title != "x" {
		t.Errorf("%+v, %v; told %+v", got, err, *told)
	}
	if err := s.Announce(t.Context(), "", "2"); refusal(err) != hubbub.CodeStreamNotFound {
		t.Errorf("an unknown stream: %v", err)
	}
}

// What is being asked while a row changes is the row of before, and does not become
// a copy.
func TestDirectoryDoesNotKeepWhatIsOld(t *testing.T) {
	d, s, store, _ := open(t, streams.DirectoryOptions{})
	create(t, s, streams.Draft{ID: "1", Title: "x"})
	asked, goOn := make(chan struct{}), make(chan struct{})
	store.after = func() {
		store.after = nil
		close(asked)
		<-goOn
	}
	early := make(chan hubbub.Stream, 1)
	go func() {
		got, err := d.Stream(t.Context(), "1")
		if err != nil {
			t.Error(err)
		}
		early <- got
	}()
	<-asked
	ended := make(chan error, 1)
	go func() { ended <- s.End(t.Context(), "host", "1") }()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got, err := d.Stream(t.Context(), "1"); err != nil || got.Status != hubbub.StatusEnded {
		t.Errorf("who asks after the end is told %s, %v", got.Status, err)
	}
	close(goOn)
	if got := <-early; got.Status != hubbub.StatusLive {
		t.Errorf("who asked before it is told %s", got.Status)
	}
	if got, err := d.Stream(t.Context(), "1"); err != nil || got.Status != hubbub.StatusEnded {
		t.Errorf("and who asks then %s, %v", got.Status, err)
	}
}

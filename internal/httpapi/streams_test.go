package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
)

func TestListStreams(t *testing.T) {
	s := newSite(t, nil)
	a := s.do(request{path: "/api/v1/streams"})
	one, err := s.meta.Stream(t.Context(), "1")
	s.must(err)
	want := fmt.Sprintf(`{"streams":[{"id":"1","hostId":"host","title":"First","thumbnailUrl":"","hostname":"Mina","hostprofile":"https://p/mina.png",`+
		`"createdAt":%q,"viewerCount":0,"status":"live","language":"ko","demo":false}],"hasNext":false,"numberOfElements":1,"pageNumber":0,"pageSize":12}`,
		one.CreatedAt.Format(hubbub.TimeLayout))
	if got := strings.TrimSpace(a.body); got != want || a.StatusCode != http.StatusOK {
		t.Errorf("%s\ngot  %s\nwant %s", a.Status, got, want)
	}
	for i := range 20 {
		s.create(streams.Draft{ID: hubbub.StreamID(fmt.Sprint("more-", i))})
	}
	for _, row := range []struct {
		query            string
		n, page, size    int
		hasNext          bool
		first, mustNotBe string
	}{
		{"", 12, 0, 12, true, "", "over"},
		{"?page=1", 9, 1, 12, false, "", "over"},
		{"?page=7", 0, 7, 12, false, "", ""},
		{"?size=100", 21, 0, 100, false, "", "over"},
		{"?status=ended", 1, 0, 12, false, "over", "1"},
		{"?status=all&size=22&page=0", 22, 0, 22, false, "", ""},
	} {
		list := get[StreamList](s, request{path: "/api/v1/streams" + row.query})
		if len(list.Streams) != row.n || list.NumberOfElements != row.n || list.PageNumber != row.page || list.PageSize != row.size || list.HasNext != row.hasNext {
			t.Errorf("%q: %d streams, %+v", row.query, len(list.Streams), list)
		}
		for i, item := range list.Streams {
			if string(item.ID) == row.mustNotBe || i == 0 && row.first != "" && string(item.ID) != row.first {
				t.Errorf("%q: number %d is %s", row.query, i, item.ID)
			}
		}
	}
}

func TestStreamDetail(t *testing.T) {
	s := newSite(t, func(o *Options) {
		o.Settings = func(_ context.Context, id hubbub.StreamID) hubbub.Settings {
			if id == "over" {
				return hubbub.Settings{Chat: hubbub.ChatOff}
			}
			return hubbub.Settings{SlowSeconds: 7}
		}
	})
	s.latest.value = `{"streamId":"1","summary":"They said hello."}`
	got := get[StreamDetail](s, request{path: "/api/v1/streams/1"})
	one, err := s.meta.Stream(t.Context(), "1")
	s.must(err)
	want := StreamDetail{
		ID: "1", Title: "First", Host: Host{Name: "Mina", ProfilePic: "https://p/mina.png"}, HostID: "host", Summary: "They said hello.",
		Status: "live", Language: "ko", CreatedAt: timeText(one.CreatedAt), Settings: hubbub.Settings{SlowSeconds: 7, Chat: "open"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	over := get[StreamDetail](s, request{path: "/api/v1/streams/over"})
	if over.Status != "ended" || over.EndedAt == "" || over.Summary != "" || over.Settings.Chat != "off" {
		t.Errorf("%+v", over)
	}
	for _, broken := range []latestOf{{err: errors.New("no cache")}, {value: "{"}} {
		s.latest = broken // the rest of the page is worth more
		if got := get[StreamDetail](s, request{path: "/api/v1/streams/1"}); got.Title != "First" || got.Summary != "" {
			t.Errorf("%+v", got)
		}
	}
}

func TestViewerCounts(t *testing.T) {
	t.Parallel() // with others that mostly wait
	s := newSite(t, nil)
	s.watch("1", "mina", "mina", "jun")
	if got := get[StreamDetail](s, request{path: "/api/v1/streams/1"}); got.ViewerCount != 2 {
		t.Errorf("two people with three connections are %d viewers", got.ViewerCount)
	}
	if got := get[StreamList](s, request{path: "/api/v1/streams"}); got.Streams[0].ViewerCount != 2 {
		t.Errorf("in the list they are %d", got.Streams[0].ViewerCount)
	}
}

func TestEnterAndLeave(t *testing.T) {
	s := newSite(t, nil)
	for _, word := range []string{"enter", "leave"} {
		path := "/api/v1/streams/" + word
		for _, body := range []string{`{"streamId":"1"}`, `{"streamId":1}`} {
			if a := s.do(request{path: path, body: body, token: s.token("u")}); a.StatusCode != http.StatusOK || strings.TrimSpace(a.body) != "{}" {
				t.Errorf("%s %s: %s %s", word, body, a.Status, a.body)
			}
		}
		for _, row := range []struct {
			why, body string
			code      hubbub.Code
		}{
			{"unknown", `{"streamId":"7"}`, hubbub.CodeStreamNotFound},
			{"no id", `{"streamId":"a b"}`, hubbub.CodeStreamNotFound},
			{"half a number", `{"streamId":1.5}`, hubbub.CodeStreamNotFound},
			{"a huge number", `{"streamId":1e300}`, hubbub.CodeStreamNotFound},
			{"missing", `{}`, hubbub.CodeBodyInvalid},
			{"null", `{"streamId":null}`, hubbub.CodeBodyInvalid},
			{"a list", `{"streamId":["1"]}`, hubbub.CodeBodyInvalid},
		} {
			s.wantRefused(word+" "+row.why, row.code, request{path: path, body: row.body, token: s.token("u")})
		}
		s.wantRefused(word+" without a token", hubbub.CodeTokenRequired, request{path: path, body: `{"streamId":"1"}`})
		s.wantRefused(word+" by GET", hubbub.CodeStreamNotFound, request{path: path})
	}
}

func TestStreamRefusals(t *testing.T) {
	s := newSite(t, nil)
	for _, row := range []struct {
		why, path string
		code      hubbub.Code
	}{
		{"unknown", "/api/v1/streams/7", hubbub.CodeStreamNotFound},
		{"no id", "/api/v1/streams/%00%3Cscript%3E", hubbub.CodeStreamNotFound},
		{"a long id", "/api/v1/streams/" + strings.Repeat("x", 65), hubbub.CodeStreamNotFound},
		{"a very long id", "/api/v1/streams/" + strings.Repeat("x", 201), hubbub.CodeBadRequest},
		{"a page before the first", "/api/v1/streams?page=-1", hubbub.CodeBadRequest},
		{"a page far away", "/api/v1/streams?page=1000000000", hubbub.CodeBadRequest},
		{"a page that is no number", "/api/v1/streams?page=x", hubbub.CodeBadRequest},
		{"a page beyond numbers", "/api/v1/streams?page=99999999999999999999", hubbub.CodeBadRequest},
		{"an empty page", "/api/v1/streams?size=0", hubbub.CodeBadRequest},
		{"a huge page", "/api/v1/streams?size=101", hubbub.CodeBadRequest},
		{"an unknown status", "/api/v1/streams?status=paused", hubbub.CodeBadRequest},
		{"no such path", "/api/v1/streams/1/nothing", hubbub.CodeNotFound},
		{"no such path", "/api/v1/streams/", hubbub.CodeNotFound},
		{"no such version", "/api/v2/streams", hubbub.CodeNotFound},
	} {
		s.wantRefused(row.why, row.code, request{path: row.path})
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
		a := s.wantRefused(method, hubbub.CodeUnsupported, request{method: method, path: "/api/v1/streams"})
		if got := a.Header.Get("Allow"); got != "GET, HEAD, POST" {
			t.Errorf("%s: Allow: %q", method, got)
		}
	}
	if a := s.do(request{method: "HEAD", path: "/api/v1/streams"}); a.StatusCode != http.StatusOK || a.body != "" {
		t.Errorf("HEAD: %s %q", a.Status, a.body)
	}
}

func TestStreamsWithoutAStore(t *testing.T) {
	s := newSite(t, nil)
	s.must(s.meta.Close())
	for _, path := range []string{"/api/v1/streams", "/api/v1/streams/1", "/api/v1/streams/1/messages", "/api/v1/streams/1/analysis"} {
		if a := s.wantRefused(path, hubbub.CodeUnavailable, request{path: path}); a.Header.Get("Retry-After") == "" {
			t.Errorf("%s does not say when to come back", path)
		}
	}
}

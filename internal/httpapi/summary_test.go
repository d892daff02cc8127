package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
)

func TestNewestSummary(t *testing.T) {
	s := newSite(t, nil)
	const none = `{"streamId":"1","summary":"","sentences":[],"from":"","through":"","method":""}`
	if got := get[json.RawMessage](s, request{path: "/api/v1/streams/1/summary"}); string(got) != none {
		t.Errorf("without one: %s", got)
	}
	s.latest.value = `{"streamId":"1","summary":"They said hello."}`
	if got := get[json.RawMessage](s, request{path: "/api/v1/streams/1/summary"}); string(got) != s.latest.value {
		t.Errorf("got %s", got)
	}
	s.wantRefused("no such stream", hubbub.CodeStreamNotFound, request{path: "/api/v1/streams/none/summary"})
	s.latest.err = errors.New("no archive")
	s.wantRefused("it cannot be read", hubbub.CodeUnavailable, request{path: "/api/v1/streams/1/summary"})
}

func TestSummarise(t *testing.T) {
	var asked []hubbub.StreamID
	var broken error
	now := time.Now()
	s := newSite(t, func(o *Options) {
		o.Now = func() time.Time { return now }
		o.Summarise = func(_ context.Context, id hubbub.StreamID) (hubbub.Position, error) {
			if broken == nil {
				asked = append(asked, id)
			}
			return hubbub.Position{Epoch: 1, N: 7}, broken
		}
	})
	ask := func(stream, user string, roles ...string) request {
		r := request{method: http.MethodPost, path: "/api/v1/streams/" + stream + "/summary"}
		if user != "" {
			r.token = s.token(hubbub.UserID(user), roles...)
		}
		return r
	}
	s.wantRefused("nobody", hubbub.CodeTokenRequired, ask("1", ""))
	s.wantRefused("a viewer", hubbub.CodeForbidden, ask("1", "viewer"))
	s.wantRefused("it is over", hubbub.CodeStreamEnded, ask("over", "admin", hubbub.RoleAdmin))
	broken = errors.New("no log")
	s.wantRefused("no log", hubbub.CodeUnavailable, ask("1", "host"))
	broken = nil
	answer := s.do(ask("1", "host")) // what failed does not count
	if answer.StatusCode != http.StatusAccepted || strings.TrimSpace(answer.body) != `{"streamId":"1","through":"1.7"}` {
		t.Errorf("%s %s", answer.Status, answer.body)
	}
	s.wantRefused("just now", hubbub.CodeRateLimited, ask("1", "admin", hubbub.RoleAdmin))
	now = now.Add(summaryEvery)
	if answer := s.do(ask("1", "admin", hubbub.RoleAdmin)); answer.StatusCode != http.StatusAccepted || len(asked) != 2 {
		t.Errorf("half a minute later: %s, asked for %q", answer.Status, asked)
	}
}

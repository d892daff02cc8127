package httpapi

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/archive"
)

func TestAnalysis(t *testing.T) {
	s := newSite(t, nil)
	type result struct {
		StreamID       string
		TotalCount     int
		Counts, Ratios map[string]float64
		Window         struct{ Counts map[string]float64 }
		Trending       []any
		Through        string
		At             time.Time
	}
	empty := get[result](s, request{path: "/api/v1/streams/1/analysis"})
	if empty.StreamID != "1" || len(empty.Counts) != hubbub.Moods || len(empty.Ratios) != hubbub.Moods || len(empty.Window.Counts) != hubbub.Moods || empty.Trending == nil {
		t.Errorf("of a room without messages: %+v", empty)
	}
	s.latest.value = `{"streamId":"1","totalCount":7}`
	if a := s.do(request{path: "/api/v1/streams/1/analysis"}); strings.TrimSpace(a.body) != s.latest.value || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s %s", a.Status, a.body)
	}
	s.wantRefused("unknown", hubbub.CodeStreamNotFound, request{path: "/api/v1/streams/7/analysis"})
	s.latest.err = archive.ErrUnavailable
	s.wantRefused("no store", hubbub.CodeUnavailable, request{path: "/api/v1/streams/1/analysis"})
}

// minutesOf is Minutes with a minute of stream 1.
type minutesOf struct {
	from, to time.Time // as they were asked for; zero: they were not
	err      error
}

func (m *minutesOf) Minutes(_ context.Context, stream hubbub.StreamID, from, to time.Time) (list analysis.Minutes, err error) {
	m.from, m.to = from, to
	if stream == "1" {
		list = analysis.Minutes{{Number: 29_000_000, Counts: analysis.Counts{2, 0, 1}}}
	}
	return list, m.err
}

func TestAnalysisOfARange(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 30, 40, 0, time.UTC)
	minutes := &minutesOf{}
	s := newSite(t, func(o *Options) { o.Minutes, o.Now = minutes, func() time.Time { return now } })
	s.latest.value = `{"streamId":"1","totalCount":7}`
	const shown = `{"streamId":"1","totalCount":7,"minutes":[{"at":"2025-02-19T21:20:00.000Z","messages":3,` +
		`"counts":{"praise":2,"criticism":0,"laughter":1,"question":0,"advice":0,"other":0}}]}`
	for _, c := range []struct {
		why, from, to      string
		wantFrom, wantUpTo time.Time
	}{
		{"both", "2026-11-24T12:00:00Z", "2026-11-25T12:00:00Z", now.Add(-24*time.Hour - 30*time.Minute - 40*time.Second), now.Add(-30*time.Minute - 40*time.Second)},
		{"from alone", "2026-11-25T03:00:00.5Z", "", time.Date(2026, 11, 25, 3, 0, 0, 5e8, time.UTC), now},
		{"to alone", "", "2026-11-20T02:00:00+09:00", time.Date(2026, 11, 19, 15, 0, 0, 0, time.UTC), time.Date(2026, 11, 19, 17, 0, 0, 0, time.UTC)},
		{"nothing is between", "2026-11-25T03:00:00Z", "2026-11-25T03:00:00Z", time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC), time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)},
	} {
		a := s.do(request{path: "/api/v1/streams/1/analysis?" + ranged(c.from, c.to)})
		if strings.TrimSpace(a.body) != shown || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s %s", c.why, a.Status, a.body)
		}
		if !minutes.from.Equal(c.wantFrom) || !minutes.to.Equal(c.wantUpTo) {
			t.Errorf("%s: asked for %v to %v, want %v to %v", c.why, minutes.from, minutes.to, c.wantFrom, c.wantUpTo)
		}
	}
	*minutes = minutesOf{}
	if a := s.do(request{path: "/api/v1/streams/1/analysis"}); strings.TrimSpace(a.body) != s.latest.value || !minutes.to.IsZero() {
		t.Errorf("without a range: %s", a.body)
	}
	if a := s.do(request{path: "/api/v1/streams/over/analysis?" + ranged("", "2026-11-25T12:00:00Z")}); !strings.Contains(a.body, `"totalCount":0`) || !strings.HasSuffix(strings.TrimSpace(a.body), `,"minutes":[]}`) {
		t.Errorf("of a stream without messages: %s", a.body)
	}
	minutes.err = archive.ErrUnavailable
	s.wantRefused("no store", hubbub.CodeUnavailable, request{path: "/api/v1/streams/1/analysis?" + ranged("", "2026-11-25T12:00:00Z")})
}

func ranged(from, to string) string {
	values := url.Values{}
	for name, at := range map[string]string{"from": from, "to": to} {
		if at != "" {
			values.Set(name, at)
		}
	}
	return values.Encode()
}

func TestAnalysisRangeRefusals(t *testing.T) {
	minutes := &minutesOf{}
	s := newSite(t, func(o *Options) { o.Minutes = minutes })
	for _, c := range []struct{ why, query string }{
		{"no time", "from=yesterday"},
		{"a time without its zone", "from=2026-11-25T12:00:00"},
		{"a day alone", "to=2026-11-25"},
		{"no day", "to=2026-02-30T12:00:00Z"},
		{"Unix time", "from=1795608000"},
		{"an unescaped plus", "from=2026-11-25T12:00:00+09:00"},
		{"backwards", ranged("2026-11-25T12:00:00.001Z", "2026-11-25T12:00:00Z")},
		{"a millisecond more than a day", ranged("2026-11-24T12:00:00Z", "2026-11-25T12:00:00.001Z")},
		{"all of time", ranged("0001-01-01T00:00:01Z", "9999-12-31T23:59:59Z")},
		{"from long ago until now", ranged("2020-01-01T00:00:00Z", "")},
		{"from later than now", ranged("9999-01-01T00:00:00Z", "")},
	} {
		s.wantRefused(c.why, hubbub.CodeBadRequest, request{path: "/api/v1/streams/1/analysis?" + c.query})
	}
	if !minutes.to.IsZero() {
		t.Error("what was refused was asked for")
	}
	s.wantRefused("unknown", hubbub.CodeStreamNotFound, request{path: "/api/v1/streams/7/analysis?" + ranged("", "2026-11-25T12:00:00Z")})
}

package httpapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// shownMessage is a message of a page as a client reads it.
type shownMessage struct {
	hubbub.Message
	Position hubbub.Position
	Mood     string
	Deleted  bool
}

type shownPage struct {
	Messages      []shownMessage
	Before, After hubbub.Position
}

func (p shownPage) texts() (texts []string) {
	for _, m := range p.Messages {
		texts = append(texts, m.Content)
	}
	return texts
}

func (s *site) page(query, token string) shownPage {
	s.t.Helper()
	return get[shownPage](s, request{path: "/api/v1/streams/1/messages" + query, token: token})
}

func TestMessages(t *testing.T) {
	s := newSite(t, nil)
	a := s.do(request{path: "/api/v1/streams/1/messages"})
	if got := strings.TrimSpace(a.body); got != `{"messages":[],"before":"","after":""}` {
		t.Errorf("of a room without any: %s", got)
	}
	e := s.say(`hello "quoted" <b>`)
	a = s.do(request{path: "/api/v1/streams/1/messages"})
	want := fmt.Sprintf(`{"messages":[%s,"position":%q,"mood":"mood of hello \"quoted\" <b>"}],"before":%q,"after":%q}`,
		e.Value[:len(e.Value)-1], e.Position, e.Position, e.Position)
	if got := strings.TrimSpace(a.body); got != want || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the value as it was sent, its position and its mood\ngot  %s\nwant %s", got, want)
	}
}

// TestPaging goes through a long room both ways: what was archived, what was
// archived and not committed, and what is in the log alone, with controls between.
func TestPaging(t *testing.T) {
	s := newSite(t, nil)
	var logged []archive.Entry
	var texts []string
	for i := range 260 {
		if i%40 == 7 {
			logged = append(logged, s.control(hubbub.Control{Action: hubbub.ActionUnban, UserID: "u"}))
		}
		texts = append(texts, fmt.Sprint("text ", i))
		logged = append(logged, s.say(texts[i]))
	}
	s.archiveAll(logged[:150])
	s.must(s.archive.Append(t.Context(), logged[150:200]))

	for _, limit := range []int{200, 50, 33} {
		var back, forth []string
		for p := s.page(fmt.Sprintf("?limit=%d", limit), ""); len(p.Messages) > 0; p = s.page(fmt.Sprintf("?limit=%d&before=%s", limit, p.Before), "") {
			if len(p.Messages) > limit || p.Before != p.Messages[0].Position || p.After != p.Messages[len(p.Messages)-1].Position {
				t.Fatalf("limit %d: %d messages, before %s, after %s", limit, len(p.Messages), p.Before, p.After)
			}
			back = append(p.texts(), back...)
		}
		for p := s.page(fmt.Sprintf("?limit=%d&after=0.0", limit), ""); len(p.Messages) > 0; p = s.page(fmt.Sprintf("?limit=%d&after=%s", limit, p.After), "") {
			forth = append(forth, p.texts()...)
		}
		if !slices.Equal(back, texts) {
			t.Errorf("limit %d, back: %d messages: %q", limit, len(back), back)
		}
		if !slices.Equal(forth, texts) {
			t.Errorf("limit %d, forth: %d messages: %q", limit, len(forth), forth)
		}
	}
	if p := s.page("", ""); len(p.Messages) != 50 || p.Messages[49].Content != texts[259] {
		t.Errorf("without a limit: %d messages, the last %q", len(p.Messages), p.Messages[49].Content)
	}
	first, last := logged[0].Position, logged[len(logged)-1].Position
	if p := s.page("?before="+first.String(), ""); len(p.Messages) != 0 || p.Before != first || !p.After.IsZero() {
		t.Errorf("before all: %+v", p)
	}
	if p := s.page("?after="+last.String(), ""); len(p.Messages) != 0 || p.After != last {
		t.Errorf("after all: %+v", p)
	}
	if p := s.page(fmt.Sprintf("?after=%d.%d", last.Epoch+1, 7), ""); len(p.Messages) != 0 {
		t.Errorf("after a position that this log has not come to: %+v", p)
	}
	if p := s.page(fmt.Sprintf("?limit=1&after=%d.%d", last.Epoch-1, 7), ""); len(p.Messages) != 1 || p.Messages[0].Content != texts[0] {
		t.Errorf("after a position of an earlier log: %+v", p)
	}
}

func TestRemovedMessages(t *testing.T) {
	for _, archived := range []int{0, 2, 4} { // how far the archiver is makes no difference
		t.Run(fmt.Sprint(archived, " archived"), func(t *testing.T) {
			s := newSite(t, nil)
			logged := []archive.Entry{s.say("kept"), s.say("secret"), s.say("kept too")}
			logged = append(logged, s.control(hubbub.Control{Action: hubbub.ActionDelete, MessageID: "id of secret"}))
			if archived > 0 {
				s.archiveAll(logged[:archived])
			}
			for who, token := range map[string]string{"nobody": "", "a user": s.token("u"), "a pretender": s.token("v", "owner", "moderator")} {
				a := s.do(request{path: "/api/v1/streams/1/messages", token: token})
				if strings.Contains(strings.ReplaceAll(a.body, "id of secret", ""), "secret") {
					t.Errorf("%s reads what was removed: %s", who, a.body)
				}
				p := s.page("", token)
				if got := p.texts(); !slices.Equal(got, []string{"kept", "", "kept too"}) || !p.Messages[1].Deleted || p.Messages[1].Mood != "" || p.Messages[0].Deleted {
					t.Errorf("%s gets %+v", who, p)
				}
			}
			for who, token := range map[string]string{"the owner": s.token("host"), "an admin": s.token("a", "admin")} {
				p := s.page("", token)
				if got := p.texts(); !slices.Equal(got, []string{"kept", "secret", "kept too"}) || !p.Messages[1].Deleted || p.Messages[2].Deleted {
					t.Errorf("%s gets %+v", who, p)
				}
			}
			s.control(hubbub.Control{Action: hubbub.ActionClear})
			s.say("afterwards")
			if got := s.page("", "").texts(); !slices.Equal(got, []string{"", "", "", "afterwards"}) {
				t.Errorf("after a clear: %q", got)
			}
		})
	}
}

// TestStrangeRecords: what the log may hold and this program did not write.
func TestStrangeRecords(t *testing.T) {
	s := newSite(t, nil)
	for _, value := range []string{`{}`, `{ }`, ` {"content":"spaced"} `, `not JSON`, ``, `[]`, `"text"`, `{"content":7}`} {
		if value != "" {
			s.append(hubbub.KindMessage, []byte(value))
		}
	}
	r := eventlog.Record{Stream: "1", Version: eventlog.Version + 1, Value: []byte(`{"content":"from the future"}`)}
	_, _, err := eventlog.AppendWait(t.Context(), s.log, eventlog.RawChats, r)
	s.must(err)
	a := s.do(request{path: "/api/v1/streams/1/messages"})
	var p struct{ Messages []map[string]any }
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	if len(p.Messages) != 4 || strings.Contains(a.body, "future") {
		t.Errorf("%s", a.body)
	}
	for _, m := range p.Messages {
		if m["position"] == nil {
			t.Errorf("without its position: %v", m)
		}
	}
}

func TestMessagesRefusals(t *testing.T) {
	s := newSite(t, nil)
	for _, row := range []struct {
		why, query string
		code       hubbub.Code
	}{
		{"no position", "?before=x", hubbub.CodePositionInvalid},
		{"half a position", "?after=1.", hubbub.CodePositionInvalid},
		{"a position that was never printed so", "?before=01.2", hubbub.CodePositionInvalid},
		{"a negative position", "?after=-1.2", hubbub.CodePositionInvalid},
		{"beyond all epochs", "?after=4294967296.1", hubbub.CodePositionInvalid},
		{"a long position", "?after=" + strings.Repeat("1", 41), hubbub.CodeBadRequest},
		{"both ways", "?before=1.2&after=1.1", hubbub.CodeBadRequest},
		{"no limit", "?limit=0", hubbub.CodeBadRequest},
		{"a negative limit", "?limit=-1", hubbub.CodeBadRequest},
		{"over the limit of limits", "?limit=201", hubbub.CodeBadRequest},
		{"a limit that is no number", "?limit=x", hubbub.CodeBadRequest},
	} {
		s.wantRefused(row.why, row.code, request{path: "/api/v1/streams/1/messages" + row.query})
	}
	s.wantRefused("unknown", hubbub.CodeStreamNotFound, request{path: "/api/v1/streams/7/messages"})
	s.wantRefused("POST", hubbub.CodeUnsupported, request{path: "/api/v1/streams/1/messages", body: `{}`})
	s.must(s.archive.Close())
	a := s.wantRefused("without an archive", hubbub.CodeUnavailable, request{path: "/api/v1/streams/1/messages"})
	if a.Header.Get("Retry-After") != "2" {
		t.Errorf("Retry-After: %q", a.Header.Get("Retry-After"))
	}
}

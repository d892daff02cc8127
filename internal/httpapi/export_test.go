package httpapi

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

const exportPath = "/api/v1/streams/1/export"

// exported reads an export as JSON Lines.
func (s *site) exported(query, token string) (messages []shownMessage) {
	s.t.Helper()
	a := s.do(request{path: exportPath + query, token: token})
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "application/x-ndjson" {
		s.t.Fatalf("%s %v %s", a.Status, a.Header, a.body)
	}
	for line := range strings.Lines(a.body) {
		var m shownMessage
		s.must(json.Unmarshal([]byte(line), &m))
		messages = append(messages, m)
	}
	return messages
}

func textsOf(messages []shownMessage) (texts []string) {
	for _, m := range messages {
		texts = append(texts, m.Content)
	}
	return texts
}

// TestExport: all that was said, whatever page and place it is in.
func TestExport(t *testing.T) {
	s := newSite(t, nil)
	var logged []archive.Entry
	var want []string
	for i := range 2*exportPage + 7 {
		want = append(want, fmt.Sprint("message ", i))
		logged = append(logged, s.say(want[i]))
		if i == exportPage {
			logged = append(logged, s.control(hubbub.Control{Action: hubbub.ActionBan, UserID: "u"}))
		}
	}
	s.archiveAll(logged[:exportPage+30])
	got := s.exported("", "")
	if !slices.Equal(textsOf(got), want) {
		t.Errorf("%d messages, from %q", len(got), textsOf(got[:3]))
	}
	for i, m := range got {
		if m.Position.IsZero() || m.Mood != "mood of "+m.Content || i > 0 && !got[i-1].Position.Before(m.Position) {
			t.Fatalf("%+v", m)
		}
	}
	a := s.do(request{path: exportPath, method: http.MethodHead})
	if a.StatusCode != http.StatusOK || a.body != "" || a.Header.Get("Content-Disposition") != `attachment; filename="hubbub-1.jsonl"` || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("HEAD: %s %v %q", a.Status, a.Header, a.body)
	}
	if a := s.do(request{path: "/api/v1/streams/over/export?format=csv"}); a.body != "\ufeff"+strings.Join(exportColumns, ",")+"\n" {
		t.Errorf("of nothing: %q", a.body)
	}
	if a := s.do(request{path: "/api/v1/streams/over/export"}); a.StatusCode != http.StatusOK || a.body != "" {
		t.Errorf("of nothing: %s %q", a.Status, a.body)
	}
}

func TestExportBetween(t *testing.T) {
	s := newSite(t, nil)
	var times []time.Time
	for i := range 5 {
		e := s.say(fmt.Sprint(i))
		times = append(times, e.Time)
		for time.Now().UnixMilli() <= e.Time.UnixMilli() { // the next is later
			time.Sleep(time.Millisecond)
		}
	}
	at := func(i int) string { return url.QueryEscape(times[i].Format(time.RFC3339Nano)) }
	for query, want := range map[string]string{
		"?from=" + at(2):                  "2 3 4",
		"?to=" + at(2):                    "0 1",
		"?from=" + at(1) + "&to=" + at(3): "1 2",
		"?to=" + at(0):                    "",
		"?from=" + url.QueryEscape(times[4].Add(time.Second).Format(time.RFC3339)):                      "",
		"?from=" + url.QueryEscape(times[2].In(time.FixedZone("KST", 9*3600)).Format(time.RFC3339Nano)): "2 3 4",
	} {
		if got := strings.Join(textsOf(s.exported(query, "")), " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// TestExportOfRemoved: who may not moderate gets no removed text, and nobody an
// erased one.
func TestExportOfRemoved(t *testing.T) {
	s := newSite(t, nil)
	entries := []archive.Entry{s.say("kept"), s.say("secret"), s.control(hubbub.Control{Action: hubbub.ActionDelete, MessageID: "id of secret"}), s.say("kept too")}
	for _, format := range []string{"jsonl", "csv"} {
		for who, token := range map[string]string{"nobody": "", "a user": s.token("u"), "a pretender": s.token("v", "owner", "moderator")} {
			a := s.do(request{path: exportPath + "?format=" + format, token: token})
			if body := strings.ReplaceAll(a.body, "id of secret", ""); strings.Contains(body, "secret") || strings.Count(body, "\n") < 3 || !strings.Contains(body, "true") {
				t.Errorf("%s gets %s", who, a.body)
			}
		}
		for who, token := range map[string]string{"the owner": s.token("host"), "an admin": s.token("a", "admin")} {
			if a := s.do(request{path: exportPath + "?format=" + format, token: token}); !strings.Contains(strings.ReplaceAll(a.body, "id of secret", ""), "secret") {
				t.Errorf("%s gets %s", who, a.body)
			}
		}
	}
	s.archiveAll(entries)
	if _, err := s.archive.Erase(t.Context(), "u"); err != nil {
		t.Fatal(err)
	}
	a := s.do(request{path: exportPath, token: s.token("a", "admin")})
	if body := strings.ReplaceAll(a.body, "id of", ""); strings.Count(body, "\n") != 3 || strings.Contains(body, `"content":"kept`) || strings.Contains(body, "Jun") {
		t.Errorf("after the erasure an admin gets %s", a.body)
	}
}

// TestCSVIsHarmless: no cell is a formula, and every text can be read back.
func TestCSVIsHarmless(t *testing.T) {
	s := newSite(t, nil)
	texts := []string{
		`=HYPERLINK("http://evil","x")`, "+1", "-1", "@SUM(A1)", "＝1+1", "plain", `quotes " and, commas`, "안녕", "'", "a=b", " =1", "🙂",
		"\t=1", "\r=1", "\n=1", "line\nbreak", "",
	}
	for i, text := range texts {
		m := hubbub.Message{
			ID: hubbub.MessageID(fmt.Sprint("=", i)), StreamID: "1", Content: text, CreatedAt: time.UnixMilli(1_700_000_000_123),
			Sender: hubbub.Sender{ID: "-u", Name: "@" + text, Roles: []string{"+x", "guest"}},
		}
		s.append(hubbub.KindMessage, m.AppendJSON(nil))
	}
	a := s.do(request{path: exportPath + "?format=csv"})
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "text/csv; charset=utf-8" || a.Header.Get("Content-Disposition") != `attachment; filename="hubbub-1.csv"` {
		t.Errorf("%s %v", a.Status, a.Header)
	}
	body, ok := strings.CutPrefix(a.body, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if !ok || err != nil || len(rows) != len(texts)+1 || !slices.Equal(rows[0], exportColumns) {
		t.Fatalf("%v, %d rows: %q", err, len(rows), a.body)
	}
	for i, row := range rows[1:] {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
				t.Errorf("a spreadsheet would take this for a formula: %q", cell)
			}
		}
		text := strings.ReplaceAll(texts[i], "\r", "") // encoding/csv reads a lone CR so
		if got := strings.ReplaceAll(row[6], "\r", ""); got != text && got != "'"+text {
			t.Errorf("%q has become %q", text, got)
		}
		if row[1] != "2023-11-14T22:13:20.123Z" || row[8] != "false" || row[5] != "'+x guest" {
			t.Errorf("%q", row)
		}
	}
}

func TestExportRefusals(t *testing.T) {
	s := newSite(t, nil)
	for why, query := range map[string]string{
		"an unknown format": "?format=xml", "no time": "?from=yesterday", "a date": "?to=2026-01-01",
		"nothing between": "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
	} {
		s.wantRefused(why, hubbub.CodeBadRequest, request{path: exportPath + query})
	}
	s.wantRefused("unknown", hubbub.CodeStreamNotFound, request{path: "/api/v1/streams/7/export"})
	s.wantRefused("a bad token", hubbub.CodeTokenInvalid, request{path: exportPath, token: "x"})
	s.wantRefused("POST", hubbub.CodeUnsupported, request{path: exportPath, body: `{}`})
}

// brokenHistory fails after some pages.
type brokenHistory struct {
	History
	left atomic.Int64
	hold chan struct{} // received from before each page, unless nil
}

func (b *brokenHistory) Page(ctx context.Context, q archive.Query) ([]archive.Entry, error) {
	if b.hold != nil {
		<-b.hold
	}
	if b.left.Add(-1) < 0 {
		return nil, errors.New("the disk is gone")
	}
	return b.History.Page(ctx, q)
}

// TestExportIsNeverHalf: one that cannot be finished does not look finished.
func TestExportIsNeverHalf(t *testing.T) {
	b := &brokenHistory{}
	b.left.Store(1)
	s := newSite(t, func(o *Options) { b.History, o.History = o.History, b })
	for i := range exportPage + 1 {
		s.say(fmt.Sprint(i))
	}
	res, err := http.Get(s.url + exportPath)
	s.must(err)
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	n := 0
	for lines.Scan() {
		n++
	}
	if lines.Err() == nil {
		t.Errorf("it ended after %d lines as if that were all", n)
	}
	if said := s.said.String(); !strings.Contains(said, "the disk is gone") {
		t.Errorf("the log has %q", said)
	}
}

// TestExportsAreBounded: beyond so many at once there are no more, and they make
// room when they end.
func TestExportsAreBounded(t *testing.T) {
	b := &brokenHistory{hold: make(chan struct{})}
	b.left.Store(1 << 40)
	s := newSite(t, func(o *Options) { b.History, o.History = o.History, b })
	ended := make(chan int, maxExports)
	for range maxExports {
		go func() {
			res, err := http.Get(s.url + exportPath)
			if err != nil {
				ended <- 0
				return
			}
			defer res.Body.Close()
			ended <- res.StatusCode
		}()
	}
	deadline := time.Now().Add(30 * time.Second)
	for { // until all of them are under way
		a := s.do(request{path: exportPath, method: http.MethodHead})
		if a.StatusCode == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("there is always room")
		}
	}
	a := s.wantRefused("one more", hubbub.CodeOverloaded, request{path: exportPath})
	if a.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
	close(b.hold)
	for range maxExports {
		if status := <-ended; status != http.StatusOK {
			t.Errorf("one of the first ended with %d", status)
		}
	}
	if got := s.exported("", ""); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// TestExportToWhoDoesNotRead: who stops reading does not hold a place for ever.
func TestExportToWhoDoesNotRead(t *testing.T) {
	s := newSite(t, func(o *Options) { o.ExportPatience = time.Second })
	for range 150 { // more than socket buffers hold
		s.append(hubbub.KindMessage, (&hubbub.Message{ID: "m", StreamID: "1", Content: strings.Repeat("x", 100<<10)}).AppendJSON(nil))
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	s.must(err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", exportPath, conn.RemoteAddr())
	s.must(err)
	deadline := time.Now().Add(30 * time.Second)
	for !strings.Contains(s.said.String(), "broken off") {
		if time.Now().After(deadline) {
			t.Fatal("it is still waiting")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/cache/localcache"
	"github.com/hubbub-live/hubbub/internal/clientaddr"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/presence"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A site is the handler over real parts, behind a real server. Stream 1 is live
// and run by "host", stream "over" has ended.
type site struct {
	t        *testing.T
	url      string
	keys     *token.Keys
	meta     *sqlitemeta.Store
	log      *natslog.Log
	archive  *sqlitearchive.Archive
	streams  *streams.Service
	accounts *account.Service
	tracker  *presence.Tracker
	signed   chan hubbub.UserID // OnRevoke
	banned   chan hubbub.UserID // OnBan
	closing  chan struct{}
	said     *lockedBuffer // the program's own log
	latest   latestOf      // of both channels
}

// latestOf is Latest with a value for stream 1.
type latestOf struct {
	value string
	err   error
}

func (l *latestOf) Latest(_ context.Context, stream hubbub.StreamID) ([]byte, bool, error) {
	return []byte(l.value), l.value != "" && stream == "1", l.err
}

// newSite starts a site; change sees the options before the handler is made.
func newSite(t *testing.T, change func(*Options)) *site {
	t.Helper()
	s := &site{t: t, signed: make(chan hubbub.UserID, 100), banned: make(chan hubbub.UserID, 100), closing: make(chan struct{}), said: &lockedBuffer{}}
	dir := t.TempDir()
	var err error
	s.meta, err = sqlitemeta.Open(t.Context(), filepath.Join(dir, sqlitemeta.File))
	s.must(err)
	t.Cleanup(func() { _ = s.meta.Close() })
	s.archive, err = sqlitearchive.Open(t.Context(), sqlitearchive.Options{Path: filepath.Join(dir, "archive.db")})
	s.must(err)
	t.Cleanup(func() { _ = s.archive.Close() })
	s.log, err = natslog.Open(t.Context(), natslog.Options{Dir: filepath.Join(dir, "log"), Logger: slog.New(slog.DiscardHandler)})
	s.must(err)
	t.Cleanup(func() { _ = s.log.Close() })
	s.keys, err = token.Open(dir, true)
	s.must(err)
	kept := localcache.New(localcache.Options{})
	t.Cleanup(func() { _ = kept.Close() })
	s.tracker = presence.New(kept, presence.Options{})
	s.run(s.tracker.Run)

	directory := streams.NewDirectory(s.meta, streams.DirectoryOptions{Now: apart()})
	s.streams = streams.NewService(s.meta, directory)
	s.accounts = account.New(s.meta, s.keys, account.Options{
		OnRevoke: func(list ...account.Revocation) { s.signed <- list[0].User },
		OnBan:    func(u hubbub.UserID, _ account.Ban, _ *hubbub.Error) { s.banned <- u },
	})
	o := Options{
		Version: "1.2.3", Keys: s.keys,
		Accounts: s.accounts, Bots: s.accounts,
		Directory: directory, Lister: s.streams, Viewers: streams.NewViewers(s.tracker, nil),
		History: &history.Reader{Archive: s.archive, Log: s.log}, Analysis: &s.latest, Minutes: &minutesOf{}, Summary: &s.latest,
		Mood:    func(content string) string { return "mood of " + content },
		Closing: s.closing, Logger: slog.New(slog.NewTextHandler(s.said, nil)),
	}
	s.moderate(&o)
	if change != nil {
		change(&o)
	}
	handler, err := New(o)
	s.must(err)
	server := httptest.NewUnstartedServer(handler)
	server.Config = NewServer(handler, slog.New(slog.DiscardHandler))
	server.Start()
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	s.url = server.URL
	s.create(streams.Draft{ID: "1", HostID: "host", HostName: "Mina", HostPicture: "https://p/mina.png", Title: "First", Language: "ko"})
	s.create(streams.Draft{ID: "over", Title: "Over"})
	s.must(s.streams.End(t.Context(), "", "over"))
	return s
}

// apart is the time, at each call a millisecond later at least: what is in the order
// of time is in the order of the calls.
func apart() func() time.Time {
	var mu sync.Mutex
	var last time.Time
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); now.Sub(last) >= time.Millisecond {
			last = now
		} else {
			last = last.Add(time.Millisecond)
		}
		return last
	}
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// run runs a part until the test is over.
func (s *site) run(part func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- part(ctx) }()
	s.t.Cleanup(func() { cancel(); <-ended })
}

func (s *site) create(d streams.Draft) {
	s.t.Helper()
	_, err := s.streams.Create(s.t.Context(), d)
	s.must(err)
}

// token is a token of user that is good for a minute.
func (s *site) token(user hubbub.UserID, roles ...string) string {
	s.t.Helper()
	text, err := s.keys.Mint(token.Identity{User: user, Name: "name of " + string(user), Roles: roles}, time.Minute)
	s.must(err)
	return text
}

// A request as a test writes it.
type request struct {
	method, path, body string // no method: GET, or POST with a body
	token              string
	header             http.Header
}

// An answer as a test reads it.
type reading struct {
	*http.Response
	body string
}

func (s *site) do(r request) reading {
	s.t.Helper()
	if r.method == "" {
		r.method = http.MethodGet
		if r.body != "" {
			r.method = http.MethodPost
		}
	}
	req, err := http.NewRequestWithContext(s.t.Context(), r.method, s.url+r.path, strings.NewReader(r.body))
	s.must(err)
	for name, values := range r.header {
		req.Header[name] = values
	}
	if host := r.header.Get("Host"); host != "" {
		req.Host = host
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.body != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 30 * time.Second}
	res, err := client.Do(req)
	s.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	s.must(err)
	return reading{res, string(body)}
}

// get asks for something that has to be there, and decodes it.
func get[T any](s *site, r request) (v T) {
	s.t.Helper()
	a := s.do(r)
	if a.StatusCode != http.StatusOK {
		s.t.Fatalf("%+v: %s %s", r, a.Status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		s.t.Fatalf("%+v: %v in %s", r, err, a.body)
	}
	return v
}

// wantRefused checks that a request is refused with a whole problem.
func (s *site) wantRefused(why string, want hubbub.Code, r request) reading {
	s.t.Helper()
	a := s.do(r)
	var p Problem
	err := json.Unmarshal([]byte(a.body), &p)
	switch {
	case err != nil || a.Header.Get("Content-Type") != "application/problem+json":
		s.t.Errorf("%s: no problem, but %s %s (%v)", why, a.Status, a.body, err)
	case p.Code != want || a.StatusCode != statuses[want]:
		s.t.Errorf("%s: %s %s, want %d %s", why, a.Status, a.body, statuses[want], want)
	case p.Status != a.StatusCode || p.Title != http.StatusText(a.StatusCode) || p.Detail == "":
		s.t.Errorf("%s: %s does not describe %s", why, a.body, a.Status)
	case a.Header.Get("Cache-Control") != "no-store":
		s.t.Errorf("%s: a refusal may be cached: %v", why, a.Header)
	case (a.StatusCode == http.StatusUnauthorized) != (a.Header.Get("WWW-Authenticate") != ""):
		s.t.Errorf("%s: %s with WWW-Authenticate %q", why, a.Status, a.Header.Get("WWW-Authenticate"))
	}
	return a
}

// say logs a message in stream 1, and does not archive it.
func (s *site) say(content string) archive.Entry {
	s.t.Helper()
	m := hubbub.Message{
		ID: hubbub.MessageID("id of " + content), StreamID: "1", Sender: hubbub.Sender{ID: "u", Name: "Jun"},
		Content: content, CreatedAt: time.Unix(1, 0),
	}
	return s.append(hubbub.KindMessage, m.AppendJSON(nil))
}

func (s *site) control(c hubbub.Control) archive.Entry {
	s.t.Helper()
	c.ID, c.StreamID, c.By = "c", "1", "host"
	return s.append(hubbub.KindControl, c.AppendJSON(nil))
}

func (s *site) append(kind string, value []byte) archive.Entry {
	s.t.Helper()
	r := eventlog.Record{Stream: "1", Kind: kind, Version: eventlog.Version, Value: value}
	at, now, err := eventlog.AppendWait(s.t.Context(), s.log, eventlog.RawChats, r)
	s.must(err)
	r.Position, r.Time = at, now
	return archive.Of(r)
}

// archiveAll puts entries into the archive as the archiver would.
func (s *site) archiveAll(entries []archive.Entry) {
	s.t.Helper()
	s.must(s.archive.Append(s.t.Context(), entries))
	c, err := s.log.Consume(s.t.Context(), eventlog.RawChats, eventlog.GroupArchive, eventlog.ConsumeOptions{})
	s.must(err)
	defer c.Close()
	s.must(c.Commit(s.t.Context(), 0, entries[len(entries)-1].Position))
}

// proxied trusts the machine's own address as a proxy, so that a test can come
// from any address.
func proxied(o *Options) {
	clients, err := clientaddr.New([]string{"127.0.0.1"})
	if err != nil {
		panic(err)
	}
	o.Clients = clients
}

func from(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

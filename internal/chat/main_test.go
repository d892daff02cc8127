package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/cache/localcache"
	"github.com/hubbub-live/hubbub/internal/chat/outbox"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/chat/send"
	"github.com/hubbub-live/hubbub/internal/chat/session"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
	"github.com/hubbub-live/hubbub/internal/clientaddr"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/httpapi"
	"github.com/hubbub-live/hubbub/internal/livebus/localbus"
	"github.com/hubbub-live/hubbub/internal/origin"
	"github.com/hubbub-live/hubbub/internal/relay"
	"github.com/hubbub-live/hubbub/internal/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what has to happen.
const patience = 20 * time.Second

// A heldLog is a real log that holds what is appended until it is let go.
type heldLog struct {
	eventlog.Log
	mu   sync.Mutex
	hold bool
	held []func()
}

func (l *heldLog) Append(ctx context.Context, t eventlog.Topic, r eventlog.Record, done func(hubbub.Position, time.Time, error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hold {
		l.held = append(l.held, func() { l.Log.Append(ctx, t, r, done) })
		return
	}
	l.Log.Append(ctx, t, r, done)
}

func (l *heldLog) holding() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.held)
}

func (l *heldLog) set(hold bool) {
	l.mu.Lock()
	held := l.held
	l.held, l.hold = nil, hold
	l.mu.Unlock()
	for _, do := range held {
		do()
	}
}

// audience is a presence that counts.
type audience struct {
	mu   sync.Mutex
	here map[string]int
}

func (a *audience) Join(stream hubbub.StreamID, viewer, _ string)  { a.add(stream, viewer, 1) }
func (a *audience) Leave(stream hubbub.StreamID, viewer, _ string) { a.add(stream, viewer, -1) }

func (a *audience) add(stream hubbub.StreamID, viewer string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.here[string(stream)+" "+viewer] += n; a.here[string(stream)+" "+viewer] == 0 {
		delete(a.here, string(stream)+" "+viewer)
	}
}

func (a *audience) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Sprint(a.here)
}

// A brokenHistory answers so many reads more, and then none, once it is told to.
type brokenHistory struct {
	history.Reader
	left atomic.Int64 // negative: all
}

func (h *brokenHistory) After(ctx context.Context, stream hubbub.StreamID, after hubbub.Position, limit int) ([]archive.Entry, hubbub.Position, error) {
	if left := h.left.Load(); left == 0 {
		return nil, hubbub.Position{}, errors.New("the disk is busy")
	} else if left > 0 {
		h.left.Add(-1)
	}
	return h.Reader.After(ctx, stream, after, limit)
}

// A place is a chat server with everything behind it.
type place struct {
	*Server
	t        testing.TB
	url      string // of the HTTP server
	log      *heldLog
	history  *brokenHistory
	hub      *room.Hub
	keys     *token.Keys
	audience *audience
	registry *prometheus.Registry
}

// open starts a place; tweak may change its options.
func open(t testing.TB, tweak func(*Options)) *place {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir, quiet := t.TempDir(), slog.New(slog.DiscardHandler)
	log, err := natslog.Open(context.Background(), natslog.Options{Dir: filepath.Join(dir, "log"), Logger: quiet})
	must(err)
	store, err := sqlitearchive.Open(context.Background(), sqlitearchive.Options{Path: filepath.Join(dir, "archive.db")})
	must(err)
	p := &place{t: t, log: &heldLog{Log: log}, audience: &audience{here: map[string]int{}}, registry: prometheus.NewRegistry()}
	p.keys, err = token.FromSecret([]byte("a secret that is long enough to be one, and then some more of it for HS512"))
	must(err)
	cache, bus := localcache.New(localcache.Options{}), localbus.New(localbus.Options{})
	p.history = &brokenHistory{Reader: history.Reader{Archive: store, Log: log}}
	p.history.left.Store(-1)
	p.hub = room.New(room.Options{Bus: bus, History: p.history, Tick: time.Millisecond, Logger: quiet})
	stream := func(_ context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
		if id == "no" {
			return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeStreamNotFound, "no stream %s", id)
		}
		return hubbub.Stream{ID: id, Status: hubbub.StatusLive}, nil
	}
	sender := send.New(send.Options{Log: p.log, Hub: p.hub, Cache: cache, Stream: stream, Length: 500, Logger: quiet,
		May: func(token.Identity, hubbub.Stream) error { return nil }})
	origins, err := origin.New("", []string{"https://friends.example"})
	must(err)
	clients, err := clientaddr.New(nil)
	must(err)
	o := Options{
		Session: session.Options{Hub: p.hub, Sender: sender, Presence: p.audience, Verify: p.keys.Verify, Logger: quiet, Anonymous: true,
			MayRead: func(ctx context.Context, _ token.Identity, id hubbub.StreamID) error {
				_, err := stream(ctx, id)
				return err
			},
			Outbox: outbox.Options{Backlog: 512 << 10, Stall: patience}},
		Origins: origins, Clients: clients, Refuse: httpapi.WriteProblem, Logger: quiet, Metrics: p.registry,
	}
	if tweak != nil {
		tweak(&o)
	}
	p.Server = New(o)

	mux := http.NewServeMux()
	for _, base := range []string{"/chat/ws", "/ws"} {
		mux.Handle(base, p.Handler(base))
		mux.Handle(base+"/", p.Handler(base))
	}
	web := httptest.NewServer(mux)
	p.url = web.URL
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = relay.New(relay.Options{Log: log, Bus: bus, Cache: cache, Logger: quiet}).Run(ctx) })
	work.Go(func() { _ = p.hub.Run(ctx) })
	work.Go(func() { _ = sender.Run(ctx) })
	work.Go(func() { _ = p.Run(ctx) })
	t.Cleanup(func() {
		p.log.set(false)
		within, stop := context.WithTimeout(context.Background(), patience)
		defer stop()
		p.Shutdown(within)
		web.Close()
		cancel()
		work.Wait()
		_ = bus.Close()
		_ = log.Close()
		_ = store.Close()
	})
	return p
}

func (p *place) token(user hubbub.UserID) string {
	p.t.Helper()
	raw, err := p.keys.Mint(token.Identity{User: user, Name: "Name of " + string(user), Roles: []string{}}, time.Hour)
	if err != nil {
		p.t.Fatal(err)
	}
	return raw
}

// until waits for what has to become true.
func (p *place) until(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			p.t.Fatalf("it did not happen: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// ended returns how many sessions ended with a code.
func (p *place) ended(code hubbub.Code) int {
	families, err := p.registry.Gather()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == "hubbub_disconnects_total" && m.Label[0].GetValue() == string(code) {
				return int(m.Counter.GetValue())
			}
		}
	}
	return 0
}

// A wire is a client's end of a connection that says exactly what it is told to.
type wire struct {
	t        testing.TB
	conn     net.Conn
	in       io.Reader
	protocol string // the sub-protocol that was agreed on
	sockjs   bool
	decoder  stomp.Decoder
	frames   []frame // read and not yet taken
	number   int     // of the close frame; 0: none yet
	reason   string
	said     []string // SockJS frames that are no arrays
}

type frame struct {
	command string
	header  map[string]string
	body    string
}

// dial opens a WebSocket at a path, such as /chat/ws.
func (p *place) dial(path string, protocols ...string) *wire {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, early, handshake, err := ws.Dialer{Protocols: protocols}.Dial(ctx, "ws"+strings.TrimPrefix(p.url, "http")+path)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	w := &wire{t: p.t, conn: conn, in: conn, protocol: handshake.Protocol, sockjs: strings.Count(path, "/") > 3}
	if early != nil {
		w.in = io.MultiReader(io.LimitReader(early, int64(early.Buffered())), conn)
	}
	return w
}

// connect is dial and CONNECT, with headers such as "viewer:x".
func (p *place) connect(headers ...string) *wire {
	p.t.Helper()
	w := p.dial("/chat/ws")
	w.say(f("CONNECT", "", append(headers, "accept-version:1.2", "heart-beat:0,0")...))
	w.want("CONNECTED")
	return w
}

// signedIn is connect with a token.
func (p *place) signedIn(user hubbub.UserID, headers ...string) *wire {
	p.t.Helper()
	return p.connect(append(headers, "Authorization:Bearer "+p.token(user))...)
}

// f makes a STOMP frame.
func f(command, body string, headers ...string) string {
	if body != "" {
		headers = append(headers, fmt.Sprint("content-length:", len(body)))
	}
	return strings.Join(append([]string{command}, headers...), "\n") + "\n\n" + body + "\x00"
}

// say sends texts, a WebSocket message each.
func (w *wire) say(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if w.sockjs {
			quoted, err := json.Marshal([]string{text})
			if err != nil {
				w.t.Fatal(err)
			}
			text = string(quoted)
		}
		w.write(ws.NewTextFrame([]byte(text)))
	}
}

func (w *wire) write(f ws.Frame) {
	w.t.Helper()
	_ = w.conn.SetWriteDeadline(time.Now().Add(patience))
	if err := ws.WriteFrame(w.conn, ws.MaskFrame(f)); err != nil {
		w.t.Fatal("write:", err)
	}
}

// read reads one WebSocket frame; false at the end of the connection.
func (w *wire) read() bool {
	w.t.Helper()
	_ = w.conn.SetReadDeadline(time.Now().Add(patience))
	got, err := ws.ReadFrame(w.in)
	switch {
	case errors.Is(err, io.EOF):
		return false
	case err != nil:
		w.t.Fatal("read:", err)
	}
	switch got.Header.OpCode {
	case ws.OpClose:
		code, reason := ws.ParseCloseFrameData(got.Payload)
		w.number, w.reason = int(code), reason
		return true
	case ws.OpPing, ws.OpPong:
		w.said = append(w.said, fmt.Sprintf("%d %s", got.Header.OpCode, got.Payload))
		return true
	}
	text := got.Payload
	if w.sockjs && text[0] != 'a' {
		w.said = append(w.said, string(text))
		return true
	} else if w.sockjs {
		var parts []string
		if err := json.Unmarshal(text[1:], &parts); err != nil {
			w.t.Fatal(err)
		}
		text = []byte(strings.Join(parts, ""))
	}
	if err := w.decoder.Feed(text, w.take); err != nil {
		w.t.Fatal("the server's frames:", err)
	}
	return true
}

func (w *wire) take(got stomp.Frame) error {
	one := frame{command: got.Command, header: map[string]string{}, body: string(got.Body)}
	for _, h := range got.Headers {
		one.header[string(h.Name)] = string(h.Value)
	}
	switch one.header["version"] {
	case "1.0":
		w.decoder.SetVersion(stomp.V10)
	case "1.1":
		w.decoder.SetVersion(stomp.V11)
	case "1.2":
		w.decoder.SetVersion(stomp.V12)
	}
	w.frames = append(w.frames, one)
	return nil
}

// want returns the next STOMP frame, which has to be of that command.
func (w *wire) want(command string) frame {
	w.t.Helper()
	for len(w.frames) == 0 {
		if !w.read() {
			w.t.Fatalf("the connection ended (%d %s) before a %s", w.number, w.reason, command)
		}
	}
	got := w.frames[0]
	w.frames = w.frames[1:]
	if got.command != command {
		w.t.Fatalf("got %s %v %q, want %s", got.command, got.header, got.body, command)
	}
	return got
}

// receipt waits for the RECEIPT of a frame.
func (w *wire) receipt(id string) frame {
	w.t.Helper()
	got := w.want("RECEIPT")
	if got.header["receipt-id"] != id {
		w.t.Fatalf("the receipt of %q came, want that of %q", got.header["receipt-id"], id)
	}
	return got
}

// end reads to the end of the connection and returns the last ERROR, if any.
func (w *wire) end() (last frame) {
	w.t.Helper()
	for w.read() {
	}
	_ = w.conn.Close() // the server waits for that, for a moment
	for _, got := range w.frames {
		last = got
	}
	w.frames = nil
	return last
}

// subscribe subscribes and waits for the receipt.
func (w *wire) subscribe(id, destination string, headers ...string) frame {
	w.t.Helper()
	w.say(f("SUBSCRIBE", "", append([]string{"id:" + id, "destination:" + destination, "receipt:r-" + id}, headers...)...))
	return w.receipt("r-" + id)
}

const (
	messages = "/topic/stream/1/message"
	notices  = "/user/queue/notices"
	hello    = `{"content":"hello"}`
)

// get asks over HTTP and returns status, headers and body.
func (p *place) get(method, path string, header ...string) (*http.Response, string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	var body bytes.Buffer
	if answer.StatusCode != http.StatusSwitchingProtocols {
		_, err = body.ReadFrom(answer.Body)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return answer, body.String()
}

package send

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/cache/localcache"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/livebus/localbus"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// A faultyLog is a real log that can be told to fail.
type faultyLog struct {
	eventlog.Log
	appended atomic.Int64
	sick     atomic.Bool
	fail     func(r eventlog.Record, done func(hubbub.Position, time.Time, error)) bool // instead of appending
}

func (l *faultyLog) Append(ctx context.Context, t eventlog.Topic, r eventlog.Record, done func(hubbub.Position, time.Time, error)) {
	if l.fail != nil && l.fail(r, done) {
		return
	}
	l.appended.Add(1)
	l.Log.Append(ctx, t, r, done)
}

func (l *faultyLog) Healthy() error {
	if l.sick.Load() {
		return eventlog.ErrUnavailable
	}
	return l.Log.Healthy()
}

// A desk is a sender with everything behind it.
type desk struct {
	*Sender
	t        testing.TB
	log      *faultyLog
	history  *history.Reader
	bus      *localbus.Bus
	cache    *localcache.Cache
	stop     func()
	registry *prometheus.Registry
	clock    atomic.Int64 // ns added to the time
	streams  map[hubbub.StreamID]hubbub.Stream
}

func (d *desk) now() time.Time { return time.Now().Add(time.Duration(d.clock.Load())) }

func newDesk(t testing.TB, o Options) *desk {
	t.Helper()
	dir := t.TempDir()
	log, err := natslog.Open(context.Background(), natslog.Options{Dir: filepath.Join(dir, "log"), Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	store, err := sqlitearchive.Open(context.Background(), sqlitearchive.Options{Path: filepath.Join(dir, "archive.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	d := &desk{t: t, log: &faultyLog{Log: log}, history: &history.Reader{Archive: store, Log: log}, bus: localbus.New(localbus.Options{}),
		streams: map[hubbub.StreamID]hubbub.Stream{
			"1": {ID: "1", HostID: "host", Status: hubbub.StatusLive}, "2": {ID: "2", Status: hubbub.StatusLive},
			"old": {ID: "old", Status: hubbub.StatusEnded}}}
	d.cache = localcache.New(localcache.Options{Now: d.now})
	o.Log, o.Cache, o.Logger, o.Now = d.log, d.cache, quiet(), d.now
	o.Stream = func(_ context.Context, id hubbub.StreamID) (hubbub.Stream, error) {
		if s, ok := d.streams[id]; ok {
			return s, nil
		}
		return hubbub.Stream{}, hubbub.Refuse(hubbub.CodeStreamNotFound, "no stream %s", id)
	}
	o.May = func(who token.Identity, s hubbub.Stream) error {
		if who.User == "nobody" {
			return hubbub.Refuse(hubbub.CodeForbidden, "not you")
		}
		return streams.May(streams.Actor{User: who.User, Roles: who.Roles}, streams.ActionSend, s)
	}
	d.registry = prometheus.NewRegistry()
	o.Metrics = d.registry
	d.Sender = New(o)
	d.open()
	t.Cleanup(func() { d.stop() })
	return d
}

// open gives the desk rooms that know nothing yet.
func (d *desk) open() {
	if d.stop != nil {
		d.stop()
	}
	hub := room.New(room.Options{Bus: d.bus, History: d.history, Now: d.now, Logger: quiet()})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = hub.Run(ctx)
	}()
	d.stop = func() {
		cancel()
		<-done
	}
	d.options.Hub = hub
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func as(user hubbub.UserID, roles ...string) token.Identity {
	return token.Identity{User: user, Name: "Name of " + string(user), Picture: "https://example.org/" + string(user), Roles: roles}
}

// post posts and returns where the answers arrive.
func (d *desk) post(who token.Identity, stream hubbub.StreamID, body, nonce string) chan Answer {
	answers := make(chan Answer, 4)
	d.Post(context.Background(), Post{Who: who, Stream: stream, Body: []byte(body), Nonce: nonce, Answer: func(a Answer) { answers <- a }})
	return answers
}

func (d *desk) answer(answers chan Answer) Answer {
	d.t.Helper()
	select {
	case a := <-answers:
		return a
	case <-time.After(patience):
		d.t.Fatal("no answer")
		return Answer{}
	}
}

// say posts what is to be logged.
func (d *desk) say(who token.Identity, stream hubbub.StreamID, body, nonce string) Answer {
	d.t.Helper()
	a := d.answer(d.post(who, stream, body, nonce))
	if a.Err != nil {
		d.t.Fatalf("%s is refused: %v", body, a.Err)
	}
	return a
}

// logged returns what the log has of a stream.
func (d *desk) logged(stream hubbub.StreamID) []eventlog.Record {
	d.t.Helper()
	records, _, err := d.log.Read(context.Background(), eventlog.RawChats, stream, hubbub.Position{}, 1000)
	if err != nil {
		d.t.Fatal(err)
	}
	return records
}

func code(a Answer) hubbub.Code {
	if a.Err == nil {
		return ""
	}
	return a.Err.Code
}

const hello = `{"content":"hello"}`

func TestRefusals(t *testing.T) {
	d := newDesk(t, Options{Length: 20})
	control := func(c hubbub.Control) {
		c.StreamID = "2"
		done := make(chan error, 1)
		d.log.Append(context.Background(), eventlog.RawChats, eventlog.Record{Stream: "2", Kind: hubbub.KindControl, Value: c.AppendJSON(nil)},
			func(_ hubbub.Position, _ time.Time, err error) { done <- err })
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	control(hubbub.Control{Action: hubbub.ActionBan, UserID: "eve"})
	control(hubbub.Control{Action: hubbub.ActionTimeout, UserID: "tim", Seconds: 3600})
	control(hubbub.Control{Action: hubbub.ActionSettings, Settings: &hubbub.Settings{Chat: hubbub.ChatAccounts}})
	d.log.appended.Store(0)
	for _, c := range []struct {
		name   string
		who    token.Identity
		stream hubbub.StreamID
		body   string
		nonce  string
		want   hubbub.Code
	}{
		{"nobody in particular", token.Identity{}, "1", hello, "", hubbub.CodeTokenRequired},
		{"nobody with a bad body hears that first", token.Identity{}, "1", "", "", hubbub.CodeTokenRequired},
		{"no body", as("ada"), "1", "", "", hubbub.CodeBodyInvalid},
		{"white space", as("ada"), "1", " \n", "", hubbub.CodeBodyInvalid},
		{"not JSON", as("ada"), "1", "hello", "", hubbub.CodeBodyInvalid},
		{"not an object", as("ada"), "1", `["hello"]`, "", hubbub.CodeBodyInvalid},
		{"two objects", as("ada"), "1", hello + hello, "", hubbub.CodeBodyInvalid},
		{"content of another kind", as("ada"), "1", `{"content":1}`, "", hubbub.CodeBodyInvalid},
		{"not UTF-8", as("ada"), "1", "{\"content\":\"\xff\"}", "", hubbub.CodeBodyInvalid},
		{"no content", as("ada"), "1", `{}`, "", hubbub.CodeContentEmpty},
		{"null", as("ada"), "1", `null`, "", hubbub.CodeContentEmpty},
		{"nothing to see", as("ada"), "1", `{"content":" \u200b "}`, "", hubbub.CodeContentEmpty},
		{"too long", as("ada"), "1", `{"content":"` + strings.Repeat("é", 21) + `"}`, "", hubbub.CodeContentTooLong},
		{"a control character", as("ada"), "1", `{"content":"a\u0000b"}`, "", hubbub.CodeContentInvalid},
		{"a bidirectional override", as("ada"), "1", `{"content":"a\u202eb"}`, "", hubbub.CodeContentInvalid},
		{"a nonce that is too long", as("ada"), "1", hello, strings.Repeat("n", 65), hubbub.CodeNonceInvalid},
		{"a nonce that is not ASCII", as("ada"), "1", hello, "é", hubbub.CodeNonceInvalid},
		{"another stream in the body", as("ada"), "1", `{"content":"x","streamId":"2"}`, "", hubbub.CodeStreamMismatch},
		{"another stream, as a number", as("ada"), "1", `{"content":"x","streamId":2}`, "", hubbub.CodeStreamMismatch},
		{"no such stream", as("ada"), "no", hello, "", hubbub.CodeStreamNotFound},
		{"a stream that is over", as("ada"), "old", hello, "", hubbub.CodeStreamEnded},
		{"the policy", as("nobody"), "1", hello, "", hubbub.CodeForbidden},
		{"banned", as("eve"), "2", hello, "", hubbub.CodeBanned},
		{"timed out", as("tim"), "2", hello, "", hubbub.CodeTimedOut},
		{"a guest where accounts write", as("gus", hubbub.RoleGuest), "2", hello, "", hubbub.CodeAccountsOnly},
		{"with a nonce too", as("eve"), "2", hello, "n", hubbub.CodeBanned},
	} {
		t.Run(c.name, func(t *testing.T) {
			answers := d.post(c.who, c.stream, c.body, c.nonce)
			a := d.answer(answers)
			if code(a) != c.want || a.Err.Message == "" {
				t.Errorf("got %v, want %s", a.Err, c.want)
			}
			if strings.Contains(c.body, `"content":"x"`) && a.Content != "x" {
				t.Errorf("the text does not come back: %q", a.Content)
			}
			if len(answers) > 0 {
				t.Error("a second answer")
			}
		})
	}
	if n := d.log.appended.Load(); n != 0 {
		t.Errorf("%d refused messages were logged", n)
	}
	families, err := d.registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "hubbub_sends_total" || len(families[0].Metric) < 10 {
		t.Errorf("the metric: %v, %v", families, err)
	}
}

func TestWhatIsLogged(t *testing.T) {
	d := newDesk(t, Options{})
	a := d.say(as("host", "admin"), "1", `{"content":"  Cafe\u0301\n\tnow ","streamId":1,"sender":{"id":"eve","name":"Eve","roles":["admin"]},"id":"forged","createdAt":"1999-01-01T00:00:00Z","more":{}}`, "n1")
	records := d.logged("1")
	if len(records) != 1 || records[0].Position != a.Position || records[0].Kind != hubbub.KindMessage {
		t.Fatalf("logged: %+v", records)
	}
	m, err := hubbub.ParseMessage(records[0].Value)
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(m.CreatedAt); m.ID != a.ID || age < 0 || age > time.Minute || len(m.ID) != 36 {
		t.Errorf("id %s of %s, created %v", m.ID, a.ID, m.CreatedAt)
	}
	got := fmt.Sprintf("%s %s %v %q %s", m.StreamID, m.Sender.ID, m.Sender.Roles, m.Content, m.Nonce)
	if want := `1 host [admin owner] "Café now" n1`; got != want || m.Sender.Name != "Name of host" || m.Sender.ProfileImageURL != "https://example.org/host" {
		t.Errorf("got %s, want %s; sender %+v", got, want, m.Sender)
	}
}

func TestNonces(t *testing.T) {
	d := newDesk(t, Options{})
	first := d.say(as("ada"), "1", hello, "n")
	for _, c := range []struct {
		name string
		same bool
		do   func() Answer
	}{
		{"again", true, func() Answer { return d.say(as("ada"), "1", hello, "n") }},
		{"again with another text: the first counts", true, func() Answer { return d.say(as("ada"), "1", `{"content":"other"}`, "n") }},
		{"in rooms made anew", true, func() Answer { d.open(); return d.say(as("ada"), "1", hello, "n") }},
		{"in rooms made anew, by a sender that remembers nothing", true, func() Answer {
			d.open()
			d.flights.known = nil
			return d.say(as("ada"), "1", hello, "n")
		}},
		{"another user's", false, func() Answer { return d.say(as("eve"), "1", hello, "n") }},
		{"in another stream", false, func() Answer { return d.say(as("ada"), "2", hello, "n") }},
		{"another one", false, func() Answer { return d.say(as("ada"), "1", hello, "m") }},
		{"after the window", false, func() Answer {
			d.clock.Add(int64(5 * time.Minute))
			d.flights.forget(d.now())
			return d.say(as("ada"), "1", hello, "n")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := d.log.appended.Load()
			a := c.do()
			if same := a.Logged == first.Logged; same != c.same || same == (d.log.appended.Load() > before) {
				t.Errorf("got %v, the first was %v", a.Logged, first.Logged)
			}
		})
	}
}

// However many send the same nonce at once, it exists once and all get the same
// receipt.
func TestNonceAtOnce(t *testing.T) {
	d := newDesk(t, Options{})
	release := make(chan func(), 1)
	d.log.fail = func(r eventlog.Record, done func(hubbub.Position, time.Time, error)) bool {
		release <- func() { d.log.Log.Append(context.Background(), eventlog.RawChats, r, done) }
		return true
	}
	answers := make(chan Answer, 100)
	var posting sync.WaitGroup
	for range 50 {
		posting.Go(func() {
			d.Post(context.Background(), Post{Who: as("ada"), Stream: "1", Body: []byte(hello), Nonce: "n", Answer: func(a Answer) { answers <- a }})
		})
	}
	posting.Wait()
	if len(answers) > 0 {
		t.Error("answered before it was durable")
	}
	(<-release)()
	first := d.answer(answers)
	for range 49 {
		if a := d.answer(answers); a.Logged != first.Logged || a.Err != nil {
			t.Errorf("got %+v, the first %+v", a, first)
		}
	}
	if n := len(d.logged("1")); n != 1 {
		t.Errorf("%d are logged", n)
	}
}

func TestTimeout(t *testing.T) {
	d := newDesk(t, Options{})
	var late func()
	d.log.fail = func(r eventlog.Record, done func(hubbub.Position, time.Time, error)) bool {
		late = func() { d.log.Log.Append(context.Background(), eventlog.RawChats, r, done) }
		return true
	}
	one := d.post(as("ada"), "1", hello, "n")
	d.waiting.expire(d.now().Add(9 * time.Second))
	if len(one) > 0 {
		t.Fatal("answered too early")
	}
	d.waiting.expire(d.now().Add(11 * time.Second))
	if a := d.answer(one); code(a) != hubbub.CodeOutcomeUnknown || a.Content != "hello" {
		t.Fatalf("got %+v", a)
	}
	again := d.post(as("ada"), "1", hello, "n") // waits for the first
	late()
	if a := d.answer(again); a.Err != nil || len(d.logged("1")) != 1 {
		t.Errorf("the repeat: %+v, %d are logged", a, len(d.logged("1")))
	}
	d.waiting.expire(d.now().Add(time.Hour))
	if len(one)+len(again) > 0 || len(d.waiting.posts) > 0 {
		t.Errorf("answered twice, or %d are still waited for", len(d.waiting.posts))
	}
}

// A repeat of a message whose outcome is unknown exists once, also if the relay
// has not shown it to the room yet; while the log is in trouble it stays unknown.
func TestDoubtful(t *testing.T) {
	for _, was := range []bool{true, false} {
		t.Run(fmt.Sprintf("logged=%v", was), func(t *testing.T) {
			d := newDesk(t, Options{})
			d.say(as("ada"), "1", hello, "") // the room is loaded before
			d.log.fail = func(r eventlog.Record, done func(hubbub.Position, time.Time, error)) bool {
				unknown := func(hubbub.Position, time.Time, error) { done(hubbub.Position{}, time.Time{}, eventlog.ErrUnknown) }
				if was {
					d.log.Log.Append(context.Background(), eventlog.RawChats, r, unknown)
				} else {
					unknown(hubbub.Position{}, time.Time{}, nil)
				}
				return true
			}
			if a := d.answer(d.post(as("ada"), "1", hello, "n")); code(a) != hubbub.CodeOutcomeUnknown {
				t.Fatalf("got %+v", a)
			}
			d.log.fail = nil
			d.log.sick.Store(true)
			if a := d.answer(d.post(as("ada"), "1", hello, "n")); code(a) != hubbub.CodeOutcomeUnknown {
				t.Errorf("while the log is in trouble: %+v", a)
			}
			d.log.sick.Store(false)
			a := d.say(as("ada"), "1", hello, "n")
			records := d.logged("1")
			if len(records) != 2 || records[1].Position != a.Position {
				t.Errorf("%d are logged, the answer is %+v", len(records), a.Logged)
			}
		})
	}
}

func TestLogErrors(t *testing.T) {
	d := newDesk(t, Options{})
	for _, c := range []struct {
		err  error
		want hubbub.Code
	}{
		{eventlog.ErrBusy, hubbub.CodeOverloaded},
		{eventlog.ErrFull, hubbub.CodeStorageFull},
		{eventlog.ErrReadOnly, hubbub.CodeStorageFull},
		{eventlog.ErrUnavailable, hubbub.CodeUnavailable},
		{eventlog.ErrClosed, hubbub.CodeUnavailable},
		{eventlog.ErrTooLarge, hubbub.CodeContentTooLong},
		{eventlog.ErrUnknown, hubbub.CodeOutcomeUnknown},
		{errors.New("something else"), hubbub.CodeUnavailable},
	} {
		d.log.fail = func(_ eventlog.Record, done func(hubbub.Position, time.Time, error)) bool {
			done(hubbub.Position{}, time.Time{}, fmt.Errorf("append: %w", c.err))
			return true
		}
		for _, nonce := range []string{"", "n" + c.err.Error()} {
			if a := d.answer(d.post(as("ada"), "1", hello, nonce)); code(a) != c.want {
				t.Errorf("%v with nonce %q: %v, want %s", c.err, nonce, a.Err, c.want)
			}
		}
		if c.want == hubbub.CodeOutcomeUnknown {
			continue
		}
		d.log.fail = nil
		if a := d.answer(d.post(as("ada"), "1", hello, "n"+c.err.Error())); a.Err != nil {
			t.Errorf("after %v the nonce is spent: %v", c.err, a.Err)
		}
	}
}

func TestRates(t *testing.T) {
	begin := time.Unix(1000, 0)
	r := rates{perSecond: 5, burst: 10}
	for i := range 10 {
		if wait := r.take("ada", begin); wait != 0 {
			t.Fatalf("message %d of the burst waits %v", i+1, wait)
		}
	}
	if wait := r.take("ada", begin); wait <= 0 || wait > 200*time.Millisecond {
		t.Errorf("beyond the burst: wait %v", wait)
	}
	if r.take("eve", begin) != 0 {
		t.Error("one user's rate is another's")
	}
	if r.take("ada", begin.Add(200*time.Millisecond)) != 0 || r.take("ada", begin.Add(200*time.Millisecond)) == 0 {
		t.Error("after a fifth of a second there is room for one, not for two")
	}
	r.forget(begin.Add(time.Minute))
	if len(r.due) != 0 {
		t.Errorf("%d users are kept who may send a whole burst", len(r.due))
	}

	d := newDesk(t, Options{Rate: 0.01, Burst: 10}) // slower than any machine that runs this
	for range 10 {
		d.say(as("ada"), "1", hello, "")
	}
	if a := d.answer(d.post(as("ada"), "1", hello, "n")); code(a) != hubbub.CodeRateLimited || a.Err.RetryAfter <= 0 {
		t.Errorf("beyond the burst: %+v", a.Err)
	}
	for range 30 {
		d.say(as("host"), "1", hello, "")
	}
	d.clock.Store(int64(150 * time.Second)) // one and a half messages
	d.say(as("ada"), "1", hello, "n")
	d.say(as("ada"), "1", hello, "n") // a repeat costs nothing
	if a := d.answer(d.post(as("ada"), "1", hello, "")); code(a) != hubbub.CodeRateLimited {
		t.Errorf("another one: %+v", a)
	}
}

// A token is for all streams: roles of one stream in it are not believed.
func TestRolesOfAStreamAreNotTheTokens(t *testing.T) {
	d := newDesk(t, Options{Rate: 0.001, Burst: 1})
	pretender := as("eve", hubbub.RoleOwner, hubbub.RoleModerator)
	d.say(pretender, "1", hello, "")
	m, err := hubbub.ParseMessage(d.logged("1")[0].Value)
	if err != nil || len(m.Sender.Roles) != 0 {
		t.Errorf("shown with roles %v, %v", m.Sender.Roles, err)
	}
	if a := d.answer(d.post(pretender, "1", hello, "")); code(a) != hubbub.CodeRateLimited {
		t.Errorf("beyond the rate: %v", a.Err)
	}
}

func TestSlowMode(t *testing.T) {
	d := newDesk(t, Options{})
	settings := hubbub.Control{StreamID: "1", Action: hubbub.ActionSettings, Settings: &hubbub.Settings{SlowSeconds: 30}}
	done := make(chan struct{})
	d.log.Append(context.Background(), eventlog.RawChats, eventlog.Record{Stream: "1", Kind: hubbub.KindControl, Value: settings.AppendJSON(nil)},
		func(hubbub.Position, time.Time, error) { close(done) })
	<-done
	d.say(as("ada"), "1", hello, "n1")
	a := d.answer(d.post(as("ada"), "1", hello, "n2"))
	if code(a) != hubbub.CodeSlowMode || a.Err.RetryAfter <= 20*time.Second || a.Err.RetryAfter > 30*time.Second {
		t.Errorf("within the pause: %+v", a.Err)
	}
	d.say(as("ada"), "1", hello, "n1") // a repeat is not another message
	d.say(as("eve"), "1", hello, "")
	d.say(as("ada"), "2", hello, "")
	for range 3 {
		d.say(as("host"), "1", hello, "")
	}
	d.clock.Add(int64(31 * time.Second))
	d.say(as("ada"), "1", hello, "")
}

func TestFlightsAreBounded(t *testing.T) {
	var f flights
	now := time.Unix(1000, 0)
	for i := range maxFlights + 10 {
		key := flightKey{"1", "ada", fmt.Sprint(i)}
		if first, _ := f.join(key, func(Answer) {}); !first {
			t.Fatal("not the first")
		}
		f.land(key, now, Answer{})
	}
	for i := range maxFlights { // refused, so they take nobody's place
		key := flightKey{"1", "eve", fmt.Sprint(i)}
		f.join(key, func(Answer) {})
		f.land(key, now, Answer{Err: hubbub.Refuse(hubbub.CodeRateLimited, "too many")})
	}
	f.forget(now)
	if len(f.known) != maxFlights || len(f.order) != maxFlights {
		t.Errorf("%d and %d are kept", len(f.known), len(f.order))
	}
	f.forget(now.Add(flightWindow))
	if len(f.known)+len(f.order) != 0 {
		t.Errorf("%d and %d are kept after the window", len(f.known), len(f.order))
	}
}

// Run answers what the log does not.
func TestRun(t *testing.T) {
	d := newDesk(t, Options{Timeout: time.Millisecond})
	d.log.fail = func(eventlog.Record, func(hubbub.Position, time.Time, error)) bool { return true }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	if a := d.answer(d.post(as("ada"), "1", hello, "")); code(a) != hubbub.CodeOutcomeUnknown {
		t.Errorf("got %+v", a)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// BenchmarkPost is the way of a message up to the log, which takes it at once.
func BenchmarkPost(b *testing.B) {
	for _, nonce := range []bool{false, true} {
		b.Run(fmt.Sprintf("nonce=%v", nonce), func(b *testing.B) {
			d := newDesk(b, Options{Rate: 1e9, Burst: 1e9, Length: 500})
			d.log.fail = func(_ eventlog.Record, done func(hubbub.Position, time.Time, error)) bool {
				done(hubbub.Position{Epoch: 1, N: 1}, time.Time{}, nil)
				return true
			}
			p := Post{Who: as("ada"), Stream: "1", Body: []byte(`{"content":"오늘 방송 진짜 재밌네요 ㅋㅋㅋ"}`), Answer: func(Answer) {}}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if nonce {
					p.Nonce = fmt.Sprint(i)
				}
				d.Post(context.Background(), p)
				if i%1000 == 0 {
					now := d.now()
					d.waiting.expire(now)
					d.flights.forget(now)
				}
			}
		})
	}
}

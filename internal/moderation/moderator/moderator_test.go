package moderator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/livebus/localbus"
	"github.com/hubbub-live/hubbub/internal/moderation"
	"github.com/hubbub-live/hubbub/internal/streams"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// A faultyLog is a real log that can be told to fail.
type faultyLog struct {
	eventlog.Log
	fail func(done func(hubbub.Position, time.Time, error))
}

func (l *faultyLog) Append(ctx context.Context, t eventlog.Topic, r eventlog.Record, done func(hubbub.Position, time.Time, error)) {
	if l.fail != nil {
		l.fail(done)
		return
	}
	l.Log.Append(ctx, t, r, done)
}

// crowd is who has an account.
type crowd map[hubbub.UserID]Person

func (c crowd) Person(_ context.Context, id hubbub.UserID) (Person, bool, error) {
	p, ok := c[id]
	return p, ok, nil
}

func (c crowd) Named(_ context.Context, name string) (Person, bool, error) {
	for _, p := range c {
		if strings.EqualFold(p.Name, name) {
			return p, true, nil
		}
	}
	return Person{}, false, nil
}

// A bench is a service with everything behind it but a relay: the room fetches what
// is logged.
type bench struct {
	*Service
	t        *testing.T
	log      *faultyLog
	archive  *sqlitearchive.Archive
	history  *history.Reader
	hub      *room.Hub
	stop     func()
	registry *prometheus.Registry
	stream   hubbub.Stream
	serial   int
}

var (
	owner     = streams.Actor{User: "host"}
	mod       = streams.Actor{User: "mod"}
	admin     = streams.Actor{User: "root", Roles: []string{hubbub.RoleAdmin}}
	stranger  = streams.Actor{User: "eve", Roles: []string{hubbub.RoleModerator, hubbub.RoleOwner}}
	anonymous = streams.Actor{}
)

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	log, err := natslog.Open(context.Background(), natslog.Options{Dir: filepath.Join(dir, "log"), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	store, err := sqlitearchive.Open(context.Background(), sqlitearchive.Options{Path: filepath.Join(dir, "archive.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b := &bench{t: t, log: &faultyLog{Log: log}, archive: store,
		stream: hubbub.Stream{ID: "1", HostID: "host", Status: hubbub.StatusLive, Moderators: []hubbub.UserID{"mod", "mod2"}}}
	b.history = &history.Reader{Archive: store, Log: log}
	b.open()
	t.Cleanup(func() { b.stop() })
	return b
}

// open gives the bench rooms that know nothing yet.
func (b *bench) open() {
	if b.stop != nil {
		b.stop()
	}
	b.hub = room.New(room.Options{Bus: localbus.New(localbus.Options{}), History: b.history, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.hub.Run(ctx)
	}()
	b.stop = func() { cancel(); <-done }
	b.registry = prometheus.NewRegistry()
	b.Service = New(Options{Log: b.log, Hub: b.hub, History: b.history, Metrics: b.registry, People: crowd{
		"host": {"host", "Host", []string{}}, "mod": {"mod", "Mod", []string{}}, "mod2": {"mod2", "Mod Two", []string{}},
		"root": {"root", "Root", []string{hubbub.RoleAdmin}}, "kim": {"kim", "Kim", []string{}}, "far": {"far", "Far Away", []string{}},
	}})
}

// say logs a message and returns its id.
func (b *bench) say(sender hubbub.UserID, name string, roles ...string) hubbub.MessageID {
	b.t.Helper()
	b.serial++
	m := hubbub.Message{ID: hubbub.MessageID(fmt.Sprint("m", b.serial)), StreamID: "1", Content: "hello", CreatedAt: time.Now(),
		Sender: hubbub.Sender{ID: sender, Name: name, Roles: roles}}
	position, _, err := eventlog.AppendWait(b.t.Context(), b.log.Log, eventlog.RawChats, eventlog.Record{Stream: "1", Value: m.AppendJSON(nil)})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.room().Reach(b.t.Context(), position); err != nil {
		b.t.Fatal(err)
	}
	return m.ID
}

func (b *bench) room() *room.Room {
	b.t.Helper()
	r, err := b.hub.Room(b.t.Context(), "1")
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) try(by streams.Actor, o Order) (Done, error) {
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	return b.Do(ctx, by, b.stream, o)
}

func (b *bench) do(by streams.Actor, o Order) Done {
	b.t.Helper()
	done, err := b.try(by, o)
	if err != nil {
		b.t.Fatalf("%+v: %v", o, err)
	}
	return done
}

// may is what a viewer is told who sends now.
func (b *bench) may(user hubbub.UserID) hubbub.Code {
	return code(b.room().May(moderation.Speaker{User: user}))
}

func code(err error) hubbub.Code {
	if err == nil {
		return ""
	}
	return hubbub.AsError(err).Code
}

func pointer[T any](v T) *T { return &v }

// Once an order is answered, the room of this server keeps to it.
func TestOrdersAreInForceWhenAnswered(t *testing.T) {
	b := newBench(t)
	b.say("kim", "Kim")
	done := b.do(mod, Order{Action: hubbub.ActionTimeout, UserID: "kim", Seconds: 600, Reason: "  spoilers\n "})
	if got := b.may("kim"); got != hubbub.CodeTimedOut {
		t.Errorf("timed out: %q", got)
	}
	if c := done.Control; c.By != "mod" || c.UserID != "kim" || c.Seconds != 600 || c.Reason != "spoilers" || c.StreamID != "1" || len(c.ID) != 36 || done.Position.IsZero() {
		t.Errorf("the record is %+v", done)
	}
	b.do(mod, Order{Action: hubbub.ActionUnban, Name: "@KIM"})
	if got := b.may("kim"); got != "" {
		t.Errorf("unbanned: %q", got)
	}
	b.do(owner, Order{Action: hubbub.ActionBan, Name: "kim"})
	if got := b.may("kim"); got != hubbub.CodeBanned {
		t.Errorf("banned: %q", got)
	}
	b.do(admin, Order{Action: hubbub.ActionSettings, Settings: Rules{Chat: pointer(hubbub.ChatOff)}})
	b.do(admin, Order{Action: hubbub.ActionSettings, Settings: Rules{SlowSeconds: pointer(30)}})
	if got := b.room().Settings(); got != (hubbub.Settings{SlowSeconds: 30, Chat: hubbub.ChatOff}) || b.may("u") != hubbub.CodeChatOff {
		t.Errorf("settings: %+v", got)
	}
	b.open() // a server that starts
	if got := b.room().Settings(); got.SlowSeconds != 30 || b.may("kim") != hubbub.CodeBanned {
		t.Errorf("after a restart: %+v, %q", got, b.may("kim"))
	}
}

func TestDelete(t *testing.T) {
	b := newBench(t)
	hers, his, the := b.say("kim", "Kim"), b.say("mod", "Mod"), b.say("host", "Host", hubbub.RoleOwner)
	done := b.do(mod, Order{Action: hubbub.ActionDelete, MessageID: hers, Reason: "rude"})
	if done.UserID != "kim" || done.MessageID != hers || done.Reason != "rude" {
		t.Errorf("the record is %+v", done.Control)
	}
	b.do(mod, Order{Action: hubbub.ActionDelete, MessageID: his}) // their own
	kind := hubbub.KindMessage
	page, err := b.history.Page(t.Context(), archive.Query{Stream: "1", Kind: &kind, Limit: 10})
	if err != nil || len(page) != 3 || !page[0].Withheld || !page[1].Withheld || page[2].Withheld {
		t.Errorf("history: %+v, %v", page, err)
	}
	for id, want := range map[hubbub.MessageID]hubbub.Code{the: hubbub.CodeForbidden, "none": hubbub.CodeMessageNotFound} {
		if _, err := b.try(mod, Order{Action: hubbub.ActionDelete, MessageID: id}); code(err) != want {
			t.Errorf("message %s: %v", id, err)
		}
	}
	b.do(admin, Order{Action: hubbub.ActionDelete, MessageID: the})
	b.do(mod, Order{Action: hubbub.ActionClear})
}

func TestRefusals(t *testing.T) {
	b := newBench(t)
	message := b.say("kim", "Kim")
	b.say("g-1", "Mina#1")
	b.say("g-2", "mina#1")
	b.say("x-admin", "Elsewhere", hubbub.RoleAdmin)
	timeout := func(seconds int) Order { return Order{Action: hubbub.ActionTimeout, UserID: "kim", Seconds: seconds} }
	settings := func(slow int, chat string) Order {
		return Order{Action: hubbub.ActionSettings, Settings: Rules{SlowSeconds: &slow, Chat: &chat}}
	}
	ban := func(user hubbub.UserID) Order { return Order{Action: hubbub.ActionBan, UserID: user} }
	for _, row := range []struct {
		why  string
		by   streams.Actor
		o    Order
		want hubbub.Code
	}{
		{"nobody", anonymous, ban("kim"), hubbub.CodeTokenRequired},
		{"a stranger whose token says more", stranger, ban("kim"), hubbub.CodeForbidden},
		{"a stranger clears", stranger, Order{Action: hubbub.ActionClear}, hubbub.CodeForbidden},
		{"a stranger deletes", stranger, Order{Action: hubbub.ActionDelete, MessageID: message}, hubbub.CodeForbidden},
		{"oneself", mod, ban("mod"), hubbub.CodeForbidden},
		{"the owner oneself", owner, ban("host"), hubbub.CodeForbidden},
		{"an equal", mod, ban("mod2"), hubbub.CodeForbidden},
		{"an equal by name", mod, Order{Action: hubbub.ActionBan, Name: "Mod Two"}, hubbub.CodeForbidden},
		{"the owner", mod, ban("host"), hubbub.CodeForbidden},
		{"the owner, by an admin", admin, ban("host"), hubbub.CodeForbidden},
		{"an admin", owner, ban("root"), hubbub.CodeForbidden},
		{"an admin of another system", owner, ban("x-admin"), hubbub.CodeForbidden},
		{"no action", mod, Order{}, hubbub.CodeBadRequest},
		{"an unknown one", mod, Order{Action: "shout"}, hubbub.CodeBadRequest},
		{"one that is not theirs", mod, Order{Action: hubbub.ActionStream}, hubbub.CodeBadRequest},
		{"no seconds", mod, timeout(0), hubbub.CodeBadRequest},
		{"less than none", mod, timeout(-1), hubbub.CodeBadRequest},
		{"more than two weeks", mod, timeout(MaxTimeout + 1), hubbub.CodeBadRequest},
		{"nobody in particular", mod, Order{Action: hubbub.ActionBan}, hubbub.CodeBadRequest},
		{"two at once", mod, Order{Action: hubbub.ActionBan, UserID: "kim", Name: "Kim"}, hubbub.CodeBadRequest},
		{"a name that nobody has", mod, Order{Action: hubbub.ActionBan, Name: "Nobody"}, hubbub.CodeUserNotFound},
		{"a name that two have", mod, Order{Action: hubbub.ActionBan, Name: "Mina#1"}, hubbub.CodeBadRequest},
		{"an id that nobody can have", mod, ban("a\nb"), hubbub.CodeUserNotFound},
		{"an endless id", mod, ban(hubbub.UserID(strings.Repeat("x", 129))), hubbub.CodeUserNotFound},
		{"no message", mod, Order{Action: hubbub.ActionDelete}, hubbub.CodeBadRequest},
		{"an endless reason", mod, Order{Action: hubbub.ActionBan, UserID: "kim", Reason: strings.Repeat("x", 201)}, hubbub.CodeBadRequest},
		{"a reason that turns the text around", mod, Order{Action: hubbub.ActionBan, UserID: "kim", Reason: "\u202e"}, hubbub.CodeBadRequest},
		{"no settings", mod, Order{Action: hubbub.ActionSettings}, hubbub.CodeBadRequest},
		{"too slow", mod, settings(MaxSlow+1, hubbub.ChatOpen), hubbub.CodeBadRequest},
		{"faster than possible", mod, settings(-1, hubbub.ChatOpen), hubbub.CodeBadRequest},
		{"a chat of its own kind", mod, settings(0, "closed"), hubbub.CodeBadRequest},
	} {
		if _, err := b.try(row.by, row.o); code(err) != row.want {
			t.Errorf("%s: %v, want %s", row.why, err, row.want)
		}
	}
	if deeds, _, err := b.Audit(t.Context(), owner, b.stream, hubbub.Position{}, 10); err != nil || len(deeds) != 0 {
		t.Errorf("something was done: %+v, %v", deeds, err)
	}
	for _, o := range []Order{timeout(1), timeout(MaxTimeout), settings(MaxSlow, hubbub.ChatAccounts), ban("never seen"), {Action: hubbub.ActionBan, Name: "far away"}} {
		b.do(mod, o)
	}
}

func TestAudit(t *testing.T) {
	b := newBench(t)
	b.say("kim", "Kim")
	var want []hubbub.Position
	for range 3 {
		want = append(want, b.do(mod, Order{Action: hubbub.ActionTimeout, UserID: "kim", Seconds: 1, Reason: "why"}).Position)
	}
	want = append(want, b.do(owner, Order{Action: hubbub.ActionBan, UserID: "stranger"}).Position)
	slices.Reverse(want)
	var got []hubbub.Position
	for before := (hubbub.Position{}); ; {
		deeds, next, err := b.Audit(t.Context(), mod, b.stream, before, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(deeds) == 0 {
			break
		}
		for _, d := range deeds {
			got = append(got, d.Position)
			if d.Action == hubbub.ActionTimeout && (d.ByName != "Mod" || d.UserName != "Kim" || d.Reason != "why" || time.Since(d.At) > time.Minute) ||
				d.Action == hubbub.ActionBan && (d.ByName != "Host" || d.UserName != "" || d.UserID != "stranger") {
				t.Errorf("%+v", d)
			}
		}
		before = next
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, _, err := b.Audit(t.Context(), stranger, b.stream, hubbub.Position{}, 3); code(err) != hubbub.CodeForbidden {
		t.Errorf("a stranger: %v", err)
	}
}

func TestWhenTheLogFails(t *testing.T) {
	b := newBench(t)
	for _, row := range []struct {
		err  error
		want hubbub.Code
	}{
		{eventlog.ErrUnknown, hubbub.CodeOutcomeUnknown},
		{eventlog.ErrFull, hubbub.CodeStorageFull},
		{eventlog.ErrBusy, hubbub.CodeUnavailable},
		{errors.New("something else"), hubbub.CodeUnavailable},
	} {
		b.log.fail = func(done func(hubbub.Position, time.Time, error)) { done(hubbub.Position{}, time.Time{}, row.err) }
		if _, err := b.try(mod, Order{Action: hubbub.ActionClear}); code(err) != row.want {
			t.Errorf("%v: %v", row.err, err)
		}
	}
	b.log.fail = func(func(hubbub.Position, time.Time, error)) {} // never answers
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := b.Do(ctx, mod, b.stream, Order{Action: hubbub.ActionClear}); code(err) != hubbub.CodeOutcomeUnknown {
		t.Errorf("no answer: %v", err)
	}
	b.Tell(hubbub.Control{StreamID: "1", Action: hubbub.ActionStream}) // does not wait
}

// Of two who change different settings neither undoes the other's.
func TestSettingsAtOnce(t *testing.T) {
	b := newBench(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			rules := Rules{SlowSeconds: pointer(7)}
			if i%2 == 0 {
				rules = Rules{Chat: pointer(hubbub.ChatAccounts)}
			}
			if _, err := b.try(mod, Order{Action: hubbub.ActionSettings, Settings: rules}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := b.room().Settings(); got != (hubbub.Settings{SlowSeconds: 7, Chat: hubbub.ChatAccounts}) {
		t.Errorf("%+v", got)
	}
}

func TestMetrics(t *testing.T) {
	b := newBench(t)
	b.do(mod, Order{Action: hubbub.ActionClear})
	for by, o := range map[*streams.Actor]Order{
		&stranger:  {Action: hubbub.ActionClear},
		&mod:       {Action: "made up by a stranger"},
		&anonymous: {Action: hubbub.ActionTimeout, UserID: "kim"},
	} {
		if _, err := b.try(*by, o); err == nil {
			t.Errorf("%+v is done", o)
		}
	}
	b.log.fail = func(done func(hubbub.Position, time.Time, error)) {
		done(hubbub.Position{}, time.Time{}, eventlog.ErrFull)
	}
	if _, err := b.try(mod, Order{Action: hubbub.ActionClear}); err == nil {
		t.Error("done on a full disk")
	}
	families, err := b.registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "hubbub_moderation_actions_total" {
		t.Fatalf("%v, %v", families, err)
	}
	got := map[string]float64{}
	for _, m := range families[0].Metric {
		got[m.Label[0].GetValue()+" "+m.Label[1].GetValue()] = m.Counter.GetValue()
	}
	if want := (map[string]float64{"clear done": 1, "clear refused": 1, "clear failed": 1, "invalid refused": 2}); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

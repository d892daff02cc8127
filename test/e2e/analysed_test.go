package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to lock a database as others may

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
	"github.com/hubbub-live/hubbub/test/promise"
)

func TestG5AnalysedOnce(t *testing.T) {
	t.Parallel()
	ctx, c, i, kills := killed(t) // inspect compares the totals
	counted := map[hubbub.StreamID]api.Reading{}
	total := 0
	for stream, log := range i.history {
		r, err := c.server.Reading(ctx, stream)
		must(t, err)
		must(t, recounts(log, r))
		counted[stream] = r
		total += r.TotalCount
	}
	promise.Tried(t, "G5", "SIGKILL under load, then each message counted again by hand", kills,
		append(i.counted(), promise.Count{What: "analysed", N: total})...)

	if len(hub.Engines) > 0 {
		return // the totals are not a file that can be taken away
	}
	// The other way round: the server itself counts the whole log again.
	replays, identical := max(1, kills/5), 0
	for range replays {
		replay(t, c.server)
		must(t, i.inspect(ctx))
		for stream, before := range counted {
			again, err := c.server.Reading(ctx, stream)
			must(t, err)
			again.Through = before.Through // of a result as old as the room's last message, or younger
			if reflect.DeepEqual(again, before) {
				identical++
			} else {
				t.Errorf("stream %s: counted again it is %+v, it was %+v", stream, again, before)
			}
		}
	}
	promise.Tried(t, "G5", "totals lost, the log counted again, with SIGKILL on the way", replays,
		promise.Count{What: "messages again", N: replays * total},
		promise.Count{What: "totals of streams", N: replays * len(counted)}, promise.Count{What: "identical", N: identical})
}

// recounts compares a reading with all messages of the stream: each mood and the
// number of those who spoke (few enough to be exact).
func recounts(log []api.Entry, r api.Reading) error {
	moods, chatters := map[string]int{}, map[hubbub.UserID]bool{}
	for _, e := range log {
		moods[e.Mood]++
		chatters[e.Sender.ID] = true
	}
	counts := maps.Clone(r.Counts)
	maps.DeleteFunc(counts, func(_ string, n int) bool { return n == 0 })
	last := log[len(log)-1].Position
	if !maps.Equal(moods, counts) || len(moods) < 2 || r.Chatters != len(chatters) || r.Through.Before(last) {
		return fmt.Errorf("%v by %d to %v; the reading has %v by %d through %v", moods, len(chatters), last, r.Counts, r.Chatters, r.Through)
	}
	return nil
}

// replay takes the totals away, and kills the server at some instant of counting
// them again.
func replay(t *testing.T, server *hub.Server) {
	t.Helper()
	must(t, server.Terminate())
	files, err := filepath.Glob(filepath.Join(server.Data, "tally.db*"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are no totals to take away")
	}
	for _, file := range files {
		must(t, os.Remove(file))
	}
	must(t, server.Spawn())
	time.Sleep(rand.N(500 * time.Millisecond)) // a kill comes at any instant
	must(t, server.Kill())
	must(t, server.Run())
}

// tellTime is how far the age that a result tells may be from the truth. The
// promise is 300 ms; a machine that runs other tests beside gets more.
const tellTime = 3 * time.Second

// TestG8VisibleAge holds what the results say of themselves, while all talk and
// the server is killed, against the log: that they are complete up to where they
// say, and how old that is. Unit tests have analysers that stand still.
func TestG8VisibleAge(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := startCrowd(t, ctx, 12, "1")
	var seen results
	const kills = 2
	for life := range kills + 1 {
		seen.follow(t, ctx, c.server)
		c.begin(ctx)
		c.talk(ctx)
		must(t, c.heard(ctx, 3000))
		if life < kills {
			must(t, c.server.Kill())
			c.wait()
			must(t, c.server.Run())
		}
	}
	c.stop()
	must(t, c.settled())
	must(t, c.server.AwaitSettled(ctx))
	log, err := c.server.History(ctx, "1", hubbub.Position{})
	must(t, err)
	worst := time.Duration(0)
	told, err := seen.all()
	must(t, err)
	for _, r := range told {
		off, err := r.against(log)
		if err != nil || off > tellTime {
			t.Errorf("a result that is %v off: %v", off, err)
		}
		worst = max(worst, off)
	}
	if len(told) < 3 {
		t.Errorf("%d results are too few to show anything", len(told))
	}
	promise.Tried(t, "G8", "SIGKILL under load, each result against the log", kills, promise.Count{What: "results", N: len(told)},
		promise.Count{What: "logged", N: len(log)}, promise.Count{What: "ms worst error of the age", N: int(worst.Milliseconds()), Worst: true})

	time.Sleep(3 * time.Second) // quiet is what is tested: a result ages by less than it would
	last, err := readResult(ctx, c.server)
	must(t, err)
	if last.Age != 0 || last.Through.Before(log[len(log)-1].Position) || last.TotalCount != len(log) {
		t.Errorf("in a quiet room with %d messages to %v: %+v", len(log), log[len(log)-1].Position, last)
	}
	promise.Tried(t, "G8", "nobody says anything for 3 s", 1, promise.Count{What: "ms old", N: last.Age, Worst: true})
}

// TestG8AnalysisStandsStill keeps the analysis from storing what it counts, as another
// program that writes to its database may, while people talk.
func TestG8AnalysisStandsStill(t *testing.T) {
	t.Parallel()
	s := startStage(t)
	kim, results := s.conn("kim"), s.subscribe(s.conn(""), hubbub.AnalysisChannel, 0)
	counted := func(n int) { // told to who watches
		t.Helper()
		for r := (told{}); r.TotalCount < n || r.Age != 0; {
			m, err := results.Next(s.ctx)
			must(t, err)
			must(t, json.Unmarshal(m.Body, &r))
		}
	}
	s.say(kim, "hello")
	counted(1)

	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.Data, "tally.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	must(t, err)
	defer db.Close()
	locked, err := db.BeginTx(s.ctx, nil)
	must(t, err)
	for range 5 {
		time.Sleep(700 * time.Millisecond) // time that passes is what is told
		s.say(kim, "is anybody there?")
	}
	var r told
	must(t, s.Call(s.ctx, http.MethodGet, "/api/v1/streams/show/analysis", nil, &r))
	must(t, locked.Rollback())
	counted(6)

	log, err := s.History(s.ctx, "show", hubbub.Position{})
	must(t, err)
	truth := log[len(log)-1].CreatedAt.Sub(log[0].CreatedAt)
	off := (time.Duration(r.Age)*time.Millisecond - truth).Abs()
	if r.TotalCount != 1 || off > truth/2 {
		t.Errorf("it stood still for %v of talk, and said %+v", truth, r)
	}
	promise.Tried(t, "G8", "its database locked while people talk", 1, promise.Count{What: "ms worst error of the age", N: int(off.Milliseconds()), Worst: true})
}

// A told is what a result says of itself.
type told struct {
	TotalCount int
	Through    hubbub.Position
	Age        int // ms
	At         time.Time
}

func readResult(ctx context.Context, server *hub.Server) (r told, err error) {
	err = server.Call(ctx, "GET", "/api/v1/streams/1/analysis", nil, &r)
	return r, err
}

// against compares with all of the log, and returns by how much the age is off the
// time that the oldest message that is not counted had waited.
func (r told) against(log []api.Entry) (off time.Duration, err error) {
	complete, next := 0, time.Time{}
	for _, e := range log {
		if e.Position.Compare(r.Through) > 0 {
			next = e.CreatedAt
			break
		}
		complete++
	}
	if r.TotalCount < complete {
		return 0, fmt.Errorf("through %v there are %d messages, it counts %d", r.Through, complete, r.TotalCount)
	}
	truth := time.Duration(0)
	if !next.IsZero() && next.Before(r.At) {
		truth = r.At.Sub(next)
	}
	return (time.Duration(r.Age)*time.Millisecond - truth).Abs(), nil
}

// results are those that a viewer got, one connection after another.
type results struct {
	conns   []*client.Conn
	readers sync.WaitGroup
	mu      sync.Mutex
	got     []told
	bad     error
}

// follow has one more connection listen, until it ends.
func (s *results) follow(t *testing.T, ctx context.Context, server *hub.Server) {
	t.Helper()
	conn, err := server.Dial(ctx, client.Options{})
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	s.conns = append(s.conns, conn)
	sub, err := conn.Subscribe(ctx, client.Topic{Destination: client.MessagesOf("1", hubbub.AnalysisChannel)})
	must(t, err)
	s.readers.Go(func() {
		for {
			m, err := sub.Next(ctx)
			if err != nil {
				return // the connection ended
			}
			s.take(m)
		}
	})
}

func (s *results) take(m client.Message) {
	var r told
	err := json.Unmarshal(m.Body, &r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, r)
	s.bad = errors.Join(s.bad, err)
}

// all ends the following and returns what came.
func (s *results) all() ([]told, error) {
	for _, conn := range s.conns {
		conn.Close()
	}
	s.readers.Wait()
	return s.got, s.bad
}

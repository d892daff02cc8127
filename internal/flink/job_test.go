//go:build flink

package flink_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/analysis/costly"
	"github.com/hubbub-live/hubbub/internal/analysis/host"
	"github.com/hubbub-live/hubbub/internal/analysis/observer"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/kafkalog"
	"github.com/hubbub-live/hubbub/internal/flink"
)

const patience = 3 * time.Minute

var (
	kafka  *cluster.Kafka
	engine *cluster.Flink
)

func TestMain(m *testing.M) {
	os.Exit(cluster.With(func(ctx context.Context, dir string) (func() error, error) {
		var err error
		if kafka, err = cluster.NewKafka(ctx, dir); err != nil {
			return nil, err
		}
		if engine, err = cluster.NewFlink(ctx, dir, cluster.FlinkOptions{TaskManagers: taskManagers}); err != nil {
			return nil, err
		}
		kill := func() error { return errors.Join(engine.Kill(), kafka.Kill()) }
		return kill, errors.Join(kafka.Start(ctx), engine.Start(ctx))
	}, m).Run())
}

const taskManagers = 8

// A world is a log of its own, and what was said in it.
type world struct {
	*testing.T
	prefix string
	log    *kafkalog.Log
	said   map[hubbub.StreamID]hubbub.Position // the newest of each room
	client *flink.Client
	reader *observer.Observer
	total  int
}

func newWorld(t *testing.T, prefix string) *world {
	log, err := kafkalog.Open(t.Context(), kafkalog.Options{
		Brokers: kafka.Seeds(), Prefix: prefix, Logger: slog.New(slog.DiscardHandler),
		Epoch: func(context.Context, eventlog.Topic, string) (uint32, error) { return 1, nil },
	})
	must(t, err)
	t.Cleanup(func() { must(t, log.Close()) })
	return &world{
		T: t, prefix: prefix, log: log, said: map[hubbub.StreamID]hubbub.Position{}, client: flink.NewClient(engine.REST()),
		reader: observer.New(classify.NewStarter()),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var texts = []string{"와 진짜 잘한다", "ㅋㅋㅋㅋㅋ", "이거 언제 끝나요?", "what a play!!", "this is so boring", "try going left first", "lol", "지루해요", "왼쪽으로 가보세요", "gg"}

// talk says n messages, in a room of which one has most of them.
func (w *world) talk(n int) {
	random := rand.New(rand.NewPCG(uint64(w.total), 7))
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for range n {
		room := hubbub.StreamID("hot")
		if random.IntN(10) >= 6 {
			room = hubbub.StreamID("room-" + strconv.Itoa(random.IntN(49)))
		}
		m := hubbub.Message{
			ID: hubbub.MessageID(fmt.Sprintf("019421e0-0000-7000-8000-%012d", w.total)), StreamID: room, CreatedAt: time.Now().UTC(),
			Sender:  hubbub.Sender{ID: hubbub.UserID("user-" + strconv.Itoa(random.IntN(2000))), Name: "아무나"},
			Content: texts[random.IntN(len(texts))] + " " + strconv.Itoa(random.IntN(30)),
		}
		w.total++
		r := eventlog.Record{Stream: room, Kind: hubbub.KindMessage, Version: eventlog.Version, Value: m.AppendJSON(nil)}
		all.Add(1)
		w.log.Append(w.Context(), eventlog.RawChats, r, func(p hubbub.Position, _ time.Time, err error) {
			defer all.Done()
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			if w.said[room].Before(p) {
				w.said[room] = p
			}
		})
	}
	all.Wait()
	must(w.T, failed)
}

func (w *world) submission(parallelism int, more ...string) flink.Submission {
	binary, err := filepath.Abs(os.Getenv("HUBBUB_BIN"))
	must(w.T, err)
	if info, err := os.Stat(binary); err != nil || !info.Mode().IsRegular() {
		w.Fatalf("HUBBUB_BIN must be the path of the hubbub binary: %v", err)
	}
	digest := host.SelfTest(classify.NewStarter())
	return flink.Submission{
		Jar: filepath.Join(filepath.Dir(binary), "hubbub-flink.jar"), Name: flink.JobName(w.prefix), Parallelism: parallelism,
		Arguments: append([]string{
			"--binary", binary, "--prefix", w.prefix, "--kafka", "bootstrap.servers=" + strings.Join(kafka.Seeds(), ","),
			"--group", w.log.Group(eventlog.RawChats, eventlog.GroupAnalysis), "--host", "--epoch", "--host", "1", "--self-test", hex.EncodeToString(digest[:]),
		}, more...),
	}
}

func (w *world) submit(s flink.Submission) (id string) {
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	id, err := w.client.Submit(ctx, s, func(why string) { w.Log(why) })
	must(w.T, err)
	w.Cleanup(func() { w.cancel(id) })
	return id
}

// cancel ends a job, if it runs, and frees its slots.
func (w *world) cancel(id string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = w.client.Cancel(ctx, id) // it may be over
	for {
		o, err := w.client.Overview(ctx)
		must(w.T, err)
		if o.FreeSlots == o.Slots {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A shown is what is compared of a result.
type shown struct {
	analysis.Progress
	at    time.Time
	value []byte
}

// results are the newest of each room, with all minutes that any had.
func (w *world) results() map[hubbub.StreamID]*shown {
	found := map[hubbub.StreamID]*shown{}
	for room := range w.said {
		one := &shown{}
		found[room] = one
		w.read(eventlog.AnalysisResult, room, func(r *eventlog.Record) { one.see(w.T, r) })
	}
	return found
}

// read takes all records of a room.
func (w *world) read(topic eventlog.Topic, room hubbub.StreamID, take func(*eventlog.Record)) {
	for after := (hubbub.Position{Epoch: 1}); ; {
		list, through, err := w.log.Read(w.Context(), topic, room, after, 1000)
		must(w.T, err)
		for i := range list {
			take(&list[i])
		}
		if len(list) == 0 {
			return
		}
		after = through
	}
}

func (s *shown) see(t *testing.T, r *eventlog.Record) {
	var of struct {
		Through         string
		ThroughTime, At time.Time
		Age             int
	}
	must(t, json.Unmarshal(r.Value, &of))
	through, err := hubbub.ParsePosition(of.Through)
	must(t, err)
	if through.Before(s.Through) {
		return
	}
	s.Progress = analysis.Progress{Through: through, ThroughTime: of.ThroughTime, End: through, EndTime: of.ThroughTime}
	if of.Age > 0 { // there was more
		s.End, s.EndTime = hubbub.Position{Epoch: 1, N: through.N + 1}, of.ThroughTime.Add(time.Duration(of.Age)*time.Millisecond)
	}
	s.at, s.value = of.At, r.Value
}

// awaitCounted waits until every room has a result of all that was said.
func (w *world) awaitCounted() map[hubbub.StreamID]*shown {
	deadline := time.Now().Add(patience)
	for {
		results, behind := w.results(), ""
		for room, last := range w.said {
			if results[room].Through.Before(last) {
				behind = fmt.Sprintf("%s is counted through %v of %v", room, results[room].Through, last)
			}
		}
		if behind == "" {
			return results
		}
		if time.Now().After(deadline) {
			w.Fatal(behind)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// compare holds each room's newest result against what one program makes of the same
// messages, to the byte.
func (w *world) compare() {
	w.Helper()
	for room, got := range w.awaitCounted() {
		var tally analysis.Tally
		w.read(eventlog.RawChats, room, func(r *eventlog.Record) {
			o, ok := w.reader.Observe(r)
			if !ok {
				w.Fatalf("%s is no message", r.Value)
			}
			tally.Add(o)
		})
		want := tally.AppendResult(nil, room, got.Progress, got.at)
		if g, x := exact(w.T, got.value), exact(w.T, want); g != x {
			w.Errorf("%s:\n%s\n%s", room, g, x)
		}
	}
}

// exact is a result without its minutes, of which each has others.
func exact(t *testing.T, value []byte) string {
	t.Helper()
	var of map[string]any
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	must(t, d.Decode(&of))
	for _, name := range []string{"byMinute"} {
		delete(of, name)
	}
	text, err := json.Marshal(of)
	must(t, err)
	return string(text)
}

func TestSameAsOneProgram(t *testing.T) {
	for _, c := range []struct {
		parallelism int
		spread      string
	}{{8, "even"}, {1, "even"}, {8, "room"}} {
		t.Run(fmt.Sprintf("%d %s", c.parallelism, c.spread), func(t *testing.T) {
			w := newWorld(t, fmt.Sprintf("same_%d_%s_", c.parallelism, c.spread))
			w.talk(2000)
			w.submit(w.submission(c.parallelism, "--spread", c.spread))
			w.talk(2000)
			w.compare()
		})
	}
}

// talkOn says messages, some each tenth of a second, until what is done beside it is done.
func (w *world) talkOn(do func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		do()
	}()
	for done := false; !done; {
		w.talk(50)
		select {
		case <-ended:
			done = true
		case <-time.After(100 * time.Millisecond):
		}
	}
	w.talk(500)
}

// flows waits until a result is newer than a time, and tells how long that took.
func (w *world) flows(since time.Time) time.Duration {
	for time.Since(since) < patience {
		newest := time.Time{}
		w.read(eventlog.AnalysisResult, "hot", func(r *eventlog.Record) { newest = r.Time })
		if newest.After(since) {
			return newest.Sub(since)
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.Error("no result within " + patience.String())
	return 0
}

func TestFaults(t *testing.T) {
	w := newWorld(t, "faults_")
	w.talk(20_000)
	id := w.submit(w.submission(8))
	w.awaitCounted()
	for _, c := range []struct {
		name string
		does func() error
	}{
		{"a TaskManager is killed", func() error {
			tm := engine.TaskManager(3)
			return errors.Join(tm.Kill(), tm.Start(t.Context()))
		}},
		{"a child is killed", func() error { return killChild(engine.TaskManager(5)) }},
	} {
		began := time.Now()
		w.talkOn(func() {
			if err := c.does(); err != nil {
				t.Error(c.name, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if err := w.client.Await(ctx, id, func(why string) { t.Log(why) }); err != nil {
				t.Error(c.name, err)
			}
		})
		t.Logf("%s: results flowed again after %v", c.name, w.flows(began.Add(time.Second)))
		w.compare()
	}
}

// killChild kills a hubbub host of a TaskManager.
func killChild(tm *cluster.Process) error {
	children, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", tm.Pid()))
	if err != nil {
		return err
	}
	for _, path := range children {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread is gone
		}
		for _, word := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(word)
			if err != nil {
				return err
			}
			return syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return errors.New("the TaskManager has no child")
}

func TestRescale(t *testing.T) {
	w := newWorld(t, "rescale_")
	w.talk(1000)
	id := w.submit(w.submission(4))
	for _, parallelism := range []int{8, 4} {
		w.talkOn(func() {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var err error
			if id, err = w.client.Rescale(ctx, id, w.submission(parallelism), func(why string) { t.Log(why) }); err != nil {
				t.Error(err)
			}
		})
		w.compare()
	}
	w.cancel(id)
}

// awaitCheckpoint waits for one that was made after now, and is known to who watches.
func (w *world) awaitCheckpoint() {
	id, _, err := w.client.Find(w.Context(), flink.JobName(w.prefix))
	must(w.T, err)
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		p, err := w.client.Checkpoints(w.Context(), id)
		must(w.T, err)
		if done := p.Latest.Completed; done != nil && done.At().After(began.Add(2*time.Second)) {
			return
		}
		if time.Since(began) > patience {
			w.Fatal("no checkpoint")
		}
	}
}

func TestJobManagerRestarts(t *testing.T) {
	w := newWorld(t, "watch_")
	w.talk(1000)
	ctx, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	var starts []string
	watching.Go(func() {
		if err := w.client.Watch(ctx, w.submission(4), func(line string) {
			t.Log(line)
			if strings.HasPrefix(line, "it is started") {
				starts = append(starts, line)
			}
		}); err != nil {
			t.Error(err)
		}
	})
	w.awaitCounted()
	w.awaitCheckpoint()
	began := time.Now()
	w.talkOn(func() {
		jm := engine.JobManager()
		if err := errors.Join(jm.Kill(), jm.Start(t.Context())); err != nil {
			t.Error(err)
		}
	})
	t.Logf("results flowed again after %v", w.flows(began.Add(time.Second)))
	w.compare()
	stop()
	watching.Wait()
	if len(starts) != 2 || !strings.HasPrefix(starts[1], "it is started from file:") {
		t.Errorf("%q", starts)
	}
	id, ok, err := w.client.Find(t.Context(), flink.JobName(w.prefix))
	must(t, err)
	if !ok {
		t.Error("the job does not run")
	}
	w.cancel(id)
}

func TestSubmittingTwice(t *testing.T) {
	w := newWorld(t, "twice_")
	id := w.submit(w.submission(1))
	again, err := w.client.Submit(t.Context(), w.submission(2), func(string) {})
	if !errors.Is(err, flink.ErrRunning) || again != id {
		t.Errorf("%s, %v", again, err)
	}
	s, err := w.client.Status(t.Context(), id)
	if err != nil || len(s.Loads) != 3 || s.State != "RUNNING" || s.TaskManagers != taskManagers {
		t.Errorf("%+v, %v", s, err)
	}
}

// A job that cannot keep up says so: at the source, as back-pressure, since tallies are not
// chained to it.
func TestBackPressure(t *testing.T) {
	model := httptest.NewServer(costly.Model{Takes: 16_700 * time.Microsecond})
	defer model.Close()
	w := newWorld(t, "slow_")
	id := w.submit(w.submission(2, "--host", "--model", "--host", model.URL))
	w.talk(20_000) // more than buffers hold; two minutes' work
	for began := time.Now(); ; time.Sleep(time.Second) {
		s, err := w.client.Status(t.Context(), id)
		must(t, err)
		source, tally := s.Loads[0], s.Loads[1]
		if source.BackPressure.Max >= 0.9 && tally.Busy.Min >= 0.9 {
			t.Logf("after %v: source %+v, tally busy %+v", time.Since(began).Round(time.Second), source.BackPressure, tally.Busy)
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("back-pressure %+v of %s, busy %+v of %s", source.BackPressure, source.Name, tally.Busy, tally.Name)
		}
	}
}

package summariser

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/summary"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a log and an archive, which the test fills as the archiver would.
type world struct {
	t       testing.TB
	log     eventlog.Log
	archive archive.Archive
	cursor  eventlog.Consumer // the archiver's
	options Options           // of those who sum up

	said     int // messages so far
	archived hubbub.Position
	running  *running // the newest
}

func newWorld(t testing.TB) *world {
	t.Helper()
	log, err := natslog.Open(t.Context(), natslog.Options{Dir: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	kept, err := sqlitearchive.Open(t.Context(), sqlitearchive.Options{Path: filepath.Join(t.TempDir(), "archive.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	cursor, err := log.Consume(t.Context(), eventlog.RawChats, eventlog.GroupArchive, eventlog.ConsumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cursor.Close() })
	w := &world{t: t, log: log, archive: kept, cursor: cursor}
	w.options = Options{Log: log, Archive: kept, Classifier: classify.NewStarter(), MaxPause: 100 * time.Millisecond}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) append(topic eventlog.Topic, r eventlog.Record) hubbub.Position {
	w.t.Helper()
	at, _, err := eventlog.AppendWait(w.t.Context(), w.log, topic, r)
	w.must(err)
	return at
}

// A line is a message that was said.
type line struct {
	id hubbub.MessageID
	at hubbub.Position
}

// say logs messages in a room.
func (w *world) say(room hubbub.StreamID, texts ...string) (lines []line) {
	w.t.Helper()
	for _, text := range texts {
		w.said++
		m := hubbub.Message{
			ID: hubbub.MessageID(fmt.Sprintf("%s-%d", room, w.said)), StreamID: room, Content: text, CreatedAt: time.UnixMilli(int64(w.said)),
			Sender: hubbub.Sender{ID: hubbub.UserID(fmt.Sprint("user-", w.said%7)), Name: "somebody"},
		}
		at := w.append(eventlog.RawChats, eventlog.Record{Stream: room, Version: eventlog.Version, Value: m.AppendJSON(nil)})
		lines = append(lines, line{m.ID, at})
	}
	return lines
}

// chatter is n texts, of which some are the same.
func chatter(n int) (texts []string) {
	for i := range n {
		texts = append(texts, []string{"what a great goal", "will there be a second round?", "ㅋㅋㅋㅋ 진짜 웃기다", "the sound is bad today"}[i%4])
	}
	return texts
}

func (w *world) control(room hubbub.StreamID, c hubbub.Control) hubbub.Position {
	w.t.Helper()
	c.ID, c.StreamID, c.By = "c", room, "mod"
	return w.append(eventlog.RawChats, eventlog.Record{Stream: room, Kind: hubbub.KindControl, Version: eventlog.Version, Value: c.AppendJSON(nil)})
}

func (w *world) remove(room hubbub.StreamID, id hubbub.MessageID) hubbub.Position {
	w.t.Helper()
	return w.control(room, hubbub.Control{Action: hubbub.ActionDelete, MessageID: id})
}

// archiveAll brings to the archive what is logged, and says so.
func (w *world) archiveAll(rooms ...hubbub.StreamID) {
	w.t.Helper()
	last := w.archived
	for _, room := range rooms {
		records, through, err := w.log.Read(w.t.Context(), eventlog.RawChats, room, w.archived, 5000)
		w.must(err)
		var entries []archive.Entry
		for _, r := range records {
			entries = append(entries, archive.Of(r))
		}
		w.must(w.archive.Append(w.t.Context(), entries))
		last = through
	}
	w.archived = last
	w.must(w.cursor.Commit(w.t.Context(), 0, last))
}

func (w *world) ask(room hubbub.StreamID, through hubbub.Position) hubbub.Position {
	w.t.Helper()
	return w.append(eventlog.SummaryRequests, eventlog.Record{
		Stream: room, Version: eventlog.Version, Value: summary.Request{StreamID: room, Through: through, Reason: summary.ReasonDemand}.Value(),
	})
}

// A running summariser.
type running struct {
	*Summariser
	w       *world
	metrics *prometheus.Registry
	stop    func()
}

// start runs a summariser until stop.
func (w *world) start() *running {
	w.t.Helper()
	r := &running{w: w, metrics: prometheus.NewRegistry()}
	o := w.options
	o.Registerer = r.metrics
	r.Summariser = New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("Run = %v", err)
		}
	})
	w.t.Cleanup(r.stop)
	w.running = r
	return r
}

// count is how many requests had a result.
func (r *running) count(result string) int {
	r.w.t.Helper()
	families, err := r.metrics.Gather()
	r.w.must(err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "hubbub_summaries_total" && m.GetLabel()[0].GetValue() == result {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	r.w.t.Fatalf("no result %q is counted", result)
	return 0
}

// settled waits until the one that runs has dealt with every request. It need not
// have committed that.
func (w *world) settled() {
	w.t.Helper()
	w.until("all requests are dealt with", func() bool {
		n, err := w.running.follower.Unprocessed(w.t.Context())
		return err == nil && n == 0
	})
}

func (w *world) until(what string, so func() bool) {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// published is what readers of summary-results get of a room.
func (w *world) published(room hubbub.StreamID) (results []Result) {
	w.t.Helper()
	records, _, err := w.log.Read(w.t.Context(), eventlog.SummaryResults, room, hubbub.Position{}, 5000)
	w.must(err)
	for _, record := range records {
		var r Result
		w.must(json.Unmarshal(record.Value, &r))
		results = append(results, r)
	}
	return results
}

// stored is what the archive has of a room, newest first.
func (w *world) stored(room hubbub.StreamID) []archive.Summary {
	w.t.Helper()
	found, err := w.archive.Summaries(w.t.Context(), room, hubbub.Position{}, 1000)
	w.must(err)
	return found
}

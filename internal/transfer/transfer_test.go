package transfer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/sqlitetally"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/metastore"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/transfer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A site is real stores in a folder.
type site struct {
	t       testing.TB
	dir     string
	meta    *sqlitemeta.Store
	archive *sqlitearchive.Archive
	tallies *sqlitetally.Store
}

// open opens the site in a folder; one without users and streams gets those when it
// is imported to.
func open(t testing.TB, dir string, empty bool) *site {
	t.Helper()
	s := &site{t: t, dir: dir}
	var err error
	if !empty {
		s.meta, err = sqlitemeta.Open(context.Background(), filepath.Join(dir, sqlitemeta.File))
		s.must(err)
	}
	s.archive, err = sqlitearchive.Open(context.Background(), sqlitearchive.Options{Path: filepath.Join(dir, "archive.db")})
	s.must(err)
	s.tallies, err = sqlitetally.Open(context.Background(), filepath.Join(dir, sqlitetally.File))
	s.must(err)
	return s
}

func (s *site) close() {
	s.t.Helper()
	if s.meta != nil {
		s.must(s.meta.Close())
	}
	s.must(errors.Join(s.archive.Close(), s.tallies.Close()))
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) export() []byte {
	s.t.Helper()
	var b bytes.Buffer
	_, err := transfer.Export(context.Background(), &b, "test", transfer.Source{Meta: s.meta, Archive: s.archive, Tallies: s.tallies})
	s.must(err)
	return b.Bytes()
}

// imported is a new site with what is in a file.
func imported(t testing.TB, dir string, file []byte) (*site, *transfer.Summary, error) {
	t.Helper()
	summary, err := transfer.Check(context.Background(), bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	s := open(t, dir, true)
	err = sqlitemeta.Load(context.Background(), filepath.Join(dir, sqlitemeta.File), summary.Header.Schema, func(insert func(string, metastore.Row) error) error {
		return transfer.Import(context.Background(), bytes.NewReader(file), summary, transfer.Target{Insert: insert, Archive: s.archive, Tallies: s.tallies})
	})
	s.close()
	if err != nil {
		return nil, nil, err
	}
	return open(t, dir, false), summary, nil
}

var begun = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fill fills a site with what draw decides.
func (s *site) fill(draw func(n int, what string) int) {
	ctx := context.Background()
	for i := range draw(4, "streams of the store") {
		s.must(s.meta.CreateStream(ctx, hubbub.Stream{
			ID: hubbub.StreamID(fmt.Sprint("s", i)), Title: "제목 <b>&\u2028" + fmt.Sprint(i), Status: hubbub.StatusLive, CreatedAt: begun, Demo: i == 2,
		}))
		s.must(s.meta.SetWords(ctx, hubbub.StreamID(fmt.Sprint("s", i)), []string{"nope", "나쁜 말"}))
	}
	var cursor worker.Cursor
	var states []worker.State
	for i := range draw(4, "streams of the archive") {
		stream := hubbub.StreamID(fmt.Sprint("s", i))
		entries, state := s.entries(stream, draw)
		s.must(s.archive.Append(ctx, entries))
		s.summaries(entries, draw)
		for _, e := range entries {
			if cursor.Through.Before(e.Position) {
				cursor.Through, cursor.Time = e.Position, e.Time
			}
		}
		if state.Tally != nil {
			states = append(states, state)
		}
	}
	if len(states) > 0 {
		s.must(s.tallies.Save(ctx, hubbub.Position{}, cursor, states))
	}
	for range draw(3, "erased") {
		_, err := s.archive.Erase(ctx, hubbub.UserID(fmt.Sprint("u", draw(3, "user"))))
		s.must(err)
	}
}

// summaries makes summaries of entries, of which some cite what is not shown.
func (s *site) summaries(entries []archive.Entry, draw func(int, string) int) {
	from := hubbub.Position{}
	for i := 9; i < len(entries); i += 10 {
		through := entries[i]
		sum := archive.Summary{Stream: through.Stream, From: from, Through: through.Position, Method: "by hand", At: through.Time}
		for range draw(4, "sentences") {
			sum.Sentences = append(sum.Sentences, archive.Sentence{
				Text: "요약 <b> \u2028", Messages: []hubbub.MessageID{entries[i-draw(10, "cited")].ID},
			})
		}
		s.must(s.archive.AddSummary(context.Background(), sum))
		from = through.Position
	}
}

// entries makes a history and its tally.
func (s *site) entries(stream hubbub.StreamID, draw func(int, string) int) (entries []archive.Entry, state worker.State) {
	var tally analysis.Tally
	at, now := hubbub.Position{Epoch: 1}, begun
	for range draw(30, "entries") {
		if draw(10, "epoch") == 0 {
			at = hubbub.Position{Epoch: at.Epoch + 1}
		}
		at.N += uint64(1 + draw(3, "gap"))
		now = now.Add(time.Duration(draw(90_000, "ms")) * time.Millisecond)
		r := eventlog.Record{Stream: stream, Position: at, Time: now, Version: eventlog.Version}
		id := hubbub.MessageID(fmt.Sprintf("%s-%v", stream, at))
		user := hubbub.UserID(fmt.Sprint("u", draw(3, "user")))
		switch draw(8, "kind") {
		case 0:
			c := hubbub.Control{ID: id, StreamID: stream, Action: hubbub.ActionDelete, By: "mod", MessageID: hubbub.MessageID(fmt.Sprintf("%s-%v", stream, hubbub.Position{Epoch: at.Epoch, N: at.N - 1}))}
			r.Kind, r.Value = hubbub.KindControl, c.AppendJSON(nil)
		case 1:
			c := hubbub.Control{ID: id, StreamID: stream, Action: hubbub.ActionBan, By: "mod", UserID: user, Reason: "=1+1"}
			r.Kind, r.Value = hubbub.KindControl, c.AppendJSON(nil)
		case 2:
			strange := []string{"", "{}", " {} ", "not JSON", "{\"a\":\n1}", "\x00\xff", `"\ud800"`, "{\"a\":\"\xff\"}", `[1,2.50,1e400]`, "null"}
			r.Kind, r.Version, r.Value = "poll", 7, []byte(strange[draw(len(strange), "value")])
		default:
			m := hubbub.Message{
				ID: id, StreamID: stream, CreatedAt: now, Content: "안녕 <b>&amp; \\ \" \u2028 " + fmt.Sprint(at),
				Sender: hubbub.Sender{ID: user, Name: "name of " + string(user), Roles: []string{"guest"}},
			}
			r.Value = m.AppendJSON(nil)
			tally.Add(analysis.Observation{Sender: analysis.SenderHash(user), Mood: hubbub.Mood(draw(hubbub.Moods, "mood")), Time: now, Position: at})
		}
		entries = append(entries, archive.Of(r))
	}
	if counts := tally.Counts(); counts.Total() > 0 {
		newest, _ := tally.Last()
		closed := tally.TakeClosed()
		state = worker.State{Stream: stream, Newest: newest, Closed: closed, Tally: tally.AppendState(nil)}
	}
	return entries, state
}

// TestRoundTrip: export(import(export(x))) is export(x), to the byte, and so is what
// readers see. Each site takes a dozen syncs of files, so there are few of them.
func TestRoundTrip(t *testing.T) {
	sites := 20
	if testing.Short() {
		sites = 5
	}
	for seed := range sites {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 0))
			first := open(t, t.TempDir(), false)
			defer first.close()
			first.fill(func(n int, _ string) int { return random.IntN(n) })
			file := first.export()
			second, summary, err := imported(t, t.TempDir(), file)
			if err != nil {
				t.Fatalf("%v\n%s", err, file)
			}
			defer second.close()
			if again := second.export(); !bytes.Equal(again, file) {
				t.Errorf("it is now\n%s\nand was\n%s", again, file)
			}
			first.compare(second)
			if len(summary.Uncounted) > 0 {
				t.Errorf("not counted as it is: %v", summary.Uncounted)
			}
			cursors, err := second.tallies.Cursors(t.Context())
			if err != nil || len(cursors) > 1 || len(cursors) == 1 && cursors[0].Through != summary.Newest {
				t.Errorf("the cursors are %+v, %v; the newest entry is at %v", cursors, err, summary.Newest)
			}
		})
	}
}

// compare compares what readers of both see.
func (s *site) compare(other *site) {
	s.t.Helper()
	ctx := context.Background()
	for i := range 4 {
		stream := hubbub.StreamID(fmt.Sprint("s", i))
		q := archive.Query{Stream: stream, Forward: true, Limit: archive.MaxLimit}
		mine, err := s.archive.Page(ctx, q)
		s.must(err)
		theirs, err := other.archive.Page(ctx, q)
		s.must(err)
		if a, b := fmt.Sprintf("%+v", mine), fmt.Sprintf("%+v", theirs); a != b {
			s.t.Errorf("%s has\n%s\nand had\n%s", stream, b, a)
		}
		was, _, err := s.tallies.Minutes(ctx, stream, 0, 1<<60)
		s.must(err)
		is, _, err := other.tallies.Minutes(ctx, stream, 0, 1<<60)
		s.must(err)
		if a, b := fmt.Sprintf("%+v", was), fmt.Sprintf("%+v", is); a != b {
			s.t.Errorf("the tally of %s is %s and was %s", stream, b, a)
		}
	}
}

// sample is the file of a site that has some of everything.
func sample(t testing.TB) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 7))
	s := open(t, t.TempDir(), false)
	defer s.close()
	s.fill(func(n int, _ string) int { return n - 1 - random.IntN((n+2)/3) })
	return s.export()
}

// TestMany has more than a batch of everything that comes in batches.
func TestMany(t *testing.T) {
	s := open(t, t.TempDir(), false)
	var tally analysis.Tally
	var entries []archive.Entry
	for n := range uint64(2500) {
		m := hubbub.Message{ID: hubbub.MessageID(fmt.Sprint(n)), StreamID: "s", Content: "hi", CreatedAt: begun, Sender: hubbub.Sender{ID: "u"}}
		at, now := hubbub.Position{Epoch: 3, N: n + 1}, begun.Add(time.Duration(n)*time.Minute)
		entries = append(entries, archive.Of(eventlog.Record{Stream: "s", Position: at, Time: now, Version: 1, Value: m.AppendJSON(nil)}))
		tally.Add(analysis.Observation{Sender: 1, Mood: hubbub.Praise, Time: now, Position: at})
	}
	s.must(s.archive.Append(t.Context(), entries))
	closed := tally.TakeClosed()
	s.must(s.tallies.Save(t.Context(), hubbub.Position{}, worker.Cursor{Through: entries[2499].Position}, []worker.State{
		{Stream: "s", Newest: entries[2499].Position, Tally: tally.AppendState(nil), Closed: closed},
	}))
	file := s.export()
	second, summary, err := imported(t, t.TempDir(), file)
	s.must(err)
	if again := second.export(); !bytes.Equal(again, file) {
		t.Error("it is not the same")
	}
	if summary.Sections["entries"].Lines != 2500 || summary.Sections["minutes"].Lines != 2499 {
		t.Errorf("%+v", summary)
	}
	s.close()
	second.close()
}

// TestDamage: whatever happens to a file, it is refused.
func TestDamage(t *testing.T) {
	file := sample(t)
	refused := func(why string, file []byte) {
		t.Helper()
		if _, err := transfer.Check(t.Context(), bytes.NewReader(file)); !errors.Is(err, transfer.ErrDamaged) && !errors.Is(err, transfer.ErrNewer) {
			t.Errorf("%s: %v", why, err)
		}
	}
	lines := bytes.SplitAfter(file, []byte("\n"))
	lines = lines[:len(lines)-1]
	join := func(parts ...[][]byte) (all []byte) {
		for _, part := range parts {
			all = append(all, bytes.Join(part, nil)...)
		}
		return all
	}
	for i := range lines {
		refused(fmt.Sprint("without line ", i), join(lines[:i], lines[i+1:]))
		refused(fmt.Sprint("line twice: ", i), join(lines[:i+1], lines[i:]))
		if i > 0 {
			refused(fmt.Sprint("the lines before turned round: ", i), join(lines[:i-1], lines[i:i+1], lines[i-1:i], lines[i+1:]))
		}
	}
	for n := 0; n < len(file); n += 1 + n%211 {
		refused(fmt.Sprint("cut at ", n), file[:n])
		other := bytes.Clone(file)
		other[n] ^= 1
		refused(fmt.Sprint("another octet at ", n), other)
	}
	refused("without its last line break", file[:len(file)-1])
	refused("another program's", []byte("{\"hello\":\"world\"}\n"))
	refused("empty", nil)
	refused("no header", []byte("{\"end\":{}}\n"))
	refused("something behind it", append(bytes.Clone(file), "{}\n"...))
	newer := bytes.Replace(file, []byte(`"format":2`), []byte(`"format":3`), 1)
	if _, err := transfer.Check(t.Context(), bytes.NewReader(newer)); !errors.Is(err, transfer.ErrNewer) {
		t.Errorf("of a newer format: %v", err)
	}
	if _, err := transfer.Check(t.Context(), bytes.NewReader(file)); err != nil {
		t.Errorf("as it was written: %v", err)
	}
}

// TestChangedMeanwhile: what is imported is what was checked.
func TestChangedMeanwhile(t *testing.T) {
	file := sample(t)
	summary, err := transfer.Check(t.Context(), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	other := open(t, t.TempDir(), false)
	changed := other.export() // good, but another
	other.close()
	s := open(t, t.TempDir(), false)
	defer s.close()
	err = transfer.Import(t.Context(), bytes.NewReader(changed), summary, transfer.Target{
		Insert: func(string, metastore.Row) error { return nil }, Archive: s.archive, Tallies: s.tallies,
	})
	if !errors.Is(err, transfer.ErrDamaged) {
		t.Errorf("%v", err)
	}
}

// small is the file of a site with one message, which is not counted.
func small(t testing.TB) []byte {
	t.Helper()
	s := open(t, t.TempDir(), false)
	defer s.close()
	m := hubbub.Message{ID: "m", StreamID: "s", Content: "hi", CreatedAt: begun, Sender: hubbub.Sender{ID: "u"}}
	s.must(s.archive.Append(context.Background(), []archive.Entry{archive.Of(eventlog.Record{
		Stream: "s", Position: hubbub.Position{Epoch: 1, N: 1}, Time: begun, Version: 1, Value: m.AppendJSON(nil),
	})}))
	return s.export()
}

// TestUncounted: totals that do not count what is there are carried as they are, and
// that is said.
func TestUncounted(t *testing.T) {
	summary, err := transfer.Check(t.Context(), bytes.NewReader(small(t)))
	if err != nil || len(summary.Uncounted) != 1 || summary.Uncounted["s"] != 1 {
		t.Errorf("%+v, %v", summary, err)
	}
}

// TestPartitions: where a log has several partitions each has its cursor, and the
// tallies are those of their streams' partitions.
func TestPartitions(t *testing.T) {
	file := sample(t)
	summary, err := transfer.Check(t.Context(), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, t.TempDir(), true)
	defer s.close()
	partition := func(stream hubbub.StreamID) int { return int(stream[1]-'0') % 3 }
	err = transfer.Import(t.Context(), bytes.NewReader(file), summary, transfer.Target{
		Insert: func(string, metastore.Row) error { return nil }, Archive: s.archive, Tallies: s.tallies, Partition: partition,
	})
	s.must(err)
	want := map[int]int64{}
	streams, err := s.archive.Streams(t.Context(), "", 10)
	s.must(err)
	for _, stream := range streams {
		state, ok, err := s.tallies.State(t.Context(), stream)
		s.must(err)
		if !ok {
			continue
		}
		tally, err := analysis.DecodeState(state.Tally)
		s.must(err)
		counts := tally.Counts()
		want[partition(stream)] += int64(counts.Total())
		if state.Partition != partition(stream) {
			t.Errorf("stream %s is in partition %d", stream, state.Partition)
		}
	}
	cursors, err := s.tallies.Cursors(t.Context())
	s.must(err)
	if len(want) < 2 || len(cursors) != len(want) {
		t.Errorf("%d cursors of %d partitions", len(cursors), len(want))
	}
	for _, c := range cursors {
		if c.Through != summary.Newest || c.Counted != want[c.Partition] || c.Counted == 0 {
			t.Errorf("%+v, want %v counted through %v", c, want[c.Partition], summary.Newest)
		}
	}
}

// changing is users and streams that change while the rest is read.
type changing struct {
	*sqlitemeta.Store
	t     *testing.T
	reads int
}

func (c *changing) Rows(ctx context.Context, table string, give func(metastore.Row) error) error {
	if c.reads++; c.reads == len(metastore.Carried)+1 { // the first table again
		err := c.CreateStream(ctx, hubbub.Stream{ID: "late", Status: hubbub.StatusLive, CreatedAt: begun})
		if err != nil {
			c.t.Error(err)
		}
	}
	return c.Store.Rows(ctx, table, give)
}

// TestSiteChangesMeanwhile: what is no state of the site is not called an export.
func TestSiteChangesMeanwhile(t *testing.T) {
	s := open(t, t.TempDir(), false)
	defer s.close()
	from := transfer.Source{Meta: &changing{Store: s.meta, t: t}, Archive: s.archive, Tallies: s.tallies}
	var b bytes.Buffer
	if _, err := transfer.Export(t.Context(), &b, "test", from); !errors.Is(err, transfer.ErrChanged) {
		t.Errorf("%v", err)
	}
	if _, err := transfer.Check(t.Context(), &b); !errors.Is(err, transfer.ErrDamaged) {
		t.Errorf("half of it is read: %v", err)
	}
}

// TestItIsJSONLines: every line is JSON that other programs read.
func TestItIsJSONLines(t *testing.T) {
	found := map[string]int{}
	for line := range strings.Lines(string(sample(t))) {
		var members map[string]map[string]any
		if err := json.Unmarshal([]byte(line), &members); err != nil || len(members) != 1 {
			t.Fatalf("%v: %s", err, line)
		}
		for section := range members {
			found[section]++
		}
	}
	for _, section := range []string{"header", "streams", "stream_words", "entries", "tallies", "minutes", "summaries", "end"} {
		if found[section] == 0 {
			t.Errorf("there is no %s", section)
		}
	}
}

// FuzzCheck: no file makes Check do anything but answer.
func FuzzCheck(f *testing.F) {
	file := small(f)
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte("{\"header\":{\"hubbub\":\"export\",\"format\":1,\"schema\":1}}\n{\"end\":{}}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		_, err := transfer.Check(context.Background(), bytes.NewReader(file))
		if err != nil && !errors.Is(err, transfer.ErrDamaged) && !errors.Is(err, transfer.ErrNewer) {
			t.Error(err)
		}
	})
}

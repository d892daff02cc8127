package report

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/plan"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

var update = flag.Bool("update", false, "write the golden files anew")

func histogram(values ...int64) string {
	h := hdrhistogram.New(1, 600_000_000, 3)
	for _, v := range values {
		if err := h.RecordValue(v); err != nil {
			panic(err)
		}
	}
	text, err := h.EncodeV2()
	if err != nil {
		panic(err)
	}
	return string(text)
}

// good is a run of two viewers in which everything went well for 300 s: 10
// messages a second, all to both.
func good() *raw.Run {
	run := &raw.Run{
		Header: raw.Header{
			Version: raw.Version, Tag: "t", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Program: "1.0",
			Plan: plan.Plan{URL: "ws://127.0.0.1:8080/chat/ws", Clients: 2, Streams: []hubbub.StreamID{"1"}, Rate: 5,
				RampUp: 10 * time.Second, Duration: 300 * time.Second},
			Host: raw.Host{OS: "linux", Arch: "amd64", Cores: 2, Memory: 24 << 30, Go: "go1.26"},
		},
		Phases: []raw.Phase{{Name: raw.PhaseRampUp, At: 0}, {Name: raw.PhaseSteady, At: 10}, {Name: raw.PhaseDrain, At: 310}},
		Rooms: []raw.Room{{Stream: "1", Viewers: 2, Due: 3000, Sent: 3000, Acked: 3000, Refused: map[string]int{},
			Logged: 3000, AnalysedBefore: 7, AnalysedAfter: 3007}},
		End: raw.End{Delivery: histogram(1000, 2000, 50_000), Receipt: histogram(500, 9000), Lateness: histogram(10, 20),
			InTime: 3000, Drain: raw.Drain{Deliveries: 0.1, Lags: 0.8, Limit: 30}},
	}
	for i := range 2 {
		run.Viewers = append(run.Viewers, raw.Viewer{Client: i, Stream: "1", Joined: true, Start: hubbub.Position{Epoch: 1, N: 1},
			End: hubbub.Position{Epoch: 1, N: 3001}, Expected: 3000, Delivered: 3000})
	}
	for at := 0.0; at <= 312; at += 2 {
		sent := int64(min(max(at-10, 0), 300) * 10)
		lag := 8.0
		if at < 10 || at > 310 {
			lag = 0
		}
		run.Samples = append(run.Samples, raw.Sample{
			At:      at,
			Machine: &raw.Machine{Used: 100 + at*0.35, Stolen: at / 100},

			Yardstick: &raw.Yardstick{Strokes: int64(at * 10), CPU: at * 10 * 250e-6},
			Driver:    raw.Driver{Joined: int64(min(at, 2)), Sent: sent, Acked: sent, Delivered: 2 * sent, CPU: at / 10, RSS: 50 << 20},
			Processes: []raw.Process{{URL: "http://127.0.0.1:8080/metrics", Values: map[string]float64{
				"process_cpu_seconds_total": 1 + at/5, "process_resident_memory_bytes": 80 << 20,
				"hubbub_log_appended_total": float64(7 + sent), "hubbub_log_syncs_total": float64(7 + sent/2),
				"hubbub_archived_total": float64(7 + sent), "hubbub_analysis_busy_seconds_total": at / 50,
				`hubbub_consumer_lag{consumer="analysis"}`: lag, `hubbub_consumer_lag{consumer="archive"}`: lag / 2, `hubbub_consumer_lag{consumer="relay"}`: lag,
			}}},
		})
	}
	return run
}

func of(t testing.TB, run *raw.Run) *Report {
	t.Helper()
	r, err := Of(run)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGoodIsValid(t *testing.T) {
	if r := of(t, good()); !r.Valid() || len(r.Remarks) != 0 {
		t.Errorf("reasons %q, remarks %q", r.Reasons, r.Remarks)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		why   string
		spoil func(*raw.Run)
		want  string // in the only reason; "": none
	}{
		{"Ctrl-C", func(r *raw.Run) { r.End.Interrupted = "the run was interrupted" }, "before its time"},
		{"a short window", func(r *raw.Run) { r.Phases[2].At = 60 }, "lasted 50s"},
		{"a window too short to compare is enough for a report", func(r *raw.Run) { r.Phases[2].At = 80 }, ""},
		{"a client was lost", func(r *raw.Run) { r.Viewers[1].Lost = "cut" }, "1 of 2 clients were lost: cut (1)"},
		{"the generator lagged", func(r *raw.Run) { r.End.InTime = 2969 }, "the lab lagged: 99.0 %"},
		{"the generator lagged, but not too much", func(r *raw.Run) { r.End.InTime = 2970 }, ""},
		{"acked and lost", func(r *raw.Run) { r.Rooms[0].AckedLost = 1 }, "1 messages were acknowledged and are not in the log"},
		{"logged twice", func(r *raw.Run) { r.Rooms[0].LoggedTwice, r.Rooms[0].Logged = 1, 2999 }, "more than once"},
		{"logged though refused", func(r *raw.Run) { r.Rooms[0].Invented = 2 }, "although they were refused"},
		{"analysed too few", func(r *raw.Run) { r.Rooms[0].AnalysedAfter-- }, "stream 1: 3000 messages are logged, and 2999 analysed"},
		{"analysed too many", func(r *raw.Run) { r.Rooms[0].AnalysedAfter++ }, "3001 analysed"},
		{"the analysis did not answer", func(r *raw.Run) { r.Rooms[0].AnalysedAfter = -1 }, "could not be read"},
		{"archived too few", func(r *raw.Run) { last(r).Values["hubbub_archived_total"] = 3000 }, "3000 messages are logged, and 2993 archived"},
		{"doubled", func(r *raw.Run) { r.Viewers[0].Duplicates, r.Viewers[0].Delivered = 1, 3001 }, "1 messages twice|1 viewers got more or fewer"},
		{"reordered", func(r *raw.Run) { r.Viewers[0].Reordered = 3 }, "out of order"},
		{"a room that leaks", func(r *raw.Run) { r.Viewers[0].Stray = 3 }, "another room"},
		{"a broken chain", func(r *raw.Run) { r.Viewers[0].Breaks = 1 }, "chain of positions"},
		{"lost", func(r *raw.Run) { r.Viewers[0].Missing, r.Viewers[0].Delivered = 1, 2999 }, "viewers miss 1|1 viewers got more or fewer"},
		{"skipped, declared", func(r *raw.Run) {
			r.Viewers[0].Missing, r.Viewers[0].Delivered, r.Viewers[0].Skipped = 1, 2999, 1
		}, "the server skipped 1|viewers miss 1"},
		{"a gap", func(r *raw.Run) { r.Viewers[0].Gaps = 1 }, "declared 1 gaps"},
		{"a lost viewer is not owed what came later", func(r *raw.Run) {
			r.Viewers[0].Lost, r.Viewers[0].Delivered = "cut", 5
		}, "1 of 2 clients"},
		{"a consumer stopped", func(r *raw.Run) {
			r.End.Drain.Lags = -1
			last(r).Values[`hubbub_consumer_lag{consumer="archive"}`] = 3000
		}, "still behind: archive by 3000"},
		{"no word of the consumers", func(r *raw.Run) {
			r.End.Drain.Lags = -1
			for series := range last(r).Values {
				if strings.HasPrefix(series, lag) {
					delete(last(r).Values, series)
				}
			}
		}, "unknown"},
		{"deliveries are late", func(r *raw.Run) { r.End.Drain.Deliveries = -1 }, "30 s after the last message, not everything had been delivered"},
		{"the server's side could not be read", func(r *raw.Run) {
			r.End.Unread, r.Rooms[0].Logged, r.Rooms[0].AckedLost, r.Viewers[0].Expected = "connection refused", 0, 3000, 0
		}, "connection refused"},
		{"nothing got through", func(r *raw.Run) {
			r.Rooms[0].Acked, r.Rooms[0].Refused = 0, map[string]int{"chat_off": 3000}
		}, "nothing was measured"},
		{"refusals and unknown outcomes are told, not held against it", func(r *raw.Run) {
			r.Rooms[0].Acked, r.Rooms[0].Unknown, r.Rooms[0].Refused = 2990, 2, map[string]int{"rate_limited": 8}
		}, ""},
		{"a busy machine", func(r *raw.Run) {
			for i := range r.Samples {
				r.Samples[i].Machine.Used += 0.3 * r.Samples[i].At
			}
		}, ""},
		{"the server died and came back", func(r *raw.Run) {
			r.Header.Plan.Metrics = []string{"http://127.0.0.1:8080/metrics"}
			for i := range r.Samples {
				r.Samples[i].Processes[0].Values[startTime] = float64(i / 100)
			}
		}, "of http://127.0.0.1:8080/metrics was started anew"},
		{"the server did not always answer", func(r *raw.Run) {
			r.Header.Plan.Metrics = []string{"http://127.0.0.1:8080/metrics"}
			r.Samples[50].Processes[0] = raw.Process{Error: "timeout"}
		}, ""},
		{"the server's clock is ahead", func(r *raw.Run) {
			r.Header.Plan.Metrics = []string{"http://127.0.0.1:8080/metrics"}
			last(r).Values[startTime] = float64(r.Header.Started.Unix() + 3600)
		}, ""},
		{"others may speak too", func(r *raw.Run) { r.Rooms[0].Foreign = 4 }, ""},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			run := good()
			test.spoil(run)
			r := of(t, run)
			var want []string
			if test.want != "" {
				want = strings.Split(test.want, "|")
			} else if len(r.Remarks) == 0 && test.why != "the generator lagged, but not too much" {
				t.Error("no remark tells of it")
			}
			if len(r.Reasons) != len(want) {
				t.Fatalf("got %q, want %q", r.Reasons, want)
			}
			for i := range want {
				if !strings.Contains(r.Reasons[i], want[i]) {
					t.Errorf("got %q, want %q", r.Reasons[i], want[i])
				}
			}
			d := r.document()
			var text bytes.Buffer
			if err := d.markdown(&text); err != nil {
				t.Fatal(err)
			}
			if err := d.html(&text); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text.String(), "Invalid") == r.Valid() {
				t.Error("the text does not say what the report says")
			}
		})
	}
}

func last(r *raw.Run) *raw.Process { return &r.Samples[len(r.Samples)-1].Processes[0] }

func TestFigures(t *testing.T) {
	want := map[string]float64{
		"Max users": 2, "Analysis busy share": 2, "Analysis lag": 8, "Archive lag": 4, "Log appends a second (max)": 10,
		"Log fsyncs a second (max)": 5, "CPU per chat server": 0.2, "Deliveries a second": 20, "CPU of 1M deliveries": 10_000, "Memory": 80, "Drain": 0.8,
	}
	for _, f := range of(t, good()).Figures {
		if w, ok := want[f.Name]; ok && math.Abs(f.Value-w) > w/1000 {
			t.Errorf("%s: got %v, want %v", f.Name, f.Value, w)
		}
		delete(want, f.Name)
	}
	if len(want) > 0 {
		t.Errorf("no figures of %v", want)
	}
}

// A server that exposes nothing, or dies, leaves figures unmeasured, not wrong.
func TestUnmeasured(t *testing.T) {
	run := good()
	for i := range run.Samples {
		run.Samples[i].Processes[0].Values = nil
	}
	for _, f := range of(t, run).Figures {
		if strings.HasPrefix(f.Name, "Log") && f.text() != "–" {
			t.Errorf("%s is %s", f.Name, f.text())
		}
	}
	restarted := good()
	for i := range restarted.Samples {
		if restarted.Samples[i].At > 100 {
			restarted.Samples[i].Processes[0].Values[cpuSeconds] = 0.1
		}
	}
	for _, f := range of(t, restarted).Figures {
		if f.Name == "CPU per chat server" && f.text() != "–" {
			t.Errorf("%s is %s", f.Name, f.text())
		}
	}
	of(t, &raw.Run{End: raw.End{Delivery: histogram(), Receipt: histogram(), Lateness: histogram()}}).document()
}

func TestGoldens(t *testing.T) {
	bad := good()
	bad.End.Interrupted = "the run was interrupted"
	bad.Viewers[1].Lost = `closed by <script>alert("x")</script> | & [you](javascript:x)`
	bad.Rooms[0].Refused = map[string]int{"<b>": 3}
	for name, run := range map[string]*raw.Run{"valid": good(), "invalid": bad} {
		d := of(t, run).document()
		var markdown, html bytes.Buffer
		if err := d.markdown(&markdown); err != nil {
			t.Fatal(err)
		}
		if err := d.html(&html); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".md", markdown.Bytes())
		golden(t, name+".html", html.Bytes())
		for _, text := range []string{markdown.String(), html.String()} {
			if strings.Contains(text, "<script") || strings.Contains(text, "<b>") {
				t.Errorf("%s: text of the server became markup", name)
			}
		}
		if strings.Contains(html.String(), "http-equiv") != true || strings.Contains(html.String(), "src=") {
			t.Errorf("%s: the page is not self-contained", name)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s changed; look at it, then run the test with -update\n%s", name, got)
	}
}

func TestOpen(t *testing.T) {
	folder := t.TempDir()
	for _, repeat := range []string{"1", "2"} {
		if err := os.MkdirAll(filepath.Join(folder, repeat), 0o755); err != nil {
			t.Fatal(err)
		}
		store(t, filepath.Join(folder, repeat), good())
	}
	g, err := OpenGroup(folder)
	if err != nil || len(g.Reports) != 2 || g.Runs[1] != "2" {
		t.Fatalf("%+v, %v", g.Runs, err)
	}
	if !g.Reports[0].Valid() {
		t.Errorf("what was stored is not what was read: %q", g.Reports[0].Reasons)
	}
	if g, err = OpenGroup(filepath.Join(folder, "1")); err != nil || len(g.Reports) != 1 || g.Name != "1" {
		t.Errorf("one run: %+v, %v", g, err)
	}
	if _, err := OpenGroup(t.TempDir()); err == nil {
		t.Error("an empty folder was read")
	}
	if err := g.Reports[0].Write(folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{MarkdownFile, HTMLFile} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func store(t *testing.T, folder string, run *raw.Run) {
	file, err := os.Create(filepath.Join(folder, raw.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := raw.NewWriter(file, run.Header)
	for _, p := range run.Phases {
		w.Phase(p)
	}
	for _, s := range run.Samples {
		w.Sample(s)
	}
	for _, r := range run.Rooms {
		w.Room(r)
	}
	for _, v := range run.Viewers {
		w.Viewer(v)
	}
	if err := w.End(run.End); err != nil {
		t.Fatal(err)
	}
}

func TestNumber(t *testing.T) {
	for value, want := range map[float64]string{0: "0", 7: "7", 0.12345: "0.123", 0.0012345: "0.00123", 12.345: "12.3", 123.45: "123",
		1234.4: "1,234", 1234567: "1,234,567", -1234567: "-1,234,567", math.NaN(): "–", math.Inf(1): "–", 99.96: "100.0", 0.00012: "0.00012"} {
		if got := number(value); got != want {
			t.Errorf("%v: got %q, want %q", value, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) { number(rapid.Float64().Draw(t, "value")) })
}

package lab

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/plan"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
	"github.com/hubbub-live/hubbub/internal/lab/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options are a run of a second: 4 viewers that send 40 messages.
func options(t *testing.T, f *fake, more string) Options {
	p, err := plan.Read(strings.NewReader("WEBSOCKET_URL=ws://"+f.address+"/chat/ws\nNUM_CLIENTS=4\nRAMP_UP_TIME_SECONDS=0.1\n"+
		"MESSAGES_PER_SECOND_PER_CLIENT=10\nDURATION_SECONDS=1\n"+more), func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return Options{Plan: p, Folder: filepath.Join(t.TempDir(), "out"), Program: "test", Progress: io.Discard, Drain: time.Second}
}

func readBack(t *testing.T, o Options) *report.Report {
	t.Helper()
	r, err := report.Open(o.Folder)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Whatever a server does wrong, the run says so. That a window of a second is too
// short is said of all of them.
func TestRun(t *testing.T) {
	tests := []struct {
		why    string
		server *fake
		want   []string // parts of reasons; none: only that the window is short
		remark string
	}{
		{"a good server", &fake{}, nil, ""},
		{"lost to one viewer", &fake{copies: never(5, 1)}, []string{"chain of positions broke 1 times", "viewers miss 1 ", "not everything had been delivered"}, ""},
		{"doubled to one viewer", &fake{copies: func(m, v int) int {
			if m == 5 && v == 1 {
				return 2
			}
			return 1
		}}, []string{"viewers got 1 messages twice"}, ""},
		{"skipped, and declared", &fake{copies: never(5, 1), declared: true}, []string{"the server skipped 1 messages", "viewers miss 1 "}, ""},
		{"acked and not in the history", &fake{forget: 2}, []string{"2 messages were acknowledged and are not in the log"}, ""},
		{"not analysed", &fake{uncount: 3}, []string{"40 messages are logged, and 37 analysed"}, ""},
		{"a reader that stopped", &fake{behind: 7}, []string{"readers of the log were still behind: archive by 7"}, ""},
		{"a connection that is cut", &fake{cut: func(m, v int) bool { return m >= 20 && v == 2 }}, []string{"1 of 4 clients were lost"}, ""},
		{"every connection is cut", &fake{cut: func(m, v int) bool { return m >= 3 }}, []string{"4 of 4 clients were lost"}, ""},
		{"refusals are told", &fake{refuse: func(m int) hubbub.Code {
			if m%10 == 0 {
				return hubbub.CodeRateLimited
			}
			return ""
		}}, nil, "4 messages were refused: rate_limited (4)"},
		{"receipts that never come", &fake{silent: func(m int) bool { return m < 2 }}, []string{"not everything had been delivered"}, "of 2 messages the outcome is unknown"},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			t.Parallel()
			o := options(t, test.server.serve(t), "")
			if err := Run(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			r := readBack(t, o)
			reasons := strings.Join(r.Reasons, "\n")
			for _, want := range append(test.want, "the steady window lasted") {
				if !strings.Contains(reasons, want) {
					t.Errorf("no reason says %q", want)
				}
			}
			for _, reason := range r.Reasons {
				if test.want == nil && !strings.Contains(reason, "steady window") && !strings.Contains(reason, "lagged") { // on a busy machine
					t.Errorf("it did nothing wrong: %s", reason)
				}
			}
			if !strings.Contains(strings.Join(r.Remarks, "\n"), test.remark) {
				t.Errorf("no remark says %q: %q", test.remark, r.Remarks)
			}
			if t.Failed() {
				t.Logf("reasons:\n%s", reasons)
			}
		})
	}
}

func never(message, viewer int) func(int, int) int {
	return func(m, v int) int {
		if m == message && v == viewer {
			return 0
		}
		return 1
	}
}

// An interrupted run leaves what it has.
func TestInterrupted(t *testing.T) {
	f := (&fake{}).serve(t)
	o := options(t, f, "")
	o.Plan.Duration = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan struct{})
	f.copies = func(m, _ int) int {
		if m == 4 {
			select {
			case <-sent:
			default:
				close(sent)
			}
		}
		return 1
	}
	go func() {
		<-sent
		cancel()
	}()
	if err := Run(ctx, o); err != nil {
		t.Fatal(err)
	}
	r := readBack(t, o)
	if len(r.Reasons) == 0 || !strings.Contains(r.Reasons[0], "interrupted") {
		t.Errorf("reasons %q", r.Reasons)
	}
	for _, reason := range r.Reasons {
		if strings.Contains(reason, "miss") || strings.Contains(reason, "books") {
			t.Errorf("its books were not closed in order: %s", reason)
		}
	}
}

func TestNoRunWithoutAServer(t *testing.T) {
	o := options(t, &fake{address: "127.0.0.1:1"}, "")
	if err := Run(t.Context(), o); err == nil {
		t.Error("a run against nobody")
	}
	o = options(t, (&fake{}).serve(t), "STREAM_IDS=2")
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "stream 2") {
		t.Errorf("a stream that there is not: %v", err)
	}
}

// A run tells how fast the machine was while it went on.
func TestRunHasAYardstick(t *testing.T) {
	o := options(t, (&fake{}).serve(t), "")
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(o.Folder, raw.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	run, err := raw.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	first, last := run.Samples[0].Yardstick, run.Samples[len(run.Samples)-1].Yardstick
	if first == nil || last == nil || last.Strokes < first.Strokes+2 || last.CPU <= first.CPU {
		t.Errorf("from %+v to %+v", first, last)
	}
}

// A folder has one run: results are not written over.
func TestFolderOfItsOwn(t *testing.T) {
	o := options(t, (&fake{}).serve(t), "")
	o.Plan.Duration = 100 * time.Millisecond
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("a second run in the same folder: %v", err)
	}
}

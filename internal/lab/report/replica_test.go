package report

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// ofRoles is a good run of several processes, of which those that play chat have equal
// shares.
func ofRoles(roles ...string) *raw.Run {
	run := good()
	chat := 0.0
	for _, r := range roles {
		if r == "chat" {
			chat++
		}
	}
	for i, r := range roles {
		url := fmt.Sprintf("http://127.0.0.1:%d/metrics", 9001+i)
		run.Header.Plan.Metrics = append(run.Header.Plan.Metrics, url)
		for k := range run.Samples {
			s := &run.Samples[k]
			if i == 0 { // what the one process of a good run had is the others'
				s.Processes = nil
			}
			values := map[string]float64{
				fmt.Sprintf("%s{roles=%q}", rolesInfo, r): 1, cpuSeconds: 1 + s.At/10, memory: float64(60+10*i) * (1 << 20),
			}
			if r == "chat" {
				values[connections] = 120 / chat
				values[delivered] = 7 + float64(s.Driver.Delivered)/chat
			}
			s.Processes = append(s.Processes, raw.Process{URL: url, Values: values})
		}
	}
	return run
}

// in changes a process in all samples of a stretch of time.
func in(run *raw.Run, process int, from, to float64, change func(*raw.Process)) {
	for i := range run.Samples {
		if at := run.Samples[i].At; at >= from && at < to {
			change(&run.Samples[i].Processes[process])
		}
	}
}

const ever = 1e9 // seconds

func TestReplicas(t *testing.T) {
	silent := func(p *raw.Process) { *p = raw.Process{URL: p.URL, Error: "connection refused"} }
	times := func(metric string, factor float64) func(*raw.Process) {
		return func(p *raw.Process) { p.Values[metric] *= factor }
	}
	tests := []struct {
		why   string
		roles string
		spoil func(*raw.Run)
		want  string // in the only reason; "": none
	}{
		{"even", "chat chat relay", func(*raw.Run) {}, ""},
		{"one process has no others to share with", "chat", func(*raw.Run) {}, ""},
		{"one that is frozen gets no more viewers", "chat chat", func(r *raw.Run) { in(r, 1, 0, ever, times(connections, 0.4)) },
			"the chat server of http://127.0.0.1:9002/metrics, one of 2, had 57.1 % of its fair share of the sessions (it takes 60 %)"},
		{"less than that is how viewers come and go", "chat chat", func(r *raw.Run) { in(r, 1, 0, ever, times(connections, 0.5)) }, ""},
		{"viewers of a small room", "chat chat chat chat", func(r *raw.Run) { in(r, 2, 0, ever, times(delivered, 0.5)) },
			"one of 4, had 57.1 % of its fair share of the deliveries"},
		{"nobody reaches it", "chat chat", func(r *raw.Run) {
			in(r, 0, 0, ever, func(p *raw.Process) { p.Values[connections], p.Values[delivered] = 0, 7 })
		}, "had 0 % of its fair share of the sessions, had 0 % of its fair share of the deliveries (it takes 60 %)"},
		{"it was down for half of the time", "chat chat", func(r *raw.Run) { in(r, 1, 150, ever, silent) },
			"http://127.0.0.1:9002/metrics, one of 2, did not answer 81 of 151 times"},
		{"it was down when the run began", "chat chat", func(r *raw.Run) { in(r, 0, 0, 250, silent) }, "had 34.1 % of its fair share of the sessions, had 33.3 % of its fair share of the deliveries (it takes 60 %), did not answer"},
		{"it was down all the while", "chat chat", func(r *raw.Run) { in(r, 1, 0, ever, silent) },
			"http://127.0.0.1:9002/metrics never answered"},
		{"it was late to answer once", "chat chat", func(r *raw.Run) { in(r, 1, 100, 102, silent) }, ""},
		{"who is no chat server has no share", "chat relay", func(*raw.Run) {}, ""},
		{"files of programs that did not tell their roles", "chat chat", func(r *raw.Run) {
			for i := range 2 {
				in(r, i, 0, ever, func(p *raw.Process) { delete(p.Values, rolesInfo+`{roles="chat"}`) })
			}
			in(r, 1, 0, ever, times(connections, 0.1))
		}, "had 18.2 % of its fair share of the sessions"},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			run := ofRoles(strings.Fields(test.roles)...)
			test.spoil(run)
			r := of(t, run)
			switch {
			case test.want == "" && len(r.Reasons) > 0:
				t.Errorf("got %q", r.Reasons)
			case test.want != "" && (len(r.Reasons) != 1 || !strings.Contains(r.Reasons[0], test.want)):
				t.Errorf("got %q, want %q", r.Reasons, test.want)
			}
		})
	}
}

// The CPU of a chat server is not that of everything divided by everybody.
func TestCPUPerChatServer(t *testing.T) {
	run := ofRoles("chat", "chat", "relay", "archive,analysis,summary")
	in(run, 0, 0, ever, func(p *raw.Process) { p.Values[cpuSeconds] *= 3 })
	in(run, 3, 0, ever, func(p *raw.Process) { p.Values[cpuSeconds] *= 9 })
	for _, f := range of(t, run).Figures {
		if f.Name == "CPU per chat server" && (f.text() != "0.200 cores" || f.Note != "mean of 2 chat servers") {
			t.Errorf("it is %s, %s", f.text(), f.Note)
		}
	}
}

func TestReplicasGolden(t *testing.T) {
	run := ofRoles("chat", "chat", "relay", "relay", "archive,analysis,summary")
	in(run, 1, 0, ever, func(p *raw.Process) { p.Values[connections] *= 0.1; p.Values[delivered] *= 0.8 })
	var text bytes.Buffer
	if err := of(t, run).document().markdown(&text); err != nil {
		t.Fatal(err)
	}
	golden(t, "replicas.md", text.Bytes())
	if page := pageOf(t, run); !strings.Contains(page, "<h2>Chat servers</h2>") {
		t.Error("the page lacks the chat servers")
	}
}

// The raw files that are kept are of many versions of the program; all of them have to
// make a report.
func TestKeptFiles(t *testing.T) {
	const kept = "../../../docs/lab"
	for folder, servers := range map[string]int{"reference": 1, "defaults": 1, "cluster": 2, "batching/batches-of-20ms/1": 1} {
		r, err := Open(filepath.Join(kept, folder))
		if err != nil {
			t.Error(err)
			continue
		}
		if all := chatServers(r.run, steady(r.run)); !r.Valid() || len(all) != servers {
			t.Errorf("%s: %q, with %d chat servers", folder, r.Reasons, len(all))
		}
		if err := r.document().html(io.Discard); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab/plan"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

func named(t *testing.T, name, port string) Named {
	t.Helper()
	p, err := plan.Read(strings.NewReader("WEBSOCKET_URL=ws://127.0.0.1:"+port+"/chat/ws\nNUM_CLIENTS=4\nRAMP_UP_TIME_SECONDS=1\nMESSAGES_PER_SECOND_PER_CLIENT=1\nJWT_SECRET=s"),
		func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return Named{Name: name, Plan: p}
}

// leave leaves a raw file of a plan in a folder.
func leave(t *testing.T, folder string, p *plan.Plan, end *raw.End) {
	t.Helper()
	file, err := create(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := raw.NewWriter(file, raw.Header{Plan: *p})
	if end == nil {
		return
	}
	if err := w.End(*end); err != nil {
		t.Fatal(err)
	}
}

// The order is balanced: no plan is always the first.
func TestTurns(t *testing.T) {
	s := Series{Plans: []Named{named(t, "a", "1"), named(t, "b", "2")}, Repeats: 4, Folder: t.TempDir()}
	turns, err := s.Turns()
	if err != nil {
		t.Fatal(err)
	}
	order := ""
	for _, turn := range turns {
		order += turn.Name
		if turn.Done || turn.Folder != filepath.Join(s.Folder, turn.Name, string(rune('0'+turn.Repeat))) {
			t.Errorf("%+v", turn)
		}
	}
	if order != "abbaabba" {
		t.Errorf("the order is %s", order)
	}
	s.Plans = s.Plans[:1]
	if turns, err = s.Turns(); err != nil || len(turns) != 4 || turns[3].Folder != filepath.Join(s.Folder, "4") {
		t.Errorf("one plan: %+v, %v", turns, err)
	}
}

func TestTurnsResume(t *testing.T) {
	a := named(t, "a", "1")
	other := *a.Plan
	other.Clients = 7
	for _, tt := range []struct {
		why  string
		plan *plan.Plan
		end  *raw.End
		want string // of the error; "": the run is kept
	}{
		{"a whole run", a.Plan, &raw.End{}, ""},
		{"a run that was broken off", a.Plan, nil, "remove the folder to have it run again"},
		{"a run that was interrupted", a.Plan, &raw.End{Interrupted: "Ctrl-C"}, "ended before its time (Ctrl-C)"},
		{"a run of another plan", &other, &raw.End{}, "another plan"},
	} {
		s := Series{Plans: []Named{a}, Repeats: 2, Folder: t.TempDir()}
		leave(t, filepath.Join(s.Folder, "1"), tt.plan, tt.end)
		turns, err := s.Turns()
		if tt.want == "" {
			if err != nil || !turns[0].Done || turns[1].Done {
				t.Errorf("%s: %+v, %v", tt.why, turns, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.why, err)
		}
		if _, err := os.Stat(filepath.Join(s.Folder, "1", raw.FileName)); err != nil {
			t.Errorf("%s: it was removed", tt.why)
		}
	}
}

func TestTurnsRefuse(t *testing.T) {
	a, b := named(t, "a", "1"), named(t, "b", "2")
	longer, metrics := named(t, "b", "2"), named(t, "b", "2")
	longer.Duration = time.Minute
	metrics.Metrics = a.Metrics
	taken := t.TempDir()
	leave(t, taken, a.Plan, &raw.End{})
	for _, tt := range []struct {
		why    string
		plans  []Named
		folder string
		want   string
	}{
		{"one name twice", []Named{a, named(t, "a", "2")}, "", "two plans are named a"},
		{"one server twice", []Named{a, named(t, "b", "1")}, "", "the same server"},
		{"one server's metrics twice", []Named{a, metrics}, "", "the same server"},
		{"different loads", []Named{a, longer}, "", "different loads"},
		{"a folder that has a run", []Named{a}, taken, "has a run itself"},
	} {
		if _, err := (Series{Plans: tt.plans, Repeats: 1, Folder: tt.folder}).Turns(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
	if _, err := (Series{Plans: []Named{a, b}, Repeats: 1}).Turns(); err != nil {
		t.Errorf("nothing is wrong with two servers: %v", err)
	}
}

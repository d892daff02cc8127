package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const labPlan = "WEBSOCKET_URL=ws://127.0.0.1:1/chat/ws\nNUM_CLIENTS=1\nRAMP_UP_TIME_SECONDS=0\nMESSAGES_PER_SECOND_PER_CLIENT=1\n"

// What is wrong with a series is said before anything is loaded.
func TestLabSeriesIsRefused(t *testing.T) {
	bare(t)
	one, two := write(t, "one.env", labPlan), write(t, "two.env", labPlan)
	for _, tt := range []struct {
		why, want string
		args      []string
	}{
		{"two plans for one server", "the same server", []string{"--env", one, "--env", two}},
		{"one plan twice", "two plans are named one", []string{"--env", one, "--env", one}},
		{"no repeats", "want 1 or more", []string{"--env", one, "--repeats", "0"}},
		{"no such plan", "open the plan", []string{"--env", one + "x"}},
	} {
		out := filepath.Join(t.TempDir(), "out")
		status, _, stderr := run(t, append([]string{"lab", "run", "--out", out}, tt.args...)...)
		if status != 2 || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: status %d, %s", tt.why, status, stderr)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: a folder was made", tt.why)
		}
	}
}

// A folder is not run and no comparison is made of what is not there.
func TestLabCompareIsRefused(t *testing.T) {
	bare(t)
	empty := t.TempDir()
	cut := filepath.Join(t.TempDir(), "cut")
	if err := os.Mkdir(cut, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cut, "raw.jsonl"), []byte(`{"kind":"run","value":{"vers`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		folders []string
		want    string
	}{
		{[]string{empty, empty}, "has no raw.jsonl"},
		{[]string{cut}, "cut short"},
	} {
		status, _, stderr := run(t, append([]string{"lab", "compare"}, tt.folders...)...)
		if status != 1 || !strings.Contains(stderr, tt.want) {
			t.Errorf("%v: status %d, %s", tt.folders, status, stderr)
		}
	}
}

package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/streams"
	"github.com/hubbub-live/hubbub/internal/transfer"
)

// A page of the history, as far as these tests look at it.
type historyPage struct {
	Messages []struct {
		Position hubbub.Position
		Content  string
		Sender   hubbub.Sender
	}
}

func demoHistory(t *testing.T, a *App) (p historyPage) {
	t.Helper()
	status, text := call(t, "GET", a.URL()+"/api/v1/streams/demo/messages?limit=200", "")
	if err := json.Unmarshal([]byte(text), &p); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	return p
}

// awaitDemo waits until n messages were said in the demo.
func awaitDemo(t *testing.T, a *App, n int) historyPage {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if p := demoHistory(t, a); len(p.Messages) >= n {
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("fewer than %d messages in a minute", n)
		}
	}
}

func stopDemo(t *testing.T, a *App) {
	t.Helper()
	if status, text := call(t, "POST", a.URL()+"/api/v1/streams/demo/demo", `{"running":false}`); status != http.StatusOK || !strings.Contains(text, `"running":false`) {
		t.Fatalf("%d %s", status, text)
	}
}

func withDemo(o *Options) { o.Demo = true }

// TestDemoServed: the chatters are in their stream and in no other, say what they
// are, are no viewers, and stay stopped.
func TestDemoServed(t *testing.T) {
	dir := t.TempDir()
	a := start(t, dir, withDemo)
	for _, m := range awaitDemo(t, a, 3).Messages {
		if !slices.Equal(m.Sender.Roles, []string{hubbub.RoleDemo}) || !strings.HasPrefix(string(m.Sender.ID), "demo-") {
			t.Errorf("%+v", m)
		}
	}
	if _, text := call(t, "GET", a.URL()+"/api/v1/streams/demo", ""); !strings.Contains(text, `"demo":true`) || !strings.Contains(text, `"viewerCount":0`) {
		t.Error(text)
	}
	if _, text := call(t, "GET", a.URL()+"/api/v1/streams/1/messages", ""); !strings.Contains(text, `"messages":[]`) {
		t.Errorf("in the first stream there is %s", text)
	}
	stopDemo(t, a)
	stop(t, a)
	a = start(t, dir, withDemo)
	before := demoHistory(t, a)
	time.Sleep(2500 * time.Millisecond) // in which some would have been said
	if n := len(demoHistory(t, a).Messages) - len(before.Messages); n > 0 {
		t.Errorf("stopped, and after a restart %d were said", n)
	}
	stop(t, a)
	a = start(t, dir, nil) // without it there are none either, and nothing to start them
	if status, _ := call(t, "GET", a.URL()+"/api/v1/streams/demo/demo", ""); status != http.StatusNotFound {
		t.Errorf("without --demo: %d", status)
	}
	stop(t, a)
}

// TestNoDemoInSomebodysStream: a stream of that name that is none stays as it is.
func TestNoDemoInSomebodysStream(t *testing.T) {
	dir := t.TempDir()
	stop(t, start(t, dir, nil))
	service, _, closer, err := Streams(t.Context(), Site{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.Create(t.Context(), streams.Draft{ID: "demo", Title: "Mine"}); err != nil {
		t.Fatal(err)
	}
	if err := closer.Close(); err != nil {
		t.Fatal(err)
	}
	a := start(t, dir, withDemo)
	time.Sleep(2500 * time.Millisecond) // in which some would have been said
	if p := demoHistory(t, a); len(p.Messages) > 0 {
		t.Errorf("%+v", p)
	}
	stop(t, a)
}

// TestBackupAndCarry backs up a running server, serves the copy, and carries the
// site to a file and back.
func TestBackupAndCarry(t *testing.T) {
	dir, kept := t.TempDir(), filepath.Join(t.TempDir(), "kept")
	out := IO{Stdout: io.Discard, Stderr: t.Output(), Version: "test"}
	a := start(t, dir, withDemo)
	call(t, "POST", a.URL()+"/api/v1/users/guest", `{"name":"Mina"}`)
	said := awaitDemo(t, a, 3)
	if err := Backup(t.Context(), dir, kept); err != nil {
		t.Fatal(err)
	}
	if err := Backup(t.Context(), dir, kept); err == nil {
		t.Error("a backup was overwritten")
	}
	file := filepath.Join(t.TempDir(), "site.jsonl")
	if _, err := Export(t.Context(), Place{Data: dir}, file, out); err == nil || !strings.Contains(err.Error(), "another hubbub is running") {
		t.Errorf("exported under a running server: %v", err)
	}
	stopDemo(t, a)
	stop(t, a)

	first, err := Export(t.Context(), Place{Data: kept}, file, out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Export(t.Context(), Place{Data: kept}, file, out); err == nil {
		t.Error("an export was overwritten")
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	carried := filepath.Join(t.TempDir(), "carried")
	summary, err := Import(t.Context(), Place{Data: carried}, file, out)
	if err != nil || fmt.Sprint(summary.Sections) != fmt.Sprint(first) || len(summary.Uncounted) > 0 {
		t.Fatalf("%+v, %v; exported %v", summary, err, first)
	}
	if _, err := Import(t.Context(), Place{Data: carried}, file, out); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("imported over what is there: %v", err)
	}
	again := filepath.Join(t.TempDir(), "again.jsonl")
	if _, err := Export(t.Context(), Place{Data: carried}, again, out); err != nil {
		t.Fatal(err)
	}
	if is, was := read(t, again), read(t, file); !bytes.Equal(is, was) {
		t.Errorf("it is\n%s\nand was\n%s", is, was)
	}

	for _, folder := range []string{kept, carried} {
		b := start(t, folder, withDemo)
		got := demoHistory(t, b)
		if len(got.Messages) < len(said.Messages) {
			t.Fatalf("%d of %d messages", len(got.Messages), len(said.Messages))
		}
		for i, m := range said.Messages {
			if fmt.Sprint(got.Messages[i]) != fmt.Sprint(m) {
				t.Errorf("%+v has become %+v", m, got.Messages[i])
			}
		}
		last := got.Messages[len(got.Messages)-1].Position
		more := awaitDemo(t, b, len(got.Messages)+1) // it goes on in an epoch of its own
		next := more.Messages[len(got.Messages)].Position
		if next.Epoch <= said.Messages[0].Position.Epoch || !last.Before(next) {
			t.Errorf("after %v comes %v", last, next)
		}
		total := 0
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			messages := len(demoHistory(t, b).Messages)
			_, text := call(t, "GET", b.URL()+"/api/v1/streams/demo/analysis", "")
			var r struct{ TotalCount int }
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				t.Fatal(err)
			}
			if total = r.TotalCount; total == messages {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d messages are counted", total, messages)
			}
		}
		stop(t, b)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestImportRefuses: what is damaged or newer leaves nothing behind.
func TestImportRefuses(t *testing.T) {
	dir := t.TempDir()
	stop(t, start(t, dir, nil))
	file := filepath.Join(t.TempDir(), "site.jsonl")
	if _, err := Export(t.Context(), Place{Data: dir}, file, IO{Stderr: t.Output(), Version: "test"}); err != nil {
		t.Fatal(err)
	}
	good := read(t, file)
	for why, c := range map[string]struct {
		text []byte
		want error
	}{
		"half of it":      {good[:len(good)/2], transfer.ErrDamaged},
		"nothing":         {nil, transfer.ErrDamaged},
		"a newer format":  {bytes.Replace(good, []byte(`"format":2`), []byte(`"format":9`), 1), transfer.ErrNewer},
		"another's title": {bytes.Replace(good, []byte("My first stream"), []byte("My worst stream"), 1), transfer.ErrDamaged},
	} {
		bad, to := filepath.Join(t.TempDir(), "bad.jsonl"), filepath.Join(t.TempDir(), "new")
		if err := os.WriteFile(bad, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Import(t.Context(), Place{Data: to}, bad, IO{Stderr: t.Output()}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", why, err)
		}
		if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: it made the folder (%v)", why, err)
		}
	}
	for why, from := range map[string]string{"no folder": filepath.Join(dir, "nothing"), "an empty one": t.TempDir()} {
		if err := Backup(t.Context(), from, filepath.Join(t.TempDir(), "kept")); err == nil || !strings.Contains(err.Error(), "no data folder") {
			t.Errorf("a backup of %s: %v", why, err)
		}
		if _, err := Export(t.Context(), Place{Data: from}, filepath.Join(t.TempDir(), "x"), IO{Stderr: t.Output()}); err == nil || !strings.Contains(err.Error(), "no data folder") {
			t.Errorf("an export of %s: %v", why, err)
		}
		if entries, _ := os.ReadDir(from); len(entries) > 0 {
			t.Errorf("%s has %v now", why, entries)
		}
	}
}

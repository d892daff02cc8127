package wordlist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A shelf has the words of streams, and counts questions.
type shelf struct {
	mu    sync.Mutex
	words map[hubbub.StreamID][]string
	asked int
	err   error
	now   time.Time
}

func (s *shelf) Words(_ context.Context, id hubbub.StreamID) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.words[id], s.err
}

func open(t *testing.T, o Options) (*Lists, *shelf) {
	t.Helper()
	s := &shelf{words: map[hubbub.StreamID][]string{}, now: time.Unix(1_700_000_000, 0)}
	o.Words, o.Now = s.Words, func() time.Time { return s.now }
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return l, s
}

func check(l *Lists, content string, roles ...string) hubbub.Code {
	err := l.Check(context.Background(), &hubbub.Message{StreamID: "1", Content: content, Sender: hubbub.Sender{ID: "u", Roles: roles}})
	if err == nil {
		return ""
	}
	return hubbub.AsError(err).Code
}

func write(t *testing.T, path, text string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestForWhomWordsHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words")
	write(t, path, "# the site's\nsite\n", time.Unix(1, 0))
	l, s := open(t, Options{File: path})
	s.words["1"] = []string{"own"}
	for _, row := range []struct {
		content, role string
		want          hubbub.Code
	}{
		{"hello", "", ""},
		{"own", "", hubbub.CodeWordBlocked},
		{"site", "", hubbub.CodeWordBlocked},
		{"own", hubbub.RoleGuest, hubbub.CodeWordBlocked},
		{"own", hubbub.RoleModerator, ""},
		{"own", hubbub.RoleOwner, ""},
		{"site", hubbub.RoleModerator, hubbub.CodeWordBlocked},
		{"site", hubbub.RoleOwner, hubbub.CodeWordBlocked},
		{"site and own", hubbub.RoleAdmin, ""},
	} {
		if got := check(l, row.content, row.role); got != row.want {
			t.Errorf("%q by %q: %q, want %q", row.content, row.role, got, row.want)
		}
	}
	err := l.Check(t.Context(), &hubbub.Message{StreamID: "1", Content: "own"})
	if strings.Contains(hubbub.AsError(err).Message, "own") {
		t.Errorf("the word is told: %v", err)
	}
}

func TestChangesAreNoticed(t *testing.T) {
	l, s := open(t, Options{})
	want := func(why string, code hubbub.Code, asked int) {
		t.Helper()
		if got := check(l, "own"); got != code || s.asked != asked {
			t.Errorf("%s: %q, asked %d times; want %q, %d", why, got, s.asked, code, asked)
		}
	}
	want("none", "", 1)
	s.words["1"] = []string{"own"}
	want("for a while the copy is believed", "", 1)
	l.Forget("1")
	want("a change is a hint", hubbub.CodeWordBlocked, 2)
	s.words["1"] = nil
	s.now = s.now.Add(fresh)
	want("without one it is asked again", "", 3)
	s.words["1"] = []string{"own"}
	l.Forget("1")
	want("again", hubbub.CodeWordBlocked, 4)
	s.err = errors.New("the disk is gone")
	l.Forget("1")
	want("without the store those of before hold", hubbub.CodeWordBlocked, 5)
	want("and are asked for again after a pause", hubbub.CodeWordBlocked, 5)
	if got := hubbub.AsError(l.Check(t.Context(), &hubbub.Message{StreamID: "2", Content: "x"})); got.Code != hubbub.CodeUnavailable || got.RetryAfter == 0 {
		t.Errorf("of a stream that was never asked for: %v", got)
	}
	s.err, s.words["1"] = nil, []string{"/(/"} // cannot be
	s.now = s.now.Add(pause)
	want("words that cannot be used block nothing", "", 7)
}

func TestListsAreBounded(t *testing.T) {
	l, _ := open(t, Options{})
	many := make([]string, kept/4)
	for i := range many {
		many[i] = "x" // one of them is as good as all to count
	}
	for i := range 20 {
		l.remember(hubbub.StreamID(fmt.Sprint(i)), entry{words: many}, 0)
		size := 0
		for _, e := range l.streams {
			size += len(e.words)
		}
		if size != l.size || size > kept {
			t.Fatalf("%d words are kept, counted %d", size, l.size)
		}
	}
}

func TestSiteIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words")
	write(t, path, "first", time.Unix(1, 0))
	var said bytes.Buffer
	l, _ := open(t, Options{File: path, Logger: slog.New(slog.NewTextHandler(&said, nil))})
	want := func(why, word string, code hubbub.Code) {
		t.Helper()
		l.refresh()
		if got := check(l, word); got != code {
			t.Errorf("%s: %q, want %q", why, got, code)
		}
	}
	want("at the start", "first", hubbub.CodeWordBlocked)
	write(t, path, "second", time.Unix(2, 0))
	want("changed", "second", hubbub.CodeWordBlocked)
	want("changed, and what was there is not", "first", "")
	write(t, path, "/(/", time.Unix(3, 0))
	want("a mistake changes nothing", "second", hubbub.CodeWordBlocked)
	want("also later", "second", hubbub.CodeWordBlocked)
	if n := strings.Count(said.String(), "level=ERROR"); n != 1 {
		t.Errorf("a mistake is said %d times: %s", n, &said)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	want("without the file too", "second", hubbub.CodeWordBlocked)
	write(t, path, "third", time.Unix(3, 0))
	want("and back", "third", hubbub.CodeWordBlocked)
}

func TestAFileThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	write(t, bad, "fine\n*\n", time.Unix(1, 0))
	for _, path := range []string{filepath.Join(dir, "none"), bad, dir} {
		if _, err := New(Options{File: path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestRun(t *testing.T) {
	l, _ := open(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestClean(t *testing.T) {
	got, err := Clean([]string{" a ", "", "b", "a", "\t"})
	if err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Clean([]string{"ok", "/(/"}); err == nil || hubbub.AsError(err).Code != hubbub.CodeBadRequest || !strings.Contains(err.Error(), "entry 2") {
		t.Errorf("%v", err)
	}
}

// pages is a history of messages, oldest first.
type pages []archive.Entry

func (p pages) Page(_ context.Context, q archive.Query) ([]archive.Entry, error) {
	end := len(p)
	if !q.Before.IsZero() {
		end = int(q.Before.N) - 1
	}
	return p[max(0, end-q.Limit):end], nil
}

func TestTry(t *testing.T) {
	var said pages
	for i := range 2500 {
		content := "hello"
		if i%10 == 0 {
			content = fmt.Sprint("bad ", i)
		}
		m := hubbub.Message{Content: content}
		said = append(said, archive.Entry{Position: hubbub.Position{Epoch: 1, N: uint64(i + 1)}, Value: m.AppendJSON(nil), Erased: i == 2490})
	}
	l, _ := open(t, Options{History: said})
	for _, row := range []struct{ limit, checked, matched, found int }{
		{10_000, 2500, 249, 50}, {1000, 1000, 99, 50}, {25, 25, 1, 1}, {9, 9, 0, 0},
	} {
		got, err := l.Try(t.Context(), "1", []string{" BAD "}, row.limit)
		if err != nil || got.Checked != row.checked || got.Matched != row.matched || len(got.Found) != row.found {
			t.Errorf("%+v: %d of %d, %d shown, %v", row, got.Matched, got.Checked, len(got.Found), err)
		}
		if !slices.IsSortedFunc(got.Found, func(a, b archive.Entry) int { return a.Position.Compare(b.Position) }) {
			t.Error("not oldest first")
		}
	}
	if _, err := l.Try(t.Context(), "1", []string{"*"}, 10); err == nil {
		t.Error("a word that cannot be is tried")
	}
}

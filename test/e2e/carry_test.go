package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/client"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// mustRun runs a command of the binary that has to succeed.
func mustRun(t testing.TB, ctx context.Context, args ...string) (stdout string) {
	t.Helper()
	p := program{args: args}
	p.run(t, ctx)
	if p.status != 0 {
		t.Fatalf("hubbub %q: exit %d: %s", args, p.status, p.stderr)
	}
	return p.stdout
}

// acknowledged are the contents that are certainly logged.
func (b *book) acknowledged() (contents []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for content, got := range b.outcomes {
		if got == acked {
			contents = append(contents, content)
		}
	}
	return contents
}

// restore serves a copy of a folder, so that the folder can be restored again.
func restore(t testing.TB, from string) *hub.Server {
	t.Helper()
	server := hub.New(t, unlimited()...)
	clone(t, server.Data, from)
	must(t, server.Run())
	return server
}

// TestBackupUnderLoad backs up while all talk, again and again, and restores: all
// that was acknowledged before is there, what there is is complete up to a point,
// and totals count just that.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := startCrowd(t, ctx, 30, "1", "2", "3")
	c.begin(ctx)
	c.talk(ctx)
	const backups = 4
	var folders []string
	var before []map[hubbub.StreamID][]string
	for n := range backups {
		must(t, c.heard(ctx, 500))
		if n == backups-1 { // what is in the log alone is copied too
			must(t, c.server.Kill())
			c.wait()
		}
		known := map[hubbub.StreamID][]string{}
		for stream, book := range c.books {
			known[stream] = book.acknowledged()
		}
		folder := filepath.Join(t.TempDir(), "backup")
		mustRun(t, ctx, "backup", "--data", c.server.Data, "--out", folder)
		folders, before = append(folders, folder), append(before, known)
	}
	must(t, c.server.Run())
	must(t, c.server.AwaitSettled(ctx))
	whole := map[hubbub.StreamID][]api.Entry{}
	for stream := range c.books {
		history, err := c.server.History(ctx, stream, hubbub.Position{})
		must(t, err)
		whole[stream] = history
	}
	for n, folder := range folders {
		restored := restore(t, folder)
		must(t, restored.AwaitSettled(ctx))
		total := 0
		for stream, all := range whole {
			history, err := restored.History(ctx, stream, hubbub.Position{})
			must(t, err)
			if err := beginningOf(history, all); err != nil {
				t.Errorf("backup %d, stream %s: %v", n, stream, err)
			}
			have := map[string]bool{}
			for _, e := range history {
				have[e.Content] = true
			}
			for _, content := range before[n][stream] {
				if !have[content] {
					t.Errorf("backup %d, stream %s: %q was acknowledged before it and is missing", n, stream, content)
				}
			}
			must(t, expectTotal(ctx, restored, stream, len(history)))
			total += len(history)
		}
		t.Logf("backup %d has %d messages", n, total)
		must(t, restored.Terminate())
	}
}

// beginningOf says where a history is not the beginning of another.
func beginningOf(history, all []api.Entry) error {
	if len(history) > len(all) {
		return fmt.Errorf("%d messages of %d", len(history), len(all))
	}
	for i, e := range history {
		if e.Position != all[i].Position || e.Content != all[i].Content {
			return fmt.Errorf("%q at %v, where there was %q at %v", e.Content, e.Position, all[i].Content, all[i].Position)
		}
	}
	return nil
}

// TestRestoredPositions: who holds a position that was given out after the backup is
// told of a gap by what was restored, each time, and no position is given out again.
func TestRestoredPositions(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t, unlimited()...)
	conn := signIn(t, ctx, server, "ada")
	say := func(conn *client.Conn, content string) {
		t.Helper()
		_, err := conn.Send(ctx, client.Post{Stream: "1", Content: content})
		must(t, err)
	}
	for i := range 5 {
		say(conn, fmt.Sprint("before ", i))
	}
	folder := filepath.Join(t.TempDir(), "backup")
	mustRun(t, ctx, "backup", "--data", server.Data, "--out", folder)
	for i := range 5 {
		say(conn, fmt.Sprint("lost ", i))
	}
	given := map[hubbub.Position]string{}
	history, err := server.History(ctx, "1", hubbub.Position{})
	must(t, err)
	for _, e := range history {
		given[e.Position] = e.Content
	}
	held := history[7].Position // 2 of the lost ones were missed by who holds it
	must(t, server.Terminate())

	for range 2 {
		restored := restore(t, folder)
		bob := signIn(t, ctx, restored, "bob")
		sub, err := bob.Subscribe(ctx, client.Topic{Destination: client.MessagesOf("1", hubbub.MessageChannel), Resume: held})
		must(t, err)
		say(bob, "afterwards")
		m, err := sub.Next(ctx)
		must(t, err)
		got, err := m.Chat()
		must(t, err)
		if got.Content != "afterwards" || m.Gap == "" || !strings.HasPrefix(m.Gap, held.String()+"..") {
			t.Errorf("who resumes from %v gets %q with the gap %q", held, got.Content, m.Gap)
		}
		now, err := restored.History(ctx, "1", hubbub.Position{})
		must(t, err)
		for _, e := range now {
			if was, again := given[e.Position]; again && was != e.Content {
				t.Errorf("%v was %q and is %q", e.Position, was, e.Content)
			}
			given[e.Position] = e.Content
		}
		if len(now) != 6 {
			t.Errorf("%d messages are there", len(now))
		}
		delete(given, now[5].Position) // it was said twice, in two lives
		must(t, restored.Terminate())
	}
}

// TestExportAndImport carries a site by the command line: what was exported of what
// was imported is what was exported.
func TestExportAndImport(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := startCrowd(t, ctx, 8, "1", "2")
	c.begin(ctx)
	c.talk(ctx)
	must(t, c.heard(ctx, 300))
	must(t, c.server.Kill()) // some of it is in the log alone
	c.wait()
	dir := t.TempDir()
	file, again, data := filepath.Join(dir, "site.jsonl"), filepath.Join(dir, "again.jsonl"), filepath.Join(dir, "data")
	said := mustRun(t, ctx, "export", "--data", c.server.Data, "--out", file)
	if other := mustRun(t, ctx, "import", "--data", data, file); other != said {
		t.Errorf("exported\n%simported\n%s", said, other)
	}
	mustRun(t, ctx, "export", "--data", data, "--out", again)
	was, err := os.ReadFile(file)
	must(t, err)
	is, err := os.ReadFile(again)
	must(t, err)
	if string(was) != string(is) {
		t.Error("what was exported of what was imported is another file")
	}
	server := hub.New(t, unlimited()...)
	server.Data = data
	must(t, server.Run())
	for stream, book := range c.books {
		history, err := server.History(ctx, stream, hubbub.Position{})
		must(t, err)
		if err := book.check(history); err != nil {
			t.Errorf("stream %s: %v", stream, err)
		}
		must(t, expectTotal(ctx, server, stream, len(history)))
	}
	conn := signIn(t, ctx, server, "eve") // it goes on
	_, err = conn.Send(ctx, client.Post{Stream: "1", Content: "after the import"})
	must(t, err)
	history, err := server.History(ctx, "1", hubbub.Position{})
	must(t, err)
	if n := len(history); history[n-1].Content != "after the import" || history[n-1].Position.Epoch <= history[n-2].Position.Epoch {
		t.Errorf("the last is %+v, after %v", history[n-1], history[n-2].Position)
	}
	must(t, server.AwaitSettled(ctx))
	must(t, expectTotal(ctx, server, "1", len(history)))
}

// TestOperatorsStreams creates, lists and ends streams beside a running server.
func TestOperatorsStreams(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t)
	if id := mustRun(t, ctx, "stream", "create", "--data", server.Data, "--id", "show", "--language", "ko", "The show"); id != "show\n" {
		t.Errorf("it printed %q", id)
	}
	made := strings.TrimSpace(mustRun(t, ctx, "stream", "create", "--data", server.Data, "Another"))
	ids := func(status string) (ids []string) {
		for line := range strings.Lines(mustRun(t, ctx, "stream", "list", "--data", server.Data, "--status", status)) {
			ids = append(ids, strings.Fields(line)[0])
		}
		slices.Sort(ids)
		return ids
	}
	want := []string{"1", "show", made}
	slices.Sort(want)
	if got := ids("live"); !slices.Equal(got, want) {
		t.Errorf("live are %q, want %q", got, want)
	}
	var detail struct{ Title, Status, Language string }
	must(t, server.Call(ctx, "GET", "/api/v1/streams/show", nil, &detail))
	if detail.Title != "The show" || detail.Status != "live" || detail.Language != "ko" {
		t.Errorf("%+v", detail)
	}
	mustRun(t, ctx, "stream", "end", "--data", server.Data, "show")
	if live, ended := ids("live"), ids("ended"); slices.Contains(live, "show") || !slices.Equal(ended, []string{"show"}) {
		t.Errorf("live are %q, ended %q", live, ended)
	}
	for _, args := range [][]string{
		{"end", "--data", server.Data, "nothing"}, {"create", "--data", server.Data, "--id", "show", "Again"},
		{"create", "--data", server.Data, "--id", "a/b", "Bad"}, {"list", "--data", t.TempDir()},
		{"create", "--data", server.Data, "--owner", "nobody", "Mine"},
	} {
		p := program{args: append([]string{"stream"}, args...)}
		p.run(t, ctx)
		if p.status != 1 || p.stderr == "" || p.stdout != "" {
			t.Errorf("%q: exit %d, %s%s", args, p.status, p.stdout, p.stderr)
		}
	}
}

// TestConfig prints what serve would take, in a form that it takes.
func TestConfig(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	dir := t.TempDir()
	printed := program{
		args: []string{"config", "print", "--listen", "127.0.0.1:9", "--origins", "https://a.example,https://b.example", "--message-rate", "0.5"},
		env:  []string{"HUBBUB_JWT_SECRET=the secret itself", "HUBBUB_TICK=50ms"}, folder: dir,
	}
	printed.run(t, ctx)
	if printed.status != 0 || strings.Contains(printed.stdout, "the secret itself") || !strings.Contains(printed.stdout, "# jwt-secret is set") {
		t.Errorf("exit %d: %s%s", printed.status, printed.stdout, printed.stderr)
	}
	for _, line := range []string{"listen: 127.0.0.1:9\n", "message-rate: 0.5\n", "tick: 50ms\n", "https://b.example", "session-max: 12h0m0s\n"} {
		if !strings.Contains(printed.stdout, line) {
			t.Errorf("it does not say %q:\n%s", line, printed.stdout)
		}
	}
	again := program{args: []string{"config", "print", "--config", "config.yml"}, config: printed.stdout, folder: dir}
	again.run(t, ctx)
	comments := func(text string) map[string]bool {
		lines := map[string]bool{}
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "#") {
				lines[line] = true
			}
		}
		return lines
	}
	if !maps.Equal(comments(again.stdout), comments(printed.stdout)) {
		t.Errorf("printed again it is\n%s%s\nand was\n%s", again.stdout, again.stderr, printed.stdout)
	}
	good := program{args: []string{"config", "check", "--config", "config.yml"}, folder: dir}
	good.run(t, ctx)
	bad := program{args: []string{"config", "check", "--config", "config.yml"}, config: "message-rate: -1\n"}
	bad.run(t, ctx)
	if good.status != 0 || bad.status != 2 || !strings.Contains(bad.stderr, "message-rate") {
		t.Errorf("exit %d: %s; exit %d: %s", good.status, good.stderr, bad.status, bad.stderr)
	}
}

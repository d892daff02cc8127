package e2e

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// files are the contents of a folder's files, by path.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	}))
	return all
}

func write(path, text string) func(dir string) error {
	return func(dir string) error { return os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600) }
}

// TestBadFolders start on folders that cannot be used: exit 1, it says why, and
// what was there is still there.
func TestBadFolders(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	good := spoken(t, ctx)
	tests := []struct {
		name  string
		fresh bool // nothing in it before spoil; else a good folder
		spoil func(dir string) error
		want  string
	}{
		{"another program's", true, write("notes.txt", "buy milk"), `"notes.txt"`},
		{"a newer version's", false, write("hubbub.json", `{"version":999}`), "newer hubbub (layout 999"},
		{"a torn marker", false, write("hubbub.json", `{"ver`), "hubbub.json cannot be read"},
		{"an empty marker", false, write("hubbub.json", ``), "hubbub.json cannot be read"},
		{"a marker that is gone", false, func(dir string) error { return os.Remove(filepath.Join(dir, "hubbub.json")) }, "no hubbub.json"},
		{"a key that is none", false, write("token-key.pem", "secret"), "token-key.pem"},
		{"a key that all can read", false, func(dir string) error { return os.Chmod(filepath.Join(dir, "token-key.pem"), 0o644) }, "can be read by others"},
		{"users that are no database", false, write("meta.db", strings.Repeat("not a database ", 1000)), "meta.db"},
		{"an archive that is no database", false, write("archive.db", strings.Repeat("not a database ", 1000)), "archive"},
		{"readings that are no database", false, write("tally.db", strings.Repeat("not a database ", 1000)), "tally.db"},
		{"an epoch that is none", false, write("log/epoch.json", "{"), "epoch"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if test.fresh {
				must(t, os.Mkdir(dir, 0o700))
			} else {
				clone(t, dir, good)
			}
			must(t, test.spoil(dir))
			before := files(t, dir)
			p := program{args: []string{"serve", "--listen", "127.0.0.1:0", "--data", dir}}
			p.run(t, ctx)
			if p.status != 1 || !strings.Contains(p.stderr, test.want) || strings.Contains(p.stderr, "panic") || p.stdout != "" {
				t.Errorf("exit %d: %s%s", p.status, p.stdout, p.stderr)
			}
			after := files(t, dir)
			for path, text := range before {
				if kept(path) && after[path] != text {
					t.Errorf("%s was changed", path)
				}
			}
		})
	}
	t.Run("a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data")
		must(t, os.WriteFile(file, []byte("mine"), 0o600))
		p := program{args: []string{"serve", "--listen", "127.0.0.1:0", "--data", file}}
		p.run(t, ctx)
		if p.status != 1 || !strings.Contains(p.stderr, file) {
			t.Errorf("exit %d: %s", p.status, p.stderr)
		}
	})
}

// kept says whether a file has to stay as it is on a start that fails: databases
// may fold their journals in.
func kept(path string) bool {
	return !strings.Contains(path, ".db-") && !strings.Contains(path, "/log/")
}

// clone copies a folder with its modes, which a key's file needs.
func clone(t testing.TB, to, from string) {
	t.Helper()
	if said, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copy %s: %v: %s", from, err, said)
	}
}

const sentences = 20

// spoken is the folder of a server on which somebody spoke and which was stopped.
func spoken(t testing.TB, ctx context.Context) string {
	t.Helper()
	server := hub.Start(t, "--message-rate", "0")
	room := watch(t, ctx, server, "1")
	for range sentences {
		must(t, room.still(ctx))
	}
	must(t, server.AwaitSettled(ctx))
	must(t, server.Terminate())
	return server.Data
}

// TestBadTornLog starts on logs whose end is not as it was written. It starts,
// all that was archived is still there, and what is said from then on comes
// after it.
func TestBadTornLog(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	good := spoken(t, ctx)
	cut := func(n int64) func(string) error {
		return func(block string) error {
			info, err := os.Stat(block)
			if err != nil {
				return err
			}
			return os.Truncate(block, info.Size()-n)
		}
	}
	tests := map[string]func(block string) error{
		"an octet is missing":    cut(1),
		"the file is gone":       os.Remove,
		"something is behind it": appendTo("half a record that was never finished"),
		"its last octets are wrong": func(block string) error {
			text, err := os.ReadFile(block)
			if err != nil {
				return err
			}
			text[len(text)-20] ^= 0xff
			return os.WriteFile(block, text, 0o600)
		},
	}
	for name, tear := range tests {
		t.Run(name, func(t *testing.T) {
			server := hub.New(t, "--message-rate", "0")
			clone(t, server.Data, good)
			blocks, err := filepath.Glob(filepath.Join(server.Data, "log/js/jetstream/*/streams/raw-chats/msgs/*.blk"))
			if must(t, err); len(blocks) == 0 {
				t.Fatal("the log has no blocks where they are looked for")
			}
			must(t, tear(blocks[len(blocks)-1]))
			must(t, server.Run())
			before, err := server.History(ctx, "1", hubbub.Position{})
			must(t, err)
			if len(before) != sentences {
				t.Errorf("%d of %d messages are left", len(before), sentences)
			}
			room := watch(t, ctx, server, "1")
			for _, e := range before {
				room.logged = append(room.logged, e.Content)
			}
			must(t, room.still(ctx))
			must(t, server.AwaitSettled(ctx))
			must(t, server.Terminate())
			must(t, server.Run())
			after, err := server.History(ctx, "1", hubbub.Position{})
			must(t, err)
			if len(after) != len(before)+1 || !slices.IsSortedFunc(after, func(a, b api.Entry) int { return a.Position.Compare(b.Position) }) {
				t.Errorf("after another start there are %d messages, in this order: %v", len(after), positions(after))
			}
		})
	}
}

func appendTo(text string) func(string) error {
	return func(block string) error {
		f, err := os.OpenFile(block, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(text)
		return errors.Join(err, f.Close())
	}
}

func positions(entries []api.Entry) (all []string) {
	for _, e := range entries {
		all = append(all, fmt.Sprint(e.Position))
	}
	return all
}

// TestStartMakesItsFolder looks at what a first start makes, and a second keeps.
func TestStartMakesItsFolder(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t)
	for path, mode := range map[string]fs.FileMode{"": 0o700, "token-key.pem": 0o600} {
		info, err := os.Stat(filepath.Join(server.Data, path))
		must(t, err)
		if info.Mode().Perm() != mode {
			t.Errorf("%q has the mode %v", path, info.Mode())
		}
	}
	var list struct {
		Streams          []struct{ ID, Status string }
		NumberOfElements int
	}
	must(t, server.Call(ctx, "GET", "/api/v1/streams", nil, &list))
	if len(list.Streams) != 1 || list.Streams[0].ID != "1" || list.Streams[0].Status != "live" {
		t.Errorf("the streams are %+v", list)
	}
	room := watch(t, ctx, server, "1")
	must(t, room.still(ctx))
	must(t, server.Signal(syscall.SIGINT))
	<-server.Exited()
	must(t, server.Run())
	again := watch(t, ctx, server, "1")
	again.logged = room.logged
	must(t, again.still(ctx))
	must(t, takesToken(t, ctx, server, room.me.Token)) // the key is the same
	must(t, server.Terminate())
}

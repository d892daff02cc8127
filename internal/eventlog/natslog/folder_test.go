package natslog

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

func write(t testing.TB, text string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// streamFolder is where JetStream keeps raw-chats.
func streamFolder(dir string) string {
	return filepath.Join(dir, "js", "jetstream", "$G", "streams", string(eventlog.RawChats))
}

func TestRefusesFolders(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, dir string) // a log with 10 records
		want  string
	}{
		{"another program's", func(t *testing.T, dir string) {
			os.RemoveAll(dir)
			write(t, "mine", dir, "notes.txt")
		}, `holds "notes.txt" but no epoch.json`},
		{"a log without its epochs", func(_ *testing.T, dir string) { os.Remove(filepath.Join(dir, "epoch.json")) }, "no epoch.json"},
		{"a newer version's", func(t *testing.T, dir string) { write(t, `{"format":2,"topics":{}}`, dir, "epoch.json") }, "another version"},
		{"another program's epoch.json", func(t *testing.T, dir string) { write(t, `{}`, dir, "epoch.json") }, "format 0"},
		{"torn epochs", func(t *testing.T, dir string) { write(t, `{"format":1,"top`, dir, "epoch.json") }, "epoch.json"},
		{"torn cursors", func(t *testing.T, dir string) { write(t, `{"raw-chats":{"rel`, dir, "cursors.json") }, "cursors.json"},
		{"a torn mark", func(t *testing.T, dir string) { write(t, "123", dir, "marks", "raw-chats") }, "damaged"},
		{"a stream without its description", func(_ *testing.T, dir string) { os.Remove(filepath.Join(streamFolder(dir), "meta.inf")) }, "cannot read the files of raw-chats"},
		{"a torn description", func(t *testing.T, dir string) { write(t, `{"na`, streamFolder(dir), "meta.inf") }, "cannot read the files of raw-chats"},
		{"no folder", func(t *testing.T, dir string) {
			os.RemoveAll(dir)
			write(t, "a file", dir)
		}, "not a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "log")
			log := open(t, Options{Dir: dir})
			fill(t, log, 10)
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, dir)
			before := listing(t, dir)
			log, err := Open(ctx, Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
			if err == nil {
				log.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("open: %v; want %q", err, c.want)
			}
			if after := listing(t, dir); !strings.HasPrefix(c.name, "another") && !strings.HasPrefix(c.name, "a newer") {
				return
			} else if after != before {
				t.Errorf("the folder was changed\n%s\nto\n%s", before, after)
			}
		})
	}
}

// listing is the names and sizes of what is in a folder, but for the lock.
func listing(t *testing.T, dir string) string {
	var text strings.Builder
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() && info.Name() != "lock" {
			fmt.Fprintln(&text, path, info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// A first start that was cut short can be made again, and so can one in a file
// system of its own.
func TestOpensWhatAStartLeft(t *testing.T) {
	for _, left := range []string{"lock", "epoch.json.new", "lost+found/x"} {
		dir := t.TempDir()
		write(t, "{", dir, left)
		fill(t, open(t, Options{Dir: dir}), 10)
	}
}

// TestMakesAStreamAgain: killed while it made a stream, JetStream leaves some of
// this, and after the next start leaves the stream out. There is nothing to lose.
func TestMakesAStreamAgain(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, stream string){
		"its folder":         func(t *testing.T, stream string) { os.RemoveAll(filepath.Join(stream, "msgs")) },
		"folders":            func(*testing.T, string) {},
		"an empty block":     func(t *testing.T, stream string) { write(t, "", stream, "msgs", "1.blk") },
		"a torn description": func(t *testing.T, stream string) { write(t, `{"na`, stream, "meta.inf") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			log := open(t, Options{Dir: dir})
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			stream := streamFolder(dir)
			left, err := filepath.Glob(filepath.Join(stream, "*", "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range append(left, filepath.Join(stream, "meta.inf"), filepath.Join(stream, "meta.sum")) {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
			leave(t, stream)
			log = open(t, Options{Dir: dir})
			fill(t, log, 10)
			if end := log.mustEnd(t); end.N != 10 {
				t.Errorf("the end is %v", end)
			}
		})
	}
}

// TestKeepsRecordsItCannotRead: a stream with a record is not made again, however
// little else is left of it, and is there once its description is back.
func TestKeepsRecordsItCannotRead(t *testing.T) {
	dir := t.TempDir()
	log := open(t, Options{Dir: dir})
	fill(t, log, 1)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	meta, aside := filepath.Join(streamFolder(dir), "meta.inf"), filepath.Join(t.TempDir(), "meta.inf")
	if err := os.Rename(meta, aside); err != nil {
		t.Fatal(err)
	}
	for range 2 { // trying does no harm
		if log, err := Open(ctx, Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)}); err == nil {
			log.Close()
			t.Fatal("it was opened")
		}
	}
	if err := os.Rename(aside, meta); err != nil {
		t.Fatal(err)
	}
	log = open(t, Options{Dir: dir})
	records, _, err := log.Read(ctx, eventlog.RawChats, message(0).Stream, hubbub.Position{}, 10)
	if err != nil || len(records) != 1 {
		t.Errorf("%d records, %v; want the one", len(records), err)
	}
}

const childDir = "HUBBUB_NATSLOG_DIR" // set in the second process

func TestSecondProcess(t *testing.T) {
	if dir := os.Getenv(childDir); dir != "" {
		_, err := Open(ctx, Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
		fmt.Println(err)
		return
	}
	dir := t.TempDir()
	log := open(t, Options{Dir: dir})
	fill(t, log, 10)
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), childDir+"="+dir)
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "another process has it open") {
		t.Errorf("the second process: %v\n%s", err, out)
	}
	fill(t, log, 10) // the first is not disturbed
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if end := open(t, Options{Dir: dir}).mustEnd(t); end.N != 20 {
		t.Errorf("the end is %v", end)
	}
}

// A record that was damaged on the disk is passed over, not unnoticed: the batch
// after it says that something lies before it.
func TestDamagedRecord(t *testing.T) {
	dir := t.TempDir()
	log := open(t, Options{Dir: dir})
	for i := range 20 {
		r := message(i)
		r.Value = fmt.Appendf(nil, "this is record %02d", i+1)
		if _, _, err := eventlog.AppendWait(ctx, log, eventlog.RawChats, r); err != nil {
			t.Fatal(err)
		}
	}
	log.Close()
	blocks := filepath.Join(streamFolder(dir), "msgs", "1.blk")
	text, err := os.ReadFile(blocks)
	if err != nil {
		t.Fatal(err)
	}
	write(t, strings.Replace(string(text), "this is record 08", "this is RECORD 08", 1), blocks)

	log = open(t, Options{Dir: dir})
	c, err := log.Consume(ctx, eventlog.RawChats, "g", eventlog.ConsumeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	epoch := log.mustEnd(t).Epoch
	for _, want := range []struct{ prev, first, last uint64 }{{0, 1, 7}, {8, 9, 20}} {
		b, err := c.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		last := b.Records[len(b.Records)-1].Position
		if b.Prev != (hubbub.Position{Epoch: epoch, N: want.prev}) || b.Records[0].Position.N != want.first || last.N != want.last {
			t.Errorf("a batch of %v to %v after %v, want %+v", b.Records[0].Position, last, b.Prev, want)
		}
	}
}

package cluster

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// says runs an installed program and returns what it printed.
func says(t *testing.T, env []string, binary string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), binary, args...)
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", binary, err, out)
	}
	return string(out)
}

func TestInstallRedis(t *testing.T) {
	binary, env, err := InstallRedis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out := says(t, env, binary, "--version"); !strings.Contains(out, "Redis server v=7.") {
		t.Errorf("redis-server is %s", out)
	}
}

func TestInstallNginx(t *testing.T) {
	binary, env, err := InstallNginx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out := says(t, env, binary, "-v"); !strings.Contains(out, "nginx/1.") {
		t.Errorf("nginx is %s", out)
	}
}

func TestInstallMySQL(t *testing.T) {
	basedir, env, err := InstallMySQL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out := says(t, env, filepath.Join(basedir, "bin/mysqld"), "--version"); !strings.Contains(out, "Ver 8.0.12") {
		t.Errorf("mysqld is %s", out)
	}
}

func TestInstallPrometheus(t *testing.T) {
	bin, err := InstallPrometheus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"prometheus", "promtool"} {
		if out := says(t, nil, filepath.Join(bin, name), "--version"); !strings.Contains(out, "version 2.") {
			t.Errorf("%s is %s", name, out)
		}
	}
}

// Of many that install at once one does the work; none sees a folder that is not whole.
func TestInstallAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "engine")
	var filled atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := installTo(t.Context(), dir, func(_ context.Context, part string) error {
				filled.Add(1)
				return os.WriteFile(filepath.Join(part, "whole"), nil, 0o600)
			})
			if _, missing := os.Stat(filepath.Join(dir, "whole")); err != nil || missing != nil {
				t.Error(err, missing)
			}
		})
	}
	all.Wait()
	if filled.Load() != 1 {
		t.Errorf("it was filled %d times", filled.Load())
	}
}

// An installation that fails, or is killed, leaves nothing that the next takes for whole.
func TestInstallFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "engine")
	if err := os.MkdirAll(filepath.Join(dir+".part", "of one that was killed"), 0o700); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	fails := func(context.Context, string) error { return broken }
	if err := installTo(t.Context(), dir, fails); !errors.Is(err, broken) {
		t.Errorf("installing returned %v", err)
	}
	works := func(context.Context, string) error { return nil }
	if err := installTo(t.Context(), dir, works); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v was left: %v", left, err)
	}
}

func TestCheckSums(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.jar"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  "
	for list, want := range map[string]string{
		empty + "a.jar\n": "",
		strings.Replace(empty, "e3", "e4", 1) + "a.jar\n": "a.jar has checksum",
		empty + "b.jar\n":                     "a.jar has checksum", // nobody asked for it
		empty + "a.jar\n" + empty + "b.jar\n": "b.jar is missing",
		"a.jar\n":                             "no checksum",
	} {
		err := checkSums(dir, []byte(list))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("of %q: %v, want %q", list, err, want)
		}
	}
}

func TestMajor(t *testing.T) {
	for version, want := range map[string]int{"5:7.0.15-1~deb12u10\n": 7, "2.42.0+ds-5": 2, "12": 12, "x": -1} {
		if n := major(version); n != want {
			t.Errorf("of %q: %d, want %d", version, n, want)
		}
	}
}

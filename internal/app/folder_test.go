package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fill writes files into a new folder.
func fill(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestNewFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for _, why := range []string{"the first start", "the second"} {
		f, err := openFolder(dir)
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", why, info.Mode(), err)
		}
		if text, err := os.ReadFile(f.path(folderFile)); err != nil || string(text) != "{\"version\":1}\n" {
			t.Errorf("%s: marked %q, %v", why, text, err)
		}
		if got := listing(t, dir); got != "hubbub.json lock" {
			t.Errorf("%s: %s", why, got)
		}
		f.close()
	}
}

func TestFolderInUse(t *testing.T) {
	dir := t.TempDir()
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(dir); err == nil || !strings.Contains(err.Error(), "another hubbub is running on it") || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second: %v", err)
	}
	f.close()
	if f, err = openFolder(dir); err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	f.close()
}

func TestFolderAfterAFirstStartThatWasCutShort(t *testing.T) {
	for why, files := range map[string]map[string]string{
		"before the mark":  {"lock": ""},
		"within the mark":  {"lock": "", "hubbub.json.new": `{"ver`},
		"with a key there": {"token-key.pem": "key"},
	} {
		dir := fill(t, files)
		f, err := openFolder(dir)
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		f.close()
		if text, err := os.ReadFile(f.path(folderFile)); err != nil || readable(text) != nil {
			t.Errorf("%s: marked %q, %v", why, text, err)
		}
	}
}

func TestFolderRefused(t *testing.T) {
	for _, row := range []struct {
		why   string
		files map[string]string
		says  string
	}{
		{"somebody else's", map[string]string{"holiday.jpg": ""}, `"holiday.jpg"`},
		{"somebody else's, with a lock", map[string]string{"lock": "", "main.go": ""}, `"main.go"`},
		{"a newer version's", map[string]string{folderFile: `{"version":2}`}, "newer"},
		{"empty mark", map[string]string{folderFile: ``}, "damaged"},
		{"torn mark", map[string]string{folderFile: `{"version":`}, "damaged"},
		{"another's mark", map[string]string{folderFile: `{"name":"hubbub"}`}, "damaged"},
		{"a mark of no version", map[string]string{folderFile: `{"version":-1}`}, "damaged"},
	} {
		dir := fill(t, row.files)
		before := listing(t, dir)
		if f, err := openFolder(dir); err == nil || !strings.Contains(err.Error(), row.says) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", row.why, err)
			if err == nil {
				f.close()
			}
		}
		if after := listing(t, dir); after != before {
			t.Errorf("%s: it had %s and now has %s", row.why, before, after)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file: %v", err)
	}
}

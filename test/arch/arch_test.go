package arch

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func load(t *testing.T) []*Package {
	t.Helper()
	packages, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 20 {
		t.Fatalf("only %d packages were found", len(packages))
	}
	return packages
}

func TestImports(t *testing.T) {
	for _, line := range Check(load(t), Rules) {
		t.Error(line)
	}
}

// TestRulesCanFail shows each rule an import that it must refuse.
func TestRulesCanFail(t *testing.T) {
	for _, tt := range []struct{ from, to string }{
		{".", "internal/text"},
		{"internal/analysis", "internal/eventlog"},
		{"internal/chat/stomp", "net"},
		{"internal/cache", "internal/cache/localcache"},
		{"internal/eventlog", "internal/relay"},
		{"internal/relay", "internal/livebus/localbus"},
		{"internal/cli", "internal/metastore/sqlmeta/query"},
		{"internal/livebus/localbus", "internal/cache"},
		{"internal/metastore/sqlitemeta", "internal/archive"},
		{"internal/app", "internal/cache/cachetest"},
		{"internal/presence", "testing"},
		{"internal/lab/drive", "internal/chat/session"},
		{"internal/app", "internal/lab/plan"},
		{"internal/httpapi", "internal/client"},
		{"internal/chat/session", "internal/account"},
		{"internal/obs", "internal/app"},
		{"internal/app", "internal/cli"},
		{"internal/relay", "github.com/nats-io/nats.go"},
		{"internal/streams", "modernc.org/sqlite"},
		{"internal/metastore/sqlmeta", "github.com/go-sql-driver/mysql"},
		{"internal/history", "internal/sqlitefile"},
		{"internal/chat/session", "github.com/gobwas/ws"},
		{"internal/httpapi", "github.com/golang-jwt/jwt/v5"},
		{"internal/app", "github.com/alecthomas/kong"},
		{"internal/spark", "internal/summary"},
		{"internal/spark", "engines/spark"},
		{"cluster", "internal/eventlog"},
		{"internal/app", "cluster"},
		{"internal/obs", "log"},
		{"internal/token", "math/rand"},
	} {
		p := &Package{Path: tt.from, Imports: map[string][]string{tt.to: {"x.go"}}}
		if len(Check([]*Package{p}, Rules)) == 0 {
			t.Errorf("%s may import %s", tt.from, tt.to)
		}
	}
}

func TestPackageComments(t *testing.T) {
	for _, p := range load(t) {
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command "
		}
		if !strings.HasPrefix(p.Doc, want) && p.Name != "query" { // generated
			t.Errorf("%s: the package comment begins with %.20q, want %q and what it owns", p.Path, p.Doc, want)
		}
	}
}

func TestPackageNames(t *testing.T) {
	vague := regexp.MustCompile(`^(utils?|common|helpers?|types|tools|misc|shared|base|lib)$`)
	for _, p := range load(t) {
		if vague.MatchString(p.Name) {
			t.Errorf("%s: a package is named after what it owns, not %q", p.Path, p.Name)
		}
	}
}

func TestOnlyMainTouchesTheProcess(t *testing.T) {
	for _, p := range load(t) {
		if p.Name == "main" {
			continue
		}
		for call, reason := range mainOnly {
			for _, place := range p.Calls[call] {
				t.Errorf("%s: %s: %s", place, call, reason)
			}
		}
		for _, place := range p.HasInit {
			t.Errorf("%s: func init: what a package needs, its constructor does", place)
		}
	}
}

func TestLoadSeesTestsOfThisFolderOnly(t *testing.T) {
	for _, p := range load(t) {
		if p.Path == "test/arch" && slices.Contains(p.Imports["go/parser"], "arch.go") && p.Imports["testing"] == nil {
			return
		}
	}
	t.Error("this package was not read as it is")
}

// TestFileMap holds docs/architecture.md to what is there.
func TestFileMap(t *testing.T) {
	text, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "## File map")
	if !ok {
		t.Fatal("docs/architecture.md has no file map")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	mapped := ""
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*?) \\|").FindAllStringSubmatch(section, -1) {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			mapped += name[1] + "\n"
			if _, err := os.Stat("../../" + name[1]); err != nil {
				t.Errorf("the file map has %s: %v", name[1], err)
			}
		}
	}
	for _, p := range load(t) {
		parts := strings.SplitN(p.Path, "/", 3)
		if parts[0] != "internal" {
			continue
		}
		if folder := strings.Join(parts[:2], "/"); !strings.Contains(mapped, folder+"\n") {
			t.Errorf("the file map has no %s", folder)
		}
	}
}

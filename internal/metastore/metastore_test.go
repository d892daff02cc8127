package metastore

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the tests compare with")

// recorded has a line per file that sqlc reads or writes, with its hash.
const recorded = "sqlmeta/query/sqlc.sha256"

func TestGeneratedCodeIsFresh(t *testing.T) {
	var files []string
	for _, pattern := range []string{"sqlc.yaml", "queries/*", "*/migrations/*", "sqlmeta/query/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	files = slices.DeleteFunc(files, func(file string) bool { return filepath.Base(file) == "doc.go" }) // sqlc leaves it alone
	slices.Sort(files)
	var now strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&now, "%x  %s\n", sha256.Sum256(text), filepath.ToSlash(file))
	}
	if *update {
		if err := os.WriteFile(recorded, []byte(now.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	then, err := os.ReadFile(recorded)
	if err != nil {
		t.Fatal(err)
	}
	if now.String() != string(then) {
		t.Errorf("queries, migrations or generated code changed since sqlc ran: make gen\nthen:\n%snow:\n%s", then, now.String())
	}
}

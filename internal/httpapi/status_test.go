package httpapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/hubbub-live/hubbub"
)

// TestEveryCodeHasAStatus: one that was added and forgotten would answer 500.
func TestEveryCodeHasAStatus(t *testing.T) {
	tree, err := parser.ParseFile(token.NewFileSet(), "../../code.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[hubbub.Code]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Code" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared[hubbub.Code(text)] = true
		}
		return true
	})
	// These two are of notices about what was missed; nothing is refused with them.
	delete(declared, hubbub.CodeSkipped)
	delete(declared, hubbub.CodeGap)
	// And these are of starts, told to operators alone.
	for _, code := range []hubbub.Code{hubbub.CodeEnginePassword, hubbub.CodeEngineAuthority, hubbub.CodeEngineCertificate} {
		delete(declared, code)
	}
	if len(declared) < 40 {
		t.Fatalf("only %d codes were found", len(declared))
	}
	for code := range declared {
		if status := statuses[code]; status < 400 || http.StatusText(status) == "" {
			t.Errorf("%s has status %d", code, status)
		}
	}
	for code := range statuses {
		if !declared[code] {
			t.Errorf("%s has a status and is none", code)
		}
	}
	if Status("made up") != http.StatusInternalServerError {
		t.Error("an unknown code is somebody else's fault")
	}
}

// TestStatusesAreDocumented holds the statuses and docs/errors.md together.
func TestStatusesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([1-5][0-9]{2}) \\|").FindAllSubmatch(text, -1)
	if len(rows) < 25 {
		t.Fatalf("only %d rows with a status were found", len(rows))
	}
	for _, row := range rows {
		if want := strconv.Itoa(Status(hubbub.Code(row[1]))); want != string(row[2]) {
			t.Errorf("docs/errors.md says %s for %s, it is %s", row[2], row[1], want)
		}
	}
}

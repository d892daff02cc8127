package hubbub_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// TestErrorsAreDocumented holds code.go and docs/errors.md together.
func TestErrorsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (–|[1-5][0-9]{2}) \\| \\S").FindAllSubmatch(text, -1) {
		documented = append(documented, string(row[1]))
	}
	declared := codes(t)
	for _, code := range declared {
		if !slices.Contains(documented, code) {
			t.Errorf("docs/errors.md has no row for %s", code)
		}
	}
	for i, code := range documented {
		if !slices.Contains(declared, code) {
			t.Errorf("docs/errors.md has %s, which code.go has not", code)
		}
		if slices.Contains(documented[:i], code) {
			t.Errorf("docs/errors.md has %s twice", code)
		}
	}
}

// codes reads the constants of type Code in code.go.
func codes(t *testing.T) (list []string) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "Code" {
			return true
		}
		for _, value := range spec.Values {
			code, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, code)
		}
		return true
	})
	if len(list) < 40 {
		t.Fatalf("only %d codes were found in code.go", len(list))
	}
	return list
}

// Package arch holds the rules of who may import whom, with a reason each, and
// reads the program's sources to check them. It parses the files itself: asking
// go list from a test can be answered from a stale cache.
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/hubbub-live/hubbub"

// A Package is one folder of Go files. Names of our own packages are relative to
// the module: "." is the vocabulary.
type Package struct {
	Path    string
	Name    string
	Doc     string              // the package comment
	Imports map[string][]string // by import, the files with it; no test files
	Calls   map[string][]string // by pkg.Func of a plain selector, the places; no test files
	HasInit []string            // places of func init
}

// Load reads every package below root, the folder of go.mod.
func Load(root string) ([]*Package, error) {
	packages := make(map[string]*Package)
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return enter(root, file, entry.Name())
		case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		if packages[dir] == nil {
			packages[dir] = &Package{Path: dir, Imports: map[string][]string{}, Calls: map[string][]string{}}
		}
		return packages[dir].add(file)
	})
	if err != nil {
		return nil, fmt.Errorf("read the sources: %w", err)
	}
	var list []*Package
	for _, p := range packages {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// enter skips what is no part of the module.
func enter(root, dir, name string) error {
	if dir == root {
		return nil
	}
	if name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
		return filepath.SkipDir // another module
	}
	return nil
}

func (p *Package) add(file string) error {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	p.Name = tree.Name.Name
	if tree.Doc != nil {
		p.Doc = tree.Doc.Text()
	}
	local := map[string]string{} // by local name, the import
	for _, spec := range tree.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		target = ours(target)
		p.Imports[target] = append(p.Imports[target], path.Base(file))
		name := path.Base(target)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		local[name] = target
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				p.HasInit = append(p.HasInit, files.Position(n.Pos()).String())
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && local[x.Name] != "" {
				name := local[x.Name] + "." + n.Sel.Name
				p.Calls[name] = append(p.Calls[name], files.Position(n.Pos()).String())
			}
		}
		return true
	})
	return nil
}

// ours makes an import of this module relative to it.
func ours(target string) string {
	if target == module {
		return "."
	}
	return strings.TrimPrefix(target, module+"/")
}

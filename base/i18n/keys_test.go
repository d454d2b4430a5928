package i18n

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
)

func TestEveryKeyIsInBothLanguages(t *testing.T) {
	vi, en := books()[Vietnamese].all, books()[English].all
	for _, key := range slices.Sorted(maps.Keys(vi)) {
		if en[key] == nil {
			t.Errorf("%q has no English message", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(en)) {
		if vi[key] == nil {
			t.Errorf("%q has no Vietnamese message", key)
		}
	}
}

var place = regexp.MustCompile(`\{\{[^}]*\.(\w+)[^}]*\}\}`)

// places returns the names of the values that a message asks for.
func places(m *goi18n.Message) string {
	names := map[string]bool{}
	for _, text := range []string{m.One, m.Other} {
		for _, x := range place.FindAllStringSubmatch(text, -1) {
			names[x[1]] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " ")
}

func TestBothLanguagesAskForTheSameValues(t *testing.T) {
	vi, en := books()[Vietnamese].all, books()[English].all
	for _, key := range slices.Sorted(maps.Keys(vi)) {
		if m := en[key]; m != nil && places(m) != places(vi[key]) {
			t.Errorf("%q asks for [%s] in Vietnamese and [%s] in English", key, places(vi[key]), places(m))
		}
		if strings.TrimSpace(vi[key].Other) == "" {
			t.Errorf("%q is empty", key)
		}
	}
}

func TestEveryKeyUsedInCodeHasAMessage(t *testing.T) {
	all := books()[Vietnamese].all
	used := usedKeys(t, root(t))
	if len(used) < 10 {
		t.Fatalf("found only %d keys in the code: the search is broken", len(used))
	}
	for _, u := range used {
		if !u.prefix {
			if all[u.key] == nil {
				t.Errorf("%s: no message for %q", u.at, u.key)
			}
			continue
		}
		if !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(k string) bool { return strings.HasPrefix(k, u.key) }) {
			t.Errorf("%s: no message begins with %q", u.at, u.key)
		}
	}
}

type use struct {
	key    string
	prefix bool // the rest of the key is computed
	at     string
}

func root(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above this package")
		}
		dir = up
	}
}

// usedKeys reads every Go file outside of tests; generated templ code is among
// them, so that templates are covered too.
func usedKeys(t *testing.T, root string) (out []use) {
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name := e.Name(); path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("parse %s: %w", path, err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			for _, arg := range keyArgs(n) {
				if key, prefix, ok := literal(arg); ok {
					out = append(out, use{key, prefix, set.Position(arg.Pos()).String()})
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// keyArgs returns the expressions that are message keys in a call or literal.
func keyArgs(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return nil
		}
		pkg, _ := sel.X.(*ast.Ident)
		on := func(p, f string, arg int) bool {
			return pkg != nil && pkg.Name == p && sel.Sel.Name == f && len(n.Args) > arg
		}
		switch {
		case on("i18n", "T", 1):
			return n.Args[1:2]
		case on("i18n", "Key", 0):
			return n.Args[:1]
		case on("fault", "New", 1):
			return n.Args[1:2]
		case on("web", "SeeOther", 3):
			return n.Args[3:4]
		case sel.Sel.Name == "With" && len(n.Args) >= 2 && (pkg == nil || pkg.Name != "slog" && pkg.Name != "i18n"):
			// (*fault.Fault).With; other methods of that name take no dotted text second.
			if key, prefix, ok := literal(n.Args[1]); ok && (prefix || strings.Contains(key, ".")) {
				return n.Args[1:2]
			}
		}
	case *ast.CompositeLit:
		sel, ok := n.Type.(*ast.SelectorExpr)
		if !ok {
			return nil
		}
		if pkg, _ := sel.X.(*ast.Ident); pkg == nil || pkg.Name != "fault" {
			return nil
		}
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if k, _ := kv.Key.(*ast.Ident); k != nil && k.Name == "Key" {
					return []ast.Expr{kv.Value}
				}
			}
		}
	}
	return nil
}

// literal returns the text of a string literal, or the literal beginning of a
// concatenation; an empty text says "no message" and is no key.
func literal(e ast.Expr) (text string, prefix, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, false, err == nil && e.Kind == token.STRING && s != ""
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			s, _, ok := literal(e.X)
			return s, true, ok
		}
	}
	return "", false, false
}

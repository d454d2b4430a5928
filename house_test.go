package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The order of the house: who may import whom. A new package needs a row in
// floors; annexes (…web) and test helpers (…test) go with the room beside them.

// floors says on which floor each package stands. An import leads downwards; the
// few ways along a floor are in alongside.
var floors = map[string]int{
	// 0, pure: no I/O.
	"base/law": 0, "base/points": 0, "base/fault": 0, "base/actor": 0, "base/moment": 0, "data": 0, "docs/guide": 0,
	// 1, the ground floor: serves the rooms, knows none.
	"base/db": 1, "base/audit": 1, "base/auth": 1, "base/job": 1, "base/live": 1, "base/file": 1,
	"base/receipt": 1, "base/ledger": 1, "base/look": 1,
	"base/paper": 1, "base/notify": 1, "base/i18n": 1, "base/table": 1,
	// 2, base rooms.
	"calendar": 2, "unit": 2, "scorecard/criteria": 2, "scorecard/ranking": 2, "procedure": 2, "evaluation": 2, "setting": 2,
	// 3, rooms.
	"dossier": 3, "plan": 3, "survey": 3, "feedback": 3, "inspection": 3, "award": 3,
	// 4, reading rooms.
	"serviceindex": 4, "exchange": 4, "notice": 4, "scorecard": 4, "report": 4, "portal": 4,
	"imports": 4, "privacy": 4, "reported": 4, "backup": 4,
	// 5, doors.
	"base/web": 5, "base/web/signin": 5, "base/web/sso": 5, "base/web/help": 5, "admin": 5, "admin/account": 5, "base/web/static": 5, "base/web/ui": 5, "base/web/list": 5, "base/web/tokens": 5, "base/api": 5,
	// 6, what knows everything.
	"app": 6, "cmd/cchc-receipt": 6, "demo": 6, "": 6, "bench": 6, "bench/ha": 6, "e2e": 6,
}

// alongside lists the ways along floors 1 and 2: who may be imported from there.
// On floor 0 the compiler forbids circles, and that will do.
var alongside = map[int][]string{
	1: {"base/db", "base/audit", "base/receipt"},
	2: {"calendar"}, // unit and procedure may use it
}

// only says who may import a library, and what lies below its path, directly.
// What is used at one place can be replaced there.
var only = []rule{
	{"net/http", onFloors(5, 6), "HTTP is for the doors"},
	{"github.com/a-h/templ", onFloors(5, 6), "pages are for the doors"},
	{"github.com/danielgtaylor/huma/v2", onFloors(5, 6), "the API is for the doors"},
	{"database/sql", among("base/db", "base/job"), "the database is package db's, and the job queue's handle"},
	{"database/sql/driver", among("base/db", "base/moment"), "types are stored as they are; only db knows drivers"},
	{"modernc.org/sqlite", among("base/db"), "drivers are package db's"},
	{"github.com/jackc/pgx/v5", among("base/db"), "drivers are package db's"},
	{"github.com/pressly/goose/v3", among("base/db"), "migrations are package db's"},
	{"github.com/riverqueue/river", among("base/job"), "rooms name jobs and don't know the queue"},
	{"github.com/alexedwards/argon2id", among("base/auth"), "passwords are package auth's"},
	{"github.com/alexedwards/scs/v2", among("base/web"), "sessions are package web's"},
	{"github.com/wneessen/go-mail", among("notice"), "mail is package notice's"},
	{"gocloud.dev", among("base/file"), "files are package file's"},
	{"github.com/aws/smithy-go", among("base/file"), "files are package file's"},
	{"filippo.io/age", among("backup"), "encryption of copies is package backup's"},
	{"github.com/yuin/goldmark", among("base/web/help"), "markdown is package help's"},
	{"github.com/expr-lang/expr", among("scorecard/criteria"), "formulas are package criteria's"},
	{"golang.org/x/mod/sumdb", among("base/receipt", "base/ledger"), "the log of the trail is package ledger's"},
	{"github.com/go-webauthn/webauthn", among("base/auth"), "passkeys are package auth's"},
	{"github.com/coreos/go-oidc/v3", among("base/web/sso"), "single sign-on is package sso's"},
	{"golang.org/x/oauth2", among("base/web/sso"), "single sign-on is package sso's"},
	{"go.opentelemetry.io", among("app"), "what is traced is put together by package app"},
	{"github.com/prometheus", among("app"), "what is measured is put together by package app"},
	{"github.com/nicksnyder/go-i18n/v2", among("base/i18n"), "messages are package i18n's"},
}

type rule struct {
	library string
	by      func(p pkg) bool // who may
	why     string
}

// impure is what floor 0 must not import: it computes and does nothing.
var impure = []string{"os", "net", "database/sql", "log", "io/ioutil", "syscall", "math/rand", "crypto/rand"}

// clocks read the machine's time: see TestOnlyAppAndDBReadTheClock.
var clocks = []string{"Now", "Since", "Until"}

// A pkg is what go list tells of a package.
type pkg struct {
	ImportPath string
	Dir        string
	Name       string
	GoFiles    []string
	Imports    []string
	Error      *struct{ Err string }

	path string // below the module: "base/db"; "" for main
}

// helper reports whether it helps tests: dbtest, dossiertest.
func (p pkg) helper() bool { return strings.HasSuffix(path.Base(p.path), "test") }

// annex reports whether it is the door of a room: dossier/dossierweb.
func (p pkg) annex() bool {
	room := path.Dir(p.path)
	return path.Base(p.path) == path.Base(room)+"web" && strings.Count(room, "/") == 0
}

// floor returns where the package stands; a helper stands beside its package.
func (p pkg) floor() (int, error) {
	if f, ok := floors[p.path]; ok {
		return f, nil
	}
	if room := path.Dir(p.path); p.annex() && floors[room] >= 2 && floors[room] <= 4 {
		return 5, nil
	} else if f, ok := floors[room]; ok && p.helper() {
		return f, nil
	}
	return 0, fmt.Errorf("package %q has no row in floors of house_test.go", p.path)
}

func among(paths ...string) func(pkg) bool {
	return func(p pkg) bool { return slices.Contains(paths, p.path) }
}

func onFloors(some ...int) func(pkg) bool {
	return func(p pkg) bool { f, err := p.floor(); return err == nil && slices.Contains(some, f) }
}

const module = "cchc"

// within reports whether the import path is the library or below it.
func within(imported, library string) bool {
	return imported == library || strings.HasPrefix(imported, library+"/")
}

// misplaced returns why p must not import the path, or "".
func misplaced(p pkg, imported string) string {
	floor, err := p.floor()
	if err != nil {
		return err.Error()
	}
	ours, ok := strings.CutPrefix(imported, module+"/")
	if !ok {
		return misplacedLibrary(p, floor, imported)
	}
	q := pkg{path: ours}
	below, err := q.floor()
	switch {
	case err != nil:
		return err.Error()
	case p.helper(): // may use what its tests need
		return ""
	case q.helper():
		return "only tests import helpers for tests"
	case strings.HasPrefix(p.path, "base/") && below >= 2 && below <= 4:
		return "the ground floor serves the rooms and knows none"
	case floor == 4 && below == 3:
		return "a reading room asks rooms through interfaces that it declares"
	case floor > below || floor == 6 || floor == 0 && below == 0:
		return ""
	case floor == 5 && below == 5 && !q.annex():
		return "" // every door uses the kit
	case floor == below && slices.Contains(alongside[floor], ours):
		return ""
	case floor == below:
		return fmt.Sprintf("both are on floor %d", floor)
	}
	return fmt.Sprintf("floor %d must not look up to floor %d", floor, below)
}

func misplacedLibrary(p pkg, floor int, imported string) string {
	if p.helper() {
		return ""
	}
	if imported == "testing" || strings.HasPrefix(imported, "testing/") || strings.HasSuffix(imported, "test") {
		return "only tests import helpers for tests"
	}
	if floor == 0 {
		if strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
			return "floor 0 needs nothing but the standard library"
		}
		for _, i := range impure {
			if within(imported, i) && imported != "database/sql/driver" {
				return "floor 0 computes and does nothing"
			}
		}
	}
	for _, o := range only {
		// A row of its own, further below in the path, goes before.
		own := slices.ContainsFunc(only, func(x rule) bool {
			return len(x.library) > len(o.library) && within(x.library, o.library) && within(imported, x.library)
		})
		if within(imported, o.library) && !own && !o.by(p) {
			return o.why
		}
	}
	return ""
}

// house lists the packages of the module.
func house(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Name,GoFiles,Imports,Error", "./...").Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w: %s", err, failed.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Error != nil {
			t.Errorf("%s: %s", p.ImportPath, p.Error.Err)
		}
		p.path = strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if len(p.GoFiles) > 0 && !strings.Contains(p.path, "node_modules") {
			all = append(all, p)
		}
	}
	if len(all) < 10 {
		t.Fatalf("go list found %d packages", len(all))
	}
	return all
}

func TestEveryImportLeadsDownwards(t *testing.T) {
	t.Parallel()
	for _, p := range house(t) {
		if _, err := p.floor(); err != nil {
			t.Error(err)
			continue
		}
		for _, i := range p.Imports {
			if why := misplaced(p, i); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, i, why)
			}
		}
	}
}

func TestTheOrderOfTheHouse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"dossier", "cchc/unit", true},
		{"dossier", "cchc/base/db", true},
		{"dossier", "cchc/plan", false},
		{"dossier", "cchc/serviceindex", false},
		{"serviceindex", "cchc/dossier", false},
		{"serviceindex", "cchc/unit", true},
		{"unit", "cchc/calendar", true},
		{"calendar", "cchc/unit", false},
		{"procedure", "cchc/unit", false},
		{"base/auth", "cchc/unit", false},
		{"base/auth", "cchc/base/audit", true},
		{"base/auth", "cchc/base/job", false},
		{"base/web", "cchc/unit", false},
		{"base/web", "cchc/base/web/ui", true},
		{"base/law", "cchc/base/moment", true},
		{"base/law", "cchc/base/db", false},
		{"base/law", "os", false},
		{"base/law", "golang.org/x/text/unicode/norm", false},
		{"dossier/dossierweb", "cchc/dossier", true},
		{"dossier/dossierweb", "cchc/base/web", true},
		{"dossier/dossierweb", "cchc/unit", true},
		{"dossier/dossierweb", "cchc/unit/unitweb", false},
		{"dossier/dossierweb", "net/http", true},
		{"dossier/dossierweb", "github.com/a-h/templ/runtime", true},
		{"dossier", "cchc/dossier/dossierweb", false},
		{"dossier", "net/http", false},
		{"dossier", "net/http/httptest", false},
		{"dossier", "github.com/a-h/templ", false},
		{"dossier", "database/sql", false},
		{"dossier", "database/sql/driver", false},
		{"dossier", "github.com/riverqueue/river/rivertype", false},
		{"dossier", "testing", false},
		{"dossier", "cchc/unit/unittest", false},
		{"dossier/dossiertest", "cchc/unit/unittest", true},
		{"dossier/dossiertest", "testing", true},
		{"base/db/dbtest", "cchc/base/job", true},
		{"base/job", "database/sql", true},
		{"base/job", "database/sql/driver", false},
		{"base/moment", "database/sql/driver", true},
		{"base/moment", "database/sql", false},
		{"app", "cchc/dossier/dossierweb", true},
		{"app", "cchc/dossier/dossiertest", false},
		{"app", "cchc/cellar", false},
		{"cellar", "fmt", false},
		{"cellar/cellarweb", "fmt", false},
	} {
		if why := misplaced(pkg{path: c.from}, c.to); (why == "") != c.ok {
			t.Errorf("%s imports %s: %q, want it allowed: %v", c.from, c.to, why, c.ok)
		}
	}
}

// sources gives every file of a package that is not a test, parsed.
func sources(t *testing.T, p pkg, f func(name string, fset *token.FileSet, file *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			continue
		}
		f(path.Join(p.path, name), fset, file)
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, p := range house(t) {
		want, found := "Package "+p.Name+" ", false
		if p.Name == "main" {
			want = "Command "
		}
		sources(t, p, func(_ string, _ *token.FileSet, f *ast.File) {
			found = found || strings.HasPrefix(f.Doc.Text(), want)
		})
		if !found {
			t.Errorf("no file of %s has a comment %q…", p.ImportPath, want)
		}
	}
}

func TestOnlyAppAndDBReadTheClock(t *testing.T) {
	t.Parallel()
	for _, p := range house(t) {
		switch top, _, _ := strings.Cut(p.path, "/"); {
		case p.helper(), top == "app", p.path == "base/db", top == "bench", top == "e2e":
			continue
		}
		sources(t, p, func(name string, fset *token.FileSet, f *ast.File) {
			for _, at := range readsClock(f) {
				t.Errorf("%s:%d reads the machine's clock: take tx.Now, or Now of the database", name, fset.Position(at).Line)
			}
		})
	}
}

// readsClock returns where a file uses one of the clocks of package time.
func readsClock(f *ast.File) (at []token.Pos) {
	name := ""
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil && p == "time" {
			name = "time"
			if i.Name != nil {
				name = i.Name.Name
			}
		}
	}
	if name == "." { // then every name could be one
		return []token.Pos{f.Name.Pos()}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && name != "" && x.Name == name && slices.Contains(clocks, s.Sel.Name) {
				at = append(at, s.Pos())
			}
		}
		return true
	})
	return at
}

func TestReadingTheClockIsFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, source string
		want         int
	}{
		{"called", `import "time"; var a = time.Now()`, 1},
		{"handed on", `import "time"; var a = time.Now; var b = time.Since`, 2},
		{"under another name", `import clock "time"; var a = clock.Until(x)`, 1},
		{"with a dot", `import . "time"; var a = Now()`, 1},
		{"only the types", `import "time"; var a time.Duration = time.Second`, 0},
		{"another package's Now", `import "x/time2"; var time other; var a = time.Now()`, 0},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x; "+c.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(readsClock(f)); got != c.want {
			t.Errorf("%s: found %d, want %d", c.name, got, c.want)
		}
	}
}

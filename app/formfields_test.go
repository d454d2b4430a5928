package app

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cchc/base/web"
)

// A fieldReader finds the fields that the handler of a route reads, in the program's own
// text: the structs that it gives to web.Decode, and what it asks a form for by name. It
// follows the request from function to function within a package. So no page has to show
// a form for its fields to be known.
type fieldReader struct {
	files   *token.FileSet
	sources map[string]*source // by directory
}

// A source is a package as it is written.
type source struct {
	dir    string
	files  map[string]*ast.File // by the file's name
	funcs  map[string][]*ast.FuncDecl
	types  map[string]*ast.TypeSpec
	consts map[string]string
}

// fieldSet is the fields of a form with their types as they are written ("moment.Date");
// a file's is "file".
type fieldSet map[string]string

func newFieldReader() *fieldReader {
	return &fieldReader{token.NewFileSet(), map[string]*source{}}
}

func (x *fieldReader) source(dir string) (*source, error) {
	if s := x.sources[dir]; s != nil {
		return s, nil
	}
	s := &source{dir: dir, files: map[string]*ast.File{}, funcs: map[string][]*ast.FuncDecl{}, types: map[string]*ast.TypeSpec{}, consts: map[string]string{}}
	x.sources[dir] = s
	return s, x.parse(s, false)
}

// parse reads the files of a package: those that are written by hand, or those that are
// made of pages, which only types are looked for in, and which are many lines.
func (x *fieldReader) parse(s *source, pages bool) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") != pages {
			continue
		}
		f, err := parser.ParseFile(x.files, filepath.Join(s.dir, name), nil, 0)
		if err != nil {
			return err
		}
		s.files[name] = f
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				s.funcs[d.Name.Name] = append(s.funcs[d.Name.Name], d)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						s.types[spec.Name.Name] = spec
					case *ast.ValueSpec:
						for i, n := range spec.Names {
							if i < len(spec.Values) {
								if v, ok := literal(spec.Values[i]); ok {
									s.consts[n.Name] = v
								}
							}
						}
					}
				}
			}
		}
	}
	return nil
}

func literal(e ast.Expr) (string, bool) {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		v, err := strconv.Unquote(l.Value)
		return v, err == nil
	}
	return "", false
}

// of returns the fields that a handler reads.
func (x *fieldReader) of(h web.Handler) (fieldSet, error) {
	f := runtime.FuncForPC(reflect.ValueOf(h).Pointer())
	file, line := f.FileLine(f.Entry())
	r := &reading{x: x, fields: fieldSet{}, seen: map[ast.Node]bool{}}
	if method, ok := strings.CutSuffix(f.Name(), "-fm"); ok { // a method's value: "cchc/a/b.(*Pages).name"
		cut := strings.LastIndex(method, "/")
		pkg, _, _ := strings.Cut(method[cut+1:], ".")
		s, err := x.source(filepath.Join("..", strings.TrimPrefix(method[:cut+1], "cchc/"), pkg))
		if err != nil {
			return nil, err
		}
		name := method[strings.LastIndex(method, ".")+1:]
		of := strings.Trim(method[strings.Index(method[cut+1:], ".")+cut+2:strings.LastIndex(method, ".")], "(*)")
		for _, d := range s.funcs[name] {
			if receiver(d) == of {
				return r.fields, r.body(s, d)
			}
		}
		return nil, fmt.Errorf("%s is not found", method)
	}
	s, err := x.source(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	var found ast.Node // what begins at that line
	if text := s.files[filepath.Base(file)]; text != nil {
		ast.Inspect(text, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FuncDecl, *ast.FuncLit:
				if x.files.Position(n.Pos()).Line == line {
					found = n
				}
			}
			return true
		})
	}
	if found == nil {
		return nil, fmt.Errorf("%s is not found in %s:%d", f.Name(), file, line)
	}
	return r.fields, r.body(s, found)
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	if n, ok := t.(*ast.Ident); ok {
		return n.Name
	}
	return ""
}

// A reading collects the fields of one handler.
type reading struct {
	x      *fieldReader
	fields fieldSet
	seen   map[ast.Node]bool
}

func (r *reading) body(s *source, fn ast.Node) (err error) {
	if r.seen[fn] {
		return nil
	}
	r.seen[fn] = true
	fail := func(e error) {
		if err == nil {
			err = e
		}
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name, of := "", ""
		switch f := call.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.IndexExpr: // of a generic function
			if id, ok := f.X.(*ast.Ident); ok {
				name = id.Name
			}
		case *ast.SelectorExpr:
			name = f.Sel.Name
			switch on := f.X.(type) {
			case *ast.Ident:
				of = on.Name
			case *ast.SelectorExpr:
				of = on.Sel.Name
			}
		}
		switch {
		case name == "Decode" && (of == "web" || of == "") && len(call.Args) == 2:
			if e := r.decoded(s, call.Args[1]); e != nil {
				fail(fmt.Errorf("%s: %w", r.x.files.Position(call.Pos()), e))
			}
			return true
		case name == "FormFile" && len(call.Args) == 1:
			fail(r.named(s, call.Args[0], "file"))
		case (name == "FormValue" || name == "PostFormValue" || name == "Get" && (of == "PostForm" || of == "Values")) && len(call.Args) == 1:
			fail(r.named(s, call.Args[0], "string"))
		}
		if of == "web" || !slices.ContainsFunc(call.Args, func(a ast.Expr) bool { id, ok := a.(*ast.Ident); return ok && id.Name == "r" }) {
			return true
		}
		for _, d := range s.funcs[name] {
			fail(r.body(s, d))
		}
		return true
	})
	return err
}

// named is a field that is asked for by its name. A name that is made of others is in
// madeNames.
func (r *reading) named(s *source, name ast.Expr, kind string) error {
	v, ok := literal(name)
	if id, is := name.(*ast.Ident); is && !ok {
		v, ok = s.consts[id.Name]
	}
	if ok {
		r.fields[v] = kind
	}
	return nil
}

// decoded collects the fields of the struct that a form is read into.
func (r *reading) decoded(s *source, into ast.Expr) error {
	for {
		switch e := into.(type) {
		case *ast.UnaryExpr:
			into = e.X
			continue
		case *ast.CompositeLit:
			return r.tags(s, e.Type)
		case *ast.CallExpr:
			if id, ok := e.Fun.(*ast.Ident); ok && id.Name == "new" {
				return r.tags(s, e.Args[0])
			}
			return fmt.Errorf("what a call returns")
		case *ast.SelectorExpr: // a field of something: &v.in
			id, ok := e.X.(*ast.Ident)
			if !ok || id.Obj == nil {
				return fmt.Errorf("a field of what is not known")
			}
			of, err := declared(id)
			if err != nil {
				return err
			}
			t, in, err := r.structOf(s, of)
			if err != nil {
				return err
			}
			for _, f := range t.Fields.List {
				for _, n := range f.Names {
					if n.Name == e.Sel.Name {
						return r.tags(in, f.Type)
					}
				}
			}
			return fmt.Errorf("no field %s", e.Sel.Name)
		case *ast.Ident:
			t, err := declared(e)
			if err != nil {
				return err
			}
			return r.tags(s, t)
		}
		return fmt.Errorf("%T", into)
	}
}

// declared is the type of a variable, as its declaration has it.
func declared(id *ast.Ident) (ast.Expr, error) {
	if id.Obj == nil {
		return nil, fmt.Errorf("%s is declared elsewhere", id.Name)
	}
	value := func(e ast.Expr) (ast.Expr, error) {
		if u, ok := e.(*ast.UnaryExpr); ok {
			e = u.X
		}
		switch e := e.(type) {
		case *ast.CompositeLit:
			return e.Type, nil
		case *ast.CallExpr:
			if f, ok := e.Fun.(*ast.Ident); ok && f.Name == "new" {
				return e.Args[0], nil
			}
			if f, ok := e.Fun.(*ast.Ident); ok && f.Obj != nil {
				if d, ok := f.Obj.Decl.(*ast.FuncDecl); ok && d.Type.Results != nil {
					return d.Type.Results.List[0].Type, nil
				}
			}
		}
		return nil, fmt.Errorf("%s comes of %T", id.Name, e)
	}
	switch d := id.Obj.Decl.(type) {
	case *ast.Field:
		return d.Type, nil
	case *ast.ValueSpec:
		if d.Type != nil {
			return d.Type, nil
		}
		for i, n := range d.Names {
			if n.Name == id.Name && i < len(d.Values) {
				return value(d.Values[i])
			}
		}
	case *ast.AssignStmt:
		for i, l := range d.Lhs {
			if n, ok := l.(*ast.Ident); ok && n.Name == id.Name && i < len(d.Rhs) {
				return value(d.Rhs[i])
			}
		}
	}
	return nil, fmt.Errorf("%s is declared by %T", id.Name, id.Obj.Decl)
}

// structOf finds a struct by its name, in another package too.
func (r *reading) structOf(s *source, t ast.Expr) (*ast.StructType, *source, error) {
	switch t := t.(type) {
	case *ast.StarExpr:
		return r.structOf(s, t.X)
	case *ast.StructType:
		return t, s, nil
	case *ast.Ident:
		if spec := s.types[t.Name]; spec != nil {
			return r.structOf(s, spec.Type)
		}
		if t.Obj != nil {
			if spec, ok := t.Obj.Decl.(*ast.TypeSpec); ok { // within a function
				return r.structOf(s, spec.Type)
			}
		}
	case *ast.SelectorExpr:
		id, ok := t.X.(*ast.Ident)
		if !ok {
			break
		}
		for _, f := range s.files {
			for _, i := range f.Imports {
				path, _ := strconv.Unquote(i.Path.Value)
				if !strings.HasPrefix(path, "cchc/") || path[strings.LastIndex(path, "/")+1:] != id.Name {
					continue
				}
				other, err := r.x.source(filepath.Join("..", strings.TrimPrefix(path, "cchc/")))
				if err != nil {
					return nil, nil, err
				}
				if other.types[t.Sel.Name] == nil {
					if err := r.x.parse(other, true); err != nil {
						return nil, nil, err
					}
				}
				if spec := other.types[t.Sel.Name]; spec != nil {
					return r.structOf(other, spec.Type)
				}
			}
		}
	}
	return nil, nil, fmt.Errorf("%s is no struct that is known", written(t))
}

func (r *reading) tags(s *source, t ast.Expr) error {
	st, s, err := r.structOf(s, t)
	if err != nil {
		return err
	}
	for _, f := range st.Fields.List {
		tag := ""
		if f.Tag != nil {
			text, _ := strconv.Unquote(f.Tag.Value)
			tag, _, _ = strings.Cut(reflect.StructTag(text).Get("form"), ",")
		}
		switch {
		case tag != "":
			r.fields[tag] = written(f.Type)
		case written(f.Type) == "web.Form" || written(f.Type) == "ui.Form":
		default: // read in place where it is a struct
			if _, _, err := r.structOf(s, f.Type); err == nil {
				if err := r.tags(s, f.Type); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// written is a type as it is written.
func written(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.SelectorExpr:
		return written(t.X) + "." + t.Sel.Name
	case *ast.ArrayType:
		return "[]" + written(t.Elt)
	case *ast.StarExpr:
		return written(t.X)
	}
	return fmt.Sprintf("%T", t)
}

// madeNames are fields whose names are put together as the form is read: by route, some of
// them, in addition to what the text tells.
var madeNames = map[string]string{
	"POST /preferences":                                           "lang size contrast keys back",
	"POST /dossiers":                                              "papers.0 papers.0.name papers.1 papers.1.name",
	"POST /dossiers/new":                                          "papers.0 papers.0.name papers.1 papers.1.name",
	"POST /dossiers/{code}/notices":                               "email sms zalo",
	"POST /counter/cash/{id}/close":                               "n500000 n1000",
	"POST /admin/calendars/{unit}/week":                           "hours0 counts0 hours1 counts1",
	"POST /admin/imports/{run}/columns":                           "column-0 column-1 column-2",
	"POST /admin/units/{unit}/split":                              "unit0 name0 code0 share0 unit1 name1 code1 share1 rule0 value0 piece0",
	"POST /scorecard/rounds/new":                                  "opens.self closes.self opens.appraised1 closes.appraised1 block.0 group.0",
	"POST /scorecard/rounds/{round}/calendar":                     "opens.self closes.self opens.appraised1 closes.appraised1",
	"POST /scorecard/rounds/{round}/appraisers":                   "appraised1.1 appraised1.2 appraised2.1",
	"POST /scorecard/rounds/{round}/appraise/{stage}/leaf/{leaf}": "option num den value before best done due never veto na answer.0 var.a p0.option p0.num p0.den",
	"POST /scorecard/sheets/{sheet}/leaf/{leaf}":                  "option num den value before best done due never veto na answer.0 var.a p0.option p0.num p0.den",
	"POST /scorecard/sheets/{sheet}/appeal":                       "claim.1.1.1 claim.1.1.2",
	"POST /scorecard/sheets/{sheet}/appeals/{appeal}":             "verdict.1.1.2 points.1.1.2 reason.1.1.2",
	"POST /scorecard/sets/{id}/head":                              "bands# bands.0.label bands.0.min bands.0.op bands.1.label bands.1.min bands.1.op",
}

// noFields are routes that read nothing of what is sent, and why.
var noFields = map[string]string{
	"POST /sign-out":                                    "the session that ends is the cookie's",
	"POST /sign-in/passkey/begin":                       "asks for a challenge",
	"POST /me/passkeys/begin":                           "asks for a challenge",
	"POST /me/passkeys/{id}/drop":                       "the passkey is in the path",
	"POST /me/factor":                                   "asks for a secret that is made",
	"POST /admin/exchange/{id}/again":                   "the link is in the path",
	"POST /admin/exchange/{id}/end":                     "the link is in the path",
	"POST /account/tokens/{id}/revoke":                  "the token is in the path",
	"POST /admin/tokens/{id}/revoke":                    "the token is in the path",
	"POST /notices/{id}":                                "the notice is in the path",
	"POST /stop/{token}":                                "the secret is in the path",
	"POST /admin/log/check":                             "the whole log is checked",
	"POST /admin/log/parties/{id}/end":                  "the party is in the path",
	"POST /scorecard/rounds/{round}/sheets":             "the round is in the path",
	"POST /scorecard/sheets/{sheet}/take-back":          "the sheet is in the path",
	"POST /scorecard/results/{id}/units/{ord}/remedial": "the unit's place in the result is in the path",
	"POST /scorecard/results/{id}/approve":              "the result is in the path",
	"POST /scorecard/results/{id}/discard":              "the result is in the path",
	"POST /admin/imports/{run}/abandon":                 "the run is in the path",
	"POST /admin/accounts/{id}/password":                "the new password is made",
	"POST /admin/accounts/{id}/unlock":                  "the account is in the path",
	"POST /bulk/{id}/go-on":                             "the run is in the path",
	"POST /books/{unit}/{form}/{year}/close":            "the book is in the path",
	"POST /admin/privacy/purposes/{code}/retire":        "the purpose is in the path",
}

// fieldsOfRoutes returns what every POST route reads. A route of which nothing is known, and that
// noFields does not name, is a mistake.
func fieldsOfRoutes(t *testing.T, mux *web.Mux) map[string]fieldSet {
	t.Helper()
	x, out := newFieldReader(), map[string]fieldSet{}
	for _, pattern := range mux.Patterns() {
		if !strings.HasPrefix(pattern, "POST ") {
			continue
		}
		fields, err := x.of(mux.HandlerOf(pattern))
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			fields = fieldSet{}
		}
		for name := range strings.FieldsSeq(madeNames[pattern]) {
			fields[name] = "string"
		}
		switch why, none := noFields[pattern]; {
		case len(fields) == 0 && !none:
			t.Errorf("%s reads no field that is known: name them in madeNames, or say in noFields why there is none", pattern)
		case none && (len(fields) > 0 || len(why) < 10):
			t.Errorf("%s is in noFields (%q), and reads %v", pattern, why, slices.Sorted(maps.Keys(fields)))
		}
		out[pattern] = fields
	}
	for _, list := range []map[string]string{madeNames, noFields} {
		for pattern := range list {
			if out[pattern] == nil {
				t.Errorf("%s has fields named here, and is no route any more", pattern)
			}
		}
	}
	return out
}

// Of every POST route it is known what it reads, so that what is sent to it is more than
// names that it does not know.
func TestEveryFormsFieldsAreKnown(t *testing.T) {
	t.Parallel()
	known := fieldsOfRoutes(t, everyPage(t))
	// Some of what is known by heart, so that a reader who finds too little is found out.
	for route, want := range map[string]fieldSet{
		"POST /sign-in":                {"login": "string", "password": "string", "next": "string"},
		"POST /me/sessions":            {"at": "int64"},
		"POST /admin/import/{kind}":    {"file": "file", "mapping_file": "file", "unit": "string"},
		"POST /dossiers/{code}/person": {"purpose": "string"}, // of a struct that package ui has
		"POST /dossiers/{code}/pause":  {"reason": "string", "qty": "calendar.Quantity"},
		"POST /me/act":                 {"delegation": "string"},
		"POST /sign-in/sso/logout":     {"logout_token": "string"},
		"POST /first-run":              {"day": "moment.Date", "login": "string"},
	} {
		for name, kind := range want {
			if known[route][name] != kind {
				t.Errorf("%s reads %v, without %s %s", route, known[route], name, kind)
			}
		}
	}
}

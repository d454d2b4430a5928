package db

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Stmt is a registered SQL statement. Make one with SQL, Pair, Lines or Rows,
// as a package variable beside the function that uses it.
type Stmt struct {
	Name   string
	Paired bool // made by Pair: the engines get different texts
	text   map[Engine]string
}

// reads reports whether the statement changes nothing for certain: some that change
// rows return them too.
func (s *Stmt) reads() bool {
	return strings.HasPrefix(strings.TrimLeft(s.text[SQLite], " \n\t"), "SELECT")
}

// Text returns the statement as the engine gets it.
func (s *Stmt) Text(e Engine) string { return s.text[e] }

var registry = struct {
	sync.Mutex
	stmts    map[string]*Stmt
	families map[string]*Family
}{stmts: map[string]*Stmt{}, families: map[string]*Family{}}

// SQL registers a statement that both engines understand. The name is room.verb
// and unique; a second one of the same name panics at start.
func SQL(name, text string) *Stmt {
	return register(name, map[Engine]string{SQLite: text, Postgres: text})
}

// Pair registers a statement that has to differ between the engines. Use it only
// where nothing shared will do; a test counts them.
func Pair(name, sqlite, postgres string) *Stmt {
	s := register(name, map[Engine]string{SQLite: sqlite, Postgres: postgres})
	s.Paired = true
	return s
}

var numbered = regexp.MustCompile(`\$(\d+)`)

// limited is a limit that a parameter gives.
var limited = regexp.MustCompile(`(?i)\bLIMIT\s+\$`)

// forSQLite writes a statement as SQLite runs it best.
//
// Parameters become ? where each is used once and in order. SQLite keeps the names
// of the others in a list that its driver searches from the beginning for every
// parameter: a bulk insert of thousands would spend most of its time there.
//
// A limit gets a sign: SQLite plans with the value of a bare parameter, and compiles
// the statement again whenever one is bound, which took a sixth of a list's time.
func forSQLite(text string) string {
	text = limited.ReplaceAllString(text, "LIMIT +$$")
	for i, m := range numbered.FindAllStringSubmatch(text, -1) {
		if m[1] != strconv.Itoa(i+1) {
			return text
		}
	}
	return numbered.ReplaceAllString(text, "?")
}

func register(name string, text map[Engine]string) *Stmt {
	text[SQLite] = forSQLite(text[SQLite])
	s := &Stmt{Name: name, text: text}
	registry.Lock()
	defer registry.Unlock()
	if registry.stmts[name] != nil || registry.families[name] != nil {
		panic("db: two statements named " + name)
	}
	registry.stmts[name] = s
	return s
}

// Registered returns every statement, and for each family of optional lines the
// statement with none, each one, and all of them, ordered by name: what the
// registry test prepares on both engines.
func Registered() []*Stmt {
	registry.Lock()
	defer registry.Unlock()
	var all []*Stmt
	for _, n := range slices.Sorted(maps.Keys(registry.stmts)) {
		all = append(all, registry.stmts[n])
	}
	for _, n := range slices.Sorted(maps.Keys(registry.families)) {
		all = append(all, registry.families[n].samples()...)
	}
	return all
}

// Args are the named arguments of a family of optional lines.
type Args map[string]any

// A Family is one statement with optional lines: what a list with filters needs
// without gluing SQL together. A line that ends in --[name] is kept only when
// the arguments have that name (all of them, when several are listed; --[!name]
// when they have it not). Parameters are written :name and numbered in order of
// first appearance.
type Family struct {
	name  string
	lines []line
	mu    sync.Mutex
	built map[string]*variant
}

type line struct {
	text string
	tags []string
}

type variant struct {
	stmt   *Stmt
	params []string
}

var (
	tagAt   = regexp.MustCompile(`\s*--\[([a-z0-9_!, ]+)\]\s*$`)
	paramAt = regexp.MustCompile(`(^|[^:a-zA-Z0-9_]):([a-z_][a-z0-9_]*)`)
)

// Lines registers a family of optional lines.
func Lines(name, text string) *Family {
	f := &Family{name: name, built: map[string]*variant{}}
	for _, l := range strings.Split(text, "\n") {
		var tags []string
		if m := tagAt.FindStringSubmatchIndex(l); m != nil {
			for _, t := range strings.Split(l[m[2]:m[3]], ",") {
				tags = append(tags, strings.TrimSpace(t))
			}
			l = l[:m[0]]
		}
		if strings.TrimSpace(l) != "" {
			f.lines = append(f.lines, line{text: l, tags: tags})
		}
	}
	registry.Lock()
	defer registry.Unlock()
	if registry.stmts[name] != nil || registry.families[name] != nil {
		panic("db: two statements named " + name)
	}
	registry.families[name] = f
	return f
}

// With returns the statement for these arguments and its parameters in order.
func (f *Family) With(a Args) (*Stmt, []any) {
	v := f.variant(func(tag string) bool { _, ok := a[tag]; return ok })
	args := make([]any, len(v.params))
	for i, p := range v.params {
		x, ok := a[p]
		if !ok {
			panic(fmt.Sprintf("db: statement %s needs :%s", f.name, p))
		}
		args[i] = x
	}
	return v.stmt, args
}

func (f *Family) variant(has func(string) bool) *variant {
	var key strings.Builder
	kept := make([]bool, len(f.lines))
	for i, l := range f.lines {
		kept[i] = true
		for _, t := range l.tags {
			if name, not := strings.CutPrefix(t, "!"); has(name) == not {
				kept[i] = false
			}
		}
		if kept[i] {
			key.WriteByte('1')
		} else {
			key.WriteByte('0')
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if v := f.built[key.String()]; v != nil {
		return v
	}
	var text strings.Builder
	for i, l := range f.lines {
		if kept[i] {
			text.WriteString(l.text + "\n")
		}
	}
	v := &variant{}
	dollars := paramAt.ReplaceAllStringFunc(text.String(), func(m string) string {
		at := strings.LastIndexByte(m, ':')
		n := slices.Index(v.params, m[at+1:])
		if n < 0 {
			v.params = append(v.params, m[at+1:])
			n = len(v.params) - 1
		}
		return m[:at] + "$" + strconv.Itoa(n+1)
	})
	v.stmt = &Stmt{Name: f.name, text: map[Engine]string{SQLite: forSQLite(dollars), Postgres: dollars}}
	f.built[key.String()] = v
	return v
}

func (f *Family) samples() []*Stmt {
	tags := map[string]bool{}
	for _, l := range f.lines {
		for _, t := range l.tags {
			tags[strings.TrimPrefix(t, "!")] = true
		}
	}
	names := slices.Sorted(maps.Keys(tags))
	out := []*Stmt{
		f.variant(func(string) bool { return false }).stmt,
		f.variant(func(string) bool { return true }).stmt,
	}
	for _, only := range names {
		out = append(out, f.variant(func(t string) bool { return t == only }).stmt)
		out = append(out, f.variant(func(t string) bool { return t != only }).stmt)
	}
	return out
}

// A Bulk inserts many rows with one statement.
type Bulk struct {
	name, head, tail string
	width            int
	mu               sync.Mutex
	sized            map[int]*Stmt
}

// Rows registers an INSERT of many rows into table (columns separated by
// commas); tail follows the VALUES, for an ON CONFLICT clause, and may be empty.
func Rows(name, table, columns, tail string) *Bulk {
	b := &Bulk{name: name, head: "INSERT INTO " + table + " (" + columns + ") VALUES ", tail: tail,
		width: strings.Count(columns, ",") + 1, sized: map[int]*Stmt{}}
	b.sized[1] = register(name, b.text(1))
	return b
}

func (b *Bulk) text(rows int) map[Engine]string {
	var s strings.Builder
	s.WriteString(b.head)
	n := 0
	for r := range rows {
		if r > 0 {
			s.WriteByte(',')
		}
		s.WriteByte('(')
		for c := range b.width {
			if c > 0 {
				s.WriteByte(',')
			}
			n++
			s.WriteByte('$')
			s.WriteString(strconv.Itoa(n))
		}
		s.WriteByte(')')
	}
	s.WriteString(" " + b.tail)
	return map[Engine]string{SQLite: forSQLite(s.String()), Postgres: s.String()}
}

func (b *Bulk) of(rows int) *Stmt {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sized[rows] == nil {
		b.sized[rows] = &Stmt{Name: b.name, text: b.text(rows)}
	}
	return b.sized[rows]
}

// exactRows is up to how many rows have a statement of just their number.
const exactRows = 12

// InsertRows inserts rows, in as few statements as the engines' limits on
// parameters allow. Each row has as many values as the bulk has columns.
func (tx *Tx) InsertRows(ctx context.Context, b *Bulk, rows [][]any) error {
	// Few sizes keep the number of different statements small: what one act adds
	// goes in one statement, an import in chunks.
	chunk := max(1, min(100, 8000/b.width))
	for len(rows) > 0 {
		n := min(len(rows), chunk)
		if n > exactRows {
			n = chunk
			for n > len(rows) {
				n /= 2
			}
		}
		args := make([]any, 0, n*b.width)
		for _, r := range rows[:n] {
			if len(r) != b.width {
				return fmt.Errorf("%s: a row has %d values, want %d", b.name, len(r), b.width)
			}
			args = append(args, r...)
		}
		if _, err := tx.Exec(ctx, b.of(n), args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

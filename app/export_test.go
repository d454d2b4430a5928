package app

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/job"
)

// full is a SQLite database that has a row in every table: the demonstration, and
// where it has none, one made from the schema. A table for which none can be made
// fails the test: give it one in demo, or a value in peculiar.
func full(t *testing.T, dir string) (dsn, files, key string) {
	t.Helper()
	dsn, files = filepath.Join(dir, "cchc.db"), filepath.Join(dir, "files")
	if code, _, says := run(t, "demo", "--db", dsn, "--dossiers", "40", "--make-only", "--files", files); code != 0 {
		t.Fatal(says)
	}
	key = dsn + ".log-key"
	signLog(t, dsn, key)
	ctx := context.Background()
	d, err := db.Open(ctx, dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(ctx, func(tx *db.Tx) error { // a job that nobody has done yet
		return job.Kind[string]{Name: "test.carried"}.Enqueue(ctx, tx, `awkward "ạ" \ args`)
	}); err != nil {
		t.Fatal(err)
	}
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	// Triggers keep what is made up out; they are none of this test's.
	var left []string
	for range 8 { // parents first: as many rounds as references are deep
		left = nil
		for _, table := range texts(t, h, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'river%' AND name NOT LIKE 'goose%'`) {
			var n int
			if err := h.QueryRow(`SELECT COUNT(*) FROM (SELECT 1 FROM ` + table + ` LIMIT 1)`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				if err := invent(t, h, table); err != nil {
					left = append(left, fmt.Sprintf("%s: %v", table, err))
				}
			}
		}
		if len(left) == 0 {
			break
		}
	}
	for _, x := range left {
		t.Errorf("no row for table %s", x)
	}
	if t.Failed() {
		t.FailNow()
	}
	return dsn, files, key
}

// peculiar are values that a table's own checks want.
var peculiar = map[string]any{"calendar_session.closes": 2}

var (
	firstListed = regexp.MustCompile(`IN \('([^']*)'`)
	leastNumber = regexp.MustCompile(`(?:BETWEEN|>=|>) (\d+)`)
)

// invent puts a row into a table: references to what is there, the first of the
// values that a check lists, marks that a Vietnamese text has.
func invent(t *testing.T, h *sql.DB, table string) error {
	t.Helper()
	var text string
	if err := h.QueryRow(`SELECT sql FROM sqlite_master WHERE name = $1`, table).Scan(&text); err != nil {
		return err
	}
	parents := map[string][2]string{}
	rows, err := h.Query(`SELECT "from", "table", COALESCE("to", 'id') FROM pragma_foreign_key_list($1)`, table)
	if err != nil {
		return err
	}
	for rows.Next() {
		var from, parent, to string
		if err := rows.Scan(&from, &parent, &to); err != nil {
			return err
		}
		parents[from] = [2]string{parent, to}
	}
	rows.Close()
	rows, err = h.Query(`SELECT name, type FROM pragma_table_xinfo($1) WHERE hidden = 0`, table)
	if err != nil {
		return err
	}
	var names, marks []string
	var kinds []string
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			return err
		}
		names, kinds, marks = append(names, name), append(kinds, kind), append(marks, "?")
	}
	rows.Close()
	values := make([]any, len(names))
	for i, name := range names {
		if v, ok := peculiar[table+"."+name]; ok {
			values[i] = v
			continue
		}
		if p, ok := parents[name]; ok {
			if err := h.QueryRow(`SELECT ` + p[1] + ` FROM ` + p[0] + ` ORDER BY 1 DESC LIMIT 1`).Scan(&values[i]); err != nil {
				return fmt.Errorf("%s of %s: %w", p[1], p[0], err)
			}
			continue
		}
		// The column's own part of the text: its line, up to the next.
		line := ""
		for _, l := range strings.Split(text, "\n") {
			if strings.HasPrefix(strings.TrimSpace(l), name+" ") {
				line = l
			}
		}
		switch kinds[i] {
		case "INTEGER":
			values[i] = 1
			if m := leastNumber.FindStringSubmatch(line); m != nil {
				values[i] = m[1]
			}
		case "BLOB":
			values[i] = []byte{0, 255, '"', '\n'}
		default:
			values[i] = name + ` "ạ" \ <&> 'đ'` + "\n\t\u2028"
			if m := firstListed.FindStringSubmatch(line); m != nil {
				values[i] = m[1]
			}
		}
	}
	_, err = h.Exec(`INSERT INTO `+table+` ("`+strings.Join(names, `", "`)+`") VALUES (`+strings.Join(marks, ", ")+`)`, values...)
	return err
}

// A database with a row in every table goes to the other engine and back: every row
// is as it was, jobs, keys and files come along, figures and log hold.
func TestADatabaseMovesToTheOtherEngineAndBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	dsn, files, key := full(t, dir)
	var names []string
	for name, n := range rowCounts(t, dsn) {
		if !strings.HasPrefix(name, "river") && !strings.HasPrefix(name, "goose") {
			names = append(names, name)
			if n == 0 {
				t.Errorf("table %s has no row", name)
			}
		}
	}
	hop := func(n int, from, fromFiles, fromKey, to string) (toFiles, toKey string) {
		t.Helper()
		toFiles, toKey = filepath.Join(dir, fmt.Sprint("files", n)), filepath.Join(dir, fmt.Sprint("key", n))
		stream := filepath.Join(dir, fmt.Sprint("stream", n))
		if code, _, says := run(t, "export", stream, "--db", from, "--files", fromFiles, "--log-key", fromKey); code != 0 {
			t.Fatalf("export %d: %s", n, says)
		}
		code, out, says := run(t, "import", stream, "--db", to, "--files", toFiles, "--log-key", toKey)
		// What was made up is no fact: the recount may say so, after the rows agree.
		if !strings.Contains(out, fmt.Sprintf("%d tables, ", len(names))) || strings.Contains(out, "DIFFERENT") {
			t.Fatalf("import %d: exit %d: %s%s", n, code, out, says)
		}
		for _, name := range names {
			if !strings.Contains(out, "\n"+name+" ") {
				t.Errorf("import %d: table %s is not in the comparison", n, name)
			}
		}
		return toFiles, toKey
	}
	other := dbtest.Empty(t)                         // PostgreSQL, where the tests run on it
	rawly(t, dsn, "UPDATE log_pending SET came = 7") // as if it came from PostgreSQL, where it waited
	files1, key1 := hop(1, dsn, files, key, other)
	if db.IsPostgres(other) { // what comes now comes after what waits
		rawly(t, other, "INSERT INTO log_pending (entry_id) VALUES ('x')", "DELETE FROM log_pending WHERE entry_id = 'x' AND came = 8")
	}
	back := filepath.Join(dir, "back.db")
	files2, key2 := hop(2, other, files1, key1, back)
	sameRows(t, dsn, back, "verify_run", "log_check")
	for _, pair := range [][2]string{{key, key2}, {key + ".signed", key2 + ".signed"}} {
		a, err := os.ReadFile(pair[0])
		b, again := os.ReadFile(pair[1])
		if err != nil || again != nil || !bytes.Equal(a, b) {
			t.Errorf("%s and %s differ: %v, %v", pair[0], pair[1], err, again)
		}
	}
	base := func(dir string) (out []string) {
		for _, path := range tree(t, dir) {
			out = append(out, filepath.Base(path))
		}
		return out
	}
	if a, b := base(files), base(files2); len(a) == 0 || !slices.Equal(a, b) {
		t.Errorf("files are %q, and were %q", b, a)
	}
	d, err := db.Open(ctx, back, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	jobs, err := job.PendingIn(ctx, d)
	if err != nil || !slices.ContainsFunc(jobs, func(p job.Pending) bool {
		return p.Kind == "test.carried" && strings.Contains(string(p.Args), `awkward \"ạ\" \\ args`)
	}) {
		t.Errorf("jobs are %v, %v", jobs, err)
	}
}

// rawly runs statements behind the program in a database that nobody has open.
func rawly(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	d, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	dbtest.Behind(t, d, nil, statements...)
}

// What the demonstration is moves by a pipe, as the help says, and is recounted there.
func TestExportIsPipedIntoImport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dsn, files := dbtest.Empty(t), filepath.Join(dir, "files")
	if code, _, says := run(t, "demo", "--db", dsn, "--dossiers", "40", "--make-only", "--files", files); code != 0 {
		t.Fatal(says)
	}
	key := filepath.Join(dir, "key")
	signLog(t, dsn, key)
	var stream, says bytes.Buffer
	if code := Main([]string{"export", "--db", dsn, "--files", files, "--log-key", key}, strings.NewReader(""), &stream, &says); code != 0 {
		t.Fatal(says.String())
	}
	take := func(b []byte, to string) (int, string, string) {
		var out, says bytes.Buffer
		code := Main([]string{"import", "--db", to, "--files", filepath.Join(dir, "files-"+db.NewID()), "--log-key", filepath.Join(dir, db.NewID())}, bytes.NewReader(b), &out, &says)
		return code, out.String(), says.String()
	}
	to := dbtest.Empty(t)
	// What breaks off, or was altered, leaves nothing, and can be tried again.
	whole := stream.Bytes()
	altered := bytes.Clone(whole)
	altered[len(altered)/2] ^= 4
	for name, b := range map[string][]byte{"half": whole[:len(whole)/2], "without its end": whole[:len(whole)-20], "altered": altered, "nothing": nil, "another": []byte("id,name\n1,2\n")} {
		code, out, says := take(b, to)
		if code == 0 || out != "" || strings.Contains(says, "panic") {
			t.Errorf("%s: exit %d: %s%s", name, code, out, says)
		}
	}
	code, out, wrong := take(whole, to)
	if code != 0 || !strings.Contains(out, "40 dossiers: every figure agrees") || !strings.Contains(out, "the log holds") || !strings.Contains(out, "each row is as it was written") {
		t.Fatalf("exit %d: %s%s", code, out, wrong)
	}
	if code, out, says := take(whole, to); code == 0 || out != "" || !strings.Contains(says, "nothing was changed") {
		t.Errorf("into a database that is there: exit %d: %s%s", code, out, says)
	}
}

package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
)

func TestRefusalsAreToldApart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	kinds := []error{db.ErrNotFound, db.ErrUnique, db.ErrReference, db.ErrCheck, db.ErrRetry, db.ErrFull, db.ErrClosed}
	for _, c := range []struct {
		name string
		stmt *db.Stmt
		args []any
		want error
	}{
		{"a key that is taken", addBook, []any{"b", "s", "other", 1}, db.ErrUnique},
		{"a unique column that is taken", addBook, []any{"c", "s", "title of b", 1}, db.ErrUnique},
		{"a shelf that does not exist", addBook, []any{"c", "nowhere", "c", 1}, db.ErrReference},
		{"a shelf still in use", dropShelf, []any{"s"}, db.ErrReference},
		{"a value that is not allowed", addBook, []any{"c", "s", "c", -1}, db.ErrCheck},
		{"a value that is missing", addBook, []any{"c", "s", "c", nil}, db.ErrCheck},
	} {
		err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, c.stmt, c.args...); return err })
		for _, k := range kinds {
			if errors.Is(err, k) != (k == c.want) {
				t.Errorf("%s gave %v, want %v and no other kind", c.name, err, c.want)
			}
		}
		var known *db.Error
		if !errors.As(err, &known) || known.Err == nil || !strings.Contains(err.Error(), c.stmt.Name) {
			t.Errorf("%s gave %v: without the statement's name or the driver's error", c.name, err)
		}
	}
	if _, err := db.Value[int](ctx, d, pagesOf, "none"); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a missing row gave %v", err)
	}
	if got := books(t, d); got != "b" {
		t.Errorf("books are %q", got)
	}
}

func TestAWriteWithARefusedStatementIsLostWhateverItMakesOfIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	err := d.Write(ctx, func(tx *db.Tx) error {
		if err := add(ctx, tx, "lost"); err != nil {
			return err
		}
		if err := add(ctx, tx, "b"); !errors.Is(err, db.ErrUnique) {
			t.Errorf("the second b gave %v", err)
		}
		if err := add(ctx, tx, "late"); !errors.Is(err, db.ErrUnique) {
			t.Errorf("a statement after the refusal gave %v, want the refusal", err)
		}
		return nil // swallowed
	})
	if !errors.Is(err, db.ErrUnique) {
		t.Errorf("Write gave %v, want ErrUnique", err)
	}
	if err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := db.Value[int](ctx, tx, pagesOf, "none") // no refusal: the answer is none
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("a missing row gave %v", err)
		}
		return add(ctx, tx, "kept")
	}); err != nil {
		t.Error(err)
	}
	if got := books(t, d); got != "b kept" {
		t.Errorf("books are %q", got)
	}
}

func TestASnapshotStaysAsItWas(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	if err := d.Snapshot(ctx, func(s *db.Snapshot) error {
		before, err := db.Value[int](ctx, s, countBooks)
		if err != nil {
			return err
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return add(ctx, tx, "new") }); err != nil {
			return err
		}
		after, err := db.Value[int](ctx, s, countBooks)
		if before != 1 || after != 1 {
			t.Errorf("the snapshot saw %d books, then %d", before, after)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := books(t, d); got != "b new" {
		t.Errorf("books are %q", got)
	}
}

func TestReadingOutsideAWriteCannotChangeAnything(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	if err := d.Snapshot(ctx, func(s *db.Snapshot) error {
		_, err := db.Value[string](ctx, s, sneakyInsert, "x")
		return err
	}); err == nil {
		t.Error("a snapshot wrote")
	}
	if got := books(t, d); got != "b" {
		t.Errorf("books are %q", got)
	}
}

var sneakyInsert = db.SQL("test.sneaky", `INSERT INTO book (id, pages) VALUES ($1, 0) RETURNING id`)

func TestEachStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	if err := d.Write(ctx, func(tx *db.Tx) error { return errors.Join(add(ctx, tx, "c"), add(ctx, tx, "d")) }); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	n := 0
	err := db.Each(ctx, d, bookIDs, func(db.Scanner) error {
		if n++; n == 2 {
			return enough
		}
		return nil
	})
	if err != enough || n != 2 {
		t.Errorf("Each gave %v after %d rows", err, n)
	}
	if all, err := db.Column[string](ctx, d, bookIDs); err != nil || !slices.Equal(all, []string{"b", "c", "d"}) {
		t.Errorf("Column gave %q, %v", all, err)
	}
}

var family = db.Lines("test.family", `
	SELECT id FROM book
	WHERE pages >= :least
	AND title = :title --[title]
	AND id > :id1 AND pages <= :least --[id1]
	AND shelf_id IS NOT NULL --[!loose]
	AND shelf_id IS NULL --[loose]
	AND title <> '10:45:least' --[title, id1]
	ORDER BY id`)

func TestOptionalLines(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const head, tail = "SELECT id FROM book WHERE pages >= $1 ", "ORDER BY id"
	for _, c := range []struct {
		name string
		a    db.Args
		want string
		args []any
	}{
		{"none", db.Args{"least": 1}, head + "AND shelf_id IS NOT NULL " + tail, []any{1}},
		{"one", db.Args{"least": 1, "title": "t"}, head + "AND title = $2 AND shelf_id IS NOT NULL " + tail, []any{1, "t"}},
		{"a parameter used twice keeps its number", db.Args{"least": 1, "id1": "x"}, head + "AND id > $2 AND pages <= $1 AND shelf_id IS NOT NULL " + tail, []any{1, "x"}},
		{"a negation", db.Args{"least": 1, "loose": true}, head + "AND shelf_id IS NULL " + tail, []any{1}},
		{"a line of two tags", db.Args{"least": 1, "title": "t", "id1": "x"},
			head + "AND title = $2 AND id > $3 AND pages <= $1 AND shelf_id IS NOT NULL AND title <> '10:45:least' " + tail, []any{1, "t", "x"}},
	} {
		stmt, args := family.With(c.a)
		if got := strings.Join(strings.Fields(stmt.Text(db.Postgres)), " "); got != c.want || !slices.Equal(args, c.args) {
			t.Errorf("%s: got %q with %v, want %q with %v", c.name, got, args, c.want, c.args)
		}
		if again, _ := family.With(c.a); again != stmt {
			t.Errorf("%s: the statement is made anew each time", c.name)
		}
		if problem := dbtest.CheckText(stmt.Text(db.Postgres)); problem != "" {
			t.Errorf("%s: %s", c.name, problem)
		}
	}
	d := library(t)
	stmt, args := family.With(db.Args{"least": 0, "title": "title of b"})
	if got, err := db.Column[string](ctx, d, stmt, args...); err != nil || !slices.Equal(got, []string{"b"}) {
		t.Errorf("got %q, %v, want b", got, err)
	}
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "test.family needs :least") {
			t.Errorf("a missing argument gave %q", p)
		}
	}()
	family.With(db.Args{})
}

func TestSQLiteGetsNumbersOnlyWhereItNeedsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stmt *db.Stmt
		want string
	}{
		{addBook, "INSERT INTO book (id, shelf_id, title, pages) VALUES (?, ?, ?, ?)"},
		{usedTwice, "SELECT id FROM book WHERE id = $1 OR title = $1 OR pages = $2"},
		{fewBooks, "SELECT id FROM book WHERE pages >= ? ORDER BY id LIMIT +?"},
	} {
		if got := c.stmt.Text(db.SQLite); got != c.want {
			t.Errorf("SQLite gets %q, want %q", got, c.want)
		}
		if got := c.stmt.Text(db.Postgres); strings.Contains(got, "?") || c.stmt.Paired {
			t.Errorf("PostgreSQL gets %q, want it as it was written", got)
		}
	}
	ctx := context.Background()
	d := library(t)
	if got, err := db.Column[string](ctx, d, fewBooks, 0, 1); err != nil || !slices.Equal(got, []string{"b"}) {
		t.Errorf("a limit of one gave %q, %v, want b", got, err)
	}
	if got, err := db.Column[string](ctx, d, usedTwice, "title of b", 7); err != nil || !slices.Equal(got, []string{"b"}) {
		t.Errorf("a parameter used twice gave %q, %v, want b", got, err)
	}
}

var fewBooks = db.SQL("test.few_books", `SELECT id FROM book WHERE pages >= $1 ORDER BY id LIMIT $2`)

var usedTwice = db.SQL("test.used_twice", `SELECT id FROM book WHERE id = $1 OR title = $1 OR pages = $2`)

func TestTheRegistryTestFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"SELECT a FROM t WHERE b = $1 AND c = $2 AND d = $1", ""},
		{"SELECT a FROM t WHERE b = $2 AND c = $1", "has $2 before $1"},
		{"SELECT a FROM t WHERE b = $1 AND c = $3", "has $3 before $2"},
		{"SELECT a FROM t WHERE b = $0", "has $0 before $1"},
		{"select * from t", "has select *, which the engines don't share"},
		{"SELECT now()", "has now(, which the engines don't share"},
		{"SELECT a FROM t WHERE a LIKE $1", "has LIKE, which the engines don't share"},
		{"SELECT a::TEXT FROM t", "has ::, which the engines don't share"},
		{"SELECT 'now() and $7' FROM t", ""},
		{"SELECT a FROM t WHERE b OR REPLACE(a, $1, '') = a", ""},
		{"INSERT OR REPLACE INTO t (a) VALUES ($1)", "has INSERT OR, which the engines don't share"},
	} {
		if got := dbtest.CheckText(c.text); got != c.want {
			t.Errorf("CheckText(%s) = %q, want %q", c.text, got, c.want)
		}
	}
}

var (
	someBooks = db.Rows("test.some_books", "book", "id, shelf_id, title, pages",
		"ON CONFLICT (id) DO UPDATE SET pages = book.pages + excluded.pages")
	allPages = db.SQL("test.all_pages", `SELECT CAST(COALESCE(SUM(pages), 0) AS BIGINT) FROM book`)
)

func TestManyRowsAreInsertedWhateverTheirNumber(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := library(t)
	for _, n := range []int{0, 1, 2, 99, 100, 101, 357} {
		rows := make([][]any, n)
		for i := range rows {
			rows[i] = []any{fmt.Sprintf("%d of %d", i, n), "s", nil, 2}
		}
		for range 2 { // the second time they are there
			if err := d.Write(ctx, func(tx *db.Tx) error { return tx.InsertRows(ctx, someBooks, rows) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, err := db.Value[int](ctx, d, countBooks); err != nil || n != 1+0+1+2+99+100+101+357 {
		t.Errorf("there are %d books, %v", n, err)
	}
	if n, err := db.Value[int](ctx, d, allPages); err != nil || n != 4*660 {
		t.Errorf("there are %d pages, %v, want %d", n, err, 4*660)
	}
	if err := d.Write(ctx, func(tx *db.Tx) error { return tx.InsertRows(ctx, someBooks, [][]any{{"x", "s"}}) }); err == nil {
		t.Error("a row that is too short was taken")
	}
}

package file_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/file"
)

var (
	namesRow   = db.SQL("filetest.names", `INSERT INTO look_purpose (code, ord, vi, en) VALUES ($1, $2, $3, '')`)
	namedTwice = file.Use{What: "purposes", Columns: useOfTest.Columns, Count: useOfTest.Count, Named: db.SQL("filetest.named", `
		SELECT vi, MIN(ord), MAX(ord), MIN(code)
		FROM look_purpose
		WHERE vi > $1 AND en = ''
		GROUP BY vi
		ORDER BY vi
		LIMIT 500`)}
)

// compared looks for the files of one use, and tells what is amiss as "row: have".
func compared(d *db.DB, s *file.Store) (c file.Compared, amiss []string, err error) {
	c, err = file.Comparison{Uses: []file.Use{namedTwice}, Open: func() (*file.Store, error) { return s, nil },
		Found: func(x file.Unlike) { amiss = append(amiss, x.Place+": "+x.Have) }}.Run(context.Background(), d)
	slices.Sort(amiss)
	return c, amiss, err
}

// More files than are asked for one by one: their folders are listed instead.
func TestManyFilesAreComparedByTheirFolders(t *testing.T) {
	t.Parallel()
	const many = 620
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	dir := t.TempDir()
	s, err := file.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	path := func(n int) string {
		key := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%d", n)))
		return filepath.Join(dir, filepath.FromSlash(file.Place(key)))
	}
	if err := d.Write(ctx, func(tx *db.Tx) error {
		for n := range many {
			if _, err := tx.Exec(ctx, namesRow, fmt.Sprintf("row%03d", n), len(fmt.Sprint(n)), filepath.Base(path(n))); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for n := range many {
		err := os.MkdirAll(filepath.Dir(path(n)), 0o750)
		if err == nil {
			err = os.WriteFile(path(n), fmt.Append(nil, n), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if c, amiss, err := compared(d, s); err != nil || len(amiss) > 0 || c.All() != many {
		t.Fatalf("nothing is amiss, and it says %q of %+v, %v", amiss, c, err)
	}
	// One of the first page and one of the last, a folder that is gone as a whole, and a
	// row that says another length than an earlier one.
	if err := errors.Join(os.Remove(path(7)), os.WriteFile(path(613), []byte("6131"), 0o600), os.RemoveAll(filepath.Dir(path(99)))); err != nil {
		t.Fatal(err)
	}
	want := []string{"row007: no file", "row613: 4 bytes", "row100: 3 bytes"}
	for n := range many {
		if n != 7 && filepath.Dir(path(n)) == filepath.Dir(path(99)) {
			want = append(want, fmt.Sprintf("row%03d: no file", n))
		}
	}
	if err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, namesRow, "row999", 12, filepath.Base(path(100)))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if c, amiss, err := compared(d, s); err != nil || !slices.Equal(amiss, want) || c.Missing != len(want)-2 || c.All() != many {
		t.Errorf("it says %q of %+v, %v; want %q", amiss, c, err, want)
	}
}

// A store that other machines keep is asked for each, and one that does not answer has
// lost nothing.
func TestAStoreThatDoesNotAnswerIsNotComparedAsEmpty(t *testing.T) {
	ctx := t.Context()
	_, server := bucket(t, "dossiers")
	s, err := file.Open(ctx, "s3://dossiers?endpoint="+server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	info, err := s.Put(ctx, strings.NewReader(string(pdf)), file.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, _ := dbtest.Open(t)
	if err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, namesRow, "there", len(pdf), info.Key)
		if err == nil {
			_, err = tx.Exec(ctx, namesRow, "gone", 5, strings.Repeat("0", 64))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if c, amiss, err := compared(d, s); err != nil || !slices.Equal(amiss, []string{"gone: no file"}) || c.All() != 2 {
		t.Errorf("it says %q of %+v, %v", amiss, c, err)
	}
	server.Close()
	if c, amiss, err := compared(d, s); !errors.Is(err, file.ErrAway) || !errors.Is(err, file.ErrAsk) || len(amiss) > 0 || c.Missing > 0 {
		t.Errorf("a store that is gone: %q of %+v, %v", amiss, c, err)
	}
}

package file_test

import (
	"context"
	"testing"

	"cchc/base/db/dbtest"
	"cchc/base/file"
)

// What writes a database out does not upgrade it: one of a version that noted no deleting
// has no table of it.
func TestADatabaseFromBeforeNotesNoDeleting(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	h, err := d.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for _, s := range []string{"DROP TABLE erased_file", "DELETE FROM goose_db_version WHERE version_id > 60"} {
		if _, err := h.ExecContext(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if keys, err := file.ErasedFrom(ctx, d, 1); err != nil || len(keys) != 0 {
		t.Errorf("%v, %v; want none", keys, err)
	}
}

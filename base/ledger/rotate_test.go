package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cchc/base/db"
)

func TestANewKeyOfWhichNobodyKnowsWhetherTheLogHasItStays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err   error
		stays bool
	}{{errors.New("refused"), false}, {fmt.Errorf("commit: %w", errors.Join(db.ErrUncertain, errors.New("EOF"))), true}} {
		path := filepath.Join(t.TempDir(), "key.new")
		k, err := newKey(newOrigin())
		if err != nil {
			t.Fatal(err)
		}
		if err := createFile(path, k.Text()); err != nil {
			t.Fatal(err)
		}
		dropKey(path, c.err)
		if _, err := os.Stat(path); (err == nil) != c.stays {
			t.Errorf("%v: the key's file: %v", c.err, err)
		}
	}
}

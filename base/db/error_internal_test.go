package db

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// A disk that fails under PostgreSQL is a server that takes no writes; a right that it
// refuses is our mistake, though both have one code.
func TestADiskThatFailsUnderAServerIsNoMistakeOfOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		err  pgconn.PgError
		away bool
	}{
		{"a file that cannot be opened for writing", pgconn.PgError{Code: "42501", File: "md.c", Routine: "mdopenfork"}, true},
		{"a file that cannot be written", pgconn.PgError{Code: "58030", File: "md.c", Routine: "mdextend"}, true},
		{"a table that is not ours", pgconn.PgError{Code: "42501", File: "aclchk.c", Routine: "aclcheck_error"}, false},
		{"a table that is not there", pgconn.PgError{Code: "42P01", File: "parse_relation.c"}, false},
	} {
		if got := errors.Is(translate(&c.err), ErrAway); got != c.away {
			t.Errorf("%s: away is %v, want %v", c.what, got, c.away)
		}
	}
}

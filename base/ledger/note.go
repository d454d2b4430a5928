package ledger

import (
	"context"

	"cchc/base/db"
	"cchc/base/moment"
)

var (
	checkInsert = db.Rows("ledger.check.insert", "log_check", "started_at, finished_at, size, erased, wrong, first_number, first_entry, first_what, first_text",
		"ON CONFLICT (started_at) DO NOTHING")
	checkLast = db.SQL("ledger.check.last", `
		SELECT started_at, finished_at, size, erased, wrong, first_number, first_entry, first_what, first_text
		FROM log_check
		WHERE finished_at <= $1
		ORDER BY started_at DESC
		LIMIT 1`)
)

// A Checked is a check of the whole log that was noted.
type Checked struct {
	Started, Finished moment.Instant
	Size              int64
	Erased, Wrong     int
	Number            int64 // of the first bad entry; 0: of none
	Entry, What       string
	Text              string // the first finding in words, as it was found
}

// Note keeps what a check found, for pages; text is its first finding in words.
func (l *Log) Note(ctx context.Context, c *Check, text string) error {
	var number any
	entry, what := "", ""
	if f := c.First; f != nil {
		entry, what = f.Entry, f.What
		if f.Number > 0 {
			number = f.Number
		}
	}
	return l.DB.Write(ctx, func(tx *db.Tx) error {
		return tx.InsertRows(ctx, checkInsert, [][]any{{c.Started, c.Finished, c.Size, c.Erased, c.Wrong, number, entry, what, text}})
	})
}

// LastCheck returns the check that was noted last; db.ErrNotFound when there was none.
// One after now is of a clock that was ahead.
func (l *Log) LastCheck(ctx context.Context, q db.Queryer) (Checked, error) {
	return db.One(ctx, q, checkLast, func(r db.Scanner) (c Checked, err error) {
		var number *int64
		err = r.Scan(&c.Started, &c.Finished, &c.Size, &c.Erased, &c.Wrong, &number, &c.Entry, &c.What, &c.Text)
		if number != nil {
			c.Number = *number
		}
		return c, err
	}, l.DB.Now().Add(moment.Skew))
}

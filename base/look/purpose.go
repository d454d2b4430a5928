package look

import (
	"context"
	"strings"
	"unicode/utf8"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// Other is the purpose that has to be told in words.
const Other = "other"

// longest is how many letters the words of a purpose have at most.
const longest = 300

// A Purpose is for what people may open numbers.
type Purpose struct {
	Code    string
	Ord     int
	Vi, En  string
	Retired moment.Instant // 0: may be chosen
}

// A Reason is the purpose that somebody gave: one of the list, and words, which Other
// needs.
type Reason struct{ Code, Note string }

var (
	purposeAll = db.SQL("look.purpose.all", `SELECT code, ord, vi, en, COALESCE(retired_at, 0) FROM look_purpose ORDER BY ord, code`)
	purposeOf  = db.SQL("look.purpose.of", `SELECT code, ord, vi, en, COALESCE(retired_at, 0) FROM look_purpose WHERE code = $1`)
	purposePut = db.SQL("look.purpose.put", `INSERT INTO look_purpose (code, ord, vi, en) VALUES ($1, $2, $3, $4)
		ON CONFLICT (code) DO UPDATE SET ord = excluded.ord, vi = excluded.vi, en = excluded.en, retired_at = NULL`)
	purposeEnd = db.SQL("look.purpose.end", `UPDATE look_purpose SET retired_at = $1 WHERE code = $2 AND retired_at IS NULL`)
)

func scanPurpose(r db.Scanner) (p Purpose, err error) {
	err = r.Scan(&p.Code, &p.Ord, &p.Vi, &p.En, &p.Retired)
	return p, err
}

// Purposes returns all purposes in the order of the list, retired ones too.
func Purposes(ctx context.Context, q db.Queryer) ([]Purpose, error) {
	return db.All(ctx, q, purposeAll, scanPurpose)
}

// Words checks a reason and returns it as it is noted, in the field's language. A
// fault is Invalid at the fields purpose or purpose_note.
func (r Reason) Words(ctx context.Context, q db.Queryer) (string, error) {
	note := strings.TrimSpace(r.Note)
	f := fault.New(fault.Invalid, "form.invalid")
	if r.Code == "" {
		return "", f.With("purpose", "look.purpose_missing")
	}
	found, err := db.All(ctx, q, purposeOf, scanPurpose, r.Code)
	if err != nil {
		return "", err
	}
	switch {
	case len(found) == 0 || found[0].Retired != 0:
		return "", f.With("purpose", "look.purpose_unknown")
	case r.Code == Other && utf8.RuneCountInString(note) < 5:
		return "", f.With("purpose_note", "look.note_missing")
	case utf8.RuneCountInString(note) > longest:
		return "", f.With("purpose_note", "look.note_long", "Most", longest)
	case note != "":
		return found[0].Vi + ": " + note, nil
	}
	return found[0].Vi, nil
}

// PutPurpose adds a purpose or changes its words; a retired one may be chosen again.
func PutPurpose(ctx context.Context, tx *db.Tx, p Purpose) error {
	_, err := tx.Exec(ctx, purposePut, p.Code, p.Ord, p.Vi, p.En)
	return err
}

// RetirePurpose ends a purpose, and reports whether there was one.
func RetirePurpose(ctx context.Context, tx *db.Tx, code string) (bool, error) {
	n, err := tx.Exec(ctx, purposeEnd, tx.Now, code)
	return n > 0, err
}

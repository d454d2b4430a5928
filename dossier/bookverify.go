package dossier

import (
	"context"
	"fmt"

	"cchc/base/db"
)

var (
	verifyBooks = db.SQL("dossier.verify.books", `
		SELECT b.unit_id, b.form, b.year, b.last, COUNT(i.number), COALESCE(MIN(i.number), 1), COALESCE(MAX(i.number), 0)
		FROM form_book b
		LEFT JOIN form_issue i ON i.unit_id = b.unit_id AND i.form = b.form AND i.year = b.year
		GROUP BY b.unit_id, b.form, b.year, b.last
		HAVING COUNT(i.number) <> b.last OR COALESCE(MIN(i.number), 1) <> 1 OR COALESCE(MAX(i.number), 0) <> b.last`)
	verifyBookless = db.SQL("dossier.verify.bookless", `
		SELECT i.unit_id, i.form, i.year, i.number
		FROM form_issue i
		LEFT JOIN form_book b ON b.unit_id = i.unit_id AND b.form = i.form AND b.year = i.year
		WHERE b.unit_id IS NULL`)
	verifyUnnumbered = db.SQL("dossier.verify.unnumbered", `
		SELECT d.code, f.seq, f.kind
		FROM dossier_fact f
		JOIN dossier d ON d.id = f.dossier_id
		LEFT JOIN form_issue i ON i.dossier_id = f.dossier_id AND i.seq = f.seq
		WHERE d.system = '' AND i.number IS NULL
		AND f.kind IN ('accepted', 'supplement_asked', 'not_accepted', 'refused', 'apologised', 'stopped')`)
	verifyIssues = db.SQL("dossier.verify.issues", `
		SELECT d.code, i.form, i.year, i.number, COALESCE(f.kind, ''), i.voided_at IS NOT NULL,
			EXISTS (SELECT 1 FROM dossier_fact c WHERE c.dossier_id = i.dossier_id AND c.kind = 'corrected' AND c.ref = i.seq)
		FROM form_issue i
		JOIN dossier d ON d.id = i.dossier_id
		LEFT JOIN dossier_fact f ON f.dossier_id = i.dossier_id AND f.seq = i.seq`)
)

// verifyForms checks the books: every number from 1 to the last is there once,
// each belongs to a fact that issues such a form, each such fact has one, and a
// number is void exactly when its fact was corrected.
func verifyForms(ctx context.Context, s *db.Snapshot, found func(Difference)) error {
	err := db.Each(ctx, s, verifyBooks, func(r db.Scanner) error {
		var u, form string
		var year int
		var last, n, least, most int64
		err := r.Scan(&u, &form, &year, &last, &n, &least, &most)
		found(Difference{What: fmt.Sprintf("book %s of %s, %d", form, u, year),
			Have: fmt.Sprintf("%d numbers from %d to %d", n, least, most), Want: fmt.Sprintf("1 to %d", last)})
		return err
	})
	if err != nil {
		return err
	}
	err = db.Each(ctx, s, verifyBookless, func(r db.Scanner) error {
		var u, form string
		var year int
		var n int64
		err := r.Scan(&u, &form, &year, &n)
		found(Difference{What: fmt.Sprintf("form %s of %s, %d/%d", form, u, n, year), Have: "in no book", Want: "in one"})
		return err
	})
	if err != nil {
		return err
	}
	err = db.Each(ctx, s, verifyUnnumbered, func(r db.Scanner) error {
		var code, kind string
		var seq int
		err := r.Scan(&code, &seq, &kind)
		found(Difference{What: fmt.Sprintf("%s, fact %d (%s)", code, seq, kind), Have: "no number", Want: "one in its book"})
		return err
	})
	if err != nil {
		return err
	}
	return db.Each(ctx, s, verifyIssues, func(r db.Scanner) error {
		var code, form string
		var kind FactKind
		var year int
		var n int64
		var void, corrected bool
		if err := r.Scan(&code, &form, &year, &n, &kind, &void, &corrected); err != nil {
			return err
		}
		if issues[kind] != Form(form) || void != corrected {
			found(Difference{What: fmt.Sprintf("form %s %d/%d of %s", form, n, year, code),
				Have: fmt.Sprintf("for %q, void %t", kind, void), Want: fmt.Sprintf("form %q, void %t", issues[kind], corrected)})
		}
		return nil
	})
}

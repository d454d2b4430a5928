package dossier

import (
	"context"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/unit"
)

// A Book (sổ) holds the forms of one kind that a unit issued in a year, numbered
// from 1 without gaps. The book of form 01 is form 07, the register of dossiers
// (sổ theo dõi hồ sơ).
type Book struct {
	Unit   unit.ID
	Form   Form
	Year   int
	Last   int64 // the last number given, and so how many there are
	Voided int64 // of them: the fact was corrected

	Closed       moment.Instant // zero while it is open
	ClosedBy     string         // account
	ClosedVoided int64          // how many were void when it was closed
}

// An Entry is a line of a book.
type Entry struct {
	Row    // the dossier as it is now
	No     Issue
	Fact   Fact   // what issued the form
	Person Person // numbers masked
}

const bookColumns = `b.unit_id, b.form, b.year, b.last, b.closed_at, b.closed_by, b.closed_voided,
	(SELECT COUNT(*) FROM form_issue i WHERE i.unit_id = b.unit_id AND i.form = b.form AND i.year = b.year AND i.voided_at IS NOT NULL)`

var (
	booksOf = db.SQL("dossier.books", `
		SELECT `+bookColumns+`
		FROM form_book b
		WHERE b.unit_id = $1
		ORDER BY b.year DESC, b.form`)
	bookOne = db.SQL("dossier.book", `
		SELECT `+bookColumns+`
		FROM form_book b
		WHERE b.unit_id = $1 AND b.form = $2 AND b.year = $3`)
	bookClose = db.SQL("dossier.book.close", `
		UPDATE form_book SET closed_at = $1, closed_by = $2, closed_voided = $3
		WHERE unit_id = $4 AND form = $5 AND year = $6 AND closed_at IS NULL`)
	bookVoided = db.SQL("dossier.book.voided", `
		SELECT number FROM form_issue
		WHERE unit_id = $1 AND form = $2 AND year = $3 AND voided_at IS NOT NULL
		ORDER BY number`)
	bookRows = db.Lines("dossier.book.rows", `
		SELECT i.unit_id, i.form, i.year, i.number, i.dossier_id, i.seq, i.for_year, i.upgraded, i.voided_at,
			f.seq, f.kind, f.at, f.recorded_at, f.account, f.unit_id, f.due, f.how, f.qty, f.ref, f.reason, f.document, f.on_behalf,
			p.name, p.id_number, p.phone, p.email, p.address, p.representative, `+prefixed("d", columns)+`
		FROM form_issue i
		JOIN dossier d ON d.id = i.dossier_id
		JOIN dossier_fact f ON f.dossier_id = i.dossier_id AND f.seq = i.seq
		JOIN dossier_person p ON p.dossier_id = i.dossier_id
		WHERE i.unit_id = :unit AND i.form = :form AND i.year = :year AND i.number > :after
		AND i.number = :number                                                           --[number]
		AND d.code = :code                                                               --[code]
		AND (REPLACE(p.fold, :like, '') <> p.fold OR REPLACE(d.code, :code_like, '') <> d.code)  --[like]
		AND i.voided_at IS NOT NULL                                                      --[voided]
		ORDER BY i.number
		LIMIT :limit`)
	issuesOfDossier = db.SQL("dossier.issues", `
		SELECT unit_id, form, year, number, dossier_id, seq, for_year, upgraded, voided_at
		FROM form_issue
		WHERE dossier_id = $1
		ORDER BY seq`)
)

func scanBook(r db.Scanner) (b Book, err error) {
	err = r.Scan(&b.Unit, &b.Form, &b.Year, &b.Last, &b.Closed, &b.ClosedBy, &b.ClosedVoided, &b.Voided)
	return b, err
}

func (x *Issue) targets() []any {
	return []any{&x.Unit, &x.Form, &x.Year, &x.Number, &x.Dossier, &x.Seq, &x.ForYear, &x.Upgraded, &x.Voided}
}

func scanIssue(r db.Scanner) (x Issue, err error) { return x, r.Scan(x.targets()...) }

// Books lists the books of a unit, the latest year first.
func (k *Desk) Books(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) ([]Book, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, u); err != nil {
		return nil, err
	}
	return db.All(ctx, q, booksOf, scanBook, string(u))
}

// Book returns one book with the numbers in it that are void; NotFound where the
// unit issued none of these forms in that year.
func (k *Desk) Book(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, form Form, year int) (Book, []int64, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, u); err != nil {
		return Book{}, nil, err
	}
	found, err := db.All(ctx, q, bookOne, scanBook, string(u), string(form), year)
	if err != nil {
		return Book{}, nil, err
	}
	if len(found) == 0 {
		return Book{}, nil, fault.New(fault.NotFound, "books.unknown", "Form", string(form), "Year", strconv.Itoa(year))
	}
	void, err := db.Column[int64](ctx, q, bookVoided, string(u), string(form), year)
	return found[0], void, err
}

// A BookFilter says which lines of a book are wanted.
type BookFilter struct {
	After  int64  // numbers after this one
	Text   string // a number, a dossier's code, or part of a name without marks
	Voided bool   // only those that are void
	Limit  int    // 100 when 0, at most 500
}

// Entries returns lines of a book in the order of their numbers, and the number
// after which the next ones begin, 0 when there are none.
func (k *Desk) Entries(ctx context.Context, q db.Queryer, a actor.Actor, b Book, f BookFilter) ([]Entry, int64, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, b.Unit); err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	limit = min(limit, 500)
	args := db.Args{"unit": string(b.Unit), "form": string(b.Form), "year": b.Year, "after": f.After, "limit": limit + 1}
	text := strings.TrimSpace(f.Text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		args["number"] = n
	} else if c, err := ParseCode(text); err == nil {
		args["code"] = c.String()
	} else if text != "" {
		args["like"], args["code_like"] = i18n.Fold(text), strings.ToUpper(text)
	}
	if f.Voided {
		args["voided"] = true
	}
	stmt, params := bookRows.With(args)
	out, err := db.All(ctx, q, stmt, func(r db.Scanner) (Entry, error) {
		var e Entry
		p := &e.Person
		to := append(e.No.targets(), e.Fact.targets()...)
		to = append(to, &p.Name, &p.IDNumber, &p.Phone, &p.Email, &p.Address, &p.Representative)
		err := r.Scan(append(to, e.Row.targets()...)...)
		e.Applicant = p.Name
		p.IDNumber, p.Phone, p.Email = Mask(p.IDNumber), Mask(p.Phone), ""
		return e, err
	}, params...)
	if err != nil || len(out) <= limit {
		return out, 0, err
	}
	return out[:limit], out[limit-1].No.Number, nil
}

// Issues lists the forms that a dossier was issued, in order of time.
func (k *Desk) Issues(ctx context.Context, q db.Queryer, d Dossier) ([]Issue, error) {
	return db.All(ctx, q, issuesOfDossier, scanIssue, d.ID)
}

// CloseBook closes a book for ever (khoá sổ): its year must have ended. From then
// on it takes no entry, not even one for an act of its year that is told late; see
// number. A form of it that is found mistaken later is still marked void, beside
// what the closing page says.
func (k *Desk) CloseBook(ctx context.Context, a actor.Actor, u unit.ID, form Form, year int) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.CloseYear.Verb, u); err != nil {
			return err
		}
		b, void, err := k.Book(ctx, tx, a, u, form, year)
		if err != nil {
			return err
		}
		stands := auth.State("year_over")
		switch {
		case b.Closed != 0:
			stands = "closed"
		case year >= yearOf(tx.Now):
			stands = "year_runs"
		}
		if !auth.CloseYear.In(stands) {
			if b.Closed == 0 {
				return fault.New(fault.Conflict, "books.year_runs", "Year", strconv.Itoa(year))
			}
			return fault.New(fault.Conflict, "books.closed_already", "At", b.Closed)
		}
		n, err := tx.Exec(ctx, bookClose, tx.Now, a.Account, len(void), string(u), string(form), year)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.BookClose), Kind: "form_book",
			ID: string(u) + "/" + string(form) + "/" + strconv.Itoa(year), Unit: u, Changes: []audit.Change{
				{Field: "last", To: strconv.FormatInt(b.Last, 10)}, {Field: "voided", To: strconv.Itoa(len(void))}}})
	})
}

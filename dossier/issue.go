package dossier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/unit"
)

// A Form is one of the forms (biểu mẫu) of TT 03/2025/TT-VPCP, annex I.
type Form string

const (
	Form01 Form = "01" // giấy tiếp nhận hồ sơ và hẹn trả kết quả
	Form02 Form = "02" // phiếu yêu cầu bổ sung, hoàn thiện hồ sơ
	Form03 Form = "03" // phiếu từ chối
	Form04 Form = "04" // phiếu xin lỗi và hẹn lại ngày trả kết quả
	Form05 Form = "05" // thông báo dừng giải quyết
	Form06 Form = "06" // phiếu kiểm soát quá trình: goes with the receipt, and bears its number
	Form07 Form = "07" // sổ theo dõi hồ sơ: the book of receipts itself
)

// Numbered lists the forms that have a book of their own.
var Numbered = []Form{Form01, Form02, Form03, Form04, Form05}

// issues says which fact issues which form.
var issues = map[FactKind]Form{
	FAccepted: Form01, FAsked: Form02, FNotAccepted: Form03, FRefused: Form03, FApologised: Form04, FStopped: Form05,
}

// An Issue is a form that was issued, with its number in a book.
type Issue struct {
	Unit     unit.ID // whose book
	Form     Form
	Year     int
	Number   int64
	Dossier  string         // id
	Seq      int            // of the fact
	ForYear  int            // the year of the act when that year's book was closed already; else 0
	Upgraded bool           // issued before books were kept
	Voided   moment.Instant // when the fact was corrected; the number stays

	at moment.Instant // of the act
}

var (
	// One statement takes numbers, so two counters never get the same; what is
	// rolled back was never given; a closed book gives no row.
	bookNext = db.SQL("dossier.book.next", `
		INSERT INTO form_book (unit_id, form, year, last)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (unit_id, form, year) DO UPDATE SET last = form_book.last + excluded.last
		WHERE form_book.closed_at IS NULL
		RETURNING last`)
	issueInsert = db.Rows("dossier.issue.insert", "form_issue",
		"unit_id, form, year, number, dossier_id, seq, for_year, upgraded, voided_at", "")
	issueVoid = db.SQL("dossier.issue.void", `
		UPDATE form_issue SET voided_at = $1
		WHERE dossier_id = $2 AND seq = $3 AND voided_at IS NULL`)
)

func yearOf(i moment.Instant) int { return i.Date().Time().Year() }

// issueNew numbers the forms that new facts of a dossier issue, and marks those
// whose fact is taken back. u answers for the dossier.
func issueNew(ctx context.Context, tx *db.Tx, u unit.ID, dossier string, facts []Fact) error {
	var batch []Issue
	for _, f := range facts {
		if form, ok := issues[f.Kind]; ok {
			batch = append(batch, Issue{Unit: u, Form: form, Year: yearOf(f.At), Dossier: dossier, Seq: f.Seq})
		}
		if f.Kind == FCorrected {
			if _, err := tx.Exec(ctx, issueVoid, tx.Now, dossier, f.Ref); err != nil {
				return err
			}
		}
	}
	return number(ctx, tx, batch)
}

// number gives issues their numbers, in their order, and stores them. The book is
// that of the year of the act; when it is closed, the next open one with a note of
// the year: a closed book takes nothing, and an act that happened must be in one.
func number(ctx context.Context, tx *db.Tx, batch []Issue) error {
	type book struct {
		unit unit.ID
		form Form
		year int
	}
	of := map[book][]int{}
	var order []book
	for i, x := range batch {
		b := book{x.Unit, x.Form, x.Year}
		if of[b] == nil {
			order = append(order, b)
		}
		of[b] = append(of[b], i)
	}
	// Always in one order: two writes that wait for each other's book would
	// otherwise have to be tried again.
	slices.SortFunc(order, func(a, b book) int {
		return cmp.Or(cmp.Compare(a.unit, b.unit), cmp.Compare(a.form, b.form), cmp.Compare(a.year, b.year))
	})
	rows := make([][]any, 0, len(batch))
	for _, b := range order {
		n := int64(len(of[b]))
		year, last := b.year, int64(0)
		for {
			var err error
			last, err = db.Value[int64](ctx, tx, bookNext, string(b.unit), string(b.form), year, n)
			if err == nil {
				break
			}
			if !errors.Is(err, db.ErrNotFound) || year >= yearOf(tx.Now) {
				return fmt.Errorf("number form %s of %s in %d: %w", b.form, b.unit, year, err)
			}
			year++
		}
		for k, i := range of[b] {
			x := &batch[i]
			x.Number, x.Year = last-n+int64(k)+1, year
			if year != b.year {
				x.ForYear = b.year
			}
			rows = append(rows, []any{string(x.Unit), string(x.Form), x.Year, x.Number, x.Dossier, x.Seq, x.ForYear, false, x.Voided})
		}
	}
	return tx.InsertRows(ctx, issueInsert, rows)
}

// issuesOf lists what a history that is told afterwards issues: the unit of each
// is the one that answered then. Other systems' forms are in other books.
func issuesOf(h *History) []Issue {
	if h.System != "" {
		return nil
	}
	var out []Issue
	void := voided(h.Facts)
	for _, f := range h.Facts {
		form, ok := issues[f.Kind]
		if !ok {
			continue
		}
		x := Issue{Unit: f.Unit, Form: form, Year: yearOf(f.At), Dossier: h.ID, Seq: f.Seq, at: f.At}
		if f.Kind != FAccepted {
			x.Unit = Fold(h.Facts, h.Limit.ByInstant(), f.At, 0).Unit
		}
		if void[f.Seq] {
			for _, c := range h.Facts {
				if c.Kind == FCorrected && c.Ref == f.Seq {
					x.Voided = c.Recorded
				}
			}
		}
		out = append(out, x)
	}
	return out
}

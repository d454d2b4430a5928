package dossierweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

// The books (sổ) of a unit: lists of the forms that it issued, numbered per year
// without gaps; form 07 of TT 03/2025/TT-VPCP, annex I, is the book of receipts.

const (
	bookPageRows  = 100
	bookPrintRows = 200 // of one printed part; a year's book is printed in several
)

// booksQuery is the address of the pages of books.
type booksQuery struct {
	web.Form
	Unit   string `form:"unit"`
	Text   string `form:"q"`
	Voided bool   `form:"voided"`
	After  int64  `form:"after"`
}

// A booksPage lists the books of a unit.
type booksPage struct {
	In    *booksQuery
	Unit  unit.Unit
	Units []ui.Option
	Books []dossier.Book
	Names map[string]string // of those who closed books
	May   bool              // may close
	Year  int               // that runs
}

// A bookPage is one book with some of its lines.
type bookPage struct {
	In    *booksQuery
	Unit  unit.Unit
	Book  dossier.Book
	Void  []int64
	By    string // who closed it
	Rows  []bookRow
	Next  int64
	May   bool
	Year  int
	Print bool
	Above string // heads of the printed page
	Body  string
	Place string
	Now   moment.Instant
}

// A bookRow is a line of a book in words.
type bookRow struct {
	dossier.Entry
	listRow
	Who    string // who issued it
	Ended  string
	Return string
	Notes  string
}

func bookURL(b dossier.Book, below ...string) string {
	return "/books/" + strings.Join(append([]string{url.PathEscape(string(b.Unit)), string(b.Form), strconv.Itoa(b.Year)}, below...), "/")
}

// bookNumber writes a number as forms bear it: "15/TNHS".
func bookNumber(ctx context.Context, x dossier.Issue) string {
	return strconv.FormatInt(x.Number, 10) + "/" + i18n.T(ctx, "books.sign."+string(x.Form))
}

func (p *Lists) books(w http.ResponseWriter, r *http.Request) error {
	in := &booksQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	ctx, a := r.Context(), web.Actor(r.Context())
	page := booksPage{In: in, Names: map[string]string{}, Year: p.Desk.DB.Now().Date().Time().Year()}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		t, err := newTeller(ctx, p.Desk, q)
		if err != nil {
			return err
		}
		u, roots, err := chosen(ctx, p.Desk, t.tree, a, auth.DossierRead, unit.ID(in.Unit))
		if err != nil {
			return err
		}
		in.Unit = string(u)
		in.Set("unit", in.Unit)
		if page.Unit, _, err = p.Desk.Units.Last(ctx, q, u); err != nil {
			return err
		}
		page.Units = withOption(unitOptions(t.tree, roots), in.Unit, page.Unit.Name)
		if page.Books, err = p.Desk.Books(ctx, q, a, u); err != nil {
			return err
		}
		for _, b := range page.Books {
			if page.Names[b.ClosedBy], err = t.who.of(ctx, b.ClosedBy); err != nil {
				return err
			}
		}
		page.May, err = p.Desk.Guard.May(ctx, q, a, auth.BookClose, u)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, booksView(page))
}

// gatherBook reads one book; with print the next part to be printed.
func (p *Lists) gatherBook(r *http.Request, print bool) (bookPage, error) {
	in := &booksQuery{}
	if err := web.Decode(r, in); err != nil {
		return bookPage{}, err
	}
	ctx, a := r.Context(), web.Actor(r.Context())
	year, err := strconv.Atoi(r.PathValue("year"))
	form := dossier.Form(r.PathValue("form"))
	if err != nil || !slices.Contains(dossier.Numbered, form) {
		return bookPage{}, fault.New(fault.NotFound, "books.unknown", "Form", string(form), "Year", r.PathValue("year"))
	}
	u := unit.ID(r.PathValue("unit"))
	if print { // papers are Vietnamese
		ctx = i18n.With(ctx, i18n.Vietnamese)
	}
	page := bookPage{In: in, Print: print, Now: p.Desk.DB.Now(), Year: p.Desk.DB.Now().Date().Time().Year()}
	err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if page.Book, page.Void, err = p.Desk.Book(ctx, q, a, u, form, year); err != nil {
			return err
		}
		t, err := newTeller(ctx, p.Desk, q)
		if err != nil {
			return err
		}
		if page.Unit, _, err = p.Desk.Units.Last(ctx, q, u); err != nil {
			return err
		}
		if page.By, err = t.who.of(ctx, page.Book.ClosedBy); err != nil {
			return err
		}
		f := dossier.BookFilter{After: in.After, Text: in.Text, Voided: in.Voided, Limit: bookPageRows}
		if print {
			f = dossier.BookFilter{After: in.After, Limit: bookPrintRows}
			v := formView{fact: dossier.Fact{At: moment.NewDate(year, 12, 31).Start()}}
			if now := page.Now; v.fact.At > now {
				v.fact.At = now
			}
			v.w.State.Unit = u
			if err := issuer(ctx, p.Desk, q, &v); err != nil {
				return err
			}
			page.Above, page.Body, page.Place = v.above, v.body, v.place
		}
		entries, next, err := p.Desk.Entries(ctx, q, a, page.Book, f)
		if err != nil {
			return err
		}
		page.Next = next
		for _, e := range entries {
			row, err := t.bookRow(ctx, e)
			if err != nil {
				return err
			}
			page.Rows = append(page.Rows, row)
		}
		page.May, err = p.Desk.Guard.May(ctx, q, a, auth.BookClose, u)
		return err
	})
	return page, err
}

func (t *teller) bookRow(ctx context.Context, e dossier.Entry) (bookRow, error) {
	out := bookRow{Entry: e}
	var err error
	if out.listRow, err = t.row(ctx, e.Row); err != nil {
		return out, err
	}
	if out.Who, err = t.who.of(ctx, e.Fact.Account); err != nil {
		return out, err
	}
	if e.Ended != 0 {
		out.Ended = i18n.ShortInstant(ctx, e.Ended)
	}
	if e.Returned != 0 {
		out.Return = joined(i18n.Date(ctx, e.Returned.Date()), returnText(ctx, e.ReturnBy))
	}
	var notes []string
	if e.No.Voided != 0 {
		notes = append(notes, i18n.T(ctx, "books.note.void", "On", e.No.Voided.Date()))
	}
	if e.No.ForYear != 0 {
		notes = append(notes, i18n.T(ctx, "books.note.for_year", "Year", strconv.Itoa(e.No.ForYear)))
	}
	if e.No.Upgraded {
		notes = append(notes, i18n.T(ctx, "books.note.upgraded"))
	}
	if e.Fact.Recorded.Date() > e.Fact.At.Date() {
		notes = append(notes, i18n.T(ctx, "books.note.late", "On", e.Fact.Recorded.Date()))
	}
	out.Notes = strings.Join(notes, "; ")
	return out, nil
}

func (p *Lists) book(w http.ResponseWriter, r *http.Request) error {
	page, err := p.gatherBook(r, false)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, bookView(page))
}

func (p *Lists) bookPrint(w http.ResponseWriter, r *http.Request) error {
	page, err := p.gatherBook(r, true)
	if err != nil {
		return err
	}
	e := look.Export{Unit: actor.UnitID(r.PathValue("unit")), List: "book", Filter: "form=" + r.PathValue("form") + " year=" + r.PathValue("year"), Format: look.OnPaper}
	if err := noted(r.Context(), p.Desk, e, page.Rows, func(x *bookRow) string { return x.Entry.ID })(); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, bookPaper(page))
}

// bookClosing prints the page that closes a book: what was in it, and who closed
// it when.
func (p *Lists) bookClosing(w http.ResponseWriter, r *http.Request) error {
	page, err := p.gatherBook(r, true)
	if err != nil {
		return err
	}
	if page.Book.Closed == 0 {
		return fault.New(fault.Conflict, "books.still_open", "Year", strconv.Itoa(page.Book.Year))
	}
	return web.Render(w, r, http.StatusOK, bookClosingPaper(page))
}

func (p *Lists) bookCloseAsk(w http.ResponseWriter, r *http.Request) error {
	page, err := p.gatherBook(r, false)
	if err != nil {
		return err
	}
	if !page.May {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	return web.Render(w, r, http.StatusOK, bookCloseView(page))
}

func (p *Lists) bookClose(w http.ResponseWriter, r *http.Request) error {
	year, err := strconv.Atoi(r.PathValue("year"))
	if err != nil {
		return fault.New(fault.NotFound, "books.unknown", "Form", r.PathValue("form"), "Year", r.PathValue("year"))
	}
	b := dossier.Book{Unit: unit.ID(r.PathValue("unit")), Form: dossier.Form(r.PathValue("form")), Year: year}
	if err := p.Desk.CloseBook(r.Context(), web.Actor(r.Context()), b.Unit, b.Form, b.Year); err != nil {
		return err
	}
	return web.SeeOther(w, r, bookURL(b), "books.closed.done", "Form", string(b.Form), "Year", strconv.Itoa(b.Year))
}

// closing is the head of the page that closes the book.
func (p bookPage) closing(ctx context.Context) ui.Paper {
	x := p.paper(i18n.T(ctx, "books.paper.closing", "Year", strconv.Itoa(p.Book.Year)), false)
	x.Place = p.Place + ", " + longDate(ctx, p.Book.Closed.Date())
	return x
}

// bookTitle names a book: "Sổ mẫu 01 năm 2026".
func bookTitle(ctx context.Context, b dossier.Book) string {
	return i18n.T(ctx, "books.book", "Form", string(b.Form), "Name", i18n.T(ctx, "books.form."+string(b.Form)), "Year", strconv.Itoa(b.Year))
}

// state says whether the book is open, and if not since when.
func (p booksPage) state(ctx context.Context, b dossier.Book) saying {
	switch {
	case b.Closed != 0:
		return saying{ui.Neutral, i18n.T(ctx, "books.closed", "At", b.Closed.Date(), "Who", p.Names[b.ClosedBy])}
	case b.Year < p.Year:
		return saying{ui.Soon, i18n.T(ctx, "books.to_close")}
	}
	return saying{ui.OK, i18n.T(ctx, "books.open")}
}

// toClose counts the books whose year is over.
func (p booksPage) toClose() int {
	n := 0
	for _, b := range p.Books {
		if b.Closed == 0 && b.Year < p.Year {
			n++
		}
	}
	return n
}

func (p bookPage) lead(ctx context.Context) string {
	s := i18n.T(ctx, "books.lead", "Last", p.Book.Last, "Voided", p.Book.Voided)
	if p.Book.Closed != 0 {
		s += " · " + i18n.T(ctx, "books.closed", "At", p.Book.Closed.Date(), "Who", p.By)
	}
	return s
}

func numberList(list []int64) string {
	var out []string
	for _, n := range list {
		out = append(out, strconv.FormatInt(n, 10))
	}
	return strings.Join(out, ", ")
}

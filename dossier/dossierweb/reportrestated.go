package dossierweb

import (
	"context"
	"net/http"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/dossier"
)

// restatedRow is a dossier that makes a restated figure differ.
type restatedRow struct {
	behindRow
	Added   bool
	Entered []enteredFact
}

// An enteredFact is something that was entered after the report.
type enteredFact struct{ What, Happened, Recorded, Who string }

type restatedPage struct {
	reportPage
	Row         string
	Added, Gone int
	Rows        []restatedRow
}

// restated shows which dossiers make the difference between a figure as it was
// reported and as it is now, each with what was entered in between.
func (p *Reports) restated(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &reportQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if in.sheet = sheets[in.Sheet]; in.sheet == nil {
		in.sheet = sheetII06a
	}
	if err := in.settle(p.Desk.DB.Now().Date()); err != nil {
		return err
	}
	if !in.sheet.has(in.Column) {
		return fault.New(fault.NotFound, "dossierlist.report.column_unknown")
	}
	var page restatedPage
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		page, err = p.gatherRestated(ctx, q, in)
		return err
	})
	if err != nil {
		return err
	}
	if in.Format == "csv" {
		var rows [][]string
		for _, x := range page.Rows {
			for _, f := range x.Entered {
				rows = append(rows, []string{x.Code, page.side(ctx, x), x.Title, f.What, f.Happened, f.Recorded, f.Who})
			}
		}
		var header []string
		for _, key := range []string{"code", "side", "procedure", "what", "happened", "recorded", "who"} {
			header = append(header, i18n.T(ctx, "reports.restated.column."+key))
		}
		return sendCSV(w, r, "restated-"+in.sheet.Key+"-"+string(in.Column)+"-"+dossier.PeriodName(in.From, in.To)+".csv", header, rows)
	}
	return web.Render(w, r, http.StatusOK, restatedView(page))
}

func (p *Reports) gatherRestated(ctx context.Context, q db.Queryer, in *reportQuery) (restatedPage, error) {
	page := restatedPage{reportPage: reportPage{In: in, Now: p.Desk.DB.Now()}}
	if err := p.place(ctx, q, &page.reportPage); err != nil {
		return page, err
	}
	page.Compared = in.closed()
	x, none := in.figure()
	if none {
		return page, nil
	}
	found, err := p.Desk.Restated(ctx, q, web.Actor(ctx), x, page.Compared.End())
	if err != nil {
		return page, err
	}
	if page.Row, err = p.rowName(ctx, q, in); err != nil {
		return page, err
	}
	t, err := newTeller(ctx, p.Desk, q)
	if err != nil {
		return page, err
	}
	asOf := min(in.To.End(), page.Now)
	for _, f := range found {
		row := restatedRow{Added: f.Added}
		if row.behindRow, err = t.behind(ctx, f.Case, asOf); err != nil {
			return page, err
		}
		if f.Added {
			page.Added++
		} else {
			page.Gone++
		}
		for _, e := range f.Entered {
			who, err := t.who.of(ctx, e.Account)
			if err != nil {
				return page, err
			}
			row.Entered = append(row.Entered, enteredFact{What: factTitle(ctx, e),
				Happened: i18n.ShortInstant(ctx, e.At), Recorded: i18n.ShortInstant(ctx, e.Recorded), Who: who})
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

func (p restatedPage) side(ctx context.Context, x restatedRow) string {
	if x.Added {
		return i18n.T(ctx, "reports.restated.added")
	}
	return i18n.T(ctx, "reports.restated.gone")
}

// heading states the finding.
func (p restatedPage) heading(ctx context.Context) string {
	return i18n.T(ctx, "reports.restated.heading", "Column", columnText(ctx, p.In.Column), "Added", p.Added, "Gone", p.Gone)
}

package dossierweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/unit"
)

// noteFile notes a file of dossiers as pages give it, with names and without what
// pages mask, before it leaves.
func noteFile(ctx context.Context, desk *dossier.Desk, e look.Export, ids *[]string) func() error {
	return func() error { return desk.Looks.Export(ctx, web.Actor(ctx), e, *ids) }
}

// noted is noteFile for rows that know their dossiers.
func noted[T any](ctx context.Context, desk *dossier.Desk, e look.Export, rows []T, id func(*T) string) func() error {
	ids := []string{}
	for i := range rows {
		ids = append(ids, id(&rows[i]))
	}
	slices.Sort(ids)
	ids = slices.Compact(ids) // several originals of one dossier are one dossier
	return noteFile(ctx, desk, e, &ids)
}

// narrowed tells that something was looked for, and not what: it may be a person.
func narrowed(find string) string {
	if find == "" {
		return ""
	}
	return "q=…"
}

// narrowing tells by what a list was narrowed, without what was searched for: that may
// be a person.
func (q *listQuery) narrowing() string {
	var parts []string
	for name, value := range map[string]string{"unit": q.Unit, "bucket": string(q.Bucket), "procedure": q.Procedure, "sector": q.Sector, "channel": q.Channel} {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	if q.searched() {
		parts = append(parts, "q=…")
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

// A numbersQuery is the list whose file is asked for with people's numbers, and why.
type numbersQuery struct {
	listQuery
	ui.Purpose
}

type numbersPage struct {
	In       *numbersQuery
	Count    int
	More     bool // than one file has
	Unit     string
	Purposes []ui.Option
}

// numbersAsk asks why the list is wanted with what pages mask, and tells how many
// people's it is.
func (p *Lists) numbersAsk(w http.ResponseWriter, r *http.Request) error {
	in := &numbersQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	return p.numbersShow(w, r, http.StatusOK, in)
}

func (p *Lists) numbersShow(w http.ResponseWriter, r *http.Request, status int, in *numbersQuery) error {
	ctx := r.Context()
	in.settle(ctx)
	page := numbersPage{In: in}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		t, f, err := p.numbersFilter(ctx, q, in)
		if err != nil {
			return err
		}
		err = p.eachRow(ctx, q, f, func(dossier.Row) error {
			if page.Count++; page.Count > dossier.ExportMost {
				page.More, page.Count = true, dossier.ExportMost
				return errEnough
			}
			return nil
		})
		if err != nil {
			return err
		}
		if page.Unit, err = t.unit(ctx, unit.ID(in.Unit)); err != nil {
			return err
		}
		purposes, err := look.Purposes(ctx, q)
		page.Purposes = ui.PurposeOptions(ctx, purposes)
		return err
	})
	if err != nil {
		return err
	}
	if in.Format == "" {
		in.Set("format", "xlsx")
	}
	return web.Render(w, r, status, numbersView(page))
}

// numbersFilter checks the right and makes the list's filter.
func (p *Lists) numbersFilter(ctx context.Context, q db.Queryer, in *numbersQuery) (*teller, dossier.Filter, error) {
	t, _, err := p.begin(ctx, q, &in.listQuery)
	if err != nil {
		return nil, dossier.Filter{}, err
	}
	until, err := t.soon(ctx, unit.ID(in.Unit))
	if err != nil {
		return nil, dossier.Filter{}, err
	}
	f := in.filter(until)
	f.Limit, f.After = 500, dossier.Cursor{}
	return t, f, p.Desk.CheckNumbers(ctx, q, web.Actor(ctx), f)
}

// errEnough ends eachRow.
var errEnough = fault.New(fault.Conflict, "list.file.cut")

// eachRow calls fn for all rows of a list, page after page.
func (p *Lists) eachRow(ctx context.Context, q db.Queryer, f dossier.Filter, fn func(dossier.Row) error) error {
	for {
		found, err := p.Desk.Page(ctx, q, web.Actor(ctx), f)
		if err != nil {
			return err
		}
		for _, row := range found.Rows {
			if err := fn(row); err == errEnough {
				return nil
			} else if err != nil {
				return err
			}
		}
		if found.After.ID == "" {
			return nil
		}
		f.After, f.Order = found.After, found.Order
	}
}

// numbersFile sends the list with identity numbers, phones and addresses, after the
// trail has who took it, why, and which dossiers are in it.
func (p *Lists) numbersFile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &numbersQuery{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.settle(ctx)
	if in.Format != "csv" {
		in.Format = "xlsx"
	}
	_, err := in.Reason().Words(ctx, p.Desk.DB)
	if err == nil {
		err = p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error { return p.sendNumbers(w, r, q, in) })
	}
	if in.Failed(err) {
		return p.numbersShow(w, r, http.StatusUnprocessableEntity, in)
	}
	return err
}

func (p *Lists) sendNumbers(w http.ResponseWriter, r *http.Request, q db.Queryer, in *numbersQuery) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	t, f, err := p.numbersFilter(ctx, q, in)
	if err != nil {
		return err
	}
	header := listHeader(ctx)
	for _, key := range []string{"id_number", "phone", "email", "address", "representative"} {
		header = append(header, i18n.T(ctx, "dossierweb.person."+key))
	}
	header = append(header, i18n.T(ctx, "counter.agent.id_number"), i18n.T(ctx, "counter.agent.phone"))
	var ids []string
	return list.Send(w, r, list.File{
		Format: in.Format, Name: "ho-so-so-day-du-" + t.now.Date().String(), Header: header,
		Rows: func(add func([]string) error) error {
			return p.eachRow(ctx, q, f, func(row dossier.Row) error {
				if len(ids) == dossier.ExportMost {
					return errEnough
				}
				told, err := t.row(ctx, row)
				if err != nil {
					return err
				}
				x, err := p.Desk.Numbers(ctx, q, a, row.Dossier)
				if err != nil {
					return err
				}
				ids = append(ids, row.ID)
				return add(append(told.cells(), x.IDNumber, x.Phone, x.Email, x.Address, x.Representative, x.Agent.IDNumber, x.Agent.Phone))
			})
		},
		Done: func() error {
			return p.Desk.NoteExport(ctx, a, look.Export{Unit: f.Unit, List: "dossiers", Filter: in.narrowing(), Format: in.Format}, in.Reason(), ids)
		},
	})
}

package privacyweb

import (
	"context"
	"net/http"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/unit"
)

// exportsShown is how many files a page shows.
const exportsShown = 100

type exportQuery struct {
	web.Form
	Numbers bool   `form:"numbers"`
	Before  string `form:"before"`
}

func (q *exportQuery) at() list.Address {
	a := list.At(Path + "/exports")
	if q.Numbers {
		a.Values.Set("numbers", "on")
	}
	return a
}

type exportRow struct {
	look.Export
	Who, Place, What, Door string
}

type exportPage struct {
	In   *exportQuery
	Rows []exportRow
	Next string
}

// exports shows the files in which people of dossiers left the product.
func (p *Pages) exports(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &exportQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	var before moment.Instant
	if in.Before != "" {
		var err error
		if before, err = moment.ParseInstant(in.Before); err != nil {
			before = 0
		}
	}
	page := exportPage{In: in}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		found, more, err := p.Desk.Exports(ctx, q, web.Actor(ctx), before, in.Numbers, exportsShown)
		if err != nil {
			return err
		}
		for _, e := range found {
			row := exportRow{Export: e, Who: p.who(ctx, e.Account, e.Behalf), Place: i18n.None, What: i18n.T(ctx, "privacy.file.list."+e.List), Door: i18n.T(ctx, "privacy.door.page")}
			if e.Token != "" {
				row.Door = i18n.T(ctx, "privacy.door.api")
			}
			if e.Unit != "" {
				u, _, err := p.Desk.Units.Last(ctx, q, unit.ID(e.Unit))
				if err != nil {
					return err
				}
				row.Place = u.Name
			}
			page.Rows = append(page.Rows, row)
		}
		if more {
			page.Next = in.at().With("before", found[len(found)-1].At.String())
		}
		return nil
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, exportsView(page))
}

func (p exportPage) tabs(ctx context.Context) []ui.Link {
	return []ui.Link{{Text: i18n.T(ctx, "privacy.exports.all"), URL: Path + "/exports", Key: "all"},
		{Text: i18n.T(ctx, "privacy.exports.numbers"), URL: Path + "/exports?numbers=on", Key: "numbers"}}
}

func (p exportPage) active() string {
	if p.In.Numbers {
		return "numbers"
	}
	return "all"
}

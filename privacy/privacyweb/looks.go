package privacyweb

import (
	"context"
	"net/http"

	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
)

type lookQuery struct {
	web.Form
	list.Query
}

type lookRow struct {
	Day, Who, What, Purpose, Door, Times string
	look                                 look.Look
}

type lookPage struct {
	Code  string
	Rows  []lookRow
	Table list.Table[lookRow]
}

// looks shows who looked at a dossier (ai đã xem hồ sơ này).
func (p *Pages) looks(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &lookQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	code := r.PathValue("code")
	found, err := p.Desk.LooksAt(ctx, web.Actor(ctx), code)
	if err != nil {
		return err
	}
	page := lookPage{Code: code, Rows: p.lookRows(ctx, found)}
	page.Table = list.NewTable(page.Rows, &in.Query, list.Order{Key: "at", Desc: true}, list.At(looksURL(code)), func(x *lookRow) string {
		return x.look.Day.String() + x.look.Account + x.look.Behalf + x.look.Token + string(x.look.What) + x.look.First.String()
	}, lookFields(ctx))
	file, err := in.Wanted()
	if err != nil {
		return err
	}
	if file {
		return page.Table.Send(w, r, in.Format, "xem-"+code, nil)
	}
	return web.Render(w, r, http.StatusOK, looksView(page))
}

func looksURL(code string) string { return "/dossiers/" + code + "/looks" }

func lookFields(ctx context.Context) []list.Field[lookRow] {
	field := func(key string, cell func(*lookRow) string) list.Field[lookRow] {
		return list.Field[lookRow]{Key: key, Label: i18n.T(ctx, "privacy.looks."+key), Cell: cell, Sort: cell}
	}
	at := field("at", func(x *lookRow) string { return x.Day })
	at.Down, at.Sort = true, func(x *lookRow) string { return list.When(x.look.Last) }
	times := field("times", func(x *lookRow) string { return x.Times })
	times.Numeric, times.Sort = true, nil
	return []list.Field[lookRow]{at, field("who", func(x *lookRow) string { return x.Who }), field("what", func(x *lookRow) string { return x.What }),
		field("purpose", func(x *lookRow) string { return x.Purpose }), field("door", func(x *lookRow) string { return x.Door }), times}
}

// lookRows puts looks into words.
func (p *Pages) lookRows(ctx context.Context, found []look.Look) []lookRow {
	out := make([]lookRow, 0, len(found))
	for _, x := range found {
		row := lookRow{look: x, Who: p.who(ctx, x.Account, x.Behalf), What: i18n.T(ctx, "privacy.look."+string(x.What)), Purpose: x.Purpose,
			Door: i18n.T(ctx, "privacy.door.page"), Times: i18n.Number(ctx, x.Times), Day: i18n.Instant(ctx, x.Last)}
		if x.Token != "" {
			row.Door = i18n.T(ctx, "privacy.door.api")
		}
		if x.With {
			row.What = i18n.T(ctx, "privacy.look.exported_with")
		}
		if x.Times > 1 && x.First != x.Last {
			row.Day = i18n.Clock(ctx, x.First) + "–" + row.Day
		}
		out = append(out, row)
	}
	return out
}

func (p lookPage) crumbs() []ui.Link { return []ui.Link{{Text: p.Code, URL: "/dossiers/" + p.Code}} }

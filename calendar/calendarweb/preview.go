package calendarweb

import (
	"cmp"
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/unit"
)

// shown is how many dossiers of each sort a preview shows; all are in its file.
const shown = 100

// A preview is what a proposal would do.
type preview struct {
	dossier.Shifts
	Title  string // the finding
	Later  []shiftRow
	Kept   []shiftRow
	Judged []shiftRow
	ByUnit []unitRow
	Saved  int // of those that move: overdue now, and no longer
	CSV    string
	all    []shiftRow
}

type shiftRow struct {
	sort           string // later, kept, judged
	Code, URL      string
	Unit           string
	Procedure      string
	Due, New       string
	Remark         string
	dueISO, newISO string
}

type unitRow struct {
	Name  string
	Moved int
	First string // the earliest due date that moves
}

func (p *Pages) preview(ctx context.Context, q db.Queryer, pr calendar.Proposal) (*preview, error) {
	a := web.Actor(ctx)
	draft, err := p.Calendars.Try(ctx, q, a, pr)
	if err != nil {
		return nil, err
	}
	from := pr.From()
	s, err := p.Desk.Shifts(ctx, q, a, pr.Unit, draft, from)
	if err != nil {
		return nil, err
	}
	v := &preview{Shifts: s}
	names := map[unit.ID]string{}
	name := func(u unit.ID) (string, error) {
		if n, ok := names[u]; ok {
			return n, nil
		}
		n, err := p.name(ctx, u)
		names[u] = n
		return n, err
	}
	rows := func(sort string, list []dossier.Shift) ([]shiftRow, error) {
		for _, x := range list {
			r := shiftRow{sort: sort, Code: x.Code, URL: "/dossiers/" + url.PathEscape(x.Code), Procedure: x.Procedure,
				Due: dueText(ctx, x.Due, x.ByInstant), New: dueText(ctx, x.New, x.ByInstant), dueISO: x.Due.String(), newISO: x.New.String()}
			if r.Unit, err = name(x.Unit); err != nil {
				return nil, err
			}
			switch {
			case x.Was != "":
				r.Remark = i18n.T(ctx, "calendarweb.preview.would", "Was", i18n.T(ctx, "calendarweb.verdict."+string(x.Was)),
					"Would", i18n.T(ctx, "calendarweb.verdict."+string(x.Would)))
			case x.Saved:
				r.Remark = i18n.T(ctx, "calendarweb.preview.saved")
			case x.Overdue:
				r.Remark = i18n.T(ctx, "calendarweb.preview.overdue")
			}
			v.all = append(v.all, r)
		}
		own := v.all[len(v.all)-len(list):]
		return own[:min(len(own), shown)], nil
	}
	if v.Later, err = rows("later", s.Later); err != nil {
		return nil, err
	}
	if v.Kept, err = rows("kept", s.Kept); err != nil {
		return nil, err
	}
	if v.Judged, err = rows("judged", s.Judged); err != nil {
		return nil, err
	}
	if err := v.count(ctx, name); err != nil {
		return nil, err
	}
	v.Title = i18n.T(ctx, "calendarweb.preview.title", "Count", len(s.Later), "Of", s.Open())
	return v, nil
}

// count groups what moves by unit, those with the most first.
func (v *preview) count(ctx context.Context, name func(unit.ID) (string, error)) error {
	type sum struct {
		n     int
		first moment.Instant
	}
	by := map[unit.ID]sum{}
	for _, x := range v.Shifts.Later {
		s := by[x.Unit]
		if s.n++; s.first == 0 || x.Due < s.first {
			s.first = x.Due
		}
		by[x.Unit] = s
		if x.Saved {
			v.Saved++
		}
	}
	for u, s := range by {
		n, err := name(u)
		if err != nil {
			return err
		}
		v.ByUnit = append(v.ByUnit, unitRow{n, s.n, i18n.Date(ctx, s.first.Date())})
	}
	slices.SortFunc(v.ByUnit, func(a, b unitRow) int { return cmp.Or(b.Moved-a.Moved, i18n.Compare(a.Name, b.Name)) })
	return nil
}

// csv writes every dossier of the preview.
func (v *preview) csv(ctx context.Context, w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="calendar-preview.csv"`)
	out := csv.NewWriter(w)
	rows := [][]string{{"sort", "code", "unit", "procedure", "due", "new_due", "remark"}}
	for _, r := range v.all {
		rows = append(rows, []string{r.sort, list.Plain(r.Code), list.Plain(r.Unit), list.Plain(r.Procedure), r.dueISO, r.newISO, list.Plain(r.Remark)})
	}
	return out.WriteAll(rows)
}

func dueText(ctx context.Context, due moment.Instant, byInstant bool) string {
	if byInstant {
		return i18n.ShortInstant(ctx, due)
	}
	return i18n.Date(ctx, due.Date())
}

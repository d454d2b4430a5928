package portalweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/procedure"
	"cchc/unit"
)

// showQuery is for whom a limit is worked out.
type showQuery struct {
	web.Form
	Unit    unit.ID           `form:"unit"`
	Channel procedure.Channel `form:"channel"`
	Case    string            `form:"case"`
}

type showPage struct {
	In       *showQuery
	V        *procedure.Version
	Units    []ui.Option
	Channels []ui.Option
	Cases    []ui.Option
	Example  example
	Address  string // that the QR code leads to
}

// An example is when a result is due for what is filed now.
type example struct {
	OK    bool
	Limit string
	Area  string // "" for an ordinary one
	Basis string
	Place string // whose working days are counted
	Now   moment.Instant
	Due   moment.Instant
	Late  bool // filed now, it counts from the next working day
	Guess bool // no days off are known for that year
	Why   string
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &showQuery{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.Fault = nil // what cannot be read is as if it had not been chosen
	v := showPage{In: in, Address: p.address(r, serviceURL(r.PathValue("code")))}
	err := p.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		now := p.DB.Now()
		if v.V, err = p.Finder.Procedures.InForce(ctx, q, r.PathValue("code"), now.Date()); err != nil {
			return err
		}
		tree, err := p.Units.Today(ctx, q)
		if err != nil {
			return err
		}
		v.choices(ctx, tree)
		v.Example, err = p.example(ctx, q, v.V, in, tree, now)
		return err
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, showView(v))
}

// choices fills what can be chosen, and the first choice where nothing was.
func (v *showPage) choices(ctx context.Context, tree *unit.Tree) {
	var units []unit.Unit
	for _, root := range tree.Roots() {
		for _, id := range tree.Subtree(root) {
			if u, ok := tree.Unit(id); ok && u.Level == v.V.Level {
				units = append(units, u)
			}
		}
	}
	i18n.SortBy(units, func(u unit.Unit) string { return u.Name })
	for _, u := range units {
		v.Units = append(v.Units, ui.Option{Value: string(u.ID), Text: u.Name})
	}
	if !slices.ContainsFunc(v.Units, func(o ui.Option) bool { return o.Value == string(v.In.Unit) }) {
		v.In.Unit = ""
	}
	if len(v.Units) == 1 {
		v.In.Unit = unit.ID(v.Units[0].Value)
	}
	if !v.V.Has(v.In.Channel) {
		v.In.Channel = procedure.Direct
		if len(v.V.Channels) > 0 && !v.V.Has(procedure.Direct) {
			v.In.Channel = v.V.Channels[0]
		}
	}
	for _, c := range v.V.Channels {
		v.Channels = append(v.Channels, ui.Option{Value: string(c), Text: channelText(ctx, c)})
	}
	cases := v.V.Cases()
	if !slices.Contains(cases, v.In.Case) {
		v.In.Case = ""
	}
	for _, c := range cases {
		if _, err := v.V.Find("", v.In.Channel, ""); v.In.Case == "" && err != nil {
			v.In.Case = c
		}
		v.Cases = append(v.Cases, ui.Option{Value: c, Text: caseText(v.V, c)})
	}
	v.In.Set("unit", string(v.In.Unit))
	v.In.Set("channel", string(v.In.Channel))
	v.In.Set("case", v.In.Case)
}

// example works out when the result is due for who files now: at the unit that
// they chose, else by the working days of the whole province in an ordinary area.
func (p *Pages) example(ctx context.Context, q db.Queryer, v *procedure.Version, in *showQuery, tree *unit.Tree, now moment.Instant) (example, error) {
	x := example{Now: now}
	where := in.Unit
	if roots := tree.Roots(); where == "" && len(roots) > 0 {
		where = roots[0]
	}
	area := ""
	if u, ok := tree.Unit(where); ok {
		x.Place = u.Name
		if in.Unit != "" {
			area = u.Area
		}
	}
	found, err := v.Find(in.Case, in.Channel, area)
	if f := (*fault.Fault)(nil); errors.As(err, &f) {
		x.Why = "portal.limit.unknown"
		if f.Key == "procedure.area_unsettled" {
			x.Why = "portal.limit.area_unknown"
		}
		return x, nil
	}
	if err != nil {
		return x, err
	}
	cal, err := p.Calendars.For(ctx, q, where)
	if err != nil {
		return x, err
	}
	if x.Due, err = cal.Due(now, found.Limit, ""); err != nil {
		return x, err
	}
	_, last := cal.Covered()
	x.OK, x.Limit, x.Area, x.Basis = true, limitText(ctx, found.Limit), areaText(ctx, found.Area), found.Basis
	x.Guess = x.Due.Date() > last
	x.Late = cal.Effective(now).Date() > now.Date()
	return x, nil
}

// A limitRow is one of several limits.
type limitRow struct{ Of, Limit string }

// limitRows lists the limits where there are several; nil for a single one.
func limitRows(ctx context.Context, v *procedure.Version) []limitRow {
	if !v.Settled || len(v.Limits) < 2 {
		return nil
	}
	var out []limitRow
	for _, l := range v.Limits {
		var of []string
		if l.Case != "" {
			of = append(of, caseText(v, l.Case))
		}
		if l.Channel != "" {
			of = append(of, channelText(ctx, l.Channel))
		}
		if l.Area != "" {
			of = append(of, areaText(ctx, l.Area))
		}
		if of == nil {
			of = []string{i18n.T(ctx, "portal.limit.other")}
		}
		out = append(out, limitRow{strings.Join(of, " · "), limitText(ctx, l.Limit)})
	}
	return out
}

func caseText(v *procedure.Version, c string) string {
	for _, l := range v.Limits {
		if l.Case == c && l.CaseName != "" {
			return l.CaseName
		}
	}
	return c
}

func limitText(ctx context.Context, l calendar.Limit) string {
	qty := l.Qty.VN()
	if i18n.Lang(ctx) == i18n.English {
		qty = l.Qty.String()
	}
	return i18n.T(ctx, "dossierweb.limit."+string(l.Unit), "Count", int(l.Qty+999)/1000, "Qty", qty)
}

func channelText(ctx context.Context, c procedure.Channel) string {
	return i18n.T(ctx, "dossierweb.channel."+string(c))
}

func areaText(ctx context.Context, area string) string {
	if area == "" {
		return ""
	}
	return i18n.T(ctx, "dossierweb.area."+area)
}

// shortLimit is the limit as a list shows it.
func shortLimit(ctx context.Context, v *procedure.Version) string {
	switch {
	case !v.Settled:
		return i18n.T(ctx, "portal.limit.none")
	case len(v.Limits) == 1:
		return limitText(ctx, v.Limits[0].Limit)
	}
	return i18n.T(ctx, "portal.limit.several")
}

// levelText says who resolves a procedure.
func levelText(ctx context.Context, level string) string {
	if level == "" {
		return i18n.T(ctx, "portal.level.unknown")
	}
	return i18n.T(ctx, "portal.level."+level)
}

// onlineText says in words how far a procedure can be done at home.
func onlineText(ctx context.Context, v *procedure.Version) string {
	level := v.OnlineLevel
	switch {
	case level == "" && v.Has(procedure.Online):
		level = "some"
	case level == "":
		level = procedure.None
	}
	return i18n.T(ctx, "portal.online."+level)
}

// copiesText says how many of a paper to bring.
func copiesText(ctx context.Context, x procedure.Paper) string {
	var out []string
	if x.Originals > 0 {
		out = append(out, i18n.T(ctx, "portal.papers.originals", "Count", x.Originals))
	}
	if x.Copies > 0 {
		out = append(out, i18n.T(ctx, "portal.papers.copies", "Count", x.Copies))
	}
	if out == nil {
		out = append(out, i18n.T(ctx, "portal.papers.copies_unknown"))
	}
	if x.Form != "" {
		out = append(out, i18n.T(ctx, "portal.papers.form", "Form", x.Form))
	}
	if !x.Required {
		out = append(out, i18n.T(ctx, "portal.papers.if_any"))
	}
	return strings.Join(out, ", ")
}

// A feeRow is what is paid in a channel.
type feeRow struct{ Of, Fee string }

func feeRows(ctx context.Context, v *procedure.Version) []feeRow {
	var out []feeRow
	for _, c := range v.Channels {
		for _, f := range v.FeesOf(c) {
			amount := i18n.Money(ctx, f.Amount)
			if f.Amount == 0 {
				amount = i18n.T(ctx, "dossierweb.fee.free")
			}
			of := channelText(ctx, c)
			if f.Label != "" {
				of += " · " + f.Label
			}
			out = append(out, feeRow{of, amount})
		}
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

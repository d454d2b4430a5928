package procedureweb

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/procedure"
)

// A compareRow is one property of the versions beside each other.
type compareRow struct {
	Label   string
	Values  []string
	Differs bool
}

type promiseForm struct {
	web.Form
	Received moment.Instant `form:"received"`
}

type promiseRow struct{ What, Limit, Due string }

type showView struct {
	Code, Name string
	Last       *procedure.Version
	Heads      []string
	Rows       []compareRow
	Problems   []problemRow
	Raw        []ui.Fact
	Form       *promiseForm
	Promises   []promiseRow
	Whose      string
}

type problemRow struct {
	ID, Field, Reason, Raw, Blocks string
	May                            bool // it can be dismissed with a reason
}

// beside is how many versions stand beside each other.
const beside = 3

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.may(ctx); err != nil {
		return err
	}
	vs, last, err := p.last(ctx, r.PathValue("code"))
	if err != nil {
		return err
	}
	v := showView{Code: last.Code, Name: last.Name, Last: last, Problems: problemRows(ctx, last), Form: &promiseForm{}}
	if len(vs) > beside {
		vs = vs[len(vs)-beside:]
	}
	v.Heads, v.Rows = compare(ctx, vs, p.DB.Now().Date())
	if err := web.Decode(r, v.Form); err != nil && !v.Form.Failed(err) {
		return err
	}
	if v.Promises, err = p.promises(ctx, v.Form, last); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, showPage(v))
}

func problemRows(ctx context.Context, v *procedure.Version) []problemRow {
	var out []problemRow
	for _, x := range v.Problems {
		row := problemRow{ID: x.ID, Field: i18n.T(ctx, "procedureweb.field."+x.Field), Reason: i18n.T(ctx, "procedure.problem."+x.Reason), Raw: x.Raw,
			May: x.Blocks == "" && !strings.HasPrefix(x.Field, "fee_")}
		if x.Blocks != "" {
			row.Blocks = i18n.T(ctx, "procedureweb.blocks."+x.Blocks)
		}
		out = append(out, row)
	}
	return out
}

// compare sets versions beside each other, property by property.
func compare(ctx context.Context, vs []*procedure.Version, today moment.Date) (heads []string, rows []compareRow) {
	add := func(label string, of func(v *procedure.Version) string) {
		row := compareRow{Label: label}
		for _, v := range vs {
			row.Values = append(row.Values, of(v))
		}
		for _, x := range row.Values[1:] {
			row.Differs = row.Differs || x != row.Values[0]
		}
		rows = append(rows, row)
	}
	for _, v := range vs {
		heads = append(heads, whenText(ctx, v, today))
	}
	add(i18n.T(ctx, "procedureweb.name"), func(v *procedure.Version) string { return v.Name })
	add(i18n.T(ctx, "procedureweb.decision"), func(v *procedure.Version) string { return v.Decision })
	add(i18n.T(ctx, "procedureweb.sector"), func(v *procedure.Version) string { return v.Sector })
	add(i18n.T(ctx, "procedureweb.level"), func(v *procedure.Version) string { return levelText(ctx, v.Level) })
	add(i18n.T(ctx, "procedureweb.channels"), func(v *procedure.Version) string { return channelsText(ctx, v) })
	add(i18n.T(ctx, "procedureweb.online"), func(v *procedure.Version) string { return onlineText(ctx, v.OnlineLevel) })
	add(i18n.T(ctx, "procedureweb.stops_as"), func(v *procedure.Version) string { return i18n.T(ctx, "procedureweb.stop."+string(v.StopsAs)) })
	add(i18n.T(ctx, "procedureweb.limits"), func(v *procedure.Version) string { return limitLines(ctx, v) })
	add(i18n.T(ctx, "procedureweb.steps"), func(v *procedure.Version) string { return stepLines(ctx, v) })
	add(i18n.T(ctx, "procedureweb.papers"), func(v *procedure.Version) string { return paperLines(ctx, v) })
	add(i18n.T(ctx, "procedureweb.fees"), func(v *procedure.Version) string { return feeLines(ctx, v) })
	return heads, rows
}

func onlineText(ctx context.Context, level string) string {
	if level == "" {
		return i18n.T(ctx, "procedureweb.unknown")
	}
	return i18n.T(ctx, "procedureweb.online."+level)
}

func channelText(ctx context.Context, c procedure.Channel) string {
	if c == "" {
		return i18n.T(ctx, "procedureweb.any_channel")
	}
	return i18n.T(ctx, "procedureweb.channel."+string(c))
}

func areaText(ctx context.Context, area string) string {
	if area == "" {
		return i18n.T(ctx, "procedureweb.any_area")
	}
	return i18n.T(ctx, "procedureweb.area."+area)
}

func channelsText(ctx context.Context, v *procedure.Version) string {
	var out []string
	for _, c := range v.Channels {
		out = append(out, channelText(ctx, c))
	}
	return strings.Join(out, ", ")
}

// ofText says for what a limit holds: "" for everything.
func ofText(ctx context.Context, l procedure.Limit) string {
	var of []string
	if l.Case != "" {
		of = append(of, strings.TrimSpace(l.Case+" "+l.CaseName))
	}
	if l.Channel != "" {
		of = append(of, channelText(ctx, l.Channel))
	}
	if l.Area != "" {
		of = append(of, areaText(ctx, l.Area))
	}
	return strings.Join(of, ", ")
}

func limitLines(ctx context.Context, v *procedure.Version) string {
	var out []string
	for _, l := range v.Limits {
		line := limitText(ctx, l.Limit)
		if of := ofText(ctx, l); of != "" {
			line = of + ": " + line
		}
		out = append(out, line+" ("+l.Basis+")")
	}
	return strings.Join(out, "\n")
}

func stepLines(ctx context.Context, v *procedure.Version) string {
	var out []string
	for _, s := range v.Steps {
		line := s.Name + " · " + i18n.T(ctx, "auth.role."+s.Role) + " · " + i18n.T(ctx, "procedureweb.hours", "Hours", s.Hours.VN())
		if s.Case != "" {
			line = s.Case + ": " + line
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func paperLines(ctx context.Context, v *procedure.Version) string {
	var out []string
	for _, x := range v.Papers {
		out = append(out, x.Name+" · "+i18n.T(ctx, "procedureweb.sheets", "Originals", x.Originals, "Copies", x.Copies))
	}
	if len(out) == 0 && v.PaperCount > 0 {
		return i18n.T(ctx, "procedureweb.papers_counted", "Count", v.PaperCount)
	}
	return strings.Join(out, "\n")
}

func feeLines(ctx context.Context, v *procedure.Version) string {
	var out []string
	for _, f := range v.Fees {
		amount := i18n.Money(ctx, f.Amount)
		if f.Amount == 0 {
			amount = i18n.T(ctx, "procedureweb.free")
		}
		out = append(out, strings.TrimSpace(channelText(ctx, f.Channel)+": "+f.Label+" "+amount))
	}
	return strings.Join(out, "\n")
}

// promises tells what a counter would promise for a receipt: with the calendar of
// the actor's unit, for every case, channel and area that has a limit of its own.
func (p *Pages) promises(ctx context.Context, in *promiseForm, v *procedure.Version) ([]promiseRow, error) {
	if in.Wrong() {
		return nil, nil
	}
	at := in.Received
	if at == 0 {
		at = p.DB.Now()
		in.Set("received", i18n.ShortInstant(ctx, at))
	}
	u := web.Actor(ctx).Home()
	cal, err := p.Calendars.On(ctx, p.DB, u, at.Date())
	if err != nil {
		return nil, err
	}
	var out []promiseRow
	for _, l := range v.Limits {
		due, err := cal.Due(at, l.Limit, "")
		if err != nil {
			return nil, err
		}
		row := promiseRow{What: ofText(ctx, l), Limit: limitText(ctx, l.Limit), Due: i18n.Instant(ctx, due)}
		if row.What == "" {
			row.What = i18n.T(ctx, "procedureweb.any_case")
		}
		out = append(out, row)
	}
	return out, nil
}

// raw returns the row of the export as it came, column by column.
func (p *Pages) raw(ctx context.Context, version string) ([]ui.Fact, error) {
	text, err := p.Registry.Catalogue.Source(ctx, p.DB, version)
	if err != nil || text == "" {
		return nil, err
	}
	row := map[string]string{}
	if err := json.Unmarshal([]byte(text), &row); err != nil {
		return nil, err
	}
	var out []ui.Fact
	for _, k := range slices.Sorted(maps.Keys(row)) {
		if row[k] != "" {
			out = append(out, ui.Fact{Label: k, Value: row[k]})
		}
	}
	return out, nil
}

func roleOptions(ctx context.Context) []ui.Option {
	out := []ui.Option{}
	for _, r := range []actor.Role{actor.OneStop, actor.Specialist, actor.Chairperson} {
		out = append(out, ui.Option{Value: string(r), Text: i18n.T(ctx, "auth.role."+string(r))})
	}
	return out
}

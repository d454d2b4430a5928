package procedureweb

import (
	"context"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/calendar"
	"cchc/procedure"
)

// A sheet is rows of fields that are typed: steps, papers, fees, limits. Rows are
// added, moved and taken out by buttons that send the form; nothing is stored
// until it is saved, and nothing typed is lost.
type sheet struct {
	Name  string // of the part, and where its faults are said
	Title string
	Cols  []column
	Count int
}

type column struct {
	Name    string
	Label   string
	Options []ui.Option // a select
	Width   int
	Mode    string // inputmode
}

const mostRows = 60

func (s *sheet) field(col string, row int) string { return s.Name + "-" + col + strconv.Itoa(row) }

func (s *sheet) countField() string { return s.Name + "-rows" }

// load puts rows into the form, with one empty row below when there are none.
func (s *sheet) load(f *web.Form, rows []map[string]string) {
	if len(rows) == 0 {
		rows = []map[string]string{{}}
	}
	s.Count = min(len(rows), mostRows)
	for i, r := range rows[:s.Count] {
		for _, c := range s.Cols {
			f.Set(s.field(c.Name, i), r[c.Name])
		}
	}
	f.Set(s.countField(), strconv.Itoa(s.Count))
}

// rows reads what was typed.
func (s *sheet) rows(f *web.Form) []map[string]string {
	n, _ := strconv.Atoi(f.Value(s.countField()))
	s.Count = min(max(n, 0), mostRows)
	var out []map[string]string
	for i := range s.Count {
		r := map[string]string{}
		for _, c := range s.Cols {
			r[c.Name] = strings.TrimSpace(f.Value(s.field(c.Name, i)))
		}
		out = append(out, r)
	}
	return out
}

// move does what a button of the sheet asks: "steps add", "steps up 2",
// "steps down 2", "steps remove 2". It reports whether do was one.
func (s *sheet) move(f *web.Form, do string) bool {
	parts := strings.Fields(do)
	if len(parts) < 2 || parts[0] != s.Name {
		return false
	}
	rows := s.rows(f)
	i := -1
	if len(parts) == 3 {
		if n, err := strconv.Atoi(parts[2]); err == nil && n < len(rows) {
			i = n
		}
	}
	switch {
	case parts[1] == "add":
		rows = append(rows, map[string]string{})
	case i < 0:
	case parts[1] == "remove":
		rows = append(rows[:i:i], rows[i+1:]...)
	case parts[1] == "up" && i > 0:
		rows[i-1], rows[i] = rows[i], rows[i-1]
	case parts[1] == "down" && i+1 < len(rows):
		rows[i+1], rows[i] = rows[i], rows[i+1]
	}
	s.load(f, rows)
	return true
}

// empty reports a row in which nothing was typed; what has a choice always has one.
func (s *sheet) empty(r map[string]string) bool {
	for _, c := range s.Cols {
		if len(c.Options) == 0 && r[c.Name] != "" {
			return false
		}
	}
	return true
}

func stepSheet(ctx context.Context) *sheet {
	return &sheet{Name: "steps", Title: i18n.T(ctx, "procedureweb.steps"), Cols: []column{
		{Name: "name", Label: i18n.T(ctx, "procedureweb.step.name")}, {Name: "role", Label: i18n.T(ctx, "procedureweb.step.role"), Options: roleOptions(ctx)},
		{Name: "body", Label: i18n.T(ctx, "procedureweb.step.body")}, {Name: "hours", Label: i18n.T(ctx, "procedureweb.step.hours"), Width: 8, Mode: "decimal"}}}
}

func stepRows(steps []procedure.Step) []map[string]string {
	var out []map[string]string
	for _, s := range steps {
		out = append(out, map[string]string{"name": s.Name, "role": s.Role, "body": s.Body, "hours": s.Hours.VN()})
	}
	return out
}

// steps reads the rows; sum is what their hours add up to as far as they can be read.
func (s *sheet) steps(form *web.Form, f *fault.Fault) (out []procedure.Step, sum calendar.Quantity) {
	for i, r := range s.rows(form) {
		if s.empty(r) {
			continue
		}
		hours, err := calendar.ParseQuantity(r["hours"])
		if err != nil || hours <= 0 {
			f.With(s.field("hours", i), "procedureweb.hours_bad")
		}
		if r["name"] == "" {
			f.With(s.field("name", i), "procedureweb.step_name_missing")
		}
		sum += max(hours, 0)
		out = append(out, procedure.Step{Name: r["name"], Role: r["role"], Body: r["body"], Hours: hours})
	}
	return out, sum
}

func paperSheet(ctx context.Context) *sheet {
	return &sheet{Name: "papers", Title: i18n.T(ctx, "procedureweb.papers"), Cols: []column{
		{Name: "name", Label: i18n.T(ctx, "procedureweb.paper.name")}, {Name: "form", Label: i18n.T(ctx, "procedureweb.paper.form")},
		{Name: "originals", Label: i18n.T(ctx, "procedureweb.paper.originals"), Width: 5, Mode: "numeric"},
		{Name: "copies", Label: i18n.T(ctx, "procedureweb.paper.copies"), Width: 5, Mode: "numeric"},
		{Name: "required", Label: i18n.T(ctx, "procedureweb.paper.required"), Options: []ui.Option{{Value: "yes", Text: i18n.T(ctx, "procedureweb.yes")}, {Value: "no", Text: i18n.T(ctx, "procedureweb.no")}}}}}
}

func paperRows(papers []procedure.Paper) []map[string]string {
	var out []map[string]string
	for _, p := range papers {
		required := "no"
		if p.Required {
			required = "yes"
		}
		out = append(out, map[string]string{"name": p.Name, "form": p.Form, "originals": strconv.Itoa(p.Originals), "copies": strconv.Itoa(p.Copies), "required": required})
	}
	return out
}

func (s *sheet) papers(form *web.Form, f *fault.Fault) (out []procedure.Paper) {
	for i, r := range s.rows(form) {
		if s.empty(r) {
			continue
		}
		if r["name"] == "" {
			f.With(s.field("name", i), "procedureweb.paper_name_missing")
		}
		number := func(col string) int {
			if r[col] == "" {
				return 0
			}
			n, err := strconv.Atoi(r[col])
			if err != nil || n < 0 || n > 99 {
				f.With(s.field(col, i), "web.form.integer", "Value", r[col])
			}
			return n
		}
		out = append(out, procedure.Paper{Name: r["name"], Form: r["form"], Originals: number("originals"), Copies: number("copies"), Required: r["required"] != "no"})
	}
	return out
}

func channelOptions(ctx context.Context, any bool) []ui.Option {
	var out []ui.Option
	if any {
		out = append(out, ui.Option{Text: i18n.T(ctx, "procedureweb.any_channel")})
	}
	for _, c := range procedure.Channels {
		out = append(out, ui.Option{Value: string(c), Text: channelText(ctx, c)})
	}
	return out
}

func feeSheet(ctx context.Context) *sheet {
	return &sheet{Name: "fees", Title: i18n.T(ctx, "procedureweb.fees"), Cols: []column{
		{Name: "channel", Label: i18n.T(ctx, "procedureweb.channel"), Options: channelOptions(ctx, false)},
		{Name: "label", Label: i18n.T(ctx, "procedureweb.fee.label")}, {Name: "amount", Label: i18n.T(ctx, "procedureweb.fee.amount"), Width: 12, Mode: "numeric"}}}
}

func feeRows(fees []procedure.Fee) []map[string]string {
	var out []map[string]string
	for _, x := range fees {
		out = append(out, map[string]string{"channel": string(x.Channel), "label": x.Label, "amount": strconv.FormatInt(x.Amount, 10)})
	}
	return out
}

func (s *sheet) fees(form *web.Form, f *fault.Fault) (out []procedure.Fee) {
	for i, r := range s.rows(form) {
		if s.empty(r) {
			continue
		}
		n, err := strconv.ParseInt(strings.NewReplacer(".", "", " ", "", "đ", "").Replace(r["amount"]), 10, 64)
		if err != nil || n < 0 {
			f.With(s.field("amount", i), "procedureweb.amount_bad")
		}
		out = append(out, procedure.Fee{Channel: procedure.Channel(r["channel"]), Label: r["label"], Amount: n})
	}
	return out
}

// limitUnits are the units of limits in the order in which a form offers them.
var limitUnits = []calendar.LimitUnit{calendar.WorkingDay, calendar.CalendarDay, calendar.Hour, calendar.SameDay, calendar.Month, calendar.Year}

func limitSheet(ctx context.Context) *sheet {
	var units []ui.Option
	for _, u := range limitUnits {
		units = append(units, ui.Option{Value: string(u), Text: i18n.T(ctx, "procedureweb.unit."+string(u))})
	}
	return &sheet{Name: "limit", Title: i18n.T(ctx, "procedureweb.limits"), Cols: []column{
		{Name: "qty", Label: i18n.T(ctx, "procedureweb.limit.qty"), Width: 8, Mode: "decimal"}, {Name: "unit", Label: i18n.T(ctx, "procedureweb.limit.unit"), Options: units},
		{Name: "channel", Label: i18n.T(ctx, "procedureweb.channel"), Options: channelOptions(ctx, true)},
		{Name: "area", Label: i18n.T(ctx, "procedureweb.limit.area"), Options: []ui.Option{{Text: areaText(ctx, "")}, {Value: "mountainous", Text: areaText(ctx, "mountainous")}, {Value: "difficult", Text: areaText(ctx, "difficult")}}},
		{Name: "case", Label: i18n.T(ctx, "procedureweb.limit.case"), Width: 20}, {Name: "case_name", Label: i18n.T(ctx, "procedureweb.limit.case_name")}}}
}

func limitRows(limits []procedure.Limit) []map[string]string {
	var out []map[string]string
	for _, l := range limits {
		qty := l.Qty.VN()
		if l.Unit == calendar.SameDay {
			qty = ""
		}
		out = append(out, map[string]string{"qty": qty, "unit": string(l.Unit), "channel": string(l.Channel), "area": l.Area, "case": l.Case, "case_name": l.CaseName})
	}
	return out
}

func (s *sheet) limits(form *web.Form, f *fault.Fault) (out []procedure.Limit) {
	for i, r := range s.rows(form) {
		same := calendar.LimitUnit(r["unit"]) == calendar.SameDay
		if s.empty(r) && !same {
			continue
		}
		l := procedure.Limit{Case: r["case"], CaseName: r["case_name"], Channel: procedure.Channel(r["channel"]), Area: r["area"]}
		l.Unit = calendar.LimitUnit(r["unit"])
		if !same {
			var err error
			if l.Limit, err = calendar.ParseLimit(r["qty"], r["unit"]); err != nil {
				f.With(s.field("qty", i), "procedureweb.qty_bad")
			}
		}
		out = append(out, l)
	}
	return out
}

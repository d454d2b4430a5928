package scorecardweb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
)

// What one field of a rule's form holds.
type ruleType int

const (
	ruleText    ruleType = iota // words
	rulePoints                  // a number of points, also below 0
	ruleNumber                  // a number; "95 %" is 0.95
	ruleFlag                    // a box
	ruleName                    // a measure, an index: letters, digits, _
	ruleMetric                  // "on_time/finished", or one name
	ruleLines                   // words, one a line
	ruleCode                    // the code of another leaf
	ruleCodes                   // codes, one a line
	ruleBetter                  // more or less
	ruleFormula                 // an expression
	ruleTiers                   // rows of bounds and points
	ruleOptions                 // rows of label and points
	ruleWeights                 // rows of label and percent
	ruleVars                    // rows of name and words
	ruleIf                      // bounds on points, or options
	ruleBranch                  // points, or a rule
	ruleParts                   // rules that are added
)

// A ruleField is one field of a rule's form. Its words are the messages
// sets.rule.KEY and, with hint, sets.rule.KEY.hint.
type ruleField struct {
	key      string
	as       ruleType
	required bool
	hint     bool
}

// ruleForms are the fields of every kind of rule, as package criteria reads them.
var ruleForms = map[criteria.Kind][]ruleField{
	criteria.YesNo:     {{"yes", rulePoints, true, false}, {"no", rulePoints, true, false}, {"veto", ruleText, false, true}},
	criteria.Choice:    {{"options", ruleOptions, true, true}},
	criteria.AllOrNone: {{"metric", ruleMetric, false, true}, {"full_at", ruleNumber, false, true}, {"strict", ruleFlag, false, false}},
	criteria.Deadline:  {{"from", ruleText, false, true}, {"tiers", ruleTiers, true, true}},
	criteria.Tiered:    {{"metric", ruleMetric, false, true}, {"tiers", ruleTiers, true, true}},
	criteria.CountTier: {{"metric", ruleMetric, false, true}, {"tiers", ruleTiers, true, true}},
	criteria.Linear:    {{"metric", ruleMetric, false, true}, {"full_at", ruleNumber, false, true}},
	criteria.Piecewise: {{"metric", ruleMetric, false, true}, {"full_at", ruleNumber, false, true}, {"zero_below", ruleNumber, true, true}, {"strict", ruleFlag, false, false}},
	criteria.Depends:   {{"on", ruleCode, true, true}, {"if", ruleIf, true, true}, {"then", ruleBranch, true, true}, {"else", ruleBranch, false, true}},
	criteria.YearOnYear: {{"metric", ruleMetric, false, true}, {"better", ruleBetter, false, false}, {"by", ruleNumber, false, true}, {"improved", rulePoints, true, false},
		{"same", rulePoints, false, true}, {"otherwise", rulePoints, false, false}, {"no_past", rulePoints, false, true}},
	criteria.Relative: {{"metric", ruleMetric, false, true}, {"better", ruleBetter, false, false}, {"zero_below", ruleNumber, false, true}},
	criteria.Count:    {{"metric", ruleMetric, false, true}, {"each", rulePoints, true, true}, {"per", ruleText, false, true}, {"cap", rulePoints, false, true}},
	criteria.Deduction: {{"metric", ruleMetric, false, true}, {"start", rulePoints, false, true}, {"each", rulePoints, true, true}, {"per", ruleText, false, true},
		{"floor", rulePoints, false, true}, {"zero_if", ruleText, false, true}, {"also", ruleText, false, true}},
	criteria.Late: {{"start", rulePoints, false, true}, {"each", rulePoints, true, true}, {"per", ruleText, false, true}, {"free", ruleNumber, false, true},
		{"floor", rulePoints, false, true}},
	criteria.Survey:    {{"options", ruleWeights, false, true}, {"respondents", ruleLines, false, true}},
	criteria.Import:    {{"source", ruleName, true, true}, {"of", ruleNumber, false, true}},
	criteria.Formula:   {{"formula", ruleFormula, true, true}, {"vars", ruleVars, true, true}},
	criteria.Veto:      {{"when", ruleText, true, true}, {"zero", ruleCodes, false, true}},
	criteria.Composite: {{"parts", ruleParts, true, true}, {"floor", rulePoints, false, true}},
}

// partKinds are the kinds that a part of a composite may have.
var partKinds = slices.DeleteFunc(slices.Clone(criteria.Kinds), func(k criteria.Kind) bool {
	return k == criteria.Composite || k == criteria.Veto || k == criteria.Depends
})

// The operators of a tier's two ends, as forms name them.
var (
	lowOps  = []string{"ge", "gt"}
	highOps = []string{"le", "lt"}
)

// Rows of a list that are shown beyond those that are filled, and the most of them.
const (
	spareRows = 2
	mostRows  = 40
)

// rows is how many rows of a list the form shows: as many as it says, at least
// those that are filled and some spare ones.
func rows(f *ui.Form, name string) int {
	n, _ := strconv.Atoi(f.Value(name + "#"))
	return min(max(n, spareRows), mostRows)
}

func setRows(f *ui.Form, name string, filled int) { f.Set(name+"#", strconv.Itoa(filled+spareRows)) }

func rowCell(name string, i int, column string) string {
	return fmt.Sprintf("%s.%d.%s", name, i, column)
}

// A typed form is being filled with what is stored: numbers as people here type them.
type typed struct {
	*ui.Form
	comma bool
}

func typing(ctx context.Context, f *ui.Form) typed {
	return typed{f, i18n.Lang(ctx) == i18n.Vietnamese}
}

// number puts a number into a field; what is none stays as it is.
func (f typed) number(name, s string) {
	if _, err := criteria.ParseNum(s); err == nil && f.comma {
		s = strings.Replace(s, ".", ",", 1)
	}
	f.Set(name, s)
}

// fillRule puts a rule as it is stored into the fields of its form, whose names
// begin with at.
func fillRule(f typed, at string, kind criteria.Kind, rule *scorecard.Fields) {
	for _, x := range ruleForms[kind] {
		name := at + x.key
		switch x.as {
		case ruleFlag:
			if rule.Flag(x.key) {
				f.Set(name, "on")
			}
		case ruleLines, ruleCodes:
			f.Set(name, strings.Join(rule.Texts(x.key), "\n"))
		case ruleTiers:
			share := strings.Contains(rule.Text("metric"), "/")
			fillRows(f, name, rule.List(x.key), func(f typed, name string, i int, row *scorecard.Fields) { fillTier(f, name, i, row, share) })
		case ruleOptions:
			fillRows(f, name, rule.List(x.key), func(f typed, name string, i int, row *scorecard.Fields) {
				f.Set(rowCell(name, i, "label"), row.Text("label"))
				f.number(rowCell(name, i, "points"), row.Text("points"))
			})
		case ruleWeights:
			fillRows(f, name, rule.List(x.key), func(f typed, name string, i int, row *scorecard.Fields) {
				f.Set(rowCell(name, i, "label"), row.Text("label"))
				f.number(rowCell(name, i, "percent"), row.Text("percent"))
			})
		case ruleVars:
			vars := rule.Sub(x.key)
			keys := vars.Keys()
			if len(keys) == 0 {
				keys = rule.Texts(x.key)
			}
			for i, k := range keys {
				f.Set(rowCell(name, i, "name"), k)
				f.Set(rowCell(name, i, "words"), vars.Text(k))
			}
			setRows(f.Form, name, len(keys))
		case ruleIf:
			c := rule.Sub(x.key)
			fillBounds(f, name, c, false)
			f.Set(name+".option", strings.Join(c.Texts("option"), "\n"))
		case ruleBranch:
			if c := rule.Sub(x.key); c.Has("kind") {
				f.Set(name+".kind", c.Text("kind"))
				fillRule(f, name+".", criteria.Kind(c.Text("kind")), c.Sub("rule"))
			} else {
				f.number(name+".points", rule.Text(x.key))
			}
		case ruleParts:
			fillRows(f, name, rule.List(x.key), func(f typed, name string, i int, row *scorecard.Fields) {
				kind := row.Text("kind")
				f.Set(rowCell(name, i, "name"), row.Text("name"))
				f.Set(rowCell(name, i, "kind"), kind)
				f.number(rowCell(name, i, "max"), row.Text("max"))
				params := row
				if row.Has("rule") {
					params = row.Sub("rule")
				}
				fillRule(f, rowCell(name, i, ""), criteria.Kind(kind), params)
			})
		case ruleNumber:
			f.number(name, ruleShare(rule, x.key))
		case rulePoints:
			f.number(name, rule.Text(x.key))
		default:
			f.Set(name, rule.Text(x.key))
		}
	}
}

func fillRows(f typed, name string, list []*scorecard.Fields, fill func(typed, string, int, *scorecard.Fields)) {
	for i, row := range list {
		fill(f, name, i, row)
	}
	setRows(f.Form, name, len(list))
}

// ruleShare writes a ratio in percent where the rule's metric is one.
func ruleShare(rule *scorecard.Fields, key string) string {
	return rulePercent(rule.Text(key), strings.Contains(rule.Text("metric"), "/"))
}

func rulePercent(s string, share bool) string {
	v, err := criteria.ParseNum(s)
	if err != nil || !share {
		return s
	}
	return v.Mul(criteria.Int(100)).String() + " %"
}

func fillTier(f typed, name string, i int, row *scorecard.Fields, share bool) {
	at := fmt.Sprintf("%s.%d", name, i)
	fillBounds(f, at, row, share)
	if row.Has("within") {
		f.number(at+".high", row.Text("within"))
		f.Set(at+".highop", "le")
	}
	f.number(at+".points", row.Text("points"))
}

func fillBounds(f typed, at string, row *scorecard.Fields, share bool) {
	text := func(op string) string { return rulePercent(row.Text(op), share) }
	f.Set(at+".lowop", "ge")
	f.Set(at+".highop", "lt")
	for _, op := range lowOps {
		if row.Has(op) {
			f.number(at+".low", text(op))
			f.Set(at+".lowop", op)
		}
	}
	for _, op := range highOps {
		if row.Has(op) {
			f.number(at+".high", text(op))
			f.Set(at+".highop", op)
		}
	}
	if row.Has("eq") {
		f.number(at+".low", text("eq"))
		f.number(at+".high", text("eq"))
		f.Set(at+".lowop", "ge")
		f.Set(at+".highop", "le")
	}
}

// A ruleReader reads a rule out of a form. What cannot be read is a fault of its
// field; what is missing or does not fit is for package criteria to tell of.
type ruleReader struct {
	form  *ui.Form
	fault *fault.Fault
}

func (r *ruleReader) text(name string) string {
	return strings.Join(strings.Fields(r.form.Value(name)), " ")
}

// number reads a decimal with comma or point, or a percent, as it is to be written.
func (r *ruleReader) number(name string) string {
	s := r.text(name)
	if s == "" {
		return ""
	}
	v, err := criteria.ParseNum(s)
	if err != nil {
		r.fault.With(name, "web.form.number", "Value", s)
		return ""
	}
	return v.String()
}

func (r *ruleReader) lines(name string) (out []string) {
	for _, l := range strings.Split(r.form.Value(name), "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// rule reads the fields of a kind, whose names begin with at.
func (r *ruleReader) rule(at string, kind criteria.Kind) *scorecard.Fields {
	out := scorecard.NewFields()
	for _, x := range ruleForms[kind] {
		name := at + x.key
		switch x.as {
		case ruleText, ruleName, ruleMetric, ruleCode, ruleFormula:
			out.SetText(x.key, r.text(name))
		case rulePoints, ruleNumber:
			out.SetBare(x.key, r.number(name))
		case ruleFlag:
			out.SetFlag(x.key, r.form.Chosen(name, "on"))
		case ruleBetter:
			if r.text(name) == "less" {
				out.SetText(x.key, "less")
			}
		case ruleLines, ruleCodes:
			out.SetTexts(x.key, r.lines(name))
		case ruleTiers:
			out.SetList(x.key, r.rows(name, func(at string, row *scorecard.Fields) {
				r.bounds(at, row)
				row.SetBare("points", r.number(at+".points"))
			}))
		case ruleOptions:
			out.SetList(x.key, r.rows(name, func(at string, row *scorecard.Fields) {
				row.SetText("label", r.text(at+".label"))
				row.SetBare("points", r.number(at+".points"))
			}))
		case ruleWeights:
			out.SetList(x.key, r.rows(name, func(at string, row *scorecard.Fields) {
				row.SetText("label", r.text(at+".label"))
				row.SetBare("percent", strings.TrimSuffix(r.number(at+".percent"), "%"))
			}))
		case ruleVars:
			vars := scorecard.NewFields()
			for i := range rows(r.form, name) {
				n, words := r.text(rowCell(name, i, "name")), r.text(rowCell(name, i, "words"))
				switch {
				case n == "" && words != "":
					r.fault.With(rowCell(name, i, "name"), "web.form.required")
				case n != "":
					vars.PutText(n, words)
				}
			}
			out.SetSub(x.key, vars)
		case ruleIf:
			c := scorecard.NewFields()
			r.bounds(name, c)
			c.SetTexts("option", r.lines(name+".option"))
			out.SetSub(x.key, c)
		case ruleBranch:
			if kind := r.text(name + ".kind"); kind != "" {
				c := scorecard.NewFields()
				c.SetText("kind", kind)
				c.PutSub("rule", r.rule(name+".", criteria.Kind(kind)))
				out.SetSub(x.key, c)
			} else {
				out.SetBare(x.key, r.number(name+".points"))
			}
		case ruleParts:
			out.SetList(x.key, r.rows(name, func(at string, row *scorecard.Fields) {
				kind := r.text(at + ".kind")
				row.SetText("kind", kind)
				row.SetText("name", r.text(at+".name"))
				row.SetBare("max", r.number(at+".max"))
				if kind != "" {
					row.PutSub("rule", r.rule(at+".", criteria.Kind(kind)))
				}
			}))
		}
	}
	return out
}

// rows reads the rows of a list; one in which nothing was typed is left out.
func (r *ruleReader) rows(name string, read func(at string, row *scorecard.Fields)) (out []*scorecard.Fields) {
	for i := range rows(r.form, name) {
		row := scorecard.NewFields()
		read(fmt.Sprintf("%s.%d", name, i), row)
		if len(row.Keys()) > 0 {
			out = append(out, row)
		}
	}
	return out
}

// bounds reads the two ends of a tier. The same number at both, with both counted,
// is that number alone.
func (r *ruleReader) bounds(at string, row *scorecard.Fields) {
	low, high := r.number(at+".low"), r.number(at+".high")
	lowOp, highOp := r.text(at+".lowop"), r.text(at+".highop")
	if !slices.Contains(lowOps, lowOp) {
		lowOp = lowOps[0]
	}
	if !slices.Contains(highOps, highOp) {
		highOp = highOps[1]
	}
	if low != "" && low == high && lowOp == "ge" && highOp == "le" {
		row.SetBare("eq", low)
		return
	}
	row.SetBare(lowOp, low)
	row.SetBare(highOp, high)
}

package criteria

import (
	"context"
	"strings"

	"cchc/base/i18n"
)

// A SurveyRule gives the maximum times the percent of a survey: entered, or of
// answers weighted by option (100, 60, 20, 0).
type SurveyRule struct {
	Options     []Weight // empty: the percent is entered
	Respondents []string
}

// A Weight is what an option of a survey counts for.
type Weight struct {
	Label   string
	Percent Num // 0 to 100
}

func readSurvey(m *mapping, n *Node, _ seat) Rule {
	x := &SurveyRule{Respondents: m.texts("respondents")}
	top := false
	for _, o := range m.list("options") {
		w := Weight{Label: o.need("label")}
		v, ok := o.number("percent")
		switch {
		case !ok && !o.has("percent"):
			o.wrong("percent", "criteria.missing", "Name", "percent")
		case v.Sign() < 0 || v.Cmp(Int(100)) > 0:
			o.wrong("percent", "criteria.not_between", "Low", 0, "High", 100)
		}
		w.Percent = v
		top = top || v.Cmp(Int(100)) == 0
		x.Options = append(x.Options, w)
		o.done()
	}
	if len(x.Options) > 0 && !top {
		m.wrong("options", "criteria.survey_no_full")
	}
	if f := m.text("formula"); f != "" {
		sameFormula(m, f, map[string]Num{"max": OfPoints(n.Max)}, "survey_percent", Num{n: 1, d: 2}, func(at Num) Num { return at.Mul(OfPoints(n.Max)) })
	}
	return x
}

// Kind implements Rule.
func (*SurveyRule) Kind() Kind { return Survey }

// Monotone implements Rule: with the percent entered.
func (*SurveyRule) Monotone() Direction { return Rising }

// Sentence implements Rule.
func (x *SurveyRule) Sentence(ctx context.Context, n *Node) string {
	parts := []string{i18n.T(ctx, "criteria.say_survey", "Max", decimal(ctx, OfPoints(n.Max)))}
	if len(x.Options) > 0 {
		var list []string
		for _, o := range x.Options {
			v, _ := o.Percent.Div(Int(100))
			list = append(list, o.Label+" "+percent(ctx, v))
		}
		parts = append(parts, i18n.T(ctx, "criteria.say_answers", "Options", strings.Join(list, ", ")))
	}
	if len(x.Respondents) > 0 {
		parts = append(parts, i18n.T(ctx, "criteria.say_respondents", "Who", strings.Join(x.Respondents, ", ")))
	}
	return strings.Join(parts, "; ")
}

// share returns the survey's percent as a ratio, from answers or as entered: up to 1
// it is a ratio, above that a percent.
func (x *SurveyRule) share(in *Input) (Num, bool) {
	if len(in.Answers) == 0 {
		return asShare(in)
	}
	if len(in.Answers) != len(x.Options) {
		return Num{}, false
	}
	sum, all := Num{}, Num{}
	for i, n := range in.Answers {
		if n < 0 {
			return Num{}, false
		}
		sum = sum.Add(x.Options[i].Percent.Mul(Int(n)))
		all = all.Add(Int(n))
	}
	return sum.Div(all.Mul(Int(100)))
}

// asShare reads a ratio, or a value that is a ratio up to 1 and a percent above.
func asShare(in *Input) (Num, bool) {
	v, ok := in.number()
	if ok && in.Ratio == nil && v.Cmp(Int(1)) > 0 {
		return v.Div(Int(100))
	}
	return v, ok
}

func (x *SurveyRule) points(n *Node, in *Input, _ *scoring) (Num, Branch, bool) {
	v, ok := x.share(in)
	p, b := proportion(n, v)
	return p, b, ok
}

// proportion gives share × maximum.
func proportion(n *Node, share Num) (Num, Branch) {
	switch {
	case share.Cmp(Int(1)) >= 0:
		return OfPoints(n.Max), Branch{Kind: BranchFull}
	case share.Sign() <= 0:
		return Num{}, Branch{Kind: BranchLinear}
	}
	return share.Mul(OfPoints(n.Max)), Branch{Kind: BranchLinear}
}

func (x *SurveyRule) write(w *writer) {
	if len(x.Options) == 0 && len(x.Respondents) == 0 {
		w.line("formula", quote("survey_percent*max")) // a map must not be empty
		return
	}
	if len(x.Options) > 0 {
		w.open("options", func() {
			for _, o := range x.Options {
				w.entry(func() {
					w.text("label", o.Label)
					w.num("percent", o.Percent)
				})
			}
		})
	}
	w.texts("respondents", x.Respondents)
}

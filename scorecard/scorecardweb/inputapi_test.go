package scorecardweb

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"cchc/base/fault"
	"cchc/scorecard/criteria"
)

func TestAProgramsInputIsReadByTheLeafsRule(t *testing.T) {
	t.Parallel()
	leaf := func(r criteria.Rule) *criteria.Node { return &criteria.Node{Code: "1", Leaf: &criteria.Leaf{Rule: r}} }
	ratio := &criteria.LinearRule{Metric: "done/planned"}
	formula := &criteria.FormulaRule{Vars: []criteria.Var{{Name: "a"}, {Name: "b"}}}
	choice := &criteria.ChoiceRule{Options: []criteria.Option{{Label: "Đúng hạn"}, {Label: "Muộn"}}}
	composite := &criteria.CompositeRule{Parts: []*criteria.Node{leaf(ratio), leaf(choice)}}
	for about, x := range map[string]struct {
		rule  criteria.Rule
		sent  string
		wrong []string // places; none: it is taken, and told as it was sent
	}{
		"a ratio":                        {ratio, `{"num":9,"den":10}`, nil},
		"half a ratio":                   {ratio, `{"num":9}`, []string{"den"}},
		"a choice by its label":          {choice, `{"option":"Muộn"}`, nil},
		"a choice by its place":          {choice, `{"option":"2"}`, nil},
		"an option that there is not":    {choice, `{"option":"Sớm"}`, []string{"option"}},
		"a ratio where a choice is":      {choice, `{"num":9,"den":10}`, []string{"den", "num"}},
		"days of a deadline":             {&criteria.DeadlineRule{}, `{"value":"3"}`, nil},
		"dates of a deadline":            {&criteria.DeadlineRule{}, `{"done":"2026-01-10","due":"2026-01-15"}`, nil},
		"one date of a deadline":         {&criteria.DeadlineRule{}, `{"done":"2026-01-10"}`, []string{"due"}},
		"never done":                     {&criteria.DeadlineRule{}, `{"option":"no"}`, nil},
		"a whole number of a tier":       {&criteria.TieredRule{Whole: true}, `{"value":"4"}`, nil},
		"a part of a thing":              {&criteria.TieredRule{Whole: true}, `{"value":"4.5"}`, []string{"value"}},
		"a number that is none":          {&criteria.CountRule{}, `{"value":"nhiều"}`, []string{"value"}},
		"variables":                      {formula, `{"vars":{"a":"0.5","b":"2"}}`, nil},
		"a variable that there is not":   {formula, `{"vars":{"a":"0.5","c":"2"}}`, []string{"vars.c"}},
		"the year before":                {&criteria.YearOnYearRule{Metric: "done/planned"}, `{"num":9,"den":10,"before":"0.8"}`, nil},
		"the best unit":                  {&criteria.RelativeRule{Metric: "done/planned"}, `{"num":9,"den":10,"best":"0.95"}`, nil},
		"parts":                          {composite, `{"parts":[{"num":9,"den":10},{"option":"Muộn"}]}`, nil},
		"a part too many":                {composite, `{"parts":[{},{},{"value":"1"}]}`, []string{"parts[2]"}},
		"a part that is wrong":           {composite, `{"parts":[{"num":9,"den":10},{"option":"Sớm"}]}`, []string{"parts[1].option"}},
		"a number beside parts":          {composite, `{"value":"1","parts":[{"num":9,"den":10}]}`, []string{"value"}},
		"parts where there are none":     {ratio, `{"parts":[{"num":9,"den":10}]}`, []string{"parts[0]"}},
		"what did not arise":             {ratio, `{"na":true}`, nil},
		"what did not arise, and a half": {ratio, `{"na":true,"num":1,"den":2}`, []string{"na"}},
	} {
		var in ScoreInput
		if err := json.Unmarshal([]byte(x.sent), &in); err != nil {
			t.Fatal(err)
		}
		got, err := in.input(t.Context(), leaf(x.rule))
		var wrong []string
		if f := fault.As(err); f != nil {
			for _, field := range f.Fields {
				wrong = append(wrong, field.Name)
			}
			slices.Sort(wrong)
		}
		if !slices.Equal(wrong, x.wrong) {
			t.Errorf("%s: wrong are %v, want %v", about, wrong, x.wrong)
		}
		if back := asScoreInput(got); err == nil && !reflect.DeepEqual(back, in) {
			t.Errorf("%s is told back as %+v", about, back)
		}
	}
}

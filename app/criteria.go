package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/scorecard/criteria"
)

// scoreCmd scores one unit's inputs by a criteria set.
type scoreCmd struct {
	Set    string `help:"Criteria set, YAML." required:"" placeholder:"FILE"`
	Inputs string `help:"Inputs by code of leaf, YAML: value, or num and den, or option, or na." required:"" placeholder:"FILE"`
	Format string `help:"text or json." enum:"text,json" default:"text"`
	Lang   string `help:"Language of the text: vi or en." enum:"vi,en" default:"en"`
}

// Run prints leaf by leaf what was entered, the branch taken and the points, then the
// total, the effective maximum and the percent.
func (c scoreCmd) Run(ctx context.Context, s streams) error {
	ctx = i18n.With(ctx, c.Lang)
	set, err := loadSetFile(ctx, c.Set)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(c.Inputs)
	if err != nil {
		return err
	}
	in, faults := criteria.LoadInputs(set, text)
	if len(faults) > 0 {
		return faultList(ctx, c.Inputs, faults)
	}
	card := set.Score(in)
	if c.Format == "json" {
		e := json.NewEncoder(s.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(cardJSON(ctx, card))
	}
	return writeCard(ctx, s.out, card)
}

// setCmd is the commands on criteria sets.
type setCmd struct {
	Check setCheckCmd `cmd:"" help:"Name every fault of a criteria set with its place; exit 1 if there is any."`
}

type setCheckCmd struct {
	File  string `arg:"" help:"Criteria set, YAML."`
	Frame string `help:"Set of the higher level whose frame it fills, YAML." placeholder:"FILE"`
	Lang  string `help:"Language of the faults: vi or en." enum:"vi,en" default:"en"`
}

// Run prints the faults, one a line.
func (c setCheckCmd) Run(ctx context.Context, s streams) error {
	ctx = i18n.With(ctx, c.Lang)
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	var frame *criteria.Set
	if c.Frame != "" {
		if frame, err = loadSetFile(ctx, c.Frame); err != nil {
			return err
		}
	}
	faults := criteria.Check(text, frame)
	if len(faults) == 0 {
		_, err := fmt.Fprintf(s.out, "%s: %s\n", c.File, i18n.T(ctx, "criteria.no_faults"))
		return err
	}
	for _, f := range faults {
		if _, err := fmt.Fprintf(s.out, "%s: %s: %s\n", c.File, f.Place(ctx), f.Text(ctx)); err != nil {
			return err
		}
	}
	return errors.New(i18n.T(ctx, "criteria.faults", "Count", len(faults)))
}

func loadSetFile(ctx context.Context, name string) (*criteria.Set, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	set, err := criteria.Load(text)
	if faults := criteria.Faults(nil); errors.As(err, &faults) {
		return nil, faultList(ctx, name, faults)
	}
	return set, err
}

// faultList makes one error of faults, each on a line of its own.
func faultList(ctx context.Context, name string, faults criteria.Faults) error {
	var b bytes.Buffer
	for i, f := range faults {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s: %s: %s", name, f.Place(ctx), f.Text(ctx))
	}
	return errors.New(b.String())
}

func writeCard(ctx context.Context, to io.Writer, c *criteria.Card) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\n", c.Set.Title)
	rows := func(list []criteria.Result, max bool) {
		for i := range list {
			r := &list[i]
			got := points0(ctx, r)
			if max {
				got += " / " + i18n.Decimal(ctx, r.Max)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Node.Code, clip(r.Node.Name, 48), r.Input.Text(ctx, r.Node), r.Text(ctx), got)
		}
	}
	at := 0
	for _, f := range c.Fields {
		fmt.Fprintf(w, "\n%s %s\n", f.Node.Code, f.Node.Name)
		end := at
		for end < len(c.Results) && c.Results[end].Node.Field() == f.Node {
			end++
		}
		rows(c.Results[at:end], true)
		at = end
		fmt.Fprintf(w, "%s\t\t\t\t%s / %s\n", f.Node.Code, i18n.Decimal(ctx, f.Points), i18n.Decimal(ctx, f.Max))
	}
	for _, x := range []struct {
		title string
		list  []criteria.Result
		sum   points.Points
	}{{i18n.T(ctx, "criteria.bonus"), c.Bonuses, c.Bonus}, {i18n.T(ctx, "criteria.penalties"), c.Taken, c.Penalty}} {
		if len(x.list) > 0 {
			fmt.Fprintf(w, "\n%s\n", x.title)
			rows(x.list, false)
			fmt.Fprintf(w, "\t\t\t\t%s\n", i18n.Decimal(ctx, x.sum))
		}
	}
	fmt.Fprintf(w, "\n%s\t%s\n%s\t%s\n%s\t%s\n%s\t%d\n",
		i18n.T(ctx, "criteria.total"), i18n.Decimal(ctx, c.Total),
		i18n.T(ctx, "criteria.effective_max"), i18n.Decimal(ctx, c.Max),
		i18n.T(ctx, "criteria.percent"), indexText(ctx, c),
		i18n.T(ctx, "criteria.missing_leaves"), c.Missing)
	return w.Flush()
}

// points0 writes points, or "–" where nothing was entered.
func points0(ctx context.Context, r *criteria.Result) string {
	if r.State == criteria.Missing {
		return i18n.None
	}
	return i18n.Decimal(ctx, r.Points)
}

func indexText(ctx context.Context, c *criteria.Card) string {
	if c.Max == 0 {
		return i18n.None
	}
	return i18n.PercentPoints(ctx, c.Index)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// A scoredJSON is a leaf or item of the JSON form. Points are decimals; exact is the
// number before rounding, as a text because it may not end.
type scoredJSON struct {
	Code   string          `json:"code"`
	Name   string          `json:"name"`
	State  criteria.State  `json:"state"`
	Input  map[string]any  `json:"input,omitempty"`
	Branch string          `json:"branch"`
	Part   int             `json:"part,omitempty"` // which tier or option, from 1
	Words  string          `json:"words"`
	Exact  criteria.Num    `json:"exact"`
	Points json.Number     `json:"points"`
	Max    json.RawMessage `json:"max,omitempty"`
}

type partJSON struct {
	Code   string      `json:"code"`
	Name   string      `json:"name"`
	Points json.Number `json:"points"`
	Max    json.Number `json:"max"`
}

func cardJSON(ctx context.Context, c *criteria.Card) any {
	list := func(in []criteria.Result, max bool) []scoredJSON {
		out := make([]scoredJSON, len(in))
		for i := range in {
			r := &in[i]
			out[i] = scoredJSON{Code: r.Node.Code, Name: r.Node.Name, State: r.State, Input: inputJSON(&r.Input),
				Branch: string(r.Branch.Kind), Part: r.Branch.N, Words: r.Text(ctx), Exact: r.Exact, Points: jsonPoints(r.Points)}
			if max {
				out[i].Max = json.RawMessage(r.Max.String())
			}
		}
		return out
	}
	fields := make([]partJSON, len(c.Fields))
	for i, f := range c.Fields {
		fields[i] = partJSON{f.Node.Code, f.Node.Name, jsonPoints(f.Points), jsonPoints(f.Max)}
	}
	return struct {
		Set       string       `json:"set"`
		Leaves    []scoredJSON `json:"leaves"`
		Bonus     []scoredJSON `json:"bonus"`
		Penalties []scoredJSON `json:"penalties"`
		Fields    []partJSON   `json:"fields"`
		Sum       json.Number  `json:"sum"`
		BonusSum  json.Number  `json:"bonus_sum"`
		Taken     json.Number  `json:"penalty_sum"`
		Total     json.Number  `json:"total"`
		Max       json.Number  `json:"effective_max"`
		Percent   *json.Number `json:"percent"` // null when the maximum is 0
		Missing   int          `json:"missing"`
	}{c.Set.ID, list(c.Results, true), list(c.Bonuses, false), list(c.Taken, false), fields,
		jsonPoints(c.Sum), jsonPoints(c.Bonus), jsonPoints(c.Penalty), jsonPoints(c.Total), jsonPoints(c.Max), percentJSON(c), c.Missing}
}

func percentJSON(c *criteria.Card) *json.Number {
	if c.Max == 0 {
		return nil
	}
	n := jsonPoints(c.Index)
	return &n
}

func jsonPoints(p points.Points) json.Number { return json.Number(p.String()) }

func inputJSON(in *criteria.Input) map[string]any {
	out := map[string]any{}
	text := func(r *points.Ratio) string {
		if n, ok := criteria.OfRatio(*r); ok {
			return n.String()
		}
		return ""
	}
	if in.NA {
		out["na"] = true
	}
	if in.Ratio != nil {
		out["num"], out["den"] = in.Ratio.Num, in.Ratio.Den
	}
	for k, r := range map[string]*points.Ratio{"value": in.Value, "previous": in.Before, "best": in.Best} {
		if r != nil {
			out[k] = text(r)
		}
	}
	if in.Option != "" {
		out["option"] = in.Option
	}
	if len(in.Answers) > 0 {
		out["answers"] = in.Answers
	}
	if len(in.Vars) > 0 {
		vars := map[string]string{}
		for k, r := range in.Vars {
			vars[k] = text(&r)
		}
		out["vars"] = vars
	}
	if in.Done != 0 {
		out["done"] = in.Done.String()
	}
	if in.Due != 0 {
		out["due"] = in.Due.String()
	}
	if len(in.Parts) > 0 {
		parts := make([]map[string]any, len(in.Parts))
		for i := range in.Parts {
			parts[i] = inputJSON(&in.Parts[i])
		}
		out["parts"] = parts
	}
	if in.Veto {
		out["veto"] = true
	}
	if len(in.Hits) > 0 {
		out["hits"] = in.Hits
	}
	return out
}

package demo

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/table"
	"cchc/calendar"
	"cchc/data"
	"cchc/procedure"
)

// An offer is a procedure that the demonstration uses.
type offer struct {
	code, use string // use is the case
	weight    float64
	settle    string
	fee       int64
	papers    []string
	result    string
	risk      float64 // of ending late, against the others
	field     bool    // land or construction: the field work of one specialist
	v         *procedure.Version
}

func readOffers() ([]*offer, error) {
	t, err := table.Read(strings.NewReader(data.DemoProcedures), "code", "case", "weight", "settle", "fee", "papers", "result")
	if err != nil {
		return nil, err
	}
	var out []*offer
	for t.Next() {
		o := &offer{code: t.Get("code"), use: t.Get("case"), settle: t.Get("settle"), papers: strings.Split(t.Get("papers"), ";"),
			result: t.Get("result")}
		if o.weight, err = strconv.ParseFloat(t.Get("weight"), 64); err != nil {
			return nil, fmt.Errorf("line %d: weight: %w", t.Line(), err)
		}
		if fee := t.Get("fee"); fee != "" {
			if o.fee, err = strconv.ParseInt(fee, 10, 64); err != nil {
				return nil, fmt.Errorf("line %d: fee: %w", t.Line(), err)
			}
		}
		out = append(out, o)
	}
	return out, t.Err()
}

// makeCatalogue imports the nation's procedures and enters what the source does
// not have for those that are used.
//
// Those come first, in an import of their own: an entry reads the catalogue
// anew, and a hundred procedures are read faster than 5,652.
func (r *rooms) makeCatalogue(ctx context.Context) ([]*offer, error) {
	offers, err := readOffers()
	if err != nil {
		return nil, err
	}
	lines := strings.SplitAfter(data.Procedures, "\n")
	used := &strings.Builder{}
	used.WriteString(lines[0])
	for _, o := range offers {
		for _, l := range lines[1:] {
			if strings.HasPrefix(l, o.code+",") {
				used.WriteString(l)
			}
		}
	}
	for _, file := range []string{used.String(), data.Procedures} {
		if _, err := r.procedures.Import(ctx, author, strings.NewReader(file), "procedures.csv", 0); err != nil {
			return nil, err
		}
		if file == data.Procedures {
			break
		}
		for _, o := range offers {
			if err := r.enter(ctx, o); err != nil {
				return nil, fmt.Errorf("procedure %s: %w", o.code, err)
			}
		}
	}
	for _, o := range offers {
		if o.v, err = r.version(ctx, o.code); err != nil {
			return nil, err
		}
		o.risk, o.field = risk(o.v.Sector)
	}
	return offers, nil
}

// risk is how much more often than others a sector's dossiers end late, and
// whether they mean work in the field.
func risk(sector string) (times float64, field bool) {
	switch sector {
	case "Đất đai", "Biển và hải đảo":
		return 6, true
	case "Hoạt động xây dựng", "Quy hoạch đô thị và nông thôn", "Đường bộ", "Giao thông vận tải":
		return 2.5, true
	case "Chứng thực":
		return 0.5, false
	}
	return 1, false
}

func (r *rooms) version(ctx context.Context, code string) (*procedure.Version, error) {
	return r.catalogue.Nearest(ctx, r.db, code, r.db.Now().Date())
}

// enter enters steps, papers and fees of one procedure, and settles its limit
// where the source leaves none.
func (r *rooms) enter(ctx context.Context, o *offer) error {
	v, err := r.version(ctx, o.code)
	if err != nil {
		return err
	}
	if o.settle != "" {
		qty, unit, ok := strings.Cut(o.settle, " ")
		if !ok {
			qty, unit = "", o.settle
		}
		l, err := calendar.ParseLimit(qty, unit)
		if err != nil {
			return err
		}
		if err := r.procedures.Settle(ctx, author, v.ID, procedure.Settlement{
			Limits: []procedure.Limit{{Limit: l}}, Basis: illustration}); err != nil {
			return err
		}
		if v, err = r.version(ctx, o.code); err != nil {
			return err
		}
	}
	limit, err := v.Find(o.use, "", "")
	if err != nil {
		return err
	}
	if err := r.procedures.SetSteps(ctx, author, v.ID, o.use, steps(v, limit.Limit)); err != nil {
		return err
	}
	var papers []procedure.Paper
	for i, name := range o.papers {
		p := procedure.Paper{Name: name, Originals: 1, Required: true}
		if i == 0 {
			p.Form = "Mẫu minh hoạ"
		}
		papers = append(papers, p)
	}
	if err := r.procedures.SetPapers(ctx, author, v.ID, papers); err != nil {
		return err
	}
	var fees []procedure.Fee
	for _, c := range v.Channels {
		fees = append(fees, procedure.Fee{Channel: c, Label: "Phí, lệ phí (minh hoạ)", Amount: o.fee})
	}
	return r.procedures.SetFees(ctx, author, v.ID, fees, illustration)
}

// steps makes internal steps that add up to the limit: the four that are
// proposed where nobody entered any, and for long ones a hand-out of the work
// before them.
func steps(v *procedure.Version, l calendar.Limit) []procedure.Step {
	s := procedure.ProposeSteps(l)
	for i := range s {
		s[i].Proposed = false
	}
	if len(s) < 4 || procedure.Hours(l) < 40_000 {
		return s
	}
	const hand = 2000 // two working hours
	s[1].Hours -= hand
	out := []procedure.Step{s[0], {Name: "Phân công thụ lý", Role: string(actor.Chairperson), Hours: hand}}
	return append(out, s[1:]...)
}

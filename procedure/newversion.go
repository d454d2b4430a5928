package procedure

import (
	"context"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/calendar"
)

// NewVersion publishes a procedure as a person entered it, from its From on: a
// new one, or the next version of one that is there, which ends that day. It
// comes with all that hangs on it; steps must add up to the limit. Its ID and To
// are set here. basis is the decision that publishes it. It returns the id.
//
// Faults: procedure.invalid with the fields, procedure.version_later when a
// version begins on that day or after it.
func (r *Registry) NewVersion(ctx context.Context, a actor.Actor, v Version, basis string) (string, error) {
	v.ID, v.To, v.Problems = db.NewID(), 0, nil
	v.Code, v.Name = strings.TrimSpace(v.Code), strings.Join(strings.Fields(v.Name), " ")
	v.Fold = i18n.Fold(v.Name)
	v.sourceHash, v.limitHash, v.feeHash = "", "", ""
	if v.StopsAs == "" {
		v.StopsAs = calendar.Pause
	}
	if err := v.check(basis); err != nil {
		return "", err
	}
	v.Limits = slices.Clone(v.Limits)
	for i := range v.Limits {
		if v.Limits[i].Basis == "" {
			v.Limits[i].Basis = basis
		}
	}
	err := r.change(ctx, a, func(tx *db.Tx, c *catalogue) error {
		from := ""
		if vs := c.byCode[v.Code]; len(vs) > 0 {
			old := vs[len(vs)-1]
			if v.From <= old.From || v.From < old.To {
				return fault.New(fault.Conflict, "procedure.version_later", "Code", v.Code, "Day", max(old.From, old.To))
			}
			from = describe(old.Limits)
			if old.To == 0 {
				if _, err := tx.Exec(ctx, closeVersion, v.From, old.ID); err != nil {
					return err
				}
			}
		}
		var b batch
		b.add(&v, "", tx.Now)
		if err := b.insert(ctx, tx); err != nil {
			return err
		}
		return record(ctx, tx, a, "procedure.version", v.ID, basis, []audit.Change{
			{Field: "code", To: v.Code}, {Field: "name", To: v.Name}, {Field: "from", To: v.From.String()},
			{Field: "limit", From: from, To: describe(v.Limits)},
		})
	})
	return v.ID, err
}

func (v *Version) check(basis string) error {
	f := fault.New(fault.Invalid, "procedure.invalid", "Code", v.Code)
	if strings.TrimSpace(basis) == "" {
		f.With("basis", "procedure.basis_missing")
	}
	if v.Code == "" || len(v.Code) > 40 {
		f.With("code", "procedure.code_missing")
	}
	if v.Name == "" {
		f.With("name", "procedure.name_missing")
	}
	if v.From == 0 {
		f.With("from", "procedure.from_missing")
	}
	if len(v.Channels) == 0 {
		f.With("channels", "procedure.channel_needed")
	}
	for _, c := range v.Channels {
		if !slices.Contains(Channels, c) {
			f.With("channels", "procedure.channel_unknown", "Channel", string(c))
		}
	}
	if !slices.Contains([]string{"", Full, Partial, None}, v.OnlineLevel) {
		f.With("online_level", "procedure.online_unknown", "Level", v.OnlineLevel)
	}
	if !slices.Contains([]calendar.StopKind{calendar.Reset, calendar.Pause, calendar.Extend, calendar.Close}, v.StopsAs) {
		f.With("stops_as", "procedure.stop_unknown", "Stop", string(v.StopsAs))
	}
	if len(v.Limits) == 0 {
		f.With("limit", "procedure.limit_needed")
	}
	checkLimits(f, v.Limits)
	checkPapers(f, v.Papers)
	checkFees(f, v.Fees)
	if err := f.Or(); err != nil {
		return err
	}
	for c, steps := range byCase(v.Steps) {
		checkSteps(f, v, c, steps)
	}
	return f.Or()
}

func checkPapers(f *fault.Fault, papers []Paper) {
	for _, p := range papers {
		if strings.TrimSpace(p.Name) == "" || p.Originals < 0 || p.Copies < 0 {
			f.With("papers", "procedure.paper_bad", "Paper", p.Name)
		}
	}
}

func checkFees(f *fault.Fault, fees []Fee) {
	for _, x := range fees {
		if x.Amount < 0 || !slices.Contains(Channels, x.Channel) {
			f.With("fees", "procedure.fee_bad", "Fee", x.Label)
		}
	}
}

// checkSteps compares the steps of a case with each limit that holds for it: all
// that match must be of one length, or there is nothing to add up to.
func checkSteps(f *fault.Fault, v *Version, c string, steps []Step) {
	var sum calendar.Quantity
	for _, s := range steps {
		if strings.TrimSpace(s.Name) == "" || s.Hours <= 0 || !slices.Contains(actor.Roles, actor.Role(s.Role)) {
			f.With("steps", "procedure.step_bad", "Step", s.Name)
		}
		sum += s.Hours
	}
	if c != "" && !slices.Contains(v.Cases(), c) {
		f.With("case", "procedure.case_unknown", "Case", c)
		return
	}
	want, ok := v.StepHours(c)
	if !ok {
		f.With("steps", "procedure.steps_no_limit")
	} else if sum != want {
		f.With("steps", "procedure.steps_sum", "Sum", sum.VN(), "Limit", want.VN())
	}
}

// StepHours returns what the steps of a case must add up to; false when no limit
// says. Other channels and areas have the same steps, drawn out.
func (v *Version) StepHours(c string) (calendar.Quantity, bool) {
	want := calendar.Quantity(-1)
	for _, l := range v.Limits {
		if l.Case != c || l.Channel != "" || l.Area != "" {
			continue
		}
		want = Hours(l.Limit)
	}
	if want < 0 {
		for _, l := range v.Limits {
			if (l.Case == c || l.Case == "") && l.Area == "" {
				want = max(want, Hours(l.Limit))
			}
		}
	}
	return want, want >= 0
}

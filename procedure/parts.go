package procedure

import (
	"context"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
)

// SetSteps enters the steps of a case ("" for any) in place of those before.
// Their hours must add up to the limit of the case; see Hours. Dossiers under way
// keep the steps that they began with.
func (r *Registry) SetSteps(ctx context.Context, a actor.Actor, version, c string, steps []Step) error {
	return r.edit(ctx, a, version, "procedure.steps", func(tx *db.Tx, v *Version, b *batch) ([]audit.Change, error) {
		own := make([]Step, len(steps))
		for i, s := range steps {
			s.Case = c
			own[i] = s
		}
		f := fault.New(fault.Invalid, "procedure.invalid", "Code", v.Code)
		checkSteps(f, v, c, own)
		if err := f.Or(); err != nil {
			return nil, err
		}
		b.addSteps(v.ID, own)
		_, err := tx.Exec(ctx, dropSteps, v.ID, c)
		return []audit.Change{{Field: "steps", From: count(len(v.StepsOf(c))), To: count(len(own))}}, err
	})
}

// SetPapers enters the papers (thành phần hồ sơ) in place of those before.
func (r *Registry) SetPapers(ctx context.Context, a actor.Actor, version string, papers []Paper) error {
	return r.edit(ctx, a, version, "procedure.papers", func(tx *db.Tx, v *Version, b *batch) ([]audit.Change, error) {
		f := fault.New(fault.Invalid, "procedure.invalid", "Code", v.Code)
		checkPapers(f, papers)
		if err := f.Or(); err != nil {
			return nil, err
		}
		b.addPapers(v.ID, papers)
		_, err := tx.Exec(ctx, dropPapers, v.ID)
		return []audit.Change{{Field: "papers", From: count(len(v.Papers)), To: count(len(papers))}}, err
	})
}

// SetFees enters the fees of every channel in place of those before, and settles
// the problems of fees.
func (r *Registry) SetFees(ctx context.Context, a actor.Actor, version string, fees []Fee, basis string) error {
	return r.edit(ctx, a, version, "procedure.fees", func(tx *db.Tx, v *Version, b *batch) ([]audit.Change, error) {
		f := fault.New(fault.Invalid, "procedure.invalid", "Code", v.Code)
		checkFees(f, fees)
		if basis == "" {
			f.With("basis", "procedure.basis_missing")
		}
		if err := f.Or(); err != nil {
			return nil, err
		}
		b.addFees(v.ID, fees)
		for _, p := range v.Problems {
			if p.Field == "fee_direct" || p.Field == "fee_online" {
				if _, err := tx.Exec(ctx, settle, tx.Now, a.Account, basis, p.ID); err != nil {
					return nil, err
				}
			}
		}
		_, err := tx.Exec(ctx, dropFees, v.ID)
		return []audit.Change{{Field: "fees", From: sum(v.Fees), To: sum(fees)}, {Field: "basis", To: basis}}, err
	})
}

// Parts are what a person enters of a version beside its limit. Nil leaves what
// is there; empty takes it away.
type Parts struct {
	Version string
	Steps   []Step // of any case, Case in each
	Papers  []Paper
}

// Enter sets the steps and papers of many versions in one transaction: for files,
// where SetSteps and SetPapers one by one would make every reader load the
// catalogue anew each time. The first version that is refused refuses all.
func (r *Registry) Enter(ctx context.Context, a actor.Actor, many []Parts) error {
	return r.change(ctx, a, func(tx *db.Tx, c *catalogue) error {
		var b batch
		var trail []audit.Entry
		for _, p := range many {
			v := c.byID[p.Version]
			if v == nil {
				return fault.New(fault.NotFound, "procedure.unknown", "Version", p.Version)
			}
			f := fault.New(fault.Invalid, "procedure.invalid", "Code", v.Code)
			checkPapers(f, p.Papers)
			for c, steps := range byCase(p.Steps) {
				checkSteps(f, v, c, steps)
			}
			if err := f.Or(); err != nil {
				return err
			}
			var what []audit.Change
			if p.Steps != nil {
				for c := range byCase(append(v.Steps[:len(v.Steps):len(v.Steps)], p.Steps...)) {
					if _, err := tx.Exec(ctx, dropSteps, v.ID, c); err != nil {
						return err
					}
				}
				b.addSteps(v.ID, p.Steps)
				what = append(what, audit.Change{Field: "steps", From: count(len(v.Steps)), To: count(len(p.Steps))})
			}
			if p.Papers != nil {
				if _, err := tx.Exec(ctx, dropPapers, v.ID); err != nil {
					return err
				}
				b.addPapers(v.ID, p.Papers)
				what = append(what, audit.Change{Field: "papers", From: count(len(v.Papers)), To: count(len(p.Papers))})
			}
			trail = append(trail, audit.Entry{Actor: a, Verb: "procedure.enter", Kind: "procedure", ID: v.ID, Changes: what})
		}
		if err := b.insert(ctx, tx); err != nil {
			return err
		}
		return audit.RecordAll(ctx, tx, trail)
	})
}

func byCase(steps []Step) map[string][]Step {
	out := map[string][]Step{}
	for _, s := range steps {
		out[s.Case] = append(out[s.Case], s)
	}
	return out
}

// edit changes one part of a version: fn drops the old rows and adds the new.
func (r *Registry) edit(ctx context.Context, a actor.Actor, version, verb string, fn func(tx *db.Tx, v *Version, b *batch) ([]audit.Change, error)) error {
	return r.change(ctx, a, func(tx *db.Tx, c *catalogue) error {
		v := c.byID[version]
		if v == nil {
			return fault.New(fault.NotFound, "procedure.unknown", "Version", version)
		}
		var b batch
		what, err := fn(tx, v, &b)
		if err != nil {
			return err
		}
		if err := b.insert(ctx, tx); err != nil {
			return err
		}
		return record(ctx, tx, a, verb, v.ID, "", what)
	})
}

func count(n int) string { return strconv.Itoa(n) }

func sum(fees []Fee) string {
	out := ""
	for _, f := range fees {
		out += string(f.Channel) + " " + strconv.FormatInt(f.Amount, 10) + "; "
	}
	return out
}

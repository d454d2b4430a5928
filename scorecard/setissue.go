package scorecard

import (
	"context"
	"fmt"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

var (
	setSupersede = db.SQL("scorecard.set.supersede", `
		UPDATE criteria_set
		SET state = 'superseded'
		WHERE unit_id = $1 AND code = $2 AND state = 'issued'`)
	setIssue = db.SQL("scorecard.set.issue", `
		UPDATE criteria_set
		SET state = 'issued', basis = $1, canonical = $2, sha256 = $3, issued_at = $4, issued_by = $5, revision = revision + 1, changed_at = $4, changed_by = $5
		WHERE id = $6 AND state = 'draft'`)
)

// parse returns the set of a version that was issued. It is shared: never change it.
func (k *Desk) parse(v SetVersion) (*criteria.Set, error) {
	if s, ok := k.parsed.Load(v.SHA256); ok {
		return s.(*criteria.Set), nil
	}
	s, err := criteria.Load([]byte(v.Text))
	if err != nil {
		return nil, fmt.Errorf("read criteria set %s version %d: %w: %w", v.Code, v.Version, errInput, err)
	}
	k.parsed.Store(v.SHA256, s)
	return s, nil
}

// issuedSet returns a version that was issued, read: what rounds score by. It asks
// no rights. Faults: sets.unknown, sets.not_issued.
func (k *Desk) issuedSet(ctx context.Context, q db.Queryer, id string) (SetVersion, *criteria.Set, error) {
	v, err := getSet(ctx, q, id)
	if err != nil {
		return v, nil, err
	}
	if !auth.ScoreBySet.In(v.stands()) {
		return v, nil, fault.New(fault.Conflict, "sets.not_issued")
	}
	s, err := k.parse(v)
	return v, s, err
}

// ReadSet reads a version with the frame that it fills, and tells all that keeps a
// draft from being issued. Of one that was issued there is nothing to tell. The set
// is nil when there is nothing to read; one with faults is for looking at only.
func (k *Desk) ReadSet(ctx context.Context, q db.Queryer, v SetVersion) (s, frame *criteria.Set, faults criteria.Faults, err error) {
	if v.Frame != "" {
		if _, frame, err = k.issuedSet(ctx, q, v.Frame); err != nil {
			return nil, nil, nil, fmt.Errorf("read the frame of %s: %w", v.Code, err)
		}
	}
	if v.State != Draft {
		s, err = k.parse(v)
		return s, frame, nil, err
	}
	s, faults = criteria.Read([]byte(v.Text))
	switch {
	case s == nil:
	case frame != nil:
		faults = append(faults, s.CheckFrame(frame)...)
	case s.Frame != "": // what it must keep to is not here, and nothing could be checked
		faults = append(faults, criteria.Fault{Path: "meta.frame", Key: "sets.frame.unknown", Args: []any{"Code", s.Frame}})
	}
	return s, frame, faults, nil
}

// IssueSet issues a draft (ban hành): from now on it does not change, and the
// version issued before it is superseded. revision is of the draft as it was
// checked, basis the decision that issues it. It needs CriteriaChange in the unit.
// Faults: sets.unknown, sets.issued, sets.changed_meanwhile; form.invalid with the
// field basis; sets.not_ready when something is wrong with it, which ReadSet tells.
func (k *Desk) IssueSet(ctx context.Context, a actor.Actor, id string, revision int, basis string) (SetVersion, error) {
	var v SetVersion
	err := k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if v, err = k.draft(ctx, tx, a, id, revision); err != nil {
			return err
		}
		if basis = oneLine(basis); basis == "" {
			return fault.New(fault.Invalid, "form.invalid").With("basis", "sets.basis.missing")
		}
		doc, err := ParseSetDoc(v.Text)
		if err != nil {
			return err
		}
		doc.Meta().SetText("basis", basis)
		v.Text = doc.Text()
		s, _, faults, err := k.ReadSet(ctx, tx, v)
		if err != nil {
			return err
		}
		if len(faults) > 0 || s == nil {
			return fault.New(fault.Conflict, "sets.not_ready", "Count", len(faults)).Because(faults)
		}
		v.Text = string(criteria.Canonical(s))
		v.SHA256, v.Basis = hashOf(v.Text), basis
		if _, err := criteria.Load([]byte(v.Text)); err != nil {
			return fmt.Errorf("the canonical text of %s is not a set: %w", v.Code, err)
		}
		before, err := tx.Exec(ctx, setSupersede, string(v.Unit), v.Code)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, setIssue, basis, v.Text, v.SHA256, tx.Now, a.Account, v.ID); err != nil {
			return err
		}
		v.State, v.IssuedAt, v.IssuedBy = Issued, tx.Now, a.Account
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "criteria.issue", Kind: "criteria_set", ID: v.ID, Unit: v.Unit, Reason: v.Note,
			Changes: []audit.Change{{Field: "state", From: string(Draft), To: string(Issued)}, {Field: "sha256", To: v.SHA256}, {Field: "basis", To: basis},
				{Field: "superseded", To: strconv.FormatInt(before, 10)}}})
	})
	return v, err
}

// A SetCopy says what a copy of a set is to be.
type SetCopy struct {
	Unit  unit.ID
	Code  string
	Title string // "": the same
	Year  int
	Note  string
}

// NextVersion makes a draft of the next version of a set that was issued, to correct
// it. Faults: sets.unknown, sets.not_issued, sets.draft_exists.
func (k *Desk) NextVersion(ctx context.Context, a actor.Actor, id, note string) (SetVersion, error) {
	return k.copySet(ctx, a, id, "criteria.next_version", func(v SetVersion, doc *SetDoc, up *SetUpload) error {
		if !auth.NextSet.In(v.stands()) {
			return fault.New(fault.Conflict, "sets.not_issued")
		}
		up.Unit, up.Year, up.Note, up.Frame = v.Unit, v.Year, note, v.Frame
		return nil
	})
}

// CopySet makes a draft of a set with another code from one that the actor may read:
// next year's from last year's. Faults: sets.unknown; form.invalid with the fields
// code, unit, year; sets.draft_exists.
func (k *Desk) CopySet(ctx context.Context, a actor.Actor, id string, c SetCopy) (SetVersion, error) {
	return k.copySet(ctx, a, id, "criteria.copy", func(v SetVersion, doc *SetDoc, up *SetUpload) error {
		if !auth.CopySet.In(v.stands()) {
			return fault.New(fault.NotFound, "sets.unknown")
		}
		if err := c.check(v); err != nil {
			return err
		}
		up.Unit, up.Year, up.Note, up.Frame = c.Unit, c.Year, c.Note, v.Frame
		c.head(doc.Meta())
		return nil
	})
}

// DeriveSet makes a draft of a set that fills the frame of a higher level's issued
// set: leaves can be added where the frame allows it, and nowhere else.
func (k *Desk) DeriveSet(ctx context.Context, a actor.Actor, id string, c SetCopy) (SetVersion, error) {
	return k.copySet(ctx, a, id, "criteria.derive", func(v SetVersion, doc *SetDoc, up *SetUpload) error {
		if !auth.DeriveSet.In(v.stands()) {
			return fault.New(fault.Conflict, "sets.not_issued")
		}
		if err := c.check(v); err != nil {
			return err
		}
		up.Unit, up.Year, up.Note, up.Frame = c.Unit, c.Year, c.Note, v.ID
		c.head(doc.Meta())
		doc.Meta().SetText("frame", v.Code)
		for _, n := range doc.All() {
			n.Drop("may_add") // below this set there is no other, and sums must be whole
		}
		return nil
	})
}

func (c *SetCopy) check(of SetVersion) error {
	f := fault.New(fault.Invalid, "form.invalid")
	switch c.Code = oneLine(c.Code); c.Code {
	case "":
		f.With("code", "sets.code.missing")
	case of.Code:
		f.With("code", "sets.code.same")
	}
	return f.Or()
}

// head writes what a copy is called. The decision is the copied one's own.
func (c SetCopy) head(m *Fields) {
	m.SetText("id", c.Code)
	if t := oneLine(c.Title); t != "" {
		m.SetText("title", t)
	}
	m.Drop("basis")
}

func (k *Desk) copySet(ctx context.Context, a actor.Actor, id, verb string, fn func(SetVersion, *SetDoc, *SetUpload) error) (SetVersion, error) {
	var out SetVersion
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		v, err := k.SetVersion(ctx, tx, a, id)
		if err != nil {
			return err
		}
		doc, err := ParseSetDoc(v.Text)
		if err != nil {
			return err
		}
		up := SetUpload{}
		if err := fn(v, doc, &up); err != nil {
			return err
		}
		up.Text = doc.Text()
		out, err = k.importSet(ctx, tx, a, up, verb)
		return err
	})
	return out, err
}

// A NewSet is a set to be written from nothing.
type NewSet struct {
	SetCopy
	Level string
}

// CreateSet makes an empty draft. Faults: form.invalid with the fields unit, code,
// title, level, year; sets.draft_exists.
func (k *Desk) CreateSet(ctx context.Context, a actor.Actor, n NewSet) (SetVersion, error) {
	doc := &SetDoc{NewFields()}
	m := doc.root.Make("meta")
	m.SetText("id", oneLine(n.Code))
	m.SetText("title", oneLine(n.Title))
	m.SetText("level", oneLine(n.Level))
	m.SetBare("total_max", "100")
	var v SetVersion
	err := k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		v, err = k.importSet(ctx, tx, a, SetUpload{Unit: n.Unit, Year: n.Year, Text: doc.Text(), Note: n.Note}, "criteria.create")
		return err
	})
	return v, err
}

// MayChangeSet reports whether the actor may edit a draft, or make the next version.
func (k *Desk) MayChangeSet(ctx context.Context, q db.Queryer, a actor.Actor, v SetVersion) (bool, error) {
	return k.Guard.May(ctx, q, a, auth.CriteriaChange, v.Unit)
}

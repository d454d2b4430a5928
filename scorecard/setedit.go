package scorecard

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/points"
	"cchc/scorecard/criteria"
)

var setUpdate = db.SQL("scorecard.set.update", `
	UPDATE criteria_set
	SET title = $1, level = $2, basis = $3, canonical = $4, sha256 = $5, year = $6, note = $7, revision = revision + 1, changed_at = $8, changed_by = $9
	WHERE id = $10 AND state = 'draft'`)

// A NodeRef says which node of a draft is meant: where it was when it was looked
// at, and what it said then. When it was moved since, its stamp finds it.
type NodeRef struct{ Place, Stamp string }

// A NodeEdit is what a node is to say. Numbers stand as they are to be written; ""
// leaves an entry out.
type NodeEdit struct {
	Code, Name string
	Max        string
	MayAdd     bool   // in a frame: a lower level may add leaves below it
	Basis      string // of a penalty: the clause that allows it
	Leaf       *LeafEdit
}

// A LeafEdit is how a node is scored.
type LeafEdit struct {
	Kind     string
	Rule     *Fields
	Source   string // of the numbers
	Num, Den string // measures, where they differ from those of the rule's metric
	Evidence string
	NA       criteria.Policy
	NAPoints string
	Round    string // places, where the leaf is rounded otherwise than the set
}

// apply writes the edit into a node, and leaves what it does not speak of.
func (e NodeEdit) apply(f *Fields) {
	f.SetText("code", oneLine(e.Code))
	f.SetText("name", oneLine(e.Name))
	f.SetBare("max", e.Max)
	f.SetFlag("may_add", e.MayAdd)
	f.SetText("basis", oneLine(e.Basis))
	l := e.Leaf
	if l == nil {
		for _, k := range []string{"kind", "rule", "data_source", "binding", "evidence", "na", "round"} {
			f.Drop(k)
		}
		return
	}
	f.SetText("kind", l.Kind)
	if l.Kind == "" {
		f.Drop("rule")
	} else {
		f.put("rule", l.Rule)
	}
	f.Drop("binding")
	f.Drop("data_source")
	if l.Num != "" || l.Den != "" {
		b := f.Make("binding")
		b.SetText("source", l.Source)
		b.SetText("num", l.Num)
		b.SetText("den", l.Den)
	} else {
		f.SetText("data_source", l.Source)
	}
	f.SetText("evidence", strings.TrimSpace(l.Evidence))
	f.SetBare("round", l.Round)
	f.Drop("na")
	if l.NA != criteria.NoPolicy {
		na := f.Make("na")
		na.SetText("policy", string(l.NA))
		if l.NA == criteria.FixedPart {
			na.SetBare("points", l.NAPoints)
		}
	}
}

// find returns the node that a reference means; stamp is which of a node's stamps
// counts. Faults: sets.node.unknown, sets.changed_meanwhile.
func (d *SetDoc) find(ref NodeRef, stamp func(*DocNode) string) (*DocNode, error) {
	at := d.Node(ref.Place)
	if at != nil && stamp(at) == ref.Stamp {
		return at, nil
	}
	var moved []*DocNode
	for _, n := range d.All() {
		if stamp(n) == ref.Stamp {
			moved = append(moved, n)
		}
	}
	switch {
	case len(moved) == 1:
		return moved[0], nil
	case at == nil:
		return nil, fault.New(fault.Conflict, "sets.node.unknown")
	}
	return nil, fault.New(fault.Conflict, "sets.changed_meanwhile")
}

// editDraft lets fn change a draft's document, and stores it. Two people who edit
// different nodes do not meet: fn finds its node by what it said.
func (k *Desk) editDraft(ctx context.Context, a actor.Actor, id, verb string, fn func(ctx context.Context, tx *db.Tx, v *SetVersion, doc *SetDoc) ([]audit.Change, error)) (SetVersion, error) {
	var v SetVersion
	err := k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if v, err = k.draft(ctx, tx, a, id, anyRevision); err != nil {
			return err
		}
		doc, err := ParseSetDoc(v.Text)
		if err != nil {
			return err
		}
		changes, err := fn(ctx, tx, &v, doc)
		if err != nil {
			return err
		}
		return k.putDraft(ctx, tx, a, &v, doc, verb, changes)
	})
	return v, err
}

// putDraft stores a draft's document.
func (k *Desk) putDraft(ctx context.Context, tx *db.Tx, a actor.Actor, v *SetVersion, doc *SetDoc, verb string, changes []audit.Change) error {
	code := v.Code
	if err := v.fill(doc); err != nil {
		return err
	}
	if v.Code != code {
		return fault.New(fault.Invalid, "form.invalid").With("text", "sets.code.fixed", "Code", code)
	}
	if _, err := tx.Exec(ctx, setUpdate, v.Title, v.Level, v.Basis, v.Text, v.SHA256, v.Year, v.Note, tx.Now, a.Account, v.ID); err != nil {
		return err
	}
	v.Revision, v.ChangedAt, v.ChangedBy = v.Revision+1, tx.Now, a.Account
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "criteria_set", ID: v.ID, Unit: v.Unit, Changes: changes})
}

// SetNode writes what a node says. It needs CriteriaChange in the unit; of a set
// that fills a frame only what was added can be edited. It returns where the node
// is now. Faults: sets.unknown, sets.issued, sets.node.unknown,
// sets.changed_meanwhile, sets.frame.fixed.
func (k *Desk) SetNode(ctx context.Context, a actor.Actor, id string, ref NodeRef, e NodeEdit) (place string, err error) {
	_, err = k.editDraft(ctx, a, id, "criteria.edit", func(ctx context.Context, tx *db.Tx, v *SetVersion, doc *SetDoc) ([]audit.Change, error) {
		n, err := doc.find(ref, (*DocNode).Stamp)
		if err != nil {
			return nil, err
		}
		if v.Frame != "" && !n.Flag("added") && !n.Item() {
			return nil, fault.New(fault.Conflict, "sets.frame.fixed")
		}
		before := n.ownText()
		e.apply(n.Fields)
		place = n.Place
		return []audit.Change{{Field: "node " + n.Text("code"), From: before, To: n.ownText()}}, nil
	})
	return place, err
}

// AddNode adds a node as the last one below another, or of a group: under.Place is
// "" for a field, "b" and "p" for the groups, which need no stamp. A leaf below
// which something is added stops being one. In a set that fills a frame the frame
// must allow it there. It returns where the node is.
func (k *Desk) AddNode(ctx context.Context, a actor.Actor, id string, under NodeRef, e NodeEdit) (place string, err error) {
	_, err = k.editDraft(ctx, a, id, "criteria.add", func(ctx context.Context, tx *db.Tx, v *SetVersion, doc *SetDoc) ([]audit.Change, error) {
		owner, key, prefix := doc.root, keyFields, ""
		var parent *DocNode
		switch under.Place {
		case "":
		case "b":
			key, prefix = keyBonus, "b"
		case "p":
			key, prefix = keyPenalties, "p"
		default:
			if parent, err = doc.find(under, (*DocNode).Stamp); err != nil {
				return nil, err
			}
			if parent.Item() {
				return nil, fault.New(fault.Conflict, "sets.node.no_children")
			}
			owner, key, prefix = parent.Fields, childKey(parent.Fields, parent.Depth), parent.Place+"."
		}
		f := NewFields()
		e.apply(f)
		if v.Frame != "" && prefix != "b" && prefix != "p" {
			may, err := k.frameAllows(ctx, tx, *v, parent)
			if err != nil {
				return nil, err
			}
			if !may {
				return nil, fault.New(fault.Conflict, "sets.frame.closed")
			}
			f.SetFlag("added", true)
		}
		if parent != nil {
			for _, k := range []string{"kind", "rule", "data_source", "binding", "evidence", "na", "round"} {
				parent.Drop(k)
			}
		}
		list := append(owner.List(key), f)
		owner.SetList(key, list)
		place = prefix + strconv.Itoa(len(list))
		return []audit.Change{{Field: "node " + place, To: textOf(f)}}, nil
	})
	return place, err
}

// frameAllows reports whether leaves may be added below a node of a set that fills
// a frame: the nearest node above that the frame has must say so.
func (k *Desk) frameAllows(ctx context.Context, q db.Queryer, v SetVersion, parent *DocNode) (bool, error) {
	_, frame, err := k.issuedSet(ctx, q, v.Frame)
	if err != nil {
		return false, err
	}
	return FrameAllows(frame, parent), nil
}

// FrameAllows reports whether a frame lets leaves be added below a node.
func FrameAllows(frame *criteria.Set, parent *DocNode) bool {
	for p := parent; p != nil; p = p.Parent {
		if n := frame.Node(p.Text("code")); n != nil {
			return n.MayAdd
		}
	}
	return false
}

// MoveNode moves a node among its siblings: by is how many places down, below 0 up.
// At the ends nothing happens.
func (k *Desk) MoveNode(ctx context.Context, a actor.Actor, id string, ref NodeRef, by int) error {
	_, err := k.editDraft(ctx, a, id, "criteria.move", func(_ context.Context, _ *db.Tx, v *SetVersion, doc *SetDoc) ([]audit.Change, error) {
		n, err := doc.find(ref, (*DocNode).Stamp)
		if err != nil {
			return nil, err
		}
		list, set := doc.siblings(n)
		from := n.at()
		to := min(max(0, from+by), len(list)-1)
		f := list[from]
		set(slices.Insert(slices.Delete(list, from, from+1), to, f))
		return []audit.Change{{Field: "node " + n.Text("code"), From: strconv.Itoa(from + 1), To: strconv.Itoa(to + 1)}}, nil
	})
	return err
}

// MoveUnder makes a node the last one below another, with all below it; parent.Place
// "" makes it a field. A set that fills a frame keeps its shape.
func (k *Desk) MoveUnder(ctx context.Context, a actor.Actor, id string, ref, parent NodeRef) error {
	_, err := k.editDraft(ctx, a, id, "criteria.move", func(_ context.Context, _ *db.Tx, v *SetVersion, doc *SetDoc) ([]audit.Change, error) {
		n, err := doc.find(ref, (*DocNode).Stamp)
		if err != nil {
			return nil, err
		}
		if v.Frame != "" {
			return nil, fault.New(fault.Conflict, "sets.frame.fixed")
		}
		owner, key, to := doc.root, keyFields, ""
		if parent.Place != "" {
			p, err := doc.find(parent, (*DocNode).Stamp)
			if err != nil {
				return nil, err
			}
			for up := p; up != nil; up = up.Parent {
				if up.Fields == n.Fields {
					return nil, fault.New(fault.Invalid, "form.invalid").With("to", "sets.move.inside")
				}
			}
			if p.Item() != n.Item() || p.Item() || p.Has("kind") {
				return nil, fault.New(fault.Invalid, "form.invalid").With("to", "sets.move.leaf")
			}
			owner, key, to = p.Fields, childKey(p.Fields, p.Depth), p.Text("code")
		}
		if n.Item() {
			return nil, fault.New(fault.Invalid, "form.invalid").With("to", "sets.move.leaf")
		}
		list, set := doc.siblings(n)
		set(slices.Delete(list, n.at(), n.at()+1))
		owner.SetList(key, append(owner.List(key), n.Fields))
		return []audit.Change{{Field: "node " + n.Text("code"), From: n.Place, To: to}}, nil
	})
	return err
}

// RemoveNode removes a node with all below it; ref carries its DeepStamp, so that
// what somebody else just wrote below it is not lost. Of a set that fills a frame
// only what was added can be removed.
func (k *Desk) RemoveNode(ctx context.Context, a actor.Actor, id string, ref NodeRef) error {
	_, err := k.editDraft(ctx, a, id, "criteria.remove", func(_ context.Context, _ *db.Tx, v *SetVersion, doc *SetDoc) ([]audit.Change, error) {
		n, err := doc.find(ref, (*DocNode).DeepStamp)
		if err != nil {
			return nil, err
		}
		if v.Frame != "" && !n.Flag("added") && !n.Item() {
			return nil, fault.New(fault.Conflict, "sets.frame.fixed")
		}
		list, set := doc.siblings(n)
		set(slices.Delete(list, n.at(), n.at()+1))
		return []audit.Change{{Field: "node " + n.Text("code"), From: textOf(n.Fields)}}, nil
	})
	return err
}

// A Head is what stands at the head of a set.
type Head struct {
	Title, Level, Basis string
	Year                int
	Note                string
	Max                 points.Points
	SurveyMax           *points.Points
	BonusCap            *points.Points
	PenaltyFloor        *points.Points
	Places, IndexPlaces int // of a leaf's points and of the index, 0 to 4
	Bands               []criteria.Band
}

// SetHead writes the head of a draft. stamp is HeadStamp of the draft as it was
// looked at. Faults: those of SetNode; form.invalid with the fields title, level,
// year.
func (k *Desk) SetHead(ctx context.Context, a actor.Actor, id, stamp string, h Head) error {
	_, err := k.editDraft(ctx, a, id, "criteria.head", func(_ context.Context, _ *db.Tx, v *SetVersion, doc *SetDoc) ([]audit.Change, error) {
		if v.HeadStamp(doc) != stamp {
			return nil, fault.New(fault.Conflict, "sets.changed_meanwhile")
		}
		before := textOf(doc.Meta())
		if h.Year < firstYear || h.Year > lastYear {
			return nil, fault.New(fault.Invalid, "form.invalid").With("year", "sets.year.wrong", "From", strconv.Itoa(firstYear), "To", strconv.Itoa(lastYear))
		}
		if h.Year != v.Year && v.Version > 1 {
			return nil, fault.New(fault.Invalid, "form.invalid").With("year", "sets.year.other", "Code", v.Code, "Year", strconv.Itoa(v.Year))
		}
		v.Year, v.Note = h.Year, strings.TrimSpace(h.Note)
		h.apply(doc.Meta())
		return []audit.Change{{Field: "meta", From: before, To: textOf(doc.Meta())}}, nil
	})
	return err
}

// HeadStamp names what the head of the version says.
func (v SetVersion) HeadStamp(doc *SetDoc) string {
	return stampOf(textOf(doc.Meta()) + "\x00" + strconv.Itoa(v.Year) + "\x00" + v.Note)
}

func (h Head) apply(m *Fields) {
	m.SetText("title", oneLine(h.Title))
	m.SetText("level", oneLine(h.Level))
	m.SetText("basis", oneLine(h.Basis))
	m.SetPoints("total_max", h.Max)
	for _, x := range []struct {
		key string
		p   *points.Points
	}{{"survey_and_sipas", h.SurveyMax}, {"bonus_cap", h.BonusCap}, {"penalty_floor", h.PenaltyFloor}} {
		if m.Drop(x.key); x.p != nil {
			m.SetPoints(x.key, *x.p)
		}
	}
	r := m.Make("rounding")
	r.SetBare("points", strconv.Itoa(h.Places))
	r.SetBare("index", strconv.Itoa(h.IndexPlaces))
	var bands []*Fields
	for _, b := range h.Bands {
		f := NewFields()
		f.SetText("label", b.Label)
		f.SetPoints("min", b.Min)
		f.SetFlag("strict", b.Strict)
		bands = append(bands, f)
	}
	m.SetList("bands", bands)
}

// SetText writes the whole text of a draft. revision is of the draft as it was
// looked at: the text replaces everything, so nobody may have edited anything
// since. Faults: those of ParseSetDoc and SetNode; form.invalid with the field text.
func (k *Desk) SetText(ctx context.Context, a actor.Actor, id string, revision int, text string) error {
	_, err := k.editDraft(ctx, a, id, "criteria.text", func(_ context.Context, _ *db.Tx, v *SetVersion, doc *SetDoc) ([]audit.Change, error) {
		if v.Revision != revision {
			return nil, fault.New(fault.Conflict, "sets.changed_meanwhile")
		}
		next, err := ParseSetDoc(text)
		if err != nil {
			return nil, err
		}
		doc.root = next.root
		return []audit.Change{{Field: "sha256", From: v.SHA256, To: hashOf(next.Text())}}, nil
	})
	return err
}

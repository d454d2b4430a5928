package scorecard

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// A SetUpload is a criteria set that somebody brings.
type SetUpload struct {
	Unit  unit.ID // who issues it
	Year  int     // that is scored; 0: the year in the set's code
	Text  string  // YAML
	Note  string  // why there is this version; may be empty
	Frame string  // id of the version whose frame it fills; "" none
}

// Years that a set can be of: PAR has been scored since 2012 (QĐ 1294/QĐ-BNV).
const (
	firstYear = 2012
	lastYear  = 2100
)

var yearInCode = regexp.MustCompile(`(?:^|\D)(20\d\d)(?:\D|$)`)

// ImportSet keeps a set as a draft: the first version of its code, or the next one
// where earlier ones were issued. What is wrong with it beyond being no set at all
// does not keep it out: it is for the draft's page to list and for the editor to
// mend. It needs CriteriaChange in the unit. Faults: those of ParseSetDoc;
// form.invalid with the fields unit, year, text; sets.draft_exists.
func (k *Desk) ImportSet(ctx context.Context, a actor.Actor, in SetUpload) (SetVersion, error) {
	var v SetVersion
	err := k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		v, err = k.importSet(ctx, tx, a, in, "criteria.import")
		return err
	})
	return v, err
}

func (k *Desk) importSet(ctx context.Context, tx *db.Tx, a actor.Actor, in SetUpload, verb string) (SetVersion, error) {
	if err := k.ownsSets(ctx, tx, a, in.Unit); err != nil {
		return SetVersion{}, err
	}
	doc, err := ParseSetDoc(in.Text)
	if err != nil {
		return SetVersion{}, err
	}
	v := SetVersion{Unit: in.Unit, Year: in.Year, Note: strings.TrimSpace(in.Note), Frame: in.Frame}
	if code := oneLine(doc.Meta().Text("frame")); code != "" && v.Frame == "" {
		if v.Frame, err = k.frameOf(ctx, tx, in.Unit, code); err != nil {
			return v, err
		}
	}
	if err := v.fill(doc); err != nil {
		return v, err
	}
	f := fault.New(fault.Invalid, "form.invalid")
	if v.Year == 0 {
		if m := yearInCode.FindStringSubmatch(v.Code); m != nil {
			v.Year, _ = strconv.Atoi(m[1])
		}
	}
	if v.Year == 0 {
		f.With("year", "sets.year.missing")
	} else if v.Year < firstYear || v.Year > lastYear {
		f.With("year", "sets.year.wrong", "From", strconv.Itoa(firstYear), "To", strconv.Itoa(lastYear))
	}
	if err := f.Or(); err != nil {
		return v, err
	}
	return v, k.addSet(ctx, tx, a, &v, verb)
}

// frameOf returns the version of a frame that a text names by its code: issued by the
// unit or by one above it; "" when there is none.
func (k *Desk) frameOf(ctx context.Context, q db.Queryer, u unit.ID, code string) (string, error) {
	all, err := db.All(ctx, q, setsIssued, scanSetShort, code)
	if err != nil {
		return "", err
	}
	for _, v := range all {
		if in, err := k.Units.Within(ctx, q, u, v.Unit); err != nil || in {
			return v.ID, err
		}
	}
	return "", nil
}

// ownsSets checks that the actor may make sets of the unit, and that there is one.
func (k *Desk) ownsSets(ctx context.Context, tx *db.Tx, a actor.Actor, u unit.ID) error {
	if u == "" {
		return fault.New(fault.Invalid, "form.invalid").With("unit", "sets.unit.missing")
	}
	if err := k.Guard.Check(ctx, tx, a, auth.CriteriaChange, u); err != nil {
		return err
	}
	if _, ok, err := k.Units.Last(ctx, tx, u); err != nil || ok {
		return err
	}
	return fault.New(fault.Invalid, "form.invalid").With("unit", "sets.unit.missing")
}

// fill sets what is read from the document.
func (v *SetVersion) fill(doc *SetDoc) error {
	meta := doc.Meta()
	v.Code, v.Title, v.Level, v.Basis = oneLine(meta.Text("id")), oneLine(meta.Text("title")), oneLine(meta.Text("level")), oneLine(meta.Text("basis"))
	f := fault.New(fault.Invalid, "form.invalid")
	for _, x := range [][3]string{{v.Code, "code", "sets.code.missing"}, {v.Title, "title", "sets.title.missing"}, {v.Level, "level", "sets.level.missing"}} {
		if x[0] == "" {
			f.With(x[1], x[2])
		}
	}
	if len(v.Code) > 100 {
		f.With("code", "sets.code.long")
	}
	if err := f.Or(); err != nil {
		return err
	}
	v.Text = doc.Text()
	if s, faults := criteria.Read([]byte(v.Text)); s != nil && len(faults) == 0 {
		v.Text = string(criteria.Canonical(s)) // what is right is kept as it will be issued
	}
	v.SHA256 = hashOf(v.Text)
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// addSet stores a version as a draft, numbered after those that there are.
func (k *Desk) addSet(ctx context.Context, tx *db.Tx, a actor.Actor, v *SetVersion, verb string) error {
	before, err := db.All(ctx, tx, setsOfCode, scanSetShort, string(v.Unit), v.Code)
	if err != nil {
		return err
	}
	v.Version = 1
	for _, x := range before {
		if x.State == Draft {
			return fault.New(fault.Conflict, "sets.draft_exists", "Code", v.Code, "Version", strconv.Itoa(x.Version))
		}
		v.Version = max(v.Version, x.Version+1)
		if x.Year != v.Year {
			return fault.New(fault.Invalid, "form.invalid").With("year", "sets.year.other", "Code", v.Code, "Year", strconv.Itoa(x.Year))
		}
	}
	v.ID, v.State, v.Revision, v.ChangedAt, v.ChangedBy = db.NewID(), Draft, 1, tx.Now, a.Account
	var frame any
	if v.Frame != "" {
		frame = v.Frame
	}
	if err := tx.InsertRows(ctx, setInsert, [][]any{{v.ID, v.Code, v.Version, v.Level, v.Year, string(v.Unit), string(v.State), v.Title, v.Basis, v.Text, v.SHA256,
		frame, v.Note, tx.Now, tx.Now, a.Account}}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "criteria_set", ID: v.ID, Unit: v.Unit, Reason: v.Note,
		Changes: []audit.Change{{Field: "code", To: v.Code}, {Field: "version", To: strconv.Itoa(v.Version)}, {Field: "sha256", To: v.SHA256}}})
}

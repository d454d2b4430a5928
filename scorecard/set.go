package scorecard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A SetState says how far a version of a criteria set is.
type SetState string

const (
	Draft      SetState = "draft"      // dự thảo: can be edited, counts for nothing
	Issued     SetState = "issued"     // đã ban hành: never changes
	Superseded SetState = "superseded" // đã thay thế: a later version was issued; rounds that use it go on
)

// A SetVersion is one version of a criteria set as it is kept. Its text is the
// truth; what stands beside it is read from the text or tells of its keeping.
type SetVersion struct {
	ID       string
	Code     string // of the set: the same in all versions of one year's
	Version  int    // from 1
	Level    string // which kind of unit is scored
	Year     int    // that is scored
	Unit     unit.ID
	State    SetState
	Title    string
	Basis    string // the decision that issues it
	Text     string // YAML; canonical since it was issued. Lists leave it out
	SHA256   string
	Frame    string // id of the version of the higher level's set that this one fills; "" none
	IssuedAt moment.Instant
	IssuedBy string // account
	Note     string // why there is this version
	Revision int    // of a draft: one more with each change

	ChangedAt moment.Instant
	ChangedBy string // account
}

const (
	setShort   = "id, code, version, level, year, unit_id, state, title, basis, sha256, COALESCE(frame_id, ''), COALESCE(issued_at, 0), issued_by, note, revision, changed_at, changed_by"
	setColumns = setShort + ", canonical"
)

var (
	setInsert = db.Rows("scorecard.set.insert", "criteria_set", "id, code, version, level, year, unit_id, state, title, basis, canonical, sha256, frame_id, note, created_at, changed_at, changed_by", "")
	setGet    = db.SQL("scorecard.set.get", `SELECT `+setColumns+` FROM criteria_set WHERE id = $1`)
	setAll    = db.SQL("scorecard.set.all", `
		SELECT `+setShort+`
		FROM criteria_set
		ORDER BY year DESC, code, version DESC, id`)
	setsOfCode = db.SQL("scorecard.set.of_code", `
		SELECT `+setShort+`
		FROM criteria_set
		WHERE unit_id = $1 AND code = $2
		ORDER BY version DESC`)
	setsIssued = db.SQL("scorecard.set.issued", `
		SELECT `+setShort+`
		FROM criteria_set
		WHERE code = $1 AND state = 'issued'
		ORDER BY unit_id`)
	setDelete = db.SQL("scorecard.set.delete", `DELETE FROM criteria_set WHERE id = $1 AND state = 'draft'`)
)

func (v *SetVersion) short() []any {
	return []any{&v.ID, &v.Code, &v.Version, &v.Level, &v.Year, &v.Unit, &v.State, &v.Title, &v.Basis, &v.SHA256, &v.Frame, &v.IssuedAt, &v.IssuedBy, &v.Note,
		&v.Revision, &v.ChangedAt, &v.ChangedBy}
}

func scanSetShort(r db.Scanner) (v SetVersion, err error) { return v, r.Scan(v.short()...) }

func scanSet(r db.Scanner) (v SetVersion, err error) { return v, r.Scan(append(v.short(), &v.Text)...) }

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// getSet returns a version without asking who wants it. Fault:
// sets.unknown.
func getSet(ctx context.Context, q db.Queryer, id string) (SetVersion, error) {
	v, err := db.One(ctx, q, setGet, scanSet, id)
	if errors.Is(err, db.ErrNotFound) {
		return v, fault.New(fault.NotFound, "sets.unknown").Because(err)
	}
	return v, err
}

// mayReadSet reports whether the actor may read a version: a draft who may edit
// it; what was issued whoever reads scores of the unit that issued it or of one
// below or above it, for they are scored by it or by what fills its frame.
func (k *Desk) mayReadSet(ctx context.Context, q db.Queryer, a actor.Actor, v SetVersion) (bool, error) {
	if auth.ReadDraft.In(v.stands()) {
		return k.Guard.May(ctx, q, a, auth.ReadDraft.Verb, v.Unit)
	}
	for _, root := range auth.Roots(a, auth.ScoreRead) {
		if root == "" {
			return true, nil
		}
		for _, pair := range [2][2]unit.ID{{v.Unit, root}, {root, v.Unit}} {
			if in, err := k.Units.Within(ctx, q, pair[0], pair[1]); err != nil || in {
				return in, err
			}
		}
	}
	return false, nil
}

// SetVersions returns the versions of criteria sets that the actor may read, the
// latest year first, without their texts. It needs ScoreRead somewhere.
func (k *Desk) SetVersions(ctx context.Context, q db.Queryer, a actor.Actor) ([]SetVersion, error) {
	if err := k.Guard.CheckAnywhere(a, auth.ScoreRead); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, q, setAll, scanSetShort)
	if err != nil {
		return nil, fmt.Errorf("list criteria sets: %w", err)
	}
	type seen struct {
		unit  unit.ID
		draft bool
	}
	may := map[seen]bool{}
	out := all[:0]
	for _, v := range all {
		key := seen{v.Unit, v.State == Draft}
		ok, asked := may[key]
		if !asked {
			if ok, err = k.mayReadSet(ctx, q, a, v); err != nil {
				return nil, err
			}
			may[key] = ok
		}
		if ok {
			out = append(out, v)
		}
	}
	return slices.Clip(out), nil
}

// SetVersion returns a version with its text, for who may read it; for others
// there is none.
func (k *Desk) SetVersion(ctx context.Context, q db.Queryer, a actor.Actor, id string) (SetVersion, error) {
	if err := k.Guard.CheckAnywhere(a, auth.ScoreRead); err != nil {
		return SetVersion{}, err
	}
	v, err := getSet(ctx, q, id)
	if err != nil {
		return v, err
	}
	ok, err := k.mayReadSet(ctx, q, a, v)
	if err == nil && !ok {
		err = fault.New(fault.NotFound, "sets.unknown")
	}
	if err != nil {
		return SetVersion{}, err
	}
	return v, nil
}

// VersionsOf returns all versions of v's set that the actor may read, the latest
// first, without their texts.
func (k *Desk) VersionsOf(ctx context.Context, q db.Queryer, a actor.Actor, v SetVersion) ([]SetVersion, error) {
	all, err := db.All(ctx, q, setsOfCode, scanSetShort, string(v.Unit), v.Code)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, x := range all {
		ok, err := k.mayReadSet(ctx, q, a, x)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, x)
		}
	}
	return out, nil
}

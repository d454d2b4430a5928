package dossier

import (
	"context"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A Keep is how long the dossiers of a field keep their people's data in a unit and
// below it, where its list of retention periods gives a period of their own. Source:
// Luật Lưu trữ 33/2024/QH15 leaves periods to each unit's list.
type Keep struct {
	Unit    unit.ID
	Sector  string
	Months  int // -1: taken back
	Basis   string
	Account string
	At      moment.Instant
	seq     int
}

// keepMost is the longest time in months: a hundred years.
const keepMost = 1200

var (
	keepAll = db.SQL("dossier.keep.all", `
		SELECT unit_id, sector, seq, COALESCE(months, -1), basis, account, at
		FROM dossier_keep
		ORDER BY unit_id, sector, seq`)
	keepAdd = db.Rows("dossier.keep.add", "dossier_keep", "unit_id, sector, seq, months, basis, account, at", "")
)

// Keeps returns the periods of fields that hold now, one for each unit and field.
func (k *Desk) Keeps(ctx context.Context, q db.Queryer) ([]Keep, error) {
	var out []Keep
	err := db.Each(ctx, q, keepAll, func(r db.Scanner) error {
		var x Keep
		if err := r.Scan(&x.Unit, &x.Sector, &x.seq, &x.Months, &x.Basis, &x.Account, &x.At); err != nil {
			return err
		}
		if n := len(out); n > 0 && out[n-1].Unit == x.Unit && out[n-1].Sector == x.Sector {
			out[n-1] = x
		} else {
			out = append(out, x)
		}
		return nil
	})
	return out, err
}

// SetKeep sets or, with Months -1, takes back the period of a field in a unit. Faults:
// Forbidden; Invalid with fields sector, months, basis.
func (k *Desk) SetKeep(ctx context.Context, a actor.Actor, x Keep) error {
	x.Sector, x.Basis = strings.TrimSpace(x.Sector), strings.TrimSpace(x.Basis)
	f := fault.New(fault.Invalid, "form.invalid")
	if x.Sector == "" {
		f.With("sector", "keep.sector_missing")
	}
	if x.Months < -1 || x.Months > keepMost {
		f.With("months", "setting.range", "Least", 0, "Most", keepMost)
	}
	if x.Basis == "" {
		f.With("basis", "keep.basis_missing")
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.PrivacyKeep, x.Unit); err != nil {
			return err
		}
		tree, err := k.Units.Today(ctx, tx)
		if err != nil {
			return err
		}
		if _, ok := tree.Unit(x.Unit); !ok {
			f.With("unit", "dossier.unit_unknown")
		}
		if err := f.Or(); err != nil {
			return err
		}
		all, err := k.Keeps(ctx, tx)
		if err != nil {
			return err
		}
		before := ""
		for _, y := range all {
			if y.Unit == x.Unit && y.Sector == x.Sector {
				x.seq = y.seq
				if y.Months >= 0 {
					before = strconv.Itoa(y.Months)
				}
			}
		}
		var months any
		after := ""
		if x.Months >= 0 {
			months, after = x.Months, strconv.Itoa(x.Months)
		} else if before == "" {
			return fault.New(fault.NotFound, "keep.none")
		}
		if err := tx.InsertRows(ctx, keepAdd, [][]any{{string(x.Unit), x.Sector, x.seq + 1, months, x.Basis, a.Account, tx.Now}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "privacy.keep", Kind: "unit", ID: string(x.Unit), Unit: x.Unit, Reason: x.Basis,
			Changes: []audit.Change{{Field: "sector", To: x.Sector}, {Field: "months", From: before, To: after}}})
	})
}

// A keeper tells until when dossiers keep their people's data; it reads each rule once.
type keeper struct {
	k      *Desk
	keeps  []Keep
	months map[string]int // by unit and field
}

func (k *Desk) keeper(ctx context.Context, q db.Queryer) (*keeper, error) {
	all, err := k.Keeps(ctx, q)
	return &keeper{k, all, map[string]int{}}, err
}

// of returns the months of a field in a unit: the field's own period of the nearest
// unit that has one, else the usual one. What is said of a field goes before what is
// said in general, be it further above: it is the more exact.
func (x *keeper) of(ctx context.Context, q db.Queryer, u unit.ID, sector string) (int, error) {
	key := string(u) + "\x00" + sector
	if n, ok := x.months[key]; ok {
		return n, nil
	}
	found := -1
	for _, r := range x.keeps {
		if r.Sector == sector && r.Months >= 0 {
			above, err := x.k.Units.Above(ctx, q, u)
			if err != nil {
				return 0, err
			}
			for _, up := range above {
				for _, y := range x.keeps {
					if found < 0 && y.Unit == up && y.Sector == sector {
						found = y.Months
					}
				}
			}
			break
		}
	}
	if found < 0 {
		n, err := x.k.Settings.Int(ctx, q, KeepMonths, u)
		if err != nil {
			return 0, err
		}
		found = int(n)
	}
	x.months[key] = found
	return found, nil
}

// until returns the last day on which a dossier that ended keeps its person; 0 while it
// is in progress.
func (x *keeper) until(ctx context.Context, q db.Queryer, d *Dossier) (moment.Date, error) {
	end := max(d.Ended, d.NotAccepted)
	if end == 0 {
		return 0, nil
	}
	months, err := x.of(ctx, q, d.State.Unit, d.Sector)
	return max(end, d.Returned).Date().AddMonths(months), err
}

// A Hold keeps a dossier's data while something about it is not settled.
type Hold struct {
	ID       string
	Dossier  string
	Code     string
	Unit     unit.ID
	Reason   string
	Document string
	At       moment.Instant
	Account  string
	Ended    moment.Instant
}

var (
	holdAdd  = db.Rows("dossier.hold.add", "dossier_hold", "id, dossier_id, reason, document, at, account, ended_at, ended_by, ended_why", "")
	holdOpen = db.SQL("dossier.hold.open", `SELECT COUNT(*) FROM dossier_hold WHERE dossier_id = $1 AND ended_at IS NULL`)
	holdList = db.SQL("dossier.hold.list", `
		SELECT h.id, h.dossier_id, d.code, d.unit_id, h.reason, h.document, h.at, h.account, COALESCE(h.ended_at, 0)
		FROM dossier_hold h
		JOIN dossier d ON d.id = h.dossier_id
		WHERE h.ended_at IS NULL
		ORDER BY h.at DESC, h.id`)
	holdOne = db.SQL("dossier.hold.one", `
		SELECT h.id, h.dossier_id, d.code, d.unit_id, h.reason, h.document, h.at, h.account, COALESCE(h.ended_at, 0)
		FROM dossier_hold h
		JOIN dossier d ON d.id = h.dossier_id
		WHERE h.id = $1`)
	holdEnd = db.SQL("dossier.hold.end", `UPDATE dossier_hold SET ended_at = $1, ended_by = $2, ended_why = $3 WHERE id = $4 AND ended_at IS NULL`)
)

func scanHold(r db.Scanner) (h Hold, err error) {
	err = r.Scan(&h.ID, &h.Dossier, &h.Code, &h.Unit, &h.Reason, &h.Document, &h.At, &h.Account, &h.Ended)
	return h, err
}

// Holds returns all holds that last, in units where the actor may keep data, however many
// other units have.
func (k *Desk) Holds(ctx context.Context, q db.Queryer, a actor.Actor) ([]Hold, error) {
	all, err := db.All(ctx, q, holdList, scanHold)
	if err != nil {
		return nil, err
	}
	var out []Hold
	own := map[unit.ID]bool{}
	for _, h := range all {
		if _, known := own[h.Unit]; !known {
			err := k.mayHold(ctx, q, a, h.Unit)
			if err != nil && fault.As(err) == nil {
				return nil, err
			}
			own[h.Unit] = err == nil
		}
		if own[h.Unit] {
			out = append(out, h)
		}
	}
	return out, nil
}

// mayHold asks for one of the rights that hold data: who keeps the rules, and the head
// of the unit.
func (k *Desk) mayHold(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) error {
	may, err := k.Guard.May(ctx, q, a, auth.PrivacyApprove, u)
	if err != nil || may {
		return err
	}
	return k.Guard.Check(ctx, q, a, auth.PrivacyKeep, u)
}

// HoldDossier keeps a dossier's data until EndHold, whoever asks to erase them: it is
// under inspection, complaint or in court. Faults: Forbidden; Invalid with fields
// reason, document; NotFound.
func (k *Desk) HoldDossier(ctx context.Context, a actor.Actor, code, reason, document string) (id string, err error) {
	reason, document = strings.TrimSpace(reason), strings.TrimSpace(document)
	f := fault.New(fault.Invalid, "form.invalid")
	if reason == "" {
		f.With("reason", "dossier.reason_missing")
	}
	if document == "" {
		f.With("document", "hold.document_missing")
	}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := find(ctx, tx, code)
		if err != nil {
			return err
		}
		if err := k.mayHold(ctx, tx, a, d.State.Unit); err != nil {
			return err
		}
		if err := f.Or(); err != nil {
			return err
		}
		id = db.NewID()
		if err := tx.InsertRows(ctx, holdAdd, [][]any{{id, d.ID, reason, document, tx.Now, a.Account, nil, "", ""}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "privacy.hold", Kind: "dossier", ID: d.ID, Unit: d.State.Unit, Reason: reason,
			Changes: []audit.Change{{Field: "document", To: document}}})
	})
	return id, err
}

// EndHold ends a hold. Faults: Forbidden, NotFound, Conflict; Invalid with field reason.
func (k *Desk) EndHold(ctx context.Context, a actor.Actor, id, reason string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		found, err := db.All(ctx, tx, holdOne, scanHold, id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "hold.unknown")
		}
		h := found[0]
		if err := k.mayHold(ctx, tx, a, h.Unit); err != nil {
			return err
		}
		if err := needReason(reason); err != nil {
			return err
		}
		stands := auth.State("in_force")
		if h.Ended != 0 {
			stands = "ended"
		}
		if !auth.EndHold.In(stands) {
			return fault.New(fault.Conflict, "hold.ended")
		}
		n, err := tx.Exec(ctx, holdEnd, tx.Now, a.Account, strings.TrimSpace(reason), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "hold.ended")
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "privacy.unhold", Kind: "dossier", ID: h.Dossier, Unit: h.Unit, Reason: strings.TrimSpace(reason)})
	})
}

package privacy

import (
	"context"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/look"
	"cchc/base/moment"
)

// Data is everything that is held about a person, as it is given to them (dữ liệu cá
// nhân cung cấp theo yêu cầu). Names of the file's parts are stable.
type Data struct {
	Request  string         `json:"request"`
	Made     moment.Instant `json:"made"`
	Dossiers []Held         `json:"dossiers"`
	Others   int            `json:"elsewhere"` // dossiers of units that answer for themselves
}

// A Held is what one dossier holds.
type Held struct {
	ID        string            `json:"-"`
	Code      string            `json:"code"`
	Procedure string            `json:"procedure"`
	Unit      string            `json:"unit"`
	Part      string            `json:"part"` // applicant, agent
	Received  moment.Instant    `json:"received"`
	Ended     moment.Instant    `json:"ended,omitempty"`
	Person    map[string]string `json:"person"`
	Papers    []HeldPaper       `json:"papers"`
	Events    []HeldEvent       `json:"events"`
	Notices   []HeldNotice      `json:"notices"`
	Looks     []HeldLook        `json:"who_looked"`
	Requests  []string          `json:"requests"`
}

// Parts of a Held.
type (
	HeldPaper struct {
		Name   string `json:"name"`
		Source string `json:"source"`
		Scan   bool   `json:"scan"`
	}
	HeldEvent struct {
		At   moment.Instant `json:"at"`
		What string         `json:"what"`
	}
	HeldNotice struct {
		At      moment.Instant `json:"at"`
		Event   string         `json:"event"`
		Channel string         `json:"channel"`
		To      string         `json:"to"` // masked: it is kept nowhere else
		State   string         `json:"state"`
	}
	HeldLook struct {
		Day     moment.Date `json:"day"`
		Who     string      `json:"who"`
		What    string      `json:"what"`
		Purpose string      `json:"purpose,omitempty"`
		Times   int         `json:"times"`
	}
)

// OpenData returns everything held about the person of a request for access. That it
// was opened, by whom and for which request is noted first, at every dossier in it.
// Faults: Forbidden, NotFound; Conflict for a request of another kind, and while nobody
// made sure who asks.
func (k *Desk) OpenData(ctx context.Context, a actor.Actor, id, format string) (Data, Request, error) {
	var d Data
	var r Request
	// Who may not open it makes nobody's looks be written.
	if x, err := k.Request(ctx, k.DB, a, id); err != nil {
		return d, r, err
	} else if err := k.Guard.Check(ctx, k.DB, a, auth.DossierReadPerson, actor.UnitID(x.Unit)); err != nil {
		return d, r, err
	}
	if err := k.Looks.Flush(ctx); err != nil {
		return d, r, err
	}
	err := k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if r, err = k.Request(ctx, tx, a, id); err != nil {
			return err
		}
		for _, v := range []auth.Verb{auth.OpenData.Verb, auth.DossierReadPerson} {
			if err := k.Guard.Check(ctx, tx, a, v, actor.UnitID(r.Unit)); err != nil {
				return err
			}
		}
		switch {
		case r.Kind != Access:
			return fault.New(fault.Conflict, "privacy.request.not_access")
		case auth.OpenData.In(r.stands()):
		case r.Identity == "":
			return fault.New(fault.Conflict, "privacy.request.identity_missing")
		default:
			return fault.New(fault.Conflict, "privacy.request.answered")
		}
		if d, err = k.Dossiers.Everything(ctx, tx, a, r.Code); err != nil {
			return err
		}
		d.Request, d.Made = r.Label(), tx.Now
		purpose, err := look.Reason{Code: "subject", Note: r.Label()}.Words(ctx, tx)
		if fault.As(err) != nil { // the purpose was retired
			purpose, err = r.Label(), nil
		}
		if err != nil {
			return err
		}
		var ids []string
		for _, x := range d.Dossiers {
			ids = append(ids, x.ID)
			if err := look.Note(ctx, tx, a, x.ID, look.Numbers, purpose); err != nil {
				return err
			}
		}
		if _, err := look.NoteExport(ctx, tx, a, look.Export{Unit: actor.UnitID(r.Unit), List: "subject", Filter: r.Label(), Format: format, Numbers: true, Purpose: purpose}, ids); err != nil {
			return err
		}
		return k.told(ctx, tx, a, r, "privacy.data", purpose, audit.Change{Field: "format", To: format}, audit.Change{Field: "dossiers", To: number(int64(len(ids)))})
	})
	return d, r, err
}

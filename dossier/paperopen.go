package dossier

import (
	"context"
	"slices"
	"strconv"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/look"
)

// OwnWork is the purpose with which those open scans who have the dossier on their
// hands; it is data, and so in Vietnamese.
const OwnWork = "Đang giải quyết hồ sơ này"

// needsPurpose is the key of the fault that a purpose was not told yet.
const needsPurpose = "papers.purpose_first"

// NeedsPurpose reports whether scans stay closed only until a purpose is told, see
// TellPurpose.
func NeedsPurpose(err error) bool {
	f := fault.As(err)
	return f != nil && f.Key == needsPurpose
}

// How scans of a dossier stand to somebody.
type PapersState struct {
	May     bool         // they may be opened: at once, or when a purpose is told
	OnHands bool         // the dossier is on their hands: its work is the purpose
	Opening look.Opening // what was told, while it holds
}

// Open reports whether scans open now.
func (s PapersState) Open() bool { return s.May && (s.OnHands || s.Opening.Until != 0) }

// PapersFor tells how scans of a dossier stand to the actor. They may show identity
// papers, so that reading the dossier alone is not enough. Source: Luật 91/2025/QH15.
func (k *Desk) PapersFor(ctx context.Context, q db.Queryer, a actor.Actor, d Dossier) (s PapersState, err error) {
	for _, v := range []auth.Verb{auth.DossierProcess, auth.DossierReceive, auth.DossierReadPerson} {
		if s.May, err = k.Guard.May(ctx, q, a, v, d.State.Unit); err != nil || s.May {
			break
		}
	}
	if err != nil || !s.May {
		return s, err
	}
	if s.OnHands = onHands(a, d); s.OnHands {
		return s, nil
	}
	s.Opening, err = look.OpeningOf(ctx, q, a, d.ID, k.DB.Now())
	return s, err
}

// onHands reports whether the actor has the dossier on their hands (đang giải quyết):
// a step of it is theirs or waits for their role in its own unit, or they are at the
// counter of its unit and the result was not handed over yet. Whoever stands above the
// unit, or has left it, has nothing of it on their hands.
func onHands(a actor.Actor, d Dossier) bool {
	if a.IsSystem() {
		return true
	}
	if d.Returned != 0 || d.NotAccepted != 0 || d.Voided != 0 {
		return false
	}
	here := func(v auth.Verb) bool { return slices.Contains(auth.Roots(a, v), d.State.Unit) }
	switch {
	case here(auth.DossierReceive) && here(auth.DossierProcess):
		return true
	case d.Step.Account != "":
		return d.Step.Account == a.Account || d.Step.Account == a.For.Account
	}
	return d.Step.Role != "" && here(auth.DossierProcess) && slices.ContainsFunc(a.Grants, func(g actor.Grant) bool {
		return g.Unit == d.State.Unit && string(g.Role) == d.Step.Role
	})
}

// TellPurpose says for what the actor opens the scans of a dossier that is not on their
// hands; they open for look.OpenFor then. It goes to the trail. Faults: Forbidden;
// Invalid with field purpose or purpose_note.
func (k *Desk) TellPurpose(ctx context.Context, a actor.Actor, code string, why look.Reason) (o look.Opening, err error) {
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := find(ctx, tx, code)
		if err != nil {
			return err
		}
		if err := k.Guard.Check(ctx, tx, a, auth.DossierRead, d.State.Unit); err != nil {
			return err
		}
		if s, err := k.PapersFor(ctx, tx, a, d); err != nil {
			return err
		} else if !s.May {
			return fault.New(fault.Forbidden, "auth.forbidden")
		}
		purpose, err := why.Words(ctx, tx)
		if err != nil {
			return err
		}
		if o, err = look.Open(ctx, tx, a, d.ID, purpose); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "dossier.open_papers", Kind: "dossier", ID: d.ID, Unit: d.State.Unit,
			Reason: purpose, Changes: []audit.Change{{Field: "purpose", To: why.Code}}})
	})
	return o, err
}

// OpenPaper lets take fetch a scan, and notes who opened it and for what before the
// first byte leaves: in the trail and in the looks. Faults: NotFound; Forbidden; Conflict
// when a purpose must be told first, see NeedsPurpose.
func (k *Desk) OpenPaper(ctx context.Context, a actor.Actor, code string, ord int, take func(Paper) error) (Paper, error) {
	x, _, _, err := k.openable(ctx, k.DB, a, code, ord)
	if err != nil {
		return Paper{}, err
	}
	if err := take(x); err != nil {
		return Paper{}, err
	}
	return x, k.DB.Write(ctx, func(tx *db.Tx) error {
		y, d, purpose, err := k.openable(ctx, tx, a, code, ord)
		if err != nil {
			return err
		}
		if y.FileKey != x.FileKey {
			return fault.New(fault.Conflict, "papers.replaced")
		}
		if err := look.Note(ctx, tx, a, d.ID, look.Paper, purpose); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "dossier.read_paper", Kind: "dossier", ID: d.ID, Unit: d.State.Unit, Reason: purpose,
			Changes: []audit.Change{{Field: "paper_number", To: strconv.Itoa(ord)}}})
	})
}

// openable returns a scan that the actor may open now, and for what they do.
func (k *Desk) openable(ctx context.Context, q db.Queryer, a actor.Actor, code string, ord int) (x Paper, d Dossier, purpose string, err error) {
	if d, err = find(ctx, q, code); err != nil {
		return x, d, "", err
	}
	if err = k.Guard.Check(ctx, q, a, auth.DossierRead, d.State.Unit); err != nil {
		return x, d, "", err
	}
	s, err := k.PapersFor(ctx, q, a, d)
	if err != nil {
		return x, d, "", err
	}
	if !s.May {
		return x, d, "", fault.New(fault.Forbidden, "auth.forbidden")
	}
	papers, err := db.All(ctx, q, papersOf, scanPaper, d.ID)
	if err != nil {
		return x, d, "", err
	}
	i := slices.IndexFunc(papers, func(x Paper) bool { return x.Ord == ord && x.FileKey != "" })
	switch {
	case i < 0:
		return x, d, "", fault.New(fault.NotFound, "dossier.paper_unknown")
	case s.OnHands:
		return papers[i], d, OwnWork, nil
	case s.Opening.Until != 0:
		return papers[i], d, s.Opening.Purpose, nil
	}
	return x, d, "", fault.New(fault.Conflict, needsPurpose, "Code", d.Code)
}

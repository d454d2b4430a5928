package app

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/dossier"
	"cchc/dossier/dossierweb"
	"cchc/imports"
	"cchc/notice"
	"cchc/privacy"
	"cchc/privacy/privacyweb"
	"cchc/unit"
)

// newPrivacy puts the room of personal data together, and lets dossiers note who
// looks at them.
func (r *rooms) newPrivacy() *privacy.Desk {
	r.desk.Looks = &look.Log{DB: r.db}
	return &privacy.Desk{DB: r.db, Guard: r.guard, Units: r.units, Looks: r.desk.Looks, Dossiers: privacyDossiers{r}, Register: privacyDossiers{r},
		Settings: r.settings, Calendars: r.calendars, People: r.answerers, Classes: r.classes()}
}

func (r *rooms) privacyPages(allow func(*http.Request) bool) *privacyweb.Pages {
	return &privacyweb.Pages{Desk: r.privacy, Settings: r.settings, Dossiers: r.desk, Name: r.accountName, Allow: allow}
}

// classes lists the classes of data with how long they are kept, in the order of the
// page: first those that people decide about, then those that go by themselves, then
// those that have no rule and why.
func (r *rooms) classes() []privacy.Class {
	return []privacy.Class{
		{Key: "dossiers", Setting: dossier.KeepMonths, Approve: true},
		{Key: "imports", Setting: imports.KeepDays, Old: func(ctx context.Context, q db.Queryer) (int, int, error) {
			return (&imports.Runs{DB: r.db, Settings: r.settings}).Old(ctx, q)
		}},
		{Key: "notices", Setting: notice.KeepDays, Old: func(ctx context.Context, q db.Queryer) (int, int, error) { return r.notices.Old(ctx, q) }},
		{Key: "looks", Setting: privacy.LookMonths, Old: func(ctx context.Context, q db.Queryer) (int, int, error) { return r.privacy.OldLooks(ctx, q) }},
		{Key: "scans"}, {Key: "requests"}, {Key: "sessions"}, {Key: "answers"}, {Key: "turns"}, {Key: "ratings"}, {Key: "published"}, {Key: "trail"},
	}
}

// requestsWait counts the requests that the actor may answer and that wait.
func (r *rooms) requestsWait(ctx context.Context, a actor.Actor) (int, error) {
	list, err := r.privacy.Requests(ctx, r.db.Lately(), a, true, 1000)
	if fault.As(err) != nil {
		err = nil
	}
	return len(list), err
}

// answerers are who may answer the requests of a unit.
func (r *rooms) answerers(ctx context.Context, q db.Queryer, u unit.ID) ([]privacy.Person, error) {
	people, err := r.accounts.List(ctx, operator)
	if err != nil {
		return nil, err
	}
	day := r.db.Now().Date()
	var out []privacy.Person
	for _, p := range people {
		if p.Disabled != 0 {
			continue
		}
		a := actor.Actor{Account: p.ID}
		for _, g := range p.Grants {
			if g.Holds(day) {
				a.Grants = append(a.Grants, g.Grant)
			}
		}
		may, err := r.guard.May(ctx, q, a, auth.PrivacyAnswer, actor.UnitID(u))
		if err != nil {
			return nil, err
		}
		if may {
			out = append(out, privacy.Person{Account: p.ID, Name: p.Name})
		}
	}
	return out, nil
}

// privacyDossiers is what dossiers are to the room of personal data.
type privacyDossiers struct{ r *rooms }

// Ref implements privacy.Dossiers.
func (p privacyDossiers) Ref(ctx context.Context, q db.Queryer, code string) (string, unit.ID, error) {
	return p.r.desk.Ref(ctx, q, code)
}

// Verified implements privacy.Dossiers.
func (p privacyDossiers) Verified(ctx context.Context, q db.Queryer, code, digits string) (id, own string, u unit.ID, err error) {
	w, err := p.r.desk.Public(ctx, q, code, digits)
	return w.ID, w.Code, w.State.Unit, err
}

// CorrectPerson implements privacy.Dossiers.
func (p privacyDossiers) CorrectPerson(ctx context.Context, tx *db.Tx, a actor.Actor, code string, to map[string]string, reason, document string) error {
	return p.r.desk.CorrectPersonTx(ctx, tx, a, code, dossier.Person{Name: to["name"], IDNumber: to["id_number"], Phone: to["phone"], Email: to["email"], Address: to["address"]}, reason, document)
}

// ErasePerson implements privacy.Dossiers.
func (p privacyDossiers) ErasePerson(ctx context.Context, tx *db.Tx, a actor.Actor, code string, codes []string, reason, document string) error {
	_, err := p.r.desk.EraseTx(ctx, tx, a, dossier.Erasure{Subject: dossier.Subject{Code: code}, Codes: codes, Reason: reason, Document: document})
	return err
}

// Everything implements privacy.Dossiers.
func (p privacyDossiers) Everything(ctx context.Context, q db.Queryer, a actor.Actor, code string) (privacy.Data, error) {
	var out privacy.Data
	tx, ok := q.(*db.Tx)
	if !ok {
		return out, errors.New("everything about a person is read in the write that notes it")
	}
	vi := i18n.With(ctx, i18n.Vietnamese)
	list, others, err := p.r.desk.OwnedBy(ctx, tx, a, code)
	if err != nil {
		return out, err
	}
	out.Others, out.Dossiers = others, []privacy.Held{}
	for _, x := range list {
		h := privacy.Held{ID: x.ID, Code: x.Code, Part: x.Part, Procedure: x.ProcedureCode, Received: x.RegisteredAt, Ended: max(x.Ended, x.NotAccepted),
			Person: heldPerson(x.Full), Papers: []privacy.HeldPaper{}, Events: []privacy.HeldEvent{}, Notices: []privacy.HeldNotice{}, Looks: []privacy.HeldLook{}, Requests: []string{}}
		if x.VersionID != "" {
			v, err := p.r.procedures.ByID(ctx, tx, x.VersionID)
			if err != nil {
				return out, err
			}
			h.Procedure += " " + v.Name
		}
		u, _, err := p.r.units.Last(ctx, tx, x.State.Unit)
		if err != nil {
			return out, err
		}
		h.Unit = u.Name
		for _, y := range x.Papers {
			h.Papers = append(h.Papers, privacy.HeldPaper{Name: y.Name, Source: i18n.T(vi, "dossierweb.source."+y.Source), Scan: y.FileKey != ""})
		}
		for _, f := range x.Facts {
			h.Events = append(h.Events, privacy.HeldEvent{At: f.At, What: dossierweb.KindName(vi, f.Kind)})
		}
		items, err := p.r.notices.OfDossier(ctx, a, x.ID, x.State.Unit)
		if err != nil && !fault.Is(err, fault.Forbidden) {
			return out, err
		}
		for _, n := range items {
			h.Notices = append(h.Notices, privacy.HeldNotice{At: n.At, Event: i18n.T(vi, "notice.event."+n.Event), Channel: n.Channel, To: n.Masked, State: n.State})
		}
		looks, err := p.r.desk.Looks.Of(ctx, tx, x.ID, privacy.LooksMost)
		if err != nil {
			return out, err
		}
		for _, l := range looks {
			h.Looks = append(h.Looks, privacy.HeldLook{Day: l.Day, Who: p.r.accountName(ctx, l.Account), What: i18n.T(vi, "privacy.look."+string(l.What)), Purpose: l.Purpose, Times: l.Times})
		}
		requests, err := p.r.privacy.OfDossier(ctx, tx, x.ID)
		if err != nil {
			return out, err
		}
		for _, y := range requests {
			h.Requests = append(h.Requests, y.Label())
		}
		out.Dossiers = append(out.Dossiers, h)
	}
	return out, nil
}

func heldPerson(x dossier.Person) map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{"name": x.Name, "id_number": x.IDNumber, "phone": x.Phone, "email": x.Email, "address": x.Address, "representative": x.Representative,
		"representative_id_number": x.Agent.IDNumber, "representative_phone": x.Agent.Phone, "representative_relation": x.Agent.Relation, "representative_document": x.Agent.Document} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}

// PastUnits implements privacy.Register.
func (p privacyDossiers) PastUnits(ctx context.Context, q db.Queryer) ([]unit.ID, error) {
	return dossier.PastUnits(ctx, q)
}

// Past implements privacy.Register.
func (p privacyDossiers) Past(ctx context.Context, q db.Queryer, u unit.ID, each func(privacy.Past) error) (int, error) {
	return p.r.desk.Past(ctx, q, u, func(x dossier.Past) error { return each(privacy.Past{ID: x.ID, Code: x.Code, Until: x.Until}) })
}

// ErasePast implements privacy.Register.
func (p privacyDossiers) ErasePast(ctx context.Context, a actor.Actor, ids []string, reason, document string) (map[string]*fault.Fault, error) {
	return p.r.desk.ErasePast(ctx, a, ids, reason, document)
}

// tellRequests tells those who may answer of requests that are new or late, who was
// assigned alone where somebody was and still may.
func (r *rooms) tellRequests(ctx context.Context) error {
	list, err := r.privacy.OpenRequests(ctx, r.db)
	if err != nil || len(list) == 0 {
		return err
	}
	holders := map[unit.ID][]privacy.Person{}
	var out []notice.Told
	for _, x := range list {
		if _, known := holders[x.Unit]; !known {
			if holders[x.Unit], err = r.answerers(ctx, r.db, x.Unit); err != nil {
				return err
			}
		}
		u, _, err := r.units.Last(ctx, r.db, x.Unit)
		if err != nil {
			return err
		}
		event, key := "privacy_request", "privacy/"+x.ID+"/"+x.Assigned
		if x.Late(r.db.Now()) {
			event, key = "privacy_late", "privacy/late/"+x.ID+"/"+x.Assigned
		}
		// Who has left, or may no longer answer, answers nothing: all are told then.
		alone := slices.ContainsFunc(holders[x.Unit], func(h privacy.Person) bool { return h.Account == x.Assigned })
		for _, h := range holders[x.Unit] {
			if !alone || x.Assigned == h.Account {
				out = append(out, notice.Told{Event: event, Key: key, Account: h.Account, Link: privacyweb.Path + "/requests/" + x.ID,
					Vars: map[string]string{"number": x.Label(), "unit": u.Name, "due": x.Due.String()}})
			}
		}
	}
	_, err = r.notices.Bring(ctx, out)
	return err
}

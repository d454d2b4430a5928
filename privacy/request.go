package privacy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/unit"
)

// Kinds of what a person may ask about their own data (yêu cầu của chủ thể dữ liệu).
const (
	Access  = "access"  // to see it
	Correct = "correct" // to have it put right
	Delete  = "delete"  // to have it erased, where the law lets that
)

// Kinds lists them in the order of pages.
var Kinds = []string{Access, Correct, Delete}

// Where a request came from.
const (
	Counter = "counter"
	Public  = "public" // with the dossier's code and the last digits of the phone
)

// A Request is one, with how it was answered. Sources: Luật 91/2025/QH15, NĐ
// 356/2025/NĐ-CP; the time is AnswerDays, on the calendar of the unit that answers.
type Request struct {
	ID       string
	Unit     unit.ID
	Year     int
	Number   int
	Kind     string
	Dossier  string
	Code     string // of the dossier by which the person is known
	Channel  string
	Name     string
	Contact  string
	Asks     string
	Received moment.Instant
	By       string
	Due      moment.Instant
	Identity string // how it was made sure who asks; "" not yet
	Assigned string
	Outcome  string // "", granted, refused
	Answered moment.Instant
	AnswerBy string
	Answer   string
	Basis    string // legal reason of a refusal
}

// Label is the number as it is written on papers: "YC-0007/2026".
func (r Request) Label() string { return fmt.Sprintf("YC-%04d/%d", r.Number, r.Year) }

// Late reports whether it should have been answered by now: by the date, as dossiers with
// a limit in days are judged (docs/adr/0007).
func (r Request) Late(now moment.Instant) bool {
	return r.Answered == 0 && calendar.Limit{Unit: calendar.WorkingDay}.Late(now, r.Due)
}

// A New is a request as somebody brings it.
type New struct {
	Code, Kind, Name, Contact, Asks string
	Identity                        string // at the counter, where the person's papers were seen
}

const textMost = 2000

// The code is the dossier's own and not what is stored: a server of before the migration
// that put that right stores what was typed, and may still be serving beside this one.
const requestColumns = `id, unit_id, year, number, kind, dossier_id, COALESCE((SELECT d.code FROM dossier d WHERE d.id = subject_request.dossier_id), code), channel, name, contact, asks, received_at, received_by, due_at, identity, assigned_to, outcome, COALESCE(answered_at, 0), answered_by, answer, basis`

var (
	requestAdd  = db.Rows("privacy.request.add", "subject_request", "id, unit_id, year, number, kind, dossier_id, code, channel, name, contact, asks, received_at, received_by, due_at, identity, assigned_to, outcome, answered_at, answered_by, answer, basis", "")
	requestLast = db.SQL("privacy.request.last", `SELECT COALESCE(MAX(number), 0) FROM subject_request WHERE unit_id = $1 AND year = $2`)
	requestOpen = db.SQL("privacy.request.of", `SELECT `+requestColumns+` FROM subject_request WHERE dossier_id = $1 AND kind = $2 AND answered_at IS NULL ORDER BY id`)
	requestOf   = db.SQL("privacy.request.dossier", `SELECT `+requestColumns+` FROM subject_request WHERE dossier_id = $1 ORDER BY received_at, id`)
	requestOne  = db.SQL("privacy.request.one", `SELECT `+requestColumns+` FROM subject_request WHERE id = $1`)
	requestAll  = db.Lines("privacy.request.list", `
		SELECT `+requestColumns+`
		FROM subject_request
		WHERE received_at < :before
		AND answered_at IS NULL                          --[open]
		ORDER BY received_at DESC, id DESC
		LIMIT :limit`)
	requestDue    = db.SQL("privacy.request.due", `SELECT `+requestColumns+` FROM subject_request WHERE answered_at IS NULL ORDER BY due_at, id`)
	requestKnow   = db.SQL("privacy.request.identify", `UPDATE subject_request SET identity = $1 WHERE id = $2`)
	requestMove   = db.SQL("privacy.request.move", `UPDATE subject_request SET due_at = $1 WHERE id = $2`)
	requestGive   = db.SQL("privacy.request.assign", `UPDATE subject_request SET assigned_to = $1 WHERE id = $2`)
	requestAnswer = db.SQL("privacy.request.answer", `UPDATE subject_request SET outcome = $1, answered_at = $2, answered_by = $3, answer = $4, basis = $5 WHERE id = $6 AND answered_at IS NULL`)
)

func scanRequest(r db.Scanner) (x Request, err error) {
	err = r.Scan(&x.ID, &x.Unit, &x.Year, &x.Number, &x.Kind, &x.Dossier, &x.Code, &x.Channel, &x.Name, &x.Contact, &x.Asks, &x.Received, &x.By, &x.Due,
		&x.Identity, &x.Assigned, &x.Outcome, &x.Answered, &x.AnswerBy, &x.Answer, &x.Basis)
	return x, err
}

// Receive registers a request at the counter. Faults: Forbidden, NotFound; Invalid with
// fields kind, name, asks; Conflict where the same waits already.
func (k *Desk) Receive(ctx context.Context, a actor.Actor, n New) (Request, error) {
	var out Request
	err := k.DB.Write(ctx, func(tx *db.Tx) (err error) {
		id, u, err := k.Dossiers.Ref(ctx, tx, n.Code)
		if err != nil {
			return err
		}
		if err := k.Guard.Check(ctx, tx, a, auth.PrivacyReceive, actor.UnitID(u)); err != nil {
			return err
		}
		out, err = k.receive(ctx, tx, a, id, u, n, Counter)
		return err
	})
	return out, err
}

// applicant is who acts where a person asks without an account.
var applicant = actor.System("applicant")

// ReceivePublic registers what somebody asks on the public page, who knows the code of
// a dossier and the last digits of its phone. That is enough to be registered, and not
// to be told anything: who asks is made sure of before the answer.
func (k *Desk) ReceivePublic(ctx context.Context, n New, digits string) (Request, error) {
	var out Request
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		id, own, u, err := k.Dossiers.Verified(ctx, tx, n.Code, digits)
		if err != nil {
			return err
		}
		n.Code, n.Identity = own, "" // what is granted is done by the dossier's own code
		out, err = k.receive(ctx, tx, applicant, id, u, n, Public)
		return err
	})
	return out, err
}

func (k *Desk) receive(ctx context.Context, tx *db.Tx, a actor.Actor, id string, u unit.ID, n New, channel string) (Request, error) {
	for _, s := range []*string{&n.Name, &n.Contact, &n.Asks, &n.Identity} {
		*s = strings.TrimSpace(*s)
	}
	f := fault.New(fault.Invalid, "form.invalid")
	if !slices.Contains(Kinds, n.Kind) {
		f.With("kind", "privacy.request.kind_missing")
	}
	if n.Name == "" {
		f.With("name", "dossier.name_missing")
	}
	if n.Kind != Access && n.Asks == "" {
		f.With("asks", "privacy.request.asks_missing")
	}
	for name, s := range map[string]string{"name": n.Name, "contact": n.Contact, "asks": n.Asks, "identity": n.Identity} {
		if utf8.RuneCountInString(s) > textMost {
			f.With(name, "privacy.request.long", "Most", textMost)
		}
	}
	if err := f.Or(); err != nil {
		return Request{}, err
	}
	open, err := db.All(ctx, tx, requestOpen, scanRequest, id, n.Kind)
	if err != nil {
		return Request{}, err
	}
	if len(open) > 0 {
		return Request{}, fault.New(fault.Conflict, "privacy.request.waits", "Number", open[0].Label())
	}
	due, err := k.due(ctx, tx, u, tx.Now)
	if err != nil {
		return Request{}, err
	}
	year := tx.Now.Time().Year()
	last, err := db.Value[int](ctx, tx, requestLast, string(u), year)
	if err != nil {
		return Request{}, err
	}
	r := Request{ID: db.NewID(), Unit: u, Year: year, Number: last + 1, Kind: n.Kind, Dossier: id, Code: n.Code, Channel: channel, Name: n.Name, Contact: n.Contact,
		Asks: n.Asks, Received: tx.Now, By: a.Account, Due: due, Identity: n.Identity}
	err = tx.InsertRows(ctx, requestAdd, [][]any{{r.ID, string(u), year, r.Number, r.Kind, r.Dossier, r.Code, r.Channel, r.Name, r.Contact, r.Asks, r.Received, r.By, r.Due,
		r.Identity, "", "", nil, "", "", ""}})
	if err != nil {
		return r, err
	}
	return r, k.told(ctx, tx, a, r, "privacy.receive", "", audit.Change{Field: "kind", To: r.Kind}, audit.Change{Field: "due", To: r.Due.String()},
		audit.Change{Field: "name", To: r.Name, Personal: true}, audit.Change{Field: "identity", To: yes(r.Identity != "")})
}

// due returns until when what came at an instant is answered: within the days that held
// then, on the unit's calendar as it is known now.
func (k *Desk) due(ctx context.Context, q db.Queryer, u unit.ID, received moment.Instant) (moment.Instant, error) {
	h, err := k.Settings.Holds(ctx, q, AnswerDays, "", received.Date())
	if err != nil {
		return 0, err
	}
	days, err := strconv.Atoi(h.Value)
	if err != nil {
		return 0, err
	}
	cal, err := k.Calendars.For(ctx, q, u)
	if err != nil {
		return 0, err
	}
	return cal.Due(received, calendar.Limit{Qty: calendar.Quantity(days * 1000), Unit: calendar.WorkingDay}, "")
}

// Reproject moves the due instants of open requests after a change of the calendar of a
// unit, or of all for "", and of those below it; it returns how many moved. As with
// dossiers, what people were told is never made earlier.
func (k *Desk) Reproject(ctx context.Context, u unit.ID, reason string) (moved int, err error) {
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		moved = 0
		list, err := k.OpenRequests(ctx, tx)
		if err != nil {
			return err
		}
		for _, r := range list {
			if u != "" {
				above, err := k.Units.Above(ctx, tx, r.Unit)
				if err != nil {
					return err
				}
				if !slices.Contains(above, u) {
					continue
				}
			}
			due, err := k.due(ctx, tx, r.Unit, r.Received)
			if err != nil {
				return err
			}
			if due <= r.Due {
				continue
			}
			if _, err := tx.Exec(ctx, requestMove, due, r.ID); err != nil {
				return err
			}
			err = k.told(ctx, tx, actor.System("calendar"), r, "privacy.due_moved", reason, audit.Change{Field: "due", From: r.Due.String(), To: due.String()})
			if err != nil {
				return err
			}
			moved++
		}
		return nil
	})
	return moved, err
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func (k *Desk) told(ctx context.Context, tx *db.Tx, a actor.Actor, r Request, verb, reason string, changes ...audit.Change) error {
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "subject_request", ID: r.ID, Unit: actor.UnitID(r.Unit), Reason: reason,
		Changes: append([]audit.Change{{Field: "number", To: r.Label()}}, changes...)})
}

// maySee asks for the right to answer, or to receive where seeing is enough.
func (k *Desk) maySee(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) error {
	may, err := k.Guard.May(ctx, q, a, auth.PrivacyReceive, actor.UnitID(u))
	if err != nil || may {
		return err
	}
	return k.Guard.Check(ctx, q, a, auth.PrivacyAnswer, actor.UnitID(u))
}

// Requests returns requests of units where the actor receives or answers, the latest
// first: all or those that are open.
func (k *Desk) Requests(ctx context.Context, q db.Queryer, a actor.Actor, open bool, limit int) ([]Request, error) {
	if err := k.Guard.CheckAnywhere(a, auth.PrivacyReceive); err != nil {
		if err := k.Guard.CheckAnywhere(a, auth.PrivacyAnswer); err != nil {
			return nil, err
		}
	}
	before := moment.Instant(1 << 52)
	var out []Request
	may := map[unit.ID]bool{}
	for {
		args := db.Args{"before": before, "limit": 500}
		if open {
			args["open"] = true
		}
		stmt, params := requestAll.With(args)
		list, err := db.All(ctx, q, stmt, scanRequest, params...)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			if _, known := may[r.Unit]; !known {
				err := k.maySee(ctx, q, a, r.Unit)
				if err != nil && fault.As(err) == nil {
					return nil, err
				}
				may[r.Unit] = err == nil
			}
			if may[r.Unit] && len(out) < limit {
				out = append(out, r)
			}
		}
		if len(list) < 500 || len(out) >= limit {
			return out, nil
		}
		before = list[len(list)-1].Received
	}
}

// OpenRequests returns all that wait for an answer, due first, for who tells people.
func (k *Desk) OpenRequests(ctx context.Context, q db.Queryer) ([]Request, error) {
	return db.All(ctx, q, requestDue, scanRequest)
}

// OfDossier returns the requests by which a dossier's person is known.
func (k *Desk) OfDossier(ctx context.Context, q db.Queryer, dossier string) ([]Request, error) {
	return db.All(ctx, q, requestOf, scanRequest, dossier)
}

// Request returns one. Faults: Forbidden, NotFound.
func (k *Desk) Request(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Request, error) {
	found, err := db.All(ctx, q, requestOne, scanRequest, id)
	if err != nil {
		return Request{}, err
	}
	if len(found) == 0 {
		return Request{}, fault.New(fault.NotFound, "privacy.request.unknown")
	}
	return found[0], k.maySee(ctx, q, a, found[0].Unit)
}

// stands is how a request stands in the words of the policy.
func (r Request) stands() auth.State {
	switch {
	case r.Outcome == "refused":
		return "refused"
	case r.Answered != 0:
		return "answered"
	case r.Identity != "":
		return "identified"
	}
	return "received"
}

// answering returns a request to which the actor may do an act of answering.
func (k *Desk) answering(ctx context.Context, tx *db.Tx, a actor.Actor, x auth.Act, id string) (Request, error) {
	r, err := k.Request(ctx, tx, a, id)
	if err != nil {
		return r, err
	}
	answered := fault.New(fault.Conflict, "privacy.request.answered")
	return r, k.Guard.Do(ctx, tx, a, x, actor.UnitID(r.Unit), r.stands(), answered)
}

// Identify notes how it was made sure who asks. Faults: Forbidden, NotFound, Conflict;
// Invalid with field identity.
func (k *Desk) Identify(ctx context.Context, a actor.Actor, id, how string) error {
	how = strings.TrimSpace(how)
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := k.answering(ctx, tx, a, auth.IdentifyPerson, id)
		if err != nil {
			return err
		}
		if how == "" || utf8.RuneCountInString(how) > textMost {
			return fault.New(fault.Invalid, "form.invalid").With("identity", "privacy.request.identity_missing")
		}
		if _, err := tx.Exec(ctx, requestKnow, how, id); err != nil {
			return err
		}
		return k.told(ctx, tx, a, r, "privacy.identify", "", audit.Change{Field: "identity", From: yes(r.Identity != ""), To: "true"})
	})
}

// Assign gives a request to somebody who may answer it. Faults: Forbidden, NotFound,
// Conflict; Invalid with field account.
func (k *Desk) Assign(ctx context.Context, a actor.Actor, id, account string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := k.answering(ctx, tx, a, auth.AssignRequest, id)
		if err != nil {
			return err
		}
		people, err := k.People(ctx, tx, r.Unit)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(people, func(p Person) bool { return p.Account == account }) {
			return fault.New(fault.Invalid, "form.invalid").With("account", "privacy.request.account_wrong")
		}
		if _, err := tx.Exec(ctx, requestGive, account, id); err != nil {
			return err
		}
		return k.told(ctx, tx, a, r, "privacy.assign", "", audit.Change{Field: "account", From: r.Assigned, To: account})
	})
}

// A Person is somebody who may answer requests.
type Person struct{ Account, Name string }

// An Answer is how a request is answered.
type Answer struct {
	Granted    bool
	Text       string
	Basis      string            // why the law does not let it, of a refusal
	Correction map[string]string // of a granted correction: name, id_number, phone, email, address
	Codes      []string          // of a granted deletion: the dossiers that the preview showed
}

// Answer answers a request and does what was granted, in one write: the correction by
// the verb that corrects, the deletion by the one that erases, with their rights and
// rules. To have given somebody their data, the data must have been opened for this very
// request. Faults: theirs; Forbidden, NotFound, Conflict; Invalid with fields answer, basis,
// identity, outcome.
func (k *Desk) Answer(ctx context.Context, a actor.Actor, id string, x Answer) error {
	x.Text, x.Basis = strings.TrimSpace(x.Text), strings.TrimSpace(x.Basis)
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := k.answering(ctx, tx, a, auth.AnswerRequest, id)
		if err != nil {
			return err
		}
		f := fault.New(fault.Invalid, "form.invalid")
		if x.Text == "" {
			f.With("answer", "privacy.request.answer_missing")
		}
		if !x.Granted && x.Basis == "" {
			f.With("basis", "privacy.request.basis_missing")
		}
		if x.Granted && r.Identity == "" {
			f.With("identity", "privacy.request.identity_missing")
		} else if x.Granted && r.Kind == Access {
			opened, err := audit.Latest(ctx, tx, audit.Filter{Verb: "privacy.data", Kind: "subject_request", Object: r.ID, Limit: 1})
			if err != nil {
				return err
			}
			if len(opened) == 0 { // nobody can have given what nobody opened
				f.With("outcome", "privacy.request.not_opened")
			}
		}
		for name, s := range map[string]string{"answer": x.Text, "basis": x.Basis} {
			if utf8.RuneCountInString(s) > textMost {
				f.With(name, "privacy.request.long", "Most", textMost)
			}
		}
		if err := f.Or(); err != nil {
			return err
		}
		outcome := "refused"
		if x.Granted {
			outcome = "granted"
		}
		if _, err := tx.Exec(ctx, requestAnswer, outcome, tx.Now, a.Account, x.Text, x.Basis, id); err != nil {
			return err
		}
		err = k.told(ctx, tx, a, r, "privacy.answer", x.Basis, audit.Change{Field: "outcome", To: outcome}, audit.Change{Field: "late", To: yes(r.Late(tx.Now))})
		if err != nil || !x.Granted {
			return err
		}
		switch r.Kind {
		case Correct:
			return k.Dossiers.CorrectPerson(ctx, tx, a, r.Code, x.Correction, "Theo yêu cầu "+r.Label(), r.Label())
		case Delete:
			return k.Dossiers.ErasePerson(ctx, tx, a, r.Code, x.Codes, "Theo yêu cầu "+r.Label(), r.Label())
		}
		return nil
	})
}

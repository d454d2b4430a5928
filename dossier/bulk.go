package dossier

import (
	"context"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// A BulkAct is something that is done to many dossiers at once.
type BulkAct string

const (
	BulkAssign    BulkAct = "assign"    // giao việc: the current step gets a holder
	BulkForward   BulkAct = "forward"   // chuyển bước
	BulkApologise BulkAct = "apologise" // xin lỗi và hẹn lại, form 04
	BulkReturn    BulkAct = "return"    // trả kết quả
)

// BulkActs lists them in the order of pages.
var BulkActs = []BulkAct{BulkAssign, BulkForward, BulkApologise, BulkReturn}

// BulkMost is how many dossiers one run has at most: a person reads them before.
const BulkMost = 500

// Verb is the right that the act needs where each dossier is.
func (b BulkAct) Verb() auth.Verb { return b.act().Verb }

// act is the row of the policy. What is handed over unread is resolved already: one
// by one it may be resolved by that.
func (b BulkAct) act() auth.Act {
	switch b {
	case BulkApologise:
		return auth.ApologiseDossier
	case BulkReturn:
		return auth.HandOverMany
	case BulkForward:
		return auth.ForwardMany
	case BulkAssign:
		return auth.AllotMany
	}
	return auth.Act{}
}

// Undone reports whether the act can be taken back. An apology went to a citizen
// and is given once (TT 03/2025/TT-VPCP, form 04), and a result that was handed
// over is out of the office: what was entered by mistake there is corrected on
// the dossier's page, one by one.
func (b BulkAct) Undone() bool { return b == BulkAssign || b == BulkForward }

// A Bulk is what is to be done to many.
type Bulk struct {
	ID       string // made by the form: sent twice, it is one run
	Act      BulkAct
	To       string // account: whose the step becomes; forwarded without it, it is for anybody of the next step
	Reason   string
	Document string // apology: number and day of the paper; return: of the list or parcel
	How      string // return: counter, post, online; "" is as each receipt says
	Items    []BulkItem
}

// A BulkItem is one dossier of it.
type BulkItem struct {
	Code  string
	Until moment.Instant // apology: the new promise
}

func (b *Bulk) how(d *Dossier) string {
	switch {
	case b.How != "":
		return b.How
	case d.ReturnBy != "":
		return d.ReturnBy
	}
	return AtCounter
}

// A BulkLine tells what an act would do to one dossier.
type BulkLine struct {
	Dossier
	Applicant string
	Now, Next *Step        // where it is, and where it would be forwarded to
	How       string       // how the result would be handed over
	Problem   *fault.Fault // why nothing can be done; nil when it can
}

// A bulkLook tells whether an act is possible, and keeps what it learnt.
type bulkLook struct {
	k      *Desk
	q      db.Queryer
	a      actor.Actor
	b      *Bulk
	now    moment.Instant
	may    map[unit.ID]bool
	people map[string][]auth.Person // by unit and role
	order  []string
}

// ready returns a fault when the act cannot be done to the dossier. What a verb
// says itself is said here in the same words, before anything is done.
func (l *bulkLook) ready(ctx context.Context, d *Dossier, steps []Step) error {
	if d.System != "" {
		return fault.New(fault.Conflict, "bulk.elsewhere")
	}
	ok, known := l.may[d.State.Unit]
	if !known {
		var err error
		if ok, err = l.k.Guard.May(ctx, l.q, l.a, l.b.Act.Verb(), d.State.Unit); err != nil {
			return err
		}
		l.may[d.State.Unit] = ok
	}
	if !ok {
		return fault.New(fault.Forbidden, "bulk.no_right")
	}
	stands, err := stands(ctx, l.q, d)
	if err != nil {
		return err
	}
	open := l.b.Act.act().In(stands)
	switch l.b.Act {
	case BulkApologise:
		if !open {
			return fault.New(fault.Conflict, "bulk.not_open")
		}
		if d.Apology != 0 {
			return fault.New(fault.Conflict, "dossier.apologised_already")
		}
		return nil
	case BulkReturn:
		if d.Returned != 0 {
			return fault.New(fault.Conflict, "bulk.returned_already")
		}
		if !open {
			return fault.New(fault.Conflict, "bulk.not_resolved")
		}
		return nil
	}
	if !open && d.Waiting == "" || !d.IsOpen() {
		return fault.New(fault.Conflict, "bulk.not_open")
	}
	s := current(steps)
	if s == nil {
		return fault.New(fault.Conflict, "dossier.no_step")
	}
	if l.b.Act == BulkAssign {
		if err := mayAllot(l.a, s, l.b.To); err != nil {
			return err
		}
		return l.person(ctx, d, s)
	}
	if !open {
		return fault.New(fault.Conflict, "bulk.waiting")
	}
	next := following(steps, s)
	if next < 0 {
		return fault.New(fault.Conflict, "dossier.last_step")
	}
	return l.person(ctx, d, &steps[next])
}

// person refuses one who may not have the step, and notes who may.
func (l *bulkLook) person(ctx context.Context, d *Dossier, s *Step) error {
	key := string(d.State.Unit) + " " + s.Role
	people, known := l.people[key]
	if !known {
		var err error
		if people, err = candidates(ctx, l.q, d, s, l.now.Date()); err != nil {
			return err
		}
		l.people[key] = people
		l.order = append(l.order, key)
	}
	if l.b.To != "" && !slices.ContainsFunc(people, func(p auth.Person) bool { return p.Account == l.b.To }) {
		return fault.New(fault.Conflict, "bulk.person_wrong", "Step", s.Name)
	}
	return nil
}

func (k *Desk) look(q db.Queryer, a actor.Actor, b *Bulk, now moment.Instant) *bulkLook {
	return &bulkLook{k: k, q: q, a: a, b: b, now: now, may: map[unit.ID]bool{}, people: map[string][]auth.Person{}}
}

// BulkPreview tells what would happen to each dossier, and to whom steps may be
// given. Nothing is written. The actor must be allowed to read each.
func (k *Desk) BulkPreview(ctx context.Context, q db.Queryer, a actor.Actor, b *Bulk) ([]BulkLine, []auth.Person, error) {
	if err := b.check(); err != nil {
		return nil, nil, err
	}
	l := k.look(q, a, b, k.DB.Now())
	reads := map[unit.ID]bool{}
	out := make([]BulkLine, 0, len(b.Items))
	for _, item := range b.Items {
		d, err := find(ctx, q, item.Code)
		if err != nil {
			return nil, nil, err
		}
		if !reads[d.State.Unit] {
			if err := k.Guard.Check(ctx, q, a, auth.DossierRead, d.State.Unit); err != nil {
				return nil, nil, err
			}
			reads[d.State.Unit] = true
		}
		line := BulkLine{Dossier: d, How: b.how(&d)}
		p, err := db.One(ctx, q, personOf, scanPerson, d.ID)
		if err != nil {
			return nil, nil, err
		}
		line.Applicant = p.Name
		steps, err := k.Steps(ctx, q, d)
		if err != nil {
			return nil, nil, err
		}
		if line.Now = current(steps); line.Now != nil {
			if i := following(steps, line.Now); i >= 0 {
				line.Next = &steps[i]
			}
		}
		if err := l.ready(ctx, &d, steps); err != nil {
			if line.Problem = fault.As(err); line.Problem == nil {
				return nil, nil, err
			}
		}
		out = append(out, line)
	}
	var people []auth.Person
	for _, key := range l.order {
		for _, p := range l.people[key] {
			if !slices.Contains(people, p) {
				people = append(people, p)
			}
		}
	}
	return out, people, nil
}

// check refuses what is no run at all.
func (b *Bulk) check() error {
	switch {
	case !slices.Contains(BulkActs, b.Act):
		return fault.New(fault.Invalid, "form.invalid").With("act", "bulk.act_wrong")
	case len(b.Items) == 0:
		return fault.New(fault.Invalid, "bulk.none")
	case len(b.Items) > BulkMost:
		return fault.New(fault.Invalid, "bulk.too_many", "Most", BulkMost)
	}
	return nil
}

// complete tells which fields of a run are missing or wrong.
func (b *Bulk) complete() error {
	b.Reason, b.Document = strings.TrimSpace(b.Reason), strings.TrimSpace(b.Document)
	f := fault.New(fault.Invalid, "form.invalid")
	if b.Act == BulkAssign && b.To == "" {
		f.With("to", "bulk.to_missing")
	}
	if b.Act == BulkApologise && b.Reason == "" {
		f.With("reason", "dossier.reason_missing")
	}
	if b.Act == BulkReturn && !slices.Contains([]string{"", AtCounter, ByPost, ByOnline}, b.How) {
		f.With("how", "dossier.return_by_wrong")
	}
	return f.Or()
}

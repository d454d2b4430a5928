package privacy

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/job"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/setting"
	"cchc/unit"
)

// LookMonths is for how many months it is kept who looked at what, and which files left.
var LookMonths = &setting.Setting{Name: "privacy.look_months", Group: setting.Retention, Kind: setting.Integer,
	Usual: "24", Least: 1, Most: 120, System: true, Verb: auth.SettingChange}

// AnswerDays is within how many working days a person's request is answered.
var AnswerDays = &setting.Setting{Name: "privacy.answer_days", Group: "privacy", Kind: setting.Integer,
	Usual: "2", Least: 1, Most: 20, System: true, Verb: auth.SettingChange}

// Settings are this room's.
var Settings = []*setting.Setting{LookMonths, AnswerDays}

// A Class is a class of data (loại dữ liệu) with how long it is kept. One with a setting
// has a rule that people set; Fixed ones have a text that says why they have none.
type Class struct {
	Key     string
	Setting *setting.Setting // nil: Fixed
	Approve bool             // nothing goes before somebody approved it
	// Old counts what is over, and all there is; nil where nothing is counted.
	Old func(ctx context.Context, q db.Queryer) (old, all int, err error)
}

// Forget drops looks and files whose time is over. It runs by itself: the log of looks
// says nothing of its own that anybody could claim.
func (k *Desk) Forget(ctx context.Context) error {
	before, err := k.lookOver(ctx, k.DB)
	if err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := look.Drop(ctx, tx, before)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: actor.System("privacy.forget"), Verb: "privacy.forget", Kind: "retention", ID: "looks",
			Changes: []audit.Change{{Field: "rows", To: number(n)}, {Field: "before", To: before.String()}}})
	})
}

func (k *Desk) lookOver(ctx context.Context, q db.Queryer) (moment.Date, error) {
	months, err := k.Settings.Int(ctx, q, LookMonths, "")
	return k.DB.Now().Date().AddMonths(-int(months)), err
}

// OldLooks counts looks and files that Forget would drop, and all there are.
func (k *Desk) OldLooks(ctx context.Context, q db.Queryer) (old, all int, err error) {
	before, err := k.lookOver(ctx, q)
	if err != nil {
		return 0, 0, err
	}
	return look.Old(ctx, q, before)
}

// A Past is a dossier whose people have been kept as long as the rules say.
type Past struct {
	ID, Code string
	Until    moment.Date
}

// A Register is what this room asks of dossiers about retention.
type Register interface {
	// PastUnits returns the units that have dossiers.
	PastUnits(ctx context.Context, q db.Queryer) ([]unit.ID, error)
	// Past gives the dossiers of a unit alone whose time is over, and counts those that
	// stay all the same.
	Past(ctx context.Context, q db.Queryer, u unit.ID, each func(Past) error) (kept int, err error)
	// ErasePast takes the people out of some, and says of the others why they stay.
	ErasePast(ctx context.Context, a actor.Actor, ids []string, reason, document string) (kept map[string]*fault.Fault, err error)
}

// A Proposal is what a retention rule would take people out of in a unit (đề nghị xoá dữ
// liệu hết thời hạn giữ).
type Proposal struct {
	ID       string
	Unit     unit.ID
	At       moment.Instant
	Account  string // who proposed; the system's for the monthly one
	For      string // account in whose place; "" in their own
	State    string // proposed, refused, approved, done
	Count    int
	Decided  moment.Instant
	By       string
	Document string
	Reason   string
	Done     moment.Instant
	Erased   int
}

// An Item is one dossier of a proposal.
type Item struct {
	Dossier, Code string
	Until         moment.Date
	State         string // waiting, erased, kept
	Problem       string // key of the message why it stays
}

// Erase is the job that does what was approved.
var Erase = job.Kind[string]{Name: "privacy.erase", Attempts: 20}

const (
	// proposedMost is how many dossiers one proposal has at most: what a person can look
	// through. The rest comes with the next.
	proposedMost = 5000
	// proposedDays is how often a unit is asked by itself.
	proposedDays = 30
	eraseAtOnce  = 50
)

const proposalColumns = `id, unit_id, at, account, state, quantity, COALESCE(decided_at, 0), decided_by, document, reason, COALESCE(done_at, 0), erased, made_for`

var (
	proposalAdd  = db.Rows("privacy.proposal.add", "retention_proposal", "id, unit_id, at, account, state, quantity, decided_at, decided_by, document, reason, done_at, erased, made_for", "")
	itemAdd      = db.Rows("privacy.item.add", "retention_item", "proposal_id, dossier_id, code, kept_until, state, problem", "")
	proposalLast = db.SQL("privacy.proposal.last", `SELECT `+proposalColumns+` FROM retention_proposal WHERE unit_id = $1 ORDER BY at DESC, id DESC LIMIT 1`)
	proposalOne  = db.SQL("privacy.proposal.one", `SELECT `+proposalColumns+` FROM retention_proposal WHERE id = $1`)
	// What waits for people or for the job is read whole; of the rest the latest, going on
	// until enough are the actor's.
	proposalAll = db.SQL("privacy.proposal.list", `
		SELECT `+proposalColumns+`
		FROM retention_proposal
		WHERE state IN ('refused', 'done') AND (at < $1 OR at = $1 AND id < $2)
		ORDER BY at DESC, id DESC
		LIMIT 500`)
	proposalsOpen = db.SQL("privacy.proposals.open", `SELECT `+proposalColumns+` FROM retention_proposal WHERE state IN ('proposed', 'approved') ORDER BY at DESC, id DESC`)
	itemsOf       = db.SQL("privacy.items", `SELECT dossier_id, code, kept_until, state, problem FROM retention_item WHERE proposal_id = $1 ORDER BY code`)
	itemsNext     = db.SQL("privacy.items.next", `SELECT dossier_id, code, kept_until, state, problem FROM retention_item WHERE proposal_id = $1 AND state = 'waiting' ORDER BY dossier_id LIMIT $2`)
	itemSet       = db.SQL("privacy.item.set", `UPDATE retention_item SET state = $1, problem = $2 WHERE proposal_id = $3 AND dossier_id = $4`)
	itemsErased   = db.SQL("privacy.items.erased", `SELECT COUNT(*) FROM retention_item WHERE proposal_id = $1 AND state = 'erased'`)
	decide        = db.SQL("privacy.proposal.decide", `UPDATE retention_proposal SET state = $1, decided_at = $2, decided_by = $3, document = $4, reason = $5 WHERE id = $6 AND state = 'proposed'`)
	proposalsLeft = db.SQL("privacy.proposals.approved", `SELECT `+proposalColumns+` FROM retention_proposal WHERE state = 'approved' ORDER BY id`)
	finish        = db.SQL("privacy.proposal.done", `UPDATE retention_proposal SET state = 'done', done_at = $1, erased = $2 WHERE id = $3 AND state = 'approved'`)
)

func scanProposal(r db.Scanner) (p Proposal, err error) {
	err = r.Scan(&p.ID, &p.Unit, &p.At, &p.Account, &p.State, &p.Count, &p.Decided, &p.By, &p.Document, &p.Reason, &p.Done, &p.Erased, &p.For)
	return p, err
}

func scanItem(r db.Scanner) (x Item, err error) {
	err = r.Scan(&x.Dossier, &x.Code, &x.Until, &x.State, &x.Problem)
	return x, err
}

// resume asks again for what was approved and that no job is left to do: the job was
// tried until it was given up, or somebody cancelled it. Until it is done the unit can
// propose nothing.
func (k *Desk) resume(ctx context.Context) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		list, err := db.All(ctx, tx, proposalsLeft, scanProposal)
		if err != nil || len(list) == 0 {
			return err
		}
		waiting, err := Erase.Waiting(ctx, tx)
		if err != nil {
			return err
		}
		for _, p := range list {
			if slices.Contains(waiting, p.ID) {
				continue
			}
			if err := Erase.Enqueue(ctx, tx, p.ID); err != nil {
				return err
			}
			err := audit.Record(ctx, tx, audit.Entry{Actor: actor.System("privacy.propose"), Verb: "privacy.resume", Kind: "retention", ID: p.ID, Unit: actor.UnitID(p.Unit),
				Changes: []audit.Change{{Field: "document", To: p.Document}}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ProposeDue proposes for every unit in which time is over and nothing waits to be
// decided; each unit once in proposedDays. What was approved and nothing does any more is
// taken up again.
func (k *Desk) ProposeDue(ctx context.Context) error {
	if err := k.resume(ctx); err != nil {
		return err
	}
	units, err := k.Register.PastUnits(ctx, k.DB)
	if err != nil {
		return err
	}
	sweep := actor.System("privacy.propose")
	for _, u := range units {
		last, err := db.All(ctx, k.DB, proposalLast, scanProposal, string(u))
		if err != nil {
			return err
		}
		if len(last) > 0 && (last[0].State == "proposed" || last[0].At.Date().AddDays(proposedDays) > k.DB.Now().Date()) {
			continue
		}
		if _, err := k.Propose(ctx, sweep, u); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// errFull ends the gathering of a proposal.
var errFull = errors.New("the proposal is full")

// Preview returns of the dossiers of a unit those whose time is over, at most so many
// as a proposal has, and how many stay all the same.
func (k *Desk) Preview(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) (list []Past, kept int, err error) {
	if err := k.mayPropose(ctx, q, a, u); err != nil {
		return nil, 0, err
	}
	kept, err = k.Register.Past(ctx, q, u, func(x Past) error {
		if len(list) == proposedMost {
			return errFull
		}
		list = append(list, x)
		return nil
	})
	if errors.Is(err, errFull) {
		err = nil
	}
	return list, kept, err
}

func (k *Desk) mayPropose(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID) error {
	may, err := k.Guard.May(ctx, q, a, auth.PrivacyApprove, u)
	if err != nil || may {
		return err
	}
	return k.Guard.Check(ctx, q, a, auth.PrivacyKeep, u)
}

// Propose makes a proposal of what is over in a unit; nothing goes before it is
// approved. Faults: Forbidden; Conflict where one waits already, or nothing is over.
func (k *Desk) Propose(ctx context.Context, a actor.Actor, u unit.ID) (id string, err error) {
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		list, _, err := k.Preview(ctx, tx, a, u)
		if err != nil {
			return err
		}
		last, err := db.All(ctx, tx, proposalLast, scanProposal, string(u))
		if err != nil {
			return err
		}
		stands := auth.State("none")
		if len(last) > 0 {
			stands = auth.State(last[0].State)
		}
		if !auth.ProposeErasing.In(stands) {
			return fault.New(fault.Conflict, "privacy.retention.waits")
		}
		if len(list) == 0 {
			return fault.New(fault.Conflict, "privacy.retention.nothing")
		}
		id = db.NewID()
		if err := tx.InsertRows(ctx, proposalAdd, [][]any{{id, string(u), tx.Now, a.Account, "proposed", len(list), nil, "", "", "", nil, 0, a.For.Account}}); err != nil {
			return err
		}
		rows := make([][]any, len(list))
		for i, x := range list {
			rows[i] = []any{id, x.ID, x.Code, x.Until, "waiting", ""}
		}
		if err := tx.InsertRows(ctx, itemAdd, rows); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "privacy.propose", Kind: "retention", ID: id, Unit: actor.UnitID(u),
			Changes: []audit.Change{{Field: "dossiers", To: number(int64(len(list)))}}})
	})
	return id, err
}

// decidedMost is how many proposals that are over a list shows.
const decidedMost = 500

// Proposals returns the proposals of units where the actor may decide or keep, the latest
// first: all that wait for somebody or are being done, and of the others the last
// decidedMost. How many other units have counts for nothing.
func (k *Desk) Proposals(ctx context.Context, q db.Queryer, a actor.Actor) ([]Proposal, error) {
	own := k.ownUnits(q, a)
	out, err := k.waitingFor(ctx, q, own)
	if err != nil {
		return nil, err
	}
	n, at, id := 0, moment.Instant(1<<52), ""
	for n < decidedMost {
		list, err := db.All(ctx, q, proposalAll, scanProposal, at, id)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			may, err := own(ctx, p.Unit)
			if err != nil {
				return nil, err
			}
			if may && n < decidedMost {
				out = append(out, p)
				n++
			}
		}
		if len(list) < 500 {
			break
		}
		last := list[len(list)-1]
		at, id = last.At, last.ID
	}
	slices.SortStableFunc(out, func(x, y Proposal) int { return cmp.Or(cmp.Compare(y.At, x.At), strings.Compare(y.ID, x.ID)) })
	return out, nil
}

// waitingFor returns what is not over, in units of which own says that it is the actor's.
func (k *Desk) waitingFor(ctx context.Context, q db.Queryer, own func(context.Context, unit.ID) (bool, error)) ([]Proposal, error) {
	all, err := db.All(ctx, q, proposalsOpen, scanProposal)
	if err != nil {
		return nil, err
	}
	var out []Proposal
	for _, p := range all {
		may, err := own(ctx, p.Unit)
		if err != nil {
			return nil, err
		}
		if may {
			out = append(out, p)
		}
	}
	return out, nil
}

// ownUnits tells of units whether the actor may decide or keep there, asking for each
// once.
func (k *Desk) ownUnits(q db.Queryer, a actor.Actor) func(context.Context, unit.ID) (bool, error) {
	known := map[unit.ID]bool{}
	return func(ctx context.Context, u unit.ID) (bool, error) {
		if may, ok := known[u]; ok {
			return may, nil
		}
		err := k.mayPropose(ctx, q, a, u)
		if err != nil && fault.As(err) == nil {
			return false, err
		}
		known[u] = err == nil
		return known[u], nil
	}
}

// Proposal returns one with its dossiers. Faults: Forbidden, NotFound.
func (k *Desk) Proposal(ctx context.Context, q db.Queryer, a actor.Actor, id string) (Proposal, []Item, error) {
	found, err := db.All(ctx, q, proposalOne, scanProposal, id)
	if err != nil {
		return Proposal{}, nil, err
	}
	if len(found) == 0 {
		return Proposal{}, nil, fault.New(fault.NotFound, "privacy.retention.unknown")
	}
	if err := k.mayPropose(ctx, q, a, found[0].Unit); err != nil {
		return Proposal{}, nil, err
	}
	items, err := db.All(ctx, q, itemsOf, scanItem, id)
	return found[0], items, err
}

// Decide approves a proposal, by the number and day of a decision, or refuses it with a
// reason. Neither who proposed approves nor in whose place they did, nor does whoever acts
// for one of these. Faults: Forbidden, NotFound, Conflict; Invalid with field document or
// reason.
func (k *Desk) Decide(ctx context.Context, a actor.Actor, id string, approve bool, document, reason string) error {
	document, reason = strings.TrimSpace(document), strings.TrimSpace(reason)
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		found, err := db.All(ctx, tx, proposalOne, scanProposal, id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "privacy.retention.unknown")
		}
		p := found[0]
		if err := k.Guard.Check(ctx, tx, a, auth.DecideErasing.Verb, actor.UnitID(p.Unit)); err != nil {
			return err
		}
		state := "refused"
		switch {
		case approve && document == "":
			return fault.New(fault.Invalid, "form.invalid").With("document", "privacy.retention.document_missing")
		case approve && (a.Is(p.Account) || a.Is(p.For)):
			return fault.New(fault.Conflict, "privacy.retention.own")
		case approve:
			state = "approved"
		case reason == "":
			return fault.New(fault.Invalid, "form.invalid").With("reason", "dossier.reason_missing")
		}
		decided := fault.New(fault.Conflict, "privacy.retention.decided")
		if !auth.DecideErasing.In(auth.State(p.State)) {
			return decided
		}
		n, err := tx.Exec(ctx, decide, state, tx.Now, a.Account, document, reason, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return decided // by somebody else, just now
		}
		if approve {
			if err := Erase.Enqueue(ctx, tx, id); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "privacy.approve", Kind: "retention", ID: id, Unit: actor.UnitID(p.Unit), Reason: reason,
			Changes: []audit.Change{{Field: "state", From: p.State, To: state}, {Field: "document", To: document}}})
	})
}

// Carry does what was approved, some dossiers in each write, and goes on where it was
// when it is run again.
func (k *Desk) Carry(ctx context.Context, id string) error {
	found, err := db.All(ctx, k.DB, proposalOne, scanProposal, id)
	if err != nil || len(found) == 0 || !auth.CarryErasing.In(auth.State(found[0].State)) {
		return err
	}
	p, sweep := found[0], actor.System("privacy.erase")
	for {
		items, err := db.All(ctx, k.DB, itemsNext, scanItem, id, eraseAtOnce)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			break
		}
		var ids []string
		for _, x := range items {
			ids = append(ids, x.Dossier)
		}
		// When it stops between these two writes, those that were erased are found erased.
		kept, err := k.Register.ErasePast(ctx, sweep, ids, Over, p.Document)
		if err != nil {
			return err
		}
		err = k.DB.Write(ctx, func(tx *db.Tx) error {
			for _, d := range ids {
				state, problem := "erased", ""
				if f := kept[d]; f != nil {
					state, problem = "kept", f.Key
				}
				if _, err := tx.Exec(ctx, itemSet, state, problem, id, d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := db.Value[int](ctx, tx, itemsErased, id)
		if err != nil {
			return err
		}
		done, err := tx.Exec(ctx, finish, tx.Now, n, id)
		if err != nil || done == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: sweep, Verb: "privacy.erased", Kind: "retention", ID: id, Unit: actor.UnitID(p.Unit),
			Changes: []audit.Change{{Field: "document", To: p.Document}, {Field: "erased", To: number(int64(n))}, {Field: "kept", To: number(int64(p.Count - n))}}})
	})
}

// Over is the reason that stands in the trail of what a rule took; it is data, and so in
// Vietnamese.
const Over = "Hết thời hạn giữ dữ liệu"

// Waits counts the proposals that wait for the actor to decide.
func (k *Desk) Waits(ctx context.Context, a actor.Actor) (int, error) {
	q := k.DB.Lately()
	list, err := k.waitingFor(ctx, q, k.ownUnits(q, a))
	if err != nil {
		return 0, err
	}
	list = slices.DeleteFunc(list, func(p Proposal) bool { return p.State != "proposed" })
	n := 0
	for _, p := range list {
		may, err := k.Guard.May(ctx, q, a, auth.PrivacyApprove, actor.UnitID(p.Unit))
		if err != nil {
			return 0, err
		}
		if may {
			n++
		}
	}
	return n, nil
}

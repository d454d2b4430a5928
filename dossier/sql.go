package dossier

import (
	"context"
	"errors"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// identity are the columns fixed at receipt, state those that follow from facts,
// step who holds the dossier now.
const (
	identity = `id, system, code, procedure_code, version_id, sector, case_code, channel, return_by, area_class,
		territorial, convention, limit_qty, limit_unit, limit_basis, stops_as, external_due, rating_token`
	state = `unit_id, promised_unit_id, status, registered_at, accepted_at, accepted_day, not_accepted_at, started_at,
		ended_at, ended_day, end_kind, returned_at, due_original, due_at, due_day, due_promised, due_maximum, waiting,
		waiting_since, waiting_late, supplements, asked_before, withdrawal_at, apology_at, verdict, timed_day, timed_ok,
		marks, rating, transfers, by_instant, facts, last_at, last_recorded`
	step    = `step_name, step_role, step_account, step_due`
	columns = identity + `, ` + state + `, ` + step
)

var (
	rowInsert = db.Rows("dossier.insert", "dossier", columns, "")
	byCode    = db.SQL("dossier.by_code", `SELECT `+columns+` FROM dossier WHERE system = $1 AND code = $2`)
	byCodeAny = db.SQL("dossier.by_code_any", `SELECT `+columns+` FROM dossier WHERE code = $1 ORDER BY LENGTH(system), system LIMIT 2`)
	byToken   = db.SQL("dossier.by_token", `SELECT `+columns+` FROM dossier WHERE rating_token = $1 AND rating_token <> ''`)
	rowUpdate = db.SQL("dossier.update", `
		UPDATE dossier SET
			unit_id = $1, promised_unit_id = $2, status = $3, registered_at = $4, accepted_at = $5, accepted_day = $6,
			not_accepted_at = $7, started_at = $8, ended_at = $9, ended_day = $10, end_kind = $11, returned_at = $12,
			due_original = $13, due_at = $14, due_day = $15, due_promised = $16, due_maximum = $17, waiting = $18,
			waiting_since = $19, waiting_late = $20, supplements = $21, asked_before = $22, withdrawal_at = $23,
			apology_at = $24, verdict = $25, timed_day = $26, timed_ok = $27, marks = $28, rating = $29, transfers = $30,
			by_instant = $31, facts = $32, last_at = $33, last_recorded = $34,
			step_name = $35, step_role = $36, step_account = $37, step_due = $38
		WHERE id = $39`)

	factInsert = db.Rows("dossier.facts.insert", "dossier_fact",
		"dossier_id, seq, kind, at, recorded_at, account, unit_id, due, how, qty, ref, reason, document, on_behalf", "")
	factsOf = db.SQL("dossier.facts", `
		SELECT seq, kind, at, recorded_at, account, unit_id, due, how, qty, ref, reason, document, on_behalf
		FROM dossier_fact
		WHERE dossier_id = $1
		ORDER BY seq`)

	personInsert = db.Rows("dossier.person.insert", "dossier_person",
		"dossier_id, name, fold, id_number, phone, email, address, representative", "")
	personOf = db.SQL("dossier.person", `
		SELECT p.name, p.id_number, p.phone, p.email, p.address, p.representative,
			COALESCE(g.id_number, ''), COALESCE(g.phone, ''), COALESCE(g.relation, ''), COALESCE(g.document, '')
		FROM dossier_person p
		LEFT JOIN dossier_agent g ON g.dossier_id = p.dossier_id
		WHERE p.dossier_id = $1`)
	agentInsert = db.Rows("dossier.agent.insert", "dossier_agent", "dossier_id, id_number, phone, relation, document", "")

	paperInsert = db.Rows("dossier.papers.insert", "dossier_paper",
		"dossier_id, ord, name, source, result, file_key, file_name, file_type, file_size, signed", "")
	papersOf = db.SQL("dossier.papers", `
		SELECT ord, name, source, result, file_key, file_name, file_type, file_size, signed
		FROM dossier_paper
		WHERE dossier_id = $1
		ORDER BY ord`)

	stepStore = db.Rows("dossier.steps.store", "dossier_step",
		"dossier_id, ord, name, role, body, hours, beside, account, came_at, due_at, done_at, outcome, reason", `
		ON CONFLICT (dossier_id, ord) DO UPDATE SET
			name = excluded.name, role = excluded.role, body = excluded.body, hours = excluded.hours,
			beside = excluded.beside, account = excluded.account, came_at = excluded.came_at, due_at = excluded.due_at,
			done_at = excluded.done_at, outcome = excluded.outcome, reason = excluded.reason`)
	stepsOf = db.SQL("dossier.steps", `
		SELECT ord, name, role, body, hours, beside, account, came_at, due_at, done_at, outcome, reason
		FROM dossier_step
		WHERE dossier_id = $1
		ORDER BY ord`)
)

func (d *Dossier) identityArgs() []any {
	var version any
	if d.VersionID != "" {
		version = d.VersionID
	}
	var qty any
	if d.Limit.Unit != "" {
		qty = int64(d.Limit.Qty)
	}
	return []any{d.ID, d.System, d.Code, d.ProcedureCode, version, d.Sector, d.CaseCode, string(d.Channel), d.ReturnBy, d.AreaClass,
		d.Territorial, string(d.Convention), qty, string(d.Limit.Unit), d.LimitBasis, string(d.StopsAs), d.ExternalDue, d.RatingToken}
}

func (d *Dossier) stateArgs() []any {
	s := d.State
	timed, ok := s.Timed()
	return []any{string(s.Unit), string(s.Promised), int64(s.Status()), s.RegisteredAt, s.AcceptedAt, s.AcceptedAt.Date(),
		s.NotAccepted, s.Started, s.Ended, s.Ended.Date(), s.End, s.Returned, s.DueOriginal, s.Due, s.Due.Date(), s.DuePromised,
		s.DueMaximum, s.Waiting, s.WaitingSince, s.WaitingLate, s.Supplements, s.AskedBefore, s.Withdrawal, s.Apology,
		string(s.Verdict()), timed, ok, int64(s.Marks), s.Rating, s.Transfers, s.ByInstant, d.facts, s.LastAt, s.LastRecorded}
}

func (d *Dossier) stepArgs() []any {
	return []any{d.Step.Name, d.Step.Role, d.Step.Account, d.Step.Due}
}

func (d *Dossier) rowArgs() []any {
	return append(append(d.identityArgs(), d.stateArgs()...), d.stepArgs()...)
}

// scan reads a row of columns. What other columns repeat (status, days, verdict)
// is computed from the state and only compared by Verify.
func scan(r db.Scanner) (Dossier, error) {
	var d Dossier
	err := r.Scan(d.targets()...)
	return d, err
}

// targets are the destinations for the columns, in their order.
func (d *Dossier) targets() []any {
	var status int64
	var day moment.Date
	var text string
	var truth bool
	s := &d.State
	return append(d.identityTargets(), &s.Unit, &s.Promised, &status, &s.RegisteredAt, &s.AcceptedAt, &day, &s.NotAccepted, &s.Started, &s.Ended, &day, &s.End,
		&s.Returned, &s.DueOriginal, &s.Due, &day, &s.DuePromised, &s.DueMaximum, &s.Waiting, &s.WaitingSince, &s.WaitingLate,
		&s.Supplements, &s.AskedBefore, &s.Withdrawal, &s.Apology, &text, &day, &truth, &s.Marks, &s.Rating, &s.Transfers,
		&s.ByInstant, &d.facts, &s.LastAt, &s.LastRecorded,
		&d.Step.Name, &d.Step.Role, &d.Step.Account, &d.Step.Due)
}

// identityTargets are those of the columns of identity.
func (d *Dossier) identityTargets() []any {
	return append(make([]any, 0, 64), &d.ID, &d.System, &d.Code, &d.ProcedureCode, &nullText{&d.VersionID}, &d.Sector, &d.CaseCode, &d.Channel, &d.ReturnBy,
		&d.AreaClass, &d.Territorial, &d.Convention, &optional{(*int64)(&d.Limit.Qty)}, &d.Limit.Unit, &d.LimitBasis, &d.StopsAs, &d.ExternalDue, &d.RatingToken)
}

// optional reads a nullable integer as zero.
type optional struct{ to *int64 }

// Scan reads an integer or NULL.
func (o *optional) Scan(src any) error {
	n, ok := src.(int64)
	if !ok && src != nil {
		return errors.New("want an integer")
	}
	*o.to = n
	return nil
}

// nullText reads a nullable text as "".
type nullText struct{ to *string }

// Scan reads a text or NULL.
func (o *nullText) Scan(src any) error {
	switch v := src.(type) {
	case string:
		*o.to = v
	case []byte:
		*o.to = string(v)
	case nil:
		*o.to = ""
	default:
		return errors.New("want a text")
	}
	return nil
}

func scanFact(r db.Scanner) (f Fact, err error) {
	err = r.Scan(f.targets()...)
	return f, err
}

func (f *Fact) targets() []any {
	return []any{&f.Seq, &f.Kind, &f.At, &f.Recorded, &f.Account, &f.Unit, &f.Due, &f.How, &f.Qty, &f.Ref, &f.Reason, &f.Document, &f.Behalf}
}

func (f Fact) args(dossier string) []any {
	return []any{dossier, f.Seq, string(f.Kind), f.At, f.Recorded, f.Account, string(f.Unit), f.Due, f.How, f.Qty, f.Ref, f.Reason, f.Document, f.Behalf}
}

func scanStep(r db.Scanner) (s Step, err error) {
	err = r.Scan(&s.Ord, &s.Name, &s.Role, &s.Body, &s.Hours, &s.Beside, &s.Account, &s.Came, &s.Due, &s.Done, &s.Outcome, &s.Reason)
	return s, err
}

func (s Step) args(dossier string) []any {
	return []any{dossier, s.Ord, s.Name, s.Role, s.Body, s.Hours, s.Beside, s.Account, s.Came, s.Due, s.Done, s.Outcome, s.Reason}
}

func scanPaper(r db.Scanner) (p Paper, err error) {
	err = r.Scan(&p.Ord, &p.Name, &p.Source, &p.Result, &p.FileKey, &p.FileName, &p.FileType, &p.FileSize, &p.Signed)
	return p, err
}

func (p Paper) args(dossier string) []any {
	return []any{dossier, p.Ord, p.Name, p.Source, p.Result, p.FileKey, p.FileName, p.FileType, p.FileSize, p.Signed}
}

func scanPerson(r db.Scanner) (p Person, err error) {
	err = r.Scan(&p.Name, &p.IDNumber, &p.Phone, &p.Email, &p.Address, &p.Representative,
		&p.Agent.IDNumber, &p.Agent.Phone, &p.Agent.Relation, &p.Agent.Document)
	return p, err
}

// find returns a dossier by its code: this system's own, or else the only one of
// another system that has it. Where two others have the same, none is meant.
func find(ctx context.Context, q db.Queryer, code string) (Dossier, error) {
	found, err := db.All(ctx, q, byCodeAny, scan, code)
	if err != nil {
		return Dossier{}, err
	}
	if len(found) == 0 || (len(found) > 1 && found[0].System != "") {
		return Dossier{}, notFound(code)
	}
	return found[0], nil
}

func notFound(code string) error {
	return fault.New(fault.NotFound, "dossier.not_found", "Code", code)
}

// current returns the step that the dossier is at: the last one that came and is
// not done, the ones beside apart; nil before the first and after the last.
func current(steps []Step) *Step {
	for i := len(steps) - 1; i >= 0; i-- {
		if s := &steps[i]; !s.Beside && s.Came != 0 && s.Done == 0 {
			return s
		}
	}
	return nil
}

package dossier

import (
	"context"
	"errors"
	"io"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/table"
	"cchc/calendar"
	"cchc/unit"
)

// An Import says where a file of dossiers comes from.
type Import struct {
	System   string                                            // the issuing system; with a row's id it names the dossier
	Unit     unit.ID                                           // for rows that name none
	ByCode   func(code string, on moment.Date) (unit.ID, bool) // finds the unit of a row; nil knows none
	Progress func(rows int)                                    // after every chunk; nil for none
}

// An Outcome is what an import did. Wrong rows were left out and say where they
// are wrong; all others are stored.
type Outcome struct {
	Rows, New, Changed, Same int
	Wrong                    []*fault.Fault
}

// importChunk is how many rows share a write: large enough to be fast, small
// enough that officers at a counter don't wait.
const importChunk = 500

// record is a row of the file, read.
type record struct {
	line  int
	wrong func(column, key string, args ...any) *fault.Fault
	h     History
}

// Import reads dossiers of another system from CSV: columns id, channel,
// received, due, finished, outcome, paused_from, paused_to,
// due_after_supplement, and where known unit, procedure, returned. Their due
// dates are kept as they are and marked external. It can be run again: a row
// that is stored already changes nothing, one that tells more adds it, one that
// contradicts what is stored is reported. An error is of the file as a whole;
// what was stored before it stays, and running again goes on.
func (k *Desk) Import(ctx context.Context, a actor.Actor, file io.Reader, x Import) (Outcome, error) {
	var out Outcome
	t, err := table.Read(file, "id", "channel", "received")
	if err != nil {
		return out, err
	}
	t.Lenient = true
	seen := map[string]int{}
	var chunk []record
	flush := func() error {
		if len(chunk) == 0 {
			return nil
		}
		done, err := k.importChunk(ctx, a, x, chunk)
		if err != nil {
			return err
		}
		out.New += done.New
		out.Changed += done.Changed
		out.Same += done.Same
		out.Wrong = append(out.Wrong, done.Wrong...)
		chunk = chunk[:0]
		if x.Progress != nil {
			x.Progress(out.Rows)
		}
		return nil
	}
	for t.Next() {
		out.Rows++
		if bad := t.Bad(); bad != nil {
			out.Wrong = append(out.Wrong, bad)
			continue
		}
		r, bad := k.parse(ctx, t, x)
		if bad == nil && seen[r.h.Code] != 0 {
			bad = t.Wrong("id", "dossier.import_twice", "First", seen[r.h.Code])
		}
		if bad != nil {
			out.Wrong = append(out.Wrong, bad)
			continue
		}
		seen[r.h.Code] = r.line
		if chunk = append(chunk, r); len(chunk) == importChunk {
			if err := flush(); err != nil {
				return out, err
			}
		}
	}
	if err := flush(); err != nil {
		return out, err
	}
	return out, t.Err()
}

// Times that a bare date stands for, so that what happened on one day keeps its
// order: received when the office opens, asked and supplied at noon, resolved at
// its close.
const (
	opening = 7*3600 + 30*60
	noon    = 12 * 3600
	closing = 17 * 3600
)

// earliest is the first day of a receipt that is taken for one and not for a
// mistake: spreadsheets write 1900-01-01 for an empty date, and Vietnam's time
// has had its offset since 13/06/1975.
var earliest = moment.NewDate(1975, 6, 13)

// parse makes a history of a row; the fault names the cell.
func (k *Desk) parse(ctx context.Context, t *table.Reader, x Import) (record, *fault.Fault) {
	now := k.DB.Now()
	var bad *fault.Fault
	wrong := func(column, key string, args ...any) {
		if bad == nil {
			bad = t.Wrong(column, key, args...)
		}
	}
	get := func(column string) string { return strings.TrimSpace(t.Get(column)) }
	when := func(column string, second int) moment.Instant {
		s := get(column)
		if s == "" {
			return 0
		}
		if i, err := moment.ParseInstant(s); err == nil {
			return i
		}
		d, err := moment.ParseDate(s)
		if err != nil {
			wrong(column, "dossier.import_date")
			return 0
		}
		return d.At(second)
	}
	// What happened cannot be later than now; a bare date of today is now.
	past := func(column string, second int) moment.Instant {
		i := when(column, second)
		if i > now {
			if i.Date() == now.Date() {
				return now
			}
			wrong(column, "dossier.in_future")
		}
		return i
	}
	r := record{line: t.Line()}
	lines := map[string]int{}
	for _, c := range t.Header() {
		lines[c] = t.LineOf(c)
	}
	row := t.Line()
	cells := map[string]string{}
	for _, c := range t.Header() {
		cells[c] = t.Get(c)
	}
	r.wrong = func(column, key string, args ...any) *fault.Fault {
		at := lines[column]
		if at == 0 {
			at = row
		}
		return table.Wrong(at, column, cells[column], key, args...)
	}
	d := &r.h.Dossier
	d.System, d.Code, d.ExternalDue, d.ReturnBy, d.Territorial = x.System, get("id"), true, AtCounter, true
	d.Convention, d.StopsAs = calendar.Days, calendar.Pause
	if d.Code == "" {
		wrong("id", "dossier.import_id")
	}
	switch strings.ToLower(get("channel")) {
	case "direct", "1", "d":
		d.Channel = Direct
	case "online", "2", "o":
		d.Channel = Online
	case "post", "3", "p":
		d.Channel = Post
	default:
		wrong("channel", "dossier.channel_wrong")
	}
	received := past("received", opening)
	switch {
	case received == 0:
		wrong("received", "dossier.import_date")
	case received.Date() < earliest:
		wrong("received", "dossier.import_too_early", "Day", earliest)
	}
	due, finished, returned := when("due", closing), past("finished", closing), past("returned", closing)
	from, to, dueAfter := past("paused_from", noon), past("paused_to", noon), when("due_after_supplement", closing)
	order := func(column string, later, earlier moment.Instant, key string) {
		if later != 0 && earlier != 0 && later < earlier {
			wrong(column, key)
		}
	}
	order("finished", finished, received, "dossier.before_receipt")
	order("due", due, received.Date().Start(), "dossier.import_due_before_receipt")
	order("paused_from", from, received, "dossier.before_receipt")
	order("paused_to", to, from, "dossier.before_request")
	order("finished", finished, to, "dossier.import_finished_in_pause")
	order("due_after_supplement", dueAfter, received.Date().Start(), "dossier.import_due_before_receipt")
	order("returned", returned, max(finished, received), "dossier.before_finish")
	if to != 0 && from == 0 {
		wrong("paused_from", "dossier.import_pause_without_start")
	}
	if dueAfter != 0 && to == 0 {
		wrong("paused_to", "dossier.import_due_without_supply")
	}

	u := x.Unit
	if code := get("unit"); code != "" {
		id, ok := unit.ID(""), false
		if x.ByCode != nil {
			id, ok = x.ByCode(code, received.Date())
		}
		if !ok {
			wrong("unit", "dossier.unit_unknown")
		}
		u = id
	}
	if u == "" && bad == nil {
		wrong("unit", "dossier.unit_unknown")
	}
	d.ProcedureCode = get("procedure")
	facts := []Fact{{Kind: FRegistered, At: received, Unit: u}, {Kind: FAccepted, At: received, Unit: u, Due: due}}
	if d.ProcedureCode != "" {
		v, err := k.Procedures.InForce(ctx, k.DB, d.ProcedureCode, received.Date())
		switch {
		case err == nil:
			d.VersionID, d.Sector = v.ID, v.Sector
			if due == 0 {
				if most, ok := k.maximum(ctx, u, v, received); ok {
					facts = append(facts, Fact{Kind: FMaximum, At: received, Due: most})
				}
			}
		case !fault.Is(err, fault.NotFound):
			wrong("procedure", "dossier.procedure_unknown", "Code", d.ProcedureCode)
		}
	}
	if from != 0 {
		facts = append(facts, Fact{Kind: FAsked, At: from, How: string(calendar.Pause)})
	}
	if to != 0 {
		facts = append(facts, Fact{Kind: FSupplied, At: to, Due: dueAfter})
	}
	outcome := strings.ToLower(get("outcome"))
	if finished == 0 && outcome != "" {
		wrong("outcome", "dossier.import_outcome_without_end")
	}
	if finished != 0 {
		kind, ok := map[string]FactKind{"": FFinished, "done": FFinished, "refused": FRefused, "withdrawn": FWithdrawn, "stopped": FStopped}[outcome]
		if !ok {
			wrong("outcome", "dossier.import_outcome")
		}
		facts = append(facts, Fact{Kind: kind, At: finished})
	}
	if returned != 0 {
		facts = append(facts, Fact{Kind: FReturned, At: returned, How: AtCounter})
	}
	r.h.Facts = facts
	r.h.Person = Person{Name: get("applicant"), Phone: get("phone")}
	return r, bad
}

func (k *Desk) importChunk(ctx context.Context, a actor.Actor, x Import, chunk []record) (Outcome, error) {
	var out Outcome
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		out = Outcome{}
		var fresh []*History
		for i := range chunk {
			r := &chunk[i]
			d, err := db.One(ctx, tx, byCode, scan, x.System, r.h.Code)
			if errors.Is(err, db.ErrNotFound) {
				r.h.ID = db.NewID()
				if err := k.follow(ctx, tx, &r.h); err != nil {
					return err
				}
				fresh = append(fresh, &r.h)
				out.New++
				continue
			}
			if err != nil {
				return err
			}
			changed, bad, err := k.tellMore(ctx, tx, a, &d, r)
			if err != nil {
				return err
			}
			switch {
			case bad != nil:
				out.Wrong = append(out.Wrong, bad)
			case changed:
				out.Changed++
			default:
				out.Same++
			}
		}
		return k.load(ctx, tx, a, "import from "+x.System, fresh)
	})
	return out, err
}

// follow adds the transfers that an imported dossier went through before it was
// told of: it was open when its unit was merged or dissolved. Where a unit has
// several successors nobody can say which; the dossier stays with it.
func (k *Desk) follow(ctx context.Context, q db.Queryer, h *History) error {
	s := Fold(h.Facts, h.Limit.ByInstant(), 0, 0)
	at := s.Unit
	for range 16 { // more mergers in one dossier's life are a circle
		last, ok, err := k.Units.Last(ctx, q, at)
		if err != nil {
			return err
		}
		if !ok || last.To == 0 || s.RegisteredAt.Date() >= last.To || s.NotAccepted != 0 || (s.Ended != 0 && s.Ended.Date() < last.To) {
			return nil
		}
		parts, err := k.Units.Successors(ctx, q, at, last.To)
		if err != nil || len(parts) != 1 {
			return err
		}
		at = parts[0].Unit
		h.Facts = append(h.Facts, Fact{Kind: FTransferred, At: last.To.Start(), Unit: at})
	}
	return nil
}

// tellMore adds the facts of a row that a stored dossier does not have yet. A
// fact that is stored and missing or different in the row is a contradiction:
// that is for a person to correct.
func (k *Desk) tellMore(ctx context.Context, tx *db.Tx, a actor.Actor, d *Dossier, r *record) (changed bool, bad *fault.Fault, err error) {
	columns := map[FactKind]string{FRegistered: "received", FAccepted: "due", FMaximum: "due", FAsked: "paused_from", FSupplied: "paused_to",
		FFinished: "finished", FRefused: "outcome", FWithdrawn: "outcome", FStopped: "outcome", FReturned: "returned"}
	for column, other := range map[string]bool{"channel": d.Channel != r.h.Channel, "procedure": d.ProcedureCode != r.h.ProcedureCode} {
		if other {
			return false, r.wrong(column, "dossier.import_contradicts", "Code", d.Code), nil
		}
	}
	err = k.actTx(ctx, tx, a, auth.DossierImport, d, func(ctx context.Context, w *work) error {
		have := w.facts
		void := voided(have)
		next := 0
		for _, f := range have {
			if columns[f.Kind] == "" || void[f.Seq] {
				continue
			}
			if next == len(r.h.Facts) {
				bad = r.wrong(columns[f.Kind], "dossier.import_contradicts", "Code", d.Code)
				return nil
			}
			n := r.h.Facts[next]
			if column := differs(n, f, columns); column != "" {
				bad = r.wrong(column, "dossier.import_contradicts", "Code", d.Code)
				return nil
			}
			next++
		}
		for _, f := range r.h.Facts[next:] {
			if err := w.happened(f); err != nil {
				if f := fault.As(err); f != nil {
					bad = r.wrong("received", f.Key, f.Args...)
					w.added = nil
					return nil
				}
				return err
			}
			changed = true
		}
		return nil
	})
	if bad != nil {
		changed = false
	}
	return changed, bad, err
}

// differs returns the column in which a row contradicts a stored fact, or "".
func differs(row, stored Fact, columns map[FactKind]string) string {
	ends := map[FactKind]bool{FFinished: true, FRefused: true, FWithdrawn: true, FStopped: true}
	switch {
	case row.Kind != stored.Kind && ends[row.Kind] && ends[stored.Kind]:
		return "outcome"
	case row.Kind != stored.Kind || row.At != stored.At:
		return columns[stored.Kind]
	case row.Unit != "" && row.Unit != stored.Unit:
		return "unit"
	case row.Due != stored.Due && stored.Kind == FSupplied:
		return "due_after_supplement"
	case row.Due != stored.Due && !ends[stored.Kind]:
		return "due"
	}
	return ""
}

package dossier

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/unit"
)

// A FeedEvent is what another system tells of one of its dossiers: that it came
// into a national status at a time.
type FeedEvent struct {
	Event     string // the system's own id of it: told twice it happens once
	Code      string
	Status    Status
	At        moment.Instant
	Unit      unit.ID // needed with the first event of a dossier
	Procedure string
	Channel   Channel
	ReturnBy  string
	Due       moment.Instant // as that system computed it; never computed anew here
	Refused   bool           // 9 is a refusal
	Reason    string
	Document  string
	Person    Person
}

// What became of a FeedEvent.
const (
	FeedApplied = "applied" // it is stored, and the dossier's facts follow from it
	FeedSame    = "same"    // it was told before
	FeedWrong   = "wrong"   // Fault says why; nothing of it is stored
)

// A FeedOutcome tells what became of one event.
type FeedOutcome struct {
	Event, Result string
	Fault         *fault.Fault
}

// feedAccount is who enters the facts that follow from events: they, and no
// others, are taken back when a late event shows that it was otherwise.
const feedAccount = "system:feed"

var (
	feedInsert = db.Rows("dossier.feed.insert", "dossier_event",
		"system, event, dossier_id, status, at, due, refused, reason, document, return_by, recorded_at", "")
	feedOf = db.SQL("dossier.feed.of", `
		SELECT event, status, at, due, refused, reason, document, return_by
		FROM dossier_event
		WHERE dossier_id = $1`)
	feedFind = db.SQL("dossier.feed.find", `
		SELECT e.status, e.at, e.due, d.code
		FROM dossier_event e
		JOIN dossier d ON d.id = e.dossier_id
		WHERE e.system = $1 AND e.event = $2`)
)

// Feed takes in events of another system's dossiers, in any order. A dossier's
// facts follow from all its events by the time at which they happened, not at
// which they were told: a late one may take back what seemed to follow before. An
// event that is wrong is left out and says why; all others are stored. The actor
// needs dossier.import in the dossier's unit. An error is of the whole batch, and
// then nothing is stored; sending it again does no harm.
//
// A dossier that arrives as status 1 without a due date is this office's to work
// on (the national portal's, NĐ 224/2026): from then on the portal may only tell
// that papers came (1 again) or that the applicant wants it back (7).
func (k *Desk) Feed(ctx context.Context, a actor.Actor, system string, events []FeedEvent) ([]FeedOutcome, error) {
	if system == "" {
		return nil, fault.New(fault.Invalid, "form.invalid").With("system", "dossier.feed_system")
	}
	if err := k.Guard.CheckAnywhere(a, auth.DossierImport); err != nil {
		return nil, err
	}
	var out []FeedOutcome
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		out = make([]FeedOutcome, len(events))
		f := &feeding{desk: k, tx: tx, actor: a, system: system}
		byCode := map[string][]int{}
		var codes []string
		seen := map[string]bool{}
		for i, e := range events {
			out[i] = FeedOutcome{Event: e.Event, Result: FeedApplied}
			same, err := f.known(ctx, &events[i])
			switch x := fault.As(err); {
			case x != nil:
				out[i].Result, out[i].Fault = FeedWrong, x
			case err != nil:
				return err
			case same || seen[e.Event]:
				out[i].Result = FeedSame
			default:
				seen[e.Event] = true
				if byCode[e.Code] == nil {
					codes = append(codes, e.Code)
				}
				byCode[e.Code] = append(byCode[e.Code], i)
			}
		}
		for _, code := range codes {
			var group []FeedEvent
			for _, i := range byCode[code] {
				group = append(group, events[i])
			}
			bad, err := f.dossier(ctx, code, group)
			if err != nil {
				return err
			}
			for n, i := range byCode[code] {
				if bad[n] != nil {
					out[i].Result, out[i].Fault = FeedWrong, bad[n]
				}
			}
		}
		if err := k.load(ctx, tx, a, "feed of "+system, f.fresh); err != nil {
			return err
		}
		return tx.InsertRows(ctx, feedInsert, f.rows)
	})
	return out, err
}

// feeding is a batch under way.
type feeding struct {
	desk   *Desk
	tx     *db.Tx
	actor  actor.Actor
	system string
	fresh  []*History
	rows   [][]any
}

// known checks an event by itself and reports whether it was told before.
func (f *feeding) known(ctx context.Context, e *FeedEvent) (bool, error) {
	e.Person.clean()
	bad := fault.New(fault.Invalid, "form.invalid")
	if e.Event == "" {
		bad.With("event", "dossier.feed_event")
	}
	if e.Code == "" {
		bad.With("code", "dossier.import_id")
	}
	if e.Status < Registered || e.Status > HandedOver {
		bad.With("status", "dossier.feed_status")
	}
	switch {
	case e.At == 0 || e.At.Date() < earliest:
		bad.With("at", "dossier.import_too_early", "Day", earliest)
	case e.At > f.tx.Now:
		bad.With("at", "dossier.in_future")
	}
	if err := bad.Or(); err != nil {
		return false, err
	}
	type told struct {
		status Status
		at     moment.Instant
		due    moment.Instant
		code   string
	}
	t, err := db.One(ctx, f.tx, feedFind, func(r db.Scanner) (t told, err error) {
		err = r.Scan(&t.status, &t.at, &t.due, &t.code)
		return t, err
	}, f.system, e.Event)
	if errors.Is(err, db.ErrNotFound) {
		return false, nil
	}
	if err == nil && t != (told{e.Status, e.At, e.Due, e.Code}) {
		err = fault.New(fault.Conflict, "dossier.feed_event_other", "Event", e.Event)
	}
	return err == nil, err
}

// dossier takes in the new events of one dossier; bad has a fault for each that
// was left out.
func (f *feeding) dossier(ctx context.Context, code string, events []FeedEvent) (bad []*fault.Fault, err error) {
	bad = make([]*fault.Fault, len(events))
	all := func(err error) ([]*fault.Fault, error) {
		x := fault.As(err)
		if x == nil {
			return bad, err
		}
		for i := range bad {
			bad[i] = x
		}
		return bad, nil
	}
	d, err := db.One(ctx, f.tx, byCode, scan, f.system, code)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return all(f.begin(ctx, code, events))
	case err != nil:
		return bad, err
	case d.ExternalDue:
		return all(f.follow(ctx, &d, events))
	}
	for i, e := range events {
		if err := f.ours(ctx, &d, e); fault.As(err) != nil {
			bad[i] = fault.As(err)
		} else if err != nil {
			return bad, err
		} else {
			f.keep(d.ID, e)
		}
	}
	return bad, nil
}

func (f *feeding) keep(dossier string, e FeedEvent) {
	f.rows = append(f.rows, []any{f.system, e.Event, dossier, int64(e.Status), e.At, e.Due, e.Refused, e.Reason, e.Document, e.ReturnBy, f.tx.Now})
}

// begin makes a dossier of its first events.
func (f *feeding) begin(ctx context.Context, code string, events []FeedEvent) error {
	first := events[0]
	arrived := true
	for _, e := range events {
		first.Unit = cmp.Or(first.Unit, e.Unit)
		first.Procedure, first.Channel = cmp.Or(first.Procedure, e.Procedure), cmp.Or(first.Channel, e.Channel)
		first.Person.Name = cmp.Or(first.Person.Name, e.Person.Name)
		arrived = arrived && e.Status == Registered && e.Due == 0
	}
	bad := fault.New(fault.Invalid, "form.invalid")
	if first.Unit == "" {
		bad.With("unit", "dossier.unit_unknown")
	}
	switch first.Channel {
	case Direct, Online, Post:
	default:
		bad.With("channel", "dossier.channel_wrong")
	}
	if err := bad.Or(); err != nil {
		return err
	}
	if err := f.desk.Guard.Check(ctx, f.tx, f.actor, auth.DossierImport, first.Unit); err != nil {
		return err
	}
	h := &History{Person: first.Person}
	d := &h.Dossier
	d.ID, d.System, d.Code, d.Channel = db.NewID(), f.system, code, first.Channel
	d.ReturnBy, d.Territorial, d.ProcedureCode = cmp.Or(first.ReturnBy, AtCounter), true, first.Procedure
	d.Convention, d.StopsAs = calendar.Days, calendar.Pause
	if arrived {
		if err := f.arrive(ctx, h, first); err != nil {
			return err
		}
	} else {
		d.ExternalDue = true
		h.Facts = derive(first.Unit, events)
		if err := f.maximum(ctx, h, first.Unit); err != nil {
			return err
		}
		if err := (&importRun{k: f.desk, q: f.tx, ends: map[unit.ID]unit.Unit{}}).follow(ctx, h); err != nil {
			return err
		}
	}
	f.fresh = append(f.fresh, h)
	for _, e := range events {
		f.keep(d.ID, e)
	}
	return nil
}

// arrive makes a dossier that waits to be accepted here: the promise will be ours.
func (f *feeding) arrive(ctx context.Context, h *History, e FeedEvent) error {
	p, err := f.desk.Promised(ctx, f.tx, Application{Unit: e.Unit, Procedure: e.Procedure, Channel: e.Channel, At: e.At}, f.tx.Now)
	if err != nil {
		return err
	}
	cal, err := f.desk.Calendars.For(ctx, f.tx, e.Unit)
	if err != nil {
		return err
	}
	d := &h.Dossier
	d.VersionID, d.Sector, d.AreaClass, d.Limit, d.LimitBasis = p.Version.ID, p.Version.Sector, p.Area, p.Limit, p.Basis
	d.StopsAs, d.Convention = cmp.Or(p.Version.StopsAs, calendar.Pause), cal.Convention()
	h.Steps = p.Steps
	h.Facts = []Fact{{Kind: FRegistered, At: e.At, Unit: e.Unit}}
	return nil
}

// maximum notes what the service index takes for a dossier that came without a
// due date.
func (f *feeding) maximum(ctx context.Context, h *History, u unit.ID) error {
	if h.ProcedureCode == "" {
		return nil
	}
	s := Fold(h.Facts, false, 0, 0)
	v, err := f.desk.Procedures.InForce(ctx, f.tx, h.ProcedureCode, s.RegisteredAt.Date())
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	h.VersionID, h.Sector = v.ID, v.Sector
	if s.AcceptedAt != 0 && s.Due == 0 {
		if most, ok := f.desk.maximum(ctx, u, v, s.AcceptedAt); ok {
			h.Facts = append(h.Facts, Fact{Kind: FMaximum, At: s.AcceptedAt, Due: most})
		}
	}
	return nil
}

// ours takes in what the portal may tell of a dossier that is worked on here.
func (f *feeding) ours(ctx context.Context, d *Dossier, e FeedEvent) error {
	act := auth.FollowFeed
	switch {
	case e.Status == Withdrawing:
		act = auth.TellWithdrawal
	case e.Status == Registered && d.Waiting == ForSupplement:
		act = auth.TellSupply
	}
	return f.desk.actTx(ctx, f.tx, f.actor, act, d, func(ctx context.Context, w *work) error {
		w.extra = append(w.extra, audit.Change{Field: "event", To: e.Event})
		switch act.Name {
		case auth.TellWithdrawal.Name:
			return w.happened(Fact{Kind: FWithdrawal, At: e.At, Reason: e.Reason})
		case auth.TellSupply.Name:
			return w.resume(ctx, Fact{Kind: FSupplied, At: e.At})
		}
		return fault.New(fault.Conflict, "dossier.feed_ours", "Code", d.Code, "Status", int(e.Status))
	})
}

// follow makes a dossier's facts follow from all its events.
func (f *feeding) follow(ctx context.Context, d *Dossier, events []FeedEvent) error {
	err := f.desk.actTx(ctx, f.tx, f.actor, auth.FollowFeed, d, func(ctx context.Context, w *work) error {
		told, err := db.All(ctx, f.tx, feedOf, func(r db.Scanner) (e FeedEvent, err error) {
			err = r.Scan(&e.Event, &e.Status, &e.At, &e.Due, &e.Refused, &e.Reason, &e.Document, &e.ReturnBy)
			return e, err
		}, d.ID)
		if err != nil {
			return err
		}
		for _, e := range events {
			w.extra = append(w.extra, audit.Change{Field: "event", To: e.Event})
		}
		w.agree(derive(d.Promised, append(told, events...)))
		return nil
	})
	if err == nil {
		for _, e := range events {
			f.keep(d.ID, e)
		}
	}
	return err
}

// agree adds the facts that are wanted and missing, and takes back those of the
// feed that are no longer wanted. What others entered stays, and does for a fact
// of the same kind and time, or for an arrival that an event only implies.
func (w *work) agree(wanted []Fact) {
	void := voided(w.facts)
	kept := map[int]bool{}
	note := func(x Fact) {
		x.Seq = len(w.facts) + len(w.added) + 1
		x.Recorded = w.tx.Now
		x.Account = feedAccount
		w.added = append(w.added, x)
	}
	var missing []Fact
	for _, x := range wanted {
		i := slices.IndexFunc(w.facts, func(h Fact) bool {
			if void[h.Seq] || kept[h.Seq] || h.Kind != x.Kind {
				return false
			}
			if h.Account != feedAccount {
				return h.At == x.At || h.Kind == FRegistered || h.Kind == FAccepted
			}
			return h.At == x.At && h.Due == x.Due && h.How == x.How && h.Reason == x.Reason && h.Document == x.Document
		})
		if i < 0 {
			missing = append(missing, x)
			continue
		}
		kept[w.facts[i].Seq] = true
	}
	for _, h := range w.facts {
		if h.Account == feedAccount && h.Kind != FCorrected && !void[h.Seq] && !kept[h.Seq] {
			note(Fact{Kind: FCorrected, At: w.tx.Now, Ref: h.Seq, Reason: "feed"})
		}
	}
	for _, x := range missing {
		note(x)
	}
	w.d.State = w.fold()
}

// derive returns the facts that follow from all events of a dossier. What cannot
// follow (a step after the end) is left out: an event that comes late may yet
// explain it.
func derive(u unit.ID, events []FeedEvent) []Fact {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b FeedEvent) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Event, b.Event))
	})
	var out []Fact
	var registered, accepted, started, withdrawing, ended, over bool
	waiting, due := FactKind(""), moment.Instant(0)
	add := func(e FeedEvent, kind FactKind, change func(*Fact)) {
		x := Fact{Kind: kind, At: e.At, Account: feedAccount, Reason: e.Reason, Document: e.Document}
		if change != nil {
			change(&x)
		}
		out = append(out, x)
	}
	inUnit := func(x *Fact) { x.Unit, x.Reason = u, "" }
	goOn := func(e FeedEvent) bool { // the clock goes on after what it waited for
		if waiting == "" {
			return false
		}
		kind := FSupplied
		if waiting == FObliged {
			kind = FDischarged
		}
		add(e, kind, func(x *Fact) { x.Due, x.Reason = e.Due, "" })
		due, waiting = cmp.Or(e.Due, due), ""
		return true
	}
	move := func(e FeedEvent) {
		if e.Due != 0 && e.Due != due {
			add(e, FDueMoved, func(x *Fact) { x.Due, x.How = e.Due, "feed" })
			due = e.Due
		}
	}
	for _, e := range events {
		if over || ended && e.Status != HandedOver {
			continue
		}
		if !registered {
			registered = true
			add(e, FRegistered, inUnit)
		}
		switch e.Status {
		case Accepted, InProgress, Obligation, Finished, HandedOver:
			if !accepted {
				accepted, due, waiting = true, e.Due, ""
				add(e, FAccepted, func(x *Fact) { inUnit(x); x.Due = e.Due })
			}
		}
		switch e.Status {
		case Registered:
			if waiting == FAsked {
				goOn(e)
			}
		case Accepted:
			if !goOn(e) {
				move(e)
			}
		case NotAccepted:
			if !accepted {
				add(e, FNotAccepted, nil)
				over = true
			}
		case InProgress:
			if withdrawing {
				withdrawing = false
				add(e, FKept, nil)
			}
			if goOn(e) {
				continue
			}
			if !started {
				started = true
				add(e, FStep, func(x *Fact) { x.How = "forwarded" })
			}
			move(e)
		case Supplement, Obligation:
			if waiting == "" {
				waiting = FAsked
				if e.Status == Obligation {
					waiting = FObliged
				}
				add(e, waiting, func(x *Fact) { x.How = string(calendar.Pause) })
			}
		case Withdrawing:
			withdrawing = true
			add(e, FWithdrawal, nil)
		case Stopped:
			ended = true
			kind := FStopped
			if withdrawing {
				kind = FWithdrawn
			}
			add(e, kind, func(x *Fact) { x.Due = e.Due })
		case Finished:
			ended = true
			if e.Refused {
				add(e, FRefused, func(x *Fact) { x.Due = e.Due })
				continue
			}
			if e.Due != 0 {
				goOn(e)
			}
			add(e, FFinished, nil)
		case HandedOver:
			ended, over = true, true
			add(e, FReturned, func(x *Fact) { x.How = cmp.Or(e.ReturnBy, AtCounter) })
		}
	}
	return out
}

package dossier

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/procedure"
	"cchc/unit"
)

// An Application is what comes over the counter, by post or from the portal.
type Application struct {
	Unit       unit.ID
	Procedure  string // code of the procedure
	Case       string // case of the procedure, "" for its only one
	Channel    Channel
	ReturnBy   string // counter, post, online; counter when empty
	Person     Person
	Papers     []Paper
	Population bool           // the applicant's data came from the population database
	Elsewhere  bool           // received for a body of another territory (phi địa giới)
	Body       string         // that body, where it is known
	Obliged    bool           // the procedure carries a fee that the applicant must pay
	At         moment.Instant // when it came; zero is now
	Confirmed  bool           // a person confirmed a limit of zero days

	// Replaces is the code of a dossier received by mistake whose place this one
	// takes; "" for all others.
	Replaces string

	// Reserved is the number on a receipt written on paper during an outage; At is
	// needed with it. "" takes the next number of the day.
	Reserved string

	// Ask makes a likely duplicate a fault until a person who saw those in Repeats
	// has said that this one is to be received all the same. What comes from a
	// program has nobody to ask.
	Ask     bool
	Repeats []string // codes

	// Token names the form that this was typed into, 26 letters and digits of
	// rand.Text: sending it twice receives once. It becomes the rating token. Any
	// other text counts as none.
	Token string
}

// A Promise is what the office will promise: shown before saving, printed after.
type Promise struct {
	Version *procedure.Version
	Limit   calendar.Limit
	Basis   string
	Area    string
	Due     moment.Instant
	Steps   []Step
	Beyond  bool // the due date lies beyond the years whose days off are known
}

var phoneForm = regexp.MustCompile(`^\+?[0-9]{8,15}$`)
var idForm = regexp.MustCompile(`^[0-9A-Z]{8,13}$`)
var tokenForm = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// clean puts the fields of persons into one form.
func (p *Person) clean() {
	for _, s := range []*string{&p.Name, &p.Email, &p.Address, &p.Representative, &p.Agent.Relation, &p.Agent.Document} {
		*s = strings.Join(strings.Fields(*s), " ")
	}
	squeeze := strings.NewReplacer(" ", "", ".", "", "-", "")
	for _, s := range []*string{&p.Phone, &p.Agent.Phone} {
		*s = squeeze.Replace(*s)
	}
	for _, s := range []*string{&p.IDNumber, &p.Agent.IDNumber} {
		*s = strings.ToUpper(squeeze.Replace(*s))
	}
}

// Validate checks what can be checked without the database and returns a fault
// with every field that is wrong.
func (a *Application) Validate() error {
	a.Person.clean()
	a.ReturnBy = cmp.Or(a.ReturnBy, AtCounter)
	f := fault.New(fault.Invalid, "form.invalid")
	if a.Procedure == "" {
		f.With("procedure", "dossier.procedure_missing")
	}
	if a.Person.Name == "" {
		f.With("name", "dossier.name_missing")
	}
	if p := a.Person.Phone; p != "" && !phoneForm.MatchString(p) {
		f.With("phone", "dossier.phone_wrong")
	}
	if n := a.Person.IDNumber; n != "" && !idForm.MatchString(n) {
		f.With("id_number", "dossier.id_number_wrong")
	}
	if e := a.Person.Email; e != "" && !strings.Contains(e, "@") {
		f.With("email", "dossier.email_wrong")
	}
	if g := a.Person.Agent; g != (Agent{}) {
		if a.Person.Representative == "" {
			f.With("representative", "counter.agent.name_missing")
		}
		if g.IDNumber != "" && !idForm.MatchString(g.IDNumber) {
			f.With("agent_id_number", "dossier.id_number_wrong")
		}
		if g.Phone != "" && !phoneForm.MatchString(g.Phone) {
			f.With("agent_phone", "dossier.phone_wrong")
		}
	}
	switch a.Channel {
	case Direct, Online, Post:
	default:
		f.With("channel", "dossier.channel_wrong")
	}
	switch a.ReturnBy {
	case AtCounter, ByPost, ByOnline:
	default:
		f.With("return_by", "dossier.return_by_wrong")
	}
	for i, p := range a.Papers {
		switch p.Source {
		case "paper", "scanned", "reused", "national_store":
		default:
			f.With(fmt.Sprintf("papers.%d", i), "dossier.paper_source_wrong")
		}
	}
	return f.Or()
}

// Promised returns what would be promised for an application: the version in
// force that day, the limit for its case, channel and the unit's area, the due
// date by the unit's calendar. Faults: unknown or unsettled procedure, no limit.
func (k *Desk) Promised(ctx context.Context, q db.Queryer, a Application, now moment.Instant) (Promise, error) {
	at := cmp.Or(a.At, now)
	tree, err := k.Units.On(ctx, q, at.Date())
	if err != nil {
		return Promise{}, err
	}
	u, ok := tree.Unit(a.Unit)
	if !ok {
		return Promise{}, fault.New(fault.Invalid, "form.invalid").With("unit", "dossier.unit_unknown")
	}
	v, err := k.Procedures.InForce(ctx, q, a.Procedure, at.Date())
	if fault.Is(err, fault.NotFound) {
		return Promise{}, fault.New(fault.Invalid, "form.invalid").With("procedure", "dossier.procedure_unknown", "Code", a.Procedure)
	}
	if err != nil {
		return Promise{}, err
	}
	if !v.Settled {
		return Promise{}, fault.New(fault.Invalid, "form.invalid").With("procedure", "dossier.procedure_unsettled", "Code", v.Code)
	}
	if !v.Has(procedure.Channel(a.Channel)) {
		return Promise{}, fault.New(fault.Invalid, "form.invalid").With("channel", "dossier.channel_not_offered", "Code", v.Code)
	}
	found, err := v.Find(a.Case, procedure.Channel(a.Channel), u.Area)
	if f := fault.As(err); f != nil {
		return Promise{}, fault.New(fault.Invalid, "form.invalid").With("procedure", f.Key, f.Args...)
	} else if err != nil {
		return Promise{}, err
	}
	limit, basis := found.Limit, found.Basis
	cal, err := k.Calendars.For(ctx, q, a.Unit)
	if err != nil {
		return Promise{}, err
	}
	due, err := cal.Due(at, limit, "")
	if err != nil {
		return Promise{}, fmt.Errorf("due date of %s: %w", v.Code, err)
	}
	p := Promise{Version: v, Limit: limit, Basis: basis, Area: u.Area, Due: due}
	_, last := cal.Covered()
	p.Beyond = due.Date() > last
	p.Steps, err = plan(cal, v, a.Case, limit, at, due)
	return p, err
}

// Receive takes a dossier in and accepts it at once: what a counter does. It
// returns the dossier with its code and due date.
func (k *Desk) Receive(ctx context.Context, a actor.Actor, app Application) (Dossier, error) {
	return k.take(ctx, a, app, true)
}

// Register notes that a dossier arrived and is not accepted yet (1, mới đăng
// ký): what comes online or by post, and has 8 working hours to be checked.
func (k *Desk) Register(ctx context.Context, a actor.Actor, app Application) (Dossier, error) {
	return k.take(ctx, a, app, false)
}

func (k *Desk) take(ctx context.Context, a actor.Actor, app Application, accept bool) (Dossier, error) {
	if err := app.Validate(); err != nil {
		return Dossier{}, err
	}
	if !tokenForm.MatchString(app.Token) {
		app.Token = ""
	}
	var out Dossier
	// All of a unit take the next of the same numbers: see nextCode.
	err := k.DB.WriteInLine(ctx, "dossier.number "+string(app.Unit), func(tx *db.Tx) error {
		if err := k.Guard.Check(ctx, tx, a, auth.DossierReceive, app.Unit); err != nil {
			return err
		}
		if d, sent, err := sentBefore(ctx, tx, app); err != nil || sent {
			out = d
			return err
		}
		p, err := k.Promised(ctx, tx, app, tx.Now)
		if err != nil {
			return err
		}
		if p.Limit.Qty == 0 && p.Limit.Unit == calendar.WorkingDay && !app.Confirmed {
			return fault.New(fault.Invalid, "form.invalid").With("confirmed", "dossier.zero_days_confirm")
		}
		if app.Ask {
			alike, err := k.Alike(ctx, tx, app)
			if err != nil {
				return err
			}
			for _, x := range alike {
				if !slices.Contains(app.Repeats, x.Code) {
					return fault.New(fault.Invalid, "form.invalid").With("repeated", "counter.alike.confirm", "Code", x.Code)
				}
			}
		}
		d := k.begin(app, p)
		if err := k.enter(ctx, tx, a, d, app, p, accept); err != nil {
			return err
		}
		if app.Reserved != "" {
			if _, err := tx.Exec(ctx, reservedUse, d.ID, app.Reserved); err != nil {
				return err
			}
		}
		if app.Elsewhere && app.Body != "" {
			if err := tx.InsertRows(ctx, elsewherePut, [][]any{{d.ID, app.Body}}); err != nil {
				return err
			}
		}
		if app.Replaces != "" {
			if err := k.replace(ctx, tx, d, app.Replaces); err != nil {
				return err
			}
		}
		out = *d
		return nil
	})
	return out, err
}

// sentBefore returns the dossier that the same form made before: a button pressed
// twice, or an answer that got lost. A form that was gone back to and filled in
// for somebody else is not the same, and must not vanish into the first dossier:
// it is refused.
func sentBefore(ctx context.Context, tx *db.Tx, app Application) (Dossier, bool, error) {
	if app.Token == "" {
		return Dossier{}, false, nil
	}
	d, err := db.One(ctx, tx, byToken, scan, app.Token)
	if errors.Is(err, db.ErrNotFound) {
		return Dossier{}, false, nil
	}
	if err != nil {
		return Dossier{}, false, err
	}
	p, err := db.One(ctx, tx, personOf, scanPerson, d.ID)
	if err != nil {
		return Dossier{}, false, err
	}
	if d.Promised != app.Unit || d.ProcedureCode != app.Procedure || d.CaseCode != app.Case || p != app.Person {
		return Dossier{}, false, fault.New(fault.Conflict, "dossier.form_used", "Code", d.Code)
	}
	return d, true, nil
}

// begin makes the dossier's fixed part.
func (k *Desk) begin(app Application, p Promise) *Dossier {
	return &Dossier{ID: db.NewID(), ProcedureCode: p.Version.Code, VersionID: p.Version.ID, Sector: p.Version.Sector,
		CaseCode: app.Case, Channel: app.Channel, ReturnBy: app.ReturnBy, AreaClass: p.Area, Territorial: !app.Elsewhere,
		Limit: p.Limit, LimitBasis: p.Basis, StopsAs: cmp.Or(p.Version.StopsAs, calendar.Pause),
		RatingToken: cmp.Or(app.Token, rand.Text())}
}

// enter numbers and stores a new dossier with its facts, steps, papers, person
// and counters.
func (k *Desk) enter(ctx context.Context, tx *db.Tx, a actor.Actor, d *Dossier, app Application, p Promise, accept bool) error {
	cal, err := k.Calendars.For(ctx, tx, app.Unit)
	if err != nil {
		return err
	}
	d.Convention = cal.Convention()
	when := cmp.Or(app.At, tx.Now)
	if when > tx.Now {
		return fault.New(fault.Invalid, "form.invalid").With("at", "dossier.in_future")
	}
	tree, err := k.Units.On(ctx, tx, when.Date())
	if err != nil {
		return err
	}
	u, _ := tree.Unit(app.Unit)
	if app.Reserved != "" {
		d.Code, err = k.reservedCode(ctx, tx, app)
	} else {
		d.Code, err = nextCode(ctx, tx, u.Code, when.Date())
	}
	if err != nil {
		return err
	}
	facts := []Fact{{Kind: FRegistered, At: when, Unit: app.Unit}}
	if accept {
		facts = append(facts, Fact{Kind: FAccepted, At: when, Unit: app.Unit, Due: p.Due})
	}
	facts = append(facts, marksAtReceipt(app, when)...)
	for i := range facts {
		facts[i].Seq, facts[i].Recorded, facts[i].Account, facts[i].Behalf = i+1, tx.Now, a.Account, a.For.Account
	}
	d.State = Fold(facts, d.Limit.ByInstant(), 0, 0)
	d.facts = len(facts)
	steps := p.Steps
	if accept {
		steps = arrive(steps, a.Account, when)
	}
	d.Step = stepNow(d.State, steps)
	if err := k.insert(ctx, tx, d, facts, steps, app.Papers, app.Person); err != nil {
		return err
	}
	if err := issueNew(ctx, tx, d.State.Unit, d.ID, facts); err != nil {
		return err
	}
	t := newTally()
	t.add(d, 1)
	if err := t.store(ctx, tx); err != nil {
		return err
	}
	verb := auth.DossierReceive
	err = audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(verb), Kind: "dossier", ID: d.ID, Unit: app.Unit,
		Changes: []audit.Change{
			{Field: "code", To: d.Code}, {Field: "procedure", To: d.ProcedureCode}, {Field: "channel", To: string(d.Channel)},
			{Field: "due", To: d.Due.String()}, {Field: "status", To: fmt.Sprint(int(d.Status()))},
			{Field: "name", To: app.Person.Name, Personal: true}, {Field: "id_number", To: app.Person.IDNumber, Personal: true},
			{Field: "phone", To: app.Person.Phone, Personal: true},
			{Field: "representative", To: app.Person.Representative, Personal: true},
			{Field: "representative_id", To: app.Person.Agent.IDNumber, Personal: true},
		}})
	if err != nil {
		return err
	}
	k.publish(ctx, tx, d, "")
	if k.Changed != nil {
		return k.Changed(ctx, tx, *d, 0, facts)
	}
	return nil
}

// insert writes the rows of a new dossier.
func (k *Desk) insert(ctx context.Context, tx *db.Tx, d *Dossier, facts []Fact, steps []Step, papers []Paper, p Person) error {
	if err := tx.InsertRows(ctx, rowInsert, [][]any{d.rowArgs()}); err != nil {
		return err
	}
	if err := tx.InsertRows(ctx, personInsert, [][]any{p.args(d.ID)}); err != nil {
		return err
	}
	f := d.findable(p.Name)
	if err := enterFound(ctx, tx, [][]any{f.args(d.ID)}, f.wordRows(d.ID)); err != nil {
		return err
	}
	if p.Agent != (Agent{}) {
		if err := tx.InsertRows(ctx, agentInsert, [][]any{p.Agent.args(d.ID)}); err != nil {
			return err
		}
	}
	var rows [][]any
	for _, f := range facts {
		rows = append(rows, f.args(d.ID))
	}
	if err := tx.InsertRows(ctx, factInsert, rows); err != nil {
		return err
	}
	rows = nil
	for _, s := range steps {
		rows = append(rows, s.args(d.ID))
	}
	if err := tx.InsertRows(ctx, stepStore, rows); err != nil {
		return err
	}
	rows = nil
	for i, x := range papers {
		x.Ord = i + 1
		rows = append(rows, x.args(d.ID))
	}
	return tx.InsertRows(ctx, paperInsert, rows)
}

func (p Person) args(dossier string) []any {
	return []any{dossier, p.Name, i18n.Fold(p.Name), p.IDNumber, p.Phone, p.Email, p.Address, p.Representative}
}

func (g Agent) args(dossier string) []any {
	return []any{dossier, g.IDNumber, g.Phone, g.Relation, g.Document}
}

// marksAtReceipt are the marks that follow from the papers and the application.
func marksAtReceipt(app Application, when moment.Instant) []Fact {
	var out []Fact
	mark := func(name string, on bool) {
		if on {
			out = append(out, Fact{Kind: FMarked, At: when, How: name, Qty: 1})
		}
	}
	digitised, reused := digitisation(app.Papers)
	mark("digitised", digitised)
	mark("reused", reused)
	mark("population", app.Population)
	mark("obliged", app.Obliged)
	return out
}

// digitisation reports whether all papers of an application are in electronic
// form, and whether at least one was reused or came from a store. A result is not
// a paper of the application; without papers nothing was digitised.
func digitisation(papers []Paper) (digitised, reused bool) {
	n := 0
	digitised = true
	for _, p := range papers {
		if p.Result {
			continue
		}
		n++
		digitised = digitised && p.Source != "paper"
		reused = reused || p.Source == "reused" || p.Source == "national_store"
	}
	return digitised && n > 0, reused
}

// maximum returns the due date that the longest limit of a procedure gives: what
// the service index takes for a dossier that came without a due date.
func (k *Desk) maximum(ctx context.Context, u unit.ID, v *procedure.Version, received moment.Instant) (moment.Instant, bool) {
	cal, err := k.Calendars.For(ctx, k.DB, u)
	if err != nil {
		return 0, false
	}
	var most moment.Instant
	for _, l := range v.Limits {
		if due, err := cal.Due(received, l.Limit, ""); err == nil {
			most = max(most, due)
		}
	}
	return most, most != 0
}

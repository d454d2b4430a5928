package app

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/scorecard"
	"cchc/scorecard/scorecardtest"
	"cchc/unit"
)

// A standing is a thing of our commune in one state, in place of the one that fills name.
type standing struct {
	kind  string // of the policy's table (base/auth/acts.go), or one of kindsBeside
	state string
	as    map[string]string // things by the names under which fills ask for them
	of    []string          // beginnings of the paths that are asked; none: whatever asks for one of the things
	at    string            // where they stand, when it is not our commune
}

// kindsBeside are kinds of things with states of which the policy's table says nothing,
// since no act of theirs is for some states alone.
var kindsBeside = []string{"dissolved", "evidence", "bulk_run", "comparison", "notice", "purpose", "party", "left"}

// elsewhere are states that the matrix has no thing in, and why.
var elsewhere = map[string]string{
	"drawer none":    "a drawer that nobody opened has no name; POST /counter/cash is of it, in the columns",
	"retention none": "where nothing is proposed there is no name; POST /admin/privacy/retention is of it, in the columns",
	"import storing": "only while a process works on it, which its own tests do",
}

// The paths that name a unit, for what a unit left that is no more.
var (
	ofDossiers = []string{"/dossiers/{code}", "/queue/{code}", "/api/v1/dossiers/{code}"}
	ofUnits    = append([]string{"/counter", "/books", "/units/{id}", "/index/{unit}", "/admin/accounts/{id}", "/admin/privacy/requests/{id}", "/dossiers",
		"/api/v1/counter", "/api/v1/units/{id}", "/api/v1/index/{unit}", "/api/v1/accounts/{id}", "/api/v1/data-requests/{id}"}, ofDossiers...)
)

// stands notes that a thing of our commune stands so: pairs are the names under which
// fills ask for it, and what is there for them.
func (w *terrain) stands(kind string, state auth.State, pairs ...string) {
	x := standing{kind: kind, state: string(state), as: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		x.as[pairs[i]] = pairs[i+1]
	}
	w.states = append(w.states, x)
}

// stand brings things of our commune into every state that the program knows of them.
func (w *terrain) stand() {
	w.t.Helper()
	c := w.corners[ourCommune]
	w.dossiersStand(c)
	w.states = append(w.states, standing{kind: "dissolved", of: ofUnits, as: map[string]string{"dossier": w.corners[goneCommune].thing["stopped"]}, at: goneCommune})
	w.states = append(w.states, standing{kind: "left", state: "before", at: leftCommune},
		standing{kind: "left", state: "since", at: leftCommune, as: w.corners[sinceItLeft].thing})
	w.counterStands(c)
	w.privacyStands(c)
	w.accountsStand(c)
	w.othersStand(c)
	w.systemStands(c)
	w.importsStand()
	w.scoresStand(c)
	w.unitsStand(c)
	w.outStand()
}

// dossiersStand makes a dossier in each state of the policy, and one that is late.
func (w *terrain) dossiersStand(c *corner) {
	w.t.Helper()
	k := w.desk
	officer, err := auth.Load(ctx, w.db, w.people[string(actor.Specialist)+ourCommune].account, w.db.Now().Date())
	w.ok(err)
	type step func(code string) error
	ask := dossier.Ask{Reason: "Thiếu tờ khai"}
	more := func(code string) error { return k.AskForMore(ctx, operator, code, ask) }
	oblige := func(code string) error { return k.Oblige(ctx, operator, code, dossier.Ask{Reason: "Thuế"}) }
	pause := func(code string) error {
		return k.Pause(ctx, operator, code, dossier.Ask{Reason: "Đo đạc", As: calendar.Pause})
	}
	recall := func(code string) error { return k.AskWithdrawal(ctx, operator, code, "") }
	finish := func(code string) error { return k.Finish(ctx, operator, code, dossier.Result{}) }
	made := func(state auth.State, arrives bool, steps ...step) {
		w.t.Helper()
		app, begin := w.application(c), k.Receive
		if arrives {
			app.Channel, begin = dossier.Online, k.Register
		}
		d, err := begin(ctx, operator, app)
		w.ok(err)
		for _, do := range steps {
			w.ok(do(d.Code))
		}
		w.dossierStands(state, d.Code)
	}
	made("registered", true)
	made("asked", true, more)
	made("recalled", true, recall)
	made("recalled_asked", true, more, recall)
	made("not_accepted", true, func(code string) error { return k.Decline(ctx, operator, code, "Sai nơi nộp") })
	made("accepted", false)
	made("in_progress", false, func(code string) error { return k.Claim(ctx, officer, code) })
	made("paused", false, pause)
	made("supplement", false, more)
	made("obligation", false, oblige)
	made("withdrawing", false, recall)
	made("withdrawing_paused", false, pause, recall)
	made("withdrawing_supplement", false, more, recall)
	made("withdrawing_obligation", false, oblige, recall)
	made("finished", false, finish)
	made("stopped", false, func(code string) error { return k.Stop(ctx, operator, code, "Quá hạn bổ sung", "") })
	made("handed_over", false, finish, func(code string) error { return k.HandOver(ctx, operator, code, dossier.AtCounter, 0, "") })
	made("voided", false, func(code string) error { return k.VoidReceipt(ctx, operator, code, "Nhầm thủ tục") })
	// Not a state, but forms and the queue ask it.
	overdue, erased := w.over(c)
	w.dossierStands("erased", erased)
	w.stands("dossier", "accepted:overdue", "dossier", overdue)
}

// dossierStands notes a dossier, and the secret on its receipt, when it stands so.
func (w *terrain) dossierStands(state auth.State, code string) {
	w.t.Helper()
	d, err := w.desk.ByCode(ctx, w.db, operator, code)
	w.ok(err)
	if now := d.Stands(); now != state {
		w.t.Fatalf("the dossier that is to be %s is %s", state, now)
	}
	w.stands("dossier", state, "dossier", code, "rating", d.RatingToken)
}

// roundsStand are rounds whose calendar lies so that now is in the middle of each stage,
// in which nobody handed anything in, and one that was approved.
func (w *terrain) roundsStand(c *corner) {
	w.t.Helper()
	for _, s := range []struct {
		state auth.State
		stage scorecard.Stage
	}{{"open", scorecard.StageSelf}, {"open:appraised1", scorecard.StageAppraised1}, {"open:explain", scorecard.StageExplain},
		{"open:appraised2", scorecard.StageAppraised2}, {"open:council", scorecard.StageCouncil}, {"approving", scorecard.StageApproved}} {
		id, sheet := w.round(c.unit, s.stage)
		w.stands("round", s.state, "round", id, "sheet", sheet, "decided", id, "decidedsheet", sheet)
	}
	w.stands("round", "approved", "round", c.thing["decided"], "sheet", c.thing["decidedsheet"], "decided", c.thing["decided"], "decidedsheet", c.thing["decidedsheet"])
}

// earlier is by how many days a calendar must begin earlier so that today is in the middle
// of a stage, or ahead of all of them.
var earlier = map[scorecard.Stage]int{"ahead": -10, scorecard.StageSelf: 0, scorecard.StageAppraised1: 16, scorecard.StageExplain: 24,
	scorecard.StageAppraised2: 30, scorecard.StageCouncil: 34, scorecard.StageApproved: 37, "behind": 60}

// during is the calendar that puts now into a stage.
func during(s scorecard.Stage) []scorecard.Window {
	list := scorecardtest.Calendar()
	for i := range list {
		by := time.Duration(earlier[s]) * 24 * time.Hour
		list[i].Opens, list[i].Closes = list[i].Opens.Add(-by), list[i].Closes.Add(-by)
	}
	return list
}

// round opens a round of the province in which now is in a stage.
func (w *terrain) round(u unit.ID, now scorecard.Stage) (round, sheet string) {
	w.t.Helper()
	r, err := w.scorecard.OpenRound(ctx, operator, scorecard.NewRound{Unit: w.province, Name: "Chỉ số", Basis: "KH 12/KH-UBND", Set: w.corners[ourCommune].thing["set"],
		From: moment.NewDate(2026, 1, 1), To: moment.NewDate(2026, 12, 31), CutOff: moment.NewDate(2026, 11, 30), Windows: during(now)})
	w.ok(err)
	for _, stage := range []scorecard.Stage{scorecard.StageAppraised1, scorecard.StageAppraised2} {
		for _, f := range []string{"1", "2", scorecard.BonusSection, scorecard.PenaltySection} {
			w.ok(w.scorecard.Assign(ctx, operator, r.ID, stage, f, []string{w.people[string(actor.Specialist)+theProvince].account}))
		}
	}
	list, err := w.scorecard.Sheets(ctx, w.db, operator, r)
	w.ok(err)
	for _, s := range list {
		if s.Unit == u {
			return r.ID, s.ID
		}
	}
	w.t.Fatal("our commune has no sheet")
	return "", ""
}

// stateColumns are where a role is held that asks for a thing in each of its states:
// the thing is always our commune's. An outsider is one person with every role there:
// rights are what any one of the roles gives, so whom all of them together let in
// nowhere, none lets in alone. Where such a person is let in, each role is asked. What
// stands there now is as what ever stood below a unit, and so of the new parent only those
// roles are asked that "below" lets in: it is two calls in five.
var stateColumns = []struct {
	column
	outsider bool
	asBelow  bool
}{
	{column: column{name: "own", held: ourCommune, stood: ourCommune}},
	{column: column{name: "below", held: theProvince, stood: ourCommune}},
	{column: column{name: "sibling", held: nextCommune, stood: ourCommune}, outsider: true},
	{column: column{name: "far", held: farCommune, stood: ourCommune}, outsider: true},
	{column: column{name: "system", held: everywhere, stood: ourCommune}},
	{column: column{name: "gone", held: goneCommune, stood: goneCommune}},
	{column: column{name: "heir", held: ourCommune, stood: goneCommune}},
	{column: column{name: "beside", held: nextCommune, stood: goneCommune}, outsider: true},
	{column: column{name: "afar", held: farCommune, stood: goneCommune}, outsider: true},
	{column: column{name: "former", held: theProvince, stood: leftCommune}, outsider: true},
	{column: column{name: "joined", held: farProvince, stood: leftCommune}, asBelow: true},
}

// fewerStates leaves out, on PostgreSQL, who asks for things in each of their states from
// above: it is nine in ten of the requests. What a state allows is decided by code that
// knows no engine; whom one reaches is read by statements, and asked in every column
// above the states. SQLite asks everything.
func (w *terrain) fewerStates() bool { return w.db.Engine() == db.Postgres }

func (w *terrain) asksStatesIn(column string) bool {
	return !w.fewerStates() || column != "below" && column != "system" && column != "joined"
}

// statesOf writes the lines of states in a block out for each column that is asked, so that
// blocks of all columns and of fewer can be compared.
func (w *terrain) statesOf(block string) string {
	out, by := "", map[string]string{}
	for line := range strings.Lines(block) {
		rest, ok := strings.CutPrefix(line, "  in ")
		if !ok {
			out += line
			continue
		}
		columns, rest, _ := strings.Cut(rest, " ")
		for column := range strings.SplitSeq(columns, ",") {
			by[column] += "  in " + column + " " + rest
		}
	}
	for _, col := range stateColumns {
		if w.asksStatesIn(col.name) {
			out += by[col.name]
		}
	}
	return out
}

// everybody is said of an answer that all roles get.
const everybody = "everybody"

// inStates asks a route for the thing in each of its states, by who holds a role where
// the thing is, above it, beside it and far from it. States that answer alike stand in
// one line, and so do columns whose lines are the same; "every" is all the states of the
// kind that header lists. below are the roles that the table lets in from above, visitors
// whether everybody is.
func (w *terrain) inStates(x route, first inquiry, below []actor.Role, visitors bool) (lines string, reached bool, found []finding) {
	kinds := map[string][]standing{}
	var order []string
	for _, s := range w.states {
		if kinds[s.kind] == nil {
			order = append(order, s.kind)
		}
		kinds[s.kind] = append(kinds[s.kind], s)
	}
	for _, kind := range order {
		if !w.asksFor(x, kinds[kind]) || kinds[kind][0].at == leftCommune && visitors {
			continue
		}
		said := map[string][]string{} // lines of a kind → columns
		var turn []string
		for _, col := range stateColumns {
			if col.name == "system" && kind == "dossier" {
				continue // as from the province, which is above all that a dossier is in
			}
			if !w.asksStatesIn(col.name) {
				continue
			}
			roles := actor.Roles
			if col.asBelow {
				roles = below
			}
			block, some, f := w.inColumn(x, first, col.column, col.outsider, roles, kinds[kind])
			reached, found = reached || some, append(found, f...)
			if block == "" {
				continue
			}
			if said[block] == nil {
				turn = append(turn, block)
			}
			said[block] = append(said[block], col.name)
		}
		for _, block := range turn {
			for line := range strings.Lines(block) {
				lines += "  in " + strings.Join(said[block], ",") + " " + line
			}
		}
	}
	return lines, reached, found
}

// asksFor reports whether a route asks for one of the things that stand somehow: with
// other names for them it would be another request.
func (w *terrain) asksFor(x route, list []standing) bool {
	s := list[0]
	if s.at == leftCommune {
		return true // inColumn leaves out what names nothing there
	}
	if s.of != nil {
		return slices.ContainsFunc(s.of, func(p string) bool { return strings.HasPrefix(x.path, p) })
	}
	there := w.corners[ourCommune]
	with := func(mark string) inquiry {
		c := &corner{unit: there.unit, thing: maps.Clone(there.thing)}
		for name := range s.as {
			c.thing[name] = mark + name
		}
		q, _ := w.inquiry(x, c)
		return q
	}
	return with("x-") != with("y-")
}

// inColumn asks for things of a kind, in each of its states, of one place.
func (w *terrain) inColumn(x route, first inquiry, col column, outsider bool, roles []actor.Role, list []standing) (block string, reached bool, found []finding) {
	answers := map[string][]string{}
	var order []string
	var asked []string
	for _, s := range list {
		if cmp.Or(s.at, ourCommune) != col.stood || len(roles) == 0 {
			continue
		}
		stood := w.corners[col.stood]
		c := &corner{unit: stood.unit, thing: maps.Clone(stood.thing)}
		maps.Copy(c.thing, s.as)
		q, err := w.inquiry(x, c)
		if s.at != "" && (err != nil || q == first) {
			continue // nothing there that is the unit's
		}
		if err != nil {
			found = append(found, finding{x.name, s.state, err.Error()})
			continue
		}
		if q.body == "" && x.method != http.MethodGet && x.op == nil {
			// The page shows no form in this state: what it shows in the usual one is sent.
			if usual, err := w.inquiry(x, stood); err == nil {
				q.kind, q.body = usual.kind, usual.body
			}
		}
		asked = append(asked, s.state)
		groups := map[string][]string{}
		ask := func(who string, p *holder) (cell string) {
			cell, f := w.ask(x, p, col, q)
			for i := range f {
				f[i].who += " in " + s.kind + " " + s.state
			}
			found = append(found, f...)
			groups[cell] = append(groups[cell], who)
			return cell
		}
		if !outsider || passed(ask(everybody, w.people[allRoles+col.held])) {
			clear(groups)
			for _, role := range roles {
				reached = passed(ask(string(role), w.people[string(role)+col.held])) || reached
			}
		}
		var parts []string
		for _, cell := range slices.Sorted(maps.Keys(groups)) {
			who := strings.Join(groups[cell], " ")
			if len(groups[cell]) == len(actor.Roles) {
				who = everybody
			}
			parts = append(parts, cell+" "+who)
		}
		line := strings.Join(parts, "; ")
		if answers[line] == nil {
			order = append(order, line)
		}
		answers[line] = append(answers[line], s.state)
	}
	for _, line := range order {
		of := []string{list[0].kind}
		switch rest := slices.DeleteFunc(slices.Clone(asked), func(s string) bool { return slices.Contains(answers[line], s) }); {
		case len(rest) == 0: // all of them
		case len(rest)+1 < len(answers[line]):
			of = append(append(of, "but"), rest...)
		default:
			of = append(of, answers[line]...)
		}
		block += strings.Join(of, " ") + ": " + line + "\n"
	}
	return block, reached, found
}

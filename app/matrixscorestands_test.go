package app

import (
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/scorecard"
	"cchc/scorecard/scorecardtest"
)

var setSuperseded = db.SQL("matrix_test.set", `UPDATE criteria_set SET state = 'superseded' WHERE id = $1`)

// scoresStand are criteria sets, results, appeals, rounds, evidence, sheets, and sheets in
// a stage.
func (w *terrain) scoresStand(c *corner) {
	w.t.Helper()
	w.stands("criteria_set", "draft", "draft", c.thing["draft"])
	w.stands("criteria_set", "issued", "draft", c.thing["set"])
	p := &scorecardtest.Place{DB: w.db, Province: w.province}
	old := p.Issue(w.t, strings.ReplaceAll(scorecardtest.Small, "T-xa-2026", "T-xb-2026"))
	w.put(setSuperseded, old)
	w.stands("criteria_set", "superseded", "draft", old)

	w.stands("result", "prepared", "result", c.thing["prepared"], "prepared", c.thing["prepared"])
	w.stands("result", "published", "result", c.thing["result"], "prepared", c.thing["result"])
	w.stands("result", "amended", "result", c.thing["amended"], "prepared", c.thing["amended"])

	w.stands("appeal", "waiting", "appeal", c.thing["appeal"], "decidedsheet", c.thing["decidedsheet"])
	w.stands("appeal", "decided", "appeal", c.thing["ruled"], "decidedsheet", c.thing["ruledsheet"])

	w.roundsStand(c)

	// Evidence that is of drafts alone is the unit's own; what was handed in with it, others read.
	proof, err := w.scorecard.AddEvidence(ctx, operator, scorecard.Evidence{Unit: c.unit, Title: secret(ourCommune), Pages: 3})
	w.ok(err)
	w.madeBy(w.people[string(actor.HomeAffairs)+ourCommune], "/scorecard/evidence/"+proof.ID+"/files?name=b.pdf", "", "%s", pdf)
	w.stands("evidence", "of_a_draft", "evidence", c.thing["evidence"])
	w.stands("evidence", "handed_in", "evidence", proof.ID)

	w.sheetsStand(c, proof.ID)
	w.stagesStand(c)
}

// A course is our commune's sheet in a round whose stages come when they are wanted.
type course struct {
	w                      *terrain
	round, sheet, question string
}

func (w *terrain) course(c *corner) *course {
	w.t.Helper()
	round, sheet := w.round(c.unit, scorecard.StageSelf)
	return &course{w: w, round: round, sheet: sheet}
}

// to puts now into a stage.
func (x *course) to(s scorecard.Stage) {
	x.w.t.Helper()
	x.w.ok(x.w.scorecard.SetCalendar(ctx, operator, x.round, during(s), "A"))
}

func (x *course) handIn() {
	x.w.t.Helper()
	x.w.ok(x.w.scorecard.HandIn(ctx, operator, x.sheet, true))
}

func (x *course) remove() {
	x.w.t.Helper()
	x.w.ok(x.w.scorecard.RemoveSheet(ctx, operator, x.sheet, "A"))
}

// prove attaches evidence to a leaf.
func (x *course) prove(evidence, leaf string) {
	x.w.t.Helper()
	x.w.ok(x.w.scorecard.Attach(ctx, operator, x.sheet, evidence, []string{leaf}, 1, ""))
}

// ask has the unit explain a leaf.
func (x *course) ask() {
	x.w.t.Helper()
	x.w.ok(x.w.scorecard.Ask(ctx, operator, x.sheet, []string{"1.1.2"}, "Ngày nào?"))
	s, _ := x.load()
	asked, err := x.w.scorecard.Questions(ctx, x.w.db, s)
	x.w.ok(err)
	x.question = asked[0].ID
}

func (x *course) load() (scorecard.Sheet, scorecard.Round) {
	x.w.t.Helper()
	s, r, err := x.w.scorecard.Sheet(ctx, x.w.db, operator, x.sheet)
	x.w.ok(err)
	return s, r
}

// stands notes the sheet, which is to stand so by now.
func (x *course) stands(kind string, state auth.State, now func(scorecard.Sheet, scorecard.Round) auth.State) {
	x.w.t.Helper()
	s, r := x.load()
	if is := now(s, r); is != state {
		x.w.t.Fatalf("the %s that is to be %s is %s", kind, state, is)
	}
	pairs := []string{"round", x.round, "sheet", x.sheet, "decidedsheet", x.sheet}
	if x.question != "" {
		pairs = append(pairs, "question", x.question)
	}
	links, err := x.w.scorecard.LinksOf(ctx, x.w.db, s)
	x.w.ok(err)
	if len(links) > 0 {
		pairs = append(pairs, "attached", links[len(links)-1].ID)
	}
	x.w.stands(kind, state, pairs...)
}

// sheetsStand are sheets with evidence.
func (w *terrain) sheetsStand(c *corner, proof string) {
	w.t.Helper()
	for _, state := range w.policyStates("sheet") {
		x := w.course(c)
		x.prove(proof, "1.1.1")
		switch state {
		case "ahead":
			x.to("ahead")
		case "left":
			x.to(scorecard.StageAppraised1)
		case "handed_in":
			x.handIn()
		case "handed_in_explaining", "explaining":
			x.handIn()
			x.to(scorecard.StageAppraised1)
			x.ask()
			x.to(scorecard.StageExplain)
			if state == "handed_in_explaining" {
				w.ok(w.scorecard.Reopen(ctx, operator, x.round, x.sheet, scorecard.StageSelf, w.db.Now().Add(time.Hour), "A"))
			}
			x.prove(proof, "1.1.2")
		case "locked":
			x.handIn()
			x.to(scorecard.StageAppraised1)
			x.ask()
		case "approved":
			x.handIn()
			x.to(scorecard.StageApproved)
			w.ok(w.scorecard.Approve(ctx, operator, x.round, "300/QĐ-UBND", w.db.Now().Date()))
		case "removed":
			x.remove()
		}
		x.stands("sheet", state, func(s scorecard.Sheet, r scorecard.Round) auth.State { return s.Stands(r, w.db.Now()) })
	}
}

// stagesStand are sheets as those who appraise find them.
func (w *terrain) stagesStand(c *corner) {
	w.t.Helper()
	for _, state := range w.policyStates("stage") {
		x := w.course(c)
		switch state {
		case "removed":
			x.handIn()
			x.remove()
			x.to(scorecard.StageAppraised1)
		case "not_handed_in":
			x.to(scorecard.StageAppraised1)
		case "open":
			x.handIn()
			x.to(scorecard.StageAppraised1)
			x.ask()
		default:
			x.handIn()
		}
		x.stands("stage", state, func(s scorecard.Sheet, r scorecard.Round) auth.State {
			return s.StandsIn(r, scorecard.StageAppraised1, w.db.Now())
		})
	}
}

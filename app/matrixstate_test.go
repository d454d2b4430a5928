package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/scorecard"
	"cchc/scorecard/scorecardtest"
	"cchc/unit"
)

// A standing is a thing of a unit in one state, in place of the one that fills name.
type standing struct {
	name string
	of   []string // beginnings of the paths that ask for it
	as   map[string]string
	gone bool // the thing is of the unit that is no more
}

var (
	ofDossiers = []string{"/dossiers/{code}", "/queue/{code}", "/api/v1/dossiers/{code}"}
	ofRounds   = []string{"/scorecard/rounds/{round}", "/scorecard/sheets/{sheet}", "/api/v1/scorecard/rounds/{id}", "/api/v1/scorecard/sheets/{id}"}
	ofUnits    = append([]string{"/counter", "/books", "/units/{id}", "/index/{unit}", "/admin/accounts/{id}", "/admin/privacy/requests/{id}", "/dossiers",
		"/api/v1/counter", "/api/v1/units/{id}", "/api/v1/index/{unit}", "/api/v1/accounts/{id}", "/api/v1/data-requests/{id}"}, ofDossiers...)
	ofSets    = []string{"/scorecard/sets/{id}", "/api/v1/scorecard/sets/{id}"}
	ofResults = []string{"/scorecard/results/{id}", "/api/v1/scorecard/results/{id}", "/cchc/{id}"}
)

// stand brings dossiers, rounds, sets and results of our commune into every state.
func (w *terrain) stand() {
	w.t.Helper()
	c := w.corners[ourCommune]
	k := w.desk
	fresh := func(register func(dossier.Application) (dossier.Dossier, error), then ...func(code string) error) string {
		w.t.Helper()
		d, err := register(dossier.Application{Unit: c.unit, Procedure: "1.001193", Channel: dossier.Online,
			Person: dossier.Person{Name: secret(ourCommune), IDNumber: idNumber(ourCommune), Phone: "0905123456"}})
		w.ok(err)
		for _, f := range then {
			w.ok(f(d.Code))
		}
		return d.Code
	}
	register := func(a dossier.Application) (dossier.Dossier, error) { return k.Register(ctx, operator, a) }
	receive := func(a dossier.Application) (dossier.Dossier, error) { return k.Receive(ctx, operator, a) }
	finish := func(code string) error { return k.Finish(ctx, operator, code, dossier.Result{}) }
	overdue, erased := w.over(c)
	dossiers := []struct{ name, code string }{
		{"arrived", fresh(register)},
		{"declined", fresh(register, func(code string) error { return k.Decline(ctx, operator, code, "Sai nơi nộp") })},
		{"received", fresh(receive)},
		{"incomplete", fresh(receive, func(code string) error {
			return k.AskForMore(ctx, operator, code, dossier.Ask{Reason: "Thiếu tờ khai"})
		})},
		{"paused", fresh(receive, func(code string) error {
			return k.Pause(ctx, operator, code, dossier.Ask{Reason: "Đo đạc", As: calendar.Pause})
		})},
		{"obliged", fresh(receive, func(code string) error { return k.Oblige(ctx, operator, code, dossier.Ask{Reason: "Thuế"}) })},
		{"withdrawing", fresh(receive, func(code string) error { return k.AskWithdrawal(ctx, operator, code, "") })},
		{"withdrawn", fresh(receive, func(code string) error { return k.AskWithdrawal(ctx, operator, code, "") },
			func(code string) error { return k.ConfirmWithdrawal(ctx, operator, code) })},
		{"finished", fresh(receive, finish)},
		{"refused", fresh(receive, func(code string) error {
			return k.Refuse(ctx, operator, code, "Không đủ điều kiện", dossier.Result{})
		})},
		{"overdue", overdue},
		{"erased", erased},
		{"returned", fresh(receive, finish, func(code string) error { return k.HandOver(ctx, operator, code, dossier.AtCounter, 0, "") })},
	}
	for _, d := range dossiers {
		w.states = append(w.states, standing{name: d.name, of: ofDossiers, as: map[string]string{"dossier": d.code}})
	}
	w.states = append(w.states, standing{name: "dissolved", of: ofUnits, as: map[string]string{"dossier": w.corners[goneCommune].thing["stopped"]}, gone: true})
	w.states = append(w.states,
		standing{name: "draft", of: ofSets, as: map[string]string{"draft": c.thing["draft"]}},
		standing{name: "issued", of: ofSets, as: map[string]string{"draft": c.thing["set"]}},
		standing{name: "prepared", of: ofResults, as: map[string]string{"result": c.thing["prepared"]}},
		standing{name: "published", of: ofResults, as: map[string]string{"prepared": c.thing["result"]}},
	)
	// Rounds whose calendar lies so that now is in the middle of each stage.
	for _, s := range []struct {
		stage scorecard.Stage
		days  int // earlier
	}{{scorecard.StageSelf, 0}, {scorecard.StageAppraised1, 16}, {scorecard.StageExplain, 24}, {scorecard.StageAppraised2, 30}, {scorecard.StageCouncil, 34}, {scorecard.StageApproved, 37}} {
		id, sheet := w.round(c.unit, time.Duration(s.days)*24*time.Hour)
		w.states = append(w.states, standing{name: "stage:" + string(s.stage), of: ofRounds, as: map[string]string{"round": id, "sheet": sheet}})
	}
	w.states = append(w.states, standing{name: "stage:decided", of: ofRounds, as: map[string]string{"round": c.thing["decided"], "sheet": c.thing["decidedsheet"]}})
}

// round opens a round of the province whose stages all begin so much earlier.
func (w *terrain) round(u unit.ID, earlier time.Duration) (round, sheet string) {
	w.t.Helper()
	windows := scorecardtest.Calendar()
	for i := range windows {
		windows[i].Opens, windows[i].Closes = windows[i].Opens.Add(-earlier), windows[i].Closes.Add(-earlier)
	}
	r, err := w.scorecard.OpenRound(ctx, operator, scorecard.NewRound{Unit: w.province, Name: "Chỉ số", Basis: "KH 12/KH-UBND", Set: w.corners[ourCommune].thing["set"],
		From: moment.NewDate(2026, 1, 1), To: moment.NewDate(2026, 12, 31), CutOff: moment.NewDate(2026, 11, 30), Windows: windows})
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

// inStates asks a route for the thing in each of its states: of one's own unit, and
// for rounds also by who holds the role in the province, above. States that answer
// alike stand in one line.
func (w *terrain) inStates(x route, first inquiry) (lines string, reached bool, found []finding) {
	type held struct {
		name string
		col  column
	}
	from := []held{{"own", columns[0]}}
	if slices.ContainsFunc(append(ofRounds, ofResults...), func(p string) bool { return strings.HasPrefix(x.path, p) }) {
		from = append(from, held{"below", columns[1]})
	}
	from = append(from, held{"gone", column{name: "gone", held: goneCommune, stood: goneCommune}}, held{"heir", column{name: "heir", held: ourCommune, stood: goneCommune}},
		held{"beside", column{name: "beside", held: nextCommune, stood: goneCommune}}, held{"afar", column{name: "afar", held: farCommune, stood: goneCommune}})
	for _, h := range from {
		answers := map[string][]string{}
		var order []string
		for _, s := range w.states {
			if s.gone != (h.col.stood == goneCommune) || !slices.ContainsFunc(s.of, func(p string) bool { return strings.HasPrefix(x.path, p) }) {
				continue
			}
			stood := w.corners[h.col.stood]
			c := &corner{unit: stood.unit, thing: maps.Clone(stood.thing)}
			maps.Copy(c.thing, s.as)
			q, err := w.inquiry(x, c)
			if s.gone && (err != nil || q == first) {
				continue // nothing there that is the unit's
			}
			if err != nil {
				found = append(found, finding{x.name, s.name, err.Error()})
				continue
			}
			groups := map[string][]string{}
			for _, role := range actor.Roles {
				cell, f := w.ask(x, w.people[string(role)+h.col.held], h.col, q)
				for i := range f {
					f[i].who += " in " + s.name
				}
				found = append(found, f...)
				reached = reached || passed(cell)
				groups[cell] = append(groups[cell], string(role))
			}
			var parts []string
			for _, cell := range slices.Sorted(maps.Keys(groups)) {
				parts = append(parts, cell+" "+strings.Join(groups[cell], " "))
			}
			line := strings.Join(parts, "; ")
			if answers[line] == nil {
				order = append(order, line)
			}
			answers[line] = append(answers[line], s.name)
		}
		for _, line := range order {
			lines += fmt.Sprintf("  in %s %s: %s\n", h.name, strings.Join(answers[line], " "), line)
		}
	}
	return lines, reached, found
}

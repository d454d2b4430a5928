package dossier_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"cchc/base/moment"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/unit"
)

// Counting in groups is counting one by one: every figure, breakdown, unit and
// moment of knowing.
func TestGroupedFiguresAreThoseOfDossiersOneByOne(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := dossiertest.Desk(t)
			step := 0
			var back string
			history(t, o, 70+seed, 600, func() {
				if step++; step%40 == 0 { // what random verbs seldom lead to
					app := o.Application(dossiertest.Birth)
					app.Channel, app.Elsewhere = dossier.Online, true
					d, err := o.Desk.Receive(ctx, system, app)
					ok(t, err)
					if back != "" {
						ok(t, o.Desk.ConfirmWithdrawal(ctx, system, back))
					}
					back = d.Code
					ok(t, o.Desk.AskWithdrawal(ctx, system, back, "rút"))
					door, err := o.Desk.Register(ctx, system, app)
					ok(t, err)
					ok(t, o.Desk.Decline(ctx, system, door.Code, "sai nơi"))
					today, err := o.Desk.Receive(ctx, system, o.Application(dossiertest.Certify))
					ok(t, err)
					ok(t, o.Desk.Finish(ctx, system, today.Code, dossier.Result{}))
					rows := fmt.Sprintf("id,channel,received\nN%d,direct,%s\n", step, o.DB.Now().Date())
					_, err = o.Desk.Import(ctx, system, strings.NewReader(rows), dossier.Import{System: "other", Unit: o.Commune})
					ok(t, err)
				}
				switch step { // a merger, taken back later
				case 250:
					_, err := o.Desk.Transfer(ctx, o.Mountain, o.DB.Now().Date(), "NQ", func(dossier.Dossier) unit.ID { return o.Commune })
					ok(t, err)
				case 400:
					_, err := o.Desk.Transfer(ctx, o.Commune, o.DB.Now().Date(), "NQ", func(dossier.Dossier) unit.ID { return o.Mountain })
					ok(t, err)
				}
			})
			now := o.DB.Now()
			var all dossier.II06a
			for from := date("2026-08-01"); from <= now.Date(); from = from.AddMonths(1) {
				to := from.LastOfMonth()
				if from == date("2026-09-01") {
					to = now.Date().AddDays(3) // not over yet
				}
				for _, known := range []moment.Instant{0, from.AddDays(9).Start(), min(to.AddDays(5).End(), now-1)} {
					for _, u := range []unit.ID{"", o.Province, o.Commune} {
						x := dossier.Question{Unit: u, From: from, To: to, Known: known, Detail: u != o.Province}
						for _, by := range []dossier.By{dossier.ByNothing, dossier.BySector, dossier.ByProcedure, dossier.ByUnit, dossier.ByOfficer} {
							got, err := o.Desk.Statistics(ctx, o.DB, system, x, by)
							ok(t, err)
							want, err := o.Desk.OneByOne(ctx, o.DB, x, by, []unit.ID{o.Province, o.Commune, o.Mountain})
							ok(t, err)
							if !reflect.DeepEqual(got, want) {
								t.Fatalf("%+v by %q:\ngrouped    %+v\none by one %+v", x, by, got, want)
							}
							all.Add(got[0].II06a)
							if by == dossier.ByNothing {
								opens(t, o, x, got[0].II06a)
							}
						}
					}
				}
			}
			for _, c := range dossier.Columns {
				if all.At(c) == 0 {
					t.Errorf("nothing was counted in %s: the test says nothing of it", c)
				}
			}
		})
	}
}

// opens checks that each figure opens to as many dossiers as it says, each once.
func opens(t *testing.T, o *dossiertest.Office, x dossier.Question, figures dossier.II06a) {
	t.Helper()
	for _, c := range dossier.Columns {
		if !x.Detail && strings.HasPrefix(string(c), "online_") || c == "not_accepted" && !x.Detail {
			continue
		}
		rows, err := o.Desk.FigureList(ctx, o.DB, system, dossier.Figure{Question: x, Column: c})
		ok(t, err)
		seen := map[string]bool{}
		for i := range rows {
			seen[rows[i].ID] = true
		}
		if n := figures.At(c); int64(len(rows)) != n || len(seen) != len(rows) {
			t.Errorf("%+v: %s is %d and opens to %d rows, %d different", x, c, n, len(rows), len(seen))
		}
	}
}

package app

import (
	"crypto/rand"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/job"
	"cchc/base/ledger"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/exchange"
	"cchc/unit"
)

var (
	importPut     = db.SQL("matrix_test.import", `UPDATE import_run SET state = $1, ended_at = $2 WHERE id = $3`)
	noticeRead    = db.SQL("matrix_test.notice_read", `UPDATE notice SET read_at = $1 WHERE id = $2`)
	comparisonPut = db.SQL("matrix_test.comparison", `UPDATE exchange_work SET state = $1 WHERE run_id = $2`)
	jobPut        = db.SQL("matrix_test.job", `
		UPDATE river_job SET state = $1, finalized_at = CASE WHEN $2 = 1 THEN created_at END
		WHERE id = $3`)
	jobLast = db.SQL("matrix_test.job_last", `SELECT MAX(id) FROM river_job WHERE kind = $1`)
)

// unitsStand are communes beside ours, for an act of today.
func (w *terrain) unitsStand(c *corner) {
	w.t.Helper()
	today := w.db.Now().Date()
	commune := func(code string, day moment.Date) unit.ID {
		w.t.Helper()
		id, err := w.registry.Create(ctx, operator, unit.New{Code: code, Name: "Xã " + code, Level: unit.Commune, Parent: w.province}, unit.Act{Day: day, Basis: "NQ"})
		w.ok(err)
		return id
	}
	ofOne := []string{"/admin/units/{unit}", "/api/v1/units/{id}", "/units/{id}"}
	stands := func(state auth.State, id unit.ID, code string) {
		w.stands("unit", state, "unit", string(id), "code", code)
		w.states[len(w.states)-1].of = ofOne
	}
	renamed := func(code string, day moment.Date) unit.ID {
		id := commune(code, unitsBegin)
		w.ok(w.registry.Rename(ctx, operator, id, "Xã Tên Mới "+code, unit.Act{Day: day, Basis: "NQ"}))
		return id
	}
	stands("to_come", commune("H99.191", today.AddDays(30)), "H99.191")
	stands("in_force", commune("H99.192", unitsBegin), "H99.192")
	stands("changed_that_day", renamed("H99.193", today), "H99.193")
	stands("changed_later", renamed("H99.194", today.AddDays(30)), "H99.194")
	// Into one that no result is of: what goes into a unit changes what it is compared with.
	ended := commune("H99.195", unitsBegin)
	w.ok(w.registry.Dissolve(ctx, operator, ended, commune("H99.196", unitsBegin), unit.Act{Day: today, Basis: "NQ 13"}))
	stands("ended", ended, "H99.195")
}

// othersStand are comparisons, notices, purposes, parties of the log and days of a
// calendar.
func (w *terrain) othersStand(c *corner) {
	w.t.Helper()
	w.stands("calendar_day", "free", "day", usual["day"], "withdraw", "yes")
	w.stands("calendar_day", "entered", "day", "2026-12-07", "withdraw", "yes")

	for _, state := range []string{exchange.RunWaiting, exchange.RunFetching, exchange.RunComparing, exchange.RunDone, exchange.RunFailed} {
		id := w.made("/exchange/comparisons/list?name=ds.csv&unit="+c.thing["code"], "id", "Mã hồ sơ,Trạng thái\n%s,9\n", c.thing["dossier"])
		w.ok(w.exchange.Work(ctx, id))
		w.put(comparisonPut, state, id)
		w.stands("comparison", auth.State(state), "comparison", id)
	}

	reader := w.people[string(actor.OneStop)+ourCommune]
	w.stands("notice", "unread", "notice", reader.thing["notice"])
	read := db.NewID()
	w.ok(w.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, noticeAdd, reader.account, read, "read", tx.Now)
		return err
	}))
	w.put(noticeRead, w.db.Now(), read)
	w.stands("notice", "read", "notice", read)

	w.stands("purpose", "in_use", "purpose", usual["purpose"])
	w.ok(w.privacy.PutPurpose(ctx, operator, look.Purpose{Code: "xua", Vi: "Việc xưa", En: "Of old"}))
	w.ok(w.privacy.RetirePurpose(ctx, operator, "xua"))
	w.stands("purpose", "retired", "purpose", "xua")

	w.stands("party", "in_use", "party", c.thing["party"])
	_, public, err := note.GenerateKey(rand.Reader, "cu.example/log")
	w.ok(err)
	party, err := w.log.AddParty(ctx, operator, ledger.LogRole, public, "Xã cũ")
	w.ok(err)
	w.ok(w.log.EndParty(ctx, operator, party.ID))
	w.stands("party", "ended", "party", party.ID, "origin", party.Origin())
}

// systemStands are jobs and links.
func (w *terrain) systemStands(c *corner) {
	w.t.Helper()
	later := job.Kind[string]{Name: "matrix_test.later"}
	for _, x := range []struct {
		state job.State
		name  string
		ended int
	}{{job.Waiting, "available", 0}, {job.Running, "running", 0}, {job.Failing, "retryable", 0}, {job.GivenUp, "discarded", 1}, {job.Cancelled, "cancelled", 1}, {job.Done, "completed", 1}} {
		w.ok(w.db.Write(ctx, func(tx *db.Tx) error { return later.Enqueue(ctx, tx, string(x.state)) }))
		id, err := db.Value[int64](ctx, w.db, jobLast, later.Name)
		w.ok(err)
		w.put(jobPut, x.name, x.ended, id)
		w.stands("job", auth.State(x.state), "job", fmt.Sprint(id))
	}

	w.stands("link", "in_use", "link", c.thing["link"], "peer", c.thing["peer"])
	id := w.made("/exchange/links", "id", `{"kind":"hook","name":"Cổng cũ","url":"https://cu.example/nhan","unit":%q}`, c.thing["code"])
	peer := w.made("/exchange/links", "id", `{"kind":"peer","system":"xa-cu","list":"https://cu.example/ds","name":"Xã cũ","url":"https://cu.example/nhan","unit":%q}`, c.thing["code"])
	w.ok(w.exchange.End(ctx, operator, id))
	w.ok(w.exchange.End(ctx, operator, peer))
	w.stands("link", "ended", "link", id, "peer", peer)
}

// importsStand are files that our officers of home affairs brought in.
func (w *terrain) importsStand() {
	w.t.Helper()
	for i, state := range []auth.State{"waiting", "checking", "checked", "cut_off", "done", "failed", "abandoned"} {
		id := w.made("/imports?kind=holidays&name=n.csv", "id", "Ngày,Loại,Tên\n%02d/03/2027,nghỉ,Bão\n", i+1)
		stored := string(state)
		var ended moment.Instant
		switch state {
		case "cut_off":
			stored = "storing"
		case "done", "failed", "abandoned":
			ended = w.db.Now()
		}
		w.put(importPut, stored, orNull(ended), id)
		w.stands("import", state, "run", id, "wrongrun", id)
	}
	// One that our own officer brought.
	own := w.madeBy(w.people[string(actor.HomeAffairs)+ourCommune], "/imports?kind=holidays&name=n.csv", "id", "Ngày,Loại,Tên\n%02d/04/2027,nghỉ,Bão\n", 1)
	step(w.t, w.rooms)
	w.stands("import", "checked:ours", "run", own, "wrongrun", own)
	w.stands("import", "checked:wrong_rows", "run", w.corners[ourCommune].thing["wrongrun"], "wrongrun", w.corners[ourCommune].thing["wrongrun"])
}

package app

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/job"
	"cchc/base/ledger"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/exchange"
	"cchc/privacy"
	"cchc/scorecard"
	"cchc/scorecard/scorecardtest"
	"cchc/unit"
)

// States that verbs bring about only with time, or with somebody at work, are written
// as the verbs would leave them.
var (
	turnPut = db.SQL("matrix_test.turn", `
		UPDATE turn SET called_at = $1, desk = $2, account = $3, ended_at = $4, ending = $5, day = day - CAST($6 AS INTEGER)
		WHERE id = $7`)
	bookAdd       = db.SQL("matrix_test.book", `INSERT INTO form_book (unit_id, form, year, last) VALUES ($1, '01', $2, 0)`)
	drawerDay     = db.SQL("matrix_test.drawer", `UPDATE cash_session SET day = day + CAST($1 AS INTEGER) WHERE id = $2`)
	tokenOver     = db.SQL("matrix_test.token", `UPDATE api_token SET expires_at = $1 WHERE id = $2`)
	delegatedThen = db.SQL("matrix_test.delegation", `UPDATE delegation SET from_day = from_day - 30, to_day = to_day - 30 WHERE id = $1`)
	grantLater    = db.SQL("matrix_test.grant", `UPDATE account_grant SET from_day = from_day + 30 WHERE account_id = $1`)
	firstPassword = db.SQL("matrix_test.first_password", `UPDATE account SET first_password = 1 WHERE id = $1`)
	importPut     = db.SQL("matrix_test.import", `UPDATE import_run SET state = $1, ended_at = $2 WHERE id = $3`)
	noticeRead    = db.SQL("matrix_test.notice_read", `UPDATE notice SET read_at = $1 WHERE id = $2`)
	comparisonPut = db.SQL("matrix_test.comparison", `UPDATE exchange_work SET state = $1 WHERE run_id = $2`)
	jobPut        = db.SQL("matrix_test.job", `
		UPDATE river_job SET state = $1, finalized_at = CASE WHEN $2 = 1 THEN created_at END
		WHERE id = $3`)
	setSuperseded = db.SQL("matrix_test.set", `UPDATE criteria_set SET state = 'superseded' WHERE id = $1`)
)

// put runs a statement in a write of its own.
func (w *terrain) put(s *db.Stmt, args ...any) {
	w.t.Helper()
	w.ok(w.db.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, s, args...); return err }))
}

// actor returns who somebody is today, as every request finds it.
func (w *terrain) actor(p *holder) actor.Actor {
	w.t.Helper()
	a, err := auth.Load(ctx, w.db, p.account, w.db.Now().Date())
	w.ok(err)
	return a
}

// counterStands are originals, drawers, lists, numbers and books of the counter.
func (w *terrain) counterStands(c *corner) {
	w.t.Helper()
	k, now := w.desk, w.db.Now()
	receive := func(app dossier.Application) string {
		w.t.Helper()
		d, err := k.Receive(ctx, operator, app)
		w.ok(err)
		return d.Code
	}
	w.stands("original", "kept", "original", c.thing["original"])
	w.ok(k.KeepOriginal(ctx, operator, receive(w.application(c)), "Giấy chứng sinh", "Tủ 2"))
	kept, err := k.Originals(ctx, w.db, operator, c.unit)
	w.ok(err)
	for _, o := range kept {
		if o.Name == "Giấy chứng sinh" {
			w.ok(k.GiveBack(ctx, operator, o.ID, "Bà Lan"))
			w.stands("original", "given_back", "original", o.ID)
		}
	}

	oneStop := w.people[string(actor.OneStop)+ourCommune]
	w.stands("drawer", "open", "cash", oneStop.thing["mycash"], "mycash", oneStop.thing["mycash"])
	w.put(drawerDay, -1, oneStop.thing["mycash"]) // only for as long as another is opened
	closed, err := k.OpenCash(ctx, w.actor(oneStop), c.unit, 0)
	w.ok(err)
	w.ok(k.CloseCash(ctx, w.actor(oneStop), closed.ID, nil, ""))
	w.put(drawerDay, -2, closed.ID)
	w.put(drawerDay, 1, oneStop.thing["mycash"])
	w.stands("drawer", "closed", "cash", closed.ID, "mycash", closed.ID)

	w.stands("hand_list", "drawn_up", "list", c.thing["list"])
	handed, err := k.MakeList(ctx, operator, c.unit, "inside", "Phòng Tư pháp", []string{receive(w.application(c))})
	w.ok(err)
	w.ok(k.GiveList(ctx, operator, handed.ID, "Bà Lan"))
	w.stands("hand_list", "handed", "list", handed.ID)
	// What goes by post is tracked.
	app := w.application(c)
	app.ReturnBy = dossier.ByPost
	for _, state := range []auth.State{"drawn_up:post", "handed:post"} {
		code := receive(app)
		w.ok(k.Finish(ctx, operator, code, dossier.Result{}))
		list, err := k.MakeList(ctx, operator, c.unit, dossier.PostBatch, "Bưu điện xã", []string{code})
		w.ok(err)
		if state == "handed:post" {
			w.ok(k.GiveList(ctx, operator, list.ID, "Bưu tá"))
		}
		w.stands("hand_list", state, "list", list.ID, "listkind", string(dossier.PostBatch), "listed", code)
	}

	w.stands("turn", "waiting", "turn", c.thing["turn"])
	for _, x := range []struct {
		state  dossier.TurnState
		called moment.Instant
		desk   string
		ended  moment.Instant
		ending string
		days   int
	}{
		{state: dossier.TurnCalled, called: now, desk: "1"},
		{state: dossier.TurnServed, called: now, desk: "1", ended: now, ending: "served"},
		{state: dossier.TurnMissed, called: now, desk: "1", ended: now, ending: "missed"},
		{state: dossier.TurnLeft, days: 1},
	} {
		turn, err := k.TakeTurn(ctx, operator, c.unit, c.thing["turnkind"], false)
		w.ok(err)
		account := oneStop.account
		if x.called == 0 {
			account = ""
		}
		w.put(turnPut, orNull(x.called), x.desk, account, orNull(x.ended), x.ending, x.days, turn.ID)
		turn, err = k.Turn(ctx, w.db, operator, turn.ID)
		w.ok(err)
		if got := turn.State(now.Date()); got != x.state {
			w.t.Fatalf("the number that is to be %s is %s", x.state, got)
		}
		w.stands("turn", auth.State(x.state), "turn", turn.ID)
	}

	w.stands("reserved_number", "open", "reserved", c.thing["reserved"], "block", c.thing["block"])
	block, err := k.Reserve(ctx, operator, c.unit, 0, 1)
	w.ok(err)
	numbers, err := k.ReservedBlock(ctx, w.db, operator, block)
	w.ok(err)
	w.ok(k.CancelReserved(ctx, operator, c.unit, []string{numbers[0].Code}, "Thừa"))
	w.stands("reserved_number", "answered", "reserved", numbers[0].Code, "block", block)

	w.stands("book", "year_runs", "year", "2026")
	w.put(bookAdd, string(c.unit), 2025)
	w.put(bookAdd, string(c.unit), 2024)
	w.ok(k.CloseBook(ctx, operator, c.unit, "01", 2024))
	w.stands("book", "year_over", "year", "2025")
	w.stands("book", "closed", "year", "2024")

	// Runs over many dossiers are their maker's alone.
	officer := w.people[string(actor.Specialist)+ourCommune]
	left := w.madeBy(officer, "/bulk", "id", `{"act":"forward","items":[{"code":%q}]}`, receive(w.application(c)))
	w.stands("bulk_run", "done", "bulk", left)
	undone := w.madeBy(officer, "/bulk", "id", `{"act":"forward","items":[{"code":%q}]}`, receive(w.application(c)))
	_, err = k.BulkUndo(ctx, w.actor(officer), undone, "Nhầm")
	w.ok(err)
	w.stands("bulk_run", "undone", "bulk", undone)
	begun := dossier.Bulk{ID: db.NewID(), Act: dossier.BulkForward, Items: []dossier.BulkItem{{Code: receive(w.application(c))}}}
	w.ok(k.BulkStart(ctx, w.actor(officer), begun))
	w.stands("bulk_run", "cut_off", "bulk", begun.ID)
}

// orNull is NULL for an instant that never was.
func orNull(i moment.Instant) any {
	if i == 0 {
		return nil
	}
	return i
}

// privacyStands are requests of data subjects, holds and proposals to erase.
func (w *terrain) privacyStands(c *corner) {
	w.t.Helper()
	ask := func(how string) string {
		w.t.Helper()
		d, err := w.desk.Receive(ctx, operator, w.application(c))
		w.ok(err)
		x := privacy.New{Code: d.Code, Kind: privacy.Access, Name: secret(ourCommune), Identity: how}
		var r privacy.Request
		if how == "" {
			r, err = w.privacy.ReceivePublic(ctx, x, "3456")
		} else {
			r, err = w.privacy.Receive(ctx, operator, x)
		}
		w.ok(err)
		return r.ID
	}
	w.stands("request", "received", "asked", ask(""))
	w.stands("request", "identified", "asked", c.thing["asked"])
	id := ask("xem thẻ")
	w.ok(w.privacy.Answer(ctx, operator, id, privacy.Answer{Granted: true, Text: "Đã cấp bản sao"}))
	w.stands("request", "answered", "asked", id)
	id = ask("xem thẻ")
	w.ok(w.privacy.Answer(ctx, operator, id, privacy.Answer{Text: "Không thể", Basis: "Điều 14"}))
	w.stands("request", "refused", "asked", id)

	w.stands("hold", "in_force", "hold", c.thing["hold"])
	d, err := w.desk.Receive(ctx, operator, w.application(c))
	w.ok(err)
	id, err = w.desk.HoldDossier(ctx, operator, d.Code, "thanh tra", "2/QĐ")
	w.ok(err)
	w.ok(w.desk.EndHold(ctx, operator, id, "Xong"))
	w.stands("hold", "ended", "hold", id)

	w.stands("retention", "proposed", "proposal", c.thing["proposal"])
	for _, state := range []auth.State{"approved", "refused", "done"} {
		id := db.NewID()
		w.put(proposalAdd, id, string(c.unit), w.db.Now())
		w.put(proposalPut, string(state), w.db.Now(), id)
		w.stands("retention", state, "proposal", id)
	}
}

var proposalPut = db.SQL("matrix_test.proposal_put", `
	UPDATE retention_proposal SET state = $1, decided_at = $2, decided_by = 'A', document = '1/QĐ', reason = 'A'
	WHERE id = $3`)

// accountsStand are accounts, and what they give and use.
func (w *terrain) accountsStand(c *corner) {
	w.t.Helper()
	k, today := w.accounts, w.db.Now().Date()
	gone := w.corners[goneCommune].thing
	account := func(login string, first bool) (id, grant string) {
		w.t.Helper()
		id, err := k.Create(ctx, operator, auth.NewAccount{Login: login, Name: login, Password: testPassword, First: first,
			Grants: []actor.Grant{{Role: actor.OneStop, Unit: c.unit}}})
		w.ok(err)
		acc, err := k.ByID(ctx, operator, id)
		w.ok(err)
		return id, acc.Grants[0].ID
	}
	stands := func(state, is auth.State, id, grant string) {
		w.t.Helper()
		acc, err := k.ByID(ctx, operator, id)
		w.ok(err)
		if now, err := k.Stands(ctx, w.db, acc); err != nil || now != is {
			w.t.Fatalf("the account that is to be %s is %s, %v", state, now, err)
		}
		w.stands("account", state, "account", id, "grant", grant)
	}
	id, grant := account("lan-dau", true)
	stands("first_password", "first_password", id, grant)
	stands("active", "active", c.thing["account"], c.thing["grant"])
	stands("read_only", "read_only", gone["account"], gone["grant"])
	id, grant = account("da-khoa", false)
	w.ok(k.Disable(ctx, operator, id, "Nghỉ việc"))
	stands("closed", "closed", id, grant)
	id, grant = account("chua-den-luc", false)
	w.put(grantLater, id) // its role begins in a month: until then it has none
	stands("active:no_role_yet", "active", id, grant)

	giver := w.people[string(actor.OneStop)+ourCommune]
	give := func(login string, from, days int) string {
		w.t.Helper()
		to, _ := account(login, false)
		id, err := k.Delegate(ctx, w.actor(giver), auth.NewDelegation{To: to, Role: giver.role, Unit: c.unit, Document: "12/GUQ",
			From: today.AddDays(from), Last: today.AddDays(from + days)})
		w.ok(err)
		return id
	}
	for letter := range w.corners {
		w.corners[letter].thing["taker"] = w.people[string(actor.OneStop)+ourCommune].account
	}
	given := map[auth.State]string{"coming": give("thay-1", 10, 2), "now": giver.thing["delegation"], "over": give("thay-2", 0, 2), "withdrawn": give("thay-3", 0, 2)}
	w.put(delegatedThen, given["over"])
	w.ok(k.Withdraw(ctx, w.actor(giver), given["withdrawn"]))
	list, err := k.Delegations(ctx, w.actor(giver))
	w.ok(err)
	for _, state := range w.policyStates("delegation") {
		for _, d := range list {
			if d.ID == given[state] && d.Stands(today) == state {
				w.stands("delegation", state, "delegation", d.ID)
			}
		}
	}

	// Of the one-stop officer, who has them on a page, and of keepers.
	token := func() string {
		w.t.Helper()
		x, _, err := k.CreateToken(ctx, operator, auth.NewToken{Account: giver.account, Name: "A", Scopes: []string{"dossier.read"}, Until: today.AddDays(30)})
		w.ok(err)
		return x.ID
	}
	tokens := map[auth.State]string{"live": token(), "expired": token(), "withdrawn": token()}
	w.put(tokenOver, w.db.Now().Add(-time.Hour), tokens["expired"])
	w.ok(k.RevokeToken(ctx, operator, tokens["withdrawn"]))
	own, err := k.OwnTokens(ctx, w.actor(giver))
	w.ok(err)
	for _, state := range w.policyStates("token") {
		for _, x := range own {
			if x.ID == tokens[state] && x.Stands(w.db.Now()) == state {
				w.stands("token", state, "token", x.ID, "mytoken", x.ID)
			}
		}
	}
}

const outFirstPassword = "whose password is for the first time"

// outStand are people who had every right and lost it, whose sessions and tokens are
// still at hand.
func (w *terrain) outStand() {
	w.t.Helper()
	out := func(login, why string, lose func(p *holder)) {
		w.t.Helper()
		p := w.somebody(login, "", everywhere, "")
		p.place, p.out = "", why
		lose(p)
		w.out = append(w.out, p)
	}
	tokenOf := func(p *holder) string {
		w.t.Helper()
		own, err := w.accounts.OwnTokens(ctx, w.actor(p))
		w.ok(err)
		for _, x := range own {
			if strings.HasPrefix(p.token, "cchc_"+x.ID+"_") {
				return x.ID
			}
		}
		w.t.Fatal("there is no such token")
		return ""
	}
	out("da-nghi", "whose account was closed", func(p *holder) { w.ok(w.accounts.Disable(ctx, operator, p.account, "Nghỉ việc")) })
	out("ma-rut", "whose token was withdrawn", func(p *holder) {
		w.ok(w.accounts.RevokeToken(ctx, operator, tokenOf(p)))
		p.cookies = nil
	})
	out("ma-het-han", "whose token is past its day", func(p *holder) {
		w.put(tokenOver, w.db.Now().Add(-time.Hour), tokenOf(p))
		p.cookies = nil
	})
	out("mat-khau-dau", outFirstPassword, func(p *holder) { w.put(firstPassword, p.account) })
}

// policyStates are the states that the policy knows of a kind.
func (w *terrain) policyStates(kind string) []auth.State {
	w.t.Helper()
	for _, k := range auth.Kinds {
		if k.Name == kind {
			return k.States
		}
	}
	w.t.Fatalf("the policy knows no %s", kind)
	return nil
}

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

var jobLast = db.SQL("matrix_test.job_last", `SELECT MAX(id) FROM river_job WHERE kind = $1`)

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

// scoresStand are criteria sets, results, appeals, sheets and sheets in a stage.
func (w *terrain) scoresStand(c *corner) {
	w.t.Helper()
	k := w.scorecard
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
	proof, err := k.AddEvidence(ctx, operator, scorecard.Evidence{Unit: c.unit, Title: secret(ourCommune), Pages: 3})
	w.ok(err)
	w.madeBy(w.people[string(actor.HomeAffairs)+ourCommune], "/scorecard/evidence/"+proof.ID+"/files?name=b.pdf", "", "%s", pdf)
	w.stands("evidence", "of_a_draft", "evidence", c.thing["evidence"])
	w.stands("evidence", "handed_in", "evidence", proof.ID)

	// A course is a round whose stages come when they are wanted.
	type course struct{ round, sheet, question string }
	begin := func() course {
		round, sheet := w.round(c.unit, scorecard.StageSelf)
		return course{round: round, sheet: sheet}
	}
	to := func(x course, s scorecard.Stage) { w.ok(k.SetCalendar(ctx, operator, x.round, during(s), "A")) }
	handIn := func(x course) { w.ok(k.HandIn(ctx, operator, x.sheet, true)) }
	prove := func(x course) { w.ok(k.Attach(ctx, operator, x.sheet, proof.ID, []string{"1.1.1"}, 1, "")) }
	load := func(x course) (scorecard.Sheet, scorecard.Round) {
		w.t.Helper()
		s, r, err := k.Sheet(ctx, w.db, operator, x.sheet)
		w.ok(err)
		return s, r
	}
	ask := func(x *course) {
		w.t.Helper()
		w.ok(k.Ask(ctx, operator, x.sheet, []string{"1.1.2"}, "Ngày nào?"))
		s, _ := load(*x)
		asked, err := k.Questions(ctx, w.db, s)
		w.ok(err)
		x.question = asked[0].ID
	}
	things := func(x course) []string {
		s, _ := load(x)
		out := []string{"round", x.round, "sheet", x.sheet, "decidedsheet", x.sheet}
		if x.question != "" {
			out = append(out, "question", x.question)
		}
		if links, err := k.LinksOf(ctx, w.db, s); err == nil && len(links) > 0 {
			out = append(out, "attached", links[len(links)-1].ID)
		}
		return out
	}
	for _, state := range w.policyStates("sheet") {
		x := begin()
		prove(x)
		switch state {
		case "ahead":
			to(x, "ahead")
		case "left":
			to(x, scorecard.StageAppraised1)
		case "handed_in":
			handIn(x)
		case "handed_in_explaining", "explaining":
			handIn(x)
			to(x, scorecard.StageAppraised1)
			ask(&x)
			to(x, scorecard.StageExplain)
			if state == "handed_in_explaining" {
				w.ok(k.Reopen(ctx, operator, x.round, x.sheet, scorecard.StageSelf, w.db.Now().Add(time.Hour), "A"))
			}
			w.ok(k.Attach(ctx, operator, x.sheet, proof.ID, []string{"1.1.2"}, 1, ""))
		case "locked":
			handIn(x)
			to(x, scorecard.StageAppraised1)
			ask(&x)
		case "approved":
			handIn(x)
			to(x, scorecard.StageApproved)
			w.ok(k.Approve(ctx, operator, x.round, "300/QĐ-UBND", w.db.Now().Date()))
		case "removed":
			w.ok(k.RemoveSheet(ctx, operator, x.sheet, "A"))
		}
		s, r := load(x)
		if now := s.Stands(r, w.db.Now()); now != state {
			w.t.Fatalf("the sheet that is to be %s is %s", state, now)
		}
		w.stands("sheet", state, things(x)...)
	}
	for _, state := range w.policyStates("stage") {
		x := begin()
		switch state {
		case "removed":
			handIn(x)
			w.ok(k.RemoveSheet(ctx, operator, x.sheet, "A"))
			to(x, scorecard.StageAppraised1)
		case "not_handed_in":
			to(x, scorecard.StageAppraised1)
		case "open":
			handIn(x)
			to(x, scorecard.StageAppraised1)
			ask(&x)
		default:
			handIn(x)
		}
		s, r := load(x)
		if now := s.StandsIn(r, scorecard.StageAppraised1, w.db.Now()); now != state {
			w.t.Fatalf("the sheet that is to be %s in appraisal is %s", state, now)
		}
		w.stands("stage", state, things(x)...)
	}
}

// allStatesStand fails where the policy knows a state of a kind of thing that nothing in
// the matrix stands in, and elsewhere does not say why; and where the matrix has a state
// or a kind that the policy does not know and kindsBeside does not name.
func (w *terrain) allStatesStand(t *testing.T) {
	t.Helper()
	stood := map[string]bool{}
	for _, s := range w.states {
		stood[s.kind+" "+s.state] = true
	}
	for _, k := range auth.Kinds {
		for _, s := range k.States {
			name := k.Name + " " + string(s)
			switch why := elsewhere[name]; {
			case stood[name] && why != "":
				t.Errorf("%s stands in the matrix, and elsewhere says that it does not", name)
			case !stood[name] && why == "":
				t.Errorf("nothing in the matrix stands as %s, which the policy knows", name)
			}
			stood[name] = true
		}
	}
	for _, s := range w.states {
		// After a colon is what routes tell apart within a state of the policy.
		state, _, _ := strings.Cut(s.state, ":")
		known := slices.ContainsFunc(auth.Kinds, func(k auth.Kind) bool { return k.Name == s.kind && slices.Contains(k.States, auth.State(state)) })
		if known == slices.Contains(kindsBeside, s.kind) {
			t.Errorf("the policy knows no %s that is %s", s.kind, s.state)
		}
	}
	for name := range elsewhere {
		if !slices.ContainsFunc(auth.Kinds, func(k auth.Kind) bool {
			kind, state, _ := strings.Cut(name, " ")
			return k.Name == kind && slices.Contains(k.States, auth.State(state))
		}) {
			t.Errorf("elsewhere says why nothing is %s, which the policy does not know", name)
		}
	}
}

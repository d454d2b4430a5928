package app

import (
	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/dossier"
)

var (
	turnPut = db.SQL("matrix_test.turn", `
		UPDATE turn SET called_at = $1, desk = $2, account = $3, ended_at = $4, ending = $5, day = day - CAST($6 AS INTEGER)
		WHERE id = $7`)
	bookAdd   = db.SQL("matrix_test.book", `INSERT INTO form_book (unit_id, form, year, last) VALUES ($1, '01', $2, 0)`)
	drawerDay = db.SQL("matrix_test.drawer", `UPDATE cash_session SET day = day + CAST($1 AS INTEGER) WHERE id = $2`)
)

// counterStands are things of the counter, and runs over many dossiers.
func (w *terrain) counterStands(c *corner) {
	w.t.Helper()
	w.originalsStand(c)
	w.drawersStand(c)
	w.listsStand(c)
	w.turnsStand(c)
	w.numbersStand(c)
	w.booksStand(c)
	w.runsStand(c)
}

// receive receives a dossier and returns its code.
func (w *terrain) receive(app dossier.Application) string {
	w.t.Helper()
	d, err := w.desk.Receive(ctx, operator, app)
	w.ok(err)
	return d.Code
}

// originalsStand are papers that the office keeps.
func (w *terrain) originalsStand(c *corner) {
	w.t.Helper()
	w.stands("original", "kept", "original", c.thing["original"])
	w.ok(w.desk.KeepOriginal(ctx, operator, w.receive(w.application(c)), "Giấy chứng sinh", "Tủ 2"))
	kept, err := w.desk.Originals(ctx, w.db, operator, c.unit)
	w.ok(err)
	for _, o := range kept {
		if o.Name == "Giấy chứng sinh" {
			w.ok(w.desk.GiveBack(ctx, operator, o.ID, "Bà Lan"))
			w.stands("original", "given_back", "original", o.ID)
		}
	}
}

// drawersStand are drawers of cash of our one-stop officer.
func (w *terrain) drawersStand(c *corner) {
	w.t.Helper()
	oneStop := w.people[string(actor.OneStop)+ourCommune]
	w.stands("drawer", "open", "cash", oneStop.thing["mycash"], "mycash", oneStop.thing["mycash"])
	w.put(drawerDay, -1, oneStop.thing["mycash"]) // only for as long as another is opened
	closed, err := w.desk.OpenCash(ctx, w.actor(oneStop), c.unit, 0)
	w.ok(err)
	w.ok(w.desk.CloseCash(ctx, w.actor(oneStop), closed.ID, nil, ""))
	w.put(drawerDay, -2, closed.ID)
	w.put(drawerDay, 1, oneStop.thing["mycash"])
	w.stands("drawer", "closed", "cash", closed.ID, "mycash", closed.ID)
}

// listsStand are lists of what is handed on: within the office, and by post, which is tracked.
func (w *terrain) listsStand(c *corner) {
	w.t.Helper()
	k := w.desk
	w.stands("hand_list", "drawn_up", "list", c.thing["list"])
	handed, err := k.MakeList(ctx, operator, c.unit, "inside", "Phòng Tư pháp", []string{w.receive(w.application(c))})
	w.ok(err)
	w.ok(k.GiveList(ctx, operator, handed.ID, "Bà Lan"))
	w.stands("hand_list", "handed", "list", handed.ID)
	app := w.application(c)
	app.ReturnBy = dossier.ByPost
	for _, state := range []auth.State{"drawn_up:post", "handed:post"} {
		code := w.receive(app)
		w.ok(k.Finish(ctx, operator, code, dossier.Result{}))
		list, err := k.MakeList(ctx, operator, c.unit, dossier.PostBatch, "Bưu điện xã", []string{code})
		w.ok(err)
		if state == "handed:post" {
			w.ok(k.GiveList(ctx, operator, list.ID, "Bưu tá"))
		}
		w.stands("hand_list", state, "list", list.ID, "listkind", string(dossier.PostBatch), "listed", code)
	}
}

// turnsStand are numbers of the queue, called by our one-stop officer.
func (w *terrain) turnsStand(c *corner) {
	w.t.Helper()
	k, now := w.desk, w.db.Now()
	w.stands("turn", "waiting", "turn", c.thing["turn"])
	for _, x := range []struct {
		state  dossier.TurnState
		called moment.Instant
		desk   string
		ended  moment.Instant
		ending string
		days   int // ago
	}{
		{state: dossier.TurnCalled, called: now, desk: "1"},
		{state: dossier.TurnServed, called: now, desk: "1", ended: now, ending: "served"},
		{state: dossier.TurnMissed, called: now, desk: "1", ended: now, ending: "missed"},
		{state: dossier.TurnLeft, days: 1},
	} {
		turn, err := k.TakeTurn(ctx, operator, c.unit, c.thing["turnkind"], false)
		w.ok(err)
		account := ""
		if x.called != 0 {
			account = w.people[string(actor.OneStop)+ourCommune].account
		}
		w.put(turnPut, orNull(x.called), x.desk, account, orNull(x.ended), x.ending, x.days, turn.ID)
		turn, err = k.Turn(ctx, w.db, operator, turn.ID)
		w.ok(err)
		if got := turn.State(now.Date()); got != x.state {
			w.t.Fatalf("the number that is to be %s is %s", x.state, got)
		}
		w.stands("turn", auth.State(x.state), "turn", turn.ID)
	}
}

// numbersStand are numbers of dossiers that were reserved for paper.
func (w *terrain) numbersStand(c *corner) {
	w.t.Helper()
	w.stands("reserved_number", "open", "reserved", c.thing["reserved"], "block", c.thing["block"])
	block, err := w.desk.Reserve(ctx, operator, c.unit, 0, 1)
	w.ok(err)
	numbers, err := w.desk.ReservedBlock(ctx, w.db, operator, block)
	w.ok(err)
	w.ok(w.desk.CancelReserved(ctx, operator, c.unit, []string{numbers[0].Code}, "Thừa"))
	w.stands("reserved_number", "answered", "reserved", numbers[0].Code, "block", block)
}

// booksStand are years of a book of forms.
func (w *terrain) booksStand(c *corner) {
	w.t.Helper()
	w.stands("book", "year_runs", "year", "2026")
	w.put(bookAdd, string(c.unit), 2025)
	w.put(bookAdd, string(c.unit), 2024)
	w.ok(w.desk.CloseBook(ctx, operator, c.unit, "01", 2024))
	w.stands("book", "year_over", "year", "2025")
	w.stands("book", "closed", "year", "2024")
}

// runsStand are runs over many dossiers, which are their maker's alone: our officer's.
func (w *terrain) runsStand(c *corner) {
	w.t.Helper()
	officer := w.people[string(actor.Specialist)+ourCommune]
	run := func() string {
		w.t.Helper()
		return w.madeBy(officer, "/bulk", "id", `{"act":"forward","items":[{"code":%q}]}`, w.receive(w.application(c)))
	}
	w.stands("bulk_run", "done", "bulk", run())
	undone := run()
	_, err := w.desk.BulkUndo(ctx, w.actor(officer), undone, "Nhầm")
	w.ok(err)
	w.stands("bulk_run", "undone", "bulk", undone)
	begun := dossier.Bulk{ID: db.NewID(), Act: dossier.BulkForward, Items: []dossier.BulkItem{{Code: w.receive(w.application(c))}}}
	w.ok(w.desk.BulkStart(ctx, w.actor(officer), begun))
	w.stands("bulk_run", "cut_off", "bulk", begun.ID)
}

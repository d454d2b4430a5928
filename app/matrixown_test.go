package app

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/ledger"
	"cchc/dossier"
	"cchc/privacy"
	"cchc/scorecard"
	"cchc/unit"
)

// as is the corner as one person sees it: what is a person's alone, and not a unit's,
// is that person's.
func (c *corner) as(p *holder) *corner {
	if p == nil || len(p.thing) == 0 {
		return c
	}
	mine := &corner{unit: c.unit, thing: maps.Clone(c.thing)}
	maps.Copy(mine.thing, p.thing)
	return mine
}

var (
	passkeyAdd  = db.SQL("matrix_test.passkey", `INSERT INTO account_passkey (id, account_id, credential, name, record, made_at) VALUES ($1, $2, $3, 'khoá', '{}', $4)`)
	noticeAdd   = db.SQL("matrix_test.notice", `INSERT INTO notice (account_id, id, key, event, link, vars, at) VALUES ($1, $2, $3, 'assigned', '/dossiers', '{}', $4)`)
	proposalAdd = db.SQL("matrix_test.proposal", `
		INSERT INTO retention_proposal (id, unit_id, at, account, state, quantity, decided_by, document, reason, erased)
		VALUES ($1, $2, $3, '', 'proposed', 1, '', '', '', 0)`)
	proposalItem = db.SQL("matrix_test.proposal_item", `
		INSERT INTO retention_item (proposal_id, dossier_id, code, kept_until, state, problem)
		SELECT $1, id, code, $2, 'waiting', '' FROM dossier WHERE code = $3`)
	viewOf = db.SQL("matrix_test.view", `SELECT id FROM saved_view WHERE account_id = $1`)
)

// belongings gives everybody what is theirs alone: without it the routes of such
// things would answer nobody.
func (w *terrain) belongings() {
	w.t.Helper()
	our := w.corners[ourCommune]
	for _, p := range w.people {
		if p.place == goneCommune || p.place == nextCommune || p.place == farCommune || p.place == farProvince || p.role == "" && p != w.all { // they only ask for what a unit left
			continue
		}
		p.thing = map[string]string{"mytoken": p.tokenID, "passkey": "k-" + p.account, "notice": db.NewID()}
		w.ok(w.db.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, passkeyAdd, p.thing["passkey"], p.account, []byte(p.account), tx.Now); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, noticeAdd, p.account, p.thing["notice"], p.account, tx.Now)
			return err
		}))
		form := url.Values{"name": {"Của tôi"}, "query": {"q=an"}}
		if got := w.send(ctx, p, http.MethodPost, "/views/dossiers", "application/x-www-form-urlencoded", form.Encode()); got.Code != http.StatusSeeOther {
			w.t.Fatalf("%s keeps a list: %d", p.role, got.Code)
		}
		var err error
		p.thing["view"], err = db.Value[string](ctx, w.db, viewOf, p.account)
		w.ok(err)
		where := our.unit
		switch p.place {
		case theProvince:
			where = w.corners[theProvince].unit
		case everywhere:
			where = ""
		}
		who, err := auth.Load(ctx, w.db, p.account, w.db.Now().Date())
		w.ok(err)
		today := w.db.Now().Date()
		p.thing["delegation"], err = w.accounts.Delegate(ctx, who, auth.NewDelegation{To: w.all.account, Role: p.role, Unit: where, Document: "12/GUQ", From: today, Last: today.AddDays(5)})
		if fault.Is(err, fault.Invalid) { // some roles deputise nobody
			err = nil
			delete(p.thing, "delegation")
		}
		w.ok(err)
		if auth.Allows(p.role, auth.DossierProcess) {
			d, err := w.desk.Receive(ctx, operator, w.application(our))
			w.ok(err)
			p.thing["bulk"] = w.madeBy(p, "/bulk", "id", `{"act":"forward","items":[{"code":%q}]}`, d.Code)
		}
		if p.role == actor.OneStop {
			p.thing["mycash"] = w.madeBy(p, "/counter/cash", "id", `{"unit":%q,"float":0}`, our.thing["code"])
		}
	}
	// Who has none of their own, and a visitor, ask for somebody else's.
	another := w.people[string(actor.OneStop)+theProvince].thing
	for _, c := range w.corners {
		for _, name := range []string{"mytoken", "passkey", "notice", "view", "delegation", "mycash"} {
			c.thing[name] = another[name]
		}
	}
}

func (w *terrain) application(c *corner) dossier.Application {
	return dossier.Application{Unit: c.unit, Procedure: "1.001193", Channel: dossier.Direct,
		Person: dossier.Person{Name: secret(c.thing["letter"]), IDNumber: idNumber(c.thing["letter"]), Phone: "0905123456"}}
}

// papers are dossiers of a unit of which one form each was issued, one whose result
// was paid for in cash, and one of which the log has a receipt.
func (w *terrain) papers(c *corner) {
	w.t.Helper()
	k := w.desk
	made := func(name string, do func(d dossier.Dossier) error) {
		d, err := k.Receive(ctx, operator, w.application(c))
		w.ok(err)
		w.ok(do(d))
		c.thing[name] = d.Code
	}
	made("apologised", func(d dossier.Dossier) error {
		return k.Apologise(ctx, operator, d.Code, dossier.Apology{Reason: "mất điện", Until: d.Due.Add(72 * 3600e9)})
	})
	made("stopped", func(d dossier.Dossier) error { return k.Stop(ctx, operator, d.Code, "Quá hạn bổ sung", "") })
	made("void", func(d dossier.Dossier) error { return k.VoidReceipt(ctx, operator, d.Code, "Nhầm thủ tục") })
	made("paid", func(d dossier.Dossier) error {
		w.made("/dossiers/"+d.Code+"/payments", "", `{"amount":8000,"channel":"cash"}`)
		return nil
	})
	w.ok(k.Consult(ctx, operator, c.thing["dossier"], dossier.Consultation{Body: "Phòng Tư pháp", Name: "Ý kiến"}))
	c.thing["proposal"] = db.NewID()
	w.ok(w.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, proposalAdd, c.thing["proposal"], string(c.unit), tx.Now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, proposalItem, c.thing["proposal"], tx.Now.Date(), c.thing["stopped"])
		return err
	}))
}

// others are another installation, whose log is co-signed here, and the other side
// of a comparison.
func (w *terrain) others() {
	w.t.Helper()
	_, public, err := note.GenerateKey(rand.Reader, "xa.example/log")
	w.ok(err)
	party, err := w.log.AddParty(ctx, operator, ledger.LogRole, public, "Xã khác")
	w.ok(err)
	for _, c := range w.corners {
		c.thing["party"], c.thing["origin"] = party.ID, party.Origin()
		if c.thing["link"] == "" {
			continue
		}
		c.thing["peer"] = w.made("/exchange/links", "id", `{"kind":"peer","system":"xa-%s","list":"https://xa.example/ds","name":"Xã","url":"https://xa.example/nhan","unit":%q}`,
			strings.ToLower(c.thing["letter"]), c.thing["code"])
	}
}

var linkOfReceipt = regexp.MustCompile(`href="[^"]*receipts/[^"]*?([^"/]+\.txt)"`)

// receipts finds the entries of the log, once they are in it.
func (w *terrain) receipts() {
	w.t.Helper()
	step(w.t, w.rooms)
	entry := func(page string) string {
		got := w.send(ctx, w.all, http.MethodGet, page, "", "")
		m := linkOfReceipt.FindStringSubmatch(got.Body.String())
		if m == nil {
			w.t.Fatalf("%s has no receipt: %d", page, got.Code)
		}
		return m[1]
	}
	for _, c := range w.corners {
		if c.thing["apologised"] != "" {
			c.thing["entry"] = entry("/receipts/dossier/" + c.thing["apologised"])
		}
		c.thing["published"] = entry("/receipts/publication/" + c.thing["result"])
	}
}

// over brings dossiers into states that only time, or the end of a unit, brings.
func (w *terrain) over(our *corner) (overdue, erased string) {
	w.t.Helper()
	app := w.application(our)
	app.At = w.db.Now().Add(-20 * 24 * 3600e9)
	late, err := w.desk.Receive(ctx, operator, app)
	w.ok(err)
	if !late.Overdue(w.db.Now()) {
		w.t.Fatalf("%s, due %s, is not overdue", late.Code, late.Due)
	}
	app.At = 0
	app.Person.IDNumber = "049085000999"
	gone, err := w.desk.Receive(ctx, operator, app)
	w.ok(err)
	w.ok(w.desk.Finish(ctx, operator, gone.Code, dossier.Result{}))
	w.ok(w.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, keptNoMore, gone.ID, tx.Now)
		return err
	}))
	return late.Code, gone.Code
}

var keptNoMore = db.SQL("matrix_test.erased", `
	INSERT INTO dossier_erased (dossier_id, part, at, account, reason, document) VALUES ($1, 'applicant', $2, '', 'A', '1/CV')`)

var longAgo = db.SQL("matrix_test.long_ago", `UPDATE account_grant SET from_day = from_day - 30 WHERE unit_id = $1`)

// dissolve ends a commune into ours, with people who had their roles there and are
// given no others.
func (w *terrain) dissolve() {
	w.t.Helper()
	from, to := w.corners[goneCommune].unit, w.corners[ourCommune].unit
	today := w.db.Now().Date()
	w.ok(w.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, longAgo, string(from))
		return err
	}))
	w.ok(w.registry.Dissolve(ctx, operator, from, to, unit.Act{Day: today, Basis: "NQ 12"}))
	_, err := w.desk.Route(ctx, unit.Move{From: from, To: to}, today, "NQ 12")
	w.ok(err)
	_, err = w.accounts.Succeed(ctx, from, to, today, "none", "NQ 12")
	w.ok(err)
}

// leave has a commune go to the other province, and puts into it what it has since then:
// of what a former parent could reach otherwise than by its things' unit. What is made
// once a day, and what no right of another hangs on, is there from before.
func (w *terrain) leave() {
	w.t.Helper()
	there := w.corners[leftCommune]
	today := w.db.Now().Date()
	w.ok(w.registry.ChangeParent(ctx, operator, there.unit, w.corners[farProvince].unit, unit.Act{Day: today, Basis: "NQ 13"}))
	c := &corner{unit: there.unit, thing: maps.Clone(there.thing)}
	c.thing["letter"] = sinceItLeft
	w.corners[sinceItLeft] = c
	w.papers(c)
	received := func() string {
		d, err := w.desk.Receive(ctx, operator, w.application(c))
		w.ok(err)
		c.thing["rating"] = d.RatingToken
		return d.Code
	}
	c.thing["dossier"], c.thing["listed"] = received(), received()
	w.made("/dossiers/"+c.thing["dossier"]+"/papers", "", `{"name":"Tờ khai","source":"scanned","file":"JVBERi0xLjQKJSVFT0YK","file_name":"to-khai.pdf"}`)
	c.thing["list"] = w.made("/counter/lists", "id", `{"unit":%q,"kind":"inside","body":"Phòng Tư pháp","codes":[%q]}`, c.thing["code"], c.thing["listed"])
	c.thing["bulk"] = w.made("/bulk", "id", `{"act":"forward","items":[{"code":%q}]}`, received())
	asked, err := w.privacy.Receive(ctx, operator, privacy.New{Code: c.thing["dossier"], Kind: privacy.Access, Name: secret(sinceItLeft), Identity: "xem thẻ"})
	w.ok(err)
	_, _, err = w.privacy.OpenData(ctx, operator, asked.ID, "json")
	w.ok(err)
	c.thing["asked"] = asked.ID
	c.thing["hold"], err = w.desk.HoldDossier(ctx, operator, c.thing["dossier"], "thanh tra", "1/QĐ")
	w.ok(err)
	c.thing["account"], err = w.accounts.Create(ctx, operator, auth.NewAccount{Login: "nguoi-f", Name: "Người F", Password: testPassword,
		Grants: []actor.Grant{{Role: actor.OneStop, Unit: c.unit}}})
	w.ok(err)
	acc, err := w.accounts.ByID(ctx, operator, c.thing["account"])
	w.ok(err)
	c.thing["grant"] = acc.Grants[0].ID
	c.thing["taker"], there.thing["taker"] = there.thing["account"], c.thing["account"]
	evidence, err := w.scorecard.AddEvidence(ctx, operator, scorecard.Evidence{Unit: c.unit, Title: secret(sinceItLeft), Pages: 3})
	w.ok(err)
	c.thing["evidence"] = evidence.ID
	w.ok(w.desk.Consult(ctx, operator, c.thing["dossier"], dossier.Consultation{Body: "Phòng Tư pháp", Name: "Ý kiến"}))
}

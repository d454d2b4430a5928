package app

import (
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
)

var (
	tokenOver     = db.SQL("matrix_test.token", `UPDATE api_token SET expires_at = $1 WHERE id = $2`)
	delegatedThen = db.SQL("matrix_test.delegation", `UPDATE delegation SET from_day = from_day - 30, to_day = to_day - 30 WHERE id = $1`)
	grantLater    = db.SQL("matrix_test.grant", `UPDATE account_grant SET from_day = from_day + 30 WHERE account_id = $1`)
	firstPassword = db.SQL("matrix_test.first_password", `UPDATE account SET first_password = 1 WHERE id = $1`)
)

// oneStopAccount makes an account of a one-stop officer, and returns it and its role.
func (w *terrain) oneStopAccount(c *corner, login string, first bool) (id, grant string) {
	w.t.Helper()
	id, err := w.accounts.Create(ctx, operator, auth.NewAccount{Login: login, Name: login, Password: testPassword, First: first,
		Grants: []actor.Grant{{Role: actor.OneStop, Unit: c.unit}}})
	w.ok(err)
	acc, err := w.accounts.ByID(ctx, operator, id)
	w.ok(err)
	return id, acc.Grants[0].ID
}

// accountsStand are accounts, and what our one-stop officer gives others and programs.
func (w *terrain) accountsStand(c *corner) {
	w.t.Helper()
	stands := func(state, is auth.State, id, grant string) {
		w.t.Helper()
		acc, err := w.accounts.ByID(ctx, operator, id)
		w.ok(err)
		if now, err := w.accounts.Stands(ctx, w.db, acc); err != nil || now != is {
			w.t.Fatalf("the account that is to be %s is %s, %v", state, now, err)
		}
		w.stands("account", state, "account", id, "grant", grant)
	}
	id, grant := w.oneStopAccount(c, "lan-dau", true)
	stands("first_password", "first_password", id, grant)
	stands("active", "active", c.thing["account"], c.thing["grant"])
	gone := w.corners[goneCommune].thing
	stands("read_only", "read_only", gone["account"], gone["grant"])
	id, grant = w.oneStopAccount(c, "da-khoa", false)
	w.ok(w.accounts.Disable(ctx, operator, id, "Nghỉ việc"))
	stands("closed", "closed", id, grant)
	id, grant = w.oneStopAccount(c, "chua-den-luc", false)
	w.put(grantLater, id) // its role begins in a month: until then it has none
	stands("active:no_role_yet", "active", id, grant)

	giver := w.people[string(actor.OneStop)+ourCommune]
	w.delegationsStand(c, giver)
	w.tokensStand(giver)
}

// delegationsStand are roles that somebody gave for some days.
func (w *terrain) delegationsStand(c *corner, giver *holder) {
	w.t.Helper()
	today := w.db.Now().Date()
	give := func(login string, from, days int) string {
		w.t.Helper()
		to, _ := w.oneStopAccount(c, login, false)
		id, err := w.accounts.Delegate(ctx, w.actor(giver), auth.NewDelegation{To: to, Role: giver.role, Unit: c.unit, Document: "12/GUQ",
			From: today.AddDays(from), Last: today.AddDays(from + days)})
		w.ok(err)
		return id
	}
	for letter := range w.corners {
		if letter != leftCommune && letter != sinceItLeft { // its work stays in its province
			w.corners[letter].thing["taker"] = giver.account
		}
	}
	given := map[auth.State]string{"coming": give("thay-1", 10, 2), "now": giver.thing["delegation"], "over": give("thay-2", 0, 2), "withdrawn": give("thay-3", 0, 2)}
	w.put(delegatedThen, given["over"])
	w.ok(w.accounts.Withdraw(ctx, w.actor(giver), given["withdrawn"]))
	list, err := w.accounts.Delegations(ctx, w.actor(giver))
	w.ok(err)
	for _, state := range w.policyStates("delegation") {
		for _, d := range list {
			if d.ID == given[state] && d.Stands(today) == state {
				w.stands("delegation", state, "delegation", d.ID)
			}
		}
	}
}

// tokensStand are tokens of somebody who has them on a page, as keepers have all.
func (w *terrain) tokensStand(of *holder) {
	w.t.Helper()
	k := w.accounts
	token := func() string {
		w.t.Helper()
		x, _, err := k.CreateToken(ctx, operator, auth.NewToken{Account: of.account, Name: "A", Scopes: []string{"dossier.read"}, Until: w.db.Now().Date().AddDays(30)})
		w.ok(err)
		return x.ID
	}
	tokens := map[auth.State]string{"live": token(), "expired": token(), "withdrawn": token()}
	w.put(tokenOver, w.db.Now().Add(-time.Hour), tokens["expired"])
	w.ok(k.RevokeToken(ctx, operator, tokens["withdrawn"]))
	own, err := k.OwnTokens(ctx, w.actor(of))
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

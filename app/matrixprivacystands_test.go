package app

import (
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/privacy"
)

var proposalPut = db.SQL("matrix_test.proposal_put", `
	UPDATE retention_proposal SET state = $1, decided_at = $2, decided_by = 'A', document = '1/QĐ', reason = 'A'
	WHERE id = $3`)

// privacyStands are requests of data subjects, holds and proposals to erase.
func (w *terrain) privacyStands(c *corner) {
	w.t.Helper()
	ask := func(how string) string {
		w.t.Helper()
		x := privacy.New{Code: w.receive(w.application(c)), Kind: privacy.Access, Name: secret(ourCommune), Identity: how}
		var r privacy.Request
		var err error
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
	_, _, err := w.privacy.OpenData(ctx, operator, id, "json")
	w.ok(err)
	w.ok(w.privacy.Answer(ctx, operator, id, privacy.Answer{Granted: true, Text: "Đã cấp bản sao"}))
	w.stands("request", "answered", "asked", id)
	id = ask("xem thẻ")
	w.ok(w.privacy.Answer(ctx, operator, id, privacy.Answer{Text: "Không thể", Basis: "Điều 14"}))
	w.stands("request", "refused", "asked", id)

	w.stands("hold", "in_force", "hold", c.thing["hold"])
	id, err = w.desk.HoldDossier(ctx, operator, w.receive(w.application(c)), "thanh tra", "2/QĐ")
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

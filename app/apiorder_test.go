package app

import (
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
)

// Who may not do a thing over the API is told that, before anything that they typed is
// looked at: what is wrong with it would tell them what there is.
func TestTheAPIAsksWhoAsksBeforeWhatWasTyped(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	ctx := t.Context()
	other, err := o.accounts.Create(ctx, operator, auth.NewAccount{Login: "motcua.so", Name: "Một cửa sở", Password: testPassword, Grants: []actor.Grant{{Role: actor.OneStop, Unit: o.province}}})
	if err != nil {
		t.Fatal(err)
	}
	own, err := o.accounts.Create(ctx, operator, auth.NewAccount{Login: "motcua.xa", Name: "Một cửa xã", Password: testPassword, Grants: []actor.Grant{{Role: actor.OneStop, Unit: o.commune}}})
	if err != nil {
		t.Fatal(err)
	}
	keeper := o.program(t, "quantri", []string{"account.change"}, actor.Grant{Role: actor.Administrator, Unit: o.commune})
	officer := o.program(t, "chuyenvien", []string{"dossier.read"}, actor.Grant{Role: actor.Specialist, Unit: o.commune})
	const nowhere = `{"role":"specialist","unit":"khong-co"}`
	officer.Send("POST", "/api/v1/accounts/"+own+"/grants", "application/json", nowhere).Is(403)
	keeper.Send("POST", "/api/v1/accounts/"+other+"/grants", "application/json", nowhere).Is(404)
	keeper.Send("POST", "/api/v1/accounts/"+own+"/grants", "application/json", nowhere).Is(400)
	const backwards = `{"role":"specialist","unit":"H99.101","from":"2026-12-02","last":"2026-12-01"}`
	officer.Send("POST", "/api/v1/accounts/"+own+"/grants", "application/json", backwards).Is(403)
	keeper.Send("POST", "/api/v1/accounts/"+other+"/grants", "application/json", backwards).Is(404)
	keeper.Send("POST", "/api/v1/accounts/"+own+"/grants", "application/json", backwards).Is(400)

	officer.Send("POST", "/api/v1/counter/turns", "application/json", `{"unit":"khong-co","kind":"x"}`).Is(403) // where no unit is there is no kiosk
	officer.Send("POST", "/api/v1/counter/turns", "application/json", `{"unit":"H99.101","kind":"x"}`).Is(400)  // visitors may, and so may they
	officer.Send("POST", "/api/v1/counter/turn-kinds", "application/json", `{"unit":"H99.101","kinds":[{"letter":"A","name":"Một"},{"letter":"A","name":"Hai"}]}`).Is(403)
}

// Why somebody's sessions ended stands in the trail; a program of before, which tells no
// reason and sends no body, ends them all the same.
func TestWhyAProgramEndsSessionsStandsInTheTrail(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	id, err := o.accounts.Create(ctx, operator, auth.NewAccount{Login: "motcua.xa", Name: "Một cửa xã", Password: testPassword, Grants: []actor.Grant{{Role: actor.OneStop, Unit: o.commune}}})
	o.ok(t, err)
	keeper := o.program(t, "quantri", []string{"account.change"}, actor.Grant{Role: actor.Administrator, Unit: o.commune})
	for _, x := range []struct{ kind, body, reason string }{{"", "", ""}, {"application/json", `{}`, ""}, {"application/json", `{"reason":"mất máy tính"}`, "mất máy tính"}} {
		keeper.Send("POST", "/api/v1/accounts/"+id+"/sessions/end", x.kind, x.body).Is(200)
		trail, err := audit.Latest(ctx, o.db, audit.Filter{Verb: "account.end_sessions", Kind: "account", Object: id, Limit: 1})
		o.ok(t, err)
		if len(trail) != 1 || trail[0].Reason != x.reason {
			t.Errorf("with %q the trail is %+v, want the reason %q", x.body, trail, x.reason)
		}
		o.clock.Advance(time.Minute)
	}
}

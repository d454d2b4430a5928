package app

import (
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/unit"
)

// A unit that left for another shows who was above it nothing of what came after: not in
// the trail, its file and its operation, not in what waits, and its new parent all of it.
// What a keeper did to an account of the unit its head finds in the trail.
func TestWhoWasAboveAUnitSeesNothingOfWhatCameAfterItLeft(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	other, err := o.registry.Create(ctx, operator, unit.New{Code: "H98", Name: "Tỉnh Bên Kia", Level: unit.Province}, unit.Act{Day: unitsBegin, Basis: "NQ"})
	o.ok(t, err)
	before := receive(t, o.rooms, o.commune)
	day := o.db.Now().Date() + 1
	o.ok(t, o.registry.ChangeParent(ctx, operator, o.commune, other, unit.Act{Day: day, Basis: "NQ"}))
	o.clock.Advance(48 * time.Hour)
	after := receive(t, o.rooms, o.commune)
	o.waits(t, after.Code)
	account, err := o.accounts.Create(ctx, operator, auth.NewAccount{Login: "canbo", Name: "canbo", Password: testPassword,
		Grants: []actor.Grant{{Role: actor.OneStop, Unit: o.commune}}})
	o.ok(t, err)
	o.ok(t, o.accounts.ResetPassword(ctx, operator, account, auth.FirstPassword()))

	for _, x := range []struct {
		who        string
		root       unit.ID
		old, fresh bool
	}{{"cu", o.province, true, false}, {"moi", other, true, true}, {"xa", o.commune, true, true}} {
		head := o.signIn(t, "chutich-"+x.who, actor.Grant{Role: actor.Chairperson, Unit: x.root})
		program := o.program(t, "may-"+x.who, []string{string(auth.AuditRead)}, actor.Grant{Role: actor.Chairperson, Unit: x.root})
		for way, text := range map[string]string{
			"file":      head.Get("/admin/audit.csv?unit=" + string(x.root)).Is(200).Body,
			"operation": program.Get("/api/v1/audit?limit=500&unit=" + string(x.root)).Is(200).Body,
		} {
			for what, there := range map[string]bool{before.ID: x.old, after.ID: x.fresh, "account.reset_password": x.fresh} {
				if strings.Contains(text, what) != there {
					t.Errorf("%s, by the %s of the trail: %s is there %v, want %v", x.who, way, what, !there, there)
				}
			}
		}
		if page := head.Get("/admin/audit?unit=" + string(x.root)).Is(200).Body; strings.Contains(page, after.Code) != x.fresh {
			t.Errorf("%s finds %s on the page of the trail: %v", x.who, after.Code, !x.fresh)
		}
		page := head.Get("/queue?show=all").Is(200).Body
		for _, what := range []string{after.Code, "Nguyễn Văn A"} {
			if strings.Contains(page, what) != x.fresh {
				t.Errorf("%s, among what waits: %s is there %v, want %v", x.who, what, !x.fresh, x.fresh)
			}
		}
	}
}

// waits brings an accepted dossier to the step of who signs.
func (o *office) waits(t *testing.T, code string) {
	t.Helper()
	for range 20 {
		w, err := o.desk.ByCode(ctx, o.db, operator, code)
		o.ok(t, err)
		if actor.Role(w.Step.Role) == actor.Chairperson {
			return
		}
		o.ok(t, o.desk.Forward(ctx, operator, code, "", ""))
	}
	t.Fatalf("%s has no step of who signs", code)
}

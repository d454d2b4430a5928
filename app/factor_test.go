package app

import (
	"testing"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/setting"
)

// A role that needs a second factor leads whoever holds it there, and nowhere else.
func TestARoleCanNeedASecondFactor(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	officer := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	officer.Get("/work").Is(200)
	err := o.settings.Change(t.Context(), operator, setting.Change{Name: "access.factor_onestop", What: setting.Set, Value: setting.On, From: o.db.Now().Date(), Reason: "thử"})
	if err != nil {
		t.Fatal(err)
	}
	officer.Get("/work").To("/me/factor")
	officer.Get("/me/factor").Is(200).Has(".notice", "bắt buộc xác thực hai yếu tố")
	officer.Post("/me/factor").To("/me/factor")
	secret := officer.Get("/me/factor").Text("#secret")
	code, err := totp.GenerateCode(secret, o.db.Now().Time())
	if err != nil {
		t.Fatal(err)
	}
	officer.Post("/me/factor/confirm", "code", code).Is(200)
	officer.Get("/work").Is(200)
	o.signIn(t, "chutich", actor.Grant{Role: actor.Chairperson, Unit: o.commune}).Get("/board").Is(200)
}

// Who acts in the place of somebody whose role needs a second factor needs one of
// their own, and can end acting to set it up.
func TestActingForARoleThatNeedsASecondFactor(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	ctx := t.Context()
	vice := o.signIn(t, "phochutich", actor.Grant{Role: actor.Specialist, Unit: o.commune})
	o.signIn(t, "chutich", actor.Grant{Role: actor.Chairperson, Unit: o.commune})
	all, err := o.accounts.List(ctx, operator)
	if err != nil {
		t.Fatal(err)
	}
	id := map[string]string{}
	for _, a := range all {
		id[a.Login] = a.ID
	}
	today := o.db.Now().Date()
	chair, err := auth.Load(ctx, o.db, id["chutich"], today)
	if err != nil {
		t.Fatal(err)
	}
	delegation, err := o.accounts.Delegate(ctx, chair, auth.NewDelegation{To: id["phochutich"], Role: actor.Chairperson, Unit: o.commune, Document: "1/GUQ", From: today, Last: today.AddDays(3)})
	if err == nil {
		err = o.settings.Change(ctx, operator, setting.Change{Name: "access.factor_chairperson", What: setting.Set, Value: setting.On, From: today, Reason: "thử"})
	}
	if err != nil {
		t.Fatal(err)
	}
	vice.Get("/dossiers").Is(200)
	vice.Post("/me/act", "delegation", delegation).To("/")
	vice.Get("/dossiers").To("/me/factor")
	vice.Post("/me/factor").Is(403)
	vice.Post("/me/act", "delegation", "").To("/")
	vice.Get("/dossiers").Is(200)
	vice.Post("/me/factor").To("/me/factor")
}

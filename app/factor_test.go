package app

import (
	"testing"

	"github.com/pquerna/otp/totp"

	"cchc/base/actor"
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

package auth_test

import (
	"context"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
)

// A password has its length, and neither the login nor the name of one's unit in it,
// however it is written.
func TestPasswordsHoldNeitherLoginNorUnit(t *testing.T) {
	t.Parallel()
	d, clock := dbtest.Open(t)
	k := &auth.Accounts{DB: d, Guard: auth.Guard{Tree: units}, Names: func(_ context.Context, _ db.Queryer, list []actor.UnitID) (out []string, err error) {
		for _, u := range list {
			out = append(out, map[actor.UnitID]string{"commune": "Xã Gio Hải", "sky": "Sở Nội vụ"}[u])
		}
		return out, nil
	}}
	grants := []actor.Grant{{Role: actor.OneStop, Unit: "commune"}, {Role: actor.Specialist, Unit: "sky"}}
	for p, key := range map[string]string{
		"ngắn quá":                   "auth.password_short",
		"thuyền bich.tt bàn gạo":     "auth.password_login",
		"thuyền Bích TT bàn gạo":     "auth.password_login",
		"thuyền giohai bàn gạo":      "auth.password_unit",
		"thuyền XÃ GIO HẢI bàn":      "auth.password_unit",
		"gio-hai là nơi thuyền về":   "auth.password_unit",
		"nội vụ thuyền bàn gạo nắng": "auth.password_unit",
		"mat khau 123456":            "auth.password_common",
	} {
		_, err := k.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: "bich.tt", Name: "Bích", Password: p, Grants: grants})
		f := fault.As(err)
		if f == nil || len(f.Fields) == 0 || f.Fields[0].Key != key {
			t.Errorf("%q: %v, want %s", p, err, key)
		}
	}
	id, err := k.Create(t.Context(), actor.System("test"), auth.NewAccount{Login: "bich.tt", Name: "Bích", Password: "nắng chiều trên sông", Grants: grants})
	must(t, err)
	clock.Advance(1000)
	a, err := auth.Load(t.Context(), d, id, d.Now().Date())
	must(t, err)
	wants(t, "changed to one with the unit", k.ChangePassword(t.Context(), a, "nắng chiều trên sông", "thuyền giohai bàn gạo"), fault.Invalid)
	wants(t, "reset to one with the unit", k.ResetPassword(t.Context(), actor.System("test"), id, "thuyền giohai bàn gạo"), fault.Invalid)
	must(t, k.ChangePassword(t.Context(), a, "nắng chiều trên sông", "thuyền về bến gạo 7"))
}

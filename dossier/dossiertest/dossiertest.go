// Package dossiertest builds a small province with everything that dossiers
// need, for the tests of this room and of others.
package dossiertest

import (
	"context"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/setting"
	"cchc/unit"
)

// Codes of the settled procedures of an Office.
const (
	Certify = "2.000815" // same day: chứng thực bản sao
	Birth   = "1.001193" // 3 working days: khai sinh
	Land    = "1.012753" // 20 working days, 30 in mountainous areas; papers reset the clock
	Confirm = "1.004873" // 2 working hours
)

// An Office is a province (H99) of two communes, with people. It is Monday
// 2026-11-23, 09:00; 24 November is a holiday.
type Office struct {
	DB    *db.DB
	Clock *dbtest.Clock
	Desk  *dossier.Desk

	Registry *unit.Registry
	Editor   *procedure.Registry
	Accounts *auth.Accounts

	Province, Commune, Mountain unit.ID

	Admin, Chair, HomeAffairs, Officer, Specialist, CommuneChair, Auditor actor.Actor
	OtherOfficer                                                          actor.Actor // of Mountain
}

// Desk returns an office on a private database.
func Desk(t testing.TB) *Office {
	t.Helper()
	d, clock := dbtest.Open(t)
	o := &Office{DB: d, Clock: clock}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	system := actor.System("test")
	book := &unit.Book{DB: d}
	guard := auth.Guard{Tree: book}
	o.Registry = &unit.Registry{Book: book, Guard: guard}
	catalogue := &procedure.Catalogue{DB: d}
	o.Editor = &procedure.Registry{Catalogue: catalogue, Guard: guard}
	calendars := &calendar.Store{DB: d, Tree: book, Guard: guard}
	must(calendars.Seed(ctx))
	o.Accounts = &auth.Accounts{DB: d, Guard: guard}
	o.Desk = &dossier.Desk{DB: d, Guard: &guard, Units: book, Calendars: calendars, Procedures: catalogue,
		Settings: &setting.Book{DB: d, Guard: guard, Tree: book, All: dossier.Settings}}

	act := unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "Nghị quyết thử nghiệm"}
	make := func(n unit.New) unit.ID {
		id, err := o.Registry.Create(ctx, system, n, act)
		must(err)
		return id
	}
	o.Province = make(unit.New{Code: "H99", Name: "Tỉnh Sông Mẫu", Level: "province"})
	o.Commune = make(unit.New{Code: "H99.101", Name: "Xã Gio Hải", Level: "commune", Parent: o.Province})
	o.Mountain = make(unit.New{Code: "H99.102", Name: "Xã Thạnh Bình", Level: "commune", Parent: o.Province, Area: "mountainous"})

	all := []procedure.Channel{procedure.Direct, procedure.Online, procedure.Post}
	for _, v := range []procedure.Version{
		{Code: Certify, Name: "Chứng thực bản sao từ bản chính", Sector: "Chứng thực",
			Limits: []procedure.Limit{{Limit: calendar.Limit{Unit: calendar.SameDay}}}},
		{Code: Birth, Name: "Đăng ký khai sinh", Sector: "Hộ tịch", OnlineLevel: procedure.Full,
			Limits: []procedure.Limit{{Limit: calendar.Limit{Qty: 3000, Unit: calendar.WorkingDay}}}},
		{Code: Land, Name: "Đăng ký đất đai, cấp Giấy chứng nhận lần đầu", Sector: "Đất đai", OnlineLevel: procedure.Partial, StopsAs: calendar.Reset,
			HardAreaExtra: true, Limits: []procedure.Limit{
				{Limit: calendar.Limit{Qty: 20000, Unit: calendar.WorkingDay}},
				{Area: "mountainous", Limit: calendar.Limit{Qty: 30000, Unit: calendar.WorkingDay}}}},
		{Code: Confirm, Name: "Xác nhận tình trạng hôn nhân", Sector: "Hộ tịch",
			Limits: []procedure.Limit{{Limit: calendar.Limit{Qty: 2000, Unit: calendar.Hour}}}},
	} {
		v.Level, v.Channels, v.From = procedure.Commune, all, moment.NewDate(2025, 7, 1)
		_, err := o.Editor.NewVersion(ctx, system, v, "Quyết định thử nghiệm")
		must(err)
	}

	person := func(login string, role actor.Role, u unit.ID) actor.Actor {
		// Nobody signs in here: an actor is all that a verb asks for.
		return actor.Actor{Account: db.NewID(), Login: login, Name: login, Grants: []actor.Grant{{Role: role, Unit: u}}}
	}
	o.Admin = person("quantri", actor.Administrator, o.Province)
	o.Chair = person("chutich", actor.Chairperson, o.Province)
	o.HomeAffairs = person("noivu", actor.HomeAffairs, o.Province)
	o.Officer = person("motcua", actor.OneStop, o.Commune)
	o.Specialist = person("chuyenvien", actor.Specialist, o.Commune)
	o.CommuneChair = person("chutichxa", actor.Chairperson, o.Commune)
	o.Auditor = person("thanhtra", actor.Auditor, o.Province)
	o.OtherOfficer = person("motcua2", actor.OneStop, o.Mountain)
	return o
}

// Application returns an application that can be received as it is.
func (o *Office) Application(procedure string) dossier.Application {
	return dossier.Application{Unit: o.Commune, Procedure: procedure, Channel: dossier.Direct,
		Person: dossier.Person{Name: "Nguyễn Thị Ánh", Phone: "0905 123 456", IDNumber: "049185001234"},
		Papers: []dossier.Paper{{Name: "Tờ khai", Source: "scanned"}, {Name: "Giấy chứng sinh", Source: "paper"}}}
}

// Receive receives a dossier as the commune's officer.
func (o *Office) Receive(t testing.TB, procedure string) dossier.Dossier {
	t.Helper()
	d, err := o.Desk.Receive(context.Background(), o.Officer, o.Application(procedure))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Clean fails the test when a recount of everything finds a difference.
func (o *Office) Clean(t testing.TB) {
	t.Helper()
	n, err := o.Desk.Verify(context.Background(), nil, func(x dossier.Difference) {
		t.Errorf("%s: stored %s, counted %s", x.What, x.Have, x.Want)
	})
	if err != nil || n == 0 {
		t.Errorf("verify: %d dossiers, %v", n, err)
	}
}

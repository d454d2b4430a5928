package app

import (
	"cchc/base/auth"
	"cchc/base/web/admin"
	"cchc/calendar/calendarweb"
	"cchc/exchange/exchangeweb"
	"cchc/procedure/procedureweb"
	"cchc/unit/unitweb"
)

// adminHub lists every part of administration. Add yours with its words in your
// message files (admin.section.KEY and admin.section.KEY.what); the navigation's
// entry shows to those who see a section.
func (r *rooms) adminHub() *admin.Hub {
	return &admin.Hub{Sections: []admin.Section{
		{Key: "units", Group: admin.Places, URL: unitweb.Path, Verbs: []auth.Verb{auth.UnitChange}, Waits: r.unitPages().Waits},
		{Key: "calendars", Group: admin.Places, URL: calendarweb.Path, Verbs: []auth.Verb{auth.CalendarChange}},
		{Key: "counter", Group: admin.Places, URL: "/counter/settings", Verbs: []auth.Verb{auth.CounterSet}},
		{Key: "exchange", Group: admin.Data, URL: exchangeweb.Path, Verbs: []auth.Verb{auth.DossierImport}},
		{Key: "procedures", Group: admin.Places, URL: procedureweb.Path, Verbs: []auth.Verb{auth.ProcedureChange}, Waits: r.procedurePages().Waits},
		{Key: "tokens", Group: admin.People, URL: "/admin/tokens", Verbs: []auth.Verb{auth.AccountChange}},
		{Key: "imports", Group: admin.Data, URL: "/admin/imports",
			Verbs: []auth.Verb{auth.UnitChange, auth.AccountChange, auth.ProcedureChange, auth.CalendarChange, auth.DossierImport, auth.IndexEnter}},
	}}
}

func (r *rooms) unitPages() *unitweb.Pages {
	return &unitweb.Pages{DB: r.db, Registry: r.registry, Accounts: r.accounts, Calendars: r.calendars, Desk: r.desk, Index: r.index}
}

func (r *rooms) procedurePages() *procedureweb.Pages {
	return &procedureweb.Pages{DB: r.db, Registry: r.editor, Calendars: r.calendars}
}

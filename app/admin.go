package app

import (
	"cchc/base/auth"
	"cchc/base/web/admin"
	"cchc/calendar/calendarweb"
)

// adminHub lists every part of administration. Add yours with its words in your
// message files (admin.section.KEY and admin.section.KEY.what); the navigation's
// entry shows to those who see a section.
func (r *rooms) adminHub() *admin.Hub {
	return &admin.Hub{Sections: []admin.Section{
		{Key: "calendars", Group: admin.Places, URL: calendarweb.Path, Verbs: []auth.Verb{auth.CalendarChange}},
		{Key: "tokens", Group: admin.People, URL: "/admin/tokens", Verbs: []auth.Verb{auth.AccountChange}},
	}}
}

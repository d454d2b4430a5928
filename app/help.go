package app

import (
	"sync"

	"cchc/base/web/help"
	"cchc/docs/guide"
)

// helpGroups are the guides, by who reads them.
var helpGroups = []help.Group{
	{Key: "citizens", Guides: []string{"citizens"}},
	{Key: "daily", Guides: []string{"start", "work", "counter", "dossier", "dossiers", "late", "queue", "books", "notices"}},
	{Key: "leaders", Guides: []string{"board", "index", "reports", "criteria-sets", "rounds", "results", "projection"}},
	{Key: "admin", Guides: []string{"system", "accounts", "units", "calendars", "procedures", "imports", "exchange", "api", "settings", "privacy", "log"}},
}

// helpOf says which guide belongs to a page. Add yours.
var helpOf = []help.Page{
	{Address: "/", Guide: "citizens"}, {Address: "/services", Guide: "citizens"}, {Address: "/services/", Guide: "citizens"},
	{Address: "/lookup", Guide: "citizens"}, {Address: "/rate/", Guide: "citizens"}, {Address: "/on-time", Guide: "citizens"}, {Address: "/complain", Guide: "citizens"},
	{Address: "/sign-in", Guide: "start"}, {Address: "/me", Guide: "start"}, {Address: "/me/", Guide: "start"}, {Address: "/keys", Guide: "start"},
	{Address: "/work", Guide: "work"},
	{Address: "/dossiers/new", Guide: "counter"}, {Address: "/counter", Guide: "counter"}, {Address: "/counter/", Guide: "counter"}, {Address: "/turns/", Guide: "counter"},
	{Address: "/dossiers", Guide: "dossiers"}, {Address: "/dossiers/", Guide: "dossier"}, {Address: "/units/", Guide: "dossiers"},
	{Address: "/late", Guide: "late"}, {Address: "/late/", Guide: "late"},
	{Address: "/queue", Guide: "queue"}, {Address: "/queue/", Guide: "queue"},
	{Address: "/books", Guide: "books"}, {Address: "/books/", Guide: "books"},
	{Address: "/notices", Guide: "notices"}, {Address: "/notices/", Guide: "notices"}, {Address: "/stop/", Guide: "citizens"},
	{Address: "/admin/notices", Guide: "notices"}, {Address: "/admin/notices/", Guide: "notices"},
	{Address: "/admin/settings", Guide: "settings"}, {Address: "/admin/settings/", Guide: "settings"},
	{Address: "/board", Guide: "board"}, {Address: "/board/", Guide: "board"}, {Address: "/index/", Guide: "index"},
	{Address: "/reports", Guide: "reports"}, {Address: "/reports/", Guide: "reports"},
	{Address: "/scorecard/rounds", Guide: "rounds"}, {Address: "/scorecard/rounds/", Guide: "rounds"},
	{Address: "/scorecard/sheets/", Guide: "rounds"}, {Address: "/scorecard/evidence", Guide: "rounds"}, {Address: "/scorecard/evidence/", Guide: "rounds"},
	{Address: "/scorecard", Guide: "criteria-sets"}, {Address: "/scorecard/", Guide: "criteria-sets"},
	{Address: "/scorecard/results", Guide: "results"}, {Address: "/scorecard/results/", Guide: "results"}, {Address: "/scorecard/remedial/", Guide: "results"},
	{Address: "/cchc", Guide: "results"}, {Address: "/cchc/", Guide: "results"},
	{Address: "/scorecard/projection", Guide: "projection"}, {Address: "/scorecard/projection/", Guide: "projection"}, {Address: "/scorecard/whatif", Guide: "projection"},
	{Address: "/admin/privacy/", Guide: "privacy"}, {Address: "/admin/erase", Guide: "privacy"}, {Address: "/my-data", Guide: "citizens"},
	{Address: "/admin/log", Guide: "log"}, {Address: "/cchc/log", Guide: "log"}, {Address: "/receipts/", Guide: "log"},
	{Address: "/admin", Guide: "system"}, {Address: "/admin/", Guide: "system"},
	{Address: "/admin/accounts", Guide: "accounts"}, {Address: "/admin/accounts/", Guide: "accounts"},
	{Address: "/admin/delegations", Guide: "accounts"}, {Address: "/admin/delegations/", Guide: "accounts"},
	{Address: "/admin/units", Guide: "units"}, {Address: "/admin/units/", Guide: "units"},
	{Address: "/admin/calendars", Guide: "calendars"}, {Address: "/admin/calendars/", Guide: "calendars"}, {Address: "/admin/calendar-changes/", Guide: "calendars"},
	{Address: "/admin/procedures", Guide: "procedures"}, {Address: "/admin/procedures/", Guide: "procedures"}, {Address: "/admin/procedures-next", Guide: "procedures"},
	{Address: "/admin/imports", Guide: "imports"}, {Address: "/admin/imports/", Guide: "imports"}, {Address: "/admin/import/", Guide: "imports"},
	{Address: "/admin/exchange", Guide: "exchange"}, {Address: "/admin/exchange/", Guide: "exchange"},
	{Address: "/admin/tokens", Guide: "api"}, {Address: "/admin/tokens/", Guide: "api"}, {Address: "/account/tokens", Guide: "api"}, {Address: "/account/tokens/", Guide: "api"}, {Address: "/api", Guide: "api"}, {Address: "/reference/", Guide: "api"},
}

// newHelp reads the guides once for the process: nothing changes them.
var newHelp = sync.OnceValues(func() (*help.Pages, error) { return help.New(guide.Files, helpGroups, helpOf) })

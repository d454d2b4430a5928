package app

import (
	"context"
	"slices"
	"time"

	"cchc/admin"
	"cchc/admin/account"
	"cchc/base/api"
	"cchc/base/file"
	"cchc/base/web/tokens"
	"cchc/calendar/calendarweb"
	"cchc/dossier/dossierweb"
	"cchc/exchange/exchangeweb"
	"cchc/imports/importsweb"
	"cchc/notice/noticeweb"
	"cchc/privacy/privacyweb"
	"cchc/procedure/procedureweb"
	"cchc/scorecard/scorecardweb"
	"cchc/serviceindex/serviceindexweb"
	"cchc/setting/settingweb"
	"cchc/unit"
	"cchc/unit/unitweb"
)

// registerAPI puts every room's operations on the API.
func (r *rooms) registerAPI(a *api.API, f serveFlags, now func() time.Time, files *file.Store) {
	a.Keep(r.db)
	a.Limit(api.Limits{Rate: f.APIRate, Burst: f.APIBurst}, now)
	(&dossierweb.API{Desk: r.desk, Files: files, Evaluation: r.evaluation}).Register(a)
	(&unitweb.API{DB: r.db, Units: r.units, Registry: r.registry, Pages: r.unitPages()}).Register(a)
	(&procedureweb.API{DB: r.db, Registry: r.editor}).Register(a)
	(&calendarweb.API{DB: r.db, Calendars: r.calendars, Units: r.units, Desk: r.desk}).Register(a)
	(&serviceindexweb.API{Index: r.index}).Register(a)
	(&scorecardweb.API{Desk: r.scorecard}).Register(a)
	(&scorecardweb.ResultsAPI{Desk: r.scorecard}).Register(a)
	(&account.API{Accounts: r.accounts, Units: r.units}).Register(a)
	(&settingweb.API{DB: r.db, Book: r.settings, Units: r.units}).Register(a)
	apiTrail{r}.register(a)
	(&noticeweb.API{Book: r.notices, Dossiers: noticeSource{r}}).Register(a)
	(&importsweb.API{Runs: r.imports}).Register(a)
	(&exchangeweb.API{Book: r.exchange}).Register(a)
	(&admin.JobsAPI{Pages: r.jobPages()}).Register(a)
	(&admin.BackupsAPI{Pages: r.backupPages()}).Register(a)
	apiLog{r}.register(a)
	(&privacyweb.API{Desk: r.privacy, Dossiers: r.desk}).Register(a)
}

// places lists units in and below roots, each below the one that it belongs to.
func (r *rooms) places(ctx context.Context, roots []unit.ID) ([]tokens.Place, error) {
	tree, err := r.units.Today(ctx, r.db)
	if err != nil {
		return nil, err
	}
	if slices.Contains(roots, "") {
		roots = tree.Roots()
	}
	var out []tokens.Place
	seen := map[unit.ID]bool{}
	for _, root := range roots {
		for _, id := range tree.Subtree(root) {
			if u, ok := tree.Unit(id); ok && !seen[id] {
				seen[id] = true
				out = append(out, tokens.Place{ID: id, Name: u.Name})
			}
		}
	}
	return out, nil
}

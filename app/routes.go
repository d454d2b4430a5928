package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"cchc/admin"
	"cchc/admin/account"
	"cchc/base/actor"
	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/file"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/signin"
	"cchc/base/web/tokens"
	"cchc/base/web/ui"
	"cchc/calendar/calendarweb"
	"cchc/demo"
	"cchc/dossier/dossierweb"
	"cchc/exchange/exchangeweb"
	"cchc/imports/importsweb"
	"cchc/notice/noticeweb"
	"cchc/procedure/procedureweb"
	"cchc/reported/reportedweb"
	"cchc/scorecard/scorecardweb"
	"cchc/serviceindex/serviceindexweb"
	"cchc/setting/settingweb"
)

// patience is how long people wait for an answer before they are told that there is none.
const patience = 30 * time.Second

// handler puts the pages and the API of all rooms together; stop ends what runs
// beside them.
func (r *rooms) handler(ctx context.Context, f serveFlags) (h http.Handler, stop func(), err error) {
	illustration, err := demo.Illustration(ctx, r.db)
	if err != nil {
		return nil, nil, err
	}
	now := func() time.Time { return r.db.Now().Time() }
	r.files, r.archive = r.filesAt(f.Files), f.PgArchive
	r.cosigner = f.cosignerFlags
	hub, reports := r.adminHub(), r.reportHub()
	guides, err := newHelp()
	if err != nil {
		return nil, nil, err
	}
	mux := web.New(web.Config{
		Help:     guides.Of,
		Product:  "CCHC",
		Sessions: auth.Store{DB: r.db},
		Load: func(ctx context.Context, account string, signedIn moment.Instant) (actor.Actor, error) {
			return auth.Resume(ctx, r.db, account, signedIn, r.db.Now().Date())
		},
		Behalf: func(ctx context.Context, a actor.Actor, delegation string) (actor.Actor, error) {
			return auth.ActFor(ctx, r.db, r.units, a, delegation, r.db.Now().Date())
		},
		Seen: func(ctx context.Context, account string, session moment.Instant, from string) {
			if err := r.accounts.Seen(ctx, account, session, from); err != nil {
				slog.WarnContext(ctx, "where a session is used", "err", err)
			}
		},
		SignedOut: r.accounts.SignedOut,
		Bearer:    r.bearers.Actor,
		Elsewhere: r.elsewhere, Training: r.training, Cookie: r.cookie(),
		Place: r.place, Nav: func(ctx context.Context, a actor.Actor) []ui.Link { return nav(ctx, a, hub, reports) },
		Search: func(a actor.Actor) string {
			if len(auth.Roots(a, auth.DossierRead)) == 0 {
				return ""
			}
			return "/dossiers/search"
		},
		Bell: r.notices.Unread,
		Demo: illustration, Secure: f.Secure, TrustProxy: f.TrustProxy, Now: now,
		Limits: f.Load.limits(), Heavy: heavy, Patience: patience, Measure: r.meters.request, Routed: r.tracer.routes(),
	})
	provider, err := r.provider(f)
	if err != nil {
		return nil, nil, err
	}
	passkeys := r.passkeys(f)
	(&signin.Pages{Accounts: r.accounts, SSO: provider, Believe: r.believeProvider, Passkeys: passkeys, Start: dossierweb.Start}).Register(mux)
	sender := r.exchange.Sender.(*exchangeweb.Sender)
	sender.Hosts, sender.Only, r.exchange.Listed = f.Hosts, f.Only, sender.Listed
	r.exchange.Quiet = r.training
	if r.tracer != nil {
		r.exchange.Sender.(*exchangeweb.Sender).Wrap = r.tracer.call
	}
	(&exchangeweb.Pages{Book: r.exchange}).Register(mux)
	(&tokens.Pages{Accounts: r.accounts, Places: r.places}).Register(mux)
	if err := r.noticesLeave(ctx, f); err != nil {
		return nil, nil, err
	}
	(&noticeweb.Pages{Book: r.notices, Live: r.hub, Dossiers: noticeSource{r}, Name: r.accountName}).Register(mux)
	hub.Register(mux)
	r.first.Register(mux)
	r.jobPages().Register(mux)
	r.healthPages().Register(mux)
	r.backupPages().Register(mux)
	reports.Register(mux)
	(&reportedweb.Pages{Book: r.reported, Units: r.units}).Register(mux)
	(&admin.Trail{DB: r.db, Guard: *r.guard, Units: r.units, Name: r.named}).Register(mux)
	r.logPages().Register(mux)
	r.receiptPages(f.Base).Register(mux)
	files, err := file.Open(ctx, r.files)
	if err != nil {
		return nil, nil, fmt.Errorf("--files: %w", err)
	}
	files.Measured(r.meters.store.begin)
	if err := r.watched(files, f); err != nil {
		return nil, nil, err
	}
	r.imports, r.scans = r.newImports(files), files
	r.scorecard.Files = files
	(&scorecardweb.Pages{Desk: r.scorecard, Live: r.hub, Read: r.public()}).Register(mux)
	(&importsweb.Pages{Runs: r.imports, Units: r.units, Live: r.hub}).Register(mux)
	(&dossierweb.Pages{Desk: r.desk, Files: files, Live: r.hub, Index: impact{r}, Base: f.Base}).Register(mux)
	views := &list.Views{DB: r.db, Pages: map[string]string{"dossiers": "/dossiers", "late": "/late", "procedures": procedureweb.Path, "accounts": "/admin/accounts"}}
	views.Register(mux)
	accounts := &account.Pages{Accounts: r.accounts, Units: r.units, Views: views, Forced: r.factorForced, Passkeys: passkeys, Hands: hands{r}}
	if provider != nil {
		accounts.SSO = account.Provider{Issuer: provider.Issuer, Name: provider.Name}
	}
	accounts.Register(mux)
	(&dossierweb.Lists{Desk: r.desk, Views: views}).Register(mux)
	(&dossierweb.Reports{Desk: r.desk, Evaluation: r.evaluation}).Register(mux)
	(&dossierweb.Erasing{Desk: r.desk}).Register(mux)
	public := &dossierweb.Public{Desk: r.desk, Live: provinceFigure{r}, Read: r.public()}
	public.Register(mux)
	r.privacyPages(public.Allow).Register(mux)
	r.portalPages(f.Base).Register(mux)
	guides.Register(mux)
	(&serviceindexweb.Pages{Index: r.index, Dossiers: boardDossiers{r}, Live: r.hub}).Register(mux)
	(&settingweb.Pages{DB: r.db, Book: r.settings, Units: r.units}).Register(mux)
	r.unitPages().Register(mux)
	procedures := r.procedurePages()
	procedures.Views = views
	procedures.Register(mux)
	(&calendarweb.Pages{DB: r.db, Calendars: r.calendars, Units: r.units, Desk: r.desk}).Register(mux)
	r.registerAPI(api.New(mux, Version), f, now, files)
	r.load = mux.Load
	r.ready = newReadiness(r.db, files)
	r.ready.register(mux)
	return mux, mux.Close, nil
}

// place names the unit in which somebody works, for the top bar.
func (r *rooms) place(ctx context.Context, a actor.Actor) string {
	q := r.db
	if !a.SignedIn() { // everybody's pages have a top bar too, and do without the primary
		q = r.public()
	}
	tree, err := r.units.Today(ctx, q)
	if err != nil {
		return ""
	}
	home := a.Home()
	if home == "" {
		if roots := tree.Roots(); len(roots) == 1 {
			home = roots[0]
		}
	}
	u, ok := tree.Unit(home)
	if !ok {
		return ""
	}
	return u.Name
}

// nav lists what somebody may open, by what they do most.
func nav(ctx context.Context, a actor.Actor, hub *admin.Hub, reports *dossierweb.ReportHub) []ui.Link {
	var out []ui.Link
	add := func(v auth.Verb, key, url string) {
		if len(auth.Roots(a, v)) > 0 {
			out = append(out, ui.Link{Text: i18n.T(ctx, key), URL: url, Key: strings.TrimPrefix(key, "nav.")})
		}
	}
	if !a.Has(actor.OneStop) && !a.Has(actor.Specialist) {
		add(auth.BoardRead, "nav.board", "/board")
	}
	add(auth.DossierReceive, "nav.receive", "/dossiers/new")
	if a.Has(actor.OneStop) || a.Has(actor.Specialist) || a.Has(actor.Chairperson) {
		out = append(out, ui.Link{Text: i18n.T(ctx, "nav.work"), URL: "/work", Key: "work"})
	}
	if a.Has(actor.Chairperson) {
		add(auth.DossierProcess, "nav.queue", "/queue")
	}
	add(auth.DossierRead, "nav.dossiers", "/dossiers")
	add(auth.DossierRead, "nav.late", "/late")
	if a.Has(actor.OneStop) || a.Has(actor.Specialist) {
		add(auth.BoardRead, "nav.board", "/board")
	}
	if scorecardweb.Any(a) {
		out = append(out, ui.Link{Text: i18n.T(ctx, "nav.scorecard"), URL: scorecardweb.Path, Key: "scorecard"})
	}
	if reports.Any(a) {
		out = append(out, ui.Link{Text: i18n.T(ctx, "nav.reports"), URL: "/reports", Key: "reports"})
	}
	if hub.Any(a) {
		out = append(out, ui.Link{Text: i18n.T(ctx, "nav.admin"), URL: "/admin", Key: "admin"})
	}
	return out
}

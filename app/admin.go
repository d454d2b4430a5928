package app

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"cchc/admin"
	"cchc/admin/account"
	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/job"
	"cchc/base/web"
	"cchc/calendar/calendarweb"
	"cchc/dossier"
	"cchc/dossier/dossierweb"
	"cchc/exchange/exchangeweb"
	"cchc/notice/noticeweb"
	"cchc/privacy/privacyweb"
	"cchc/procedure/procedureweb"
	"cchc/scorecard"
	"cchc/scorecard/scorecardweb"
	"cchc/setting/settingweb"
	"cchc/unit"
	"cchc/unit/unitweb"
)

// adminHub lists every part of administration. Add yours with its words in your
// message files (admin.section.KEY and admin.section.KEY.what); the navigation's
// entry shows to those who see a section.
func (r *rooms) adminHub() *admin.Hub {
	return &admin.Hub{Sections: []admin.Section{
		{Key: "units", Group: admin.Places, URL: unitweb.Path, Verbs: []auth.Verb{auth.UnitChange}, Waits: r.unitPages().Waits},
		{Key: "calendars", Group: admin.Places, URL: calendarweb.Path, Verbs: []auth.Verb{auth.CalendarChange}},
		{Key: "turns", Group: admin.Places, URL: "/counter/turns/settings", Verbs: []auth.Verb{auth.CounterSet}},
		{Key: "settings", Group: admin.System, URL: settingweb.Path, Verbs: []auth.Verb{auth.SettingChange, auth.CounterSet}},
		{Key: "exchange", Group: admin.Data, URL: exchangeweb.Path, Verbs: []auth.Verb{auth.DossierImport}},
		{Key: "procedures", Group: admin.Places, URL: procedureweb.Path, Verbs: []auth.Verb{auth.ProcedureChange}, Waits: r.procedurePages().Waits},
		{Key: "tokens", Group: admin.People, URL: "/admin/tokens", Verbs: []auth.Verb{auth.AccountChange}},
		{Key: "imports", Group: admin.Data, URL: "/admin/imports",
			Verbs: []auth.Verb{auth.UnitChange, auth.AccountChange, auth.ProcedureChange, auth.CalendarChange, auth.DossierImport, auth.IndexEnter}},
		{Key: "accounts", Group: admin.People, URL: "/admin/accounts", Verbs: []auth.Verb{auth.AccountChange}},
		{Key: "handover", Group: admin.People, URL: account.HandoverPath, Verbs: []auth.Verb{auth.AccountHandover}},
		{Key: "delegations", Group: admin.People, URL: "/admin/delegations", Verbs: []auth.Verb{auth.AccountChange}},
		{Key: "requests", Group: admin.Privacy, URL: privacyweb.Path + "/requests", Verbs: []auth.Verb{auth.PrivacyReceive, auth.PrivacyAnswer}, Waits: r.requestsWait},
		{Key: "retention", Group: admin.Privacy, URL: privacyweb.Path + "/retention", Verbs: []auth.Verb{auth.PrivacyKeep, auth.PrivacyApprove}, Waits: r.privacy.Waits},
		{Key: "exports", Group: admin.Privacy, URL: privacyweb.Path + "/exports", Verbs: []auth.Verb{auth.PrivacyLook}},
		{Key: "purposes", Group: admin.Privacy, URL: privacyweb.Path + "/purposes", Verbs: []auth.Verb{auth.PrivacyKeep}},
		{Key: "erase", Group: admin.Privacy, URL: dossierweb.ErasePath, Verbs: []auth.Verb{auth.DossierErase}},
		{Key: "notices", Group: admin.Data, URL: noticeweb.Admin, Verbs: []auth.Verb{auth.NoticeKeep}},
		{Key: "jobs", Group: admin.System, URL: "/admin/jobs", Verbs: []auth.Verb{auth.SystemKeep}, Waits: r.jobPages().Waits},
		{Key: "health", Group: admin.System, URL: "/admin/health", Verbs: []auth.Verb{auth.SystemKeep}, Waits: r.healthPages().Waits},
		{Key: "backups", Group: admin.System, URL: admin.BackupsPath, Verbs: []auth.Verb{auth.SystemKeep}},
		{Key: "audit", Group: admin.System, URL: "/admin/audit", Verbs: []auth.Verb{auth.AuditRead}},
		{Key: "log", Group: admin.System, URL: admin.LogPath, Verbs: []auth.Verb{auth.AuditRead, auth.SystemKeep}},
	}}
}

func (r *rooms) unitPages() *unitweb.Pages {
	return &unitweb.Pages{DB: r.db, Registry: r.registry, Accounts: r.accounts, Calendars: r.calendars, Desk: r.desk, Index: r.index}
}

func (r *rooms) procedurePages() *procedureweb.Pages {
	return &procedureweb.Pages{DB: r.db, Registry: r.editor, Calendars: r.calendars}
}

// named names the things of the audit trail and tells where they are shown.
func (r *rooms) named(ctx context.Context, kind, id string) (name, address string, err error) {
	switch kind {
	case "dossier":
		if name, err = dossier.CodeOf(ctx, r.db, id); err == nil {
			address = "/dossiers/" + url.PathEscape(name)
		}
	case "account":
		if name, err = auth.Name(ctx, r.db, id); err == nil {
			if len(auth.Roots(web.Actor(ctx), auth.AccountChange)) > 0 {
				address = "/admin/accounts/" + id
			}
		}
	case "criteria_set":
		var v scorecard.SetVersion
		if v, err = r.scorecard.SetVersion(ctx, r.db, web.Actor(ctx), id); err == nil {
			name, address = v.Code+" v"+strconv.Itoa(v.Version), scorecardweb.Path+"/sets/"+v.ID
		} else if fault.As(err) != nil {
			err = nil // a draft that was deleted, or is not for this actor
		}
	case "unit":
		var u unit.Unit
		u, _, err = r.units.Last(ctx, r.db, unit.ID(id))
		name = u.Name
	}
	if errors.Is(err, db.ErrNotFound) {
		err = nil // gone since; the trail stays
	}
	return name, address, err
}

func (r *rooms) keeping() admin.Keeping {
	return admin.Keeping{DB: r.db, Guard: *r.guard, Units: r.units}
}

// jobPages are the pages of jobs and of what is sent out. Whatever sends adds
// itself to Deliveries.
func (r *rooms) jobPages() *admin.Jobs {
	return &admin.Jobs{Keeping: r.keeping(), Queue: r.queue, Sweeps: func() []job.Sweep { return r.newRunner().Sweeps() },
		Deliveries: []admin.Deliveries{
			{Key: "notices", URL: noticeweb.Admin + "?state=dead", Failed: r.notices.Failed},
			{Key: "exchange", URL: exchangeweb.Path, Failed: r.exchange.Dead, Each: r.stuckLinks},
		}}
}

// stuckLinks are the links to which deliveries were given up, of those that who
// asks looks after.
func (r *rooms) stuckLinks(ctx context.Context) ([]admin.Stuck, error) {
	links, err := r.exchange.Links(ctx, web.Actor(ctx))
	if fault.Is(err, fault.Forbidden) {
		return nil, nil
	}
	var out []admin.Stuck
	for _, l := range links {
		if err != nil || l.Dead == 0 || l.Ended != 0 {
			continue
		}
		x := admin.Stuck{Name: l.Name, URL: exchangeweb.Path + "/" + l.ID, Count: l.Dead, Again: exchangeweb.Path + "/" + l.ID + "/again"}
		x.Answer, err = r.exchange.LastAnswer(ctx, l.ID)
		out = append(out, x)
	}
	return out, err
}

func (r *rooms) healthPages() *admin.Health {
	return &admin.Health{Keeping: r.keeping(), Examine: func(ctx context.Context) []admin.Finding { return r.examine(ctx, r.files, r.queue) }}
}

// elsewhere sends requests where they must go first: the first run, then a first
// password.
func (r *rooms) elsewhere(req *http.Request, a actor.Actor) (string, error) {
	if to := r.first.Elsewhere(req, a); to != "" {
		return to, nil
	}
	if to := account.Confined(req, a); to != "" || !a.SignedIn() || a.FirstPassword {
		return to, nil
	}
	forced, err := r.factorForced(req.Context(), a)
	if err != nil || !forced {
		return "", err
	}
	return account.ConfinedToFactor(req), nil
}

// factorForced reports whether somebody needs a second factor that they do not have.
// A session that a believed provider opened with a second factor lacks none.
func (r *rooms) factorForced(ctx context.Context, a actor.Actor) (bool, error) {
	if web.Strong(ctx) {
		on, err := r.believeProvider(ctx)
		if on || err != nil {
			return false, err
		}
	}
	return account.Forced(ctx, r.db, r.accounts, r.settings, a)
}

package app

import (
	"context"
	"strings"

	"cchc/admin"
	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/receipt"
	"cchc/scorecard/scorecardweb"
)

func (r *rooms) logPages() *admin.LogPages {
	return &admin.LogPages{Keeping: r.keeping(), Log: r.log, Failed: r.logKeeper.failed,
		Check: func(ctx context.Context, a actor.Actor) error {
			return r.db.Write(ctx, func(tx *db.Tx) error {
				if err := logCheck.Enqueue(ctx, tx, a.Account); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "log.check", Kind: "log", ID: "log"})
			})
		}}
}

func (r *rooms) receiptPages(base string) *admin.Receipts {
	return &admin.Receipts{DB: r.db, Log: r.log, Base: base, Thing: r.receipted, What: receiptOf, Content: func(ctx context.Context, kind, id string) ([]byte, error) {
		return r.scorecard.Locked(ctx, r.db, kind, id)
	}}
}

// receiptOf tells which acts have receipts: published rankings, locked scores and what
// locks them anew (an appeal that was upheld, measures taken after a sheet was handed in),
// apologies and changes of due dates.
func receiptOf(e audit.Entry) string {
	has := func(field string, changed bool) bool {
		for _, c := range e.Changes {
			if c.Field == field && c.To != "" && (c.From != "" || !changed) {
				return true
			}
		}
		return false
	}
	switch {
	case e.Kind == "publication" && e.Verb == string(auth.ResultPublish):
		return "publication"
	case e.Kind == "publication" && e.Verb == "result.history":
		return "history"
	case e.Kind == "round" && e.Verb == string(auth.ResultPublish) && has("approved", false):
		return "round"
	case e.Kind == "round" && has("amended", false) && has(receipt.ContentField, false):
		return "amended"
	case e.Kind == "round" && has("imported", false) && has(receipt.ContentField, false):
		return "brought_in"
	case e.Kind == "sheet" && has("handed_in", false):
		return "sheet"
	case e.Kind == "sheet" && has(receipt.ContentField, false):
		return "relocked"
	case e.Kind == "sheet" && e.Verb == string(auth.ResultPublish):
		return "appeal"
	case e.Kind == "dossier" && has("due_promised", false):
		return "apology"
	case e.Kind == "dossier" && has("due", true):
		return "due"
	}
	return ""
}

// receipted finds a thing with receipts for somebody who may see it.
func (r *rooms) receipted(ctx context.Context, a actor.Actor, kind, name string, public bool) (admin.Receipted, error) {
	switch kind {
	case "dossier":
		w, err := r.desk.ByCode(ctx, r.db, a, name)
		return admin.Receipted{Kind: kind, ID: w.ID, Name: name, Title: name, URL: "/dossiers/" + name}, err
	case "publication":
		if public {
			p, err := r.scorecard.PublicPublication(ctx, r.db, name)
			return admin.Receipted{Kind: kind, ID: p.ID, Name: name, Title: p.Title, URL: "/cchc/" + name, Content: p.Approved != 0}, err
		}
		p, err := r.scorecard.Publication(ctx, r.db, a, name)
		return admin.Receipted{Kind: kind, ID: p.ID, Name: name, Title: p.Title, URL: scorecardweb.Path + "/results/" + name, Content: p.Approved != 0}, err
	case "round":
		x, err := r.scorecard.Round(ctx, r.db, a, name)
		if err == nil { // all sheets are in it
			err = r.guard.Check(ctx, r.db, a, auth.ScoreRead, x.Unit)
		}
		return admin.Receipted{Kind: kind, ID: x.ID, Name: name, Title: x.Name, URL: scorecardweb.Path + "/rounds/" + name, Content: x.Approved != 0}, err
	case "sheet":
		s, x, err := r.scorecard.Sheet(ctx, r.db, a, name)
		if err != nil {
			return admin.Receipted{}, err
		}
		u, _, err := r.units.Last(ctx, r.db, s.Unit)
		return admin.Receipted{Kind: kind, ID: s.ID, Name: name, Title: strings.TrimSpace(u.Name + " · " + x.Name), URL: scorecardweb.Path + "/sheets/" + name, Content: s.HandedIn != 0}, err
	}
	return admin.Receipted{}, fault.New(fault.NotFound, "ledger.no_entry")
}

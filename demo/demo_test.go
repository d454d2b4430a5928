package demo_test

import (
	"context"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/demo"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

func desk(d *db.DB) *dossier.Desk {
	book := &unit.Book{DB: d}
	return &dossier.Desk{DB: d, Guard: &auth.Guard{Tree: book}, Units: book,
		Calendars: &calendar.Store{DB: d, Tree: book}, Procedures: &procedure.Catalogue{DB: d}}
}

var inspector = actor.System("test")

func make(t *testing.T, d *db.DB, o demo.Options) demo.Summary {
	t.Helper()
	began := time.Now()
	s, err := demo.Make(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d dossiers of %d communes in %s", s.Dossiers, s.Communes, time.Since(began).Round(time.Millisecond))
	return s
}

func TestFiguresFollowFromTheFacts(t *testing.T) {
	t.Parallel()
	d, _ := dbtest.Open(t)
	ctx := context.Background()
	make(t, d, demo.Options{Dossiers: 1500})
	k := desk(d)
	n, err := k.Verify(ctx, nil, func(x dossier.Difference) { t.Errorf("%s: have %s, want %s", x.What, x.Have, x.Want) })
	if err != nil || n != 1500 {
		t.Errorf("Verify() = %d, %v, want 1500 dossiers", n, err)
	}
	now := d.Now().Date()
	for from := now.AddMonths(-12).FirstOfMonth(); from <= now; from = from.AddMonths(1) {
		lines, err := k.Statistics(ctx, d, inspector, dossier.Question{From: from, To: from.LastOfMonth()}, dossier.BySector)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Received != l.Online+l.Other+l.Carried+l.MovedIn || l.Received != l.Resolved+l.InProgress+l.MovedOut ||
				l.Resolved != l.Early+l.OnTime+l.Late || l.InProgress != l.InTime+l.Overdue || l.NoDue != 0 {
				t.Errorf("II.06a of %s, %q: %+v does not add up", from, l.Key, l.II06a)
			}
		}
	}
	_ = moment.Date(0)
}

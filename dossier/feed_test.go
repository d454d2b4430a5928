package dossier_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// story is a dossier of another system from its arrival to its end.
func story(o *dossiertest.Office, code string) []dossier.FeedEvent {
	var out []dossier.FeedEvent
	for i, x := range []struct {
		status  dossier.Status
		at, due string
	}{
		{dossier.Registered, "2026-11-02T08:00", ""}, {dossier.Accepted, "2026-11-02T09:00", "2026-11-10T17:00"}, {dossier.InProgress, "2026-11-03T09:00", ""},
		{dossier.Supplement, "2026-11-04T09:00", ""}, {dossier.InProgress, "2026-11-06T09:00", "2026-11-12T17:00"},
		{dossier.Finished, "2026-11-12T10:00", ""}, {dossier.HandedOver, "2026-11-13T10:00", ""},
	} {
		e := dossier.FeedEvent{Event: fmt.Sprint(code, "/", i), Code: code, Status: x.status, At: at(x.at), Unit: o.Commune, Procedure: dossiertest.Birth, Channel: dossier.Online}
		if x.due != "" {
			e.Due = at(x.due)
		}
		out = append(out, e)
	}
	return out
}

func TestAFeedToldInAnyOrderAndTwiceGivesTheSameDossier(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := dossiertest.Desk(t)
	r := rand.New(rand.NewPCG(7, 9))
	for n := range 12 {
		code := fmt.Sprintf("BO-%03d", n)
		events := story(o, code)
		if n > 0 {
			r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		}
		if events[0].Status == dossier.Registered && n > 0 {
			events[0], events[1] = events[1], events[0] // alone it would be ours to work on
		}
		for len(events) > 0 { // in batches of one to three, each sent twice
			k := min(len(events), 1+r.IntN(3))
			for round := range 2 {
				if n == 0 {
					k = len(events)
				}
				done, err := o.Desk.Feed(ctx, o.Admin, "bo", events[:k])
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range done {
					if want := []string{dossier.FeedApplied, dossier.FeedSame}[round]; x.Result != want {
						t.Fatalf("%s round %d: %s, want %s (%v)", x.Event, round, x.Result, want, x.Fault)
					}
				}
			}
			events = events[k:]
		}
		w, err := o.Desk.ByCode(ctx, o.DB, o.Admin, code)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(w.Status(), w.Verdict(), w.RegisteredAt, w.AcceptedAt, w.Due, w.DueOriginal, w.Ended, w.Returned, w.Supplements, w.Started, w.ExternalDue)
		want := fmt.Sprint(dossier.HandedOver, dossier.OnTime, at("2026-11-02T08:00"), at("2026-11-02T09:00"), at("2026-11-12T17:00"), at("2026-11-10T17:00"),
			at("2026-11-12T10:00"), at("2026-11-13T10:00"), 1, at("2026-11-03T09:00"), true)
		if got != want {
			t.Errorf("story %d:\n got %s\nwant %s", n, got, want)
		}
	}
	o.Clean(t)
}

func TestAWrongEventIsLeftOutAndTheOthersAreStored(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := dossiertest.Desk(t)
	good := story(o, "BO-1")[1]
	future, nowhere, other := good, good, good
	future.Event, future.Code, future.At = "f", "BO-2", o.DB.Now().Add(1e12)
	nowhere.Event, nowhere.Code, nowhere.Unit = "n", "BO-3", ""
	other.Status = dossier.Finished // the same id tells something else
	done, err := o.Desk.Feed(ctx, o.Admin, "bo", []dossier.FeedEvent{future, good, nowhere})
	if err != nil {
		t.Fatal(err)
	}
	if done[0].Result != dossier.FeedWrong || done[1].Result != dossier.FeedApplied || done[2].Result != dossier.FeedWrong || done[2].Fault.Fields[0].Name != "unit" {
		t.Errorf("the batch did %+v", done)
	}
	if done, err = o.Desk.Feed(ctx, o.Admin, "bo", []dossier.FeedEvent{other}); err != nil || done[0].Result != dossier.FeedWrong || done[0].Fault.Key != "dossier.feed_event_other" {
		t.Errorf("another event of the same id: %+v, %v", done, err)
	}
	for _, a := range []actor.Actor{o.Officer, {}} {
		if _, err := o.Desk.Feed(ctx, a, "bo", []dossier.FeedEvent{good}); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s fed: %v", a.Login, err)
		}
	}
	o.Clean(t)
}

func TestADossierOfTheNationalPortalIsWorkedOnHere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := dossiertest.Desk(t)
	feed := func(id string, s dossier.Status) dossier.FeedOutcome {
		t.Helper()
		done, err := o.Desk.Feed(ctx, o.Admin, "dvcqg", []dossier.FeedEvent{{Event: id, Code: "G22.99-261123-0001", Status: s, At: o.DB.Now(), Unit: o.Commune, Procedure: dossiertest.Birth,
			Channel: dossier.Online, Person: dossier.Person{Name: "Nguyễn Thị Ánh"}}})
		if err != nil {
			t.Fatal(err)
		}
		return done[0]
	}
	status := func() dossier.Status {
		w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, "G22.99-261123-0001")
		if err != nil {
			t.Fatal(err)
		}
		return w.Status()
	}
	if x := feed("1", dossier.Registered); x.Result != dossier.FeedApplied || status() != dossier.Registered {
		t.Fatalf("arrived as %+v, status %d", x, status())
	}
	if err := o.Desk.Accept(ctx, o.Officer, "G22.99-261123-0001", 0); err != nil {
		t.Fatal(err)
	}
	w, err := o.Desk.ByCode(ctx, o.DB, o.Officer, "G22.99-261123-0001")
	if err != nil || w.Due != at("2026-11-27T17:00") {
		t.Errorf("we promised %s, %v", w.Due, err)
	}
	if x := feed("2", dossier.Finished); x.Result != dossier.FeedWrong || x.Fault.Key != "dossier.feed_ours" {
		t.Errorf("the portal finished our dossier: %+v", x)
	}
	if x := feed("3", dossier.Withdrawing); x.Result != dossier.FeedApplied || status() != dossier.Withdrawing {
		t.Errorf("withdrawing: %+v, status %d", x, status())
	}
	o.Clean(t)
}

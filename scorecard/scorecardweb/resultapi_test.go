package scorecardweb_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/api"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/scorecard/scorecardweb"
)

// programs serves the API of results to one of the office's people.
func (w *world) programs(t *testing.T, who actor.Actor) *webtest.Browser {
	t.Helper()
	mux := web.New(web.Config{
		Now: w.Clock.Now, Log: slog.New(slog.DiscardHandler), Idle: 1e5 * time.Hour, Lifetime: 1e5 * time.Hour,
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			if account == who.Account {
				return who, nil
			}
			return actor.Actor{}, fault.New(fault.Unauthenticated, "auth.sign_in")
		},
	})
	(&scorecardweb.ResultsAPI{Desk: w.desk}).Register(api.New(mux, "1"))
	mux.Handle("POST /enter", web.Public, func(rw http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), who.Account, moment.Of(w.Clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(rw, r, "/", "")
	})
	b := webtest.Open(t, mux)
	if who.SignedIn() {
		b.Post("/enter").To("/")
	}
	return b
}

func TestProgramsReadPublishedResults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.league(t)
	const path = "/api/v1/scorecard/results"
	b := w.programs(t, w.Specialist)
	var list struct {
		Items []struct{ ID, State, Decision string }
	}
	if err := json.Unmarshal([]byte(b.Get(path+"?year=2024").Is(200).Body), &list); err != nil || len(list.Items) != 1 || list.Items[0].ID != id || list.Items[0].State != "history" || list.Items[0].Decision != "12/QĐ-UBND" {
		t.Errorf("the list is %+v, %v", list, err)
	}
	var one struct {
		Units []struct {
			Name, Percent string
			Rank          int
			Missing       bool
			Lost          []struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(b.Get(path+"/"+id).Is(200).Body), &one); err != nil || len(one.Units) != 3 || one.Units[0].Percent != "88.09" || one.Units[0].Rank != 1 || len(one.Units[0].Lost) != 2 || !one.Units[2].Missing {
		t.Errorf("the publication is %+v, %v", one, err)
	}
	if err := json.Unmarshal([]byte(b.Get(path+"?year=2019").Is(200).Body), &list); err != nil || len(list.Items) != 0 {
		t.Errorf("2019 has %+v, %v", list, err)
	}
	b.Get(path + "/nothing").Is(404)
	w.programs(t, w.Officer).Get(path).Is(403)
	w.programs(t, actor.Actor{}).Get(path).Is(401)
}

package scorecardweb_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/api"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/dossier/dossiertest"
	"cchc/scorecard"
	"cchc/scorecard/scorecardweb"
)

// A world is an office with the room of the PAR index.
type world struct {
	*dossiertest.Office
	desk *scorecard.Desk
}

func newWorld(t *testing.T) *world {
	o := dossiertest.Desk(t)
	return &world{o, &scorecard.Desk{DB: o.DB, Guard: o.Desk.Guard, Units: o.Desk.Units}}
}

// open serves the pages to one of the office's people.
func (w *world) open(t *testing.T, who actor.Actor) *webtest.Browser {
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
	(&scorecardweb.Pages{Desk: w.desk}).Register(mux)
	(&scorecardweb.API{Desk: w.desk}).Register(api.New(mux, "test"))
	mux.Handle("POST /enter", web.Public, func(rw http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), who.Account, moment.Of(w.Clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(rw, r, "/", "")
	})
	b := webtest.Open(t, mux)
	b.Post("/enter").To("/")
	return b
}

// synthetic reads one of the synthetic sets.
func synthetic(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../data/criteria_synthetic_" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const sets = scorecardweb.Path + "/sets"

func TestASetIsImportedShownTakenHomeAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	b.Get(scorecardweb.Path).Is(200).Has(".sections a", "Bộ chỉ số")
	b.Get(sets).Is(200).Has(".empty", "Chưa có bộ chỉ số")
	unit := string(w.Province)

	b.Post(sets+"/import", "unit", unit).Is(422).Has("#error-summary a[href='#f-text']", "Chọn tệp")
	b.Post(sets+"/import", "unit", unit, "text", "meta:\n  id: A\n bad: [").Is(422).Has("#error-summary", "dòng").Has("textarea", "bad: [")
	b.Post(sets+"/import", "unit", unit, "text", "meta:\n  id: A\n").Is(422).Has("#error-summary", "Thiếu tên")
	b.Post(sets+"/import", "unit", unit, "text", "a: 1").Is(422).Has("#error-summary", "không phải tệp bộ chỉ số")

	p := b.Post(sets+"/import", "unit", unit, "text", synthetic(t, "commune")).Is(303)
	at := p.Header.Get("Location")
	b.Get(at).Is(200).Has("h1", "UBND cấp xã").Has(".state", "Dự thảo").Has("th", "Ban hành kế hoạch CCHC năm").Has(".rule-sentence", "Trước 31/01: 1 điểm")
	b.Get(sets).Is(200).Has("th a", "UBND cấp xã")
	b.Post(sets+"/import", "unit", unit, "text", synthetic(t, "commune")).Is(422).Has("#error-summary", "đang có dự thảo")

	text := b.Get(at + "/file.yaml").Is(200).Body
	b.Post(at+"/delete", "revision", "7").Is(409).Has("#error-summary", "vừa sửa")
	b.Get(at + "/delete").Is(200)
	b.Post(at+"/delete", "revision", "1").To(sets)
	b.Get(at).Is(404)

	again := b.Post(sets+"/import", "unit", unit, "text", text).Is(303).Header.Get("Location")
	if got := b.Get(again + "/file.yaml").Body; got != text {
		t.Error("the text of a set that was exported and imported again is another one")
	}
	b.Look(scorecardweb.Path, sets, sets+"/import", again, again+"/delete")
}

func TestWhoMayNotSeesNoDraftAndMakesNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := w.open(t, w.HomeAffairs).Post(sets+"/import", "unit", string(w.Province), "text", synthetic(t, "commune")).Is(303).Header.Get("Location")
	for name, who := range map[string]actor.Actor{"a specialist of a commune": w.Specialist, "the auditor": w.Auditor, "the chair": w.Chair} {
		b := w.open(t, who)
		b.Get(sets).Is(200).Has(".empty", "")
		b.Get(at).Is(404)
		b.Get(at + "/file.yaml").Is(404)
		b.Get(sets + "/import").Is(403)
		if p := b.Post(sets+"/import", "unit", string(w.Province), "text", synthetic(t, "district")); p.Status != 403 {
			t.Errorf("%s imports a set: %d", name, p.Status)
		}
		b.Post(at+"/delete", "revision", "1").Is(404)
	}
	b := w.open(t, w.Officer)
	b.Get(scorecardweb.Path).Is(403)
	b.Get(sets).Is(403)
}

func TestSetsByTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.open(t, w.HomeAffairs)
	const at = "/api/v1/scorecard/sets"
	ask := func(method, path string, body any, status int) map[string]any {
		t.Helper()
		text := ""
		if body != nil {
			j, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			text = string(j)
		}
		p := b.Send(method, path, "application/json", text).Is(status)
		out := map[string]any{}
		if err := json.Unmarshal([]byte(p.Body), &out); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, p.Body)
		}
		return out
	}
	made := ask("POST", at, map[string]any{"unit": w.Province, "text": synthetic(t, "commune")}, 201)
	id, _ := made["id"].(string)
	if made["state"] != "draft" || len(made["faults"].([]any)) != 0 || made["year"] != 2024.0 {
		t.Errorf("imported: %v, %v, %v", made["state"], made["faults"], made["year"])
	}
	ask("POST", at, map[string]any{"unit": w.Province, "text": synthetic(t, "commune")}, 409)
	ask("POST", at, map[string]any{"unit": w.Province, "text": "meta: ["}, 400)
	ask("POST", at+"/"+id+"/issue", map[string]any{"revision": 9, "basis": "QĐ 1"}, 409)
	issued := ask("POST", at+"/"+id+"/issue", map[string]any{"revision": 1, "basis": "QĐ 1"}, 200)
	if issued["state"] != "issued" || issued["basis"] != "QĐ 1" {
		t.Errorf("issued: %v, %v", issued["state"], issued["basis"])
	}
	list := ask("GET", at+"?state=issued&year=2024", nil, 200)["items"].([]any)
	if len(list) != 1 {
		t.Errorf("%d sets are listed, want 1", len(list))
	}
	node := ask("GET", at+"/"+id, nil, 200)["nodes"].([]any)[2].(map[string]any)
	if node["place"] != "1.1.1" || node["kind"] != "choice" || node["rule"] == "" || node["source"] != "document_register" {
		t.Errorf("a node is %v", node)
	}
	b.Get(at + "/" + id + "/yaml").Is(200)
	other := w.open(t, w.Specialist)
	other.Get(at + "/" + id).Is(200)
	if p := other.Send("POST", at, "application/json", `{"unit":"`+string(w.Province)+`","text":"meta: {id: A, title: B, level: c}","year":2026}`); p.Status != 403 {
		t.Errorf("a specialist imports by the API: %d", p.Status)
	}
	w.open(t, w.Officer).Get(at).Is(403)
}

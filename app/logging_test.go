package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/web"
	"cchc/base/web/webtest"
)

// refuse has the database refuse something in words that hold the value.
func refuse(o *office, value string) error {
	h, err := o.db.Handle()
	if err != nil {
		return err
	}
	defer h.Close()
	text := `SELECT * FROM "` + value + `"`
	if o.db.Engine() == db.Postgres {
		text = `SELECT CAST('` + value + `' AS bigint)`
	}
	_, err = h.Exec(text)
	return err
}

// Whatever people send, and wherever it fails, the log has the route, the status and
// the account, and nothing of a person: not in addresses, forms, headers, panics or
// errors of the database. It is not parallel: the program's log is one.
func TestTheLogTellsOfNobody(t *testing.T) {
	secrets := map[string]string{"name": "Phạm Văn Kín", "ascii": "Kinxyz", "phone": "0987654321", "spaced": "0987 654 322", "number": "049185009999", "mail": "kin.pham@example.vn",
		"password": "mật khẩu rất kín đáo", "token": "cchc_kinkinkinkinkin", "place": "12 Ngõ Hẹp", "note": "xin giấu"}
	j := &webtest.Journal{}
	before := slog.Default()
	slog.SetDefault(newLog(j, "json"))
	defer slog.SetDefault(before)
	o := serveOffice(t)
	mux := o.b.Handler().(*web.Mux)
	mux.Handle("GET /test/panic/{how}", web.Public, func(_ http.ResponseWriter, r *http.Request) error {
		switch r.PathValue("how") {
		case "text":
			panic("cannot go on with " + secrets["name"] + " " + secrets["phone"])
		case "error":
			panic(errors.New(secrets["ascii"] + " lives at " + secrets["place"]))
		case "write":
			return o.db.Write(r.Context(), func(*db.Tx) error { panic("in a write: " + secrets["name"]) })
		}
		var none []string
		_ = none[len(secrets["ascii"])] // an error of the runtime's own
		return nil
	})
	mux.Handle("GET /test/fails/{how}", web.Public, func(_ http.ResponseWriter, r *http.Request) error {
		if r.PathValue("how") == "sql" {
			err := refuse(o, secrets["name"])
			return fmt.Errorf("find %q of %s, %s: %w", secrets["ascii"], secrets["phone"], secrets["mail"], err)
		}
		slog.InfoContext(r.Context(), "told of "+secrets["phone"], "person", secrets["name"], "url", "https://x.example/?n="+url.QueryEscape(secrets["number"]), "err", fmt.Errorf(`Post "https://x.example/%s": refused`, secrets["ascii"]))
		return nil
	})
	clerk := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	d := receive(t, o.rooms, o.commune)
	all := url.Values{}
	for k, v := range secrets {
		all.Set(k, v)
	}
	q := "?" + all.Encode() + "&q=" + url.QueryEscape(secrets["name"]) + "&code=" + secrets["number"]
	for _, b := range []*webtest.Browser{clerk, o.b.Other()} {
		b.Header.Set("User-Agent", secrets["ascii"])
		b.Header.Set("Referer", "https://x.example/"+secrets["phone"])
		b.Header.Set("X-Forwarded-For", secrets["number"])
		b.Header.Set("X-Request-Id", secrets["phone"])
		for _, path := range []string{"/", "/lookup", "/dossiers", "/dossiers/search", "/dossiers/" + d.Code, "/dossiers/" + secrets["ascii"], "/services", "/khong-co/" + url.PathEscape(secrets["name"]), "/rate/" + secrets["token"],
			"/api/v1/dossiers", "/api/v1/dossiers/" + secrets["phone"], "/test/panic/text", "/test/panic/error", "/test/panic/write", "/test/panic/map", "/test/fails/sql", "/test/fails/other"} {
			b.Get(path + q)
		}
		var form []string
		for k, v := range secrets {
			form = append(form, k, v)
		}
		for _, path := range []string{"/sign-in", "/dossiers", "/dossiers/search", "/me/password", "/rate/" + secrets["token"], "/preferences", "/dossiers/" + d.Code + "/person"} {
			b.Post(path+q, append(form, "login", secrets["mail"], "q", secrets["name"])...)
		}
		body, err := json.Marshal(map[string]any{"unit": string(o.commune), "procedure": "1.001193", "channel": "direct", "note": secrets["note"],
			"person": map[string]any{"name": secrets["name"], "phone": secrets["phone"], "id_number": secrets["number"], "email": secrets["mail"], "address": secrets["place"]}})
		if err != nil {
			t.Fatal(err)
		}
		b.Send("POST", "/api/v1/dossiers"+q, "application/json", string(body))
		b.Send("POST", "/api/v1/dossiers"+q, "application/json", strings.ReplaceAll(string(body), "direct", secrets["ascii"]))
		b.Send("POST", "/api/v1/dossiers", "application/json", `{"person":"`+secrets["name"]+`"`)
		b.Header.Set("Authorization", "Bearer "+secrets["token"])
		b.Get("/api/v1/dossiers" + q)
	}
	slog.Error("a statement was refused", "err", refuse(o, secrets["place"]))

	text := j.String()
	for what, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), strings.ToLower(s), d.Code} {
			if strings.Contains(text, form) {
				for line := range strings.Lines(text) {
					if strings.Contains(line, form) {
						t.Errorf("the log tells the %s %q: %.600s", what, form, line)
						break
					}
				}
			}
		}
	}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q is no JSON: %v", line, err)
		}
		if l["msg"] != "request" {
			seen[fmt.Sprint(l["msg"])] = true
			continue
		}
		for _, key := range []string{"time", "level", "method", "route", "status", "ms", "request"} {
			if _, ok := l[key]; !ok {
				t.Errorf("a line without %s: %s", key, line)
			}
		}
		if l["account"] != nil {
			seen["account"] = true
		}
		seen[fmt.Sprint(l["route"], " ", l["status"])] = true
	}
	for _, want := range []string{"GET /dossiers/{code} 200", "GET /test/fails/{how} 500", "GET /test/panic/{how} 500", "panic in a handler", "request failed", "account"} {
		if !seen[want] {
			t.Errorf("the log does not tell %q; it tells %v", want, seen)
		}
	}
}

func TestALineOfTheLogIsWrittenWithoutPersons(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`turn.kind.put: constraint failed: FOREIGN KEY constraint failed (787)`: `turn.kind.put: constraint failed: FOREIGN KEY constraint failed (787)`,
		`find "Lê Văn A": no such row`:                                          `find ▒: no such row`,
		`pq: invalid input syntax for type bigint: 'abc'`:                       `pq: invalid input syntax for type bigint: ▒`,
		`Key (login)=(le.van.a) already exists.`:                                `Key ▒ already exists.`,
		`dossier of Nguyễn Văn Ất, 0905 123 456, a@b.vn`:                        `dossier of ▒, ▒, ▒`,
		`dial tcp: connection refused`:                                          `dial tcp: connection refused`,
	} {
		if got := withoutPersons(in); got != want {
			t.Errorf("%s\n got  %s\n want %s", in, got, want)
		}
	}
}

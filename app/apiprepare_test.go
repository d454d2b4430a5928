package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cchc/base/web/webtest"
	"cchc/dossier"
)

// prepare brings things into the state that an operation needs, by the API itself
// where that can, and tells their names. It reports whether it did.
func (o *office) prepare(t *testing.T, p *webtest.Browser, c *contract, x call, code string) bool {
	t.Helper()
	list := func() string {
		return made(t, p, "/api/v1/counter/lists", "id", `{"unit":"H99.101","kind":"inside","body":"Phòng Tư pháp","codes":[%q]}`, code)
	}
	c.made++
	s := &scene{office: o, t: t, c: c, p: p, code: code, n: c.made}
	if set := scenes[x.id]; set != nil {
		set(s)
		return true
	}
	switch {
	case x.path == "/api/v1/bulk" || x.path == "/api/v1/bulk/preview":
		c.known["act"], c.known["to"] = "forward", ""
	case strings.HasPrefix(x.path, "/api/v1/bulk/"):
		c.known["id"] = made(t, p, "/api/v1/bulk", "id", `{"act":"forward","items":[{"code":%q}]}`, code)
	case x.id == "assign-step":
		o.days++
		c.known["account"] = made(t, p, "/api/v1/accounts", "id", `{"login":"viec.%d","name":"Người %d","role":"specialist","unit":"H99.101"}`, o.days, o.days)
	case x.id == "contact-applicant":
		if err := o.desk.Finish(ctx, operator, code, dossier.Result{}); err != nil {
			t.Fatal(err)
		}
	case x.id == "give-original-back":
		p.Send("POST", "/api/v1/dossiers/"+code+"/originals", "application/json", `{"name":"Sổ hộ khẩu"}`).Is(200)
		var got struct {
			Items []struct{ ID, Code string }
		}
		if err := json.Unmarshal([]byte(p.Get("/api/v1/counter/originals?unit=H99.101").Is(200).Body), &got); err != nil {
			t.Fatal(err)
		}
		for _, y := range got.Items {
			if y.Code == code {
				c.known["id"] = y.ID
			}
		}
		c.known["to"] = "Nguyễn Văn A"
	case x.id == "cancel-reserved-numbers":
		block, err := o.desk.Reserve(ctx, operator, o.commune, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		numbers, err := o.desk.ReservedBlock(ctx, o.db, operator, block)
		if err != nil {
			t.Fatal(err)
		}
		c.known["codes"] = []any{numbers[0].Code}
	case x.id == "make-hand-list":
		c.known["kind"], c.known["codes"] = "inside", []any{code}
	case strings.HasPrefix(x.path, "/api/v1/counter/lists/{id}"):
		c.known["id"] = list()
		switch x.id {
		case "track-hand-list":
			d, err := o.desk.Receive(ctx, operator, dossier.Application{Unit: o.commune, Procedure: "1.001193", Channel: dossier.Direct, ReturnBy: dossier.ByPost,
				Person: dossier.Person{Name: "Nguyễn Văn A"}})
			if err == nil {
				err = o.desk.Finish(ctx, operator, d.Code, dossier.Result{})
			}
			if err != nil {
				t.Fatal(err)
			}
			c.known["code"] = d.Code
			c.known["id"] = made(t, p, "/api/v1/counter/lists", "id", `{"unit":"H99.101","kind":"post","body":"Bưu điện xã","codes":[%q]}`, d.Code)
		case "settle-hand-list":
			p.Send("POST", "/api/v1/counter/lists/"+c.known["id"].(string)+"/give", "application/json", `{"receiver":"Bà Lan"}`).Is(200)
			c.known["outcome"] = "back"
		}
	case strings.HasPrefix(x.path, "/api/v1/counter/cash/"):
		drawer, err := o.desk.CashDays(ctx, o.db, operator, o.commune, o.db.Now().Date())
		if err != nil || len(drawer) == 0 {
			t.Fatalf("the drawers: %v, %v", drawer, err)
		}
		c.known["id"], c.known["pieces"], c.known["amount"] = drawer[0].ID, []any{}, 1000
		if x.id == "close-cash" && drawer[0].Closed != 0 { // only a locked one is adjusted
			p.Send("POST", "/api/v1/counter/cash/"+drawer[0].ID+"/adjust", "application/json", `{"amount":1000,"reason":"đếm lại"}`).Is(200)
		}
	case strings.HasPrefix(x.path, "/api/v1/books"):
		delete(c.known, "form")
	case x.id == "enter-evaluation":
		c.known["index"], c.known["numerator"], c.known["denominator"], c.known["choice"] = "feedback", 9, 10, ""
	case strings.HasPrefix(x.path, "/api/v1/reports"):
		c.known["to"], c.known["known"], c.known["days"] = "2026-11-30", "2026-11-30", 5
		delete(c.known, "by")
	case x.id == "set-procedure-steps":
		c.known["case"], c.known["stamp"] = "", ""
		c.known["role"], c.known["hours"] = "specialist", "24"
	case x.id == "get-calendar-change":
		o.days++
		c.known["id"] = made(t, p, "/api/v1/calendar/closures", "id", `{"from":"2026-12-%02d","name":"Bão","rule":"Công điện 5","reason":"bão"}`, 7+o.days)
	case x.id == "withdraw-measure":
		p.Send("POST", "/api/v1/index/H99.101/entries", "application/json", `{"metric":"PUBLISH_ON_TIME","month":"2026-11-01","numerator":1,"denominator":2,"source":"Cổng"}`).Is(201)
		c.known["metric"] = "PUBLISH_ON_TIME"
	case strings.HasPrefix(x.path, "/api/v1/erasures"):
		if err := o.desk.Finish(ctx, operator, code, dossier.Result{}); err != nil {
			t.Fatal(err)
		}
		c.known["codes"], c.known["id_number"] = []any{code}, ""
	case x.id == "create-account":
		o.days++
		c.known["login"], c.known["role"] = fmt.Sprintf("moi.%d", o.days), "specialist"
	case strings.HasPrefix(x.path, "/api/v1/accounts/"):
		o.days++
		c.known["id"] = made(t, p, "/api/v1/accounts", "id", `{"login":"nguoi.%d","name":"Người %d","role":"specialist","unit":"H99.101"}`, o.days, o.days)
		acc, err := o.accounts.ByID(ctx, operator, c.known["id"].(string))
		if err != nil {
			t.Fatal(err)
		}
		c.known["grant"], c.known["role"], c.known["from"], c.known["last"] = acc.Grants[0].ID, "onestop", "2026-11-23", "2026-12-30"
		if x.id == "enable-account" {
			p.Send("POST", "/api/v1/accounts/"+acc.ID+"/disable", "application/json", `{"reason":"nghỉ"}`).Is(200)
		}
	case strings.HasPrefix(x.path, "/api/v1/accounts"):
		c.known["role"] = "specialist"
	case x.id == "change-setting":
		o.days++
		c.known["name"], c.known["value"], c.known["from"] = "board.silent_days", fmt.Sprint(3+o.days%20), "2026-12-01"
	default:
		return false
	}
	return true
}

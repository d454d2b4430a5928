package app

import (
	"context"
	"testing"

	"cchc/base/actor"
	"cchc/base/api"
	"cchc/base/db"
)

func TestAKeySentTwiceIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	ctx := context.Background()
	p := o.program(t, "cong", []string{"dossier.*"}, actor.Grant{Role: actor.OneStop, Unit: o.commune})
	d := receive(t, o.rooms, o.commune)
	path := "/api/v1/dossiers/" + d.Code
	facts := func() int {
		w, err := o.desk.ByCode(ctx, o.db, operator, d.Code)
		if err != nil {
			t.Fatal(err)
		}
		return len(w.Facts)
	}
	p.Header.Set("Idempotency-Key", "short")
	p.Send("POST", path+"/supplement", "application/json", `{"reason":"Thiếu tờ khai"}`).Is(400)
	p.Header.Set("Idempotency-Key", "0198c0de-7c1e-7b7e-9f10-0a1b2c3d4e5f")
	p.Send("POST", path+"/supply", "application/json", `{}`).Is(409) // an error is not kept
	first := p.Send("POST", path+"/supplement", "application/json", `{"reason":"Thiếu tờ khai"}`).Is(200)
	n := facts()
	again := p.Send("POST", path+"/supplement", "application/json", `{"reason":"Thiếu tờ khai"}`).Is(200)
	if again.Body != first.Body || again.Header.Get("Idempotent-Replayed") != "true" || first.Header.Get("Idempotent-Replayed") != "" {
		t.Errorf("answered again %s %v, first %s", again.Body, again.Header, first.Body)
	}
	if got := facts(); got != n {
		t.Errorf("%d facts, want %d", got, n)
	}
	p.Send("POST", path+"/supplement", "application/json", `{"reason":"Thiếu ảnh"}`).Is(409).Has("body", "api.key_other_body")
	p.Send("POST", path+"/supply", "application/json", `{"reason":"Thiếu tờ khai"}`).Is(409) // another address is another request
	// Another account's key is another key.
	other := o.program(t, "cong-2", []string{"dossier.*"}, actor.Grant{Role: actor.OneStop, Unit: o.commune})
	other.Header.Set("Idempotency-Key", "0198c0de-7c1e-7b7e-9f10-0a1b2c3d4e5f")
	other.Send("POST", path+"/supplement", "application/json", `{"reason":"Thiếu tờ khai"}`).Is(409).Has("body", "dossier.")
	if err := api.Sweep(ctx, o.db); err != nil {
		t.Fatal(err)
	}
	p.Send("POST", path+"/supplement", "application/json", `{"reason":"Thiếu tờ khai"}`).Is(200) // not yet forgotten
}

func TestWhatStandsBesideAWriteHappensWithItOrNotAtAll(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	n := 0
	with, written := db.Alongside(context.Background(), func(context.Context, *db.Tx) error { n++; return nil })
	if err := o.db.Write(with, func(*db.Tx) error { return context.Canceled }); err == nil || written() || n != 1 {
		t.Errorf("after a write that failed: %v, %t, %d", err, written(), n)
	}
	for range 2 {
		if err := o.db.Write(with, func(*db.Tx) error { return nil }); err != nil || !written() || n != 2 {
			t.Errorf("after a write: %v, %t, %d", err, written(), n)
		}
	}
}

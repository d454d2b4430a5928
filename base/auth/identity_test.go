package auth_test

import (
	"context"
	"fmt"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
)

var strangersPut = db.Rows("authtest.strangers", "identity_waiting", "id, issuer, subject, claimed, name, first_at, last_at", "")

// Everybody whom the provider knows may try on one morning: who keeps accounts is shown
// those who are called like the account all the same.
func TestAStrangerIsOfferedHoweverManyCameSince(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	k, _ := open(t)
	a := account(t, k, "le_hoa")
	var rows [][]any
	put := func(claimed string) {
		n := len(rows)
		at := int64(n + 1) // each after the one before
		rows = append(rows, []any{fmt.Sprintf("s%05d", n), "https://sso.example.vn", fmt.Sprintf("sub%d", n), claimed, "Lê Thị Hoa", at, at})
	}
	for _, claimed := range []string{"Le_Hoa@tinh.example.vn", "le_hoa", "leXhoa@tinh.example.vn", "le_hoang@tinh.example.vn", "x.le_hoa@tinh.example.vn", "le_hoa2"} {
		put(claimed)
	}
	for i := range 2000 {
		put(fmt.Sprintf("nguoi%d@tinh.example.vn", i))
	}
	if err := k.DB.Write(ctx, func(tx *db.Tx) error { return tx.InsertRows(ctx, strangersPut, rows) }); err != nil {
		t.Fatal(err)
	}
	_, like, err := k.LinkedWith(ctx, actor.System("test"), a.Account)
	if err != nil || len(like) != 2 || like[0].Claimed != "le_hoa" || like[1].Claimed != "Le_Hoa@tinh.example.vn" {
		t.Errorf("offered: %+v, %v", like, err)
	}
}

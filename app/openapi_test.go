package app

import (
	"log/slog"
	"testing"
	"time"

	"cchc/base/api"
	"cchc/base/api/apitest"
	"cchc/base/web"
)

// The whole contract in one file: what changes it shows in a review.
func TestTheContractIsWhatWasPromised(t *testing.T) {
	t.Parallel()
	r, _, _, _ := commune(t)
	now := func() time.Time { return r.db.Now().Time() }
	a := api.New(web.New(web.Config{Now: now, Log: slog.New(slog.DiscardHandler)}), "1")
	r.registerAPI(a, serveFlags{}, now, nil)
	apitest.Golden(t, a, "testdata/openapi.yaml")
}

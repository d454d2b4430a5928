package procedure_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/db/dbtest"
	"cchc/data"
	"cchc/procedure"
)

func TestScratch(t *testing.T) {
	d, _ := dbtest.Open(t)
	c := &procedure.Catalogue{DB: d}
	r := &procedure.Registry{Catalogue: c}
	ctx := context.Background()
	for range 2 {
		start := time.Now()
		rep, err := r.Import(ctx, actor.System("test"), strings.NewReader(data.Procedures), "procedures.csv", 0)
		t.Logf("%v %+v %v", time.Since(start), rep, err)
	}
	start := time.Now()
	vs, err := c.Search(ctx, d, "khai sinh dang ky", procedure.Filter{}, 5)
	t.Log(time.Since(start), err)
	start = time.Now()
	vs, err = c.Search(ctx, d, "khai sinh dang ky", procedure.Filter{}, 5)
	t.Log(time.Since(start), err)
	for _, v := range vs {
		t.Log(v.Code, v.Name, v.Settled, v.Limits)
	}
}

package demo_test

import (
	"os"
	"strconv"
	"testing"
	"time"
	"context"
	"fmt"
	"cchc/base/db"
	"cchc/base/job"
	"cchc/demo"
)

func TestSizeScratch(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("DEMO_N"))
	if n == 0 { t.Skip() }
	ctx := context.Background()
	os.Remove("/tmp/demo-size.db"); os.Remove("/tmp/demo-size.db-wal"); os.Remove("/tmp/demo-size.db-shm")
	d, err := db.Open(ctx, "/tmp/demo-size.db", db.Options{})
	if err != nil { t.Fatal(err) }
	defer d.Close()
	if _, err := d.Migrate(ctx); err != nil { t.Fatal(err) }
	if err := job.Migrate(ctx, d); err != nil { t.Fatal(err) }
	t0 := time.Now()
	first := time.Time{}
	last := time.Now()
	_, err = demo.Make(ctx, d, demo.Options{Dossiers: n, Progress: func(done, total int) {
		if first.IsZero() { first = time.Now(); fmt.Println("first chunk after", time.Since(t0)) }
		if time.Since(last) > 10*time.Second || done == total { last = time.Now(); fmt.Println(done, time.Since(t0)) }
	}})
	fmt.Println("all", time.Since(t0), err)
}

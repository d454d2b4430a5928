package dossier_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

// BenchmarkLists times lists and searches of a database that BENCH_DB names, such
// as the demonstration with a million dossiers, and reports p50, p95 and p99 in
// milliseconds. It only reads.
func BenchmarkLists(b *testing.B) {
	dsn := os.Getenv("BENCH_DB")
	if dsn == "" {
		b.Skip("BENCH_DB names no database")
	}
	d, err := db.Open(context.Background(), dsn, db.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	book := &unit.Book{DB: d}
	guard := auth.Guard{Tree: book}
	desk := &dossier.Desk{DB: d, Guard: &guard, Units: book, Calendars: &calendar.Store{DB: d, Tree: book, Guard: guard}, Procedures: &procedure.Catalogue{DB: d}}
	tree, err := book.Today(context.Background(), d)
	if err != nil {
		b.Fatal(err)
	}
	province := tree.Roots()[0]
	commune := tree.Children(province)[0]
	who := actor.System("bench")
	first, _, err := desk.List(context.Background(), d, who, dossier.Filter{Unit: province, Bucket: dossier.BucketAll})
	if err != nil || len(first) == 0 {
		b.Fatal(len(first), err)
	}
	last := first[len(first)-1]
	for _, c := range []struct {
		name string
		f    dossier.Filter
		deep int // pages read before
	}{
		{"open of a commune", dossier.Filter{Unit: commune, Bucket: dossier.BucketOpen}, 0},
		{"open of the province", dossier.Filter{Unit: province, Bucket: dossier.BucketOpen}, 0},
		{"open of the province, page 20", dossier.Filter{Unit: province, Bucket: dossier.BucketOpen}, 20},
		{"open of the province by name", dossier.Filter{Unit: province, Bucket: dossier.BucketOpen, Order: dossier.Order{Key: dossier.KeyName}}, 0},
		{"all of a commune", dossier.Filter{Unit: commune, Bucket: dossier.BucketAll}, 0},
		{"all of a commune by name", dossier.Filter{Unit: commune, Bucket: dossier.BucketAll, Order: dossier.Order{Key: dossier.KeyName}}, 0},
		{"all of the province", dossier.Filter{Unit: province, Bucket: dossier.BucketAll}, 0},
		{"all of the province, page 200", dossier.Filter{Unit: province, Bucket: dossier.BucketAll}, 200},
		{"uncollected of the province", dossier.Filter{Unit: province, Bucket: dossier.BucketUncollected}, 0},
		{"nguyen in the province", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: "Nguyễn"}, 0},
		{"nguyen in the province, page 50", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: "Nguyễn"}, 50},
		{"nguyen in a commune", dossier.Filter{Unit: commune, Bucket: dossier.BucketAll, Text: "nguyen"}, 0},
		{"n in the province", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: "n"}, 0},
		{"nguyen thi hanh in the province", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: "nguyen thi hanh"}, 0},
		{"hanh nguyen in a commune", dossier.Filter{Unit: commune, Bucket: dossier.BucketAll, Text: "hanh nguyen"}, 0},
		{"thi ho in the province", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: "thi ho"}, 0},
		{"rare: " + "giang pao", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: "giang pao"}, 0},
		{"no such word", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: "xyzxyz"}, 0},
		{"code", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: last.Code}, 0},
		{"last part of a code", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: last.Code[len(last.Code)-11:]}, 0},
		{"number of a code", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: "12"}, 0},
		{"identity number", dossier.Filter{Unit: province, Bucket: dossier.BucketAll, Text: "049185001234"}, 0},
		{"nguyen among the open", dossier.Filter{Unit: province, Bucket: dossier.BucketOpen, Text: "nguyen"}, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			ctx := context.Background()
			for range c.deep {
				p, err := desk.Page(ctx, d, who, c.f)
				if err != nil {
					b.Fatal(err)
				}
				if p.After.ID == "" {
					break
				}
				c.f.After, c.f.Order = p.After, p.Order
			}
			var times []time.Duration
			rows := 0
			for b.Loop() {
				begin := time.Now()
				p, err := desk.Page(ctx, d, who, c.f)
				if err != nil {
					b.Fatal(err)
				}
				rows = len(p.Rows)
				times = append(times, time.Since(begin))
			}
			slices.Sort(times)
			at := func(p int) float64 { return float64(times[min(len(times)-1, len(times)*p/100)].Microseconds()) / 1000 }
			b.ReportMetric(at(50), "p50-ms")
			b.ReportMetric(at(95), "p95-ms")
			b.ReportMetric(at(99), "p99-ms")
			b.ReportMetric(float64(rows), "rows")
		})
	}
}

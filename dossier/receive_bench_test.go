package dossier_test

import (
	"testing"

	"cchc/dossier/dossiertest"
)

// BenchmarkReceive is one dossier over the counter: everything that the write
// does, on disk.
func BenchmarkReceive(b *testing.B) {
	o := dossiertest.Desk(b)
	app := o.Application(dossiertest.Birth)
	begun := used()
	for b.Loop() {
		if _, err := o.Desk.Receive(ctx, o.Officer, app); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(used()-begun)/float64(b.N), "cpu-ns/op")
}

// BenchmarkReceiveTogether is many counters at once.
func BenchmarkReceiveTogether(b *testing.B) {
	o := dossiertest.Desk(b)
	app := o.Application(dossiertest.Birth)
	b.SetParallelism(8)
	begun := used()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := o.Desk.Receive(ctx, o.Officer, app); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(used()-begun)/float64(b.N), "cpu-ns/op")
}

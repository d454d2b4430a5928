package dossier_test

import (
	"context"
	"syscall"
	"testing"

	"cchc/dossier/dossiertest"
)

// used is the processor time of this process so far, in ns: unlike the time on
// the wall it is much the same on a machine that others use too.
func used() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

func BenchmarkByCode(b *testing.B) {
	o := dossiertest.Desk(b)
	ctx := context.Background()
	d := o.Receive(b, dossiertest.Land)
	begun := used()
	for b.Loop() {
		if _, err := o.Desk.ByCode(ctx, o.DB, o.Officer, d.Code); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(used()-begun)/float64(b.N), "cpu-ns/op")
}

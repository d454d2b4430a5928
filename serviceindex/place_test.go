package serviceindex_test

import (
	"testing"

	"cchc/serviceindex"
	"cchc/serviceindex/serviceindextest"
	"cchc/unit"
)

var (
	system   = serviceindextest.System
	day      = serviceindextest.Day
	newPlace = serviceindextest.Open
)

func of(t testing.TB, p *serviceindextest.Place, u unit.ID, period string) *serviceindex.Report {
	t.Helper()
	per, err := serviceindex.ParsePeriod(period)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Of(t.Context(), system, u, per)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

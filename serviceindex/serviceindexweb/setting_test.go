package serviceindexweb_test

import (
	"testing"

	"cchc/base/actor"
	"cchc/serviceindex"
	"cchc/setting"
)

func TestTheBoardKeepsToTheSettings(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.busy()
	book := &setting.Book{DB: s.DB, Guard: s.Index.Guard, Tree: s.Index.Units, All: serviceindex.Settings}
	s.Index.Settings = book
	set := func(of *setting.Setting, value string) {
		t.Helper()
		if err := book.Change(t.Context(), actor.System("test"), setting.Change{Name: of.Name, Unit: s.Province, What: setting.Set, Value: value, From: s.DB.Now().Date(), Reason: "thử"}); err != nil {
			t.Fatal(err)
		}
	}
	s.Post("/as/chair")
	s.Get("/board/wall?step=3&names=on").Has("table th", "Hoàng Anh Dũng")
	set(serviceindex.WallNames, serviceindex.NamesNever)
	s.Get("/board/wall?step=3&names=on").Lacks("table th", "Hoàng Anh Dũng")
	set(serviceindex.WallNames, serviceindex.NamesAlways)
	s.Get("/board/wall?step=3").Has("table th", "Hoàng Anh Dũng")
	s.Get("/board").Has(".card h2", "trong 3 ngày làm việc")
	set(serviceindex.SilentDays, "2")
	s.Get("/board").Has(".card h2", "2 đơn vị không nhập gì trong 2 ngày làm việc")

	set(serviceindex.CloseDays, "25") // it is 2026-11-25 or earlier: October waits
	if day := s.DB.Now().Date().AddDays(-25); day > s.DB.Now().Date().FirstOfMonth().AddDays(-1) {
		t.Fatalf("the test's day %s is too late in its month", s.DB.Now().Date())
	}
	before, err := s.CloseDue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set(serviceindex.CloseDays, "1")
	if after, err := s.CloseDue(t.Context()); err != nil || after == 0 {
		t.Errorf("%d periods were kept before, %d when no longer waited for, %v", before, after, err)
	}
}

package dossierweb_test

import (
	"testing"

	"cchc/dossier"
)

func TestBooksAreListedSearchedAndPrinted(t *testing.T) {
	t.Parallel()
	s, d := busy(t)
	b := s.as(s.Officer)
	book := "/books/" + string(s.Commune) + "/01/2026"
	b.Get("/books").Is(200).Has("th a", "Mẫu 01 – Sổ theo dõi hồ sơ (mẫu 07), năm 2026").Has("td .state", "đang mở").Count("td .btn", 0)
	p := b.Get(book).Is(200).Has("td strong", "1/TNHS").Has("tr[data-row]", d["late"].Code)
	all := len(p.Find("tr[data-row]"))
	if all < 4 {
		t.Errorf("the book has %d lines", all)
	}
	b.Get(book+"?q=1").Count("tr[data-row]", 1)
	b.Get(book+"?q="+d["late"].Code).Count("tr[data-row]", 1)
	b.Get(book+"?q=khongcoai").Has(".empty h2", "Không tìm thấy dòng nào")
	b.Get(book+"?voided=on").Has(".empty h2", "Không tìm thấy")
	b.Get(book+"/print").Is(200).Has("h1", "SỔ THEO DÕI HỒ SƠ NĂM 2026").Has(".paper-head", "XÃ GIO HẢI").Count("main.wide tbody tr", all).Count("header", 0)
	b.Get(book + "/closing").Is(409)
	b.Get("/books/" + string(s.Commune) + "/01/1999").Is(404)
	b.Get("/books/" + string(s.Commune) + "/09/2026").Is(404)
	s.as(s.OtherOfficer).Get(book).Is(403)
}

func TestABookIsClosedOnItsPage(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	book := "/books/" + string(s.Commune) + "/01/2026"
	s.Clock.Set("2027-01-05T09:00")
	chair := s.as(s.CommuneChair)
	chair.Get("/books").Has("td .state", "hết năm, chưa khoá")
	chair.Get(book+"/close").Is(200).Has("h1", "Khoá Mẫu 01")
	s.as(s.Officer).Get(book + "/close").Is(403)
	s.as(s.Officer).Post(book + "/close").Is(403)
	chair.Post(book + "/close").To(book)
	chair.Get(book).Has("[role=status]", "Đã khoá sổ mẫu 01 năm 2026.").Has(".lead", "khoá ngày 05/01/2027")
	chair.Get(book+"/closing").Is(200).Has("h1", "TRANG KHOÁ SỔ NĂM 2026").Has("main", "liên tục từ số 1").Has("main", "0 số đã huỷ")
	chair.Post(book + "/close").Is(409)
	b, _, err := s.Desk.Book(t.Context(), s.DB, s.Chair, s.Commune, dossier.Form01, 2026)
	do(t, err)
	if b.Closed == 0 {
		t.Error("the book is not closed")
	}
}

func TestBooksLookRight(t *testing.T) {
	t.Parallel()
	s, _ := busy(t)
	book := "/books/" + string(s.Commune) + "/01/2026"
	s.as(s.Chair).Look("/books?unit="+string(s.Commune), book, book+"/print")
}

package app

import "testing"

func TestThePagesOfImportsLookRight(t *testing.T) {
	t.Parallel()
	x := bringing(t)
	wrong := workbook(t, []any{"SỔ THEO DÕI HỒ SƠ"}, []any{"Mã hồ sơ", "Hình thức tiếp nhận", "Ngày tiếp nhận", "Hạn trả", "Người nộp", "Mã đơn vị"},
		[]any{"H1", "Trực tiếp", 46266, 46270, "Nguyễn Thị Ánh", "H99.101"}, []any{"H2", "bồ câu", 46266, 46270, "Trần Văn Bê", "H99.101"},
		[]any{"H3", "online", "31/02/2026", 46270, "Lê Văn Cường", "H99.101"}, []any{"H4", "online", 46266, 46270, "Phạm Thị Dung", "H99.999"})
	_, run := x.follow(t, x.bring("dossiers", "Sổ tháng 9.xlsx", wrong))
	_, unread := x.follow(t, x.bring("dossiers", "x.csv", []byte("SHS,Qua,Lúc nhận\nA1,direct,2026-09-01\n")))
	_, report := x.follow(t, x.bring("ii06a", "bc.xlsx", formII06a(t, 10, 12), "unit", "H99.101", "from", "01/09/2026", "to", "30/09/2026", "source", "BC 12/UBND"))
	x.Post(report + "/store").To(report)
	x.Look("/admin/imports", "/admin/import/dossiers", run, unread, report, "/reports/reported",
		"/reports/reported/compare?unit="+string(x.commune)+"&from=2026-09-01&to=2026-09-30&source=BC+12/UBND")
}

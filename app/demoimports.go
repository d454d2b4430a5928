package app

import (
	"context"
	"fmt"
	"strings"

	"cchc/base/file"
	"cchc/imports"
)

// exampleImports leaves two imports of the demonstration's: a book of another
// system with cells to mend, which stays checked, and an earlier one that was given
// up. Neither takes a dossier in, so the demonstration's figures are its own.
func (r *rooms) exampleImports(ctx context.Context, where string) error {
	files, err := file.Open(ctx, where)
	if err != nil {
		return fmt.Errorf("--files: %w", err)
	}
	defer files.Close()
	runs := r.newImports(files)
	day := r.db.Now().Date()
	row := func(code, channel, name string, ago int) string {
		return fmt.Sprintf("%s;%s;%s;%s;%s;H99.101\n", code, channel, day.AddDays(-ago).VN(), day.AddDays(7-ago).VN(), name)
	}
	const head = "Mã hồ sơ;Hình thức tiếp nhận;Ngày tiếp nhận;Hạn trả;Người nộp;Mã đơn vị\n"
	for _, x := range []struct {
		name, rows string
		abandon    bool
	}{
		{"so-theo-doi-nhap-thu.csv", row("MC-001", "trực tiếp", "Trần Thị Thử", 40) + row("MC-002", "bồ câu", "Lê Văn Thử", 39), true},
		{"so-theo-doi-thang-truoc.csv", row("MC-001", "trực tiếp", "Trần Thị Thử", 40) + row("MC-002", "bồ câu", "Lê Văn Thử", 39) +
			strings.Replace(row("MC-003", "trực tuyến", "Phan Thị Thử", 38), "/20", "/30", 1) + row("MC-004", "bưu chính", "Đỗ Văn Thử", 37), false},
	} {
		run, err := runs.Here(ctx, operator, imports.Upload{Kind: "dossiers", Name: x.name, Content: strings.NewReader(head + x.rows), Options: map[string]string{"system": "motcua-cu"}})
		if err == nil && x.abandon {
			err = runs.Abandon(ctx, operator, run.ID)
		}
		if err != nil {
			return fmt.Errorf("make the examples of imports: %w", err)
		}
	}
	return nil
}

package unit

import (
	"strings"
	"testing"

	"cchc/base/table"
)

// Every row of a file of units is an entry or a flaw at its line, and no code comes
// twice among those that nothing is wrong with.
func FuzzImportTable(f *testing.F) {
	head := "code,name,level,parent_code,from,area_class,block\n"
	for _, s := range []string{
		"\ufeff" + head + "70.11,Xã Một,xã,70,01/07/2025,mountainous,II\n70,Tỉnh Mẫu,province,,2025-07-01,,\n", "Mã đơn vị;Tên;Cấp;Trực thuộc;Từ ngày\n70;Tỉnh;tỉnh;;31/02/2025\n",
		head + "70,a,b,70,2025-07-01,,\n70,a,b,70,2025-07-01,,\n", head + "70,a,b,70,x,,\n70,a,b,70,x,,\n", head + ",,,,,,\n", head + "\"70\n", head, ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		from, err := table.Open(strings.NewReader(string(text)), int64(len(text)), table.Spec{Columns: ImportColumns})
		if from != nil {
			defer from.Close()
		}
		if err != nil {
			return
		}
		rows, flaws, err := read(from)
		seen, failed := map[string]bool{}, 0
		for _, e := range rows {
			if seen[e.n.Code] && !e.failed {
				t.Errorf("an entry is %+v", e.n)
			}
			if seen[e.n.Code] = true; e.failed {
				failed++
			}
		}
		for _, x := range flaws {
			if x.Row.Line() < 2 || x.Fault == nil || x.Fault.Key == "" {
				t.Errorf("a flaw at no place: %+v", x)
			}
		}
		if failed > len(flaws) {
			t.Errorf("%d entries failed and %d flaws say why, %v", failed, len(flaws), err)
		}
	})
}

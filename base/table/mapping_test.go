package table_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"cchc/base/fault"
	"cchc/base/table"
)

func TestTheExampleMappingReadsATypicalExport(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operate/example-mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := table.ParseMapping(text)
	if err != nil {
		t.Fatal(err)
	}
	s := table.Spec{}
	for _, name := range []string{"id", "channel", "received", "due", "status", "procedure", "unit"} {
		s.Columns = append(s.Columns, table.Column{Name: name, Need: name == "id", Date: name == "received" || name == "due"})
	}
	m.Apply(&s)
	file := []byte("Số hồ sơ;Hình thức nộp;Ngày giờ tiếp nhận;Ngày hẹn trả;Tình trạng;Mã TTHC nội bộ;Cơ quan\n" +
		"A1;NỘP TRỰC TUYẾN;01/09/2026 08:05:09;04-09-2026;Đang thụ lý;HT-01;UBND xã Gio Hải\n" +
		"A2;Trực tiếp;01/09/2026 08:05:09;04-09-2026;Lạ;9.999999;X\n")
	r, err := table.Open(bytes.NewReader(file), int64(len(file)), s)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Lenient = true
	r.Next()
	got := fmt.Sprint(r.Get("channel"), r.Get("received"), r.Get("due"), r.Get("status"), r.Get("procedure"), r.Get("unit"))
	if want := "online2026-09-01T08:05:092026-09-0441.001193H99.101"; got != want || r.Bad() != nil {
		t.Errorf("the first row is %s, %v, want %s", got, r.Bad(), want)
	}
	r.Next()
	if f := r.Bad(); f == nil || f.Fields[0].Key != "table.value_unmapped" {
		t.Errorf("a word that the mapping does not know gives %v", f)
	}
	if n := len(r.Unknown()); n != 2 {
		t.Errorf("%d words are unknown, want 2: %v", n, r.Unknown())
	}
}

func TestAMappingThatIsWrongSaysWhere(t *testing.T) {
	t.Parallel()
	for text, key := range map[string]string{
		"colums: {id: x}\n":     "table.mapping",
		"columns: [id]\n":       "table.mapping",
		"dates: [ngày tháng]\n": "table.mapping_date",
		"":                      "table.mapping",
	} {
		if _, err := table.ParseMapping([]byte(text)); fault.As(err) == nil || fault.As(err).Key != key {
			t.Errorf("%q gives %v, want %s", text, err, key)
		}
	}
}

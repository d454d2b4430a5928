package table_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"cchc/base/fault"
	"cchc/base/table"
)

var spec = table.Spec{Columns: []table.Column{
	{Name: "id", Names: []string{"Mã hồ sơ", "Số hồ sơ"}, Need: true},
	{Name: "received", Names: []string{"Ngày tiếp nhận", "Tiếp nhận Ngày"}, Need: true, Date: true},
	{Name: "due", Names: []string{"Hạn trả", "Hẹn trả Ngày"}, Date: true},
}}

// told reads a file and writes its rows, "line:id|received|due" each, or the key
// of the fault.
func told(b []byte, s table.Spec) string {
	r, err := table.Open(bytes.NewReader(b), int64(len(b)), s)
	if err != nil {
		if f := fault.As(err); f != nil {
			return f.Key
		}
		return "error " + err.Error()
	}
	defer r.Close()
	r.Lenient = true
	var out []string
	for r.Next() {
		line := fmt.Sprintf("%d:%s|%s|%s", r.Line(), r.Get("id"), r.Get("received"), r.Get("due"))
		if f := r.Bad(); f != nil {
			line = f.Error()
		}
		out = append(out, line)
	}
	if f := fault.As(r.Err()); f != nil {
		out = append(out, f.Key)
	} else if r.Err() != nil {
		out = append(out, "error "+r.Err().Error())
	}
	return strings.Join(out, "\n")
}

func TestOpenReadsWhatSpreadsheetsWriteAsCSV(t *testing.T) {
	t.Parallel()
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("Mã hồ sơ\tNgày tiếp nhận\nH1\t01/09/2026\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"commas":                        {"Mã hồ sơ,Ngày tiếp nhận\nH1,01/09/2026\n", "2:H1|01/09/2026|"},
		"semicolons and a mark":         {"\ufeffMa ho so;NGAY TIEP NHAN;phí\nH1;01/09/2026;1,5\nH2;2/9/2026;2,5\n", "2:H1|01/09/2026|\n3:H2|2/9/2026|"},
		"tabs in UTF-16 with its mark":  {utf16, "2:H1|01/09/2026|"},
		"a title above the header":      {"UBND xã Gio Hải,\nDanh sách hồ sơ,\n\nid,received\nH1,2026-09-01\n", "5:H1|2026-09-01|"},
		"a header merged over two rows": {"Mã hồ sơ,Tiếp nhận,Hẹn trả\n,Ngày,Ngày\nH1,2026-09-01,2026-09-05\n", "3:H1|2026-09-01|2026-09-05"},
		"rows after blank ones":         {"id,received\nH1,2026-09-01\n,\n\n,\nH2,2026-09-02\n", "2:H1|2026-09-01|\n6:H2|2026-09-02|"},
		"a row too short":               {"id,received\nH1\nH2,2026-09-02\n", "table.width Line=2 Columns=1 Header=2\n3:H2|2026-09-02|"},
		"a zero byte":                   {"id,received\nH\x001,2026-09-02\n", "table.not_table"},
		"a letter that is none":         {"id,received\n" + strings.Repeat("H1,2026-09-01\n", 10_000) + "H\xff,2026-09-01", "…"},
		"a cell without an end":         {"id,received\nH1,\"" + strings.Repeat("x\n", 3<<20), "table.row_large"},
		"a very long cell":              {"id,received\n" + strings.Repeat("x", 40_000) + ",2026-09-02\n", "…"},
	} {
		got := told([]byte(c.text), spec)
		if c.want == "…" {
			if !strings.Contains(got, "table.encoding Line=10002 Column=id") && !strings.Contains(got, "id: table.long") {
				t.Errorf("%s: %.300q", name, got[max(0, len(got)-300):])
			}
		} else if got != c.want {
			t.Errorf("%s: read as\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestOpenRefusesWithAReason(t *testing.T) {
	t.Parallel()
	windows, err := charmap.Windows1258.NewEncoder().String("Ma hô so,Ngày nhân\nđã có kêt quả,a\n")
	if err != nil {
		windows = "M\xe3 h\xf4 s\xf5,Ng\xe0y\nh\xf4\xec\xf2\n"
	}
	var ods bytes.Buffer
	z := zip.NewWriter(&ods)
	w, _ := z.Create("mimetype")
	w.Write([]byte("application/vnd.oasis.opendocument.spreadsheet"))
	z.Close()
	good := sheet(t, func(f *excelize.File) { f.SetSheetRow("Sheet1", "A1", &[]any{"id", "received"}) })
	ole := append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), make([]byte, 1000)...)
	locked := append(bytes.Clone(ole), []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")...)
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"nothing":                   {nil, "table.empty"},
		"blanks":                    {[]byte("\n \n"), "table.empty"},
		"no column of ours":         {[]byte("a,b\n1,2\n"), "table.column_missing"},
		"one column missing":        {[]byte("id,b\n1,2\n"), "table.column_missing"},
		"a column twice":            {[]byte("id,received,Mã hồ sơ\n1,2,3\n"), "table.column_twice"},
		"Windows-1258":              {[]byte(windows), "table.encoding_other"},
		"TCVN3":                     {[]byte("M\xb7 h\xe5 s\xac,Ng\xb5y ti\xd5p nh\xcbn\n"), "table.encoding_other"},
		"UTF-16 without mark":       {[]byte("i\x00d\x00,\x00r\x00\n\x00"), "table.encoding_other"},
		"a web page":                {[]byte("<html><table><tr><td>id"), "table.html"},
		"an old workbook":           {ole, "table.xls"},
		"a workbook with password":  {locked, "table.password"},
		"a PDF":                     {[]byte("%PDF-1.7\n"), "table.pdf"},
		"OpenDocument":              {ods.Bytes(), "table.ods"},
		"half a workbook":           {good[:len(good)/2], "table.xlsx_broken"},
		"a workbook with its end":   {good[len(good)/2:], "table.not_table"},
		"only the mark of a zip":    {[]byte("PK\x03\x04"), "table.xlsx_broken"},
		"a picture":                 {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00"), "table.not_table"},
		"a workbook without header": {sheet(t, func(*excelize.File) {}), "table.empty"},
	} {
		got := told(c.text, spec)
		if name == "a workbook with its end" && strings.HasPrefix(got, "table.") {
			continue // whatever its bytes look like
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// sheet makes a workbook.
func sheet(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOpenReadsWorkbooks(t *testing.T) {
	t.Parallel()
	set := func(f *excelize.File, cells ...any) {
		for i := 0; i < len(cells); i += 2 {
			if err := f.SetCellValue("Sheet1", cells[i].(string), cells[i+1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	head := func(f *excelize.File) { set(f, "A1", "Mã hồ sơ", "B1", "Ngày tiếp nhận", "C1", "Hạn trả") }
	for name, c := range map[string]struct {
		fill func(f *excelize.File)
		spec func(*table.Spec)
		want string
	}{
		"days and times as serial numbers": {fill: func(f *excelize.File) {
			head(f)
			set(f, "A2", "H1", "B2", 46266, "C2", 46270.708333333336)
		}, want: "2:H1|2026-09-01|2026-09-05T17:00:00"},
		"a code that is a number, and dates that are text": {fill: func(f *excelize.File) {
			head(f)
			set(f, "A2", 1.001193, "B2", "01/09/2026")
		}, want: "2:1.001193|01/09/2026|"},
		"titles merged above, header over two rows": {fill: func(f *excelize.File) {
			set(f, "A1", "DANH SÁCH HỒ SƠ", "A3", "Số hồ sơ", "B3", "Tiếp nhận", "B4", "Ngày", "C3", "Hẹn trả", "C4", "Ngày", "A5", "H1", "B5", "2026-09-01", "C5", "2026-09-04")
			f.MergeCell("Sheet1", "A1", "C1")
			f.MergeCell("Sheet1", "A3", "A4")
		}, want: "5:H1|2026-09-01|2026-09-04"},
		"rows after blank ones": {fill: func(f *excelize.File) {
			head(f)
			set(f, "A2", "H1", "B2", "2026-09-01", "A900", "H2", "B900", "2026-09-02")
		}, want: "2:H1|2026-09-01|\n900:H2|2026-09-02|"},
		"a formula without a value": {fill: func(f *excelize.File) {
			head(f)
			set(f, "A2", "H1", "B2", "2026-09-01")
			f.SetCellFormula("Sheet1", "C2", "B2+3")
		}, want: "table.cell_at Cell=C2 Column=Hạn trả Value==; due: table.formula"},
		"the second sheet, chosen": {fill: func(f *excelize.File) {
			f.NewSheet("Tháng 9")
			f.SetSheetRow("Tháng 9", "A1", &[]any{"id", "received"})
			f.SetSheetRow("Tháng 9", "A2", &[]any{"H9", "2026-09-01"})
		}, spec: func(s *table.Spec) { s.Sheet = "Tháng 9" }, want: "2:H9|2026-09-01|"},
		"a first sheet that is hidden": {fill: func(f *excelize.File) {
			f.NewSheet("Tháng 9")
			f.SetSheetRow("Tháng 9", "A1", &[]any{"id", "received"})
			f.SetSheetRow("Tháng 9", "A2", &[]any{"H9", "2026-09-01"})
			f.SetActiveSheet(1)
			f.SetSheetVisible("Sheet1", false)
		}, want: "2:H9|2026-09-01|"},
		"headers that somebody told us of": {fill: func(f *excelize.File) {
			set(f, "A1", "SHS", "B1", "Nhận", "A2", "H1", "B2", "2026-09-01")
		}, spec: func(s *table.Spec) { s.Map = map[string]string{"shs": "id", "nhan": "received"} }, want: "2:H1|2026-09-01|"},
		"a sheet that is not there": {fill: head, spec: func(s *table.Spec) { s.Sheet = "Không có" }, want: "table.sheet_unknown"},
	} {
		s := spec
		if c.spec != nil {
			c.spec(&s)
		}
		if got := told(sheet(t, c.fill), s); got != c.want {
			t.Errorf("%s: read as\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// workbook makes an XLSX file of raw markup.
func workbook(t testing.TB, data string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"[Content_Types].xml":        `<Types/>`,
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet><sheetData>` + data + `</sheetData></worksheet>`,
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const headRow = `<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>received</t></is></c></row>`

func TestOpenBearsMarkupThatNoSpreadsheetWrites(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ data, want string }{
		"an error in a cell":             {headRow + `<row r="2"><c r="A2" t="e"><f>B9</f><v>#REF!</v></c><c r="B2"><v>46266</v></c></row>`, "table.cell_at Cell=A2 Column=id Value=#REF!; id: table.failed"},
		"a formula with its value":       {headRow + `<row r="2"><c r="A2" t="str"><f>"H"&amp;1</f><v>H1</v></c><c r="B2"><f>1</f><v>46266</v></c></row>`, "2:H1|2026-09-01|"},
		"rows and cells without names":   {headRow + `<row><c t="inlineStr"><is><t>H1</t></is></c><c><v>46266</v></c></row>`, "2:H1|2026-09-01|"},
		"rows out of order":              {headRow + `<row r="1"><c r="A1"><v>1</v></c></row>`, "table.xlsx_broken"},
		"a row beyond the last":          {headRow + `<row r="99999999"><c r="A1"><v>1</v></c></row>`, "table.xlsx_broken"},
		"a column beyond the last":       {headRow + `<row r="2"><c r="ZZZZZ2"><v>1</v></c></row>`, "table.xlsx_broken"},
		"a shared text that is not":      {headRow + `<row r="2"><c r="A2" t="s"><v>7</v></c></row>`, "table.xlsx_broken"},
		"markup that stops":              {headRow + `<row r="2"><c r="A2"><v>1`, "table.xlsx_broken"},
		"a number with a long tail":      {headRow + `<row r="2"><c r="A2"><v>1.0011929999999999</v></c><c r="B2"><v>46266</v></c></row>`, "2:1.001193|2026-09-01|"},
		"a reading aid beside the text":  {headRow + `<row r="2"><c r="A2" t="inlineStr"><is><r><t>H</t></r><r><t>1</t></r><rPh><t>x</t></rPh></is></c><c r="B2"><v>46266</v></c></row>`, "2:H1|2026-09-01|"},
		"entities that grow in entities": {`<!DOCTYPE x [<!ENTITY a "b">]>` + headRow + `<row r="2"><c r="A2" t="str"><v>&a;</v></c></row>`, "table.xlsx_broken"},
	} {
		if got := told(workbook(t, c.data), spec); got != c.want {
			t.Errorf("%s: read as\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestOpenDoesNotUnpackManyParts(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 10_001 {
		z.Create(fmt.Sprint("xl/", i))
	}
	z.Close()
	if got := told(b.Bytes(), spec); got != "table.bomb" {
		t.Errorf("a file of 10,001 parts: %s", got)
	}
}

func TestOpenDoesNotUnpackABomb(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="S" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
	} {
		w, _ := z.Create(name)
		w.Write([]byte(text))
	}
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	zeros := bytes.Repeat([]byte("0"), 1<<20)
	for range 200 { // 200 MB of one letter in 200 KB
		w.Write(zeros)
	}
	z.Close()
	if got := told(b.Bytes(), spec); got != "table.bomb" {
		t.Errorf("a file of %d bytes that unpacks to 200 MB: %s", b.Len(), got)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("id,received\nH1,2026-09-01\n"))
	f.Add([]byte("\ufeffid;received\n\"H1\";\n"))
	f.Add([]byte("\xff\xfei\x00d\x00"))
	f.Add(workbook(f, headRow+`<row r="2"><c r="A2"><v>46266</v></c></row>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := told(b, spec); strings.Contains(got, "error ") && !strings.Contains(got, "|") {
			t.Errorf("no clear answer: %s", got)
		}
	})
}

func FuzzSheet(f *testing.F) {
	f.Add(headRow + `<row r="2"><c r="A2" t="e"><v>#N/A</v></c><c r="B2"><v>46266.5</v></c></row>`)
	f.Add(headRow + `<row r="3"><c r="XFD3"><v>1</v></c></row>`)
	f.Fuzz(func(t *testing.T, data string) {
		if got := told(workbook(t, data), spec); strings.HasPrefix(got, "error ") {
			t.Errorf("no clear answer: %s", got)
		}
	})
}

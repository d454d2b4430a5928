package criteria

import (
	"bytes"
	"context"
	"testing"

	"github.com/xuri/excelize/v2"

	"cchc/base/fault"
)

// A book of a whole set, with a field, a leaf in it and a bonus: the cells that hold YAML
// are whatever somebody wrote into them. What is read as a set has a node for each row
// and is the same through a book of its own; whatever else it is, it is refused at a row.
func FuzzReadXLSX(f *testing.F) {
	const meta = "id: X-2026\ntitle: Bộ thử\nlevel: cap_xa\ntotal_max: 2\n"
	for _, s := range [][5]string{
		{meta, "yes: 2\nno: 0", "", "data_source: manual", "1.1"}, {meta, "{yes: 2, no: 0}\n", "may_add: true", "na: {policy: full}", "1.1"}, {meta, "yes: 2", "", "children:\n- {code: '9', name: x, max: 1, kind: yes_no, rule: {yes: 1}}", "1.1"},
		{meta, "yes: 2", "criteria: [{code: '9', name: x, max: 2, kind: yes_no, rule: {yes: 2}}]\nx: \"", "\"", "1.1"}, {meta + "basis: \"", "yes: 2", "", "\"\ndata_source: manual", "1.1"}, {meta, "yes: 2\n---\nno: 0", "", "", "1.1"},
		{meta, "a: &a [*a]", "", "", "1.1"}, {meta, "yes: 2", "", "basis: |", "1.1"}, {meta, "yes: 2", "", "- x", "1.1"}, {meta + "domains: []", "\tyes: 2", "#", "# x", "1.1"}, {"", "", "", "", ""}, {"\x00", "[", "{", "'", "\n"}, {meta, "yes: 2", "", "evidence: >", "1\n.1"}} {
		f.Add(s[0], s[1], s[2], s[3], s[4])
	}
	f.Fuzz(func(t *testing.T, meta, rule, above, more, code string) {
		book := excelize.NewFile()
		defer book.Close()
		x := &sheetWriter{f: book, sheet: "Sheet1"}
		head := make([]any, len(sheetColumns))
		for i, c := range sheetColumns {
			head[i] = c.name
		}
		x.row(head...)
		x.row("1", "Lĩnh vực", "2", "", "", "", "1", "", above)
		x.row(code, "Tiêu chí", "2", "", "", "yes_no", "2", rule, more)
		x.row("T.1", "Thưởng", "1", "", "", "count", "T", "each: 1\ncap: 1", "")
		_, err := book.NewSheet("meta")
		x.sheet, x.rows = "meta", 0
		x.do(err)
		x.row("meta")
		x.row(meta)
		var b bytes.Buffer
		if _, err := book.WriteTo(&b); err != nil || x.err != nil {
			return // a text too long for a cell
		}
		text, err := ReadXLSX(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			faults, ok := err.(Faults)
			if !ok && fault.As(err) == nil {
				t.Errorf("no clear answer: %v", err)
			}
			for _, x := range faults {
				if x.Key == "" || x.Line < 0 || x.Line > 4 {
					t.Errorf("a fault at no row of the sheet: %+v", x)
				}
			}
			return
		}
		s, err := Load(text)
		if err != nil {
			t.Fatalf("what was read does not load: %v\n%s", err, text)
		}
		if nodes := s.nodes(); len(nodes) != 3 || len(s.Bonus.Items) != 1 {
			t.Fatalf("three rows became %d nodes:\n%s", len(nodes), text)
		}
		var again bytes.Buffer
		if err := WriteXLSX(context.Background(), &again, s); err != nil {
			t.Fatal(err)
		}
		back, err := ReadXLSX(bytes.NewReader(again.Bytes()), int64(again.Len()))
		if err != nil {
			t.Fatalf("its own book is refused: %v\n%s", err, text)
		}
		other, err := Load(back)
		if err != nil || !bytes.Equal(Canonical(other), Canonical(s)) {
			t.Errorf("it is another set after XLSX, %v:\n%s\n---\n%s", err, text, back)
		}
	})
}

// Whatever bytes are brought as a book are read or refused.
func FuzzBook(f *testing.F) {
	for i, s := range allSets(f) {
		if i%8 != 0 { // books of 30 KB each
			continue
		}
		var b bytes.Buffer
		if err := WriteXLSX(context.Background(), &b, s); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte("code,name,max\n1,a,1\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, b []byte) {
		text, err := ReadXLSX(bytes.NewReader(b), int64(len(b)))
		if err == nil {
			if _, err := Load(text); err != nil {
				t.Errorf("what was read does not load: %v", err)
			}
		} else if _, ok := err.(Faults); !ok && fault.As(err) == nil {
			t.Errorf("no clear answer: %v", err)
		}
	})
}

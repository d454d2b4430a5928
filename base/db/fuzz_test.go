package db

import (
	"bytes"
	"strings"
	"testing"
)

// A row that is read and written again is the same, byte for byte, or was not as EachRow
// writes it; then written and read once more it stays.
func FuzzReadRow(f *testing.F) {
	for _, s := range []string{`[1,"Hồ sơ",null,"AAEC",0.5]`, `[0,"",1,"",1e300]`, `[-9223372036854775808,"a\u0000b",2,"=",NaN]`, `[9223372036854775808,"\ud800",null,null,null]`,
		`[]`, `[1]`, `null`, `{}`, `[1,"x",0,"AA==",-0]`, `[1,"\u2028<&>\\\"",1,[1,2],1]`, strings.Repeat("[", 20_000), ``} {
		f.Add([]byte(s))
	}
	t0 := Table{Name: "dossier", Columns: []Field{{"n", "int"}, {"name", "text"}, {"yes", "int"}, {"sum", "bytes"}, {"share", "real"}}}
	truth := []bool{false, false, true, false, false}
	f.Fuzz(func(t *testing.T, line []byte) {
		row, err := readRow(line, t0, truth)
		if err != nil {
			return
		}
		written, err := writeRow(row, t0)
		if err != nil {
			return // a text that no engine keeps: the engine says so
		}
		again, err := readRow(written, t0, truth)
		if err != nil {
			t.Fatalf("%q was read, and written as %q, which is not: %v", line, written, err)
		}
		if twice, err := writeRow(again, t0); err != nil || !bytes.Equal(twice, written) {
			t.Errorf("%q is written as %q, and that, read again, as %q, %v", line, written, twice, err)
		}
	})
}

func writeRow(row []any, t Table) (line []byte, err error) {
	line = []byte("[")
	for i, v := range row {
		if i > 0 {
			line = append(line, ',')
		}
		if line, err = appendValue(line, v, t.Columns[i].Type); err != nil {
			return nil, err
		}
	}
	return append(line, ']'), nil
}

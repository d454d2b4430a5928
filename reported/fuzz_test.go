package reported

import (
	"strconv"
	"strings"
	"testing"

	"cchc/base/fault"
	"cchc/base/table"
)

// Every row below the column numbers is a line whose sums agree, a flaw at its cell, or
// text without figures; whatever the sheet is, the form is found or its absence said.
func FuzzRead(f *testing.F) {
	numbers := "(1),(2),(3)=(4)+(5)+(6),(4),(5),(6),(7)=(8)+(9)+(10),(8),(9),(10),(11)=(12)+(13),(12),(13)\n"
	for _, s := range []string{
		"Biểu số II.06a/VPCP/KSTT,,,\n,,,\nSTT,Lĩnh vực,Tổng số\n" + numbers + "1,Đất đai,10,4,1,5,8,3,4,1,2,2,-\n,Tổng số,10,4,1,5,8,3,4,1,2,2,0\nNgười lập biểu,,,\n",
		numbers + "1,Hộ tịch,\"1.234\",1 234,0,,1234,1234,,,–,,\n", numbers + "1,Hộ tịch,10,4,1,5,8,3,4,1,2,2,1\n", numbers + "1,,9,9,,,9,9,,,,,\n", numbers + "A,B,x\n", numbers, "a,b\n",
		"(3),(4),(5),(6),(7),(8),(9),(10),(11),(12),(13)\n", "(2),(2),3,4,5,6,7,8,9,10,11,12,13,13\nx,y,1,1,,,1,1,,,,,,1\n", strings.Repeat("x\n", lookFor+2) + numbers, "\"", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		from, err := table.Open(strings.NewReader(string(text)), int64(len(text)), table.Spec{Letters: true})
		if from != nil {
			defer from.Close()
		}
		if err != nil {
			return
		}
		lines, flaws, err := read(from)
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("no clear answer: %v", err)
			}
			return
		}
		if len(lines)+len(flaws) == 0 {
			t.Error("neither a line nor a flaw, and no fault")
		}
		for _, l := range lines {
			for n := 3; n <= 13; n++ {
				if l.Column(n) < 0 || l.Column(n) > 1e12 {
					t.Errorf("column %d of %+v", n, l)
				}
			}
			if l.Column(3) != l.Column(4)+l.Column(5)+l.Column(6) || l.Column(7) != l.Column(8)+l.Column(9)+l.Column(10) || l.Column(11) != l.Column(12)+l.Column(13) || l.Column(3) != l.Column(7)+l.Column(11) {
				t.Errorf("the sums of %+v disagree", l)
			}
			if l.Label != strings.Join(strings.Fields(l.Label), " ") {
				t.Errorf("a label is %q", l.Label)
			}
		}
		for _, x := range flaws {
			if x.Row.Line() < 2 || x.Fault == nil || x.Fault.Key == "" {
				t.Errorf("a flaw at no place: %+v", x)
			}
		}
		for _, n := range sums(lines) {
			if n < 3 || n > 13 {
				t.Errorf("column %d does not add up", n)
			}
		}
	})
}

// A count is digits, in groups of three or not: what was read is those digits and no
// others, and is read again from either way of writing it.
func FuzzFigure(f *testing.F) {
	for _, s := range []string{"", "-", "–", "0", "7", "1234", "1.234", "1,234,567", "1 234", "1\u00a0234", "1.2", "12.34", "1.234,567", "+5", "-0", "-1", "1e3", "0x1", "١", "1_000", "999999999999", "9999999999999", "000000000000000000000001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := figure(s)
		if err != nil || s == "" || s == "-" || s == "–" {
			return
		}
		if digits := parts.Replace(s); strings.Trim(digits, "0123456789") != "" || n < 0 || n > 1e12 || strings.TrimLeft(digits, "0") != strings.TrimLeft(strconv.FormatInt(n, 10), "0") {
			t.Errorf("%q is read as %d", s, n)
		}
		if again, err := figure(strconv.FormatInt(n, 10)); err != nil || again != n {
			t.Errorf("%q is %d, which is read as %d, %v", s, n, again, err)
		}
	})
}

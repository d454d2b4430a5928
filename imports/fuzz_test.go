package imports

import (
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/table"
)

// Every row of a file of accounts is an account with a role, a unit and a password of
// its own, or a flaw at its line: none is lost, and none hangs.
func FuzzAccounts(f *testing.F) {
	head := "login,name,role,unit\n"
	for _, s := range []string{
		head + "hoa.tt,Trần Thị Hòa,Một cửa,70.11\n", "\ufeffTên đăng nhập;Họ tên;Vai trò;Đơn vị\nan;An;chuyên viên;70.11\n", head + "-,A,auditor,70.11\n", head + ",,,\n\"\n",
		head + "a,A,king,70.11\na,A,auditor,99\n", head + strings.Repeat("a,A,auditor,70.11\n", maxAccounts+2), head, "", "login\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		from, err := table.Open(strings.NewReader(string(text)), int64(len(text)), table.Spec{Columns: AccountColumns})
		if from != nil {
			defer from.Close()
		}
		if err != nil {
			return
		}
		var flaws []table.Flaw
		c, list, rows, err := readAccounts(from, &Job{Flaw: func(x table.Flaw) { flaws = append(flaws, x) }},
			func(code string) (actor.UnitID, bool) { return "u1", code == "70.11" })
		if len(list) != len(rows) || err == nil && c.Rows != len(list)+len(flaws) || len(list) > maxAccounts {
			t.Errorf("%d rows became %d accounts of %d rows and %d flaws, %v", c.Rows, len(list), len(rows), len(flaws), err)
		}
		for _, x := range flaws {
			if x.Row.Line() < 2 || x.Fault == nil || x.Fault.Key == "" {
				t.Errorf("a flaw at no place: %+v", x)
			}
		}
		passwords := map[string]bool{}
		for _, n := range list {
			if len(n.Grants) != 1 || n.Grants[0].Role == "" || n.Grants[0].Unit != "u1" || len(n.Password) != 19 || passwords[n.Password] {
				t.Errorf("an account is %+v", n)
			}
			passwords[n.Password] = true
		}
	})
}

func TestALoginThatIsInEveryPasswordDoesNotHangAnImport(t *testing.T) {
	t.Parallel()
	for _, login := range []string{"-", "a", "", "HOA.TT"} {
		if p, err := password(login); err != nil || len(p) != 19 {
			t.Errorf("password(%q) = %q, %v", login, p, err)
		}
	}
}

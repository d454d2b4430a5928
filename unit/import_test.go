package unit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cchc/base/fault"
	"cchc/unit"
)

const units = "\ufeffcode,name,level,parent_code,from,area_class,block\n" +
	"# children may stand first\n" +
	"70.11,Xã Một,xã,70,01/07/2025,mountainous,II\n" +
	"70,Tỉnh Mẫu,province,,2025-07-01,,\n" +
	"70.11.MC,Bộ phận Một cửa xã Một,onestop,70.11,2025-07-01,,\n"

func TestImportIsIdempotent(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	got := must[unit.Imported](t)(r.Import(ctx, system, strings.NewReader(units), "units.csv"))
	if got != (unit.Imported{Created: 3}) {
		t.Errorf("the first import did %+v, want 3 created", got)
	}
	got = must[unit.Imported](t)(r.Import(ctx, system, strings.NewReader(units+"71,Tỉnh Hai,Tỉnh,,2025-07-01,,\n"), "units.csv"))
	if got != (unit.Imported{Created: 1, Same: 3}) {
		t.Errorf("the second import did %+v, want 1 created and 3 the same", got)
	}
	tree := must[*unit.Tree](t)(r.Book.On(ctx, d, reform))
	u, _ := tree.ByCode("70.11")
	if p, _ := tree.ByCode("70"); u.Parent != p.ID || u.Level != unit.Commune || u.Area != unit.Mountainous || u.Block != "II" {
		t.Errorf("the commune is %+v", u)
	}
	if n, ok := tree.Nearest(must[*unit.Tree](t)(r.Book.On(ctx, d, reform)).Children(u.ID)[0], unit.Commune); !ok || n.ID != u.ID {
		t.Errorf("the desk's commune is %+v", n)
	}
	compareReach(t, r.Book, d)
}

func TestImportNamesTheWrongCellAndChangesNothing(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	must[unit.Imported](t)(r.Import(ctx, system, strings.NewReader(units), "units.csv"))
	head := "code,name,level,parent_code,from,area_class\n72,Tỉnh Ba,province,,2025-07-01,\n"
	for name, c := range map[string]struct{ row, want string }{
		"a date":             {"73,Xã,commune,72,yesterday,", "Line=3 Column=from Value=yesterday"},
		"a level":            {"73,Xã,thôn,72,2025-07-01,", "Line=3 Column=level Value=thôn"},
		"an area":            {"73,Xã,commune,72,2025-07-01,x", "Line=3 Column=area_class Value=x"},
		"a code":             {"7 3,Xã,commune,72,2025-07-01,", "Line=3 Column=code Value=7 3"},
		"a code twice":       {"72,Xã,commune,72,2025-07-01,", "Line=3 Column=code Value=72"},
		"a name":             {"73,,commune,72,2025-07-01,", "Line=3 Column=name"},
		"a parent":           {"73,Xã,commune,99,2025-07-01,", "Line=3 Column=parent_code Value=99"},
		"a parent too young": {"73,Xã,commune,72,2020-07-01,", "Line=3 Column=parent_code Value=72"},
		"a circle":           {"73,Xã,commune,74,2025-07-01,\n74,Xã,commune,73,2025-07-01,", "Column=parent_code"},
		"another name":       {"70,Tỉnh Khác,province,,2025-07-01,", "Line=3 Column=name Value=Tỉnh Khác; name: unit.import_differs"},
		"another day":        {"70,Tỉnh Mẫu,province,,2025-06-01,", "Line=3 Column=from"},
	} {
		_, err := r.Import(ctx, system, strings.NewReader(head+c.row+"\n"), "units.csv")
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, ok := must[*unit.Tree](t)(r.Book.On(ctx, d, reform)).ByCode("72"); ok {
		t.Error("a refused file left a unit behind")
	}
}

func TestImportOfAProvinceIsQuick(t *testing.T) {
	t.Parallel()
	r, _ := registry(t)
	var b strings.Builder
	b.WriteString("code,name,level,parent_code,from\nP,Tỉnh,province,,2025-07-01\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "P.%d,Xã %d,commune,P,2025-07-01\nP.%d.MC,Một cửa %d,onestop,P.%d,2025-07-01\n", i, i, i, i, i)
	}
	start := time.Now()
	must[unit.Imported](t)(r.Import(ctx, system, strings.NewReader(b.String()), "units.csv"))
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("2,001 units took %v: the import is not linear", took)
	}
	t.Log(time.Since(start))
}

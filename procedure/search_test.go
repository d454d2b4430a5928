package procedure_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cchc/base/moment"
	"cchc/data"
	"cchc/procedure"
)

// searchAll looks for things in the whole catalogue; it costs an import, so the
// test of the import calls it.
func searchAll(t *testing.T, r *procedure.Registry) {
	d := r.Catalogue.DB
	find := func(text string, f procedure.Filter, n int) []*procedure.Version {
		t.Helper()
		vs, err := r.Catalogue.Search(ctx, d, text, f, n)
		if err != nil {
			t.Fatal(err)
		}
		return vs
	}
	for _, x := range []struct{ text, first string }{
		{"1.001193", "1.001193"},                  // exact
		{" 1.0011", ""},                           // a beginning: see below
		{"khai sinh dang ky", "1.001193"},         // words in any order
		{"ĐĂNG KÝ KHAI SINH", "1.001193"},         // as typed with marks
		{"dang ky khai sinh", "1.001193"},         // without
		{"dk khai sinh", ""},                      // dk is no beginning of a word here
		{"đăng ký kết hôn", "1.000894"},           // the shortest of many
		{"ket hon nuoc ngoai", ""},                // several
		{"chung thuc chu ky", "1.001590"},         // the shortest
		{"không có thủ tục nào như thế này", "-"}, // nothing
	} {
		got := find(x.text, procedure.Filter{}, 10)
		switch {
		case x.first == "-" && len(got) != 0:
			t.Errorf("%q finds %s", x.text, got[0].Name)
		case x.first != "" && x.first != "-" && (len(got) == 0 || !hasNear(got, x.first)):
			t.Errorf("%q does not find %s among the first three, but %v", x.text, x.first, names(got))
		}
	}
	if got := find("1.001193", procedure.Filter{}, 10); len(got) != 1 || got[0].Code != "1.001193" {
		t.Errorf("an exact code finds %v", names(got))
	}
	prefix := find("1.0011", procedure.Filter{}, 0)
	for _, v := range prefix {
		if !strings.HasPrefix(v.Code, "1.0011") {
			t.Errorf("the beginning 1.0011 finds %s", v.Code)
		}
	}
	if len(prefix) == 0 {
		t.Error("the beginning of a code finds nothing")
	}
	lands := find("", procedure.Filter{Sector: "Đất đai", Level: procedure.Commune}, 0)
	for _, v := range lands {
		if v.Sector != "Đất đai" || v.Level != procedure.Commune {
			t.Errorf("the filter lets %s %s through", v.Sector, v.Level)
		}
	}
	if len(lands) == 0 || len(find("", procedure.Filter{}, 7)) != 7 {
		t.Error("an empty text finds nothing")
	}
	if n, m := len(find("", procedure.Filter{}, 0)), len(find("", procedure.Filter{Settled: true}, 0)); n != 5651 || m != 4740 {
		t.Errorf("%d in force, %d settled; want 5651 (one is deleted) and 4740", n, m)
	}
	if n := len(find("", procedure.Filter{On: moment.NewDate(2020, 1, 1)}, 0)); n != 0 {
		t.Errorf("%d in force in 2020, want none", n)
	}
	if ok := slices.IsSortedFunc(find("khai tu", procedure.Filter{}, 3), func(a, b *procedure.Version) int { return len(a.Name) - len(b.Name) }); !ok {
		t.Error("shorter names do not come first")
	}
	start := time.Now()
	const rounds = 20
	for range rounds {
		find("cap doi giay chung nhan quyen su dung dat", procedure.Filter{}, 20)
	}
	if each := time.Since(start) / rounds; each > 50*time.Millisecond {
		t.Errorf("a search takes %v, want less than 50 ms", each)
	}
}

func hasNear(vs []*procedure.Version, code string) bool {
	return slices.ContainsFunc(vs[:min(3, len(vs))], func(v *procedure.Version) bool { return v.Code == code })
}

func names(vs []*procedure.Version) (out []string) {
	for _, v := range vs {
		out = append(out, v.Code+" "+v.Name)
	}
	return out
}

func BenchmarkSearch(b *testing.B) {
	r, d := registry(b)
	if _, err := r.Import(ctx, system, strings.NewReader(data.Procedures), "procedures.csv", 0); err != nil {
		b.Fatal(err)
	}
	for _, text := range []string{"khai sinh", "cap doi giay chung nhan quyen su dung dat", "1.00", "xyz"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				if _, err := r.Catalogue.Search(ctx, d, text, procedure.Filter{}, 20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package portal_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/data"
	"cchc/dossier/dossiertest"
	"cchc/portal"
	"cchc/procedure"
)

func words(t *testing.T, text string) *portal.Words {
	t.Helper()
	w, err := portal.ParseWords(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestEverydayWordsStandForThoseOfTheLaw(t *testing.T) {
	t.Parallel()
	w := words(t, data.Everyday)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"giấy khai sinh", []string{"đăng ký khai sinh", "giấy khai sinh", "khai sinh"}},
		{"lam giay khai sinh cho con", []string{"đăng ký khai sinh", "lam giay khai sinh cho con", "khai sinh"}},
		{"Sổ đỏ", []string{"giấy chứng nhận quyền sử dụng đất", "Sổ đỏ", "so do"}},
		{"mất sổ đỏ thì làm gì?", []string{"cấp lại giấy chứng nhận quyền sử dụng đất", "mất sổ đỏ thì làm gì?", "mat so do thi"}},
		{"kết hôn", []string{"kết hôn", "ket hon"}},
		{"", []string{""}},
		{"  ?! ", []string{"?!"}},
	} {
		if got := w.Means(c.text); !slices.Equal(got, c.want) {
			t.Errorf("Means(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// What stands in the file must lead somewhere in the national catalogue.
func TestEveryEverydayWordFindsAProcedure(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(data.Procedures)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range rows[1:] {
		names = append(names, " "+strings.NewReplacer(",", " ", "(", " ", "/", " ").Replace(i18n.Fold(r[1])))
	}
	r := csv.NewReader(strings.NewReader(data.Everyday))
	r.Comment = '#'
	all, err := r.ReadAll()
	if err != nil || len(all) < 50 {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	seen := map[string]bool{}
	for _, x := range all[1:] {
		if f := i18n.Fold(x[0]); seen[f] {
			t.Errorf("%q stands twice", x[0])
		} else {
			seen[f] = true
		}
		query := strings.Fields(i18n.Fold(x[1]))
		if !slices.ContainsFunc(names, func(n string) bool {
			return !slices.ContainsFunc(query, func(w string) bool { return !strings.Contains(n, " "+w) })
		}) {
			t.Errorf("%q means %q, which no procedure's name has", x[0], x[1])
		}
	}
}

func TestBadFilesOfWordsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a,b\n", "said,means\n,x\n", "said,means\na\n", "said,means\n\"a\n"} {
		if w, err := portal.ParseWords(strings.NewReader(text)); err == nil {
			t.Errorf("%q was read as %v", text, w)
		}
	}
}

func TestWhatIsNearStandsBeforeWhatIsFar(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	enter := func(v procedure.Version) {
		t.Helper()
		v.Channels, v.From = procedure.Channels, moment.NewDate(2025, 7, 1)
		v.Limits = []procedure.Limit{{Limit: calendar.Limit{Qty: 1000, Unit: calendar.WorkingDay}}}
		if _, err := o.Editor.NewVersion(t.Context(), actor.System("test"), v, "Quyết định thử nghiệm"); err != nil {
			t.Fatal(err)
		}
	}
	enter(procedure.Version{Code: "1.000001", Name: "Khai sinh", Sector: "Hộ tịch", Level: procedure.Ministry})
	enter(procedure.Version{Code: "1.000002", Name: "Cấp đổi Giấy chứng nhận quyền sử dụng đất", Sector: "Đất đai", Level: procedure.Commune})
	enter(procedure.Version{Code: "1.000003", Name: "Cấp số mới do cơ quan đăng kiểm quản lý", Sector: "Đăng kiểm", Level: procedure.Province})
	f := &portal.Finder{Procedures: o.Desk.Procedures, Words: words(t, data.Everyday)}
	for text, want := range map[string][]string{
		"giấy khai sinh": {dossiertest.Birth, "1.000001"},
		"so do":          {"1.000002"}, // and not the number (số) of the registry: by what it means: no name has these words
		"độc thân":       {dossiertest.Confirm},
		"2.0008":         {dossiertest.Certify},
		"tàu vũ trụ":     nil,
	} {
		found, err := f.Find(t.Context(), o.DB, text, procedure.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range found {
			got = append(got, v.Code)
		}
		if !slices.Equal(got, want) {
			t.Errorf("Find(%q) = %q, want %q", text, got, want)
		}
	}
	if all, err := f.Find(t.Context(), o.DB, "", procedure.Filter{}); err != nil || len(all) != 7 {
		t.Errorf("an empty text finds %d of 7, %v", len(all), err)
	}
}

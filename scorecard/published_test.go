package scorecard_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"cchc/data"
	"cchc/scorecard"
	"cchc/scorecard/ranking"
)

// What the first users reported is in the data, stored as they printed it, and what
// contradicts itself in it is pointed out.
func TestTheFirstUsersResultsAreKeptAsPrinted(t *testing.T) {
	t.Parallel()
	w := newPlace(t)
	ctx := context.Background()
	all, err := scorecard.LoadPublished(data.Published)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{ // by a word of the title: which doubts
		"Gio Linh": {ranking.DoubtReadings}, "2022 (huyện Cẩm Giàng)": nil, "2023 (huyện Cẩm Giàng)": nil, "Vĩnh Thạnh": nil, "Ia Grai": nil, "Ba Bể": nil,
		"Quế Sơn": {ranking.DoubtBand}, "Nam Định": {ranking.DoubtCut}, "Bình Dương": nil,
	}
	for _, p := range all {
		p.Unit = w.Province
		id, err := w.desk.EnterHistory(ctx, w.HomeAffairs, p)
		if err != nil {
			t.Errorf("%s: %v", p.Title, err)
			continue
		}
		got, err := w.desk.PublicPublication(ctx, w.DB, id)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Rows) != len(p.Rows) || len(got.Facts) != len(p.Facts) || got.Source != p.Source {
			t.Errorf("%s is stored as %+v", p.Title, got)
		}
		for word, doubted := range want {
			if strings.Contains(p.Title, word) {
				if ds := doubts(got, nil); !slices.Equal(ds, doubted) {
					t.Errorf("%s: doubts are %v, want %v", p.Title, ds, doubted)
				}
				delete(want, word)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("the data lack %v", want)
	}
	years, err := w.desk.YearsOf(ctx, w.DB, "", "Huyện Gio Linh")
	if err != nil || len(years) != 1 || *years[0].Row.Index != *pt(t, "88.09") || years[0].Row.Rank != 3 || years[0].Row.Of != 10 || *years[0].Row.Max != *pt(t, "98") {
		t.Errorf("Gio Linh: %+v, %v", years, err)
	}
}

package scorecardweb_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"cchc/base/db"
	"cchc/base/points"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// counted is a source in which every unit has 90 of 100 dossiers on time.
type counted struct{ units []unit.ID }

func (c counted) ByHand(criteria.Binding) string { return "" }

func (c counted) Measures(_ context.Context, _ db.Queryer, m scorecard.Measuring) (map[unit.ID]criteria.Input, bool, error) {
	out := map[unit.ID]criteria.Input{}
	for _, u := range c.units {
		out[u] = criteria.Input{Ratio: &points.Ratio{Num: 90, Den: 100}}
	}
	return out, m.Binding.Source == "dossiers", nil
}

func (c counted) Behind(_ context.Context, _ db.Queryer, _ scorecard.Measuring, _ unit.ID, p scorecard.Part) ([]scorecard.Behind, bool, error) {
	if p == scorecard.PartRest {
		return []scorecard.Behind{{Code: "H99.001-261123-0009", Procedure: "Đăng ký khai sinh", Late: true}}, true, nil
	}
	var out []scorecard.Behind
	for i := range 90 {
		out = append(out, scorecard.Behind{Code: fmt.Sprintf("H99.001-261123-%04d", i+100)})
	}
	return out, true, nil
}

func (c counted) DueDays(context.Context, db.Queryer, scorecard.Measuring) (map[unit.ID][]scorecard.DueDay, error) {
	return nil, nil
}

func (c counted) DueSoonest(context.Context, db.Queryer, scorecard.Measuring, unit.ID, int) ([]scorecard.Behind, error) {
	return nil, nil
}

func TestAProjectionOpensFromTheBoardToTheDossier(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 2)
	s.Desk.Source = counted{s.Communes}
	b := s.as(s.Keeper)
	b.Get("/scorecard/projection").Has("main", "Chưa có đợt đánh giá")
	r := s.Open(t)
	b.Get("/scorecard/projection").To("/scorecard/projection/" + r.ID)
	board := b.Get("/scorecard/projection/"+r.ID).Has("h1", "Dự báo chỉ số CCHC").Has("tbody th", "Xã Số 1")
	board.Has("tbody td", "2.1.1 thêm") // what ended late stays late: new ones on time
	u := "/scorecard/projection/" + r.ID + "/" + string(s.Communes[0])
	b.Get(u).Has("h1", "Xã Số 1").Has("td", "5,40 / 6,00").Has("td", "90 / 100 = 90 %")
	leaf := b.Get(u + "/2.1.1")
	leaf.Has("strong", "90 / 100 = 90 % → theo tỷ lệ → 5,40 điểm").Has("th a", "H99.001-261123-0009").Has("p", "100")
	b.Get(u+"/2.1.1?on=20/11/2026").Has("h1", "2.1.1 Hồ sơ đúng hạn")
	b.Get(u + "/2.1.1?on=never").Is(http.StatusUnprocessableEntity)
	b.Get(u + "/9.9").Is(http.StatusNotFound)
	b.Look("/scorecard/projection/"+r.ID, u, u+"/2.1.1")
	s.as(s.Neighbour).Get(u).Is(http.StatusNotFound)
}

func TestWhatIfShowsRanksAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 3)
	s.Desk.Source = counted{s.Communes}
	r := s.Open(t)
	b := s.as(s.Keeper)
	b.Get("/scorecard/whatif?round="+r.ID).Has("h1", "Nếu thì sao").Has("caption", "Thứ hạng nếu thay đổi")
	page := b.Post("/scorecard/whatif", "round", r.ID, "leaf", "2.1.1", "unit", string(s.Communes[2]), "input", "99/100", "draws", "20", "seed", "7")
	page.Is(http.StatusOK).Has("td", "5,94").Has("td", "−1")
	b.Post("/scorecard/whatif", "round", r.ID, "leaf", "2.1.1", "rule", "kind: wish").Is(http.StatusUnprocessableEntity).Has("main", "wish")
	b.Get("/scorecard/projection/"+r.ID).Has("td", "5,40")
}

package demo

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/unit"
)

// counterOf is in how many communes the counter's day is made.
const counterOf = 3

// makeCounter makes a day's work at the counter of the first communes by the verbs
// that officers use: a drawer, originals in custody, a list, numbers for an outage,
// a receipt made by mistake.
func (r *rooms) makeCounter(ctx context.Context, p *province) error {
	day := r.db.Now().Date()
	for i, c := range p.communes {
		if i == counterOf {
			return nil
		}
		u := c.ID
		people, err := auth.People(ctx, r.db, u, actor.OneStop, day)
		if err != nil || len(people) == 0 {
			return err
		}
		officer := actor.Actor{Account: people[0].Account, Name: people[0].Name, Grants: []actor.Grant{{Role: actor.OneStop, Unit: u}}}
		if err := r.counterDay(ctx, officer, u, day); err != nil {
			return err
		}
	}
	return nil
}

func (r *rooms) counterDay(ctx context.Context, a actor.Actor, u unit.ID, day moment.Date) error {
	list := func(b dossier.Bucket, n int) ([]dossier.Row, error) {
		rows, _, err := r.desk.List(ctx, r.db, a, dossier.Filter{Unit: u, Bucket: b, Limit: n})
		return rows, err
	}
	open, err := list(dossier.BucketOpen, 12)
	if err != nil {
		return err
	}
	if _, err := r.desk.OpenCash(ctx, a, u, 500_000); err != nil {
		return err
	}
	var codes []string
	for i, d := range open {
		switch {
		case i < 3:
			err = r.desk.Pay(ctx, a, d.Code, dossier.Payment{Amount: int64(8_000 * (i + 1)), Channel: "cash"})
		case i < 5:
			err = r.desk.KeepOriginal(ctx, a, d.Code, "Giấy chứng nhận (bản chính)", "Tủ 2, ngăn "+string(rune('A'+i)))
		case i < 9:
			codes = append(codes, d.Code)
		}
		if err != nil {
			return err
		}
	}
	if len(codes) > 0 {
		if _, err := r.desk.MakeList(ctx, a, u, dossier.Inside, "Phòng Văn hoá - Xã hội", codes); err != nil {
			return err
		}
	}
	waiting, err := list(dossier.BucketUncollected, 4)
	if err != nil {
		return err
	}
	for _, d := range waiting {
		if err := r.desk.Contact(ctx, a, d.Code, "phone", "hẹn đến nhận trong tuần"); err != nil {
			return err
		}
	}
	if _, err = r.desk.Reserve(ctx, a, u, day, 5); err != nil {
		return err
	}
	return r.counterQueue(ctx, a, u)
}

// counterQueue makes a queue at the counter: some were served, one is at the desk,
// one missed the first call, some wait.
func (r *rooms) counterQueue(ctx context.Context, a actor.Actor, u unit.ID) error {
	kinds, err := dossier.ParseTurnKinds("A Đất đai\nB Hộ tịch\nC Chứng thực\nD Trả kết quả", "kinds")
	if err != nil {
		return err
	}
	if err := r.desk.SetTurnKinds(ctx, author, u, kinds, true); err != nil {
		return err
	}
	if kinds, err = r.desk.TurnKinds(ctx, r.db, u); err != nil {
		return err
	}
	var ids []string
	for i := range 14 {
		k := kinds[i*(i+1)/2%len(kinds)]
		if _, err := r.desk.TakeTurn(ctx, actor.Actor{}, u, k.ID, i%6 == 5); err != nil {
			return err
		}
	}
	for _, k := range kinds {
		ids = append(ids, k.ID)
	}
	if err := r.desk.SetTurnDesk(ctx, a, u, "1", ids); err != nil {
		return err
	}
	for i := range 6 {
		t, err := r.desk.CallTurn(ctx, a, u)
		if err != nil {
			return err
		}
		if i == 3 {
			if err := r.desk.MissTurn(ctx, a, t.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

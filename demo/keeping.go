package demo

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/setting"
	"cchc/unit"
)

// makeKeeping makes some of what leaders and keepers do in the first communes, by
// their verbs: a chairperson who is away lets somebody act, gives dossiers to a
// specialist, and a unit chooses a setting of its own.
func (r *rooms) makeKeeping(ctx context.Context, p *province) error {
	day := r.db.Now().Date()
	book := &setting.Book{DB: r.db, Guard: *r.desk.Guard, Tree: r.book, All: dossier.Settings}
	for i, c := range p.communes {
		if i == counterOf {
			return nil
		}
		people := map[actor.Role]auth.Person{}
		for _, role := range []actor.Role{actor.Chairperson, actor.Specialist} {
			list, err := auth.People(ctx, r.db, c.ID, role, day)
			if err != nil || len(list) == 0 {
				return err
			}
			people[role] = list[len(list)-1] // the last specialist: the first has most of the work already
		}
		chair := actor.Actor{Account: people[actor.Chairperson].Account, Name: people[actor.Chairperson].Name,
			Grants: []actor.Grant{{Role: actor.Chairperson, Unit: c.ID}}}
		if err := r.keep(ctx, book, chair, people[actor.Specialist].Account, c.ID, day, i); err != nil {
			return err
		}
	}
	return nil
}

func (r *rooms) keep(ctx context.Context, book *setting.Book, chair actor.Actor, specialist string, u unit.ID, day moment.Date, i int) error {
	_, err := r.accounts.Delegate(ctx, chair, auth.NewDelegation{To: specialist, Role: actor.Chairperson, Unit: u,
		Only: []auth.Verb{auth.DossierProcess}, Document: "Giấy uỷ quyền số " + string(rune('1'+i)) + "/GUQ-UBND", From: day, Last: day.AddDays(5)})
	if err != nil {
		return err
	}
	err = book.Change(ctx, author, setting.Change{Name: dossier.UncollectedDays.Name, Unit: u, What: setting.Set, Value: []string{"15", "20", "45"}[i%3],
		From: day, Reason: "theo quy chế của Bộ phận Một cửa"})
	if err != nil {
		return err
	}
	rows, _, err := r.desk.List(ctx, r.db, chair, dossier.Filter{Unit: u, Bucket: dossier.BucketOpen, Limit: 20})
	if err != nil {
		return err
	}
	if i == 0 { // an apology in the body's name, which has a receipt
		if err := r.apologise(ctx, chair, rows); err != nil {
			return err
		}
	}
	run := dossier.Bulk{ID: db.NewID(), Act: dossier.BulkAssign, To: specialist, Reason: "chia lại việc trong tuần"}
	for _, x := range rows {
		run.Items = append(run.Items, dossier.BulkItem{Code: x.Code})
	}
	if len(run.Items) == 0 {
		return nil
	}
	lines, _, err := r.desk.BulkPreview(ctx, r.db, chair, &run)
	if err != nil {
		return err
	}
	run.Items = nil
	for _, l := range lines {
		if l.Problem == nil && l.Now.Role == string(actor.Specialist) && len(run.Items) < 4 {
			run.Items = append(run.Items, dossier.BulkItem{Code: l.Code})
		}
	}
	if len(run.Items) == 0 {
		return nil
	}
	if err := r.desk.BulkStart(ctx, chair, run); err != nil {
		return err
	}
	_, err = r.desk.BulkGoOn(ctx, chair, run.ID)
	return err
}

// apologise apologises for the first dossier that nobody has apologised for, and gives a
// new date.
func (r *rooms) apologise(ctx context.Context, chair actor.Actor, rows []dossier.Row) error {
	for _, x := range rows {
		until := (max(x.Due, r.db.Now()).Date() + 5).At(17 * 3600)
		err := r.desk.Apologise(ctx, chair, x.Code, dossier.Apology{Reason: "chờ kết quả đo đạc thực địa", Document: "07/PXL-UBND", Until: until})
		if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
			continue
		}
		return err
	}
	return nil
}

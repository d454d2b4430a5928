package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/demo"
	"cchc/dossier"
	"cchc/privacy"
)

// examplePrivacy leaves some looks, a file, a hold and three requests in the
// demonstration, by the verbs of those who would have made them.
func (r *rooms) examplePrivacy(ctx context.Context) error {
	if err := r.examplesOfPrivacy(ctx); err != nil {
		return fmt.Errorf("make the examples of personal data: %w", err)
	}
	return nil
}

func (r *rooms) examplesOfPrivacy(ctx context.Context) error {
	login := ""
	for _, a := range demo.Accounts() {
		if a.Role == actor.OneStop && strings.HasPrefix(a.Login, "motcua1.") {
			login = a.Login
			break
		}
	}
	people, err := r.accounts.List(ctx, operator)
	if err != nil {
		return err
	}
	var officer, keeper actor.Actor
	for _, p := range people {
		to := &officer
		switch {
		case p.Login == login:
		case p.Login == "quantri":
			to = &keeper
		default:
			continue
		}
		if *to, err = auth.Resume(ctx, r.db, p.ID, r.db.Now(), r.db.Now().Date()); err != nil {
			return err
		}
	}
	if !officer.SignedIn() || !keeper.SignedIn() {
		return errors.New("no officer of a counter, or nobody who keeps the system")
	}
	page, err := r.desk.Page(ctx, r.db, officer, dossier.Filter{Unit: officer.Home(), Bucket: dossier.BucketOpen, Until: moment.Instant(1 << 52), Limit: 4})
	if err != nil {
		return err
	}
	var ids []string
	for i, d := range page.Rows {
		ids = append(ids, d.ID)
		if _, err := r.desk.ByCode(ctx, r.db, officer, d.Code); err != nil {
			return err
		}
		if _, err := r.desk.ReadPerson(ctx, officer, d.Code, look.Reason{Code: "contact", Note: "báo bổ sung giấy tờ"}); err != nil {
			return err
		}
		switch i {
		case 0:
			_, err = r.privacy.Receive(ctx, officer, privacy.New{Code: d.Code, Kind: privacy.Access, Name: d.Applicant, Contact: "nhận tại quầy", Identity: "xem thẻ căn cước tại quầy"})
		case 1:
			_, err = r.privacy.Receive(ctx, officer, privacy.New{Code: d.Code, Kind: privacy.Correct, Name: d.Applicant, Asks: "số điện thoại ghi sai"})
		case 2:
			var x privacy.Request
			x, err = r.privacy.Receive(ctx, officer, privacy.New{Code: d.Code, Kind: privacy.Delete, Name: d.Applicant, Asks: "xoá dữ liệu", Identity: "xem thẻ căn cước tại quầy"})
			if err == nil {
				err = r.privacy.Answer(ctx, officer, x.ID, privacy.Answer{Text: "Hồ sơ đang được giải quyết nên chưa xoá được.", Basis: "Luật Lưu trữ 33/2024/QH15; hồ sơ đang giải quyết"})
			}
		default:
			_, err = r.desk.HoldDossier(ctx, keeper, d.Code, "đang giải quyết khiếu nại", "12/TB-UBND")
		}
		if err != nil {
			return err
		}
	}
	if err := r.desk.Looks.Export(ctx, officer, look.Export{Unit: officer.Home(), List: "dossiers", Filter: "bucket=open", Format: "xlsx"}, ids); err != nil {
		return err
	}
	return r.desk.Looks.Flush(ctx)
}

package noticeweb_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/live"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/webtest"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
	"cchc/notice"
	"cchc/notice/noticeweb"
	"cchc/unit"
)

// A source has one dossier, at which what a test says happened.
type source struct {
	o         *dossiertest.Office
	d         dossier.Dossier
	happening []notice.Happening
}

func (s *source) Happened(_ context.Context, _ moment.Instant, _ func(string, moment.Instant) bool, each func([]notice.Happening) error) error {
	return each(s.happening)
}
func (s *source) Late(context.Context, moment.Date) ([]notice.Late, error) { return nil, nil }
func (s *source) Addressee(context.Context, string) (notice.Addressee, error) {
	return notice.Addressee{Name: "Nguyễn Thị Ánh", Email: "anh@example.vn", Token: s.d.RatingToken}, nil
}
func (s *source) ByToken(ctx context.Context, token string) (string, string, unit.ID, error) {
	d, err := s.o.Desk.ByToken(ctx, s.o.DB, token)
	return d.ID, d.Code, d.UnitID(), err
}
func (s *source) May(ctx context.Context, q db.Queryer, a actor.Actor, x auth.Act, id string) error {
	return s.o.Desk.MayAct(ctx, q, a, x, id)
}
func (s *source) ByCode(ctx context.Context, code string) (string, unit.ID, error) {
	return s.o.Desk.Ref(ctx, s.o.DB, code)
}

// refusing takes no message.
type refusing struct{}

func (refusing) Via() string { return "smtp" }
func (refusing) Send(_ context.Context, list []notice.Message) []error {
	wrong := make([]error, len(list))
	for i := range wrong {
		wrong[i] = errors.Join(notice.ErrRefused, errors.New("550 no such user"))
	}
	return wrong
}

// open serves the pages of an office in which one dossier was received and passed
// to the specialist.
func open(t *testing.T) (as func(actor.Actor) *webtest.Browser, o *dossiertest.Office, s *source) {
	t.Helper()
	ctx := context.Background()
	o = dossiertest.Desk(t)
	d := o.Receive(t, dossiertest.Birth)
	s = &source{o: o, d: d}
	base := notice.Happening{Dossier: d.ID, Code: d.Code, Unit: o.Commune, Procedure: "Đăng ký khai sinh", Account: o.Officer.Account, Due: d.Due}
	accepted, step := base, base
	accepted.Seq, accepted.Kind, accepted.Email, accepted.MaskedEmail = 1, "accepted", true, "a•••@example.vn"
	step.Seq, step.Kind, step.How, step.Step, step.StepOf = 2, "step", "forwarded", "Thẩm định", o.Specialist.Account
	s.happening = []notice.Happening{accepted, step}
	book := &notice.Book{DB: o.DB, Guard: auth.Guard{Tree: o.Desk.Units}, Units: o.Desk.Units, Source: s, Base: "https://motcua.example",
		Senders: map[string]notice.Sender{notice.Email: refusing{}}}
	for range 2 { // the first sweep only begins
		if _, err := book.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.SendDue(ctx, notice.Email); err != nil {
		t.Fatal(err)
	}
	people := map[string]actor.Actor{}
	for _, a := range []actor.Actor{o.Admin, o.Officer, o.Specialist, o.OtherOfficer} {
		people[a.Account] = a
	}
	mux := web.New(web.Config{
		Now: o.Clock.Now, Log: slog.New(slog.DiscardHandler), Bell: book.Unread, Lifetime: 1e5 * time.Hour, Idle: 1e5 * time.Hour,
		Load: func(_ context.Context, account string, _ moment.Instant) (actor.Actor, error) {
			if a, ok := people[account]; ok {
				return a, nil
			}
			return actor.Actor{}, fault.New(fault.Unauthenticated, "auth.sign_in")
		},
	})
	(&noticeweb.Pages{Book: book, Live: &live.Hub{}, Dossiers: s}).Register(mux)
	mux.Handle("POST /enter/{account}", web.Public, func(w http.ResponseWriter, r *http.Request) error {
		if err := web.SignIn(r.Context(), r.PathValue("account"), moment.Of(o.Clock.Now())); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/notices", "")
	})
	b := webtest.Open(t, mux)
	return func(a actor.Actor) *webtest.Browser {
		x := b.Other()
		if a.Account != "" {
			x.Post("/enter/" + a.Account).To("/notices")
		}
		return x
	}, o, s
}

func TestANoticeIsReadByOpeningItAndLeadsToTheDossier(t *testing.T) {
	t.Parallel()
	as, o, s := open(t)
	b := as(o.Specialist)
	p := b.Get("/notices").Is(200).Has("th", s.d.Code).Has(".looks .count", "1").Has(".state", "Chưa đọc")
	b.Get(p.Attr("th form", "action")).Is(405) // nothing by GET
	b.Post(p.Attr("th form", "action")).To("/dossiers/" + s.d.Code)
	b.Get("/notices").Lacks(".state", "Chưa đọc").Count(".looks .count", 0)
	b.Get("/notices?unread=1").Is(200).Has("main", "Không có thông báo")
	as(o.Officer).Get("/notices").Is(200).Lacks("th", s.d.Code)
}

func TestOnlyWhatWasSeenIsMarkedAsRead(t *testing.T) {
	t.Parallel()
	as, o, _ := open(t)
	b := as(o.Specialist)
	p := b.Get("/notices")
	b.Post("/notices/read", "up_to", p.Attr(`input[name="up_to"]`, "value")).To("/notices")
	b.Get("/notices").Count(".looks .count", 0)
}

func TestAWishIsKeptAndAWrongAddressStaysInItsField(t *testing.T) {
	t.Parallel()
	as, o, _ := open(t)
	b := as(o.Specialist)
	b.Get("/notices/wishes").Is(200).Count(`input[name="events"][checked]`, len(notice.OfOfficers()))
	if got := b.Post("/notices/wishes", "email", "không phải", "lang", "vi").Is(422).Attr(`input[name="email"]`, "value"); got != "không phải" {
		t.Errorf("the field holds %q", got)
	}
	b.Post("/notices/wishes", "email", "cv@example.vn", "lang", "en", "events", "due").To("/notices/wishes")
	if p := b.Get("/notices/wishes").Count(`input[name="events"][checked]`, 1); p.Attr(`input[name="email"]`, "value") != "cv@example.vn" {
		t.Errorf("the address is %q", p.Attr(`input[name="email"]`, "value"))
	}
}

func TestTheLogShowsWhatFailedToItsKeeperOnly(t *testing.T) {
	t.Parallel()
	as, o, s := open(t)
	as(o.Officer).Get("/admin/notices").Is(403)
	b := as(o.Admin)
	p := b.Get("/admin/notices?state=dead").Is(200).Has("td", s.d.Code).Has("td", "a•••@example.vn").Has("td", "550 no such user").Lacks("main", "anh@example.vn")
	b.Get("/admin/notices?state=sent").Is(200).Lacks("td", s.d.Code)
	b.Post("/admin/notices/again", "id", p.Attr(`button[name="id"]`, "value")).To("/admin/notices")
	b.Get("/admin/notices?state=waiting").Is(200).Has("td", s.d.Code)
}

func TestATemplateIsEditedPreviewedAndPutBack(t *testing.T) {
	t.Parallel()
	as, o, _ := open(t)
	const path = "/admin/notices/templates/received/email/vi"
	as(o.Officer).Get(path).Is(403)
	b := as(o.Admin)
	b.Get("/admin/notices/templates").Is(200).Has("a", "Thư điện tử")
	b.Get(path).Is(200).Has(".as-typed", "H99.101-261125-0042").Has("code", "{{due}}")
	p := b.Post(path, "seen", "0", "subject", "Hồ sơ {{code}}", "body", "Chào\nông {{tên}}", "do", "save").Is(422).Has("#error-summary", "Dòng 2, ký tự 5")
	if got := p.Text("textarea"); got != "Chào ông {{tên}}" {
		t.Errorf("what was typed is %q", got)
	}
	b.Post(path, "seen", "0", "subject", "Hồ sơ {{code}}", "body", "Xin chào {{name}}", "do", "preview").Is(200).Has(".as-typed", "Xin chào Nguyễn Văn Minh Họa")
	b.Post(path, "seen", "0", "subject", "Hồ sơ {{code}}", "body", "Xin chào {{name}}", "do", "save").To(path)
	b.Post(path, "seen", "0", "subject", "X", "body", "Y", "do", "save").Is(422).Has("#error-summary", "Người khác")
	b.Get(path).Has("textarea", "Xin chào {{name}}")
	b.Post(path, "seen", "1", "do", "reset").To(path)
	b.Get(path).Has("textarea", "Kính gửi ông/bà")
	b.Get("/admin/notices/templates/received/app/vi").Is(404)
}

func TestAnApplicantStopsNoticesWithoutSigningIn(t *testing.T) {
	t.Parallel()
	as, o, s := open(t)
	b := as(actor.Actor{})
	path := "/stop/" + s.d.RatingToken
	b.Get(path).Is(200).Has("main", s.d.Code).Lacks("main", "Ánh")
	b.Post(path).Is(200).Has("main", s.d.Code)
	b.Get("/stop/AAAA").Is(404)
	officer := as(o.Officer)
	page := "/dossiers/" + s.d.Code + "/notices"
	officer.Get(page).Is(200).Count(`input[checked]`, 0).Has("td", "a•••@example.vn")
	officer.Post(page, "email", "on", "zalo", "on").To(page)
	officer.Get(page).Count(`input[checked]`, 2)
	as(o.OtherOfficer).Get(page).Is(403)
	as(o.OtherOfficer).Post(page, "email", "on").Is(403)
}

func TestThePagesPassWhatABrowserChecks(t *testing.T) {
	t.Parallel()
	as, o, s := open(t)
	as(o.Specialist).Look("/notices", "/notices/wishes")
	as(o.Officer).Look("/dossiers/" + s.d.Code + "/notices")
	as(o.Admin).Look("/admin/notices", "/admin/notices/templates", "/admin/notices/templates/received/email/vi")
	as(actor.Actor{}).Look("/stop/" + s.d.RatingToken)
}

package app

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/notice"
	"cchc/unit"
)

// A post office stands for whoever brings messages: it takes them, or answers
// what it is told to.
type postOffice struct {
	took   []notice.Message
	answer error
}

func (p *postOffice) Via() string { return "smtp" }

func (p *postOffice) Send(_ context.Context, list []notice.Message) []error {
	wrong := make([]error, len(list))
	for i, m := range list {
		if wrong[i] = p.answer; p.answer == nil {
			p.took = append(p.took, m)
		}
	}
	return wrong
}

func (p *postOffice) events() (out []string) {
	for _, m := range p.took {
		out = append(out, m.Event+" "+m.To)
	}
	slices.Sort(out)
	return out
}

// told is a commune whose notices began before anything happened, with e-mail and
// text messages by a post office.
func told(t *testing.T) (r *rooms, clock *dbtest.Clock, u unit.ID, mail, sms *postOffice) {
	t.Helper()
	r, clock, _, u = commune(t)
	mail, sms = &postOffice{}, &postOffice{}
	r.notices.Senders = map[string]notice.Sender{notice.Email: mail, notice.SMS: sms}
	r.notices.Base = "https://motcua.example.vn/"
	if err := r.tellNotices(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r, clock, u, mail, sms
}

func person(t *testing.T, r *rooms, login string, role actor.Role, u unit.ID) actor.Actor {
	t.Helper()
	id, err := r.accounts.Create(context.Background(), operator, auth.NewAccount{Login: login, Name: login, Password: "nắng chiều trên sông",
		Grants: []actor.Grant{{Role: role, Unit: u}}})
	if err != nil {
		t.Fatal(err)
	}
	return actor.Actor{Account: id, Login: login, Name: login, Grants: []actor.Grant{{Role: role, Unit: u}}}
}

func application(u unit.ID, p dossier.Person) dossier.Application {
	return dossier.Application{Unit: u, Procedure: "1.001193", Channel: dossier.Direct, Person: p}
}

func sweep(t *testing.T, r *rooms) {
	t.Helper()
	if err := r.tellNotices(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestAnApplicantIsToldOfEachEventOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, u, mail, sms := told(t)
	officer := person(t, r, "motcua", actor.OneStop, u)
	clock.Advance(time.Minute)
	d, err := r.desk.Receive(ctx, officer, application(u, dossier.Person{Name: "Nguyễn Thị Ánh", Email: "anh@example.vn", Phone: "0905123456", IDNumber: "049185001234"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.desk.Receive(ctx, officer, application(u, dossier.Person{Name: "Trần Văn Bình", Phone: "0905999888"})); err != nil {
		t.Fatal(err)
	}
	if _, err := r.desk.Receive(ctx, officer, application(u, dossier.Person{Name: "Lê Thị Chi"})); err != nil {
		t.Fatal(err)
	}
	sweep(t, r)
	r.notices.Senders[notice.Zalo] = &postOffice{} // nobody agreed to it
	sweep(t, r)
	if got := mail.events(); !slices.Equal(got, []string{"received anh@example.vn"}) {
		t.Errorf("by e-mail: %q", got)
	}
	if got := sms.events(); !slices.Equal(got, []string{"received 0905999888"}) {
		t.Errorf("by text message: %q", got)
	}
	m := mail.took[0]
	for _, want := range []string{"Nguyễn Thị Ánh", d.Code, "Đăng ký khai sinh", "Xã Gio Hải", "https://motcua.example.vn/lookup?code=" + d.Code, "https://motcua.example.vn/stop/" + d.RatingToken, d.Due.Date().VN()} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the letter lacks %q:\n%s", want, m.Text)
		}
	}
	if all := m.Subject + m.Text + sms.took[0].Text; strings.Contains(all, "049185001234") || strings.Contains(all, "{{") || strings.Contains(sms.took[0].Text, "Bình") {
		t.Errorf("more than is needed was sent: %s", all)
	}
	clock.Advance(time.Hour)
	if err := r.desk.AskForMore(ctx, officer, d.Code, dossier.Ask{Reason: "Thiếu giấy chứng sinh"}); err != nil {
		t.Fatal(err)
	}
	sweep(t, r)
	sweep(t, r)
	if got := mail.events(); !slices.Equal(got, []string{"papers anh@example.vn", "received anh@example.vn"}) {
		t.Errorf("by e-mail: %q", got)
	}
}

func TestAMessageIsTriedAgainUntilItIsTakenOrGivenUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, u, mail, _ := told(t)
	officer, keeper := person(t, r, "motcua", actor.OneStop, u), operator
	clock.Advance(time.Minute)
	if _, err := r.desk.Receive(ctx, officer, application(u, dossier.Person{Name: "A", Email: "a@example.vn"})); err != nil {
		t.Fatal(err)
	}
	mail.answer = errors.New("451 busy")
	sweep(t, r)
	item := func() notice.Item {
		list, _, err := r.notices.Log(ctx, keeper, notice.Filter{})
		if err != nil || len(list) != 1 {
			t.Fatalf("the log has %d lines, %v", len(list), err)
		}
		return list[0]
	}
	if x := item(); x.State != "waiting" || x.Attempts != 1 || x.Answer != "451 busy" || x.Masked != "a•••@example.vn" {
		t.Errorf("after a busy server: %+v", x)
	}
	sweep(t, r)
	if x := item(); x.Attempts != 1 {
		t.Errorf("tried again at once: %+v", x)
	}
	clock.Advance(2 * time.Minute)
	mail.answer = errors.Join(notice.ErrRefused, errors.New("550 no such user"))
	sweep(t, r)
	if x := item(); x.State != "dead" || x.Attempts != 2 {
		t.Errorf("after a refusal: %+v", x)
	}
	if n, err := r.notices.Failed(ctx); n != 1 || err != nil {
		t.Errorf("%d failed, %v", n, err)
	}
	if err := r.notices.Again(ctx, officer, ""); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an officer sent again: %v", err)
	}
	mail.answer = nil
	if err := r.notices.Again(ctx, keeper, ""); err != nil {
		t.Fatal(err)
	}
	sweep(t, r)
	if x := item(); x.State != "sent" || len(mail.took) != 1 {
		t.Errorf("after sending again: %+v, %d taken", x, len(mail.took))
	}
	clock.Advance(400 * 24 * time.Hour)
	if err := r.notices.Forget(ctx); err != nil {
		t.Fatal(err)
	}
	if list, _, err := r.notices.Log(ctx, keeper, notice.Filter{}); len(list) != 0 || err != nil {
		t.Errorf("after its time the log keeps %d lines, %v", len(list), err)
	}
}

func TestAnOfficerIsToldInTheProductAndByTheWishedMail(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, u, mail, _ := told(t)
	officer, specialist := person(t, r, "motcua", actor.OneStop, u), person(t, r, "chuyenvien", actor.Specialist, u)
	if err := r.notices.Want(ctx, specialist, notice.Wish{Email: "xấu", Events: []string{"due"}}); fault.As(err) == nil {
		t.Errorf("a wrong address: %v", err)
	}
	if err := r.notices.Want(ctx, specialist, notice.Wish{Email: "cv@example.vn", Lang: "en", Events: []string{"due", "received"}}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Minute)
	d, err := r.desk.Receive(ctx, officer, application(u, dossier.Person{Name: "A"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.desk.Claim(ctx, officer, d.Code); err != nil {
		t.Fatal(err)
	}
	if err := r.desk.Forward(ctx, officer, d.Code, specialist.Account, ""); err != nil {
		t.Fatal(err)
	}
	sweep(t, r)
	list, _, err := r.notices.Inbox(ctx, specialist, false, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Link != "/dossiers/"+d.Code || !strings.Contains(list[0].Text, d.Code) {
		t.Errorf("the specialist has %+v", list)
	}
	if len(mail.took) != 0 {
		t.Errorf("mail that was not wanted: %+v", mail.took)
	}
	// The day before it is due: once a day, one list.
	before := len(list)
	clock.Set("2026-11-26T09:00")
	sweep(t, r)
	clock.Advance(time.Hour)
	sweep(t, r)
	list, _, err = r.notices.Inbox(ctx, specialist, false, "")
	if err != nil || len(list) != before+1 || list[0].Event != "due" || list[0].Link != "/work" {
		t.Fatalf("the specialist has %+v, %v", list, err)
	}
	if len(mail.took) != 1 || mail.took[0].To != "cv@example.vn" || !strings.Contains(mail.took[0].Subject, "1 dossiers due") || !strings.Contains(mail.took[0].Text, d.Code) {
		t.Errorf("by mail: %+v", mail.took)
	}
	if n, err := r.notices.Unread(ctx, specialist); n != before+1 || err != nil {
		t.Errorf("%d unread, %v", n, err)
	}
	if _, err := r.notices.Open(ctx, officer, list[0].ID); err == nil {
		t.Error("somebody else opened the notice")
	}
	if link, err := r.notices.Open(ctx, specialist, list[0].ID); link != "/work" || err != nil {
		t.Errorf("opened %q, %v", link, err)
	}
	if err := r.notices.ReadAll(ctx, specialist, list[0].ID); err != nil {
		t.Fatal(err)
	}
	if n, err := r.notices.Unread(ctx, specialist); n != 0 || err != nil {
		t.Errorf("%d unread after all were read, %v", n, err)
	}
}

func TestAnApplicantCanStopNoticesAndAgreeToZalo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, u, mail, sms := told(t)
	zalo := &postOffice{}
	r.notices.Senders[notice.Zalo] = zalo
	officer := person(t, r, "motcua", actor.OneStop, u)
	clock.Advance(time.Minute)
	d, err := r.desk.Receive(ctx, officer, application(u, dossier.Person{Name: "A", Email: "a@example.vn", Phone: "0905123456"}))
	if err != nil {
		t.Fatal(err)
	}
	mail.answer = errors.New("away")
	sweep(t, r)
	if code, err := r.notices.Stop(ctx, d.RatingToken); code != d.Code || err != nil {
		t.Fatalf("stopped %q, %v", code, err)
	}
	if _, err := r.notices.Stop(ctx, "nothing"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown secret: %v", err)
	}
	mail.answer = nil
	clock.Advance(time.Hour)
	if err := r.desk.AskForMore(ctx, officer, d.Code, dossier.Ask{Reason: "Thiếu"}); err != nil {
		t.Fatal(err)
	}
	sweep(t, r)
	if len(mail.took)+len(sms.took)+len(zalo.took) != 0 {
		t.Errorf("after stopping: %v %v %v", mail.took, sms.took, zalo.took)
	}
	clock.Advance(10 * time.Minute)
	sweep(t, r) // they come every 15 seconds; what was asked for before is behind them
	other := person(t, r, "canbo", actor.Specialist, u)
	if err := r.notices.Say(ctx, other, d.ID, u, map[string]bool{notice.Zalo: true}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a specialist noted what an applicant said: %v", err)
	}
	if err := r.notices.Say(ctx, officer, d.ID, u, map[string]bool{notice.Zalo: true}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	if err := r.desk.Supply(ctx, officer, d.Code, 0, 0); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	if err := r.desk.AskForMore(ctx, officer, d.Code, dossier.Ask{Reason: "Thiếu", Again: true}); err != nil {
		t.Fatal(err)
	}
	sweep(t, r)
	if got := zalo.events(); !slices.Equal(got, []string{"papers 0905123456"}) || len(mail.took)+len(sms.took) != 0 {
		t.Errorf("after agreeing to Zalo: %q, %v, %v", got, mail.took, sms.took)
	}
}

// Of what was erased nobody knows any more whose it is: there is nobody whose wish could
// be noted, and nothing is.
func TestNobodyIsToldOfWhatWasErased(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, u, _, _ := told(t)
	officer := person(t, r, "motcua", actor.OneStop, u)
	clock.Advance(time.Minute)
	d, err := r.desk.Receive(ctx, officer, application(u, dossier.Person{Name: "A", Email: "a@example.vn", Phone: "0905123456"}))
	if err != nil {
		t.Fatal(err)
	}
	if may, err := r.notices.MaySay(ctx, officer, d.ID); !may || err != nil {
		t.Errorf("who receives may not note it: %v, %v", may, err)
	}
	if err := r.desk.Finish(ctx, officer, d.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	if err := r.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, keptNoMore, d.ID, tx.Now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	_, stopped := r.notices.Stop(ctx, d.RatingToken)
	for what, err := range map[string]error{"at the counter": r.notices.Say(ctx, officer, d.ID, u, map[string]bool{notice.Email: true}), "by the link": stopped} {
		if f := fault.As(err); f == nil || f.Kind != fault.Conflict || f.Key != "dossier.erased" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if may, err := r.notices.MaySay(ctx, officer, d.ID); may || err != nil {
		t.Errorf("the page offers it: %v, %v", may, err)
	}
	if said, err := r.notices.Said(ctx, officer, d.ID, u); err != nil || len(said) != 0 {
		t.Errorf("noted %v, %v", said, err)
	}
}

func TestAMistakeThatWasTakenBackIsNotTold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, u, mail, _ := told(t)
	officer := person(t, r, "motcua", actor.OneStop, u)
	clock.Advance(time.Minute)
	d, err := r.desk.Receive(ctx, officer, application(u, dossier.Person{Name: "A", Email: "a@example.vn"}))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.desk.AskForMore(ctx, officer, d.Code, dossier.Ask{Reason: "Thiếu"}); err != nil {
		t.Fatal(err)
	}
	w, err := r.desk.ByCode(ctx, r.db, officer, d.Code)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range w.Facts {
		if f.Kind == dossier.FAsked {
			if err := r.desk.Correct(ctx, officer, d.Code, f.Seq, "Bấm nhầm"); err != nil {
				t.Fatal(err)
			}
		}
	}
	sweep(t, r)
	if got := mail.events(); !slices.Equal(got, []string{"received a@example.vn"}) {
		t.Errorf("told %q", got)
	}
}

func TestInventedPeopleAreWrittenToFilesUnlessTold(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _, _, _ := commune(t)
	r.training = true
	if err := r.noticesLeave(ctx, serveFlags{SMTP: smtpFlags{Host: "mail.example.vn", TLS: "starttls", From: "a@example.vn"}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range notice.Leaving {
		if s := r.notices.Senders[c]; s == nil || s.Via() != "file" {
			t.Errorf("in a training %s leaves by %v", c, s)
		}
	}
	r.training = false
	if err := r.noticesLeave(ctx, serveFlags{SMTP: smtpFlags{Host: "mail.example.vn", TLS: "starttls", From: "a@example.vn"}}); err != nil {
		t.Fatal(err)
	}
	if s := r.notices.Senders[notice.Email]; s == nil || s.Via() != "smtp" || r.notices.Senders[notice.SMS] != nil {
		t.Errorf("otherwise: %v", r.notices.Senders)
	}
	for _, wrong := range []smtpFlags{{Host: "h", TLS: "starttls", From: "nobody"}, {Host: "mail.example.vn", TLS: "none", User: "u", From: "a@example.vn"}, {Host: "h", From: "a@example.vn", TLS: "starttls", PasswordFile: "/no/such/file"}} {
		if err := r.noticesLeave(ctx, serveFlags{SMTP: wrong}); err == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
}

func TestFilesHoldALineForEachMessage(t *testing.T) {
	t.Parallel()
	s := &notice.FileSender{Dir: filepath.Join(t.TempDir(), "notices")}
	at := moment.Of(time.Date(2026, 11, 25, 9, 0, 0, 0, moment.Zone))
	for _, err := range s.Send(context.Background(), []notice.Message{{ID: "1", Channel: notice.SMS, To: "0905", Text: "một\nhai", At: at}, {ID: "2", Channel: notice.SMS, To: "0906", Text: "b", At: at}}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(s.Dir, "sms.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var m notice.Message
	if len(lines) != 2 || json.Unmarshal([]byte(lines[0]), &m) != nil || m.Text != "một\nhai" {
		t.Errorf("the file holds %q", text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: others may read addresses", info.Mode(), err)
	}
}

// A counting source counts the dossiers that were read for notices.
type countingSource struct {
	notice.Source
	read int
}

func (s *countingSource) Happened(ctx context.Context, from moment.Instant, known func(string, moment.Instant) bool, each func([]notice.Happening) error) error {
	return s.Source.Happened(ctx, from, known, func(list []notice.Happening) error { s.read++; return each(list) })
}

func TestADossierIsReadAgainForNoticesOnlyWhenSomethingWasEntered(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, u, mail, _ := told(t)
	source := &countingSource{Source: r.notices.Source}
	r.notices.Source = source
	officer := person(t, r, "motcua", actor.OneStop, u)
	clock.Advance(time.Second)
	d, err := r.desk.Receive(ctx, officer, application(u, dossier.Person{Name: "Nguyễn Thị Ánh", Email: "anh@example.vn"}))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		sweep(t, r)
	}
	if source.read != 1 || len(mail.took) != 1 {
		t.Errorf("three sweeps read %d dossiers and told %q, want one of each", source.read, mail.events())
	}
	clock.Advance(time.Second)
	if err := r.desk.AskForMore(ctx, officer, d.Code, dossier.Ask{Reason: "Thiếu giấy chứng sinh"}); err != nil {
		t.Fatal(err)
	}
	sweep(t, r)
	if source.read != 2 || len(mail.took) != 2 {
		t.Errorf("after another fact %d dossiers were read and %q told, want two of each", source.read, mail.events())
	}
}

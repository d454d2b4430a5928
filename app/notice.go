package app

import (
	"context"
	"fmt"
	"os"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/demo"
	"cchc/dossier"
	"cchc/notice"
	"cchc/serviceindex/serviceindexweb"
	"cchc/unit"
)

// smtpFlags name the mail server.
type smtpFlags struct {
	Host         string `help:"Mail server by which notices are sent; without one none are sent by e-mail." placeholder:"HOST"`
	Port         int    `help:"Its port; the usual one of the TLS policy when left out (587, 465, 25)." placeholder:"PORT"`
	TLS          string `help:"How the connection is protected: starttls (refused without), tls (from the first byte), none (only to this machine)." default:"starttls" enum:"starttls,tls,none"`
	User         string `help:"Who signs in to the mail server. The password comes from CCHC_SMTP_PASSWORD or --smtp-password-file, never from the command line."`
	PasswordFile string `help:"File that holds the mail server's password." placeholder:"FILE"`
	From         string `help:"Sender of notices: \"One-stop of Gio Hai <motcua@example.vn>\"." placeholder:"ADDRESS"`
}

// noticeFlags say how notices leave the program.
type noticeFlags struct {
	SMS  string `help:"How text messages leave: off, or file (JSON lines in the folder notices beside the database, for a gateway's program)." default:"off" enum:"off,file"`
	Zalo string `help:"The same for Zalo, to applicants who agreed." default:"off" enum:"off,file"`
	Demo bool   `help:"Send notices about a demonstration's invented people all the same; otherwise they are written to files. A training sends none, whatever this says."`
}

// noticesLeave sets up the ways out of the program. What is invented goes to
// files: no invented address may ever be somebody's real one.
func (r *rooms) noticesLeave(ctx context.Context, f serveFlags) error {
	b := r.notices
	b.Base = f.Base
	invented, err := demo.Illustration(ctx, r.db)
	if err != nil {
		return err
	}
	files := &notice.FileSender{Dir: r.beside("notices")}
	if r.training || invented && !f.Notices.Demo {
		b.Senders = map[string]notice.Sender{notice.Email: files, notice.SMS: files, notice.Zalo: files}
		return nil
	}
	b.Senders = map[string]notice.Sender{}
	if f.Notices.SMS == "file" {
		b.Senders[notice.SMS] = files
	}
	if f.Notices.Zalo == "file" {
		b.Senders[notice.Zalo] = files
	}
	if f.SMTP.Host == "" {
		return nil
	}
	password := os.Getenv("CCHC_SMTP_PASSWORD")
	if f.SMTP.PasswordFile != "" {
		text, err := os.ReadFile(f.SMTP.PasswordFile)
		if err != nil {
			return fmt.Errorf("--smtp-password-file: %w", err)
		}
		password = strings.TrimRight(string(text), "\r\n")
	}
	s := &notice.MailSender{Host: f.SMTP.Host, Port: f.SMTP.Port, TLS: f.SMTP.TLS, User: f.SMTP.User, Password: password, From: f.SMTP.From}
	if err := s.Validate(); err != nil {
		return fmt.Errorf("--smtp-host: %w", err)
	}
	b.Senders[notice.Email] = s
	return nil
}

// post hands a weekly digest to an account.
func (r *rooms) post(ctx context.Context, account string, l serviceindexweb.Letter) error {
	return r.notices.Post(ctx, account, notice.Letter{Subject: l.Subject, Text: l.Text, Link: l.Link})
}

// accountName names an account for the log of notices; "" for one that is gone.
func (r *rooms) accountName(ctx context.Context, account string) string {
	name, err := auth.Name(ctx, r.db, account)
	if err != nil {
		return ""
	}
	return name
}

// noticeSource tells notices what happened to dossiers.
type noticeSource struct{ r *rooms }

// Happened implements notice.Source.
func (s noticeSource) Happened(ctx context.Context, from moment.Instant, known func(string, moment.Instant) bool, each func([]notice.Happening) error) error {
	return s.r.desk.Happened(ctx, from, known, func(list []dossier.Happening) error {
		out := make([]notice.Happening, len(list))
		for i, h := range list {
			name := ""
			if h.Procedure != "" {
				v, err := s.r.procedures.ByID(ctx, s.r.db, h.Procedure)
				if err != nil {
					return err
				}
				name = v.Name
			}
			out[i] = notice.Happening{Dossier: h.ID, Code: h.Code, Unit: h.Unit, Procedure: name, Seq: h.Seq, Kind: string(h.Kind), How: h.How, At: h.At,
				Account: h.Account, Due: h.Due, Promised: h.Promised, Holder: h.Held.Account, Step: h.Step, StepOf: h.StepOf,
				Email: h.Email != "", Phone: h.Phone != "", MaskedEmail: notice.Mask(h.Email), MaskedPhone: notice.Mask(h.Phone)}
			if h.StepOf != "" && h.StepOf == h.Held.Account {
				out[i].StepDue = h.Held.Due
			}
		}
		return each(out)
	})
}

// Late implements notice.Source. A step that nobody took is told to those who
// hold its role in the dossier's own unit.
func (s noticeSource) Late(ctx context.Context, day moment.Date) ([]notice.Late, error) {
	r := s.r
	people, err := r.accounts.List(ctx, operator)
	if err != nil {
		return nil, err
	}
	type post struct {
		unit unit.ID
		role string
	}
	holders, lives := map[post][]string{}, map[string]bool{}
	for _, p := range people {
		if p.Disabled != 0 {
			continue
		}
		lives[p.ID] = true
		for _, g := range p.Grants {
			if g.Holds(day) {
				x := post{unit.ID(g.Unit), string(g.Role)}
				holders[x] = append(holders[x], p.ID)
			}
		}
	}
	by := map[unit.ID]moment.Instant{} // 0: the unit does not work today
	steps, err := r.desk.DueSteps(ctx, day.AddDays(30).Start())
	if err != nil {
		return nil, err
	}
	var out []notice.Late
	for _, x := range steps {
		until, known := by[x.Unit]
		if !known {
			cal, err := r.calendars.For(ctx, r.db, x.Unit)
			if err != nil {
				return nil, err
			}
			if cal.Working(day) {
				until = cal.AddWorkingDays(day, 1).End()
			}
			by[x.Unit] = until
		}
		if x.Due > until {
			continue
		}
		accounts := holders[post{x.Unit, x.Role}]
		if x.Account != "" {
			accounts = []string{x.Account}
		}
		for _, a := range accounts {
			if lives[a] {
				out = append(out, notice.Late{Account: a, Code: x.Code, Step: x.Step, Due: x.Due})
			}
		}
	}
	return out, nil
}

// Addressee implements notice.Source.
func (s noticeSource) Addressee(ctx context.Context, id string) (notice.Addressee, error) {
	a, err := s.r.desk.Addressee(ctx, s.r.db, id)
	return notice.Addressee{Name: a.Name, Email: a.Email, Phone: a.Phone, Token: a.Token}, err
}

// ByToken implements notice.Source.
func (s noticeSource) ByToken(ctx context.Context, token string) (id, code string, u unit.ID, err error) {
	d, err := s.r.desk.ByToken(ctx, s.r.db, token)
	return d.ID, d.Code, d.UnitID(), err
}

// May implements notice.Source.
func (s noticeSource) May(ctx context.Context, q db.Queryer, a actor.Actor, x auth.Act, id string) error {
	return s.r.desk.MayAct(ctx, q, a, x, id)
}

// ByCode implements noticeweb.Dossiers.
func (s noticeSource) ByCode(ctx context.Context, code string) (id string, u unit.ID, err error) {
	return s.r.desk.Ref(ctx, s.r.db, code)
}

// tellNotices does what falls due: what happened is told, once a day what is due is
// told, and what could not be sent is tried again.
func (r *rooms) tellNotices(ctx context.Context) error {
	if _, err := r.notices.Sweep(ctx); err != nil {
		return err
	}
	if _, err := r.notices.Daily(ctx); err != nil {
		return err
	}
	return r.notices.Resend(ctx)
}

package notice

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// A Wish is what an account wants by e-mail. In the product it is told of
// everything.
type Wish struct {
	Email  string // "" wants no e-mail
	Lang   string
	Events []string
	At     moment.Instant // 0 when nothing was ever said
}

var (
	wishOf  = db.SQL("notice.wish", `SELECT email, lang, events, at FROM notice_wish WHERE account_id = $1`)
	wishPut = db.SQL("notice.wish.put", `
		INSERT INTO notice_wish (account_id, email, lang, events, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account_id) DO UPDATE SET email = excluded.email, lang = excluded.lang, events = excluded.events, at = excluded.at`)
)

// OfOfficers returns the keys of the events that officers are told of.
func OfOfficers() (out []string) {
	for _, e := range Events {
		if !e.Applicant {
			out = append(out, e.Key)
		}
	}
	return out
}

func (b *Book) wish(ctx context.Context, q db.Queryer, account string) (Wish, error) {
	w, err := db.One(ctx, q, wishOf, func(r db.Scanner) (w Wish, err error) {
		events := ""
		err = r.Scan(&w.Email, &w.Lang, &events, &w.At)
		w.Events = strings.Fields(events)
		return w, err
	}, account)
	if errors.Is(err, db.ErrNotFound) {
		return Wish{Lang: i18n.Vietnamese, Events: OfOfficers()}, nil
	}
	return w, err
}

// Wish returns what the actor wants.
func (b *Book) Wish(ctx context.Context, a actor.Actor) (Wish, error) {
	return b.wish(ctx, b.DB, a.Account)
}

// Want keeps what the actor wants. Faults: Unauthenticated; Invalid with field
// email.
func (b *Book) Want(ctx context.Context, a actor.Actor, w Wish) error {
	if !a.SignedIn() {
		return fault.New(fault.Unauthenticated, "auth.sign_in")
	}
	w.Email = strings.TrimSpace(w.Email)
	if w.Email != "" && !GoodEmail(w.Email) {
		return fault.New(fault.Invalid, "form.invalid").With("email", "notice.email_wrong")
	}
	if !i18n.Known(w.Lang) {
		w.Lang = i18n.Vietnamese
	}
	all := OfOfficers()
	w.Events = slices.DeleteFunc(slices.Clone(w.Events), func(e string) bool { return !slices.Contains(all, e) })
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		old, err := b.wish(ctx, tx, a.Account)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, wishPut, a.Account, w.Email, w.Lang, strings.Join(w.Events, " "), tx.Now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "notice.want", Kind: "account", ID: a.Account, Unit: a.Home(), Changes: []audit.Change{
			{Field: "email", From: old.Email, To: w.Email, Personal: true},
			{Field: "events", From: strings.Join(old.Events, " "), To: strings.Join(w.Events, " ")}}})
	})
}

// GoodEmail reports whether a mail server could take the address: one bare
// address with a domain, without what could become another header.
func GoodEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && !strings.ContainsAny(s, " \r\n,;<>")
}

// Mask hides an address or a number but for what tells it from others in a log.
func Mask(s string) string {
	if s == "" {
		return ""
	}
	if name, domain, ok := strings.Cut(s, "@"); ok {
		r := []rune(name)
		return string(r[:min(1, len(r))]) + "•••@" + domain
	}
	return "•••" + s[max(len(s)-3, 0):]
}

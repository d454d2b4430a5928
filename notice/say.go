package notice

import (
	"context"
	"errors"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/unit"
)

var (
	sayOf  = db.SQL("notice.say", `SELECT channel, wanted FROM notice_say WHERE dossier_id = $1`)
	sayPut = db.Rows("notice.say.put", "notice_say", "dossier_id, channel, wanted, at",
		"ON CONFLICT (dossier_id, channel) DO UPDATE SET wanted = excluded.wanted, at = excluded.at")
	messageStop = db.SQL("notice.message.stop", `
		UPDATE notice_message SET state = 'stopped', done_at = $1
		WHERE dossier_id = $2 AND channel = $3 AND account_id = '' AND state = 'waiting'`)
)

// sayings returns what an applicant said, by channel; a channel of which nothing
// was said is not in it.
func sayings(ctx context.Context, q db.Queryer, dossier string) (map[string]bool, error) {
	out := map[string]bool{}
	err := db.Each(ctx, q, sayOf, func(r db.Scanner) error {
		var channel string
		var wanted bool
		err := r.Scan(&channel, &wanted)
		out[channel] = wanted
		return err
	}, dossier)
	return out, err
}

// Stop ends the notices of a dossier, as its applicant asks by the secret of the
// dossier. Faults: NotFound; Conflict for a dossier of which nobody knows any more
// whose it is, and of which nobody is told anything.
func (b *Book) Stop(ctx context.Context, token string) (code string, err error) {
	id, code, u, err := b.ByToken(ctx, token)
	if err != nil {
		return "", err
	}
	wanted := map[string]bool{}
	for _, c := range Leaving {
		wanted[c] = false
	}
	applicant := actor.System("applicant")
	return code, b.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.Source.May(ctx, tx, applicant, auth.StopNotices, id); err != nil {
			return err
		}
		return said(ctx, tx, applicant, id, u, wanted)
	})
}

// ByToken returns the dossier of an applicant's secret. Faults: NotFound.
func (b *Book) ByToken(ctx context.Context, token string) (dossier, code string, u unit.ID, err error) {
	dossier, code, u, err = b.Source.ByToken(ctx, token)
	if errors.Is(err, db.ErrNotFound) {
		err = fault.New(fault.NotFound, "notice.stop_unknown")
	}
	return dossier, code, u, err
}

// Say notes what an applicant said at the counter: by which channels notices of
// the dossier are wanted. The actor receives dossiers in its unit. Faults: Forbidden;
// Conflict for a dossier of which nobody knows any more whose it is.
func (b *Book) Say(ctx context.Context, a actor.Actor, dossier string, u unit.ID, wanted map[string]bool) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.Source.May(ctx, tx, a, auth.SayNotices, dossier); err != nil {
			return err
		}
		return said(ctx, tx, a, dossier, u, wanted)
	})
}

// MaySay reports whether a may note now what the applicant of a dossier says.
func (b *Book) MaySay(ctx context.Context, a actor.Actor, dossier string) (bool, error) {
	err := b.Source.May(ctx, b.DB, a, auth.SayNotices, dossier)
	if fault.As(err) != nil {
		return false, nil
	}
	return err == nil, err
}

// Said returns what the applicant of a dossier said, by channel. The actor reads
// dossiers in its unit.
func (b *Book) Said(ctx context.Context, a actor.Actor, dossier string, u unit.ID) (map[string]bool, error) {
	if err := b.Guard.Check(ctx, b.DB, a, auth.DossierRead, u); err != nil {
		return nil, err
	}
	return sayings(ctx, b.DB, dossier)
}

func said(ctx context.Context, tx *db.Tx, a actor.Actor, dossier string, u unit.ID, wanted map[string]bool) error {
	before, err := sayings(ctx, tx, dossier)
	if err != nil {
		return err
	}
	var rows [][]any
	var changes []audit.Change
	for _, c := range Leaving {
		want, given := wanted[c]
		old, had := before[c]
		if !given || had && old == want {
			continue
		}
		n := 0
		if want {
			n = 1
		} else if _, err := tx.Exec(ctx, messageStop, tx.Now, dossier, c); err != nil {
			return err
		}
		rows = append(rows, []any{dossier, c, n, tx.Now})
		changes = append(changes, audit.Change{Field: c, From: yes(old, had), To: yes(want, true)})
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.InsertRows(ctx, sayPut, rows); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "notice.say", Kind: "dossier", ID: dossier, Unit: u, Changes: changes})
}

func yes(b, said bool) string {
	switch {
	case !said:
		return ""
	case b:
		return "yes"
	}
	return "no"
}

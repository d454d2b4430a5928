package notice

import (
	"context"

	"cchc/base/db"
)

var (
	forgetWaiting = db.SQL("notice.forget.waiting", `DELETE FROM notice_message WHERE dossier_id = $1 AND state = 'waiting'`)
	forgetSent    = db.SQL("notice.forget.sent", `UPDATE notice_message SET masked = '', answer = '' WHERE dossier_id = $1`)
	forgetSay     = db.SQL("notice.forget.say", `DELETE FROM notice_say WHERE dossier_id = $1`)
)

// ForgetDossier lets go of the person of a dossier, as part of the write that
// erases them: what waits is not sent any more, and the log of what was sent no
// longer says to which address.
func (b *Book) ForgetDossier(ctx context.Context, tx *db.Tx, dossier string) error {
	for _, s := range []*db.Stmt{forgetWaiting, forgetSent, forgetSay} {
		if _, err := tx.Exec(ctx, s, dossier); err != nil {
			return err
		}
	}
	return nil
}

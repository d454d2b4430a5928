package app

import (
	"context"
	"errors"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/dossier"
	"cchc/exchange"
	"cchc/imports"
	"cchc/privacy"
	"cchc/scorecard"
)

// forget takes a dossier's person out of whatever else knows of them, in the write
// in which the dossier forgets: the rooms don't know each other.
func (r *rooms) forget(ctx context.Context, tx *db.Tx, f dossier.Forgotten) error {
	if f.Part == dossier.PartAgent {
		// Notices go to the applicant, whose requests stay as well.
		if err := privacy.Scrub(ctx, tx, f.Actor, f.Redact, f.ID, dossier.Erased, f.Scrub); err != nil {
			return err
		}
	} else {
		if err := r.notices.ForgetDossier(ctx, tx, f.ID); err != nil {
			return err
		}
		if err := privacy.Forget(ctx, tx, f.Actor, f.Redact, f.ID, dossier.Erased, f.Scrub); err != nil {
			return err
		}
	}
	if err := imports.Scrub(ctx, tx, f.Scrub); err != nil {
		return err
	}
	if err := imports.Drop(ctx, tx, f.Actor); err != nil {
		return err
	}
	return api.ForgetAnswers(ctx, tx, f.Code)
}

// fileUses are all places where rows refer to stored files. The store is one for all
// rooms, and has the same content once: each asks for its files to be deleted, and none
// is as long as one of these refers to it. A test finds columns that are missing here.
var fileUses = []file.Use{dossier.FileUse, scorecard.FileUse, imports.FileUse, exchange.FileUse}

// eraseFiles deletes files that rooms let go of and that nothing refers to any more.
func (r *rooms) eraseFiles(ctx context.Context, keys []string) error {
	var wrong []error
	for _, key := range keys {
		if err := r.scans.Erase(ctx, key); err != nil {
			wrong = append(wrong, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return errors.Join(wrong...)
}

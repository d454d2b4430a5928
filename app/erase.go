package app

import (
	"context"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/dossier"
	"cchc/imports"
	"cchc/privacy"
)

// forget takes a dossier's person out of whatever else knows of them, in the write
// in which the dossier forgets: the rooms don't know each other.
func (r *rooms) forget(ctx context.Context, tx *db.Tx, f dossier.Forgotten) error {
	if err := r.notices.ForgetDossier(ctx, tx, f.ID); err != nil {
		return err
	}
	if err := privacy.Forget(ctx, tx, f.Actor, f.ID, dossier.Erased, f.Scrub); err != nil {
		return err
	}
	if err := imports.Scrub(ctx, tx, f.Scrub); err != nil {
		return err
	}
	if err := imports.Drop(ctx, tx, f.Actor); err != nil {
		return err
	}
	return api.ForgetAnswers(ctx, tx, f.Code)
}

// eraseFiles deletes scans and uploads that neither a dossier nor an import refers
// to any more; those that another does stay.
func (r *rooms) eraseFiles(ctx context.Context, keys []string) error {
	for _, key := range keys {
		scan, err := dossier.FileUsed(ctx, r.db, key)
		if err != nil {
			return err
		}
		upload, err := imports.FileUsed(ctx, r.db, key)
		if err != nil {
			return err
		}
		if scan || upload {
			continue
		}
		if err := r.scans.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

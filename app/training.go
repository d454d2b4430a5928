package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"cchc/base/db"
	"cchc/demo"
)

// trainingDossiers is how many dossiers there are to practise with.
const trainingDossiers = 2000

// trainingDSN names the database of a training beside the real one:
// cchc.db → cchc-training.db. A PostgreSQL database has to be named by --db itself,
// and by a name that says what it is for.
func trainingDSN(dsn string) (string, error) {
	if db.IsPostgres(dsn) {
		if !trains(dsn) {
			return "", fmt.Errorf("--db: with --training name a PostgreSQL database whose name has “training” in it, so that the real one is never taken for it")
		}
		return dsn, nil
	}
	ext := filepath.Ext(dsn)
	return strings.TrimSuffix(dsn, ext) + trainingEnd + ext, nil
}

// trainingEnd is the end of the names of what belongs to a training.
const trainingEnd = "-training"

// trains reports whether a database is named as that of a training is.
func trains(dsn string) bool {
	if db.IsPostgres(dsn) {
		name, _, _ := strings.Cut(dsn[strings.LastIndexByte(dsn, '/')+1:], "?")
		return strings.Contains(name, "training")
	}
	return strings.HasSuffix(strings.TrimSuffix(dsn, filepath.Ext(dsn)), trainingEnd)
}

// train serves a place to practise (tập huấn).
func (c serveCmd) train(ctx context.Context, s streams) error {
	dsn, err := trainingDSN(c.DB)
	if err != nil {
		return err
	}
	r, err := openRooms(ctx, dsn, db.Options{Serve: true})
	if err != nil {
		return err
	}
	defer r.close()
	r.training, r.exchange.Quiet = true, true // also while its dossiers are made
	made, err := demo.Made(ctx, r.db)
	if err != nil {
		return err
	}
	if waiting, err := r.first.Waiting(ctx); err != nil {
		return err
	} else if !made && !waiting {
		return fmt.Errorf("--db %s: has accounts and is no training; nothing was changed", r.db.Name())
	}
	if !made {
		p := newProgress(s.err, "training: dossiers made")
		_, err := demo.Make(ctx, r.db, demo.Options{Dossiers: trainingDossiers, Progress: p.at})
		p.end()
		if err != nil {
			return err
		}
	}
	return r.serve(ctx, s, c.serveFlags, func() {
		fmt.Fprintln(s.out, "\nTẬP HUẤN (training): nothing here is real. Accounts (tài khoản):")
		for _, a := range demo.Accounts() {
			fmt.Fprintf(s.out, "  %-16s %-24s %-14s %s\n", a.Login, a.Password, a.Role, a.Unit)
		}
	})
}

// suffix keeps what belongs to a training apart from the real.
func (r *rooms) suffix() string {
	if r.training {
		return trainingEnd
	}
	return ""
}

// cookie names the session's cookie: a browser knows no ports, and would give the
// training's to the real one.
func (r *rooms) cookie() string {
	if r.training {
		return "cchc" + trainingEnd
	}
	return ""
}

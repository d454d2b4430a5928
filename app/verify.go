package app

import (
	"context"
	"fmt"

	"cchc/dossier"
)

type migrateCmd struct{ dbFlag }

// Run migrates the database.
func (c migrateCmd) Run(ctx context.Context, s streams) error {
	r, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	current, _, err := r.db.Version(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s: schema %d\n", r.db.Name(), current)
	return err
}

type verifyCmd struct{ dbFlag }

// Run recounts everything and fails on any difference.
func (c verifyCmd) Run(ctx context.Context, s streams) error {
	r, err := c.read(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	p := newProgress(s.err, "dossiers verified")
	differences := 0
	n, err := r.desk.Verify(ctx, func(done int) { p.at(done, 0) }, func(d dossier.Difference) {
		if differences++; differences <= 50 {
			fmt.Fprintf(s.out, "%s\n  stored  %s\n  counted %s\n", d.What, d.Have, d.Want)
		}
	})
	p.end()
	if err != nil {
		return err
	}
	if differences > 0 {
		return fmt.Errorf("%d dossiers: %d differences between figures and facts", n, differences)
	}
	_, err = fmt.Fprintf(s.out, "%d dossiers: every figure agrees with the facts\n", n)
	return err
}

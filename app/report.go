package app

import (
	"context"
	"errors"
	"fmt"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/unit"
)

type reportCmd struct {
	Ii06a ii06aCmd `cmd:"" name:"ii06a" help:"Form II.06a: dossiers received and resolved in a period, as of its end."`
	F07a  f07aCmd  `cmd:"" name:"07a" help:"Form 07a/BTP: as II.06a, with online levels, apologies, not accepted, stopped, withdrawn, payments."`
}

type ii06aCmd struct{ formFlags }

type f07aCmd struct{ formFlags }

// Run prints form II.06a.
func (c ii06aCmd) Run(ctx context.Context, s streams) error { return c.print(ctx, s, false) }

// Run prints form 07a/BTP.
func (c f07aCmd) Run(ctx context.Context, s streams) error { return c.print(ctx, s, true) }

// formFlags are the flags of both forms.
type formFlags struct {
	dbFlag
	From   string `help:"First day of the period: 2026-09-01." required:"" placeholder:"DATE"`
	To     string `help:"Last day of the period: 2026-09-30." required:"" placeholder:"DATE"`
	Unit   string `help:"Code of a unit, with what is below it; everything when left out." placeholder:"CODE"`
	By     string `help:"Break down by sector, procedure, unit or officer (who held the dossier)." enum:",sector,procedure,unit,officer" default:""`
	Known  string `help:"The figures as they were known then: 2026-10-01T08:00." placeholder:"TIME"`
	Format string `help:"csv or xlsx." enum:"csv,xlsx" default:"csv"`
}

func (c formFlags) print(ctx context.Context, s streams, detail bool) error {
	x, err := question(c.From, c.To, c.Known)
	if err != nil {
		return err
	}
	r, err := c.read(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	if c.Unit != "" {
		if x.Unit, err = r.unitByCode(ctx, c.Unit, x.To, x.From); err != nil {
			return fmt.Errorf("--unit: %w", err)
		}
	}
	x.Detail = detail
	lines, err := r.desk.Statistics(ctx, r.db, operator, x, dossier.By(c.By))
	if err != nil {
		return err
	}
	if c.By == string(dossier.ByUnit) {
		if err := r.unitCodes(ctx, lines); err != nil {
			return err
		}
	}
	if c.By == string(dossier.ByOfficer) {
		if err := r.officerNames(ctx, lines); err != nil {
			return err
		}
	}
	switch {
	case c.Format == "xlsx":
		return writeFormXLSX(s.out, x, c.By, lines)
	case detail:
		return dossier.Write07a(s.out, x.From, x.To, c.By, lines)
	}
	return dossier.WriteII06a(s.out, x.From, x.To, c.By, lines)
}

// officerNames writes accounts by their logins: names are not unique.
func (r *rooms) officerNames(ctx context.Context, lines []dossier.Line) error {
	for i := range lines {
		if lines[i].Key == "" {
			continue
		}
		login, err := auth.Login(ctx, r.db, lines[i].Key)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if err == nil {
			lines[i].Key = login
		}
	}
	return nil
}

func question(from, to, known string) (dossier.Question, error) {
	var x dossier.Question
	var err error
	if x.From, err = moment.ParseDate(from); err != nil {
		return x, fmt.Errorf("--from: %w", err)
	}
	if x.To, err = moment.ParseDate(to); err != nil {
		return x, fmt.Errorf("--to: %w", err)
	}
	if x.To < x.From {
		return x, fmt.Errorf("--to: %s is before --from %s", x.To, x.From)
	}
	if known != "" {
		if x.Known, err = moment.ParseInstant(known); err != nil {
			return x, fmt.Errorf("--known: %w", err)
		}
	}
	return x, nil
}

// unitByCode finds the unit that had a code on one of the days, the first that
// knows it: a unit that is gone by the last day of a period was there before.
func (r *rooms) unitByCode(ctx context.Context, code string, days ...moment.Date) (unit.ID, error) {
	for _, d := range days {
		tree, err := r.units.On(ctx, r.db, d)
		if err != nil {
			return "", err
		}
		if u, ok := tree.ByCode(code); ok {
			return u.ID, nil
		}
	}
	return "", fmt.Errorf("there is no unit with the code %s", code)
}

// unitCodes writes units by their codes, as --unit takes them.
func (r *rooms) unitCodes(ctx context.Context, lines []dossier.Line) error {
	for i := range lines {
		if lines[i].Key == "" {
			continue
		}
		u, ok, err := r.units.Last(ctx, r.db, unit.ID(lines[i].Key))
		if err != nil {
			return err
		}
		if ok {
			lines[i].Key = u.Code
		}
	}
	return nil
}

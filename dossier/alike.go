package dossier

import (
	"context"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// An Alike is an earlier dossier that the one at the counter may repeat.
type Alike struct {
	Code      string
	Received  moment.Instant
	Open      bool
	Applicant string
}

// Two statements, for each has an index of its own.
const (
	alikeWhere = `
		AND d.procedure_code = $2 AND d.unit_id = $3 AND d.end_kind <> 'voided'
		AND (d.ended_at IS NULL AND d.not_accepted_at IS NULL OR d.registered_at >= $4)`
	alikeOrder = `
		ORDER BY d.registered_at DESC, d.id
		LIMIT 5`
)

var (
	alikeByNumber = db.SQL("dossier.alike.number", `
		SELECT d.code, d.registered_at, d.ended_at IS NULL AND d.not_accepted_at IS NULL, p.name
		FROM dossier_person p
		JOIN dossier d ON d.id = p.dossier_id
		WHERE p.id_number = $1 AND p.id_number <> ''`+alikeWhere+alikeOrder)
	alikeByPhone = db.SQL("dossier.alike.phone", `
		SELECT d.code, d.registered_at, d.ended_at IS NULL AND d.not_accepted_at IS NULL, p.name
		FROM dossier_person p
		JOIN dossier d ON d.id = p.dossier_id
		WHERE p.phone = $1 AND p.phone <> ''`+alikeWhere+`
		AND p.fold = $5`+alikeOrder)
)

// Alike returns what an application may repeat: dossiers of the same unit and
// procedure for the same person (the identity number, or the name without marks
// together with the phone) that are open, or came within the unit's AlikeDays. At
// most five, the latest first.
func (k *Desk) Alike(ctx context.Context, q db.Queryer, app Application) ([]Alike, error) {
	app.Person.clean()
	p := app.Person
	if app.Procedure == "" || p.IDNumber == "" && (p.Phone == "" || p.Name == "") {
		return nil, nil
	}
	days, err := k.Settings.Int(ctx, q, AlikeDays, app.Unit)
	if err != nil {
		return nil, err
	}
	since := k.DB.Now().Date().AddDays(-int(days)).Start()
	if days == 0 {
		since = farAway
	}
	var out []Alike
	seen := map[string]bool{}
	read := func(r db.Scanner) error {
		var x Alike
		err := r.Scan(&x.Code, &x.Received, &x.Open, &x.Applicant)
		if !seen[x.Code] && len(out) < 5 {
			seen[x.Code] = true
			out = append(out, x)
		}
		return err
	}
	if p.IDNumber != "" {
		if err := db.Each(ctx, q, alikeByNumber, read, p.IDNumber, app.Procedure, string(app.Unit), since); err != nil {
			return nil, err
		}
	}
	if p.Phone != "" && p.Name != "" {
		if err := db.Each(ctx, q, alikeByPhone, read, p.Phone, app.Procedure, string(app.Unit), since, i18n.Fold(p.Name)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

package dossier

import (
	"context"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/unit"
)

// A Bucket is a state that lists are made of.
type Bucket string

const (
	BucketOpen        Bucket = "open"        // being worked on
	BucketNew         Bucket = "new"         // arrived, not accepted yet
	BucketOverdue     Bucket = "overdue"     // quá hạn
	BucketSoon        Bucket = "soon"        // due by Until, not overdue
	BucketWaiting     Bucket = "waiting"     // the clock stands still
	BucketNoApology   Bucket = "no_apology"  // overdue, and nobody apologised
	BucketUncollected Bucket = "uncollected" // resolved, result not handed over
	BucketEnded       Bucket = "ended"       // resolved
	BucketNoDue       Bucket = "no_due"      // without a due date: to be put right
	BucketAll         Bucket = "all"
)

// Buckets lists them in the order of pages.
var Buckets = []Bucket{BucketOpen, BucketNew, BucketSoon, BucketOverdue, BucketNoApology, BucketWaiting, BucketUncollected, BucketEnded, BucketNoDue, BucketAll}

// A Filter says which dossiers a list shows; zero parts do not filter.
type Filter struct {
	Unit      unit.ID // and what is below it now, or was when it was dissolved; "" is everything, for a right in the whole system
	Bucket    Bucket
	Until     moment.Instant // BucketSoon: due by then
	Account   string         // whose step it is
	Role      string         // which role's step it is
	Procedure string
	Sector    string
	Channel   Channel
	Text      string // code, applicant's name without marks, phone or identity number
	After     Cursor
	Limit     int // rows; 50 when 0, at most 500
}

// A Cursor is where the next page of a list begins: after this due date and id.
type Cursor struct {
	Due moment.Instant
	ID  string
}

// A Row is a dossier in a list, with the applicant's name; numbers are not there.
type Row struct {
	Dossier
	Applicant string
}

// farAway sorts dossiers without a due date behind all others.
const farAway = moment.Instant(1 << 52)

var listRows = db.Lines("dossier.list", `
	SELECT `+prefixed("d", columns)+`, p.name
	FROM dossier d
	JOIN dossier_person p ON p.dossier_id = d.id
	WHERE TRUE
	AND d.unit_id = :one                                                                             --[one]
	AND d.unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = :unit                 --[unit]
		AND (r.to_day IS NULL OR r.to_day > :today OR r.unit_id NOT IN (                             --[unit]
			SELECT v.unit_id FROM unit_version v WHERE v.to_day IS NULL OR v.to_day > :today)))      --[unit]
	AND d.accepted_at IS NOT NULL AND d.ended_at IS NULL                                             --[accepted]
	AND d.accepted_at IS NULL AND d.not_accepted_at IS NULL AND d.ended_at IS NULL                   --[new]
	AND (d.due_at < :now OR d.due_at IS NULL)                                                        --[overdue]
	AND ((d.waiting = '' AND (d.due_at IS NULL OR d.by_instant OR d.due_day < :today)) OR (d.waiting <> '' AND d.waiting_late))  --[overdue]
	AND d.apology_at IS NULL                                                                         --[no_apology]
	AND d.due_at <= :until AND d.waiting = ''                                                        --[until]
	AND (d.due_day >= :today AND NOT d.by_instant OR d.due_at >= :now)                               --[until]
	AND d.waiting <> ''                                                                              --[waiting]
	AND d.ended_at IS NOT NULL                                                                       --[ended]
	AND d.returned_at IS NULL                                                                        --[uncollected]
	AND d.due_at IS NULL                                                                             --[no_due]
	AND d.step_account = :account                                                                    --[account]
	AND d.step_role = :role                                                                          --[role]
	AND d.procedure_code = :procedure                                                                --[procedure]
	AND d.sector = :sector                                                                           --[sector]
	AND d.channel = :channel                                                                         --[channel]
	AND d.code = :code                                                                               --[code]
	AND (REPLACE(p.fold, :like, '') <> p.fold OR REPLACE(d.code, :code_like, '') <> d.code)                                                --[like]
	AND (p.phone = :digits OR p.id_number = :digits OR REPLACE(d.code, :digits, '') <> d.code)                       --[digits]
	AND (COALESCE(d.due_at, 4503599627370496), d.id) > (:after_due, :after_id)                       --[after_id]
	ORDER BY COALESCE(d.due_at, 4503599627370496), d.id
	LIMIT :limit`)

func prefixed(p, columns string) string {
	parts := strings.Split(columns, ",")
	for i := range parts {
		parts[i] = p + "." + strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, ", ")
}

// List returns a page of dossiers, those due soonest first, and where the next
// page begins (zero when there is none). The right is asked for Filter.Unit.
func (k *Desk) List(ctx context.Context, q db.Queryer, a actor.Actor, f Filter) ([]Row, Cursor, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, f.Unit); err != nil {
		return nil, Cursor{}, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 500)
	args := k.filterArgs(f)
	args["limit"] = limit + 1
	stmt, params := listRows.With(args)
	rows, err := db.All(ctx, q, stmt, func(r db.Scanner) (Row, error) {
		var row Row
		err := r.Scan(append(row.targets(), &row.Applicant)...)
		return row, err
	}, params...)
	if err != nil || len(rows) <= limit {
		return rows, Cursor{}, err
	}
	last := rows[limit-1]
	next := Cursor{Due: last.Due, ID: last.ID}
	if next.Due == 0 {
		next.Due = farAway
	}
	return rows[:limit], next, nil
}

func (k *Desk) filterArgs(f Filter) db.Args {
	now := k.DB.Now()
	args := db.Args{}
	flag := func(names ...string) {
		for _, n := range names {
			args[n] = true
		}
	}
	if f.Unit != "" {
		args["unit"], args["today"] = string(f.Unit), now.Date()
	}
	switch f.Bucket {
	case BucketOpen:
		flag("accepted")
	case BucketNew:
		flag("new")
	case BucketOverdue:
		flag("accepted", "overdue")
	case BucketNoApology:
		flag("accepted", "overdue", "no_apology")
	case BucketSoon:
		flag("accepted")
		args["until"] = f.Until
	case BucketWaiting:
		flag("accepted", "waiting")
	case BucketUncollected:
		flag("ended", "uncollected")
	case BucketEnded:
		flag("ended")
	case BucketNoDue:
		flag("accepted", "no_due")
	}
	if args["overdue"] != nil || args["until"] != nil {
		args["now"], args["today"] = now, now.Date()
	}
	for name, v := range map[string]string{"account": f.Account, "role": f.Role, "procedure": f.Procedure, "sector": f.Sector, "channel": string(f.Channel)} {
		if v != "" {
			args[name] = v
		}
	}
	textArgs(args, strings.TrimSpace(f.Text))
	if f.After.ID != "" {
		args["after_id"], args["after_due"] = f.After.ID, f.After.Due
	}
	return args
}

// textArgs decides what a search text is: a whole code, digits of a number, or a
// part of a name or code. REPLACE tells whether a text contains another on both
// engines alike; LIKE does not.
func textArgs(args db.Args, text string) {
	if text == "" {
		return
	}
	if c, err := ParseCode(text); err == nil {
		args["code"] = c.String()
		return
	}
	digits := strings.NewReplacer(" ", "", ".", "").Replace(text)
	if len(digits) >= 4 && strings.Trim(digits, "0123456789") == "" {
		args["digits"] = digits
		return
	}
	args["like"], args["code_like"] = i18n.Fold(text), strings.ToUpper(text)
}

// Overview counts what a unit and its subtree have to do now.
type Overview struct {
	Open, New, Overdue, NoApology, Soon, Waiting, Uncollected int64
}

var overview = db.SQL("dossier.overview", `
	SELECT
		COUNT(*) FILTER (WHERE d.accepted_at IS NOT NULL),
		COUNT(*) FILTER (WHERE d.accepted_at IS NULL),
		COUNT(*) FILTER (WHERE d.accepted_at IS NOT NULL AND ((d.waiting = '' AND (d.due_at IS NULL OR d.due_at < $1 AND (d.by_instant OR d.due_day < $2)))
			OR (d.waiting <> '' AND d.waiting_late))),
		COUNT(*) FILTER (WHERE d.accepted_at IS NOT NULL AND d.apology_at IS NULL AND ((d.waiting = '' AND (d.due_at IS NULL OR d.due_at < $1 AND (d.by_instant OR d.due_day < $2)))
			OR (d.waiting <> '' AND d.waiting_late))),
		COUNT(*) FILTER (WHERE d.accepted_at IS NOT NULL AND d.waiting = '' AND d.due_at <= $3 AND (d.due_day >= $2 AND NOT d.by_instant OR d.due_at >= $1)),
		COUNT(*) FILTER (WHERE d.accepted_at IS NOT NULL AND d.waiting <> '')
	FROM dossier d
	WHERE d.ended_at IS NULL AND d.not_accepted_at IS NULL
	AND d.unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = $4
		AND (r.to_day IS NULL OR r.to_day > $2 OR r.unit_id NOT IN (
			SELECT v.unit_id FROM unit_version v WHERE v.to_day IS NULL OR v.to_day > $2)))`)

var overviewUncollected = db.SQL("dossier.overview.uncollected", `
	SELECT COUNT(*)
	FROM dossier d
	WHERE d.ended_at IS NOT NULL AND d.returned_at IS NULL
	AND d.unit_id IN (SELECT r.unit_id FROM unit_reach r WHERE r.ancestor_id = $1
		AND (r.to_day IS NULL OR r.to_day > $2 OR r.unit_id NOT IN (
			SELECT v.unit_id FROM unit_version v WHERE v.to_day IS NULL OR v.to_day > $2)))`)

// Overview counts a unit's open dossiers by what they need; soon is due by until.
func (k *Desk) Overview(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, until moment.Instant) (Overview, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, u); err != nil {
		return Overview{}, err
	}
	now := k.DB.Now()
	o, err := db.One(ctx, q, overview, func(r db.Scanner) (o Overview, err error) {
		err = r.Scan(&o.Open, &o.New, &o.Overdue, &o.NoApology, &o.Soon, &o.Waiting)
		return o, err
	}, now, now.Date(), until, string(u))
	if err != nil {
		return o, err
	}
	o.Uncollected, err = db.Value[int64](ctx, q, overviewUncollected, string(u), now.Date())
	return o, err
}

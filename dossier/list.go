package dossier

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
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
	NoSector  bool // only what has no sector
	Channel   Channel
	Text      string // words of the applicant's name, a code or its last part, a number of a person
	Order     Order  // the bucket's usual one when zero
	After     Cursor
	Limit     int // rows; 50 when 0, at most 500
}

// An Order is what a list is sorted by.
type Order struct {
	Key  Key
	Desc bool
}

// A Key is a column that lists are sorted by.
type Key string

const (
	KeyDue       Key = "due"      // without a due date: as if it were infinitely far
	KeyReceived  Key = "received" // day of receipt
	KeyEnded     Key = "ended"    // what has not ended: as if it ended last
	KeyStep      Key = "step"     // the current step's deadline, else the dossier's
	KeyCode      Key = "code"
	KeyProcedure Key = "procedure" // its code
	KeyName      Key = "name"      // the applicant's, in Vietnamese order
)

// Keys lists them.
var Keys = []Key{KeyDue, KeyReceived, KeyEnded, KeyStep, KeyCode, KeyProcedure, KeyName}

// UsualOrder is how a bucket is sorted when nobody says: what has to be done
// first, or, in what is done and in what is searched, what came last.
func UsualOrder(b Bucket, search bool) Order {
	switch {
	case b == BucketUncollected:
		return Order{Key: KeyEnded}
	case b == BucketNew:
		return Order{Key: KeyReceived}
	case search && (b == BucketAll || b == BucketEnded || b == ""), b == BucketAll, b == BucketEnded:
		return Order{Key: KeyReceived, Desc: true}
	}
	return Order{Key: KeyDue}
}

// A Cursor is a place in a sorted list: the rows after it, or, when Back, those
// before it. Key is the sort key of the row ID as text; names are looked up.
type Cursor struct {
	Key  string
	ID   string
	Back bool
}

// A Row is a dossier in a list, with the applicant's name; numbers are not there,
// nor is what only its own page tells.
type Row struct {
	Dossier
	Applicant string

	key string // of the cursor at this row
}

// A Page is a part of a list.
type Page struct {
	Rows          []Row
	Before, After Cursor // where the pages before and after begin; zero at the ends
	Order         Order  // how it is sorted
	// Long tells that the list is too long to be sorted by another key than the
	// day of receipt, or the code: the rest of it would have to be read first.
	Long bool
}

// farAway is later than every moment: what is missing sorts as if it were then.
const farAway = moment.Instant(1 << 52)

// listMost is how many dossiers a list may have to be sorted by keys that no
// index knows.
const listMost = 20_000

// List returns a page of dossiers and where the next one begins (zero when there
// is none). The right is asked for Filter.Unit.
func (k *Desk) List(ctx context.Context, q db.Queryer, a actor.Actor, f Filter) ([]Row, Cursor, error) {
	p, err := k.Page(ctx, q, a, f)
	return p.Rows, p.After, err
}

// Page returns a page of dossiers. The right is asked for Filter.Unit, and where
// a number of a person is searched for, that to read persons there. A list that
// is too long for the order asked for comes in its usual one; Page.Order says so.
func (k *Desk) Page(ctx context.Context, q db.Queryer, a actor.Actor, f Filter) (Page, error) {
	if err := k.Guard.Check(ctx, q, a, auth.DossierRead, f.Unit); err != nil {
		return Page{}, err
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 500)
	s, err := k.scope(ctx, q, f.Unit)
	if err != nil {
		return Page{}, err
	}
	text, err := k.readText(ctx, q, a, f)
	if err != nil {
		return Page{}, err
	}
	w, err := k.way(ctx, q, f, s, text)
	if err != nil {
		return Page{}, err
	}
	out := Page{Order: w.order, Long: w.long}
	if f.After.ID != "" && (f.Order.Key == "" || f.Order == w.order) {
		ok, err := w.after(ctx, q, f.After)
		if err != nil {
			return out, err
		}
		if !ok {
			f.After = Cursor{}
		}
	} else {
		f.After = Cursor{}
	}
	w.args["limit"] = f.Limit + 1
	stmt, params := lists[w.driver][listKey{w.order, f.After.Back}].With(w.args)
	rows, err := db.All(ctx, q, stmt, scanRow, params...)
	if err != nil {
		return out, err
	}
	more := len(rows) > f.Limit
	rows = rows[:min(len(rows), f.Limit)]
	before, after := f.After.ID != "", more
	if f.After.Back {
		slices.Reverse(rows)
		before, after = more, true
	}
	out.Rows = rows
	if len(rows) == 0 {
		return out, nil
	}
	if before {
		out.Before = Cursor{Key: rows[0].key, ID: rows[0].ID, Back: true}
	}
	if after {
		last := rows[len(rows)-1]
		out.After = Cursor{Key: last.key, ID: last.ID}
	}
	return out, nil
}

// under reports whether the bucket is of what is under way: a few in a hundred of
// all, with indexes of its own.
func (b Bucket) under() bool { return b != BucketAll && b != BucketEnded && b != "" }

// A scope is the units that a list is of.
type scope struct {
	one   string // the only unit
	under string // a unit and what is below it
	today moment.Date
}

func (k *Desk) scope(ctx context.Context, q db.Queryer, u unit.ID) (scope, error) {
	if u == "" {
		return scope{}, nil
	}
	today := k.DB.Now().Date()
	// Not Units.Extent: a list also has what a unit did that is gone, where it was.
	units, err := db.Column[string](ctx, q, scopeUnits, string(u), today)
	if err != nil {
		return scope{}, err
	}
	if len(units) == 1 && units[0] == string(u) {
		return scope{one: string(u)}, nil
	}
	return scope{under: string(u), today: today}, nil
}

var scopeUnits = db.SQL("dossier.list.scope", strings.NewReplacer(":unit", "$1", ":today", "$2").Replace(reach)+`
	LIMIT 2`)

func (s scope) args(args db.Args) {
	switch {
	case s.one != "":
		args["one"] = s.one
	case s.under != "":
		args["unit"], args["today"] = s.under, s.today
	}
}

// bucketArgs are the conditions of the filter that dossiers themselves answer.
func (k *Desk) bucketArgs(f Filter) db.Args {
	now := k.DB.Now()
	args := db.Args{}
	flag := func(names ...string) {
		for _, n := range names {
			args[n] = true
		}
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
	if f.NoSector {
		flag("no_sector")
	}
	for name, v := range map[string]string{"account": f.Account, "role": f.Role, "procedure": f.Procedure, "sector": f.Sector, "channel": string(f.Channel)} {
		if v != "" {
			args[name] = v
		}
	}
	return args
}

// after puts the place of a cursor into the arguments; false when there is no
// such place.
func (w *way) after(ctx context.Context, q db.Queryer, c Cursor) (bool, error) {
	switch w.order.Key {
	case KeyCode, KeyProcedure:
		w.args["after_key"] = c.Key
	case KeyName:
		key, err := db.Column[[]byte](ctx, q, nameKeyOf, c.ID)
		if err != nil || len(key) == 0 {
			return false, err
		}
		w.args["after_key"] = key[0]
	default:
		n, err := strconv.ParseInt(c.Key, 10, 64)
		if err != nil {
			return false, nil
		}
		w.args["after_key"] = n
	}
	w.args["after_id"] = c.ID
	return true, nil
}

var numbersHidden = fault.New(fault.Forbidden, "list.number_forbidden")

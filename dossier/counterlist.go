package dossier

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/unit"
)

// ListKind is where the dossiers of a list go.
type ListKind string

const (
	Outside   ListKind = "outside" // to a body elsewhere (phi địa giới hành chính)
	Inside    ListKind = "inside"  // to a division of the office (phòng chuyên môn)
	PostBatch ListKind = "post"    // results to the public post (BCCI)
)

// ListKinds lists them in the order of the page.
var ListKinds = []ListKind{Inside, Outside, PostBatch}

// mostItems is how many dossiers one list takes: what somebody can sign for.
const mostItems = 200

// A HandList is a numbered list of dossiers that leave the counter together
// (danh sách bàn giao), signed by who hands over and who takes.
type HandList struct {
	ID       string
	Unit     unit.ID
	Kind     ListKind
	Year     int64
	Number   int64 // of the unit, kind and year, without gaps
	Body     string
	Day      moment.Date
	Account  string
	Made     moment.Instant
	Handed   moment.Instant // zero until it is handed over
	Receiver string
	Items    []ListItem
}

// A ListItem is one dossier on a list.
type ListItem struct {
	Ord       int
	Dossier   string // its id
	Code      string
	Applicant string
	Procedure string
	Tracking  string
	Outcome   string // "", back, delivered, failed
	At        moment.Instant
	Note      string
}

// Out counts the items that have not come back, been delivered, or failed.
func (l HandList) Out() (n int) {
	for _, x := range l.Items {
		if x.Outcome == "" {
			n++
		}
	}
	return n
}

const handListColumns = `id, unit_id, kind, year, number, body, day, account, made_at, handed_at, receiver`

var (
	elsewherePut = db.Rows("counter.elsewhere.put", "dossier_elsewhere", "dossier_id, body", "")
	elsewhereOf  = db.SQL("counter.elsewhere.of", `SELECT body FROM dossier_elsewhere WHERE dossier_id = $1`)

	handListPut   = db.Rows("counter.list.put", "counter_list", handListColumns, "")
	handItemPut   = db.Rows("counter.list.items.put", "counter_list_item", "list_id, ord, dossier_id, kind, tracking, outcome, outcome_at, note", "")
	handListByID  = db.SQL("counter.list.by_id", `SELECT `+handListColumns+` FROM counter_list WHERE id = $1`)
	handListSince = db.SQL("counter.list.since", `
		SELECT `+handListColumns+` FROM counter_list
		WHERE unit_id = $1 AND (day >= $2 OR handed_at IS NULL
			OR EXISTS (SELECT 1 FROM counter_list_item i WHERE i.list_id = counter_list.id AND i.outcome = ''))
		ORDER BY day DESC, made_at DESC, id
		LIMIT 5000`)
	handItems = db.SQL("counter.list.items", `
		SELECT i.ord, d.id, d.code, p.name, d.procedure_code, i.tracking, i.outcome, i.outcome_at, i.note
		FROM counter_list_item i
		JOIN dossier d ON d.id = i.dossier_id
		JOIN dossier_person p ON p.dossier_id = d.id
		WHERE i.list_id = $1
		ORDER BY i.ord`)
	handListHand = db.SQL("counter.list.hand", `UPDATE counter_list SET handed_at = $1, receiver = $2 WHERE id = $3 AND handed_at IS NULL`)
	handItemSet  = db.SQL("counter.list.item.set", `
		UPDATE counter_list_item SET outcome = $1, outcome_at = $2, note = $3
		WHERE list_id = $4 AND dossier_id = $5 AND outcome = ''`)
	handTracking = db.SQL("counter.list.item.tracking", `UPDATE counter_list_item SET tracking = $1 WHERE list_id = $2 AND dossier_id = $3 AND outcome = ''`)
	handOut      = db.SQL("counter.list.out", `
		SELECT l.number FROM counter_list_item i JOIN counter_list l ON l.id = i.list_id
		WHERE i.dossier_id = $1 AND i.kind = $2 AND i.outcome = ''`)

	// What waits for a list: received for another body and never sent, results to
	// be posted that are on no batch, and what came today and lies with the counter.
	waitOutside = db.SQL("counter.wait.outside", `
		SELECT d.code, p.name, d.procedure_code, COALESCE(e.body, '')
		FROM dossier d
		JOIN dossier_person p ON p.dossier_id = d.id
		LEFT JOIN dossier_elsewhere e ON e.dossier_id = d.id
		WHERE d.unit_id = $1 AND NOT d.territorial AND d.ended_at IS NULL AND d.accepted_at IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM counter_list_item i WHERE i.dossier_id = d.id AND i.kind = 'outside')
		ORDER BY e.body, d.code
		LIMIT 200`)
	waitPost = db.SQL("counter.wait.post", `
		SELECT d.code, p.name, d.procedure_code, ''
		FROM dossier d
		JOIN dossier_person p ON p.dossier_id = d.id
		WHERE d.unit_id = $1 AND d.ended_at IS NOT NULL AND d.returned_at IS NULL AND d.return_by = 'post'
		AND NOT EXISTS (SELECT 1 FROM counter_list_item i WHERE i.dossier_id = d.id AND i.kind = 'post' AND i.outcome IN ('', 'failed'))
		ORDER BY d.ended_at, d.code
		LIMIT 200`)
	waitInside = db.SQL("counter.wait.inside", `
		SELECT d.code, p.name, d.procedure_code, d.sector
		FROM dossier d
		JOIN dossier_person p ON p.dossier_id = d.id
		WHERE d.unit_id = $1 AND d.accepted_at >= $2 AND d.ended_at IS NULL AND d.territorial
		AND NOT EXISTS (SELECT 1 FROM counter_list_item i WHERE i.dossier_id = d.id AND i.kind = 'inside')
		ORDER BY d.sector, d.code
		LIMIT 200`)
)

// A Listable is a dossier that belongs on a list and is on none.
type Listable struct {
	Code, Applicant, Procedure string
	Body                       string // where it is to go, or the sector for divisions
}

// ForList returns what waits for a list of a kind in a unit.
func (k *Desk) ForList(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, kind ListKind) ([]Listable, error) {
	if err := k.Guard.Check(ctx, q, a, auth.CounterRead, u); err != nil {
		return nil, err
	}
	stmt, args := waitOutside, []any{string(u)}
	switch kind {
	case PostBatch:
		stmt = waitPost
	case Inside:
		stmt, args = waitInside, append(args, k.DB.Now().Date().Start())
	}
	return db.All(ctx, q, stmt, func(r db.Scanner) (w Listable, err error) {
		err = r.Scan(&w.Code, &w.Applicant, &w.Procedure, &w.Body)
		return w, err
	}, args...)
}

// MakeList makes the next list of a kind with the dossiers of the codes, in their
// order. Errors name the code: unknown, of another unit, on another list, not
// such a dossier.
func (k *Desk) MakeList(ctx context.Context, a actor.Actor, u unit.ID, kind ListKind, body string, codes []string) (HandList, error) {
	var l HandList
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		verb := auth.DossierReceive
		if kind == PostBatch {
			verb = auth.DossierReturn
		}
		if err := k.Guard.Check(ctx, tx, a, verb, u); err != nil {
			return err
		}
		body = strings.Join(strings.Fields(body), " ")
		f := fault.New(fault.Invalid, "form.invalid")
		if !slices.Contains(ListKinds, kind) {
			f.With("kind", "counter.list.kind_wrong")
		}
		if body == "" {
			f.With("body", "counter.list.body_missing")
		}
		if len(codes) == 0 || len(codes) > mostItems {
			f.With("codes", "counter.list.codes_missing", "Most", mostItems)
		}
		if err := f.Or(); err != nil {
			return err
		}
		var ids []string
		for _, c := range codes {
			id, err := k.listable(ctx, tx, u, kind, c)
			if err != nil {
				return err
			}
			if slices.Contains(ids, id) {
				return fault.New(fault.Invalid, "form.invalid").With("codes", "counter.list.twice", "Code", c)
			}
			ids = append(ids, id)
		}
		n, err := nextInSeries(ctx, tx, u, "list."+string(kind))
		if err != nil {
			return err
		}
		l = HandList{ID: db.NewID(), Unit: u, Kind: kind, Year: int64(tx.Now.Date().Time().Year()), Number: n, Body: body, Day: tx.Now.Date(), Account: a.Account, Made: tx.Now}
		if err := tx.InsertRows(ctx, handListPut, [][]any{{l.ID, string(u), string(kind), l.Year, n, body, l.Day, a.Account, l.Made, l.Handed, ""}}); err != nil {
			return err
		}
		rows := make([][]any, len(ids))
		for i, id := range ids {
			rows[i] = []any{l.ID, i + 1, id, string(kind), "", "", moment.Instant(0), ""}
		}
		if err := tx.InsertRows(ctx, handItemPut, rows); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(verb), Kind: "counter_list", ID: l.ID, Unit: u, Changes: []audit.Change{
			{Field: "kind", To: string(kind)}, {Field: "number", To: strconv.FormatInt(n, 10)}, {Field: "dossiers", To: strings.Join(codes, " ")}}})
	})
	return l, err
}

// listable returns the id of a dossier that may go on a list.
func (k *Desk) listable(ctx context.Context, tx *db.Tx, u unit.ID, kind ListKind, code string) (string, error) {
	wrong := func(key string, args ...any) (string, error) {
		return "", fault.New(fault.Invalid, "form.invalid").With("codes", key, append([]any{"Code", code}, args...)...)
	}
	d, err := find(ctx, tx, code)
	if fault.Is(err, fault.NotFound) {
		return wrong("counter.list.unknown")
	}
	if err != nil {
		return "", err
	}
	ready := d.Ended != 0 && d.Returned == 0
	switch {
	case d.State.Unit != u:
		return wrong("counter.list.other_unit")
	case kind == PostBatch && !ready:
		return wrong("counter.list.no_result")
	case kind != PostBatch && !d.IsOpen():
		return wrong("counter.list.not_open")
	case kind == Outside && d.Territorial:
		return wrong("counter.list.territorial")
	}
	n, err := db.Value[int64](ctx, tx, handOut, d.ID, string(kind))
	if err == nil {
		return wrong("counter.list.out_already", "Number", n)
	}
	if !errors.Is(err, db.ErrNotFound) {
		return "", err
	}
	return d.ID, nil
}

func (k *Desk) handList(ctx context.Context, q db.Queryer, a actor.Actor, v auth.Verb, id string) (HandList, error) {
	l, err := db.One(ctx, q, handListByID, scanHandList, id)
	if errors.Is(err, db.ErrNotFound) {
		return l, fault.New(fault.NotFound, "counter.list.no_list")
	}
	if err != nil {
		return l, err
	}
	if err := k.Guard.Check(ctx, q, a, v, l.Unit); err != nil {
		return l, err
	}
	l.Items, err = db.All(ctx, q, handItems, scanListItem, id)
	return l, err
}

func scanHandList(r db.Scanner) (l HandList, err error) {
	err = r.Scan(&l.ID, &l.Unit, &l.Kind, &l.Year, &l.Number, &l.Body, &l.Day, &l.Account, &l.Made, &l.Handed, &l.Receiver)
	return l, err
}

func scanListItem(r db.Scanner) (x ListItem, err error) {
	err = r.Scan(&x.Ord, &x.Dossier, &x.Code, &x.Applicant, &x.Procedure, &x.Tracking, &x.Outcome, &x.At, &x.Note)
	return x, err
}

// HandList returns one list with its items.
func (k *Desk) HandList(ctx context.Context, q db.Queryer, a actor.Actor, id string) (HandList, error) {
	return k.handList(ctx, q, a, auth.CounterRead, id)
}

// HandLists returns a unit's lists since a day, and those before it that are not
// done with, the latest first; at most 5,000.
func (k *Desk) HandLists(ctx context.Context, q db.Queryer, a actor.Actor, u unit.ID, since moment.Date) ([]HandList, error) {
	if err := k.Guard.Check(ctx, q, a, auth.CounterRead, u); err != nil {
		return nil, err
	}
	out, err := db.All(ctx, q, handListSince, scanHandList, string(u), since)
	for i := range out {
		if err == nil {
			out[i].Items, err = db.All(ctx, q, handItems, scanListItem, out[i].ID)
		}
	}
	return out, err
}

func (l *HandList) stands() auth.State {
	if l.Handed != 0 {
		return "handed"
	}
	return "drawn_up"
}

// onList runs do on a list and records it.
func (k *Desk) onList(ctx context.Context, a actor.Actor, id, reason string, do func(tx *db.Tx, l *HandList) ([]audit.Change, error)) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := k.handList(ctx, tx, a, auth.DossierReturn, id)
		if err != nil {
			return err
		}
		changes, err := do(tx, &l)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.DossierReturn), Kind: "counter_list", ID: id, Unit: l.Unit, Changes: changes, Reason: reason})
	})
}

// GiveList marks a list as handed over and to whom.
func (k *Desk) GiveList(ctx context.Context, a actor.Actor, id, receiver string) error {
	return k.onList(ctx, a, id, "", func(tx *db.Tx, l *HandList) ([]audit.Change, error) {
		if receiver == "" {
			return nil, fault.New(fault.Invalid, "form.invalid").With("receiver", "counter.list.receiver_missing")
		}
		n, err := int64(0), error(nil)
		if auth.GiveList.In(l.stands()) {
			n, err = tx.Exec(ctx, handListHand, tx.Now, receiver, id)
		}
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "counter.list.handed_already")
		}
		return []audit.Change{{Field: "handed", To: tx.Now.String()}}, err
	})
}

// Track enters the post's tracking numbers of a batch, by dossier.
func (k *Desk) Track(ctx context.Context, a actor.Actor, id string, numbers map[string]string) error {
	return k.onList(ctx, a, id, "", func(tx *db.Tx, l *HandList) (changes []audit.Change, err error) {
		if l.Kind != PostBatch || !auth.TrackList.In(l.stands()) {
			return nil, fault.New(fault.Conflict, "counter.list.kind_wrong")
		}
		for _, code := range sortedKeys(numbers) {
			d, err := find(ctx, tx, code)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
			n, err := tx.Exec(ctx, handTracking, numbers[code], id, d.ID)
			if err != nil {
				return nil, err
			}
			if n == 0 {
				return nil, fault.New(fault.Invalid, "form.invalid").With("tracking", "counter.list.not_on", "Code", code)
			}
			changes = append(changes, audit.Change{Field: code, To: numbers[code]})
		}
		return changes, nil
	})
}

// Settle says what became of one dossier on a list that was handed over: back (it
// was received back), delivered (the post handed the result to the applicant at
// when; zero is now) or failed, with a note. A result that could not be delivered
// is among those not collected again, with the attempt noted.
func (k *Desk) Settle(ctx context.Context, a actor.Actor, id, code, outcome string, when moment.Instant, note string) error {
	return k.onList(ctx, a, id, note, func(tx *db.Tx, l *HandList) ([]audit.Change, error) {
		post := outcome == "delivered" || outcome == "failed"
		switch {
		case outcome != "back" && !post, post != (l.Kind == PostBatch):
			return nil, fault.New(fault.Invalid, "form.invalid").With("outcome", "counter.list.outcome_wrong")
		case !auth.SettleItem.In(l.stands()):
			return nil, fault.New(fault.Conflict, "counter.list.not_handed")
		case outcome == "failed" && note == "":
			return nil, fault.New(fault.Invalid, "form.invalid").With("note", "dossier.reason_missing")
		case when > tx.Now:
			return nil, fault.New(fault.Invalid, "form.invalid").With("at", "dossier.in_future")
		case when != 0 && when.Date() < l.Handed.Date():
			return nil, fault.New(fault.Invalid, "form.invalid").With("at", "counter.list.before_handed")
		}
		if when == 0 {
			when = tx.Now
		}
		d, err := find(ctx, tx, code)
		if err != nil {
			return nil, err
		}
		n, err := tx.Exec(ctx, handItemSet, outcome, when, note, id, d.ID)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, fault.New(fault.Conflict, "counter.list.settled_already", "Code", code)
		}
		switch outcome {
		case "delivered":
			i := slices.IndexFunc(l.Items, func(x ListItem) bool { return x.Code == code })
			err = k.actTx(ctx, tx, a, auth.HandOverResult, &d, handedOver(ByPost, when, l.Items[i].Tracking))
		case "failed":
			err = k.contacted(ctx, tx, a, &d, "post", note)
		}
		return []audit.Change{{Field: code, To: outcome}}, err
	})
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

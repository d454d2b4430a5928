// Package exchange tells other systems what happens to dossiers here (trao đổi dữ
// liệu): webhooks for whoever subscribes, and the status feed of a system that
// follows our dossiers, as the national portal does. What is to be told is
// written in the transaction in which it happens; jobs send it, at least once, in
// order for each dossier, with growing pauses until it is received or given up.
//
// Nothing personal leaves: a code, a unit, statuses and times.
package exchange

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/job"
	"cchc/base/moment"
	"cchc/unit"
)

// Kinds of Link.
const (
	Hook = "hook" // signed webhook: every change
	Peer = "peer" // the other side of our feed: changes of status
)

// A Link is a system that is told.
type Link struct {
	ID      string
	Kind    string
	Name    string
	URL     string // "" of a peer: a file is written instead
	Secret  string // signs webhooks; bearer token of a peer
	Unit    unit.ID
	System  string // of a peer: what it calls us
	List    string // of a peer: where its own list of our dossiers is fetched; only Create looks at it, see Book.List
	Created moment.Instant
	Ended   moment.Instant

	Waiting, Dead int64
	Last          moment.Instant // of what was received
}

// A Change is what happened to a dossier.
type Change struct {
	Dossier                   string // id, for the order
	System, Code              string
	Unit                      unit.ID
	Procedure, Channel        string
	Before, Status            int // national; Before is 0 for a new one
	Facts                     []string
	At                        moment.Instant // when it happened, which may have been entered later
	Accepted, Due, Ended, Now moment.Instant
	Outcome                   string
	Sequence                  int // grows with every change of the dossier
}

// A Delivery is one change on its way to one link.
type Delivery struct {
	ID       string
	Dossier  string
	Code     string
	Body     string
	At       moment.Instant
	Attempts int
	Next     moment.Instant
	State    string // waiting, done, dead
	Answer   string
}

// A Sender hands a delivery over; nil is received. What it returns is kept for
// who looks after the link.
type Sender interface {
	Send(ctx context.Context, l Link, d Delivery) error
}

// A Book keeps the links and what is on its way.
type Book struct {
	DB     *db.DB
	Guard  auth.Guard
	Units  *unit.Book
	Desk   Desk // what is compared with other sides' lists
	Sender Sender
	// Lists and Fetcher are for comparisons that run as jobs: see Start.
	Lists   Lists
	Fetcher Fetcher
	// Listed reports whether a host may be called; nil lets all be.
	Listed func(u *url.URL) bool
	// Seal keeps the secrets of links; nil keeps them as they are.
	Seal *auth.Seal
	// Quiet: nothing leaves (a training). Links can be kept, changes are not noted
	// for them, and nothing is sent or fetched.
	Quiet bool

	once  sync.Once
	cache db.Cache[[]Link]
}

// Deliver is the job that sends what waits for a link.
var Deliver = job.Kind[string]{Name: "exchange.deliver", Timeout: 10 * time.Minute, Attempts: 1}

const epoch = "exchange"

// attempts is how often a delivery is tried: about a day and a half.
const attempts = 14

var (
	linkInsert = db.SQL("exchange.link.insert", `
		INSERT INTO exchange_link (id, kind, name, url, secret, unit_id, system, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	linkEnd  = db.SQL("exchange.link.end", `UPDATE exchange_link SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL`)
	linkLive = db.SQL("exchange.link.live", `
		SELECT id, kind, name, url, secret, unit_id, system, created_at, ended_at
		FROM exchange_link
		WHERE ended_at IS NULL
		ORDER BY id`)
	linkAll = db.SQL("exchange.link.all", `
		SELECT l.id, l.kind, l.name, l.url, l.secret, l.unit_id, l.system, l.created_at, l.ended_at,
			(SELECT COUNT(*) FROM exchange_delivery d WHERE d.link_id = l.id AND d.state = 'waiting'),
			(SELECT COUNT(*) FROM exchange_delivery d WHERE d.link_id = l.id AND d.state = 'dead'),
			(SELECT MAX(d.done_at) FROM exchange_delivery d WHERE d.link_id = l.id AND d.state = 'done')
		FROM exchange_link l
		ORDER BY l.created_at DESC, l.id`)
	linkLease = db.SQL("exchange.link.lease", `
		UPDATE exchange_link SET lease_until = $1
		WHERE id = $2 AND ended_at IS NULL AND (lease_until IS NULL OR lease_until < $3)`)
	linkFree = db.SQL("exchange.link.free", `UPDATE exchange_link SET lease_until = NULL WHERE id = $1`)

	deliveryInsert = db.Rows("exchange.delivery.insert", "exchange_delivery", "link_id, id, dossier_id, code, body, at, attempts, next_at, state, answer", "")
	// What is tried again later holds back what came after it of the same dossier.
	deliveryDue = db.SQL("exchange.delivery.due", `
		SELECT d.id, d.dossier_id, d.code, d.body, d.at, d.attempts, d.next_at, d.state, d.answer
		FROM exchange_delivery d
		WHERE d.link_id = $1 AND d.state = 'waiting' AND d.next_at <= $2
		AND NOT EXISTS (
			SELECT 1 FROM exchange_delivery e
			WHERE e.link_id = d.link_id AND e.dossier_id = d.dossier_id AND e.state = 'waiting' AND e.next_at > $2 AND e.id < d.id)
		ORDER BY d.id
		LIMIT 100`)
	deliveryDone = db.SQL("exchange.delivery.done", `
		UPDATE exchange_delivery SET state = 'done', done_at = $1, attempts = $2, answer = ''
		WHERE link_id = $3 AND id = $4`)
	deliveryFailed = db.SQL("exchange.delivery.failed", `
		UPDATE exchange_delivery SET state = $1, attempts = $2, next_at = $3, answer = $4
		WHERE link_id = $5 AND id = $6`)
	deliveryAgain = db.SQL("exchange.delivery.again", `
		UPDATE exchange_delivery SET state = 'waiting', attempts = 0, next_at = $1
		WHERE link_id = $2 AND state <> 'done'`)
	deliveryOpen = db.SQL("exchange.delivery.open", `
		SELECT id, dossier_id, code, body, at, attempts, next_at, state, answer
		FROM exchange_delivery
		WHERE link_id = $1 AND state <> 'done'
		ORDER BY id
		LIMIT 200`)
	deliverySweep = db.SQL("exchange.delivery.sweep", `DELETE FROM exchange_delivery WHERE state = 'done' AND done_at < $1`)
	linksDue      = db.SQL("exchange.links.due", `
		SELECT DISTINCT link_id
		FROM exchange_delivery
		WHERE state = 'waiting' AND next_at <= $1`)
)

func scanLink(r db.Scanner) (l Link, err error) {
	err = r.Scan(&l.ID, &l.Kind, &l.Name, &l.URL, &l.Secret, &l.Unit, &l.System, &l.Created, &l.Ended)
	return l, err
}

func scanDelivery(r db.Scanner) (d Delivery, err error) {
	err = r.Scan(&d.ID, &d.Dossier, &d.Code, &d.Body, &d.At, &d.Attempts, &d.Next, &d.State, &d.Answer)
	return d, err
}

// Create makes a link and returns it with its secret, which is shown once. The
// actor needs dossier.import in the unit. Faults: Invalid with fields kind, name,
// url, system.
func (b *Book) Create(ctx context.Context, a actor.Actor, l Link) (Link, error) {
	l.Name, l.URL, l.System = strings.TrimSpace(l.Name), strings.TrimSpace(l.URL), strings.TrimSpace(l.System)
	f := fault.New(fault.Invalid, "exchange.invalid")
	if l.Kind != Hook && l.Kind != Peer {
		f.With("kind", "exchange.kind")
	}
	if l.Name == "" || len([]rune(l.Name)) > 100 {
		f.With("name", "exchange.name")
	}
	if u, err := url.Parse(l.URL); l.Kind == Hook && l.URL == "" || err != nil || l.URL != "" && (u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http") {
		f.With("url", "exchange.url")
	}
	if l.List = strings.TrimSpace(l.List); l.List != "" {
		if u, err := url.Parse(l.List); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || l.Kind != Peer {
			f.With("list", "exchange.list_url")
		}
	}
	if b.Listed != nil {
		for _, x := range [][2]string{{"url", l.URL}, {"list", l.List}} {
			if u, err := url.Parse(x[1]); err == nil && u.Host != "" && !b.Listed(u) {
				f.With(x[0], "exchange.unlisted", "Host", u.Host)
			}
		}
	}
	if l.Kind == Peer && l.System == "" {
		f.With("system", "exchange.system")
	}
	if err := f.Or(); err != nil {
		return l, err
	}
	if l.Kind == Hook || l.Secret == "" {
		l.Secret = rand.Text() + rand.Text()
	}
	err := b.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.Guard.Check(ctx, tx, a, auth.DossierImport, l.Unit); err != nil {
			return err
		}
		l.ID, l.Created = db.NewID(), tx.Now
		secret, err := b.Seal.Put(ctx, tx, sealedFor(l.ID), l.Secret)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, linkInsert, l.ID, l.Kind, l.Name, l.URL, secret, string(l.Unit), l.System, tx.Now); err != nil {
			return err
		}
		if l.List != "" {
			if _, err := tx.Exec(ctx, listPut, l.ID, l.List); err != nil {
				return err
			}
		}
		if err := tx.Bump(ctx, epoch); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "exchange.create", Kind: "exchange_link", ID: l.ID, Unit: l.Unit,
			Changes: []audit.Change{{Field: "kind", To: l.Kind}, {Field: "name", To: l.Name}, {Field: "url", To: l.URL}}})
	})
	return l, err
}

// Find returns a link that the actor looks after. Faults: NotFound.
func (b *Book) Find(ctx context.Context, a actor.Actor, id string) (Link, error) {
	list, err := b.Links(ctx, a)
	if err != nil {
		return Link{}, err
	}
	i := slices.IndexFunc(list, func(l Link) bool { return l.ID == id })
	if i < 0 {
		return Link{}, fault.New(fault.NotFound, "exchange.unknown")
	}
	return list[i], nil
}

// End ends a link: nothing more is sent.
func (b *Book) End(ctx context.Context, a actor.Actor, id string) error {
	return b.change(ctx, a, id, "exchange.end", func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, linkEnd, tx.Now, id); err != nil {
			return err
		}
		return tx.Bump(ctx, epoch)
	})
}

// Again has everything that was not received tried anew, at once.
func (b *Book) Again(ctx context.Context, a actor.Actor, id string) error {
	if b.Quiet {
		return fault.New(fault.Conflict, "exchange.quiet")
	}
	return b.change(ctx, a, id, "exchange.again", func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, deliveryAgain, tx.Now, id); err != nil {
			return err
		}
		return Deliver.Enqueue(ctx, tx, id)
	})
}

func (b *Book) change(ctx context.Context, a actor.Actor, id, verb string, do func(tx *db.Tx) error) error {
	l, err := b.Find(ctx, a, id)
	if err != nil {
		return err
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.Guard.Check(ctx, tx, a, auth.DossierImport, l.Unit); err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: verb, Kind: "exchange_link", ID: id, Unit: l.Unit, Changes: []audit.Change{{Field: "name", To: l.Name}}})
	})
}

// Links returns the links that the actor looks after, the newest first, with how
// they are. Faults: Unauthenticated, Forbidden.
func (b *Book) Links(ctx context.Context, a actor.Actor) ([]Link, error) {
	if err := b.Guard.CheckAnywhere(a, auth.DossierImport); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, b.DB, linkAll, func(r db.Scanner) (l Link, err error) {
		err = r.Scan(&l.ID, &l.Kind, &l.Name, &l.URL, &l.Secret, &l.Unit, &l.System, &l.Created, &l.Ended, &l.Waiting, &l.Dead, &l.Last)
		return l, err
	})
	if err != nil {
		return nil, err
	}
	var out []Link
	for _, l := range all {
		ok, err := b.Guard.May(ctx, b.DB, a, auth.DossierImport, l.Unit)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, l)
		}
	}
	return out, nil
}

// Open returns up to 200 deliveries of a link that were not received, the oldest
// first.
func (b *Book) Open(ctx context.Context, l Link) ([]Delivery, error) {
	return db.All(ctx, b.DB, deliveryOpen, scanDelivery, l.ID)
}

var (
	deadCount = db.SQL("exchange.dead.count", `
		SELECT COUNT(*)
		FROM exchange_delivery d
		JOIN exchange_link l ON l.id = d.link_id
		WHERE d.state = 'dead' AND l.ended_at IS NULL`)
	deadAnswer = db.SQL("exchange.dead.answer", `
		SELECT answer
		FROM exchange_delivery
		WHERE link_id = $1 AND state = 'dead'
		ORDER BY id DESC
		LIMIT 1`)
)

// Dead counts the deliveries to links in use that were given up.
func (b *Book) Dead(ctx context.Context) (int, error) { return db.Value[int](ctx, b.DB, deadCount) }

// LastAnswer returns what the other side said to the last delivery that was given
// up; "" when there is none.
func (b *Book) LastAnswer(ctx context.Context, link string) (string, error) {
	s, err := db.Value[string](ctx, b.DB, deadAnswer, link)
	if errors.Is(err, db.ErrNotFound) {
		err = nil
	}
	return s, err
}

// Note writes down, in the write in which a dossier changed, whom to tell.
func (b *Book) Note(ctx context.Context, tx *db.Tx, c Change) error {
	if b.Quiet {
		return nil
	}
	b.once.Do(func() {
		b.cache.Name, b.cache.Load = epoch, func(ctx context.Context, q db.Queryer) ([]Link, error) { return db.All(ctx, q, linkLive, scanLink) }
	})
	links, err := b.cache.Get(ctx, tx)
	if err != nil || len(links) == 0 {
		return err
	}
	var rows [][]any
	var tell []string
	for _, l := range links {
		if l.Kind == Peer && (c.Status == c.Before || c.System != "") {
			continue
		}
		if l.Unit != "" && l.Unit != c.Unit {
			within, err := b.Units.Within(ctx, tx, c.Unit, l.Unit)
			if err != nil {
				return err
			}
			if !within {
				continue
			}
		}
		id := db.NewID()
		body, err := b.body(ctx, tx, l, id, c)
		if err != nil {
			return err
		}
		rows = append(rows, []any{l.ID, id, c.Dossier, c.Code, string(body), c.Now, 0, c.Now, "waiting", ""})
		tell = append(tell, l.ID)
	}
	if err := tx.InsertRows(ctx, deliveryInsert, rows); err != nil {
		return err
	}
	return Deliver.EnqueueAll(ctx, tx, tell)
}

// A told is the body of a webhook.
type told struct {
	ID       string         `json:"id"`
	Type     string         `json:"type"`
	At       moment.Instant `json:"at"`
	Sequence int            `json:"sequence"`
	Dossier  toldDossier    `json:"dossier"`
	Facts    []string       `json:"facts"`
}

type toldDossier struct {
	System    string         `json:"system,omitempty"`
	Code      string         `json:"code"`
	Unit      string         `json:"unit"`
	Procedure string         `json:"procedure"`
	Channel   string         `json:"channel"`
	Before    int            `json:"status_before,omitempty"`
	Status    int            `json:"status"`
	Accepted  moment.Instant `json:"accepted,omitempty"`
	Due       moment.Instant `json:"due,omitempty"`
	Ended     moment.Instant `json:"ended,omitempty"`
	Outcome   string         `json:"outcome,omitempty"`
}

// Types of a webhook's events.
const (
	Received = "dossier.received"
	Status   = "dossier.status_changed"
	Updated  = "dossier.updated"
)

func (b *Book) body(ctx context.Context, q db.Queryer, l Link, id string, c Change) ([]byte, error) {
	tree, err := b.Units.Today(ctx, q)
	if err != nil {
		return nil, err
	}
	u, _ := tree.Unit(c.Unit)
	if l.Kind == Peer { // what POST /api/v1/feed/dossiers takes
		return json.Marshal(map[string]any{"system": l.System, "events": []any{peerEvent(id, u.Code, c)}})
	}
	t := told{ID: id, Type: Updated, At: c.Now, Sequence: c.Sequence, Facts: c.Facts, Dossier: toldDossier{System: c.System, Code: c.Code, Unit: u.Code, Procedure: c.Procedure,
		Channel: c.Channel, Before: c.Before, Status: c.Status, Accepted: c.Accepted, Due: c.Due, Ended: c.Ended, Outcome: c.Outcome}}
	switch {
	case c.Before == 0:
		t.Type = Received
	case c.Before != c.Status:
		t.Type = Status
	}
	return json.Marshal(t)
}

// peerEvent is one event of what a peer's feed takes.
func peerEvent(id, unit string, c Change) map[string]any {
	e := map[string]any{"event": id, "code": c.Code, "status": c.Status, "at": c.At, "unit": unit, "procedure": c.Procedure, "channel": c.Channel}
	if c.Due != 0 {
		e["due"] = c.Due
	}
	if c.Outcome == "refused" {
		e["refused"] = true
	}
	return e
}

// Send sends what is due for a link. One process at a time does so, by a lease
// that a crash lets run out; that keeps the order.
func (b *Book) Send(ctx context.Context, id string) error {
	if b.Quiet {
		return nil
	}
	took := int64(0)
	err := b.DB.Write(ctx, func(tx *db.Tx) (err error) {
		took, err = tx.Exec(ctx, linkLease, tx.Now.Add(Deliver.Timeout), id, tx.Now)
		return err
	})
	if err != nil || took == 0 {
		return err
	}
	defer b.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error { _, err := tx.Exec(ctx, linkFree, id); return err })
	links, err := db.All(ctx, b.DB, linkLive, scanLink)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(links, func(l Link) bool { return l.ID == id })
	if i < 0 {
		return nil
	}
	if links[i].Keyless() {
		return nil // what waits goes on waiting until it has a key: see Rekey
	}
	link, err := b.opened(links[i])
	if err != nil {
		return err // what waits goes on waiting
	}
	for {
		list, err := db.All(ctx, b.DB, deliveryDue, scanDelivery, id, b.DB.Now())
		if err != nil || len(list) == 0 {
			return err
		}
		held := map[string]bool{}
		for _, d := range list {
			if held[d.Dossier] {
				continue
			}
			wrong := b.Sender.Send(ctx, link, d)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			held[d.Dossier] = wrong != nil
			if err := b.settle(ctx, id, d, wrong); err != nil {
				return err
			}
		}
	}
}

// settle notes what became of a delivery.
func (b *Book) settle(ctx context.Context, link string, d Delivery, wrong error) error {
	d.Attempts++ // outside: the write may run more than once
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		if wrong == nil {
			_, err := tx.Exec(ctx, deliveryDone, tx.Now, d.Attempts, link, d.ID)
			return err
		}
		state := "waiting"
		if d.Attempts >= attempts {
			state = "dead"
		}
		answer := wrong.Error()
		answer = strings.ToValidUTF8(answer[:min(len(answer), 300)], "")
		_, err := tx.Exec(ctx, deliveryFailed, state, d.Attempts, tx.Now.Add(pause(d.Attempts)), answer, link, d.ID)
		return err
	})
}

// pause is how long to wait after so many attempts: half a minute, then twice as
// long each time, six hours at most.
func pause(n int) time.Duration { return min(30*time.Second<<(n-1), 6*time.Hour) }

// Sweep sends what is due again, and forgets what was received a month ago. Run
// it every minute.
func (b *Book) Sweep(ctx context.Context) error {
	due, err := db.Column[string](ctx, b.DB, linksDue, b.DB.Now())
	if err != nil {
		return err
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, deliverySweep, tx.Now.Add(-30*24*time.Hour)); err != nil {
			return err
		}
		return Deliver.EnqueueAll(ctx, tx, due)
	})
}

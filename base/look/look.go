// Package look keeps who looked at what (nhật ký xem): a thing's page, its numbers,
// its papers, its prints, and the files of lists in which it left the product.
//
// It stands aside from the audit trail. That has acts, one entry each, for ever; a
// look is no act, there are hundreds of times as many, and what one asks of them is
// who, on which days and for what. So a look is one row per person, thing, day, kind
// and purpose, which counts; it is written some seconds after the answer, in one write
// with others, so that no reader waits for it; and it goes when its time is over. What
// must not happen unnoted is noted in the write that does it, by Note.
package look

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/moment"
)

// What somebody looked at.
type What string

// Kinds of look. Exported is read from the files, and not stored as a look.
const (
	Opened   What = "opened"   // its page or, for a program, its data: numbers masked
	Numbers  What = "numbers"  // what pages mask
	Paper    What = "paper"    // a scan
	Printed  What = "printed"  // a form or receipt
	Exported What = "exported" // it was in the file of a list
)

// A Look is somebody who looked at a thing.
type Look struct {
	Object      string
	What        What
	Account     string
	Behalf      string // in whose place
	Token       string // of a program; "" at the screen
	Purpose     string // as it was called then; "" where none is asked for
	Day         moment.Date
	First, Last moment.Instant
	Times       int
	List        string // of Exported: of what the file was
	With        bool   // of Exported: with what pages mask
}

type key struct {
	object                 string
	what                   What
	account, behalf, token string
	purpose                string
	day                    moment.Date
}

type sum struct {
	first, last moment.Instant
	times       int
}

const (
	// most is how many looks wait to be written when writing fails; more than that
	// would be memory that grows with a fault.
	most = 50_000
	// Every is how often waiting looks are written: what a crash may lose.
	Every = 5 * time.Second
)

// A Log takes looks and writes them aside. DB is needed. A nil Log takes none.
type Log struct {
	DB *db.DB

	mu      sync.Mutex
	waiting map[key]*sum
	lost    int
	writing sync.Mutex
}

// Saw notes that somebody looked; it only takes a note and costs nothing. What the
// program itself reads is no look.
func (l *Log) Saw(a actor.Actor, object string, what What) {
	if l == nil || a.IsSystem() || !a.SignedIn() || object == "" {
		return
	}
	now := l.DB.Now()
	l.add(key{object: object, what: what, account: a.Account, behalf: a.For.Account, token: a.Token, day: now.Date()}, sum{now, now, 1})
}

func (l *Log) add(k key, s sum) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if x := l.waiting[k]; x != nil {
		x.first, x.last, x.times = min(x.first, s.first), max(x.last, s.last), x.times+s.times
		return
	}
	if len(l.waiting) >= most {
		l.lost++
		return
	}
	if l.waiting == nil {
		l.waiting = map[key]*sum{}
	}
	l.waiting[k] = &s
}

var put = db.Rows("look.put", "look", "object_id, day, account, on_behalf, token, what, purpose, first_at, last_at, times", `
	ON CONFLICT (object_id, day, account, on_behalf, token, what, purpose) DO UPDATE
	SET last_at = excluded.last_at, times = look.times + excluded.times`)

// Flush writes what waits. What could not be written waits on.
func (l *Log) Flush(ctx context.Context) error {
	if l == nil {
		return nil
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	took, lost := l.waiting, l.lost
	l.waiting, l.lost = nil, 0
	l.mu.Unlock()
	if lost > 0 {
		slog.ErrorContext(ctx, "looks were not noted: too many waited", "looks", lost)
	}
	if len(took) == 0 {
		return nil
	}
	rows := make([][]any, 0, len(took))
	for k, s := range took {
		rows = append(rows, k.row(*s))
	}
	err := l.DB.Write(ctx, func(tx *db.Tx) error { return tx.InsertRows(ctx, put, rows) })
	if err != nil {
		for k, s := range took {
			l.add(k, *s)
		}
	}
	return err
}

func (k key) row(s sum) []any {
	return []any{k.object, k.day, k.account, k.behalf, k.token, string(k.what), k.purpose, s.first, s.last, s.times}
}

// Keep writes what waits from time to time until ctx ends, and then the last of it.
func (l *Log) Keep(ctx context.Context) {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			if err := l.Flush(end); err != nil {
				slog.Error("the last looks were not noted", "err", err)
			}
			return
		}
		if err := l.Flush(ctx); err != nil && ctx.Err() == nil {
			slog.Error("looks wait to be noted", "err", err)
		}
	}
}

// Note notes a look in the write that makes it: it is on disk or nobody saw anything.
func Note(ctx context.Context, tx *db.Tx, a actor.Actor, object string, what What, purpose string) error {
	k := key{object: object, what: what, account: a.Account, behalf: a.For.Account, token: a.Token, purpose: purpose, day: tx.Now.Date()}
	return tx.InsertRows(ctx, put, [][]any{k.row(sum{tx.Now, tx.Now, 1})})
}

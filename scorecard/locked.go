package scorecard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/ledger"
	"cchc/base/receipt"
)

// A LockState says how something locked stands beside the entry of the trail that
// locked it last. Its words are the message ledger.found.STATE.
type LockState string

const (
	LockHolds     LockState = ""                  // it is what was locked; or nothing locks it
	LockChanged   LockState = "content"           // something else is stored
	LockGone      LockState = "content_gone"      // nothing is stored
	LockOpen      LockState = "content_open"      // it is not locked any more, and no act opened it
	LockUnread    LockState = "content_unread"    // what is stored cannot be read
	LockUnwatched LockState = "content_unwatched" // an act changed it from before such acts locked it anew: nobody can tell
)

// Wrong reports whether something was changed behind the program.
func (s LockState) Wrong() bool { return s != LockHolds && s != LockUnwatched }

// A LockCheck is how a publication, a round or a sheet stands beside the trail.
type LockCheck struct {
	Kind, ID string
	Name     string // of the publication or the round; "" when it cannot be read
	State    LockState
	Entry    string // that locked it last; "": nothing locks it
	Want     string // hash of what that entry locked
	Have     string // hash of what is stored; "" when there is nothing to hash
}

// Lock is what the check of the log says of it.
func (c LockCheck) Lock() ledger.Lock {
	return ledger.Lock{Entry: c.Entry, What: string(c.State), Wrong: c.State.Wrong()}
}

// lockedBy finds the entry that locks what a thing is now: the last one with the hash
// of a content, unless the thing was taken back since.
func lockedBy(trail []ledger.Placed) (by ledger.Placed, hash string) {
	for _, e := range trail {
		if h := changeTo(e.Entry, receipt.ContentField); h != "" {
			by, hash = e, h
		} else if slices.ContainsFunc(e.Changes, func(c audit.Change) bool { return c.Field == "handed_in" && c.To == "" }) {
			by, hash = ledger.Placed{}, "" // the unit's draft again
		}
	}
	return by, hash
}

func changeTo(e audit.Entry, field string) string {
	for _, c := range e.Changes {
		if c.Field == field {
			return c.To
		}
	}
	return ""
}

// CheckLocked compares what is stored of a thing with the last entry of the trail that
// locks it. That the trail itself was not rewritten is for the log to say. Things of
// other kinds hold.
func (k *Desk) CheckLocked(ctx context.Context, kind, id string) (LockCheck, error) {
	c := LockCheck{Kind: kind, ID: id}
	if kind != "publication" && kind != "round" && kind != "sheet" {
		return c, nil
	}
	err := k.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		trail, err := ledger.Of(ctx, q, kind, id)
		if err != nil {
			return err
		}
		by, hash := lockedBy(trail)
		if c.Entry, c.Want = by.Key, hash; hash == "" {
			return nil
		}
		if err := k.lockedNow(ctx, q, &c); err != nil {
			return err
		}
		if c.State == LockHolds && c.Have != c.Want {
			c.State = LockChanged
		}
		if c.State != LockChanged {
			return nil
		}
		old, err := k.changedUnlocked(ctx, q, kind, id, by, trail)
		if old {
			c.State = LockUnwatched
		}
		return err
	})
	if err != nil {
		return c, fmt.Errorf("compare %s %s with what was locked: %w", kind, id, err)
	}
	return c, nil
}

// lockedNow reads what is stored.
func (k *Desk) lockedNow(ctx context.Context, q db.Queryer, c *LockCheck) error {
	locked := false
	var content []byte
	var err error
	switch c.Kind {
	case "publication":
		var p Publication
		p, err = getPublication(ctx, q, c.ID)
		c.Name, locked = p.Title, p.Approved != 0
	case "round":
		var r Round
		r, err = getRound(ctx, q, c.ID)
		c.Name, locked = r.Name, r.Approved != 0
	case "sheet":
		var s Sheet
		if s, err = getSheet(ctx, q, c.ID); err == nil {
			locked = s.HandedIn != 0
			var r Round
			if r, err = getRound(ctx, q, s.Round); err == nil {
				c.Name = r.Name
			}
		}
	}
	if err == nil && locked {
		content, err = k.Locked(ctx, q, c.Kind, c.ID)
	}
	switch x := fault.As(err); {
	case x != nil && x.Kind == fault.NotFound && c.Name == "":
		c.State = LockGone
	case x != nil, unreadable(err):
		c.State = LockUnread
	case err != nil:
		return err
	case !locked:
		c.State = LockOpen
	default:
		c.Have = receipt.ContentHash(content)
	}
	return nil
}

// errInput says that something stored is not what it should be.
var errInput = errors.New("what is stored cannot be read")

func unreadable(err error) bool {
	var syntax *json.SyntaxError
	var sort *json.UnmarshalTypeError
	return errors.Is(err, errInput) || errors.As(err, &syntax) || errors.As(err, &sort)
}

// relocked is the field of an entry about measures that tells how many sheets it locked
// anew: those without it are from before measures did so.
const relocked = "relocked"

// changedUnlocked reports whether an act that may change what was locked, and did not
// lock it anew because it is older than that, came after a lock.
func (k *Desk) changedUnlocked(ctx context.Context, q db.Queryer, kind, id string, by ledger.Placed, trail []ledger.Placed) (bool, error) {
	has := func(list []ledger.Placed, prefix, without string) bool {
		return slices.ContainsFunc(list, func(e ledger.Placed) bool {
			return e.After(by) && (without == "" || changeTo(e.Entry, without) == "") &&
				slices.ContainsFunc(e.Changes, func(c audit.Change) bool { return strings.HasPrefix(c.Field, prefix) })
		})
	}
	switch kind {
	case "sheet":
		if has(trail, "block", receipt.ContentField) { // put into another group before that locked it anew
			return true, nil
		}
		s, err := getSheet(ctx, q, id)
		if err != nil {
			return false, err
		}
		round, err := ledger.Of(ctx, q, "round", s.Round)
		return has(round, "measures", relocked), err
	case "round":
		sheets, err := db.All(ctx, q, sheetsOf, scanSheet, id)
		if err != nil {
			return false, err
		}
		for _, s := range sheets {
			if list, err := ledger.Of(ctx, q, "sheet", s.ID); err != nil || has(list, string(StageFinal)+".", "") {
				return err == nil, err
			}
		}
	}
	return false, nil
}

var lockedThings = db.SQL("scorecard.locked.things", `
	SELECT DISTINCT kind, object_id
	FROM audit_entry
	WHERE kind IN ('publication', 'round', 'sheet') AND REPLACE(changes, '"content"', '') <> changes
	ORDER BY kind, object_id`)

// VerifyLocked compares everything that the trail says to be locked (published results,
// approved rounds, sheets that were handed in and not taken back) with what is stored,
// and tells what does not hold. It returns how much it compared, and of how much nobody
// can tell: LockUnwatched.
func (k *Desk) VerifyLocked(ctx context.Context, found func(LockCheck)) (compared, unwatched int, err error) {
	list, err := db.All(ctx, k.DB, lockedThings, func(r db.Scanner) (c LockCheck, err error) {
		return c, r.Scan(&c.Kind, &c.ID)
	})
	if err != nil {
		return 0, 0, err
	}
	for _, x := range list {
		c, err := k.CheckLocked(ctx, x.Kind, x.ID)
		switch {
		case err != nil:
			return compared, unwatched, err
		case c.Entry == "":
			continue
		case c.State == LockUnwatched:
			unwatched++
			continue
		case c.State.Wrong():
			found(c)
		}
		compared++
	}
	return compared, unwatched, nil
}

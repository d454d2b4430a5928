package notice

import (
	"context"
	"encoding/json"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// A Notice is what an account was told in the product.
type Notice struct {
	ID    string
	Event string
	Link  string // where it leads
	Text  string // in the reader's language
	At    moment.Instant
	Read  moment.Instant // 0: not yet

	vars string
}

// inboxPage is how many notices a page shows.
const inboxPage = 50

var (
	noticeList = db.SQL("notice.list", `
		SELECT id, event, link, vars, at, read_at
		FROM notice
		WHERE account_id = $1 AND id < $2
		ORDER BY id DESC
		LIMIT 51`)
	noticeListUnread = db.SQL("notice.list.unread", `
		SELECT id, event, link, vars, at, read_at
		FROM notice
		WHERE account_id = $1 AND id < $2 AND read_at IS NULL
		ORDER BY id DESC
		LIMIT 51`)
	noticeOne = db.SQL("notice.one", `
		SELECT id, event, link, vars, at, read_at
		FROM notice
		WHERE account_id = $1 AND id = $2`)
	// Beyond a hundred the exact number tells nobody anything.
	noticeUnread = db.SQL("notice.unread", `
		SELECT COUNT(*)
		FROM (SELECT 1 AS one FROM notice WHERE account_id = $1 AND read_at IS NULL LIMIT 100) AS waiting`)
	noticeRead    = db.SQL("notice.read", `UPDATE notice SET read_at = $1 WHERE account_id = $2 AND id = $3 AND read_at IS NULL`)
	noticeReadAll = db.SQL("notice.read_all", `UPDATE notice SET read_at = $1 WHERE account_id = $2 AND id <= $3 AND read_at IS NULL`)
)

func scanNotice(r db.Scanner) (n Notice, err error) {
	err = r.Scan(&n.ID, &n.Event, &n.Link, &n.vars, &n.At, &n.Read)
	return n, err
}

// last is greater than every id.
const last = "~"

// Inbox returns up to 50 of the actor's notices, the newest first, from before one
// of them ("" is the newest); next is where the following page begins, "" at the
// end.
func (b *Book) Inbox(ctx context.Context, a actor.Actor, unread bool, before string) (list []Notice, next string, err error) {
	if before == "" {
		before = last
	}
	s := noticeList
	if unread {
		s = noticeListUnread
	}
	if list, err = db.All(ctx, b.DB, s, scanNotice, a.Account, before); err != nil {
		return nil, "", err
	}
	if len(list) > inboxPage {
		list = list[:inboxPage]
		next = list[inboxPage-1].ID
	}
	m, err := b.now(ctx, b.DB)
	if err != nil {
		return nil, "", err
	}
	for i, n := range list {
		vars := map[string]string{}
		if err := json.Unmarshal([]byte(n.vars), &vars); err != nil {
			return nil, "", err
		}
		list[i].Text = b.write(ctx, m[slot{n.Event, App, i18n.Lang(ctx)}], vars).Body
	}
	return list, next, nil
}

// Unread counts what an account did not read, up to 100. It stands on every page.
func (b *Book) Unread(ctx context.Context, a actor.Actor) (int, error) {
	return db.Value[int](ctx, b.DB, noticeUnread, a.Account)
}

// Open marks one of the actor's notices as read and returns where it leads.
// Errors: db.ErrNotFound.
func (b *Book) Open(ctx context.Context, a actor.Actor, id string) (link string, err error) {
	n, err := db.One(ctx, b.DB, noticeOne, scanNotice, a.Account, id)
	if err != nil || n.Read != 0 {
		return n.Link, err
	}
	return n.Link, b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, noticeRead, tx.Now, a.Account, id)
		return err
	})
}

// ReadAll marks the actor's notices as read, up to the newest that was seen: what
// came meanwhile stays.
func (b *Book) ReadAll(ctx context.Context, a actor.Actor, upTo string) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, noticeReadAll, tx.Now, a.Account, upTo)
		return err
	})
}

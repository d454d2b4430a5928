package notice

import (
	"context"
	"encoding/json"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/unit"
)

// A Filter chooses what of the log is shown; empty fields choose all.
type Filter struct {
	State, Channel, Event, Code string
	Before                      string // id from before which the page goes on
}

// logPage is how many messages a page of the log shows.
const logPage = 50

var logList = db.Lines("notice.log", `
	SELECT `+itemColumns+`
	FROM notice_message
	WHERE id < :before
	AND state = :state --[state]
	AND channel = :channel --[channel]
	AND event = :event --[event]
	AND code = :code --[code]
	ORDER BY id DESC
	LIMIT 51`)

// Log returns a page of what was sent or waits, the newest first; next is where
// the following page begins, "" at the end. The actor keeps notices.
func (b *Book) Log(ctx context.Context, a actor.Actor, f Filter) (list []Item, next string, err error) {
	if err := b.Check(ctx, b.DB, a); err != nil {
		return nil, "", err
	}
	if f.Before == "" {
		f.Before = last
	}
	args := db.Args{"before": f.Before}
	for name, v := range map[string]string{"state": f.State, "channel": f.Channel, "event": f.Event, "code": f.Code} {
		if v != "" {
			args[name] = v
		}
	}
	s, values := logList.With(args)
	if list, err = db.All(ctx, b.DB, s, scanItem, values...); err != nil {
		return nil, "", err
	}
	if len(list) > logPage {
		list = list[:logPage]
		next = list[logPage-1].ID
	}
	return list, next, nil
}

var messagesOf = db.SQL("notice.messages_of", `
	SELECT `+itemColumns+`
	FROM notice_message
	WHERE dossier_id = $1
	ORDER BY id DESC
	LIMIT 100`)

// OfDossier returns what the applicant of a dossier was told, the newest first.
// The actor reads dossiers in its unit.
func (b *Book) OfDossier(ctx context.Context, a actor.Actor, dossier string, u unit.ID) ([]Item, error) {
	if err := b.Guard.Check(ctx, b.DB, a, auth.DossierRead, u); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, b.DB, messagesOf, scanItem, dossier)
	var out []Item
	for _, x := range all {
		if x.Account == "" {
			out = append(out, x)
		}
	}
	return out, err
}

// Show returns a message of the log with its text by the template that holds now,
// without the addressee's name. The actor keeps notices.
func (b *Book) Show(ctx context.Context, a actor.Actor, x Item) (Text, error) {
	if err := b.Check(ctx, b.DB, a); err != nil {
		return Text{}, err
	}
	vars := map[string]string{"name": "•••"}
	if err := json.Unmarshal([]byte(x.vars), &vars); err != nil {
		return Text{}, err
	}
	t, _, err := b.written(ctx, b.DB, x.Event, x.Channel, x.Lang, vars)
	return t, err
}

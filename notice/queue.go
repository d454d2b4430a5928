package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A Message is a notice on its way out of the program.
type Message struct {
	ID      string         `json:"id"` // stays the same when it is sent again
	Channel string         `json:"channel"`
	Event   string         `json:"event"`
	To      string         `json:"to"`
	Subject string         `json:"subject,omitempty"`
	Text    string         `json:"text"`
	Lang    string         `json:"lang"`
	At      moment.Instant `json:"at"`
}

// A Sender hands messages over to whoever brings them: a mail server, a gateway
// for text messages. It returns an error for each message, nil where it was
// taken; one that Is ErrRefused is not tried again.
type Sender interface {
	// Via names the way in the log: "smtp", "file".
	Via() string
	Send(ctx context.Context, list []Message) []error
}

// ErrRefused says that a message will not be taken the next time either.
var ErrRefused = errors.New("refused for good")

// attempts is how often a message is tried: over about a day and a half.
const attempts = 14

// lease is how long a message that is being sent is left alone; after a crash it
// is sent again.
const lease = 15 * time.Minute

// An Item is a message as it stands in the queue and in the log.
type Item struct {
	ID, Event, Channel string
	Account, Dossier   string
	Code, Lang         string
	Masked             string
	At                 moment.Instant
	Attempts           int
	Next               moment.Instant
	State, Via, Answer string
	Version            int64
	Done               moment.Instant

	vars string
}

const itemColumns = `id, event, channel, account_id, dossier_id, code, lang, vars, masked, at, attempts, next_at, state, via, answer, version, done_at`

var (
	messageDue = db.SQL("notice.message.due", `
		SELECT `+itemColumns+`
		FROM notice_message
		WHERE channel = $1 AND state = 'waiting' AND next_at <= $2
		ORDER BY next_at, id
		LIMIT 50`)
	messageTake = db.SQL("notice.message.take", `
		UPDATE notice_message SET next_at = $1
		WHERE id = $2 AND state = 'waiting' AND next_at <= $3`)
	messageSettle = db.SQL("notice.message.settle", `
		UPDATE notice_message SET state = $1, attempts = $2, next_at = $3, via = $4, answer = $5, version = $6, done_at = $7
		WHERE id = $8 AND state = 'waiting'`)
	messageChannels = db.SQL("notice.message.channels", `SELECT DISTINCT channel FROM notice_message WHERE state = 'waiting' AND next_at <= $1`)
	messageAgain    = db.SQL("notice.message.again", `
		UPDATE notice_message SET state = 'waiting', attempts = 0, next_at = $1
		WHERE id = $2 AND state IN ('waiting', 'dead')`)
	messageAgainAll = db.SQL("notice.message.again_all", `
		UPDATE notice_message SET state = 'waiting', attempts = 0, next_at = $1
		WHERE state = 'dead'`)
	messageDead  = db.SQL("notice.message.dead", `SELECT COUNT(*) FROM notice_message WHERE state = 'dead'`)
	messageOne   = db.SQL("notice.message.one", `SELECT `+itemColumns+` FROM notice_message WHERE id = $1`)
	messageSweep = db.SQL("notice.message.sweep", `DELETE FROM notice_message WHERE at < $1 AND state <> 'waiting'`)
	noticeSweep  = db.SQL("notice.sweep", `DELETE FROM notice WHERE at < $1`)
)

func scanItem(r db.Scanner) (x Item, err error) {
	err = r.Scan(&x.ID, &x.Event, &x.Channel, &x.Account, &x.Dossier, &x.Code, &x.Lang, &x.vars, &x.Masked, &x.At, &x.Attempts, &x.Next,
		&x.State, &x.Via, &x.Answer, &x.Version, &x.Done)
	return x, err
}

// SendDue hands over what is due on a channel, in turns, until nothing is.
func (b *Book) SendDue(ctx context.Context, channel string) error {
	s := b.Senders[channel]
	if s == nil {
		return nil
	}
	for {
		taken, err := b.take(ctx, channel)
		if err != nil || len(taken) == 0 {
			return err
		}
		if err := b.send(ctx, s, taken); err != nil {
			return err
		}
	}
}

// take claims messages for this process.
func (b *Book) take(ctx context.Context, channel string) (taken []Item, err error) {
	err = b.DB.Write(ctx, func(tx *db.Tx) error {
		taken = nil
		due, err := db.All(ctx, tx, messageDue, scanItem, channel, tx.Now)
		if err != nil {
			return err
		}
		for _, x := range due {
			n, err := tx.Exec(ctx, messageTake, tx.Now.Add(lease), x.ID, tx.Now)
			if err != nil {
				return err
			}
			if n > 0 {
				taken = append(taken, x)
			}
		}
		return nil
	})
	return taken, err
}

func (b *Book) send(ctx context.Context, s Sender, taken []Item) error {
	templates, err := b.now(ctx, b.DB)
	if err != nil {
		return err
	}
	var list []Message
	var of []int
	wrong := make([]error, len(taken))
	for i, x := range taken {
		m, version, err := b.compose(ctx, templates, x)
		if err != nil && !errors.Is(err, ErrRefused) {
			return err
		}
		taken[i].Version = version
		if wrong[i] = err; err == nil {
			list, of = append(list, m), append(of, i)
		}
	}
	if len(list) > 0 {
		for j, err := range s.Send(ctx, list) {
			wrong[of[j]] = err
		}
	}
	if ctx.Err() != nil { // cut off: what was not settled is sent again after the lease
		ctx = context.WithoutCancel(ctx)
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		for i, x := range taken {
			if err := settle(ctx, tx, s.Via(), x, wrong[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// compose reads the address and writes the text.
func (b *Book) compose(ctx context.Context, templates map[slot]Template, x Item) (Message, int64, error) {
	m := Message{ID: x.ID, Channel: x.Channel, Event: x.Event, Lang: x.Lang, At: x.At}
	vars := map[string]string{}
	if err := json.Unmarshal([]byte(x.vars), &vars); err != nil {
		return m, 0, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if x.Account == "" {
		p, err := b.Source.Addressee(ctx, x.Dossier)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return m, 0, err
		}
		vars["name"] = p.Name
		if p.Token != "" {
			vars["stop"] = "/stop/" + p.Token
		}
		if m.To = p.Phone; x.Channel == Email {
			m.To = p.Email
		}
	} else {
		w, err := b.wish(ctx, b.DB, x.Account)
		if err != nil {
			return m, 0, err
		}
		m.To = w.Email
	}
	t, ok := templates[slot{x.Event, x.Channel, x.Lang}]
	if m.To == "" || !ok || x.Channel == Email && !GoodEmail(m.To) {
		return m, 0, fmt.Errorf("no usable address: %w", ErrRefused)
	}
	text := b.write(ctx, t, vars)
	m.Subject, m.Text = text.Subject, text.Body
	return m, t.Version, nil
}

// settle notes what became of a message.
func settle(ctx context.Context, tx *db.Tx, via string, x Item, wrong error) error {
	state, next, done, answer := "sent", x.Next, tx.Now, ""
	x.Attempts++
	if wrong != nil {
		state, done = "waiting", 0
		next = tx.Now.Add(pause(x.Attempts))
		if errors.Is(wrong, ErrRefused) || x.Attempts >= attempts {
			state, done = "dead", tx.Now
		}
		answer = wrong.Error()
		answer = strings.ToValidUTF8(answer[:min(len(answer), 300)], "")
	}
	_, err := tx.Exec(ctx, messageSettle, state, x.Attempts, next, via, answer, x.Version, done, x.ID)
	return err
}

// pause is how long a message rests after n attempts: a minute, doubled, six hours
// at most.
func pause(n int) time.Duration { return min(time.Minute<<min(n-1, 20), 6*time.Hour) }

// Resend sends what is due on every channel; the sweep that finds what a job of
// its own would have come for.
func (b *Book) Resend(ctx context.Context) error {
	channels, err := db.Column[string](ctx, b.DB, messageChannels, b.DB.Now())
	if err != nil {
		return err
	}
	for _, c := range channels {
		if err := b.SendDue(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// Again tries a message anew, or with an empty id all that were given up. The
// actor keeps notices.
func (b *Book) Again(ctx context.Context, a actor.Actor, id string) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.Check(ctx, tx, a); err != nil {
			return err
		}
		channels, of := Leaving, "all"
		var n int64
		var err error
		if id == "" {
			dead, err := db.Value[int](ctx, tx, messageDead)
			if err != nil || dead == 0 {
				return err
			}
			if n, err = tx.Exec(ctx, messageAgainAll, tx.Now); err != nil {
				return err
			}
		} else {
			x, err := db.One(ctx, tx, messageOne, scanItem, id)
			if errors.Is(err, db.ErrNotFound) {
				return fault.New(fault.NotFound, "notice.message_unknown")
			}
			if err != nil {
				return err
			}
			channels, of = []string{x.Channel}, id
			if n, err = tx.Exec(ctx, messageAgain, tx.Now, id); err != nil {
				return err
			}
		}
		if err != nil || n == 0 {
			return err
		}
		if err := Send.EnqueueAll(ctx, tx, channels); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "notice.again", Kind: "notice_message", ID: of,
			Changes: []audit.Change{{Field: "messages", To: fmt.Sprint(n)}}})
	})
}

// Failed counts what was given up.
func (b *Book) Failed(ctx context.Context) (int, error) { return db.Value[int](ctx, b.DB, messageDead) }

// over is the moment before which nothing is kept.
func (b *Book) over(ctx context.Context, q db.Queryer) (moment.Instant, error) {
	days, err := b.Settings.Int(ctx, q, KeepDays, "")
	return b.DB.Now().Add(-time.Duration(days) * 24 * time.Hour), err
}

var (
	oldNotices  = db.SQL("notice.old", `SELECT COUNT(*) FROM notice WHERE at < $1`)
	oldMessages = db.SQL("notice.message.old", `SELECT COUNT(*) FROM notice_message WHERE at < $1 AND state <> 'waiting'`)
	allNotices  = db.SQL("notice.all", `SELECT COUNT(*) FROM notice`)
	allMessages = db.SQL("notice.message.all", `SELECT COUNT(*) FROM notice_message`)
)

// Old counts the notices and messages that Forget would drop, and all there are.
func (b *Book) Old(ctx context.Context, q db.Queryer) (old, all int, err error) {
	before, err := b.over(ctx, q)
	if err != nil {
		return 0, 0, err
	}
	for _, x := range []struct {
		s    *db.Stmt
		args []any
		to   *int
	}{{oldNotices, []any{before}, &old}, {oldMessages, []any{before}, &old}, {allNotices, nil, &all}, {allMessages, nil, &all}} {
		n, err := db.Value[int](ctx, q, x.s, x.args...)
		if err != nil {
			return 0, 0, err
		}
		*x.to += n
	}
	return old, all, nil
}

// Forget drops notices and the log of messages that are older than they are kept.
func (b *Book) Forget(ctx context.Context) error {
	before, err := b.over(ctx, b.DB)
	if err != nil {
		return err
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, messageSweep, before); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, noticeSweep, before)
		return err
	})
}

package notice

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
)

// overlap is how far a sweep looks back behind where the last one came: a write
// of PostgreSQL has its instant from before it committed, and clocks of several
// machines differ a little. What is read twice is told once, by its key.
const overlap = 2 * time.Minute

// dailyFrom is when on a day lists of what is due are made: before work begins.
const dailyFrom = 6*3600 + 1800

// listed is how many dossiers a daily list names; it says how many there are.
const listed = 30

var (
	cursorOf  = db.SQL("notice.cursor", `SELECT at FROM notice_cursor WHERE name = $1`)
	cursorSet = db.SQL("notice.cursor.set", `
		INSERT INTO notice_cursor (name, at) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET at = excluded.at
		WHERE notice_cursor.at < excluded.at`)
	noticeInsert  = db.Rows("notice.insert", "notice", "account_id, id, key, event, link, vars, at", "ON CONFLICT (account_id, key) DO NOTHING")
	messageInsert = db.Rows("notice.message.insert", "notice_message",
		"id, key, event, channel, account_id, dossier_id, code, lang, vars, masked, at, attempts, next_at, state, via, answer, version", "ON CONFLICT (key) DO NOTHING")
)

// A news is something to be told to one person.
type news struct {
	event, key string // the key within the person's notices
	account    string // "" is the applicant of the dossier
	of         *Happening
	link       string
	vars       map[string]string
	list       func(lang string) string // of a daily list, for e-mail
}

// Begin makes the reading of facts begin at a moment, if it has not begun later:
// what is older is told to nobody.
func (b *Book) Begin(ctx context.Context, at moment.Instant) error {
	return b.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, cursorSet, "facts", at); return err })
}

// Sweep tells of what happened since the last sweep and returns how many news
// there were. The first one only begins.
func (b *Book) Sweep(ctx context.Context) (int, error) {
	now := b.DB.Now()
	last, err := db.Value[moment.Instant](ctx, b.DB, cursorOf, "facts")
	if errors.Is(err, db.ErrNotFound) {
		return 0, b.Begin(ctx, now)
	}
	if err != nil {
		return 0, err
	}
	b.prune(last.Add(-2 * overlap))
	told, batch := 0, []news{}
	flush := func() error {
		err := b.tell(ctx, batch)
		told += len(batch)
		batch = batch[:0]
		return err
	}
	err = b.Source.Happened(ctx, last.Add(-overlap), b.known, func(list []Happening) error {
		for _, n := range newsOf(list) {
			if b.fresh(n, now) {
				batch = append(batch, n)
			}
		}
		if len(batch) >= 200 {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		b.forget() // what was not written must be read again
		return told, err
	}
	return told, b.Begin(ctx, now)
}

// known reports whether what was entered at a dossier until a moment was read by this
// process already: a sweep meets the same dossiers several times, for it looks back,
// and reading each anew took as long as receiving it had.
func (b *Book) known(dossier string, recorded moment.Instant) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.read == nil {
		b.read = map[string]moment.Instant{}
	}
	if b.read[dossier] == recorded {
		return true
	}
	b.read[dossier] = recorded
	return false
}

// fresh reports whether a news was not told by this process lately.
func (b *Book) fresh(n news, now moment.Instant) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen == nil {
		b.seen = map[string]moment.Instant{}
	}
	key := n.account + " " + n.key
	_, old := b.seen[key]
	b.seen[key] = now
	return !old
}

// prune drops what no sweep meets any more: what was read or told before a moment.
func (b *Book) prune(before moment.Instant) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := func(_ string, at moment.Instant) bool { return at < before }
	maps.DeleteFunc(b.read, old)
	maps.DeleteFunc(b.seen, old)
}

func (b *Book) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read, b.seen = nil, nil
}

// newsOf says who is told what of a dossier's facts. Nobody is told of what they
// did themselves; a result that was handed over in the same moment is not
// announced as well.
func newsOf(list []Happening) []news {
	returned := slices.ContainsFunc(list, func(h Happening) bool { return h.Kind == "returned" })
	var out []news
	for i := range list {
		h := &list[i]
		event, account := "", ""
		switch h.Kind {
		case "accepted":
			event = "received"
		case "not_accepted", "stopped", "returned":
			event = h.Kind
		case "supplement_asked":
			event = "papers"
		case "apologised":
			event = "apology"
		case "finished", "refused":
			if returned {
				continue
			}
			event = "ready"
		case "supplement_received":
			event, account = "supplied", h.Holder
		case "step":
			switch h.How {
			case "forwarded":
				event, account = "assigned", h.StepOf
			case "sent_back":
				event, account = "sent_back", h.StepOf
			}
		}
		e, ok := EventOf(event)
		if !ok || !e.Applicant && (account == "" || account == h.Account) || e.Applicant && !h.Email && !h.Phone {
			continue
		}
		n := news{event: event, account: account, of: h, key: h.Dossier + "/" + strconv.Itoa(h.Seq),
			vars: map[string]string{"code": h.Code, "procedure": h.Procedure}}
		due := h.Due
		if e.Applicant {
			n.link = "/lookup?code=" + h.Code
			if h.Promised != 0 {
				n.vars["promised"] = h.Promised.String()
			}
		} else {
			n.link, n.vars["step"] = "/dossiers/"+h.Code, cmp.Or(h.Step, h.StepOf)
			if event != "supplied" && h.StepDue != 0 {
				due = h.StepDue
			}
		}
		if due != 0 {
			n.vars["due"] = due.String()
		}
		out = append(out, n)
	}
	return out
}

// Daily tells every account, once on a day on which it works, what is due at its
// steps by the end of the next working day, as one list. It returns how many
// accounts were told.
func (b *Book) Daily(ctx context.Context) (int, error) {
	now := b.DB.Now()
	if now.SecondOfDay() < dailyFrom {
		return 0, nil
	}
	day := now.Date()
	last, err := db.Value[moment.Instant](ctx, b.DB, cursorOf, "daily")
	if err == nil && last >= day.Start() {
		return 0, nil
	}
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return 0, err
	}
	late, err := b.Source.Late(ctx, day)
	if err != nil {
		return 0, err
	}
	per := map[string][]Late{}
	for _, l := range late {
		per[l.Account] = append(per[l.Account], l)
	}
	var batch []news
	for _, account := range slices.Sorted(maps.Keys(per)) {
		mine, overdue := per[account], 0
		for _, l := range mine {
			if l.Due < now {
				overdue++
			}
		}
		batch = append(batch, news{event: "due", key: "due/" + day.String(), account: account, link: "/work",
			vars: map[string]string{"count": strconv.Itoa(len(mine)), "overdue": strconv.Itoa(overdue), "day": now.String()},
			list: func(lang string) string {
				text := ""
				for _, l := range mine[:min(len(mine), listed)] {
					text += fmt.Sprintf("%s · %s · %s\n", l.Code, l.Step, i18n.Instant(i18n.With(ctx, lang), l.Due))
				}
				if len(mine) > listed {
					text += "…\n"
				}
				return text
			}})
	}
	for part := range slices.Chunk(batch, 200) {
		if err := b.tell(ctx, part); err != nil {
			return 0, err
		}
	}
	return len(batch), b.DB.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, cursorSet, "daily", now); return err })
}

// A Letter is something longer for one account, as a weekly digest.
type Letter struct{ Subject, Text, Link string }

// Post tells an account of a letter; the same link is told once.
func (b *Book) Post(ctx context.Context, account string, l Letter) error {
	return b.tell(ctx, []news{{event: "digest", key: "digest" + l.Link, account: account, link: l.Link,
		vars: map[string]string{"subject": l.Subject, "text": l.Text}}})
}

// tell writes news down, for the product and for what leaves it.
func (b *Book) tell(ctx context.Context, list []news) error {
	if len(list) == 0 {
		return nil
	}
	return b.DB.Write(ctx, func(tx *db.Tx) error {
		tree, err := b.Units.Today(ctx, tx)
		if err != nil {
			return err
		}
		var notices, messages [][]any
		accounts, channels := map[string]bool{}, map[string]bool{}
		add := func(n news, channel, lang, masked string, vars map[string]string) error {
			text, err := json.Marshal(vars)
			if err != nil {
				return err
			}
			dossier, code := "", ""
			if n.of != nil {
				dossier, code = n.of.Dossier, n.of.Code
			}
			messages = append(messages, []any{db.NewID(), channel + "/" + n.account + "/" + n.key, n.event, channel, n.account, dossier, code, lang,
				string(text), masked, tx.Now, 0, tx.Now, "waiting", "", "", 0})
			channels[channel] = true
			return nil
		}
		for _, n := range list {
			n.vars["link"] = n.link
			if n.of != nil {
				u, _ := tree.Unit(n.of.Unit)
				n.vars["unit"] = u.Name
			}
			if n.account == "" {
				ways, err := b.ways(ctx, tx, n.of)
				if err != nil {
					return err
				}
				for channel, masked := range ways {
					if err := add(n, channel, i18n.Vietnamese, masked, n.vars); err != nil {
						return err
					}
				}
				continue
			}
			text, err := json.Marshal(n.vars)
			if err != nil {
				return err
			}
			notices = append(notices, []any{n.account, db.NewID(), n.key, n.event, n.link, string(text), tx.Now})
			accounts[n.account] = true
			w, err := b.wish(ctx, tx, n.account)
			if err != nil {
				return err
			}
			if b.Senders[Email] != nil && w.Email != "" && slices.Contains(w.Events, n.event) {
				vars := n.vars
				if n.list != nil {
					vars = maps.Clone(vars)
					vars["list"] = n.list(w.Lang)
				}
				if err := add(n, Email, w.Lang, Mask(w.Email), vars); err != nil {
					return err
				}
			}
		}
		if err := tx.InsertRows(ctx, noticeInsert, notices); err != nil {
			return err
		}
		if err := tx.InsertRows(ctx, messageInsert, messages); err != nil {
			return err
		}
		if b.Tell != nil {
			for a := range accounts {
				b.Tell(tx, a)
			}
		}
		return Send.EnqueueAll(ctx, tx, slices.Sorted(maps.Keys(channels)))
	})
}

// ways returns by which channels an applicant is told, each with the masked
// address. E-mail where there is an address, otherwise a text message; Zalo only
// where the applicant agreed, for another company then learns the number.
func (b *Book) ways(ctx context.Context, q db.Queryer, h *Happening) (map[string]string, error) {
	said, err := sayings(ctx, q, h.Dossier)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	offered := func(channel string) bool {
		wanted, said := said[channel]
		return b.Senders[channel] != nil && (!said || wanted)
	}
	if h.Email && offered(Email) {
		out[Email] = h.MaskedEmail
	}
	if h.Phone && said[Zalo] && offered(Zalo) {
		out[Zalo] = h.MaskedPhone
	} else if h.Phone && len(out) == 0 && offered(SMS) {
		out[SMS] = h.MaskedPhone
	}
	return out, nil
}

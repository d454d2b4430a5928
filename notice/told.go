package notice

import (
	"context"
	"slices"
)

// A Told is news that another room has for an account.
type Told struct {
	Event   string // one of Events, of officers
	Key     string // the same news is told to an account once
	Account string
	Link    string
	Vars    map[string]string // the event's fields; moments as moment.Instant writes them, and stage as the key of a message
}

// Bring tells accounts what another room brings, in the product and by e-mail to who
// wished it. What was told is not told again, however often it is brought. It returns
// how many were new to this process.
func (b *Book) Bring(ctx context.Context, list []Told) (int, error) {
	now := b.DB.Now()
	var batch []news
	for _, t := range list {
		if e, ok := EventOf(t.Event); !ok || e.Applicant || t.Account == "" {
			continue
		}
		n := news{event: t.Event, key: t.Key, account: t.Account, link: t.Link, vars: t.Vars}
		if b.fresh(n, now) {
			batch = append(batch, n)
		}
	}
	for part := range slices.Chunk(batch, 200) {
		if err := b.tell(ctx, part); err != nil {
			b.forget()
			return 0, err
		}
	}
	return len(batch), nil
}

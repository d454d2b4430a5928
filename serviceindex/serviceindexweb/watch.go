package serviceindexweb

import (
	"context"
	"net/http"
	"sync"
	"time"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/unit"
)

const (
	// A fact shows at once. Those that follow it wait for a while that grows with
	// what making the last board cost, so that all who watch boards take together no
	// more than a third of a processor.
	streamPauses = 2 // times what the last board took
	pauseLeast   = 20 * time.Millisecond
	pauseMost    = 2 * time.Second
)

// watchedBoards are the boards that streams send. All who watch the same board get
// the same reading of it, and one is read at a time.
type watchedBoards struct {
	mu    sync.Mutex
	kept  map[watchKey]keptBoard
	made  moment.Instant // when the last was
	pause time.Duration  // after it
}

// A watchKey is the board of a unit, as its address asks for it.
type watchKey struct {
	unit               unit.ID
	in, period, format string
	everyRanking       bool
}

type keptBoard struct {
	*board
	upTo int64 // notices that it holds, as live.Hub.Latest numbers them
}

// watch returns a board that holds whatever was told of its unit until now: one that
// was read for somebody else, or one read now. The caller must be subscribed to the
// unit's topic. Who may no longer see all that is on a board is refused, whoever it
// was read for.
func (p *Pages) watch(r *http.Request, k watchKey) (*board, error) {
	ctx, w := r.Context(), &p.watched
	told := p.Live.Latest(Topic(k.unit))
	err := p.Index.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		for _, v := range []auth.Verb{auth.BoardRead, auth.IndexRead, auth.DossierRead} {
			if err := p.Index.Guard.Check(ctx, q, web.Actor(ctx), v, k.unit); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if b, ok := w.kept[k]; ok && b.upTo >= told {
		return b.board, nil
	}
	if err := w.wait(ctx, p.Index.DB.Now()); err != nil {
		return nil, err
	}
	upTo, begun := p.Live.Latest(Topic(k.unit)), p.Index.DB.Now()
	b, err := p.gather(r, false)
	if err != nil {
		return nil, err
	}
	w.made = p.Index.DB.Now()
	w.pause = min(pauseMost, max(pauseLeast, streamPauses*w.made.Time().Sub(begun.Time())))
	for old, b := range w.kept {
		if p.Live.Subscribers(Topic(old.unit)) == 0 || b.upTo < p.Live.Latest(Topic(old.unit)) {
			delete(w.kept, old)
		}
	}
	if w.kept == nil {
		w.kept = map[watchKey]keptBoard{}
	}
	w.kept[k] = keptBoard{b, upTo}
	return b, nil
}

// wait lets the pause after the last board pass. A clock that was set back makes it no
// longer.
func (w *watchedBoards) wait(ctx context.Context, now moment.Instant) error {
	rest := min(w.pause, w.made.Time().Add(w.pause).Sub(now.Time()))
	if rest <= 0 {
		return nil
	}
	select {
	case <-time.After(rest):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

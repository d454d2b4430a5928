package serviceindexweb

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/web"
	"cchc/unit"
)

const (
	// streamFor is how long one stream lasts; the browser then begins another,
	// and rights are looked at again.
	streamFor = 10 * time.Minute
	// A fact shows at once. Those that follow it wait for a while that grows with
	// what making the board cost, so that one who watches a busy province takes no
	// more than a third of a processor.
	streamPauses = 2 // times what the last board took
	pauseLeast   = 20 * time.Millisecond
	pauseMost    = 2 * time.Second
)

// Topic is what package live tells boards on: of a unit, told for it and for every
// unit above it.
func Topic(u unit.ID) string { return "unit/" + string(u) }

// stream sends the parts of the board that changed, some time after facts arrived.
func (p *Pages) stream(w http.ResponseWriter, r *http.Request) error {
	if p.Live == nil {
		return fault.New(fault.NotFound, "board.not_live")
	}
	ctx, cancel := context.WithTimeout(r.Context(), streamFor)
	defer cancel()
	// The subscription comes first: what happens while the board is read shows
	// in the next one.
	u := unit.ID(r.URL.Query().Get("unit"))
	if u == "" {
		var err error
		if u, err = p.home(ctx, p.Index.DB, web.Actor(ctx), auth.BoardRead); err != nil {
			return err
		}
	}
	sub := p.Live.Subscribe(Topic(u))
	defer sub.Close()
	b, err := p.gather(r, false) // checks the right
	if err != nil {
		return err
	}
	last := map[string]string{}
	if _, err := parts(ctx, b, last); err != nil {
		return err
	}
	return web.Stream(w, r, func(send func(string, []byte) error) error {
		var pause time.Duration
		for range sub.All(ctx) {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return nil
			}
			begun := p.Index.DB.Now().Time()
			b, err := p.gather(r, false)
			if err != nil {
				return err
			}
			changed, err := parts(ctx, b, last)
			if err != nil {
				return err
			}
			for _, x := range changed {
				if err := send(x.event, x.html); err != nil {
					return err
				}
			}
			pause = min(pauseMost, max(pauseLeast, streamPauses*p.Index.DB.Now().Time().Sub(begun)))
		}
		return nil
	})
}

type part struct {
	event string
	html  []byte
}

// parts renders the parts of the board and returns those that are not as last
// holds them.
func parts(ctx context.Context, b *board, last map[string]string) ([]part, error) {
	var out []part
	for _, x := range []struct {
		event string
		c     templ.Component
	}{{"stats", boardStats(b)}, {"ranking", rankings(b)}, {"soonest", soonestCard(b)}, {"gains", gainsCard(b)}} {
		var html bytes.Buffer
		if err := x.c.Render(ctx, &html); err != nil {
			return nil, err
		}
		if last[x.event] != html.String() {
			last[x.event] = html.String()
			out = append(out, part{x.event, html.Bytes()})
		}
	}
	return out, nil
}

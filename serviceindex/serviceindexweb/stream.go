package serviceindexweb

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"cchc/base/fault"
	"cchc/base/web"
	"cchc/unit"
)

const (
	// streamFor is how long one stream lasts; the browser then begins another,
	// and rights are looked at again.
	streamFor = 10 * time.Minute
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
	in := &boardQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	u, err := p.boardOf(ctx, p.Index.DB, web.Actor(ctx), in)
	if err != nil {
		return err
	}
	sub := p.Live.Subscribe(Topic(u))
	defer sub.Close()
	key := watchKey{u, in.Unit, in.Period, in.Format, in.All}
	b, err := p.watch(r.WithContext(ctx), key) // checks the right
	if err != nil {
		return err
	}
	last := map[string]string{}
	missed, err := parts(ctx, b, last)
	if err != nil {
		return err
	}
	if !web.Resumed(r) {
		missed = nil // the page has just been loaded
	}
	return web.Stream(w, r, func(send func(string, []byte) error) error {
		for _, x := range missed {
			if err := send(x.event, x.html); err != nil {
				return err
			}
		}
		for range sub.All(ctx) {
			b, err := p.watch(r.WithContext(ctx), key)
			if ctx.Err() != nil {
				return nil
			}
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

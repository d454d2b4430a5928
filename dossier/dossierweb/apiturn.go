package dossierweb

import (
	"context"
	"net/http"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/setting"
)

// The counter's queue: numbers are taken, called, and done with.
type (
	apiTurn struct {
		ID       string         `json:"id"`
		Number   string         `json:"number" doc:"As it is printed and called." example:"A007"`
		Kind     string         `json:"kind" doc:"Id of the kind whose number it is."`
		WaitsFor string         `json:"waits_for" doc:"Id of the kind whose desks call it: another one after a transfer."`
		Priority bool           `json:"priority" doc:"Of who goes first by law."`
		State    string         `json:"state" enum:"waiting,called,served,missed,left" doc:"missed: nobody came, twice. left: the day ended first."`
		Taken    moment.Instant `json:"taken" format:"date-time"`
		Called   moment.Instant `json:"called,omitempty" format:"date-time" doc:"For the first time."`
		Desk     string         `json:"desk,omitempty" doc:"To which it is, or was, called."`
		Misses   int            `json:"misses" doc:"How often nobody came."`
	}
	turnOutput struct {
		Location string `header:"Location"`
		Body     apiTurn
	}
	apiTurnKind struct {
		ID     string `json:"id"`
		Letter string `json:"letter" doc:"Of its numbers."`
		Name   string `json:"name"`
	}
	apiTurnSum struct {
		Kind   string `json:"kind,omitempty" doc:"Id; left out for all."`
		Taken  int    `json:"taken"`
		Served int    `json:"served"`
		Missed int    `json:"missed"`
		Left   int    `json:"left" doc:"The day ended first."`
		Called int    `json:"called" doc:"At least once."`
		Mean   int64  `json:"mean_wait_seconds" doc:"Of those who were called."`
	}
	turnsInput struct {
		Unit string `query:"unit" required:"true" maxLength:"60" doc:"Id or agency code."`
		Day  string `query:"day" format:"date" doc:"Today when left out."`
	}
	turnsOutput struct {
		Body struct {
			Day     moment.Date  `json:"day" format:"date"`
			Waiting []apiTurn    `json:"waiting" doc:"In the order in which they are called."`
			Called  []apiTurn    `json:"called" doc:"At a desk now."`
			Total   apiTurnSum   `json:"total"`
			Kinds   []apiTurnSum `json:"kinds"`
		}
	}
	turnKindsOutput struct {
		Body struct {
			Kinds []apiTurnKind `json:"kinds" doc:"In the unit's order."`
			Kiosk bool          `json:"kiosk" doc:"Visitors take numbers by themselves."`
		}
	}
	apiNewKind struct {
		Letter string `json:"letter" pattern:"^[A-Z]{1,2}$" example:"A"`
		Name   string `json:"name" minLength:"1" maxLength:"60"`
	}
	setTurnKindsInput struct {
		Body struct {
			Unit  string       `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
			Kinds []apiNewKind `json:"kinds" minItems:"1" maxItems:"12"`
			Kiosk bool         `json:"kiosk,omitempty" doc:"Let visitors take numbers by themselves."`
		}
	}
	takeTurnInput struct {
		Body struct {
			Unit     string `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
			Kind     string `json:"kind" minLength:"1" maxLength:"60" doc:"Id of the kind."`
			Priority bool   `json:"priority,omitempty"`
		}
	}
	callTurnInput struct {
		Body struct {
			Unit string `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
		}
	}
	turnDeskInput struct {
		Body struct {
			Unit  string   `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
			Desk  string   `json:"desk" minLength:"1" maxLength:"8"`
			Kinds []string `json:"kinds" minItems:"1" maxItems:"12" doc:"Ids of the kinds that are called to it."`
		}
	}
	turnDeskOutput struct {
		Body struct {
			Desk  string   `json:"desk" doc:"Empty: the caller sits nowhere yet."`
			Kinds []string `json:"kinds"`
		}
	}
	turnIDInput struct {
		ID string `path:"id" maxLength:"60"`
	}
	transferTurnInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Kind string `json:"kind" minLength:"1" maxLength:"60" doc:"Id of the kind that it waits for from here on; its place stays."`
		}
	}
)

func asTurn(t dossier.Turn, today moment.Date) apiTurn {
	return apiTurn{ID: t.ID, Number: t.Label(), Kind: t.Kind, WaitsFor: t.WaitsFor, Priority: t.Priority, State: string(t.State(today)),
		Taken: t.Taken, Called: t.Called, Desk: t.Desk, Misses: t.Misses}
}

func asTurnSum(kind string, s dossier.TurnSum) apiTurnSum {
	return apiTurnSum{kind, s.Taken, s.Served, s.Missed, s.Left, s.Called, int64(s.Mean().Seconds())}
}

// registerTurns puts the queue at /api/v1/counter/turns.
func (p *API) registerTurns(a *api.API, op makeOp) {
	k := p.Desk
	one := func(ctx context.Context, id string, err error) (*turnOutput, error) {
		if err != nil {
			return nil, err
		}
		t, err := k.Turn(ctx, k.DB, api.Actor(ctx), id)
		return &turnOutput{Body: asTurn(t, k.DB.Now().Date())}, err
	}
	api.Handle(a, web.SignedIn, op("list-turns", http.MethodGet, "/turns", "See the queue of a day", "Who waits, who is at a desk, and the day's sums."), p.turns)
	take := op("take-turn", http.MethodPost, "/turns", "Give the next number", "It knows nothing of the person who holds it.")
	take.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, take, func(ctx context.Context, in *takeTurnInput) (*turnOutput, error) {
		u, err := p.unit(ctx, k.DB, in.Body.Unit)
		if err != nil {
			return nil, err
		}
		t, err := k.TakeTurn(ctx, api.Actor(ctx), u, in.Body.Kind, in.Body.Priority)
		return &turnOutput{Location: "/api/v1/counter/turns/" + t.ID, Body: asTurn(t, k.DB.Now().Date())}, err
	})
	api.Handle(a, web.SignedIn, op("get-turn", http.MethodGet, "/turns/{id}", "See a number", ""),
		func(ctx context.Context, in *turnIDInput) (*turnOutput, error) { return one(ctx, in.ID, nil) })
	api.Handle(a, web.SignedIn, op("call-turn", http.MethodPost, "/turns/call", "Call the next number to one's desk", "What was at the desk is served by that. 404 when nobody waits for it."),
		func(ctx context.Context, in *callTurnInput) (*turnOutput, error) {
			u, err := p.unit(ctx, k.DB, in.Body.Unit)
			if err != nil {
				return nil, err
			}
			t, err := k.CallTurn(ctx, api.Actor(ctx), u)
			return &turnOutput{Body: asTurn(t, k.DB.Now().Date())}, err
		})
	for _, x := range []struct {
		id, path, summary, text string
		do                      func(ctx context.Context, id string) error
	}{
		{"recall-turn", "again", "Call a number once more", "", func(ctx context.Context, id string) error { return k.RecallTurn(ctx, api.Actor(ctx), id) }},
		{"finish-turn", "served", "Say that a number is served", "", func(ctx context.Context, id string) error { return k.ServeTurn(ctx, api.Actor(ctx), id) }},
		{"miss-turn", "missed", "Say that nobody came", "The first time it goes to the end of the queue, the second time it is over.", func(ctx context.Context, id string) error { return k.MissTurn(ctx, api.Actor(ctx), id) }},
	} {
		api.Handle(a, web.SignedIn, op(x.id, http.MethodPost, "/turns/{id}/"+x.path, x.summary, x.text),
			func(ctx context.Context, in *turnIDInput) (*turnOutput, error) {
				return one(ctx, in.ID, x.do(ctx, in.ID))
			})
	}
	api.Handle(a, web.SignedIn, op("transfer-turn", http.MethodPost, "/turns/{id}/transfer", "Pass a number on to another kind's desks", ""),
		func(ctx context.Context, in *transferTurnInput) (*turnOutput, error) {
			return one(ctx, in.ID, k.TransferTurn(ctx, api.Actor(ctx), in.ID, in.Body.Kind))
		})
	p.registerTurnPlaces(a, op)
}

// registerTurnPlaces puts what is set of a queue beside it: desks and kinds.
func (p *API) registerTurnPlaces(a *api.API, op makeOp) {
	k := p.Desk
	desk := func(ctx context.Context, asked string) (*turnDeskOutput, error) {
		u, err := p.unit(ctx, k.DB, asked)
		if err != nil {
			return nil, err
		}
		d, err := k.TurnDesk(ctx, k.DB, api.Actor(ctx), u)
		out := &turnDeskOutput{}
		out.Body.Desk, out.Body.Kinds = d.Desk, append([]string{}, d.Kinds...)
		return out, err
	}
	api.Handle(a, web.SignedIn, op("get-turn-desk", http.MethodGet, "/turn-desk", "See where the caller sits", ""),
		func(ctx context.Context, in *ofUnitInput) (*turnDeskOutput, error) { return desk(ctx, in.Unit) })
	api.Handle(a, web.SignedIn, op("sit-at-desk", http.MethodPost, "/turn-desk", "Say at which desk the caller sits", "And which kinds are called to it."),
		func(ctx context.Context, in *turnDeskInput) (*turnDeskOutput, error) {
			u, err := p.unit(ctx, k.DB, in.Body.Unit)
			if err != nil {
				return nil, err
			}
			if err := k.SetTurnDesk(ctx, api.Actor(ctx), u, in.Body.Desk, in.Body.Kinds); err != nil {
				return nil, err
			}
			return desk(ctx, in.Body.Unit)
		})
	kinds := func(ctx context.Context, asked string) (*turnKindsOutput, error) {
		out := &turnKindsOutput{}
		out.Body.Kinds = []apiTurnKind{}
		err := k.DB.Snapshot(ctx, func(q *db.Snapshot) error {
			u, err := p.unit(ctx, q, asked)
			if err != nil {
				return err
			}
			list, err := k.TurnKinds(ctx, q, u)
			if err != nil {
				return err
			}
			for _, x := range list {
				out.Body.Kinds = append(out.Body.Kinds, apiTurnKind{x.ID, x.Letter, x.Name})
			}
			on, err := k.Settings.Value(ctx, q, dossier.Kiosk, u)
			out.Body.Kiosk = on == setting.On
			return err
		})
		return out, err
	}
	api.Handle(a, web.SignedIn, op("list-turn-kinds", http.MethodGet, "/turn-kinds", "List what people queue for", ""),
		func(ctx context.Context, in *ofUnitInput) (*turnKindsOutput, error) { return kinds(ctx, in.Unit) })
	api.Handle(a, web.SignedIn, op("set-turn-kinds", http.MethodPost, "/turn-kinds", "Set what people queue for", "In this order. A letter that the unit had before is the same kind again; a kind for which somebody waits cannot be left out."),
		func(ctx context.Context, in *setTurnKindsInput) (*turnKindsOutput, error) {
			u, err := p.unit(ctx, k.DB, in.Body.Unit)
			if err != nil {
				return nil, err
			}
			var list []dossier.TurnKind
			for _, x := range in.Body.Kinds {
				list = append(list, dossier.TurnKind{Letter: x.Letter, Name: x.Name})
			}
			if list, err = dossier.CheckTurnKinds(list, "kinds"); err != nil {
				if who := k.Guard.Check(ctx, k.DB, api.Actor(ctx), auth.CounterSet, u); who != nil {
					return nil, who
				}
				return nil, err
			}
			if err := k.SetTurnKinds(ctx, api.Actor(ctx), u, list, in.Body.Kiosk); err != nil {
				return nil, err
			}
			return kinds(ctx, in.Body.Unit)
		})
}

func (p *API) turns(ctx context.Context, in *turnsInput) (*turnsOutput, error) {
	f := api.Wrong()
	day := api.ReadDate(f, "day", in.Day)
	out := &turnsOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		u, err := p.unit(ctx, q, in.Unit)
		if err != nil {
			return err
		}
		d, err := p.Desk.TurnDay(ctx, q, api.Actor(ctx), u, day)
		if err != nil {
			return err
		}
		if err := f.Or(); err != nil { // after who asks
			return err
		}
		b, today := &out.Body, d.Now.Date()
		b.Day, b.Waiting, b.Called, b.Kinds, b.Total = d.Day, []apiTurn{}, []apiTurn{}, []apiTurnSum{}, asTurnSum("", d.Total)
		for _, t := range d.Waiting {
			b.Waiting = append(b.Waiting, asTurn(t, today))
		}
		for _, t := range d.Called {
			b.Called = append(b.Called, asTurn(t, today))
		}
		for _, x := range d.Kinds {
			b.Kinds = append(b.Kinds, asTurnSum(x.ID, d.ByKind[x.ID]))
		}
		return nil
	})
	return out, err
}

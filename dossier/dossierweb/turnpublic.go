package dossierweb

import (
	"context"
	"net/http"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/setting"
	"cchc/unit"
)

// Pages of the queue that need no account: the waiting room's screen, the kiosk,
// the slip. They show numbers and kinds of business, and nobody's name.

const (
	// screenShown is how many calls a screen shows.
	screenShown = 8
	// screenReload is after how many seconds a screen without scripts asks again.
	screenReload = 15
	// screenMost is how many may watch one unit's screen live; the others see it as
	// it was loaded.
	screenMost = 200
)

type screenView struct {
	unit  unit.Unit
	board dossier.TurnBoard
	kiosk bool // visitors may take a number
	live  bool
	wrong *fault.Fault
}

func (p *Pages) screenUnit(ctx context.Context, q db.Queryer, code string) (unit.Unit, error) {
	tree, err := p.Desk.Units.Today(ctx, q)
	if err != nil {
		return unit.Unit{}, err
	}
	u, ok := tree.ByCode(code)
	if !ok {
		return u, fault.New(fault.NotFound, "turn.no_queue")
	}
	return u, nil
}

func (p *Pages) screenView(ctx context.Context, code string) (*screenView, error) {
	v := &screenView{live: p.Live != nil}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.unit, err = p.screenUnit(ctx, s, code); err != nil {
			return err
		}
		if v.board, err = p.Desk.TurnBoard(ctx, s, v.unit.ID); err != nil {
			return err
		}
		if len(v.board.Waits) == 0 {
			return fault.New(fault.NotFound, "turn.no_queue")
		}
		on, err := p.Desk.Settings.Value(ctx, s, dossier.Kiosk, v.unit.ID)
		v.kiosk = on == setting.On
		if a := web.Actor(ctx); err == nil && !v.kiosk && a.SignedIn() {
			v.kiosk, err = p.Desk.Guard.May(ctx, s, a, auth.DossierReceive, v.unit.ID)
		}
		return err
	})
	return v, err
}

// screen is the waiting room's screen.
func (p *Pages) screen(w http.ResponseWriter, r *http.Request) error {
	v, err := p.screenView(r.Context(), r.PathValue("unit"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, screenPage(v))
}

func (p *Pages) screenStream(w http.ResponseWriter, r *http.Request) error {
	v, err := p.screenView(r.Context(), r.PathValue("unit"))
	if err != nil {
		return err
	}
	if p.Live != nil && p.Live.Subscribers(TurnTopic(v.unit.ID)) >= screenMost {
		return fault.New(fault.TooMany, "turn.too_many")
	}
	return p.turnsLive(w, r, v.unit.ID, "screen", func(ctx context.Context) (string, error) {
		v, err := p.screenView(ctx, v.unit.Code)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		err = screenBoard(v).Render(ctx, &b)
		return b.String(), err
	})
}

// kiosk lets a visitor take a number.
func (p *Pages) kiosk(w http.ResponseWriter, r *http.Request) error {
	v, err := p.screenView(r.Context(), r.PathValue("unit"))
	if err != nil {
		return err
	}
	if !v.kiosk {
		return fault.New(fault.Forbidden, "turn.kiosk_off")
	}
	return web.Render(w, r, http.StatusOK, kioskPage(v))
}

type takeForm struct {
	web.Form
	Kind     string `form:"kind"`
	Priority bool   `form:"priority"`
}

func (p *Pages) kioskTake(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &takeForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	if !p.turns.allow(web.ClientIP(r), p.Desk.DB.Now().Time()) {
		return fault.New(fault.TooMany, "turn.too_many")
	}
	u, err := p.screenUnit(ctx, p.Desk.DB, r.PathValue("unit"))
	if err != nil {
		return err
	}
	t, err := p.Desk.TakeTurn(ctx, web.Actor(ctx), u.ID, in.Kind, in.Priority)
	if f := fault.As(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		v, err := p.screenView(ctx, u.Code)
		if err != nil {
			return err
		}
		v.wrong = f
		status := http.StatusUnprocessableEntity
		if f.Kind == fault.Conflict {
			status = http.StatusConflict
		}
		return web.Render(w, r, status, kioskPage(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, slipURL(u.Code, t.ID)+"?kiosk=1", "")
}

func slipURL(code, id string) string { return turnsURL(code) + "/slips/" + id }

func turnsURL(code string) string { return "/turns/" + code }

// slip is a number as it is printed, on 80 mm: no personal value.
func (p *Pages) slip(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var u unit.Unit
	var s dossier.TurnSlip
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if u, err = p.screenUnit(ctx, q, r.PathValue("unit")); err != nil {
			return err
		}
		s, err = p.Desk.TurnSlip(ctx, q, u.ID, r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	vi := i18n.With(ctx, i18n.Vietnamese)
	paper := ui.Paper{Title: s.Label(), Slip: true, Body: u.Name, Heading: i18n.T(vi, "turn.slip"),
		QR: p.address(r, turnsURL(u.Code)), QRText: i18n.T(vi, "turn.slip.qr"),
		Back: ui.Link{Text: i18n.T(ctx, "turn.kiosk"), URL: turnsURL(u.Code) + "/take"}}
	if a := web.Actor(ctx); a.SignedIn() {
		paper.Back = ui.Link{Text: i18n.T(ctx, "turn.queue"), URL: "/counter/turns?unit=" + string(u.ID)}
	} else if r.URL.Query().Get("kiosk") != "" {
		paper.Again = paper.Back.URL
	}
	return web.Render(w, r, http.StatusOK, slipPaper(paper, s, p.Desk.DB.Now().Date()))
}

// slipText tells how the number of a slip that is looked at again stands.
func slipText(ctx context.Context, s dossier.TurnSlip, today moment.Date) string {
	switch state := s.State(today); state {
	case dossier.TurnWaiting:
		return i18n.T(ctx, "turn.slip.ahead", "Count", s.Ahead)
	case dossier.TurnCalled:
		return i18n.T(ctx, "turn.slip.called", "Desk", s.Desk)
	default:
		return i18n.T(ctx, "turn.state."+string(state))
	}
}

func (v *screenView) stream() string {
	if !v.live {
		return ""
	}
	return turnsURL(v.unit.Code) + "/stream"
}

func (v *screenView) links(ctx context.Context) []ui.Link {
	if !v.kiosk {
		return nil
	}
	return []ui.Link{{Text: i18n.T(ctx, "turn.kiosk"), URL: turnsURL(v.unit.Code) + "/take"}}
}

// problem says why no number could be taken.
func (v *screenView) problem(ctx context.Context) string {
	if len(v.wrong.Fields) > 0 {
		return i18n.T(ctx, v.wrong.Fields[0].Key, v.wrong.Fields[0].Args...)
	}
	return i18n.T(ctx, v.wrong.Key, v.wrong.Args...)
}

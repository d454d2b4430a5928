package dossierweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

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

// The counter's queue for those who call the numbers (gọi số), and its settings.

func (p *Pages) registerTurns(mux *web.Mux) {
	p.turns.burst, p.turns.every = 20, 5*time.Second // a busy kiosk's pace; 999 a day and kind in any case
	mux.Handle("GET /counter/turns", web.SignedIn, p.turnPage)
	mux.Handle("GET /counter/turns/stream", web.SignedIn.Live(), p.turnStream)
	mux.Handle("POST /counter/turns/{do}", web.SignedIn, p.turnDo)
	mux.Handle("GET /counter/turns/day", web.SignedIn, p.turnDayPage)
	mux.Handle("GET /counter/turns/settings", web.SignedIn, p.turnSettings)
	mux.Handle("POST /counter/turns/settings", web.SignedIn, p.turnSettingsSave)
	mux.Handle("GET /turns/{unit}", web.Public, p.screen)
	mux.Handle("GET /turns/{unit}/stream", web.Public.Live(), p.screenStream)
	mux.Handle("GET /turns/{unit}/take", web.Public, p.kiosk)
	mux.Handle("POST /turns/{unit}/take", web.Public, p.kioskTake)
	mux.Handle("GET /turns/{unit}/slips/{id}", web.Public, p.slip)
}

// TurnTopic is the topic of package live on which pages wait for news of a unit's
// queue.
func TurnTopic(u unit.ID) string { return "turns/" + string(u) }

type turnForm struct {
	web.Form
	Unit     string      `form:"unit"`
	Turn     string      `form:"turn"`
	Desk     string      `form:"desk"`
	Kinds    []string    `form:"kind"`
	To       string      `form:"to"`   // the kind that a number is transferred to
	Give     string      `form:"give"` // the kind of a number that the officer gives
	Priority bool        `form:"priority"`
	Day      moment.Date `form:"day"`
}

type turnView struct {
	deskView
	in    *turnForm
	code  string // of the unit
	day   dossier.TurnDay
	desk  dossier.TurnDesk
	kinds []dossier.TurnKind // in use
	mine  []dossier.Turn     // at my desk
}

func (p *Pages) turnView(ctx context.Context, in *turnForm) (*turnView, error) {
	v := &turnView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) (err error) {
		if v.deskView, err = p.deskView(ctx, s, in.Unit); err != nil {
			return err
		}
		a := web.Actor(ctx)
		if v.day, err = p.Desk.TurnDay(ctx, s, a, v.unit, in.Day); err != nil {
			return err
		}
		if v.kinds, err = p.Desk.TurnKinds(ctx, s, v.unit); err != nil {
			return err
		}
		if v.desk, err = p.Desk.TurnDesk(ctx, s, a, v.unit); err != nil {
			return err
		}
		tree, err := p.Desk.Units.Today(ctx, s)
		if err != nil {
			return err
		}
		u, _ := tree.Unit(v.unit)
		v.code = u.Code
		for _, t := range v.day.Called {
			if t.Account == a.Account {
				v.mine = append(v.mine, t)
			}
		}
		return nil
	})
	if err == nil && !in.Wrong() {
		in.Set("desk", v.desk.Desk)
		kinds := v.desk.Kinds
		if v.desk.Desk == "" { // whoever sits down for the first time serves everybody
			for _, k := range v.kinds {
				kinds = append(kinds, k.ID)
			}
		}
		in.Set("kind", kinds...)
	}
	return v, err
}

func (p *Pages) turnPage(w http.ResponseWriter, r *http.Request) error {
	v, err := p.turnView(r.Context(), &turnForm{Unit: r.URL.Query().Get("unit")})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, turnPage(v))
}

// turnDo is what an officer does with a number.
func (p *Pages) turnDo(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &turnForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	a, u := web.Actor(ctx), unit.ID(in.Unit)
	if u == "" {
		u = a.Home()
	}
	back := "/counter/turns?unit=" + url.QueryEscape(string(u))
	said, args := "", []any{}
	var err error
	switch r.PathValue("do") {
	case "desk":
		said, err = "turn.done.desk", p.Desk.SetTurnDesk(ctx, a, u, in.Desk, in.Kinds)
	case "give":
		var t dossier.Turn
		if t, err = p.Desk.TakeTurn(ctx, a, u, in.Give, in.Priority); err == nil {
			var code string
			if code, err = p.unitCode(ctx, u); err == nil {
				return web.SeeOther(w, r, slipURL(code, t.ID), "")
			}
		}
	case "next":
		var t dossier.Turn
		t, err = p.Desk.CallTurn(ctx, a, u)
		said, args = "turn.done.called", []any{"Number", t.Label(), "Desk", t.Desk}
		if fault.Is(err, fault.NotFound) { // nobody waits: no mistake of the officer's
			said, args, err = "turn.nobody", nil, nil
		}
	case "again":
		said, err = "turn.done.again", p.Desk.RecallTurn(ctx, a, in.Turn)
	case "served":
		said, err = "turn.done.served", p.Desk.ServeTurn(ctx, a, in.Turn)
	case "receive":
		said, err = "turn.done.served", p.Desk.ServeTurn(ctx, a, in.Turn)
		back = "/dossiers/new"
	case "missed":
		said, err = "turn.done.missed", p.Desk.MissTurn(ctx, a, in.Turn)
	case "transfer":
		said, err = "turn.done.transferred", p.Desk.TransferTurn(ctx, a, in.Turn, in.To)
	default:
		return fault.New(fault.NotFound, "web.not_found.text")
	}
	if f := fault.As(err); f != nil && f.Kind != fault.Forbidden && in.Failed(err) {
		for i := range f.Fields {
			if f.Fields[i].Name == "kind" {
				f.Fields[i].Name = map[string]string{"desk": "kind", "give": "give", "transfer": "to"}[r.PathValue("do")]
			}
		}
		v, err := p.turnView(ctx, in)
		if err != nil {
			return err
		}
		return web.Render(w, r, http.StatusUnprocessableEntity, turnPage(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, back, said, args...)
}

// turnStream renews the officer's page as numbers move.
func (p *Pages) turnStream(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &turnForm{Unit: r.URL.Query().Get("unit")}
	v, err := p.turnView(ctx, in)
	if err != nil {
		return err
	}
	return p.turnsLive(w, r, v.unit, "turns", func(ctx context.Context) (string, error) {
		v, err := p.turnView(ctx, &turnForm{Unit: in.Unit})
		if err != nil {
			return "", err
		}
		var b strings.Builder
		err = turnWaiting(v).Render(ctx, &b)
		return b.String(), err
	})
}

// turnsLive sends a part anew whenever the unit's queue moved, and each minute,
// for waits grow by themselves.
func (p *Pages) turnsLive(w http.ResponseWriter, r *http.Request, u unit.ID, event string, part func(context.Context) (string, error)) error {
	ctx, cancel := context.WithTimeout(r.Context(), streamFor)
	defer cancel()
	return web.Stream(w, r, func(send func(string, []byte) error) error {
		if p.Live == nil {
			<-ctx.Done()
			return nil
		}
		sub := p.Live.Subscribe(TurnTopic(u))
		defer sub.Close()
		for {
			html, err := part(ctx)
			if err != nil {
				return err
			}
			if err := send(event, []byte(html)); err != nil {
				return err
			}
			next, stop := context.WithTimeout(ctx, time.Minute)
			_, moved := sub.Next(next)
			late := next.Err() != nil
			stop()
			if ctx.Err() != nil || !moved && !late {
				return nil
			}
			select { // a busy minute renews a screen each second and not more often
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	})
}

func (p *Pages) unitCode(ctx context.Context, u unit.ID) (string, error) {
	tree, err := p.Desk.Units.Today(ctx, p.Desk.DB)
	if err != nil {
		return "", err
	}
	x, ok := tree.Unit(u)
	if !ok {
		return "", fault.New(fault.NotFound, "web.not_found.text")
	}
	return x.Code, nil
}

// turnDayPage is the statistic of a day.
func (p *Pages) turnDayPage(w http.ResponseWriter, r *http.Request) error {
	in := &turnForm{}
	wrong := web.Decode(r, in)
	v, err := p.turnView(r.Context(), in)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if wrong != nil {
		status = http.StatusUnprocessableEntity
	} else {
		in.Set("day", i18n.Date(r.Context(), v.day.Day))
	}
	return web.Render(w, r, status, turnDayPage(v))
}

func (p *Pages) turnCard(ctx context.Context, q db.Queryer, v *dayView) (dayCard, error) {
	day, err := p.Desk.TurnDay(ctx, q, web.Actor(ctx), v.unit, 0)
	c := dayCard{Title: i18n.T(ctx, "turn.queue"), Key: "q", URL: v.url("/counter/turns"), Big: i18n.Number(ctx, len(day.Waiting)),
		Text: i18n.T(ctx, "turn.card")}
	if long := day.Longest(); long >= longWait {
		c.Warn = i18n.T(ctx, "turn.longest.of", "Minutes", minutes(long))
	}
	return c, err
}

// longWait is after how long a wait is pointed out.
const longWait = 30 * time.Minute

func minutes(d time.Duration) int { return int(d.Round(time.Minute) / time.Minute) }

func (v *turnView) works() bool { return v.may[auth.DossierReceive] }

// kindOptions lists the kinds in use, but for one.
func (v *turnView) kindOptions(but string) []ui.Option {
	var out []ui.Option
	for _, k := range v.kinds {
		if k.ID != but {
			out = append(out, ui.Option{Value: k.ID, Text: k.Letter + " " + k.Name})
		}
	}
	return out
}

func (v *turnView) stats(ctx context.Context) []ui.StatProps {
	mean := i18n.None
	if v.day.Total.Called > 0 {
		mean = i18n.T(ctx, "turn.minutes", "Count", minutes(v.day.Total.Mean()))
	}
	longest := ui.StatProps{Value: i18n.None, Label: i18n.T(ctx, "turn.longest")}
	if d := v.day.Longest(); d > 0 {
		longest.Value = i18n.T(ctx, "turn.minutes", "Count", minutes(d))
		if d >= longWait {
			longest.Kind = ui.Soon
		}
	}
	return []ui.StatProps{
		{Value: i18n.Number(ctx, len(v.day.Waiting)), Label: i18n.T(ctx, "turn.waiting")},
		longest,
		{Value: mean, Label: i18n.T(ctx, "turn.mean")},
		{Value: i18n.Number(ctx, v.day.Total.Served), Label: i18n.T(ctx, "turn.served")},
	}
}

func hourText(h int) string { return fmt.Sprintf("%02d:00–%02d:59", h, h) }

type turnSettingForm struct {
	web.Form
	Unit  string `form:"unit"`
	Kinds string `form:"kinds"`
	Kiosk bool   `form:"kiosk"`
	Sent  bool   `form:"sent"`
}

type turnSettingView struct {
	deskView
	in   *turnSettingForm
	code string
}

// setUnit finds the unit asked for, or the first, among those for whose counter the
// actor may set something.
func (p *Pages) setUnit(ctx context.Context, q db.Queryer, v *deskView, asked string) error {
	a := web.Actor(ctx)
	if err := p.Desk.Guard.CheckAnywhere(a, auth.CounterSet); err != nil {
		return err
	}
	units, err := p.unitsFor(ctx, q, a, auth.CounterSet)
	if err != nil {
		return err
	}
	if asked == "" && len(units) > 0 {
		asked = string(units[0].ID)
	}
	v.form = &ui.Form{}
	v.form.Set("unit", asked)
	for _, u := range units {
		v.units = append(v.units, ui.Option{Value: string(u.ID), Text: u.Name})
		if string(u.ID) == asked {
			v.unit, v.name = u.ID, u.Name
		}
	}
	return p.Desk.Guard.Check(ctx, q, a, auth.CounterSet, v.unit)
}

// turnSettingView fills in what holds, or for a unit that has no kinds yet what
// most have.
func (p *Pages) turnSettingView(ctx context.Context, in *turnSettingForm) (*turnSettingView, error) {
	v := &turnSettingView{in: in}
	err := p.Desk.DB.Snapshot(ctx, func(s *db.Snapshot) error { return p.setUnit(ctx, s, &v.deskView, in.Unit) })
	if err != nil {
		return nil, err
	}
	if v.code, err = p.unitCode(ctx, v.unit); err != nil || in.Sent {
		return v, err
	}
	kinds, err := p.Desk.TurnKinds(ctx, p.Desk.DB, v.unit)
	if err != nil {
		return v, err
	}
	var lines []string
	for _, k := range kinds {
		lines = append(lines, k.Letter+" "+k.Name)
	}
	if len(lines) == 0 {
		lines = strings.Split(i18n.T(i18n.With(ctx, i18n.Vietnamese), "turn.kinds.usual"), "; ")
	}
	in.Set("kinds", strings.Join(lines, "\n"))
	on, err := p.Desk.Settings.Value(ctx, p.Desk.DB, dossier.Kiosk, v.unit)
	if on == setting.On {
		in.Set("kiosk", "on")
	}
	return v, err
}

func (p *Pages) turnSettings(w http.ResponseWriter, r *http.Request) error {
	v, err := p.turnSettingView(r.Context(), &turnSettingForm{Unit: r.URL.Query().Get("unit")})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, turnSettingPage(v))
}

func (p *Pages) turnSettingsSave(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &turnSettingForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	in.Sent = true
	v, err := p.turnSettingView(ctx, in)
	if err != nil {
		return err
	}
	kinds, err := dossier.ParseTurnKinds(in.Kinds, "kinds")
	if err == nil {
		err = p.Desk.SetTurnKinds(ctx, web.Actor(ctx), v.unit, kinds, in.Kiosk)
	}
	if in.Failed(err) {
		return web.Render(w, r, http.StatusUnprocessableEntity, turnSettingPage(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/counter/turns/settings?unit="+url.QueryEscape(string(v.unit)), "settingweb.done")
}

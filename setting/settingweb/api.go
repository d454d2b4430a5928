package settingweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/setting"
	"cchc/unit"
)

// API is the door for programs to settings.
type API struct {
	DB    *db.DB
	Book  *setting.Book
	Units *unit.Book
}

type (
	apiSetting struct {
		Name  string      `json:"name"`
		Title string      `json:"title"`
		Value string      `json:"value"`
		Usual bool        `json:"usual" doc:"Nobody set it."`
		Unit  string      `json:"unit,omitempty" doc:"Which set it: the unit itself, or one above."`
		From  moment.Date `json:"from,omitempty" format:"date" doc:"Since when it holds."`
	}
	settingsInput struct {
		Unit string `query:"unit" required:"true" maxLength:"60" doc:"Id or agency code."`
		On   string `query:"on" format:"date" doc:"What holds on that day; today when left out."`
	}
	settingsOutput struct {
		Body struct {
			Items []apiSetting `json:"items" doc:"Those that the account may change in the unit."`
		}
	}
	changeInput struct {
		Name string `path:"name" maxLength:"60"`
		Body struct {
			Unit   string      `json:"unit,omitempty" maxLength:"60" doc:"Id or agency code; left out for a setting of the whole system."`
			What   string      `json:"what,omitempty" enum:"set,inherit,withdraw" doc:"set when left out; inherit goes back to what the unit above has; withdraw takes back a change that has not begun."`
			Value  string      `json:"value,omitempty" maxLength:"1000"`
			From   moment.Date `json:"from,omitempty" format:"date" doc:"The first day on which it holds; today when left out."`
			Reason string      `json:"reason" minLength:"1" maxLength:"1000"`
		}
	}
	changedOutput struct{ Body apiSetting }
)

// Register puts the operations at /api/v1/settings.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/settings" + path, Summary: summary, Description: text, Tags: []string{"settings"}}
	}
	api.Handle(a, web.SignedIn, op("list-settings", http.MethodGet, "", "List settings", "What holds in a unit on a day."), p.list)
	api.Handle(a, web.SignedIn, op("change-setting", http.MethodPost, "/{name}", "Change a setting", "From a day on, with its reason; units below have it too unless they set their own."), p.change)
}

func (p *API) find(ctx context.Context, s string) (unit.ID, error) {
	tree, err := p.Units.Today(ctx, p.DB)
	if err != nil {
		return "", err
	}
	if u, ok := tree.ByCode(s); ok {
		return u.ID, nil
	}
	return unit.ID(s), nil
}

func (p *API) holds(ctx context.Context, q db.Queryer, s *setting.Setting, u unit.ID, day moment.Date) (apiSetting, error) {
	h, err := p.Book.Holds(ctx, q, s, u, day)
	return apiSetting{s.Name, i18n.T(ctx, "setting."+s.Name), h.Value, h.Usual, string(h.Unit), h.From}, err
}

func (p *API) list(ctx context.Context, in *settingsInput) (*settingsOutput, error) {
	f := api.Wrong()
	day := api.ReadDate(f, "on", in.On)
	if err := f.Or(); err != nil {
		return nil, err
	}
	if day == 0 {
		day = p.DB.Now().Date()
	}
	u, err := p.find(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	out := &settingsOutput{}
	out.Body.Items = []apiSetting{}
	var refused error
	for _, s := range p.Book.All {
		err := p.Book.Check(ctx, p.DB, api.Actor(ctx), s, u)
		if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
			refused = err
			continue
		}
		if err != nil {
			return nil, err
		}
		x, err := p.holds(ctx, p.DB, s, u, day)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	if len(out.Body.Items) == 0 && refused != nil {
		return nil, refused
	}
	return out, nil
}

func (p *API) change(ctx context.Context, in *changeInput) (*changedOutput, error) {
	b := in.Body
	s, err := p.Book.Find(in.Name)
	if err != nil {
		return nil, err
	}
	c := setting.Change{Name: in.Name, What: setting.What(b.What), Value: b.Value, From: b.From, Reason: b.Reason}
	if c.What == "" {
		c.What = setting.Set
	}
	if c.From == 0 {
		c.From = p.DB.Now().Date()
	}
	if b.Unit != "" {
		if c.Unit, err = p.find(ctx, b.Unit); err != nil {
			return nil, err
		}
	}
	if err := p.Book.Change(ctx, api.Actor(ctx), c); err != nil {
		return nil, err
	}
	x, err := p.holds(ctx, p.DB, s, c.Unit, c.From)
	return &changedOutput{Body: x}, err
}

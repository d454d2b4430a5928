package account

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/actor"
	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/fault"
	"cchc/base/law"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/unit"
)

// API is the door for programs to accounts: for those who keep them, such as a
// province's directory of staff. What is a person's own (password, delegations,
// tokens) is done on pages only.
type API struct {
	Accounts *auth.Accounts
	Units    *unit.Book
}

type (
	apiGrant struct {
		ID   string      `json:"id"`
		Role string      `json:"role"`
		Unit string      `json:"unit,omitempty" doc:"Id; left out for the whole system."`
		From moment.Date `json:"from" format:"date"`
		To   moment.Date `json:"to,omitempty" format:"date" doc:"The day from which it no longer holds."`
	}
	apiAccount struct {
		ID       string         `json:"id"`
		Login    string         `json:"login"`
		Name     string         `json:"name"`
		Created  moment.Instant `json:"created" format:"date-time"`
		Disabled moment.Instant `json:"disabled,omitempty" format:"date-time"`
		Grants   []apiGrant     `json:"grants" doc:"Past and coming ones too."`
	}
	apiStanding struct {
		Account       apiAccount     `json:"account"`
		LastSignIn    moment.Instant `json:"last_sign_in,omitempty" format:"date-time"`
		FirstPassword bool           `json:"first_password" doc:"Nobody but the keeper's first password opened it yet."`
		Failed        int            `json:"failed" doc:"Sign-ins that failed in the last 15 minutes."`
		Locked        moment.Instant `json:"locked,omitempty" format:"date-time" doc:"Until when sign-in is refused."`
		Sessions      int            `json:"sessions"`
	}
	accountOutput  struct{ Body apiStanding }
	accountsOutput struct {
		Link string `header:"Link" doc:"The next page, rel=\"next\"."`
		Body struct {
			Items []apiAccount `json:"items" doc:"By login."`
			Next  string       `json:"next,omitempty"`
		}
	}
	accountsInput struct {
		Text   string `query:"q" maxLength:"200" doc:"Part of the name without marks, or of the login."`
		Unit   string `query:"unit" maxLength:"60" doc:"Id or agency code: with a grant there or below it."`
		Role   string `query:"role" maxLength:"30"`
		State  string `query:"state" enum:"active,disabled,locked,first,unused"`
		Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before."`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}
	idInput struct {
		ID string `path:"id" maxLength:"60"`
	}
	createInput struct {
		Body struct {
			Login string `json:"login" minLength:"3" maxLength:"64"`
			Name  string `json:"name" minLength:"1" maxLength:"200"`
			Role  string `json:"role" minLength:"1" maxLength:"30"`
			Unit  string `json:"unit,omitempty" maxLength:"60" doc:"Id or agency code; the whole system when left out."`
		}
	}
	createOutput struct {
		Location string `header:"Location"`
		Cache    string `header:"Cache-Control"`
		Body     struct {
			ID       string `json:"id"`
			Password string `json:"password" doc:"For the first sign-in, when another must be chosen. It is told this once."`
		}
	}
	passwordOutput struct {
		Cache string `header:"Cache-Control"`
		Body  struct {
			Password string `json:"password" doc:"For the next sign-in, when another must be chosen. It is told this once."`
		}
	}
	grantInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Role string      `json:"role" minLength:"1" maxLength:"30"`
			Unit string      `json:"unit,omitempty" maxLength:"60" doc:"Id or agency code; the whole system when left out."`
			From moment.Date `json:"from,omitempty" format:"date" doc:"Today when left out."`
			Last moment.Date `json:"last,omitempty" format:"date" doc:"The last day; no end when left out."`
		}
	}
	revokeInput struct {
		ID    string `path:"id" maxLength:"60"`
		Grant string `path:"grant" maxLength:"60" doc:"Its id."`
		Body  struct {
			Last moment.Date `json:"last,omitempty" format:"date" doc:"The last day on which it holds; it ends at once when left out."`
		}
	}
	renameInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Name string `json:"name" minLength:"1" maxLength:"200"`
		}
	}
	reasonInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"1000"`
		}
	}
	whyInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body *struct {
			Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Why, for the audit trail."`
		}
	}
	apiDelegation struct {
		ID        string         `json:"id"`
		From      string         `json:"from_account"`
		To        string         `json:"to_account" doc:"Who acts in the place of from_account."`
		Role      string         `json:"role"`
		Unit      string         `json:"unit,omitempty"`
		Only      []string       `json:"only" doc:"Verbs; all of the role when empty."`
		Document  string         `json:"document"`
		FromDay   moment.Date    `json:"from" format:"date"`
		ToDay     moment.Date    `json:"to" format:"date" doc:"The day on which it is over."`
		Withdrawn moment.Instant `json:"withdrawn,omitempty" format:"date-time"`
	}
	delegationsOutput struct {
		Body struct {
			Items []apiDelegation `json:"items"`
		}
	}
)

func asAccount(a auth.Account) apiAccount {
	out := apiAccount{ID: a.ID, Login: a.Login, Name: a.Name, Created: a.Created, Disabled: a.Disabled, Grants: []apiGrant{}}
	for _, g := range a.Grants {
		out.Grants = append(out.Grants, apiGrant{g.ID, string(g.Role), string(g.Unit), g.From, g.To})
	}
	return out
}

// Register puts the operations at /api/v1/accounts.
func (p *API) Register(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/accounts" + path, Summary: summary, Description: text, Tags: []string{"accounts"}}
	}
	// A password is told once: an answer that were kept for its key would keep it.
	once := func(o huma.Operation) huma.Operation {
		o.Metadata = map[string]any{api.OwnKey: true}
		return o
	}
	k := p.Accounts
	api.Handle(a, web.SignedIn, op("list-accounts", http.MethodGet, "", "List accounts", "Those in reach, by login, a page at a time."), p.list)
	api.Handle(a, web.SignedIn, op("get-account", http.MethodGet, "/{id}", "See an account", "With its grants and how it stands."), func(ctx context.Context, in *idInput) (*accountOutput, error) {
		return p.after(ctx, in.ID, nil)
	})
	create := once(op("create-account", http.MethodPost, "", "Make an account", "A login is taken once: sent again the request is refused."))
	create.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, create, p.create)
	api.Handle(a, web.SignedIn, op("grant-role", http.MethodPost, "/{id}/grants", "Give a role in a unit", ""), func(ctx context.Context, in *grantInput) (*accountOutput, error) {
		u, err := p.find(ctx, in.Body.Unit)
		if err != nil {
			if _, who := k.ByID(ctx, api.Actor(ctx), in.ID); who != nil {
				return nil, who // whoever may not is told that, and nothing of units
			}
			return nil, err
		}
		s := law.Span{From: in.Body.From}
		if in.Body.Last != 0 {
			s.To = in.Body.Last + 1
		}
		return p.after(ctx, in.ID, k.Grant(ctx, api.Actor(ctx), in.ID, actor.Grant{Role: actor.Role(in.Body.Role), Unit: u}, s))
	})
	api.Handle(a, web.SignedIn, op("revoke-role", http.MethodPost, "/{id}/grants/{grant}/revoke", "End a role", ""), func(ctx context.Context, in *revokeInput) (*accountOutput, error) {
		day := in.Body.Last
		if day != 0 {
			day++
		}
		return p.after(ctx, in.ID, k.Revoke(ctx, api.Actor(ctx), in.ID, in.Grant, day))
	})
	api.Handle(a, web.SignedIn, op("rename-account", http.MethodPost, "/{id}/rename", "Change the name", ""), func(ctx context.Context, in *renameInput) (*accountOutput, error) {
		return p.after(ctx, in.ID, k.Rename(ctx, api.Actor(ctx), in.ID, in.Body.Name))
	})
	api.Handle(a, web.SignedIn, once(op("reset-password", http.MethodPost, "/{id}/password", "Give a new first password", "Sessions and tokens end.")), func(ctx context.Context, in *idInput) (*passwordOutput, error) {
		out := &passwordOutput{Cache: "no-store"}
		out.Body.Password = auth.FirstPassword()
		if err := k.ResetPassword(ctx, api.Actor(ctx), in.ID, out.Body.Password); err != nil {
			return nil, err
		}
		return out, nil
	})
	api.Handle(a, web.SignedIn, op("disable-account", http.MethodPost, "/{id}/disable", "Disable an account", "Sessions and tokens end."), func(ctx context.Context, in *reasonInput) (*accountOutput, error) {
		return p.after(ctx, in.ID, k.Disable(ctx, api.Actor(ctx), in.ID, in.Body.Reason))
	})
	api.Handle(a, web.SignedIn, op("enable-account", http.MethodPost, "/{id}/enable", "Enable an account again", ""), func(ctx context.Context, in *reasonInput) (*accountOutput, error) {
		return p.after(ctx, in.ID, k.Enable(ctx, api.Actor(ctx), in.ID, in.Body.Reason))
	})
	api.Handle(a, web.SignedIn, op("unlock-account", http.MethodPost, "/{id}/unlock", "Let somebody sign in again", "After too many tries."), func(ctx context.Context, in *idInput) (*accountOutput, error) {
		return p.after(ctx, in.ID, k.Unlock(ctx, api.Actor(ctx), in.ID))
	})
	api.Handle(a, web.SignedIn, op("end-sessions", http.MethodPost, "/{id}/sessions/end", "End all sessions", "Tokens are revoked too."), func(ctx context.Context, in *whyInput) (*accountOutput, error) {
		reason := ""
		if in.Body != nil { // programs of before send none
			reason = in.Body.Reason
		}
		return p.after(ctx, in.ID, k.EndSessions(ctx, api.Actor(ctx), in.ID, reason))
	})
	delegations := op("list-delegations", http.MethodGet, "", "List delegations", "Those that hold or lie ahead, of accounts in reach.")
	delegations.Path = "/api/v1/delegations"
	api.Handle(a, web.SignedIn, delegations, p.delegations)
}

// find returns the unit behind an id or today's code; "" is the whole system.
func (p *API) find(ctx context.Context, s string) (unit.ID, error) {
	if s == "" {
		return "", nil
	}
	tree, err := p.Units.Today(ctx, p.Accounts.DB)
	if err != nil {
		return "", err
	}
	if u, ok := tree.ByCode(s); ok {
		return u.ID, nil
	}
	if _, ok := tree.Unit(unit.ID(s)); !ok {
		return "", fault.New(fault.Invalid, "web.form.invalid").With("unit", "dossier.unit_unknown")
	}
	return unit.ID(s), nil
}

func (p *API) after(ctx context.Context, id string, err error) (*accountOutput, error) {
	if err != nil {
		return nil, err
	}
	a := api.Actor(ctx)
	acc, err := p.Accounts.ByID(ctx, a, id)
	if err != nil {
		return nil, err
	}
	s, err := p.Accounts.Standing(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return &accountOutput{Body: apiStanding{asAccount(acc), s.LastSignIn, s.FirstPassword, s.Failed, s.Locked, len(s.Sessions)}}, nil
}

func (p *API) list(ctx context.Context, in *accountsInput) (*accountsOutput, error) {
	a := api.Actor(ctx)
	u, err := p.find(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	all, err := p.Accounts.List(ctx, a)
	if err != nil {
		return nil, err
	}
	standings, err := p.Accounts.Standings(ctx, all)
	if err != nil {
		return nil, err
	}
	pages := &Pages{Accounts: p.Accounts, Units: p.Units}
	pl, err := pages.places(ctx, auth.Roots(a, auth.AccountChange))
	if err != nil {
		return nil, err
	}
	q := &listQuery{Q: strings.TrimSpace(in.Text), Unit: string(u), Role: actor.Role(in.Role), State: in.State}
	out := &accountsOutput{}
	out.Body.Items = []apiAccount{}
	now := p.Accounts.DB.Now()
	for _, acc := range all {
		if acc.Login <= in.Cursor && in.Cursor != "" || !pages.fits(acc, standings[acc.ID], q, pl, now.Date(), now) {
			continue
		}
		if len(out.Body.Items) == in.Limit {
			out.Body.Next = out.Body.Items[in.Limit-1].Login
			out.Link = api.Next(ctx, out.Body.Next)
			break
		}
		out.Body.Items = append(out.Body.Items, asAccount(acc))
	}
	return out, nil
}

func (p *API) create(ctx context.Context, in *createInput) (*createOutput, error) {
	b := in.Body
	u, err := p.find(ctx, b.Unit)
	if err != nil {
		return nil, err
	}
	out := &createOutput{Cache: "no-store"}
	out.Body.Password = auth.FirstPassword()
	out.Body.ID, err = p.Accounts.Create(ctx, api.Actor(ctx), auth.NewAccount{Login: b.Login, Name: b.Name, Password: out.Body.Password, First: true,
		Grants: []actor.Grant{{Role: actor.Role(b.Role), Unit: u}}})
	if err != nil {
		return nil, err
	}
	out.Location = "/api/v1/accounts/" + out.Body.ID
	return out, nil
}

func (p *API) delegations(ctx context.Context, _ *struct{}) (*delegationsOutput, error) {
	list, err := p.Accounts.AllDelegations(ctx, api.Actor(ctx))
	if err != nil {
		return nil, err
	}
	out := &delegationsOutput{}
	out.Body.Items = []apiDelegation{}
	for _, d := range list {
		x := apiDelegation{ID: d.ID, From: d.From.Account, To: d.To.Account, Role: string(d.Role), Unit: string(d.Unit), Only: []string{}, Document: d.Document,
			FromDay: d.FromDay, ToDay: d.ToDay, Withdrawn: d.Withdrawn}
		for _, v := range d.Only {
			x.Only = append(x.Only, string(v))
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

package privacyweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/dossier"
	"cchc/privacy"
	"cchc/unit"
)

type retentionForm struct {
	web.Form
	Unit     string `form:"unit"`
	Sector   string `form:"sector"`
	Months   string `form:"months"`
	Basis    string `form:"basis"`
	Code     string `form:"code"`
	Reason   string `form:"reason"`
	Document string `form:"document"`
	Approve  string `form:"approve"`
}

type classRow struct {
	Key, Name, What string
	Keeps           string // "60 months"
	By              string // whose rule, since when
	Basis           string
	URL             string
	Old, All        int
	Counts          bool
	Approve         bool
}

type retentionPage struct {
	In        *retentionForm
	Unit      unit.Unit
	Units     []ui.Option
	Sectors   []ui.Option
	Classes   []classRow
	Keeps     []keepRow
	Holds     []dossier.Hold
	Proposals []proposalRow
	Keep      bool // may set rules here
	Hold      bool
	Names     map[string]string
}

type keepRow struct {
	dossier.Keep
	Place, Who string
	May        bool
}

type proposalRow struct {
	privacy.Proposal
	Place, Who string
}

// retention shows all rules of how long data are kept, on one page.
func (p *Pages) retention(w http.ResponseWriter, r *http.Request) error {
	in := &retentionForm{}
	if err := web.Decode(r, in); err != nil && !in.Failed(err) {
		return err
	}
	in.Fault = nil
	return p.retentionShow(w, r, http.StatusOK, in)
}

func (p *Pages) retentionShow(w http.ResponseWriter, r *http.Request, status int, in *retentionForm) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	page := retentionPage{In: in, Names: map[string]string{}}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		if len(auth.Roots(a, auth.PrivacyKeep)) == 0 {
			if err := p.Desk.Guard.CheckAnywhere(a, auth.PrivacyApprove); err != nil {
				return err
			}
		}
		if err := p.place(ctx, q, &page); err != nil {
			return err
		}
		if err := p.classRows(ctx, q, &page); err != nil {
			return err
		}
		return p.retentionLists(ctx, q, &page)
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, status, retentionView(page))
}

// place chooses the unit that the page is about.
func (p *Pages) place(ctx context.Context, q db.Queryer, page *retentionPage) error {
	a := web.Actor(ctx)
	tree, err := p.Desk.Units.Today(ctx, q)
	if err != nil {
		return err
	}
	roots := append(auth.Roots(a, auth.PrivacyKeep), auth.Roots(a, auth.PrivacyApprove)...)
	seen := map[unit.ID]bool{}
	for _, root := range roots {
		ids := []unit.ID{root}
		if root == "" {
			ids = tree.Roots()
		}
		for _, id := range ids {
			for _, below := range tree.Subtree(id) {
				if u, ok := tree.Unit(below); ok && !seen[below] {
					seen[below] = true
					page.Units = append(page.Units, ui.Option{Value: string(below), Text: u.Name})
				}
			}
		}
	}
	if len(page.Units) == 0 {
		return fault.New(fault.Forbidden, "auth.forbidden")
	}
	if !seen[unit.ID(page.In.Unit)] {
		page.In.Unit = page.Units[0].Value
	}
	page.In.Set("unit", page.In.Unit)
	page.Unit, _ = tree.Unit(unit.ID(page.In.Unit))
	sectors, err := p.Dossiers.Procedures.Sectors(ctx, q, p.Desk.DB.Now().Date())
	if err != nil {
		return err
	}
	page.Sectors = []ui.Option{{Text: i18n.T(ctx, "privacy.retention.sector.choose")}}
	for _, s := range sectors {
		page.Sectors = append(page.Sectors, ui.Option{Value: s.Name, Text: s.Name})
	}
	if page.Keep, err = p.Desk.Guard.May(ctx, q, a, auth.PrivacyKeep, page.Unit.ID); err != nil {
		return err
	}
	page.Hold, err = p.Desk.Guard.May(ctx, q, a, auth.PrivacyApprove, page.Unit.ID)
	page.Hold = page.Hold || page.Keep
	return err
}

func (p *Pages) classRows(ctx context.Context, q db.Queryer, page *retentionPage) error {
	for _, c := range p.Desk.Classes {
		row := classRow{Key: c.Key, Name: i18n.T(ctx, "privacy.class."+c.Key), What: i18n.T(ctx, "privacy.class."+c.Key+".what"), Approve: c.Approve}
		if c.Setting != nil {
			h, err := p.Settings.Holds(ctx, q, c.Setting, page.Unit.ID, p.Desk.DB.Now().Date())
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(h.Value)
			if err != nil {
				return err
			}
			row.Keeps = i18n.T(ctx, "privacy.retention."+period(c.Setting.Name), "Count", n)
			row.By = i18n.T(ctx, "privacy.retention.usual")
			row.Basis = i18n.T(ctx, "privacy.retention.no_law")
			if !h.Usual {
				done, _, err := p.Settings.History(ctx, q, c.Setting, h.Unit)
				if err != nil {
					return err
				}
				for _, e := range done {
					if e.From == h.From && e.Value == h.Value {
						row.By, row.Basis = i18n.T(ctx, "privacy.retention.set", "Name", p.who(ctx, e.Account, ""), "From", h.From), e.Reason
						break
					}
				}
			}
			if may := p.Settings.Check(ctx, q, web.Actor(ctx), c.Setting, page.Unit.ID); may == nil {
				row.URL = "/admin/settings/" + url.PathEscape(c.Setting.Name) + "?unit=" + url.QueryEscape(string(page.Unit.ID))
			}
		}
		if c.Old != nil {
			var err error
			if row.Old, row.All, err = c.Old(ctx, q); err != nil {
				return err
			}
			row.Counts = true
		}
		page.Classes = append(page.Classes, row)
	}
	return nil
}

func (p *Pages) retentionLists(ctx context.Context, q db.Queryer, page *retentionPage) error {
	a := web.Actor(ctx)
	keeps, err := p.Dossiers.Keeps(ctx, q)
	if err != nil {
		return err
	}
	for _, k := range keeps {
		if k.Months < 0 {
			continue
		}
		row := keepRow{Keep: k, Who: p.who(ctx, k.Account, "")}
		u, _, err := p.Desk.Units.Last(ctx, q, k.Unit)
		if err != nil {
			return err
		}
		row.Place = u.Name
		if row.May, err = p.Desk.Guard.May(ctx, q, a, auth.PrivacyKeep, k.Unit); err != nil {
			return err
		}
		page.Keeps = append(page.Keeps, row)
	}
	if page.Holds, err = p.Dossiers.Holds(ctx, q, a); err != nil {
		return err
	}
	for _, h := range page.Holds {
		page.Names[h.Account] = p.who(ctx, h.Account, "")
	}
	proposals, err := p.Desk.Proposals(ctx, q, a)
	if err != nil {
		return err
	}
	for _, x := range proposals {
		u, _, err := p.Desk.Units.Last(ctx, q, x.Unit)
		if err != nil {
			return err
		}
		page.Proposals = append(page.Proposals, proposalRow{x, u.Name, p.who(ctx, x.Account, "")})
	}
	return nil
}

func (p *Pages) retentionURL(u string) string {
	if u == "" {
		return Path + "/retention"
	}
	return Path + "/retention?unit=" + url.QueryEscape(u)
}

// after shows the page again with what is wrong, or goes on.
func (p *Pages) retentionAfter(w http.ResponseWriter, r *http.Request, in *retentionForm, err error, said string) error {
	if err == nil {
		return web.SeeOther(w, r, p.retentionURL(in.Unit), said)
	}
	if f := fault.As(err); f != nil && f.Kind == fault.NotFound && in.Code != "" { // typed by hand
		err = fault.New(fault.Invalid, "web.form.invalid").With("code", f.Key, f.Args...)
	}
	if !in.Failed(err) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if in.Fault.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	return p.retentionShow(w, r, status, in)
}

func (p *Pages) keepSet(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &retentionForm{}
	err := web.Decode(r, in)
	if err == nil {
		months := -1
		if in.Months != "" {
			if months, err = strconv.Atoi(in.Months); err != nil || months < 0 {
				months = 1 << 20 // out of range: the verb says so at the field
			}
		}
		err = p.Dossiers.SetKeep(ctx, web.Actor(ctx), dossier.Keep{Unit: unit.ID(in.Unit), Sector: in.Sector, Months: months, Basis: in.Basis})
	}
	return p.retentionAfter(w, r, in, err, "privacy.retention.keep.saved")
}

func (p *Pages) hold(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &retentionForm{}
	err := web.Decode(r, in)
	if err == nil {
		_, err = p.Dossiers.HoldDossier(ctx, web.Actor(ctx), in.Code, in.Reason, in.Document)
	}
	return p.retentionAfter(w, r, in, err, "privacy.retention.held")
}

func (p *Pages) holdEnd(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &retentionForm{}
	err := web.Decode(r, in)
	if err == nil {
		err = p.Dossiers.EndHold(ctx, web.Actor(ctx), r.PathValue("id"), in.Reason)
	}
	return p.retentionAfter(w, r, in, err, "privacy.retention.unheld")
}

type duePage struct {
	Unit  unit.Unit
	Rows  []privacy.Past
	Count int
	Kept  int
}

// dueShown is how many dossiers a page lists; all are counted.
const dueShown = 200

// due shows what would go in a unit, before anything is proposed.
func (p *Pages) due(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &retentionForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	var page duePage
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if page.Unit, _, err = p.Desk.Units.Last(ctx, q, unit.ID(in.Unit)); err != nil {
			return err
		}
		page.Rows, page.Kept, err = p.Desk.Preview(ctx, q, web.Actor(ctx), unit.ID(in.Unit))
		return err
	})
	if err != nil {
		return err
	}
	page.Count = len(page.Rows)
	page.Rows = page.Rows[:min(len(page.Rows), dueShown)]
	return web.Render(w, r, http.StatusOK, dueView(page))
}

func (p *Pages) propose(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &retentionForm{}
	err := web.Decode(r, in)
	id := ""
	if err == nil {
		id, err = p.Desk.Propose(ctx, web.Actor(ctx), unit.ID(in.Unit))
	}
	if err == nil {
		return web.SeeOther(w, r, Path+"/retention/"+id, "privacy.retention.proposed")
	}
	return p.retentionAfter(w, r, in, err, "")
}

type proposalPage struct {
	privacy.Proposal
	In    *retentionForm
	Place string
	Who   string
	ByWho string
	Items []privacy.Item
	All   int
	May   bool
	Now   moment.Instant
}

func (p *Pages) proposal(w http.ResponseWriter, r *http.Request) error {
	return p.proposalShow(w, r, http.StatusOK, &retentionForm{})
}

func (p *Pages) proposalShow(w http.ResponseWriter, r *http.Request, status int, in *retentionForm) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	page := proposalPage{In: in, Now: p.Desk.DB.Now()}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if page.Proposal, page.Items, err = p.Desk.Proposal(ctx, q, a, r.PathValue("id")); err != nil {
			return err
		}
		u, _, err := p.Desk.Units.Last(ctx, q, page.Proposal.Unit)
		page.Place = u.Name
		if err != nil {
			return err
		}
		page.May, err = p.Desk.Guard.May(ctx, q, a, auth.PrivacyApprove, u.ID)
		return err
	})
	if err != nil {
		return err
	}
	page.Who, page.All = p.who(ctx, page.Account, ""), len(page.Items)
	if page.By != "" {
		page.ByWho = p.who(ctx, page.By, "")
	}
	page.Items = page.Items[:min(len(page.Items), dueShown)]
	return web.Render(w, r, status, proposalView(page))
}

// decide approves or refuses.
func (p *Pages) decide(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), &retentionForm{}
	err := web.Decode(r, in)
	if err == nil && in.Approve != "yes" && in.Approve != "no" {
		err = fault.New(fault.Invalid, "web.form.invalid").With("approve", "privacy.retention.choose")
	}
	if err == nil {
		err = p.Desk.Decide(ctx, web.Actor(ctx), r.PathValue("id"), in.Approve == "yes", in.Document, in.Reason)
	}
	if err == nil {
		return web.SeeOther(w, r, Path+"/retention/"+r.PathValue("id"), "privacy.retention.decided_"+in.Approve)
	}
	if !in.Failed(err) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if in.Fault.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	return p.proposalShow(w, r, status, in)
}

// period is the unit of time of a rule, by how its setting is called.
func period(name string) string {
	if strings.HasSuffix(name, "_days") {
		return "days"
	}
	return "months"
}

package scorecardweb

import (
	"context"
	"net/http"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
)

// A diffPage tells what differs between two sets.
type diffPage struct {
	*setPage
	Form    *web.Form
	Other   *scorecard.SetVersion // the earlier one; nil: none is chosen
	Others  []ui.Option
	Changes []criteria.Change
}

func (p *Pages) diffSets(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	x := &diffPage{Form: &web.Form{}}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		a := web.Actor(ctx)
		if x.setPage, err = p.setPage(ctx, q, a, r.PathValue("id")); err != nil {
			return err
		}
		all, err := p.Desk.SetVersions(ctx, q, a)
		if err != nil {
			return err
		}
		with := r.URL.Query().Get("with")
		for _, v := range x.Versions { // unless another is asked for, the version before
			if with == "" && v.Version < x.Version {
				with = v.ID
			}
		}
		for _, v := range all {
			if v.ID != x.ID {
				x.Others = append(x.Others, ui.Option{Value: v.ID, Text: versionText(ctx, v) + " (" + stateText(ctx, v.State) + ")"})
			}
		}
		if with == "" {
			return nil
		}
		x.Form.Set("with", with)
		other, err := p.Desk.SetVersion(ctx, q, a, with)
		if err != nil {
			return err
		}
		before, _, _, err := p.Desk.ReadSet(ctx, q, other)
		if err != nil {
			return err
		}
		if before == nil || x.Set == nil {
			return fault.New(fault.Conflict, "sets.diff.unread")
		}
		x.Other, x.Changes = &other, criteria.Diff(before, x.Set)
		return nil
	})
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, diffView(x))
}

func (x *diffPage) heading(ctx context.Context) string {
	switch {
	case x.Other == nil:
		return i18n.T(ctx, "sets.diff")
	case len(x.Changes) == 0:
		return i18n.T(ctx, "sets.diff.none")
	}
	return i18n.T(ctx, "sets.diff.found", "Count", len(x.Changes))
}

func changeText(ctx context.Context, c criteria.Change) string {
	if c.What == criteria.ChangeMeta {
		return i18n.T(ctx, "sets.diff.meta."+c.Key)
	}
	return i18n.T(ctx, "sets.diff."+string(c.What))
}

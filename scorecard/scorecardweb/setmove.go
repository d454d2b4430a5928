package scorecardweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/scorecard"
)

// A refForm names a node by where it was and what it said.
type refForm struct {
	web.Form
	At    string `form:"at"`
	Stamp string `form:"stamp"`
	By    int    `form:"by"`
	To    string `form:"to"`
	Do    string `form:"do"`
}

type refPage struct {
	*setPage
	In      *refForm
	Node    *scorecard.DocNode
	Targets []ui.Option
}

func (p *Pages) refPage(r *http.Request, in *refForm) (*refPage, error) {
	ctx := r.Context()
	s, err := p.editable(ctx, p.Desk.DB, web.Actor(ctx), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	x := &refPage{setPage: s, In: in, Node: s.Doc.Node(in.At)}
	if x.Node == nil {
		return nil, fault.New(fault.NotFound, "sets.node.unknown")
	}
	return x, nil
}

func (p *Pages) askRemove(w http.ResponseWriter, r *http.Request) error {
	in := &refForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	x, err := p.refPage(r, in)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, removeView(x))
}

func (p *Pages) remove(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &refForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	err := p.Desk.RemoveNode(ctx, web.Actor(ctx), r.PathValue("id"), scorecard.NodeRef{Place: in.At, Stamp: in.Stamp})
	if err == nil {
		return web.SeeOther(w, r, setURL(r.PathValue("id")), "sets.node.removed")
	}
	if !in.Failed(err) {
		return err
	}
	x, err := p.refPage(r, in)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusConflict, removeView(x))
}

// targets are the nodes below which a node can be moved.
func (x *refPage) targets(ctx context.Context) []ui.Option {
	out := []ui.Option{{Value: "", Text: i18n.T(ctx, "sets.move.top")}}
	for _, n := range x.Doc.All() {
		if n.Item() || n.Has("kind") || n.Place == x.Node.Place || strings.HasPrefix(n.Place, x.Node.Place+".") {
			continue
		}
		out = append(out, ui.Option{Value: n.Place + " " + n.Stamp(), Text: strings.Repeat("– ", n.Depth) + n.Text("code") + " " + n.Text("name")})
	}
	return out
}

func (p *Pages) askMove(w http.ResponseWriter, r *http.Request) error {
	in := &refForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	return p.showMove(w, r, in, http.StatusOK)
}

func (p *Pages) showMove(w http.ResponseWriter, r *http.Request, in *refForm, status int) error {
	x, err := p.refPage(r, in)
	if err != nil {
		return err
	}
	x.Targets = x.targets(r.Context())
	return web.Render(w, r, status, moveView(x))
}

func (p *Pages) move(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &refForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	id, ref := r.PathValue("id"), scorecard.NodeRef{Place: in.At, Stamp: in.Stamp}
	var err error
	if in.Do == "under" {
		place, stamp, _ := strings.Cut(in.To, " ")
		err = p.Desk.MoveUnder(ctx, web.Actor(ctx), id, ref, scorecard.NodeRef{Place: place, Stamp: stamp})
	} else {
		err = p.Desk.MoveNode(ctx, web.Actor(ctx), id, ref, in.By)
	}
	if err == nil {
		return web.SeeOther(w, r, setURL(id)+"#n-"+url.PathEscape(in.At), "sets.node.moved")
	}
	if !in.Failed(err) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if in.Fault.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	return p.showMove(w, r, in, status)
}

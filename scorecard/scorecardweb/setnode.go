package scorecardweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
)

func (p *Pages) registerSetEditor(mux *web.Mux) {
	mux.Handle("GET "+setsPath+"/{id}/node", web.SignedIn, p.askNode)
	mux.Handle("POST "+setsPath+"/{id}/node", web.SignedIn, p.setNode)
	mux.Handle("GET "+setsPath+"/{id}/add", web.SignedIn, p.askNode)
	mux.Handle("POST "+setsPath+"/{id}/add", web.SignedIn, p.setNode)
	mux.Handle("GET "+setsPath+"/{id}/move", web.SignedIn, p.askMove)
	mux.Handle("POST "+setsPath+"/{id}/move", web.SignedIn, p.move)
	mux.Handle("GET "+setsPath+"/{id}/remove", web.SignedIn, p.askRemove)
	mux.Handle("POST "+setsPath+"/{id}/remove", web.SignedIn, p.remove)
}

// A nodePage is the form of a node with what is known of it.
type nodePage struct {
	*setPage
	In       *nodeForm
	Node     *scorecard.DocNode // nil: one is added
	Parent   *scorecard.DocNode
	Item     string // "b" or "p": an item of the bonus or penalty group
	Sentence string
	Faults   []criteria.Fault
	Theirs   []scorecard.Difference // what is stored now where it differs, after a conflict
	Conflict bool
}

func (x *nodePage) adds() bool { return x.Node == nil }

// leaf reports whether the form shows how the node is scored.
func (x *nodePage) leaf() bool { return x.Item != "" || x.In.Scored != "group" }

func (x *nodePage) path() string {
	if x.adds() {
		return setURL(x.ID) + "/add"
	}
	return setURL(x.ID) + "/node"
}

func nodeURL(id, verb, place string) string {
	key := "at"
	if verb == "add" {
		key = "under"
	}
	return setURL(id) + "/" + verb + "?" + url.Values{key: {place}}.Encode()
}

// editable returns the page of a draft that the actor may edit.
func (p *Pages) editable(ctx context.Context, q db.Queryer, a actor.Actor, id string) (*setPage, error) {
	x, err := p.setPage(ctx, q, a, id)
	if err != nil {
		return nil, err
	}
	switch {
	case !x.May:
		return nil, fault.New(fault.Forbidden, "auth.forbidden")
	case x.State != scorecard.Draft:
		return nil, fault.New(fault.Conflict, "sets.issued")
	}
	return x, nil
}

// nodePage finds the node that a form is about.
func (p *Pages) nodePage(ctx context.Context, r *http.Request, in *nodeForm) (*nodePage, error) {
	x := &nodePage{In: in}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		x.setPage, err = p.editable(ctx, q, web.Actor(ctx), r.PathValue("id"))
		return err
	})
	if err != nil {
		return nil, err
	}
	place := in.At
	if strings.HasSuffix(r.URL.Path, "/add") {
		place = in.Under
		switch place {
		case "":
		case "b", "p":
			x.Item = place
		default:
			if x.Parent = x.Doc.Node(place); x.Parent == nil {
				return nil, fault.New(fault.NotFound, "sets.node.unknown")
			}
		}
		return x, nil
	}
	if x.Node = x.Doc.Node(place); x.Node == nil {
		return nil, fault.New(fault.NotFound, "sets.node.unknown")
	}
	x.Parent = x.Node.Parent
	if x.Node.Item() {
		x.Item = place[:1]
	}
	x.Faults = x.faultsAt(place)
	x.Sentence = x.sentence(ctx, place)
	return x, nil
}

func (p *Pages) askNode(w http.ResponseWriter, r *http.Request) error {
	in := &nodeForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	x, err := p.nodePage(r.Context(), r, in)
	if err != nil {
		return err
	}
	if x.adds() {
		in.Set("scored", "leaf")
		in.Scored = "leaf"
		if x.Item == "" && (x.Parent == nil || x.Parent.Depth == 0) {
			in.Scored = "group"
			in.Set("scored", "group")
		}
		in.Set("code", x.nextCode())
		in.Set("source", "manual")
		if x.Parent != nil {
			in.Stamp = x.Parent.Stamp()
		}
	} else {
		in.fill(r.Context(), x.Node)
	}
	return web.Render(w, r, http.StatusOK, nodeView(x))
}

func (p *Pages) setNode(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &nodeForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	item := in.Under == "b" || in.Under == "p" || strings.HasPrefix(in.At, "b") || strings.HasPrefix(in.At, "p")
	e, err := in.edit(item)
	if more, ok := strings.CutPrefix(in.Do, "more:"); ok {
		in.Set(more+"#", strconv.Itoa(min(rows(&in.Form, more)+4, mostRows)))
	} else if in.Do != "fields" && err == nil {
		id, place := r.PathValue("id"), ""
		if strings.HasSuffix(r.URL.Path, "/add") {
			place, err = p.Desk.AddNode(ctx, web.Actor(ctx), id, scorecard.NodeRef{Place: in.Under, Stamp: in.Stamp}, e)
		} else {
			place, err = p.Desk.SetNode(ctx, web.Actor(ctx), id, scorecard.NodeRef{Place: in.At, Stamp: in.Stamp}, e)
		}
		if err == nil {
			return web.SeeOther(w, r, setURL(id)+"#n-"+place, "sets.node.saved", "Code", in.Code)
		}
	}
	status := http.StatusOK
	if err != nil {
		if !in.Failed(err) {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	x, err := p.nodePage(ctx, r, in)
	if err != nil {
		return err
	}
	if in.Wrong() && in.Fault.Kind == fault.Conflict {
		status = http.StatusConflict
		x.Conflict = true
		switch {
		case x.Node != nil:
			// What is typed stays; saving again is a decision then.
			x.Theirs = scorecard.Compare(x.Node, e)
			in.Stamp = x.Node.Stamp()
		case x.Parent != nil:
			in.Stamp = x.Parent.Stamp()
		}
	}
	return web.Render(w, r, status, nodeView(x))
}

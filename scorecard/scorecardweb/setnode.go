package scorecardweb

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
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

// A nodeForm edits a node, or adds one below another.
type nodeForm struct {
	web.Form
	At       string `form:"at"`    // which node; "" adds one
	Under    string `form:"under"` // where to add
	Stamp    string `form:"stamp"` // of the node that is edited, or below which one is added
	Do       string `form:"do"`    // save, fields, or more:LIST
	Code     string `form:"code"`
	Name     string `form:"name"`
	Max      string `form:"max"`
	Basis    string `form:"basis"`
	Scored   string `form:"scored"` // leaf or group
	MayAdd   bool   `form:"may_add"`
	Kind     string `form:"kind"`
	Source   string `form:"source"`
	Num      string `form:"num"`
	Den      string `form:"den"`
	Evidence string `form:"evidence"`
	NA       string `form:"na"`
	NAPoints string `form:"na_points"`
	Round    string `form:"round"`
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

// nextCode proposes a code after the last one beside it: 1.2.3 after 1.2.2.
func (x *nodePage) nextCode() string {
	list := x.Doc.Tree()
	switch {
	case x.Item == "b":
		list = x.Doc.Bonus()
	case x.Item == "p":
		list = x.Doc.Penalties()
	case x.Parent != nil:
		list = x.Parent.Children
	}
	if len(list) == 0 {
		switch {
		case x.Item == "b":
			return "T.1"
		case x.Item == "p":
			return "P.1"
		case x.Parent != nil:
			return x.Parent.Text("code") + ".1"
		}
		return "1"
	}
	last := list[len(list)-1].Text("code")
	head, tail := "", last
	if i := strings.LastIndexByte(last, '.'); i >= 0 {
		head, tail = last[:i+1], last[i+1:]
	}
	n, err := strconv.Atoi(tail)
	if err != nil {
		return ""
	}
	return head + strconv.Itoa(n+1)
}

// fill puts a stored node into the form.
func (in *nodeForm) fill(ctx context.Context, n *scorecard.DocNode) {
	f := typing(ctx, &in.Form)
	in.At, in.Stamp = n.Place, n.Stamp()
	f.number("max", n.Text("max"))
	for _, k := range []string{"code", "name", "basis", "kind", "evidence", "round"} {
		in.Set(k, n.Text(k))
	}
	in.Scored = "group"
	if n.Leaf() {
		in.Scored = "leaf"
	}
	in.Set("scored", in.Scored)
	if n.Flag("may_add") {
		in.Set("may_add", "on")
	}
	in.Kind = n.Text("kind")
	in.Set("source", n.Text("data_source"))
	if b := n.Sub("binding"); b.Has("source") {
		in.Set("source", b.Text("source"))
		in.Set("num", b.Text("num"))
		in.Set("den", b.Text("den"))
	}
	in.Set("na", n.Sub("na").Text("policy"))
	f.number("na_points", n.Sub("na").Text("points"))
	fillRule(f, "r.", criteria.Kind(in.Kind), n.Sub("rule"))
}

// edit reads the form.
func (in *nodeForm) edit(item bool) (scorecard.NodeEdit, error) {
	f := fault.New(fault.Invalid, "form.invalid")
	r := &ruleReader{&in.Form, f}
	e := scorecard.NodeEdit{Code: in.Code, Name: in.Name, Max: r.number("max"), MayAdd: in.MayAdd && !item, Basis: in.Basis}
	if item || in.Scored != "group" {
		kind := criteria.Kind(in.Kind)
		e.Leaf = &scorecard.LeafEdit{Kind: in.Kind, Rule: r.rule("r.", kind), Source: r.text("source"), Num: r.text("num"), Den: r.text("den"), Evidence: in.Evidence,
			NA: criteria.Policy(in.NA), NAPoints: r.number("na_points"), Round: in.Round}
		if in.Kind != "" && !slices.Contains(criteria.Kinds, kind) {
			f.With("kind", "sets.kind.unknown")
		}
	}
	for _, x := range [][2]string{{"code", in.Code}, {"name", in.Name}} {
		if x[1] == "" {
			f.With(x[0], "web.form.required")
		}
	}
	return e, f.Or()
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

var pathShape = regexp.MustCompile(`^(domains|bonus|penalties)\[(\d+)\]((?:\.(?:criteria|components|children)\[\d+\])*)`)

var indexShape = regexp.MustCompile(`\[(\d+)\]`)

// placeOf returns the place of the node that a fault lies in; "" outside of nodes.
func placeOf(path string) string {
	m := pathShape.FindStringSubmatch(path)
	if m == nil {
		return ""
	}
	var parts []string
	for _, i := range indexShape.FindAllStringSubmatch(m[0], -1) {
		n, _ := strconv.Atoi(i[1])
		parts = append(parts, strconv.Itoa(n+1))
	}
	place := strings.Join(parts, ".")
	switch m[1] {
	case "bonus":
		return "b" + place
	case "penalties":
		return "p" + place
	}
	return place
}

// nodeAt returns the node of a read set at a place; nil when it was not read.
func nodeAt(s *criteria.Set, place string) *criteria.Node {
	if s == nil || place == "" {
		return nil
	}
	list := s.Fields
	switch place[0] {
	case 'b':
		list, place = s.Bonus.Items, place[1:]
	case 'p':
		list, place = s.Penalty.Items, place[1:]
	}
	var at *criteria.Node
	for _, part := range strings.Split(place, ".") {
		i, err := strconv.Atoi(part)
		if err != nil || i < 1 || i > len(list) {
			return nil
		}
		at = list[i-1]
		list = at.Children
	}
	return at
}

// sentence says a node's rule in words; "" where there is none to say.
func (x *setPage) sentence(ctx context.Context, place string) string {
	return say(ctx, nodeAt(x.Set, place))
}

func say(ctx context.Context, n *criteria.Node) string {
	if n == nil || n.Leaf == nil || n.Leaf.Rule == nil {
		return ""
	}
	return n.Leaf.Rule.Sentence(ctx, n)
}

func (x *setPage) faultsAt(place string) (out []criteria.Fault) {
	for _, f := range x.Faults {
		if placeOf(f.Path) == place {
			out = append(out, f)
		}
	}
	return out
}

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
		return web.SeeOther(w, r, setURL(id)+"#n-"+in.At, "sets.node.moved")
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

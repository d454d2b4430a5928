package exchangeweb

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/list"
	"cchc/base/web/ui"
	"cchc/exchange"
	"cchc/unit"
)

// Reconcile is where dossiers are compared with other sides' lists.
const Reconcile = Path + "/reconcile"

// maxList is the largest list that is taken: a million dossiers are a tenth of it.
const maxList = 512 << 20

// shown is how many differences stand on a page.
const shown = 100

func (p *Pages) registerReconcile(mux *web.Mux) {
	mux.Handle("GET "+Reconcile, web.SignedIn, func(w http.ResponseWriter, r *http.Request) error {
		in := &compareForm{}
		in.Set("minutes", "5")
		in.Set("source", "file")
		if link := r.URL.Query().Get("link"); link != "" {
			in.Set("link", link)
			in.Set("source", "link")
		}
		return p.runs(w, r, in, http.StatusOK)
	})
	mux.Handle("POST "+Reconcile, web.SignedIn.Body(maxList), p.compare)
	mux.Handle("GET "+Reconcile+"/runs/{run}", web.SignedIn, p.run)
	mux.Handle("GET "+Reconcile+"/runs/{run}/stream", web.SignedIn.Live(), p.stream)
	mux.Handle("POST "+Reconcile+"/runs/{run}/send", web.SignedIn, p.resend)
}

type compareForm struct {
	web.Form
	Unit    string      `form:"unit"`
	Link    string      `form:"link"`
	System  string      `form:"system"`
	From    moment.Date `form:"from"`
	To      moment.Date `form:"to"`
	Minutes int         `form:"minutes"`
	Source  string      `form:"source"` // file, or link: its own list is fetched
}

type runsPage struct {
	In    *compareForm
	Runs  []exchange.Run
	Units []ui.Option
	Links []ui.Option
	names map[unit.ID]string
}

func named(ctx context.Context, names map[unit.ID]string, id unit.ID) string {
	if id == "" {
		return i18n.T(ctx, "exchange.everywhere")
	}
	return cmp.Or(names[id], string(id))
}

func (p *Pages) runs(w http.ResponseWriter, r *http.Request, in *compareForm, status int) error {
	ctx := r.Context()
	v := runsPage{In: in}
	var err error
	if v.Runs, err = p.Book.Runs(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	if v.Units, v.names, err = p.units(ctx); err != nil {
		return err
	}
	if v.Links, err = p.links(ctx, "exchange.compare.link.none"); err != nil {
		return err
	}
	return web.Render(w, r, status, runsView(v))
}

// links are the choices among links that are not ended.
func (p *Pages) links(ctx context.Context, none string) ([]ui.Option, error) {
	all, err := p.Book.Links(ctx, web.Actor(ctx))
	if err != nil {
		return nil, err
	}
	out := []ui.Option{{Text: i18n.T(ctx, none)}}
	for _, l := range all {
		if l.Ended == 0 {
			out = append(out, ui.Option{Value: l.ID, Text: l.Name + " (" + i18n.T(ctx, "exchange.kind."+l.Kind) + ")"})
		}
	}
	return out, nil
}

func (p *Pages) compare(w http.ResponseWriter, r *http.Request) error {
	in := &compareForm{}
	err := web.Decode(r, in)
	if r.MultipartForm != nil {
		defer r.MultipartForm.RemoveAll()
	}
	if err == nil {
		var run exchange.Run
		if run, err = p.compared(r, in); err == nil {
			return web.SeeOther(w, r, Reconcile+"/runs/"+run.ID, "")
		}
	}
	if !in.Failed(err) {
		return err
	}
	return p.runs(w, r, in, http.StatusUnprocessableEntity)
}

// compared begins the comparison; a job makes it.
func (p *Pages) compared(r *http.Request, in *compareForm) (exchange.Run, error) {
	q := exchange.Comparison{Unit: unit.ID(in.Unit), Link: in.Link, System: in.System, From: in.From, To: in.To, Minutes: in.Minutes, Fetch: in.Source == "link"}
	if !q.Fetch {
		content, head, err := r.FormFile("file")
		if err != nil {
			return exchange.Run{}, fault.New(fault.Invalid, "exchange.compare.invalid").With("file", "exchange.compare.file").Because(err)
		}
		defer content.Close()
		name := []rune(head.Filename)
		q.File = exchange.File{Name: string(name[:min(len(name), 200)]), Content: content, Size: head.Size}
	}
	return p.Book.Start(r.Context(), web.Actor(r.Context()), q)
}

// streamFor is how long one connection tells of a run; browsers come again.
const streamFor = time.Minute

// stream tells how far a run is until it is done with.
func (p *Pages) stream(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), streamFor)
	defer cancel()
	v := runPage{In: &runQuery{}, Streamed: true}
	var err error
	if v.Run, err = p.Book.Run(ctx, web.Actor(ctx), r.PathValue("run")); err != nil {
		return err
	}
	return web.Stream(w, r, func(send func(string, []byte) error) error {
		for {
			var b bytes.Buffer
			if err := busyView(v).Render(ctx, &b); err != nil {
				return err
			}
			if err := send("progress", b.Bytes()); err != nil || !v.Run.Busy() {
				return err
			}
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return nil
			}
			if v.Run, err = p.Book.Run(ctx, web.Actor(ctx), v.Run.ID); err != nil {
				return nil
			}
		}
	})
}

type runQuery struct {
	web.Form
	Kind   string `form:"kind"`
	Unit   string `form:"unit"`
	Open   string `form:"open"`
	After  int    `form:"after"`
	Format string `form:"format"`
}

type runPage struct {
	In    *runQuery
	Send  *sendForm
	Run   exchange.Run
	List  []exchange.Difference
	Next  int
	Units []ui.Option
	Links []ui.Option
	names map[unit.ID]string

	Streamed bool // a part of the page that a stream renews
}

func (v runPage) live() string {
	if v.Run.Busy() {
		return Reconcile + "/runs/" + v.Run.ID + "/stream"
	}
	return ""
}

// told is what is wrong with the list, or why it was not fetched.
func (v runPage) told(ctx context.Context) []string {
	var out []string
	if f := v.Run.Fault; f != nil {
		for _, x := range f.Fields {
			out = append(out, i18n.Field(ctx, x))
		}
		if len(out) == 0 {
			out = append(out, i18n.Fault(ctx, f))
		}
	}
	return out
}

func (v runPage) url(set ...string) string {
	return list.At(Reconcile+"/runs/"+v.Run.ID, "kind", v.In.Kind, "unit", v.In.Unit, "open", v.In.Open).With(set...)
}

// sendable reports whether there is anything on our side to tell of.
func (v runPage) sendable() bool {
	return v.In.Kind != exchange.MissingHere && len(v.Links) > 1 && len(v.List) > 0
}

func (p *Pages) run(w http.ResponseWriter, r *http.Request) error {
	return p.showRun(w, r, &sendForm{}, http.StatusOK)
}

func (p *Pages) showRun(w http.ResponseWriter, r *http.Request, send *sendForm, status int) error {
	ctx := r.Context()
	v := runPage{In: &runQuery{}, Send: send}
	if err := web.Decode(r, v.In); err != nil && !v.In.Failed(err) {
		return err
	}
	var err error
	if v.Run, err = p.Book.Run(ctx, web.Actor(ctx), r.PathValue("run")); err != nil {
		return err
	}
	if send.Link == "" {
		send.Link = v.Run.Link
		send.Set("link", send.Link)
	}
	units, names, err := p.units(ctx)
	if err != nil {
		return err
	}
	v.names = names
	f := exchange.Filter{Kind: v.In.Kind, Unit: unit.ID(v.In.Unit), Open: v.In.Open != "", After: v.In.After, Limit: shown + 1}
	if v.In.Format == "csv" {
		f.After, f.Limit = 0, 0
	}
	if v.List, err = p.Book.Differences(ctx, v.Run, f); err != nil {
		return err
	}
	if v.In.Format == "csv" {
		return sendFile(w, r, v)
	}
	if len(v.List) > shown {
		v.List = v.List[:shown]
		v.Next = v.List[shown-1].Ord
	}
	of, err := p.Book.UnitsOf(ctx, v.Run)
	if err != nil {
		return err
	}
	here := map[string]bool{}
	for _, id := range of {
		here[string(id)] = true
	}
	v.Units = []ui.Option{{Text: i18n.T(ctx, "exchange.compare.unit.all")}}
	for _, o := range units {
		if here[o.Value] {
			v.Units = append(v.Units, o)
		}
	}
	if v.Links, err = p.links(ctx, "exchange.resend.choose"); err != nil {
		return err
	}
	return web.Render(w, r, status, runView(v))
}

func sendFile(w http.ResponseWriter, r *http.Request, v runPage) error {
	ctx := r.Context()
	var header []string
	for _, key := range []string{"code", "unit", "difference", "our_status", "our_time", "their_status", "their_time", "sent"} {
		header = append(header, i18n.T(ctx, "exchange.column."+key))
	}
	return list.Send(w, r, list.File{Format: "csv", Name: "reconcile-" + v.Run.Created.Date().String(), Header: header, Rows: func(add func([]string) error) error {
		for _, d := range v.List {
			place := ""
			if d.Unit != "" {
				place = named(ctx, v.names, d.Unit)
			}
			if err := add([]string{d.Code, place, i18n.T(ctx, "exchange.difference."+d.Kind), number(d.OurStatus), at(d.OurAt), number(d.TheirStatus), at(d.TheirAt), at(d.Sent)}); err != nil {
				return err
			}
		}
		return nil
	}})
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func at(i moment.Instant) string {
	if i == 0 {
		return ""
	}
	return i.String()
}

// statusText names a national status with its number, as the lists have it.
func statusText(ctx context.Context, n int) string {
	if n == 0 {
		return "—"
	}
	return fmt.Sprintf("%d · %s", n, i18n.T(ctx, "dossierweb.status."+strconv.Itoa(n)))
}

type sendForm struct {
	web.Form
	Link string `form:"link"`
	Kind string `form:"kind"`
	All  string `form:"all"`
	Ords []int  `form:"ord"`
}

func (p *Pages) resend(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &sendForm{}
	err := web.Decode(r, in)
	n := 0
	if err == nil {
		how := exchange.Resend{Link: in.Link, Kind: in.Kind}
		if in.All == "" {
			if how.Kind, how.Ords = "", in.Ords; len(in.Ords) == 0 {
				err = fault.New(fault.Invalid, "exchange.resend.none")
			}
		}
		if err == nil {
			n, err = p.Book.Resend(ctx, web.Actor(ctx), r.PathValue("run"), how)
		}
	}
	if err == nil {
		return web.SeeOther(w, r, list.At(Reconcile+"/runs/"+r.PathValue("run"), "kind", in.Kind).String(), "exchange.resend.done", "Count", n)
	}
	if !in.Failed(err) {
		return err
	}
	return p.showRun(w, r, in, http.StatusUnprocessableEntity)
}

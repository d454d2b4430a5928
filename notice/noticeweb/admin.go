package noticeweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"cchc/base/i18n"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/notice"
)

// States of the log, in the order of its filter.
var states = []string{"waiting", "dead", "sent", "stopped"}

type logForm struct {
	web.Form
	State   string `form:"state"`
	Channel string `form:"channel"`
	Event   string `form:"event"`
	Code    string `form:"code"`
	Before  string `form:"before"`
}

type logRow struct {
	notice.Item
	Who string // name of an account; "" is the applicant
}

type logPage struct {
	In     *logForm
	Rows   []logRow
	Next   string
	Failed int
	Ways   map[string]string // channel → how it leaves; "" not at all
}

func (p *Pages) log(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &logForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	list, next, err := p.Book.Log(ctx, web.Actor(ctx), notice.Filter{State: in.State, Channel: in.Channel, Event: in.Event, Code: in.Code, Before: in.Before})
	if err != nil {
		return err
	}
	v := logPage{In: in, Ways: map[string]string{}}
	for _, x := range list {
		row := logRow{Item: x}
		if x.Account != "" {
			row.Who = p.name(ctx, x.Account)
		}
		v.Rows = append(v.Rows, row)
	}
	for _, c := range notice.Leaving {
		if s := p.Book.Senders[c]; s != nil {
			v.Ways[c] = s.Via()
		}
	}
	if next != "" {
		q := url.Values{"before": {next}}
		for name, value := range map[string]string{"state": in.State, "channel": in.Channel, "event": in.Event, "code": in.Code} {
			if value != "" {
				q.Set(name, value)
			}
		}
		v.Next = Admin + "?" + q.Encode()
	}
	if v.Failed, err = p.Book.Failed(ctx); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, logView(v))
}

func (p *Pages) name(ctx context.Context, account string) string {
	if p.Name != nil {
		if name := p.Name(ctx, account); name != "" {
			return name
		}
	}
	return account
}

// again tries one message anew, or all that were given up.
func (p *Pages) again(w http.ResponseWriter, r *http.Request) error {
	if err := p.Book.Again(r.Context(), web.Actor(r.Context()), r.PostFormValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, Admin, "notice.again.done")
}

type templateGroup struct {
	Event notice.Event
	List  []notice.Template
}

func (p *Pages) templates(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Book.Templates(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	var groups []templateGroup
	for _, e := range notice.Events {
		g := templateGroup{Event: e}
		for _, t := range list {
			if t.Event == e.Key {
				g.List = append(g.List, t)
			}
		}
		groups = append(groups, g)
	}
	return web.Render(w, r, http.StatusOK, templatesView(groups))
}

type templateForm struct {
	web.Form
	Subject string `form:"subject"`
	Body    string `form:"body"`
	Seen    int64  `form:"seen"`
	Do      string `form:"do"`
}

type templatePage struct {
	In       *templateForm
	Now      notice.Template
	Versions []notice.Template
	Event    notice.Event
	Preview  *notice.Text
	names    map[string]string
}

func (p *Pages) templatePage(r *http.Request, in *templateForm) (v templatePage, err error) {
	ctx := r.Context()
	v = templatePage{In: in, names: map[string]string{}}
	if v.Now, v.Versions, err = p.Book.Template(ctx, web.Actor(ctx), r.PathValue("event"), r.PathValue("channel"), r.PathValue("lang")); err != nil {
		return v, err
	}
	v.Event, _ = notice.EventOf(v.Now.Event)
	for _, x := range v.Versions {
		v.names[x.Account] = p.name(ctx, x.Account)
	}
	return v, nil
}

func (p *Pages) template(w http.ResponseWriter, r *http.Request) error {
	in := &templateForm{}
	v, err := p.templatePage(r, in)
	if err != nil {
		return err
	}
	in.Set("subject", v.Now.Subject)
	in.Set("body", v.Now.Body)
	in.Seen = v.Now.Version
	text, err := p.Book.Preview(r.Context(), web.Actor(r.Context()), v.Now)
	if err != nil {
		return err
	}
	v.Preview = &text
	return web.Render(w, r, http.StatusOK, templateView(v))
}

func (p *Pages) saveTemplate(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a := web.Actor(ctx)
	in := &templateForm{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	t := notice.Template{Event: r.PathValue("event"), Channel: r.PathValue("channel"), Lang: r.PathValue("lang"), Subject: in.Subject, Body: in.Body}
	var err error
	var preview *notice.Text
	switch in.Do {
	case "preview":
		var text notice.Text
		if text, err = p.Book.Preview(ctx, a, t); err == nil {
			preview = &text
		}
	case "reset":
		t.Subject, t.Body = "", ""
		if err = p.Book.Save(ctx, a, t, in.Seen); err == nil {
			return web.SeeOther(w, r, templateURL(t), "notice.template.back")
		}
	default:
		if err = t.Validate(); err == nil {
			if err = p.Book.Save(ctx, a, t, in.Seen); err == nil {
				return web.SeeOther(w, r, templateURL(t), "notice.template.saved")
			}
		}
	}
	if err != nil && !in.Failed(err) {
		return err
	}
	v, lost := p.templatePage(r, in)
	if lost != nil {
		return lost
	}
	v.Preview = preview
	status := http.StatusOK
	if err != nil {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, templateView(v))
}

func templateURL(t notice.Template) string {
	return Admin + "/templates/" + t.Event + "/" + t.Channel + "/" + t.Lang
}

func (v logPage) options(ctx context.Context, field string, values []string) []ui.Option {
	out := []ui.Option{{Text: i18n.T(ctx, "notice.all")}}
	for _, x := range values {
		out = append(out, ui.Option{Value: x, Text: i18n.T(ctx, "notice."+field+"."+x)})
	}
	return out
}

func eventKeys() (out []string) {
	for _, e := range notice.Events {
		out = append(out, e.Key)
	}
	return out
}

func back(ctx context.Context, to string) []ui.Link {
	links := []ui.Link{{Text: i18n.T(ctx, "admin.title"), URL: "/admin"}, {Text: i18n.T(ctx, "notice.log.title"), URL: Admin}, {Text: i18n.T(ctx, "notice.templates.title"), URL: Admin + "/templates"}}
	i := slices.IndexFunc(links, func(l ui.Link) bool { return l.URL == to })
	return links[:i+1]
}

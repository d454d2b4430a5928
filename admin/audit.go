package admin

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/look"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
	"cchc/unit"
)

const (
	auditShown = 50
	// auditExported is the most rows of one file; a longer trail is exported month
	// by month.
	auditExported = 100_000
)

// Trail is the page of the audit trail (nhật ký).
type Trail struct {
	DB    *db.DB
	Guard auth.Guard
	Units *unit.Book
	// Name names a thing of the trail and tells where it is shown, "" when nowhere.
	// Nil shows ids.
	Name func(ctx context.Context, kind, id string) (name, url string, err error)
}

// Register puts the page at /admin/audit.
func (t *Trail) Register(mux *web.Mux) {
	mux.Handle("GET /admin/audit", web.SignedIn, t.show)
	mux.Handle("GET /admin/audit.csv", web.SignedIn, t.csv)
}

type trailQuery struct {
	web.Form
	Account string      `form:"account"`
	Who     string      `form:"who"` // login
	Kind    string      `form:"kind"`
	Object  string      `form:"object"`
	Unit    string      `form:"unit"`
	From    moment.Date `form:"from"`
	To      moment.Date `form:"to"` // the last day
	Before  string      `form:"before"`
}

func (q *trailQuery) url(path, before string) string {
	v := url.Values{}
	for name, s := range map[string]string{"account": q.Account, "who": q.Who, "kind": q.Kind, "object": q.Object, "unit": q.Unit,
		"from": q.Value("from"), "to": q.Value("to"), "before": before} {
		if s != "" {
			v.Set(name, s)
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

type trailRow struct {
	audit.Entry
	Who     string
	What    string
	Thing   string
	URL     string
	Place   string
	Changes []string
}

type trailPage struct {
	In    *trailQuery
	Rows  []trailRow
	Next  string
	Units []ui.Option
	Kinds []ui.Option
}

// Kinds of things in the trail by which it can be narrowed.
var trailKinds = []string{"dossier", "account", "unit", "calendar", "procedure", "entered_measure", "dossier_load", "setting", "job"}

var accountByLogin = db.SQL("admin.audit.account", `SELECT id FROM account WHERE login = $1`)

// filter makes of what was asked what the actor may see. Who reads the trail of
// the whole system sees what belongs to no unit too; others that of their units.
func (t *Trail) filter(ctx context.Context, a actor.Actor, in *trailQuery) (audit.Filter, []ui.Option, error) {
	f := audit.Filter{Account: in.Account, Kind: in.Kind, Object: in.Object, Limit: auditShown + 1}
	if err := t.Guard.CheckAnywhere(a, auth.AuditRead); err != nil {
		return f, nil, err
	}
	tree, err := t.Units.Today(ctx, t.DB)
	if err != nil {
		return f, nil, err
	}
	roots := auth.Roots(a, auth.AuditRead)
	whole := true
	for _, r := range tree.Roots() {
		ok, err := t.Guard.May(ctx, t.DB, a, auth.AuditRead, r)
		if err != nil {
			return f, nil, err
		}
		whole = whole && ok
	}
	var options []ui.Option
	if whole {
		options = append(options, ui.Option{Text: i18n.T(ctx, "admin.audit.any_unit")})
		roots = tree.Roots()
	}
	for _, r := range roots {
		for _, id := range tree.Subtree(r) {
			u, _ := tree.Unit(id)
			options = append(options, ui.Option{Value: string(id), Text: strings.Repeat("– ", len(tree.Ancestors(id))-len(tree.Ancestors(r))) + u.Name})
		}
	}
	if in.Unit == "" && !whole {
		in.Unit = string(roots[0])
		in.Set("unit", in.Unit)
	}
	if in.Unit != "" {
		f.Within = unit.ID(in.Unit)
		if err := t.Guard.Check(ctx, t.DB, a, auth.AuditRead, f.Within); err != nil {
			return f, nil, err
		}
	}
	if in.Who != "" {
		ids, err := db.Column[string](ctx, t.DB, accountByLogin, auth.FoldLogin(in.Who))
		if err != nil {
			return f, nil, err
		}
		if len(ids) == 0 {
			return f, options, fault.New(fault.Invalid, "web.form.invalid").With("who", "admin.audit.nobody", "Login", in.Who)
		}
		f.Account = ids[0]
	}
	if in.From != 0 {
		f.From = in.From.Start()
	}
	if in.To != 0 {
		f.To = (in.To + 1).Start()
	}
	if at, key, ok := strings.Cut(in.Before, "."); ok {
		n, err := strconv.ParseInt(at, 10, 64)
		if err == nil {
			f.Before = audit.Cursor{At: moment.Instant(n), Key: key}
		}
	}
	return f, options, nil
}

func (t *Trail) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &trailQuery{}
	err := web.Decode(r, in)
	page := trailPage{In: in, Kinds: []ui.Option{{Text: i18n.T(ctx, "admin.audit.any_kind")}}}
	for _, k := range trailKinds {
		page.Kinds = append(page.Kinds, ui.Option{Value: k, Text: i18n.T(ctx, "audit.kind."+k)})
	}
	var f audit.Filter
	if err == nil {
		f, page.Units, err = t.filter(ctx, web.Actor(ctx), in)
	}
	if in.Failed(err) {
		if page.Units == nil { // a date that cannot be read; the rights come first all the same
			if _, page.Units, err = t.filter(ctx, web.Actor(ctx), &trailQuery{}); err != nil {
				return err
			}
		}
		return web.Render(w, r, http.StatusUnprocessableEntity, trailView(page))
	}
	if err != nil {
		return err
	}
	entries, err := audit.Latest(ctx, t.DB, f)
	if err != nil {
		return err
	}
	if len(entries) > auditShown {
		entries = entries[:auditShown]
		last := entries[auditShown-1]
		page.Next = in.url("/admin/audit", strconv.FormatInt(int64(last.At), 10)+"."+last.Key)
	}
	for _, e := range entries {
		row, err := t.row(ctx, e)
		if err != nil {
			return err
		}
		page.Rows = append(page.Rows, row)
	}
	return web.Render(w, r, http.StatusOK, trailView(page))
}

func (t *Trail) row(ctx context.Context, e audit.Entry) (trailRow, error) {
	x := trailRow{Entry: e, Who: Who(ctx, e), What: VerbName(ctx, e.Verb), Thing: e.ID, Place: i18n.None}
	if i18n.Has("audit.kind." + e.Kind) {
		x.Thing = i18n.T(ctx, "audit.kind."+e.Kind)
	}
	if t.Name != nil {
		name, url, err := t.Name(ctx, e.Kind, e.ID)
		if err != nil {
			return x, err
		}
		if name != "" {
			x.Thing += " " + name
		}
		x.URL = url
	}
	if e.Unit != "" {
		u, ok, err := t.Units.Last(ctx, t.DB, e.Unit)
		if err != nil {
			return x, err
		}
		x.Place = string(e.Unit)
		if ok {
			x.Place = u.Name
		}
	}
	for _, c := range e.Changes {
		x.Changes = append(x.Changes, changeText(ctx, c))
	}
	return x, nil
}

// changeText tells a change; of a personal value only that it changed.
func changeText(ctx context.Context, c audit.Change) string {
	field := c.Field
	if i18n.Has("audit.field." + field) {
		field = i18n.T(ctx, "audit.field."+field)
	}
	switch {
	case c.Personal, c.From == "" && c.To == "":
		return i18n.T(ctx, "admin.audit.personal", "Field", field)
	case c.From == "":
		return field + ": " + short(c.To)
	case c.To == "":
		return field + ": " + short(c.From) + " → " + i18n.None
	}
	return field + ": " + short(c.From) + " → " + short(c.To)
}

// short cuts what would fill the page; the file has all of it.
func short(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return s
}

// VerbName says what an entry's verb is, or the verb itself where nobody has given
// it words.
func VerbName(ctx context.Context, verb string) string {
	return i18n.Named(ctx, verb, "audit.verb.", "dossierweb.audit.", "auth.verb.")
}

// Who names the actor of an entry, and in whose place it was done.
func Who(ctx context.Context, e audit.Entry) string {
	name := e.Actor.Name
	switch {
	case e.Actor.IsSystem():
		name = i18n.T(ctx, "audit.system", "Name", e.Actor.Name)
	case name == "":
		name = i18n.T(ctx, "audit.erased")
	}
	if e.Actor.For.Account != "" {
		return i18n.T(ctx, "auth.behalf", "Name", name, "For", e.Actor.For.Name)
	}
	return name
}

func (t *Trail) csv(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in := &trailQuery{}
	if err := web.Decode(r, in); err != nil {
		return err
	}
	f, _, err := t.filter(ctx, web.Actor(ctx), in)
	if err != nil {
		return err
	}
	f.Limit, f.Before = 1000, audit.Cursor{}
	var out bytes.Buffer
	out.WriteString("\ufeff")
	c := csv.NewWriter(&out)
	c.Write([]string{"at", "login", "name", "on_behalf_of", "verb", "kind", "object", "unit", "changes", "reason"})
	n := 0
	for n < auditExported {
		entries, err := audit.Latest(ctx, t.DB, f)
		if err != nil {
			return err
		}
		for _, e := range entries {
			var changes []string
			for _, x := range e.Changes {
				if x.Personal {
					changes = append(changes, x.Field+" changed")
				} else {
					changes = append(changes, x.Field+": "+x.From+" → "+x.To)
				}
			}
			row := []string{e.At.String(), e.Actor.Login, e.Actor.Name, e.Actor.For.Name, e.Verb, e.Kind, e.ID, string(e.Unit), strings.Join(changes, "; "), e.Reason}
			for i, cell := range row {
				row[i] = harmless(cell)
			}
			c.Write(row)
		}
		if n += len(entries); len(entries) < f.Limit {
			break
		}
		f.Before = entries[len(entries)-1].After()
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write audit.csv: %w", err)
	}
	// What people typed as a reason may name somebody: it is noted as files with people are.
	e := look.Export{Unit: actor.UnitID(in.Unit), List: "trail", Filter: strings.TrimSpace("kind=" + in.Kind), Format: "csv", Rows: n}
	err = t.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := look.NoteExport(ctx, tx, web.Actor(ctx), e, nil)
		return err
	})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="audit.csv"`)
	h.Set("Cache-Control", "no-store")
	_, err = w.Write(out.Bytes())
	return err
}

// harmless keeps spreadsheets from taking a text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

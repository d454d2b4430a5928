package admin

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/ledger"
	"cchc/base/moment"
	"cchc/base/receipt"
	"cchc/base/web"
	"cchc/base/web/ui"
)

// ReceiptsPath is where receipts of a thing are listed: /receipts/KIND/NAME.
const ReceiptsPath = "/receipts"

// A Receipted is a thing of which acts have receipts.
type Receipted struct {
	Kind, ID string // as in the trail
	Name     string // in addresses
	Title    string
	URL      string // its own page
	Content  bool   // what its entries lock can be downloaded
}

// Receipts are the pages of receipts (giấy xác nhận): of a thing, its acts that have
// one, each to be downloaded with its proof.
type Receipts struct {
	DB   *db.DB
	Log  *ledger.Log
	Base string // address at which citizens reach the server
	// Thing finds a thing by kind and name for somebody who may see it, or with public
	// for everybody.
	Thing func(ctx context.Context, a actor.Actor, kind, name string, public bool) (Receipted, error)
	// What tells which sort of receipt an entry has, "" none. Its words are the message
	// ledger.receipt.WHAT.
	What func(e audit.Entry) string
	// Content returns what an entry locks, as it is stored now.
	Content func(ctx context.Context, kind, id string) ([]byte, error)
}

// Register puts the pages at /receipts, and those of published results at /cchc.
func (p *Receipts) Register(mux *web.Mux) {
	mux.Handle("GET "+ReceiptsPath+"/{kind}/{name}", web.SignedIn, p.list(false))
	mux.Handle("GET "+ReceiptsPath+"/{kind}/{name}/{entry}", web.SignedIn, p.download(false))
	mux.Handle("GET /cchc/{id}/receipts", web.Published, p.list(true))
	mux.Handle("GET /cchc/{id}/receipts/{entry}", web.Published, p.download(true))
}

func (p *Receipts) thing(r *http.Request, public bool) (Receipted, string, error) {
	ctx := r.Context()
	kind, name, base := r.PathValue("kind"), r.PathValue("name"), ""
	if public {
		kind, name = "publication", r.PathValue("id")
		base = "/cchc/" + url.PathEscape(name) + "/receipts"
	} else {
		base = ReceiptsPath + "/" + url.PathEscape(kind) + "/" + url.PathEscape(name)
	}
	t, err := p.Thing(ctx, web.Actor(ctx), kind, name, public)
	return t, base, err
}

type receiptRow struct {
	audit.Entry
	What    string
	Who     string
	Changes []string
	Number  int64 // in the log; 0: it waits
	Content string
	Earlier bool // it is not what is locked now
}

type receiptsPage struct {
	Receipted
	Rows   []receiptRow
	At     string // address of the list
	Public bool
	Key    string
	Full   string // address for the QR code, "" when nobody knows ours
}

func (p *Receipts) list(public bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		t, base, err := p.thing(r, public)
		if err != nil {
			return err
		}
		v := receiptsPage{Receipted: t, At: base, Public: public}
		if p.Base != "" && public {
			v.Full = p.Base + base
		}
		entries, err := ledger.Of(ctx, p.DB, t.Kind, t.ID)
		if err != nil {
			return err
		}
		for _, x := range entries {
			e, what := x.Entry, p.What(x.Entry)
			if what == "" {
				continue
			}
			row := receiptRow{Entry: e, What: i18n.T(ctx, "ledger.receipt."+what), Number: x.Number}
			if !public { // who it was is nobody's business outside
				row.Who = Who(ctx, e)
			}
			for _, c := range e.Changes {
				switch c.Field {
				case receipt.ContentField:
					row.Content = c.To
				case "step", "step_account", "token", "fact": // not what the receipt is for
				default:
					c.From, c.To = moments(ctx, c.From), moments(ctx, c.To)
					row.Changes = append(row.Changes, changeText(ctx, c))
				}
			}
			v.Rows = append(v.Rows, row)
		}
		earlier(v.Rows, t.Content)
		keys, err := p.Log.Keys(ctx, p.DB)
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			v.Key = keys[len(keys)-1].Public
		}
		return web.Render(w, r, http.StatusOK, receiptsView(v))
	}
}

// earlier marks the contents that are no longer what is locked: something else was locked
// since, in the order of the log, or, where nothing is locked now, it was opened again.
func earlier(rows []receiptRow, locked bool) {
	last := ""
	if locked {
		for _, x := range rows {
			if x.Content != "" {
				last = x.Content
			}
		}
	}
	for i := range rows {
		rows[i].Earlier = rows[i].Content != "" && rows[i].Content != last
	}
}

// moments writes an instant of the trail as people do; other texts stay.
func moments(ctx context.Context, s string) string {
	if at, err := moment.ParseInstant(s); err == nil && strings.Contains(s, "T") {
		return i18n.ShortInstant(ctx, at)
	}
	return s
}

// download gives the receipt of an entry; or, as "content.json", what the last one locks:
// what earlier ones locked is not kept.
func (p *Receipts) download(public bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		t, _, err := p.thing(r, public)
		if err != nil {
			return err
		}
		entry := r.PathValue("entry")
		if entry == "content.json" && t.Content {
			b, err := p.Content(ctx, t.Kind, t.ID)
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Disposition", `attachment; filename="`+t.Kind+`-`+t.ID+`.json"`)
			_, err = w.Write(b)
			return err
		}
		entries, err := audit.Of(ctx, p.DB, t.Kind, t.ID)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Key+".txt" != entry || p.What(e) == "" {
				continue
			}
			x, err := p.Log.Receipt(ctx, e.Key)
			if err != nil {
				return err
			}
			return sendText(w, "cchc-receipt-"+strconv.FormatInt(x.Number(), 10)+".txt", x.Text())
		}
		return fault.New(fault.NotFound, "ledger.no_entry")
	}
}

func (v receiptsPage) page(ctx context.Context) ui.Page {
	return ui.Page{Title: i18n.T(ctx, "ledger.receipts"), Lead: i18n.T(ctx, "ledger.receipts.lead"), Crumbs: []ui.Link{{Text: v.Title, URL: v.URL}}}
}

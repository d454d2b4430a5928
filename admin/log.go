package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/ledger"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
)

// LogPath is the page of the log of the trail; PublicLogPath what everybody may see.
const (
	LogPath       = "/admin/log"
	PublicLogPath = "/cchc/log"
)

// LogPages are the page of the log of the trail (nhật ký không sửa được), and the
// public one: what was signed last, and with which key.
type LogPages struct {
	Keeping
	Log    *ledger.Log
	Failed func() error                                   // why nothing is signed, nil when all is well
	Check  func(ctx context.Context, a actor.Actor) error // has the whole log checked, by a job
}

// Register puts the pages at /admin/log and /cchc/log.
func (p *LogPages) Register(mux *web.Mux) {
	mux.Handle("GET "+LogPath, web.SignedIn, p.show)
	mux.Handle("POST "+LogPath+"/check", web.SignedIn, p.check)
	mux.Handle("POST "+LogPath+"/parties", web.SignedIn, p.add)
	mux.Handle("POST "+LogPath+"/parties/{id}/end", web.SignedIn, p.end)
	mux.Handle("POST "+LogPath+"/cosigned", web.SignedIn, p.cosigned)
	mux.Handle("GET "+LogPath+"/request", web.SignedIn, p.request)
	mux.Handle("GET "+PublicLogPath, web.Published, p.public)
	mux.Handle("GET "+PublicLogPath+"/checkpoint", web.Published, p.checkpoint)
	mux.Handle("GET "+PublicLogPath+"/key", web.Published, p.key)
}

type partyForm struct {
	web.Form
	Role   string `form:"role"`
	Public string `form:"public"`
	Name   string `form:"name"`
}

type cosignedForm struct {
	web.Form
	Text string `form:"text"`
}

type partyRow struct {
	ledger.Party
	Upto int64          // size that is co-signed
	When moment.Instant // of that, of logs that are co-signed here
}

type logPage struct {
	Size         int64
	Waiting      int
	Last         *ledger.Signed
	Cosigned     []ledger.Cosignature // of the last checkpoint that has any
	CosignedSize int64
	Checked      *ledger.Checked
	First        string // the first bad entry of the last check, in words
	Keys         []ledger.PublicKey
	CosignKey    string // with which this server co-signs; "" it cannot
	Cosigners    []partyRow
	Logs         []partyRow
	Failed       string
	Keeps        bool // the reader may change something
	Party        *partyForm
	Taken        *cosignedForm
}

// may returns nil for who reads the trail or keeps the system.
func (p *LogPages) may(a actor.Actor) error {
	if p.Guard.CheckAnywhere(a, auth.AuditRead) == nil {
		return nil
	}
	return p.Guard.CheckAnywhere(a, auth.SystemKeep)
}

func (p *LogPages) read(ctx context.Context) (v *logPage, err error) {
	v = &logPage{Party: &partyForm{}, Taken: &cosignedForm{}}
	l := p.Log
	if l.Key != nil {
		v.CosignKey = l.Key.CosignKey()
	}
	if p.Failed != nil {
		switch err := p.Failed(); {
		case err == nil:
		case errors.Is(err, ledger.ErrForked):
			v.Failed = "forked"
		case errors.Is(err, ledger.ErrNoKey), errors.Is(err, ledger.ErrOtherKey):
			v.Failed = "no_key"
		default:
			v.Failed = "other"
		}
	}
	return v, p.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		if v.Size, err = l.Size(ctx, q); err != nil {
			return err
		}
		if v.Waiting, err = l.Waiting(ctx, q); err != nil {
			return err
		}
		if v.Keys, err = l.Keys(ctx, q); err != nil {
			return err
		}
		newest, err := l.Newest(ctx, q, 1)
		if err != nil {
			return err
		}
		if len(newest) > 0 {
			v.Last = &newest[0]
		}
		if s, err := l.LastCosigned(ctx, q); err == nil {
			v.CosignedSize = s.Checkpoint.Size
			if v.Cosigned, err = l.Cosignatures(ctx, q, s); err != nil {
				return err
			}
		} else if !errors.Is(err, db.ErrNotFound) {
			return err
		}
		c, err := l.LastCheck(ctx, q)
		if err == nil {
			v.Checked = &c
			if c.Wrong > 0 {
				v.First = c.Text
			}
		} else if !errors.Is(err, db.ErrNotFound) {
			return err
		}
		if v.Cosigners, err = p.parties(ctx, q, ledger.CosignerRole); err != nil {
			return err
		}
		v.Logs, err = p.parties(ctx, q, ledger.LogRole)
		return err
	})
}

func (p *LogPages) parties(ctx context.Context, q db.Queryer, role ledger.Role) ([]partyRow, error) {
	all, err := p.Log.Parties(ctx, q, role)
	if err != nil {
		return nil, err
	}
	var out []partyRow
	for _, x := range all {
		row := partyRow{Party: x}
		if role == ledger.CosignerRole {
			if row.Upto, err = p.Log.CosignedBy(ctx, q, x.Public); err != nil {
				return nil, err
			}
		} else if w, err := p.Log.LastWitnessed(ctx, q, x.Origin()); err == nil {
			row.Upto, row.When = w.Size, w.At
		} else if !errors.Is(err, db.ErrNotFound) {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

func (p *LogPages) view(ctx context.Context) (*logPage, error) {
	a := web.Actor(ctx)
	if err := p.may(a); err != nil {
		return nil, err
	}
	v, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.Keeping.Check(ctx, a); err == nil {
		v.Keeps = true
	} else if fault.As(err) == nil {
		return nil, err
	}
	return v, nil
}

func (p *LogPages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, logView(v))
}

func (p *LogPages) check(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Keeping.Check(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	if err := p.Check(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	return web.SeeOther(w, r, LogPath, "ledger.check.begun")
}

func (p *LogPages) add(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Keeping.Check(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	in := &partyForm{}
	err := web.Decode(r, in)
	role := ledger.Role(in.Role)
	if err == nil && role != ledger.CosignerRole && role != ledger.LogRole {
		err = fault.New(fault.Invalid, "web.form.invalid").With("role", "web.form.required")
	}
	if err == nil {
		_, err = p.Log.AddParty(ctx, web.Actor(ctx), role, in.Public, in.Name)
	}
	if in.Failed(err) {
		v, err := p.view(ctx)
		if err != nil {
			return err
		}
		v.Party = in
		return web.Render(w, r, http.StatusUnprocessableEntity, logView(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, LogPath, "ledger.party.added", "Name", in.Name)
}

func (p *LogPages) end(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Keeping.Check(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	if err := p.Log.EndParty(ctx, web.Actor(ctx), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, LogPath, "ledger.party.ended")
}

func (p *LogPages) cosigned(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Keeping.Check(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	in := &cosignedForm{}
	err := web.Decode(r, in)
	n := 0
	if err == nil {
		n, err = p.Log.TakeCosignatures(ctx, web.Actor(ctx), []byte(pasted(in.Text)))
	}
	if f := fault.As(err); f != nil && f.Kind == fault.Invalid && len(f.Fields) == 0 {
		f.With("text", f.Key)
	}
	if in.Failed(err) {
		v, err := p.view(ctx)
		if err != nil {
			return err
		}
		v.Taken = in
		return web.Render(w, r, http.StatusUnprocessableEntity, logView(v))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, LogPath, "ledger.cosigned.taken", "Count", n)
}

// pasted makes of a text that went through a form what it was: forms change the ends of
// lines and cut off the last.
func pasted(s string) string {
	return strings.Trim(strings.ReplaceAll(s, "\r\n", "\n"), "\n ") + "\n"
}

// request downloads what a co-signer is asked: the last checkpoint with a proof from
// where that one co-signed last.
func (p *LogPages) request(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Keeping.Check(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	old := int64(0)
	if id := r.URL.Query().Get("cosigner"); id != "" {
		all, err := p.Log.Parties(ctx, p.DB, ledger.CosignerRole)
		if err != nil {
			return err
		}
		for _, x := range all {
			if x.ID == id {
				if old, err = p.Log.CosignedBy(ctx, p.DB, x.Public); err != nil {
					return err
				}
			}
		}
	}
	text, err := p.Log.AskText(ctx, old)
	if errors.Is(err, db.ErrNotFound) {
		return fault.New(fault.NotFound, "ledger.unsigned").Because(err)
	}
	if err != nil {
		return err
	}
	return sendText(w, "log-request.txt", text)
}

// sendText writes a text as a file to keep.
func sendText(w http.ResponseWriter, name string, text []byte) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if name != "" {
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	}
	_, err := w.Write(text)
	return err
}

func (p *LogPages) public(w http.ResponseWriter, r *http.Request) error {
	v, err := p.read(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, publicLogView(v))
}

func (p *LogPages) checkpoint(w http.ResponseWriter, r *http.Request) error {
	text, err := p.Log.LatestText(r.Context())
	if errors.Is(err, db.ErrNotFound) {
		return fault.New(fault.NotFound, "ledger.unsigned").Because(err)
	}
	if err != nil {
		return err
	}
	return sendText(w, "", text)
}

// key writes the public keys, the present one first.
func (p *LogPages) key(w http.ResponseWriter, r *http.Request) error {
	keys, err := p.Log.Keys(r.Context(), p.DB)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return fault.New(fault.NotFound, "ledger.unsigned")
	}
	text := ""
	for _, k := range keys {
		text = k.Public + "\n" + text
	}
	return sendText(w, "", []byte(text))
}

func (v *logPage) public() string {
	if len(v.Keys) == 0 {
		return ""
	}
	return v.Keys[len(v.Keys)-1].Public
}

func (v *logPage) facts(ctx context.Context) []ui.Fact {
	out := []ui.Fact{{Label: i18n.T(ctx, "ledger.size"), Value: i18n.T(ctx, "ledger.entries", "Count", v.Size)}}
	if v.Waiting > 0 {
		out = append(out, ui.Fact{Label: i18n.T(ctx, "ledger.waits"), Value: i18n.T(ctx, "ledger.entries", "Count", v.Waiting)})
	}
	last := i18n.T(ctx, "ledger.never")
	if v.Last != nil {
		last = i18n.T(ctx, "ledger.signed_at", "At", v.Last.At, "Size", v.Last.Checkpoint.Size)
	}
	out = append(out, ui.Fact{Label: i18n.T(ctx, "ledger.checkpoint"), Value: last})
	cosigned := i18n.T(ctx, "ledger.never")
	if len(v.Cosigned) > 0 {
		var names []string
		for _, c := range v.Cosigned {
			names = append(names, c.Name)
		}
		cosigned = i18n.T(ctx, "ledger.cosigned_by", "Names", strings.Join(names, ", "), "At", v.Cosigned[0].At, "Size", v.CosignedSize)
	}
	out = append(out, ui.Fact{Label: i18n.T(ctx, "ledger.cosigned"), Value: cosigned})
	checked := i18n.T(ctx, "ledger.never")
	if c := v.Checked; c != nil && c.Wrong == 0 {
		checked = i18n.T(ctx, "ledger.checked_holds", "At", c.Finished, "Size", c.Size, "Erased", c.Erased)
	} else if c != nil {
		checked = i18n.T(ctx, "ledger.checked_wrong", "At", c.Finished, "Size", c.Size, "Count", c.Wrong)
	}
	return append(out, ui.Fact{Label: i18n.T(ctx, "ledger.checked"), Value: checked})
}

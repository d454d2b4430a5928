package app

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/unit"
)

type apiTrail struct{ r *rooms }

type trailInput struct {
	Unit   string `query:"unit" maxLength:"60" doc:"Id or agency code; with what is below it, and of what left it what was recorded until then. The whole system when left out, for who may."`
	Kind   string `query:"kind" maxLength:"60" doc:"Of the thing: dossier, account, token."`
	Verb   string `query:"verb" maxLength:"60"`
	From   string `query:"from" format:"date-time"`
	To     string `query:"to" format:"date-time"`
	Cursor string `query:"cursor" maxLength:"80" doc:"next of the page before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type trailEntry struct {
	ID      string         `json:"id"`
	At      moment.Instant `json:"at" format:"date-time"`
	Account string         `json:"account"`
	Verb    string         `json:"verb"`
	Kind    string         `json:"kind"`
	Object  string         `json:"object"`
	Unit    string         `json:"unit,omitempty"`
	Reason  string         `json:"reason,omitempty"`
	Changes []audit.Change `json:"changes" doc:"Personal values are salted hashes."`
}

type trailOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Items []trailEntry `json:"items" doc:"Newest first."`
		Next  string       `json:"next,omitempty"`
	}
}

func (p apiTrail) register(a *api.API) {
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "read-trail", Method: http.MethodGet, Path: "/api/v1/audit",
		Summary: "Read the trail", Description: "Who did what to which thing, when, from what to what.", Tags: []string{"audit"}}, p.list)
}

func (p apiTrail) list(ctx context.Context, in *trailInput) (*trailOutput, error) {
	r, a := p.r, api.Actor(ctx)
	tree, err := r.units.Today(ctx, r.db)
	if err != nil {
		return nil, err
	}
	u := unit.ID(in.Unit)
	if x, ok := tree.ByCode(in.Unit); ok {
		u = x.ID
	}
	if err := r.guard.Check(ctx, r.db, a, auth.AuditRead, u); err != nil {
		return nil, err
	}
	wrong := api.Wrong()
	from, to := api.ReadInstant(wrong, "from", in.From), api.ReadInstant(wrong, "to", in.To)
	if err := wrong.Or(); err != nil {
		return nil, err
	}
	f := audit.Filter{Within: u, Kind: in.Kind, Verb: in.Verb, From: from, To: to, Limit: in.Limit + 1}
	if at, key, ok := strings.Cut(in.Cursor, "."); ok {
		n, _ := strconv.ParseInt(at, 36, 64)
		f.Before = audit.Cursor{At: moment.Instant(n), Key: key}
	}
	list, err := audit.Latest(ctx, r.db, f)
	if err != nil {
		return nil, err
	}
	out := &trailOutput{}
	out.Body.Items = []trailEntry{}
	for i, e := range list {
		if i == in.Limit {
			last := list[i-1]
			out.Body.Next = strconv.FormatInt(int64(last.At), 36) + "." + last.Key
			out.Link = api.Next(ctx, out.Body.Next)
			break
		}
		out.Body.Items = append(out.Body.Items, trailEntry{ID: e.Key, At: e.At, Account: e.Actor.Account, Verb: e.Verb, Kind: e.Kind, Object: e.ID,
			Unit: string(e.Unit), Reason: e.Reason, Changes: append([]audit.Change{}, e.Changes...)})
	}
	return out, nil
}

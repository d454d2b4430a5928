package dossierweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/unit"
)

type feedEvent struct {
	Event     string         `json:"event" minLength:"1" maxLength:"100" doc:"The system's own id of the event: told twice it happens once."`
	Code      string         `json:"code" minLength:"1" maxLength:"60" doc:"The dossier's code in that system."`
	Status    int            `json:"status" minimum:"1" maximum:"10" doc:"National status that the dossier came into."`
	At        moment.Instant `json:"at" format:"date-time" doc:"When; events may be told in any order."`
	Unit      string         `json:"unit,omitempty" maxLength:"60" doc:"Id or agency code; needed with a dossier's first event."`
	Procedure string         `json:"procedure,omitempty" maxLength:"60"`
	Channel   string         `json:"channel,omitempty" enum:"direct,online,post" doc:"Needed with a dossier's first event."`
	ReturnBy  string         `json:"return_by,omitempty" enum:"counter,post,online"`
	Due       moment.Instant `json:"due,omitempty" format:"date-time" doc:"As that system computed it; it is never computed anew here."`
	Refused   bool           `json:"refused,omitempty" doc:"Status 9 is a refusal."`
	Reason    string         `json:"reason,omitempty" maxLength:"2000"`
	Document  string         `json:"document,omitempty" maxLength:"200"`
	Applicant string         `json:"applicant,omitempty" maxLength:"200"`
}

type feedInput struct {
	Body struct {
		System string      `json:"system" minLength:"1" maxLength:"60" doc:"Whose dossiers they are."`
		Events []feedEvent `json:"events" minItems:"1" maxItems:"500"`
	}
}

type feedResult struct {
	Event   string            `json:"event"`
	Result  string            `json:"result" enum:"applied,same,wrong"`
	Key     string            `json:"key,omitempty" doc:"Stable name of what is wrong."`
	Message string            `json:"message,omitempty"`
	Fields  map[string]string `json:"fields,omitempty" doc:"What is wrong with which property."`
}

type feedOutput struct {
	Body struct {
		Applied int          `json:"applied"`
		Same    int          `json:"same" doc:"Told before."`
		Wrong   int          `json:"wrong" doc:"Left out; nothing of them is stored."`
		Items   []feedResult `json:"items" doc:"One for each event, in their order."`
	}
}

type (
	standingsInput struct {
		Unit   string `query:"unit" maxLength:"60" doc:"Id or agency code; the first unit that the account may read when left out."`
		System string `query:"system" maxLength:"60" doc:"Whose dossiers: those received here when left out, else those of a feed."`
		Cursor string `query:"cursor" maxLength:"400" doc:"next of the page before."`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"500" doc:"Dossiers looked at; those of other systems are left out of the page."`
	}
	apiStandingNow struct {
		Code   string         `json:"code"`
		System string         `json:"system,omitempty"`
		Status int            `json:"status" doc:"National status, 1 to 10."`
		Time   moment.Instant `json:"time,omitempty" format:"date-time" doc:"Since when."`
	}
	standingsOutput struct {
		Link string `header:"Link" doc:"The next page, rel=\"next\"."`
		Body struct {
			Items []apiStandingNow `json:"items"`
			Next  string           `json:"next,omitempty"`
		}
	}
)

// standings lists where dossiers stand, for another system to compare with.
func (p *API) standings(ctx context.Context, in *standingsInput) (*standingsOutput, error) {
	out := &standingsOutput{}
	err := p.Desk.DB.Snapshot(ctx, func(q *db.Snapshot) error {
		t, err := newTeller(ctx, p.Desk, q)
		if err != nil {
			return err
		}
		asked, err := p.unit(ctx, q, in.Unit)
		if err != nil {
			return err
		}
		u, _, err := chosen(ctx, p.Desk, t.tree, api.Actor(ctx), auth.DossierRead, asked)
		if err != nil {
			return err
		}
		rows, next, err := p.Desk.List(ctx, q, api.Actor(ctx), dossier.Filter{Unit: u, Bucket: dossier.BucketAll, After: readCursor(in.Cursor), Limit: in.Limit})
		if err != nil {
			return err
		}
		out.Body.Items, out.Body.Next = []apiStandingNow{}, writeCursor(next)
		out.Link = api.Next(ctx, out.Body.Next)
		for _, r := range rows {
			if r.System != in.System {
				continue
			}
			s, err := p.Desk.StandingOf(ctx, q, r.ID)
			if err != nil {
				return err
			}
			out.Body.Items = append(out.Body.Items, apiStandingNow{s.Code, r.System, int(s.Status), s.Since})
		}
		return nil
	})
	return out, err
}

// registerFeed puts the feed at /api/v1/feed/dossiers.
func (p *API) registerFeed(a *api.API) {
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "list-standings", Method: http.MethodGet, Path: "/api/v1/feed/dossiers",
		Summary: "List where dossiers stand", Description: "For another system to compare its own with: codes, national statuses and since when, nothing personal.", Tags: []string{"feed"}}, p.standings)
	api.Handle(a, web.SignedIn, huma.Operation{OperationID: "feed-dossiers", Method: http.MethodPost, Path: "/api/v1/feed/dossiers",
		Summary: "Tell events of dossiers of another system", Tags: []string{"feed"}, MaxBodyBytes: 4 << 20,
		Description: "Events may come twice and in any order: a dossier's facts follow from all its events by the time at which they happened. Each event is taken in whole or not at all, and the answer tells which. " +
			"A dossier that arrives as status 1 without a due date is this office's to work on."}, p.feed)
}

func (p *API) feed(ctx context.Context, in *feedInput) (*feedOutput, error) {
	tree, err := p.Desk.Units.Today(ctx, p.Desk.DB)
	if err != nil {
		return nil, err
	}
	var events []dossier.FeedEvent
	for _, e := range in.Body.Events {
		u := unit.ID(e.Unit)
		if x, ok := tree.ByCode(e.Unit); ok {
			u = x.ID
		}
		if _, ok := tree.Unit(u); !ok {
			u = ""
		}
		events = append(events, dossier.FeedEvent{Event: e.Event, Code: e.Code, Status: dossier.Status(e.Status), At: e.At, Unit: u, Procedure: e.Procedure,
			Channel: dossier.Channel(e.Channel), ReturnBy: e.ReturnBy, Due: e.Due, Refused: e.Refused, Reason: e.Reason, Document: e.Document,
			Person: dossier.Person{Name: e.Applicant}})
	}
	done, err := p.Desk.Feed(ctx, api.Actor(ctx), in.Body.System, events)
	if err != nil {
		return nil, err
	}
	out := &feedOutput{}
	for _, x := range done {
		r := feedResult{Event: x.Event, Result: x.Result}
		switch x.Result {
		case dossier.FeedApplied:
			out.Body.Applied++
		case dossier.FeedSame:
			out.Body.Same++
		default:
			out.Body.Wrong++
			r.Key, r.Message = x.Fault.Key, i18n.Fault(ctx, x.Fault)
			for _, f := range x.Fault.Fields {
				if r.Fields == nil {
					r.Fields = map[string]string{}
				}
				r.Fields[f.Name] = i18n.Field(ctx, f)
			}
		}
		out.Body.Items = append(out.Body.Items, r)
	}
	return out, nil
}

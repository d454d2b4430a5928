package scorecardweb

import (
	"context"
	"io"
	"net/http"
	"os"

	"cchc/base/api"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/scorecard"
	"cchc/unit"
)

// Rounds, for who keeps them.
type (
	apiStage struct {
		Stage  string         `json:"stage" enum:"self,appraised1,explain,appraised2,council,approved,published"`
		Opens  moment.Instant `json:"opens" format:"date-time"`
		Closes moment.Instant `json:"closes" format:"date-time"`
	}
	apiGroup struct {
		Block string `json:"block" maxLength:"200" doc:"The group of units."`
		Set   string `json:"set" minLength:"1" maxLength:"60" doc:"Id of the issued version that scores it."`
	}
	openRoundIn struct {
		Body struct {
			Unit   string      `json:"unit" minLength:"1" maxLength:"60" doc:"Id of the unit that runs it."`
			Name   string      `json:"name" minLength:"1" maxLength:"400"`
			Basis  string      `json:"basis,omitempty" maxLength:"400"`
			Set    string      `json:"set" minLength:"1" maxLength:"60" doc:"Id of an issued version of a criteria set."`
			From   moment.Date `json:"from" format:"date"`
			To     moment.Date `json:"to" format:"date"`
			CutOff moment.Date `json:"cut_off,omitempty" format:"date" doc:"Measures are taken as of its end; the last day when left out."`
			Stages []apiStage  `json:"stages" minItems:"1" maxItems:"7"`
			Groups []apiGroup  `json:"groups,omitempty" maxItems:"100" doc:"Only those with a set of their own."`
		}
	}
	roundOutput struct {
		Location string `header:"Location"`
		Body     ScoreRound
	}
	calendarIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Stages []apiStage `json:"stages" minItems:"1" maxItems:"7" doc:"All of them, as they are to be."`
			Reason string     `json:"reason,omitempty" maxLength:"4000" doc:"Needed once the first one has opened."`
		}
	}
	reopenIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Stage  string         `json:"stage" enum:"self,appraised1,explain,appraised2,council"`
			Sheet  string         `json:"sheet,omitempty" maxLength:"60" doc:"Id of one sheet; for all when left out."`
			Until  moment.Instant `json:"until" format:"date-time"`
			Reason string         `json:"reason" minLength:"1" maxLength:"4000"`
		}
	}
	assignIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Stage    string   `json:"stage" enum:"appraised1,appraised2"`
			Field    string   `json:"field" minLength:"1" maxLength:"60" doc:"Code of a field of the set; bonus and penalty."`
			Accounts []string `json:"accounts" maxItems:"100" doc:"Ids, instead of those until now."`
		}
	}
	apiAssignment struct {
		Stage   string `json:"stage"`
		Field   string `json:"field"`
		Account string `json:"account"`
		Name    string `json:"name"`
	}
	appraisersOutput struct {
		Body struct {
			Items []apiAssignment `json:"items"`
		}
	}
	scoreReasonIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Reason string `json:"reason,omitempty" maxLength:"4000"`
		}
	}
	deleteRoundIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"4000"`
		}
	}
	countOutput struct {
		Body struct {
			Count int `json:"count"`
		}
	}
	approveRoundIn struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Decision string      `json:"decision" minLength:"1" maxLength:"200" example:"12/QĐ-UBND"`
			Decided  moment.Date `json:"decided" format:"date"`
		}
	}
	importRoundIn struct {
		Unit     string `query:"unit" required:"true" maxLength:"60" doc:"Id of the unit that ran it."`
		Name     string `query:"name" required:"true" minLength:"1" maxLength:"400"`
		Basis    string `query:"basis" maxLength:"400"`
		Set      string `query:"set" required:"true" maxLength:"60" doc:"Id of the version to which its leaves are mapped."`
		From     string `query:"from" required:"true" format:"date"`
		To       string `query:"to" required:"true" format:"date"`
		Decision string `query:"decision" required:"true" maxLength:"200"`
		Decided  string `query:"decided" required:"true" format:"date"`
		Check    bool   `query:"check" doc:"Only read it, and tell what would be taken."`
		api.Upload
	}
	importedRoundOutput struct {
		Body struct {
			Round string   `json:"round,omitempty" doc:"Id; left out when it was only read."`
			Units []string `json:"units" doc:"In the order of the file."`
			Rows  int      `json:"rows" doc:"That were taken."`
			Left  int      `json:"left_out" doc:"Rows that could not be mapped, were there twice, or out of bounds."`
		}
	}
)

func windowsFrom(list []apiStage) (out []scorecard.Window) {
	for _, x := range list {
		out = append(out, scorecard.Window{Stage: scorecard.Stage(x.Stage), Opens: x.Opens, Closes: x.Closes})
	}
	return out
}

// registerKeeping puts what who keeps a round does at /api/v1/scorecard/rounds.
func (p *API) registerKeeping(a *api.API) {
	k := p.Desk
	open := operation("open-score-round", http.MethodPost, "/rounds", "Open a round of assessment", "Every unit of the set's level below the running unit gets a sheet.")
	open.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, open, func(ctx context.Context, in *openRoundIn) (*roundOutput, error) {
		b := in.Body
		n := scorecard.NewRound{Unit: unit.ID(b.Unit), Name: b.Name, Basis: b.Basis, Set: b.Set, From: b.From, To: b.To, CutOff: b.CutOff, Windows: windowsFrom(b.Stages)}
		for _, g := range b.Groups {
			n.Groups = append(n.Groups, scorecard.Group(g))
		}
		r, err := k.OpenRound(ctx, api.Actor(ctx), n)
		if err != nil {
			return nil, err
		}
		return p.afterRound(ctx, r.ID, nil)
	})
	api.Handle(a, web.SignedIn, operation("get-score-round", http.MethodGet, "/rounds/{id}", "See a round", ""),
		func(ctx context.Context, in *roundIn) (*roundOutput, error) { return p.afterRound(ctx, in.ID, nil) })
	api.Handle(a, web.SignedIn, operation("set-round-calendar", http.MethodPost, "/rounds/{id}/calendar", "Set when the stages of a round open and lock", ""),
		func(ctx context.Context, in *calendarIn) (*roundOutput, error) {
			return p.afterRound(ctx, in.ID, k.SetCalendar(ctx, api.Actor(ctx), in.ID, windowsFrom(in.Body.Stages), in.Body.Reason))
		})
	api.Handle(a, web.SignedIn, operation("reopen-stage", http.MethodPost, "/rounds/{id}/reopen", "Open a locked stage again", "The reason stays with the round."),
		func(ctx context.Context, in *reopenIn) (*roundOutput, error) {
			b := in.Body
			return p.afterRound(ctx, in.ID, k.Reopen(ctx, api.Actor(ctx), in.ID, b.Sheet, scorecard.Stage(b.Stage), b.Until, b.Reason))
		})
	appraisers := func(ctx context.Context, id string, err error) (*appraisersOutput, error) {
		if err != nil {
			return nil, err
		}
		r, err := k.Round(ctx, k.DB, api.Actor(ctx), id)
		if err != nil {
			return nil, err
		}
		list, err := k.Assignments(ctx, k.DB, r)
		out := &appraisersOutput{}
		out.Body.Items = []apiAssignment{}
		for _, x := range list {
			out.Body.Items = append(out.Body.Items, apiAssignment{string(x.Stage), x.Field, x.Account, x.Name})
		}
		return out, err
	}
	api.Handle(a, web.SignedIn, operation("list-appraisers", http.MethodGet, "/rounds/{id}/appraisers", "List who appraises what", ""),
		func(ctx context.Context, in *roundIn) (*appraisersOutput, error) { return appraisers(ctx, in.ID, nil) })
	api.Handle(a, web.SignedIn, operation("assign-appraisers", http.MethodPost, "/rounds/{id}/appraisers", "Say who appraises a field in a stage", ""),
		func(ctx context.Context, in *assignIn) (*appraisersOutput, error) {
			b := in.Body
			return appraisers(ctx, in.ID, k.Assign(ctx, api.Actor(ctx), in.ID, scorecard.Stage(b.Stage), b.Field, b.Accounts))
		})
	api.Handle(a, web.SignedIn, operation("refresh-sheets", http.MethodPost, "/rounds/{id}/sheets/refresh", "Make sheets of units that have come since", ""),
		func(ctx context.Context, in *roundIn) (*countOutput, error) {
			out := &countOutput{}
			var err error
			out.Body.Count, err = k.RefreshSheets(ctx, api.Actor(ctx), in.ID)
			return out, err
		})
	api.Handle(a, web.SignedIn, operation("take-measures", http.MethodPost, "/rounds/{id}/measures", "Take what the product measures", "As of the end of the cut-off day, and frozen. Taken again it needs a reason."),
		func(ctx context.Context, in *scoreReasonIn) (*countOutput, error) {
			out := &countOutput{}
			var err error
			out.Body.Count, err = k.TakeMeasures(ctx, api.Actor(ctx), in.ID, in.Body.Reason)
			return out, err
		})
	api.Handle(a, web.SignedIn, operation("approve-score-round", http.MethodPost, "/rounds/{id}/approve", "Approve a round", "What counts now becomes the final scores, under the decision's number and day."),
		func(ctx context.Context, in *approveRoundIn) (*roundOutput, error) {
			return p.afterRound(ctx, in.ID, k.Approve(ctx, api.Actor(ctx), in.ID, in.Body.Decision, in.Body.Decided))
		})
	drop := operation("delete-score-round", http.MethodPost, "/rounds/{id}/delete", "Delete a round that nobody has handed anything in to", "")
	drop.DefaultStatus = http.StatusNoContent
	api.Handle(a, web.SignedIn, drop, func(ctx context.Context, in *deleteRoundIn) (*struct{}, error) {
		return nil, k.DeleteRound(ctx, api.Actor(ctx), in.ID, in.Body.Reason)
	})
	api.Handle(a, web.SignedIn, api.Takes(operation("import-score-round", http.MethodPost, "/rounds/import", "Take in an earlier round", "Its approved scores, mapped to a criteria set."), largestRound, "CSV or XLSX."), p.importRound)
}

// largestRound bounds the file of an earlier round.
const largestRound = 24 << 20

func (p *API) afterRound(ctx context.Context, id string, err error) (*roundOutput, error) {
	if err != nil {
		return nil, err
	}
	r, err := p.Desk.Round(ctx, p.Desk.DB, api.Actor(ctx), id)
	if err != nil {
		return nil, err
	}
	return &roundOutput{Location: "/api/v1/scorecard/rounds/" + id, Body: p.shortRound(r)}, nil
}

func (p *API) importRound(ctx context.Context, in *importRoundIn) (*importedRoundOutput, error) {
	wrong := api.Wrong()
	f := scorecard.RoundFile{Unit: unit.ID(in.Unit), Name: in.Name, Basis: in.Basis, Set: in.Set, From: api.ReadDate(wrong, "from", in.From), To: api.ReadDate(wrong, "to", in.To),
		Decision: in.Decision, Decided: api.ReadDate(wrong, "decided", in.Decided)}
	if err := wrong.Or(); err != nil {
		return nil, err
	}
	content, err := os.CreateTemp("", "cchc-round-")
	if err != nil {
		return nil, err
	}
	defer content.Close()
	os.Remove(content.Name())
	f.Content = content
	if f.Size, err = io.Copy(content, in.Content(largestRound)); err != nil {
		return nil, err
	}
	var read scorecard.RoundRead
	if in.Check {
		read, err = p.Desk.ReadRound(ctx, p.Desk.DB, api.Actor(ctx), f)
	} else {
		read, err = p.Desk.ImportRound(ctx, api.Actor(ctx), f)
	}
	if x := fault.As(err); x != nil && len(x.Fields) == 0 && x.Kind == fault.Invalid {
		err = x.With("body", x.Key, x.Args...)
	}
	if err != nil {
		return nil, err
	}
	out := &importedRoundOutput{}
	b := &out.Body
	b.Units, b.Rows, b.Left = []string{}, read.Rows, len(read.Left)
	for _, u := range read.Units {
		b.Units = append(b.Units, string(u))
	}
	if !in.Check {
		b.Round = read.Round.ID
	}
	return out, nil
}

package dossierweb

import (
	"cchc/base/moment"
	"cchc/dossier"
)

// What programs send and get. Names are stable: a new meaning gets a new name.

type apiPerson struct {
	Name           string `json:"name" minLength:"1" maxLength:"200"`
	IDNumber       string `json:"id_number,omitempty" maxLength:"20"`
	Phone          string `json:"phone,omitempty" maxLength:"20"`
	Email          string `json:"email,omitempty" maxLength:"200"`
	Address        string `json:"address,omitempty" maxLength:"500"`
	Representative string `json:"representative,omitempty" maxLength:"200" doc:"Who acts for the applicant."`
	AgentID        string `json:"representative_id_number,omitempty" maxLength:"20"`
	AgentPhone     string `json:"representative_phone,omitempty" maxLength:"20"`
	AgentRelation  string `json:"representative_relation,omitempty" maxLength:"200" doc:"Father, guardian, employee."`
	AgentDocument  string `json:"representative_document,omitempty" maxLength:"200" doc:"Number and day of the authorisation."`
}

// apiApplicant is a person in answers: of dossiers that another system told of, the
// name may not be known.
type apiApplicant struct {
	Name           string `json:"name" doc:"Empty where another system told none."`
	IDNumber       string `json:"id_number,omitempty" doc:"Masked, unless the operation says otherwise."`
	Phone          string `json:"phone,omitempty" doc:"Masked, unless the operation says otherwise."`
	Email          string `json:"email,omitempty"`
	Address        string `json:"address,omitempty"`
	Representative string `json:"representative,omitempty" doc:"Who acts for the applicant."`
	AgentID        string `json:"representative_id_number,omitempty" doc:"Masked, unless the operation says otherwise."`
	AgentPhone     string `json:"representative_phone,omitempty" doc:"Masked, unless the operation says otherwise."`
	AgentRelation  string `json:"representative_relation,omitempty" doc:"Father, guardian, employee."`
	AgentDocument  string `json:"representative_document,omitempty" doc:"Number and day of the authorisation."`
}

func asPerson(p dossier.Person) apiApplicant {
	return apiApplicant{Name: p.Name, IDNumber: p.IDNumber, Phone: p.Phone, Email: p.Email, Address: p.Address, Representative: p.Representative,
		AgentID: p.Agent.IDNumber, AgentPhone: p.Agent.Phone, AgentRelation: p.Agent.Relation, AgentDocument: p.Agent.Document}
}

type apiPaper struct {
	Name   string `json:"name" minLength:"1" maxLength:"500"`
	Source string `json:"source" enum:"paper,scanned,reused,national_store"`
}

type receiveBody struct {
	Unit         string         `json:"unit" doc:"Id or agency code of the receiving unit."`
	Procedure    string         `json:"procedure" doc:"National code of the procedure." example:"1.001193"`
	Case         string         `json:"case,omitempty" doc:"Case of the procedure where it has several."`
	Channel      string         `json:"channel" enum:"direct,online,post"`
	ReturnBy     string         `json:"return_by,omitempty" enum:"counter,post,online" doc:"How the result is handed over; counter when left out."`
	Person       apiPerson      `json:"person"`
	Papers       []apiPaper     `json:"papers,omitempty" maxItems:"200"`
	Population   bool           `json:"population,omitempty" doc:"The applicant's data came from the population database."`
	Elsewhere    bool           `json:"elsewhere,omitempty" doc:"Received for a body of another territory."`
	Obliged      bool           `json:"obliged,omitempty" doc:"The procedure carries a fee that the applicant must pay."`
	At           moment.Instant `json:"at,omitempty" format:"date-time" doc:"When it came; now when left out."`
	RegisterOnly bool           `json:"register_only,omitempty" doc:"It arrived and is not accepted yet (1): the clock starts when it is."`
	Confirmed    bool           `json:"confirmed,omitempty" doc:"A person confirmed a limit of zero days."`
	Body         string         `json:"body,omitempty" maxLength:"200" doc:"elsewhere: the body that it is for, where it is known."`
	Replaces     string         `json:"replaces,omitempty" maxLength:"60" doc:"Code of a void receipt whose place this one takes."`
	Reserved     string         `json:"reserved,omitempty" maxLength:"60" doc:"The number on a receipt written on paper; at is needed with it."`
}

type receiveInput struct {
	Key  string `header:"Idempotency-Key" minLength:"22" maxLength:"200" doc:"Random and secret, such as a UUID: the same key with the same body receives once."`
	Body receiveBody
}

type apiReceived struct {
	Dossier     apiDossier `json:"dossier"`
	RatingToken string     `json:"rating_token" doc:"For the receipt: by it the applicant rates once, at /rate/{token}."`
}

type receiveOutput struct {
	Location string `header:"Location"`
	Body     apiReceived
}

type codeInput struct {
	Code string `path:"code" doc:"The dossier's code." example:"H55.242-261123-0001"`
}

type forwardInput struct {
	Code string `path:"code"`
	Body struct {
		Account string `json:"account,omitempty" doc:"Who gets the next step; nobody in particular when left out."`
		Note    string `json:"note,omitempty" maxLength:"1000"`
	}
}

type supplementInput struct {
	Code string `path:"code"`
	Body struct {
		Reason   string         `json:"reason" minLength:"1" maxLength:"2000"`
		Document string         `json:"document,omitempty" maxLength:"200"`
		As       string         `json:"as,omitempty" enum:"pause,reset" doc:"What it does to the clock; as the procedure says when left out."`
		SupplyBy moment.Instant `json:"supply_by,omitempty" format:"date-time"`
		Again    bool           `json:"again,omitempty" doc:"A second request, made knowingly: the service index counts the dossier late."`
	}
}

type supplyInput struct {
	Code string `path:"code"`
	Body struct {
		At  moment.Instant `json:"at,omitempty" format:"date-time" doc:"When they came; now when left out."`
		Due moment.Instant `json:"due,omitempty" format:"date-time" doc:"Only where another system decides the due date."`
	}
}

type apologiseInput struct {
	Code string `path:"code"`
	Body struct {
		Reason   string         `json:"reason" minLength:"1" maxLength:"2000"`
		Document string         `json:"document,omitempty" maxLength:"200"`
		Until    moment.Instant `json:"until" format:"date-time" doc:"The new date."`
	}
}

type finishInput struct {
	Code string `path:"code"`
	Body struct {
		At         moment.Instant `json:"at,omitempty" format:"date-time" doc:"When it was resolved; now when left out."`
		Electronic bool           `json:"electronic,omitempty" doc:"The result exists in electronic form."`
		Synced     bool           `json:"synced,omitempty" doc:"It was pushed to the citizen's personal store."`
		Document   string         `json:"document,omitempty" maxLength:"200"`
	}
}

type returnInput struct {
	Code string `path:"code"`
	Body struct {
		How      string         `json:"how" enum:"counter,post,online"`
		At       moment.Instant `json:"at,omitempty" format:"date-time"`
		Tracking string         `json:"tracking,omitempty" maxLength:"200"`
	}
}

type listInput struct {
	Unit      string `query:"unit" doc:"Id or agency code; the first unit that the account may read when left out."`
	Bucket    string `query:"bucket" enum:"open,new,soon,overdue,no_apology,waiting,uncollected,ended,no_due,all" default:"open"`
	Procedure string `query:"procedure"`
	Sector    string `query:"sector"`
	Channel   string `query:"channel" enum:"direct,online,post"`
	Text      string `query:"q" doc:"Code, name without marks, telephone or identity number."`
	Cursor    string `query:"cursor" doc:"next of the page before."`
	Limit     int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

// SearchBody is what dossiers are looked for by.
type SearchBody struct {
	Unit      string `json:"unit,omitempty" maxLength:"60" doc:"Id or agency code; the first unit that the account may read when left out."`
	Bucket    string `json:"bucket,omitempty" enum:"all,open,new,soon,overdue,no_apology,waiting,uncollected,ended,no_due" doc:"all when left out."`
	Procedure string `json:"procedure,omitempty" maxLength:"60"`
	Sector    string `json:"sector,omitempty" maxLength:"200"`
	Channel   string `json:"channel,omitempty" enum:"direct,online,post"`
	Text      string `json:"q,omitempty" maxLength:"200" doc:"Code, name without marks, telephone or identity number."`
	Cursor    string `json:"cursor,omitempty" maxLength:"400" doc:"next of the page before."`
	Limit     int    `json:"limit,omitempty" minimum:"1" maximum:"500" doc:"50 when left out."`
}

type searchInput struct {
	Body struct{ SearchBody }
}

type searchOutput struct {
	Body struct {
		Items []apiRow `json:"items"`
		Next  string   `json:"next,omitempty" doc:"Cursor of the next page; left out on the last."`
	}
}

type apiRow struct {
	Dossier   apiDossier `json:"dossier"`
	Applicant string     `json:"applicant"`
}

type listOutput struct {
	Link string `header:"Link" doc:"The next page, rel=\"next\"."`
	Body struct {
		Items []apiRow `json:"items"`
		Next  string   `json:"next,omitempty" doc:"Cursor of the next page; left out on the last."`
	}
}

type apiStepNow struct {
	Name    string         `json:"name"`
	Role    string         `json:"role,omitempty"`
	Account string         `json:"account,omitempty"`
	Due     moment.Instant `json:"due,omitempty" format:"date-time"`
}

// An apiDossier is a dossier with its state as of now.
type apiDossier struct {
	Code        string         `json:"code"`
	System      string         `json:"system,omitempty" doc:"The issuing system; left out for this one."`
	Unit        string         `json:"unit" doc:"Id of the unit that answers for it."`
	PromisedBy  string         `json:"promised_by" doc:"Id of the unit that promised."`
	Procedure   string         `json:"procedure"`
	Sector      string         `json:"sector"`
	Channel     string         `json:"channel"`
	Status      int            `json:"status" doc:"National status, 1 to 10."`
	Registered  moment.Instant `json:"registered,omitempty" format:"date-time"`
	Accepted    moment.Instant `json:"accepted,omitempty" format:"date-time"`
	DueOriginal moment.Instant `json:"due_original,omitempty" format:"date-time" doc:"The promise at receipt."`
	Due         moment.Instant `json:"due,omitempty" format:"date-time" doc:"The due date now in force."`
	DuePromised moment.Instant `json:"due_promised,omitempty" format:"date-time" doc:"An apology's new date; never the statistical one."`
	Overdue     bool           `json:"overdue"`
	Waiting     string         `json:"waiting,omitempty" doc:"What the clock waits for: supplement, obligation, pause."`
	Apology     moment.Instant `json:"apology,omitempty" format:"date-time"`
	Ended       moment.Instant `json:"ended,omitempty" format:"date-time"`
	Outcome     string         `json:"outcome,omitempty" doc:"finished, refused, withdrawn, stopped, returned."`
	Verdict     string         `json:"verdict,omitempty" doc:"early, on_time, late."`
	Returned    moment.Instant `json:"returned,omitempty" format:"date-time"`
	Step        *apiStepNow    `json:"step,omitempty"`
}

func asDossier(d dossier.Dossier, now moment.Instant) apiDossier {
	out := apiDossier{
		Code: d.Code, System: d.System, Unit: string(d.State.Unit), PromisedBy: string(d.Promised), Procedure: d.ProcedureCode, Sector: d.Sector,
		Channel: string(d.Channel), Status: int(d.Status()), Registered: d.RegisteredAt, Accepted: d.AcceptedAt, DueOriginal: d.DueOriginal,
		Due: d.Due, DuePromised: d.DuePromised, Overdue: d.Overdue(now), Waiting: d.Waiting, Apology: d.Apology, Ended: d.Ended,
		Outcome: d.End, Verdict: string(d.Verdict()), Returned: d.Returned,
	}
	if d.Step.Name != "" {
		out.Step = &apiStepNow{Name: d.Step.Name, Role: d.Step.Role, Account: d.Step.Account, Due: d.Step.Due}
	}
	return out
}

type apiFact struct {
	Kind     string         `json:"kind"`
	At       moment.Instant `json:"at" format:"date-time"`
	Recorded moment.Instant `json:"recorded" format:"date-time"`
	Due      moment.Instant `json:"due,omitempty" format:"date-time"`
	How      string         `json:"how,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Document string         `json:"document,omitempty"`
	Void     bool           `json:"void,omitempty" doc:"Taken back by a later correction."`
}

type apiStep struct {
	Name    string         `json:"name"`
	Role    string         `json:"role"`
	Body    string         `json:"body,omitempty"`
	Account string         `json:"account,omitempty"`
	Came    moment.Instant `json:"came,omitempty" format:"date-time"`
	Due     moment.Instant `json:"due,omitempty" format:"date-time"`
	Done    moment.Instant `json:"done,omitempty" format:"date-time"`
	Outcome string         `json:"outcome,omitempty"`
}

type apiWhole struct {
	Dossier apiDossier   `json:"dossier"`
	Person  apiApplicant `json:"person"`
	Facts   []apiFact    `json:"facts"`
	Steps   []apiStep    `json:"steps"`
}

type dossierOutput struct{ Body apiWhole }

func asWhole(w dossier.Brief, now moment.Instant) apiWhole {
	out := apiWhole{Dossier: asDossier(w.Dossier, now), Facts: []apiFact{}, Steps: []apiStep{},
		Person: asPerson(w.Person)}
	out.Person.Email, out.Person.Address = "", "" // read-person tells, and who asked
	void := w.Void()
	for _, f := range w.Facts {
		out.Facts = append(out.Facts, apiFact{Kind: string(f.Kind), At: f.At, Recorded: f.Recorded, Due: f.Due, How: f.How, Reason: f.Reason,
			Document: f.Document, Void: void[f.Seq]})
	}
	for _, s := range w.Steps {
		out.Steps = append(out.Steps, apiStep{Name: s.Name, Role: s.Role, Body: s.Body, Account: s.Account, Came: s.Came, Due: s.Due, Done: s.Done, Outcome: s.Outcome})
	}
	return out
}

func (b receiveBody) application() dossier.Application {
	app := dossier.Application{Procedure: b.Procedure, Case: b.Case, Channel: dossier.Channel(b.Channel), ReturnBy: b.ReturnBy,
		Population: b.Population, Elsewhere: b.Elsewhere, Obliged: b.Obliged, At: b.At, Confirmed: b.Confirmed,
		Person: dossier.Person{Name: b.Person.Name, IDNumber: b.Person.IDNumber, Phone: b.Person.Phone, Email: b.Person.Email,
			Address: b.Person.Address, Representative: b.Person.Representative, Agent: dossier.Agent{IDNumber: b.Person.AgentID,
				Phone: b.Person.AgentPhone, Relation: b.Person.AgentRelation, Document: b.Person.AgentDocument}},
		Body: b.Body, Replaces: b.Replaces, Reserved: b.Reserved}
	for _, x := range b.Papers {
		app.Papers = append(app.Papers, dossier.Paper{Name: x.Name, Source: x.Source})
	}
	return app
}

type reportInput struct {
	From      string `query:"from" required:"true" format:"date" doc:"First day of the period."`
	To        string `query:"to" required:"true" format:"date" doc:"Last day of the period."`
	Unit      string `query:"unit" doc:"Id or agency code; with what is below it."`
	By        string `query:"by" enum:"sector,procedure,unit,officer" doc:"Break down; units each by itself."`
	Sector    string `query:"sector"`
	Procedure string `query:"procedure"`
	Known     string `query:"known" format:"date" doc:"As known at the end of that day; now when left out."`
}

// An apiLine is a row of form II.06a; the numbers in the texts are its columns.
type apiLine struct {
	Key        string `json:"key,omitempty" doc:"Unit id, sector, code of the procedure, or account; left out for the total and for what has none."`
	Received   int64  `json:"received" doc:"(3)"`
	Online     int64  `json:"online" doc:"(4)"`
	Other      int64  `json:"other" doc:"(5)"`
	Carried    int64  `json:"carried" doc:"(6)"`
	Resolved   int64  `json:"resolved" doc:"(7)"`
	Early      int64  `json:"early" doc:"(8)"`
	OnTime     int64  `json:"on_time" doc:"(9)"`
	Late       int64  `json:"late" doc:"(10)"`
	InProgress int64  `json:"in_progress" doc:"(11)"`
	InTime     int64  `json:"in_time" doc:"(12)"`
	Overdue    int64  `json:"overdue" doc:"(13)"`
	Returned   int64  `json:"returned" doc:"Refused, withdrawn or stopped, of (7)."`
	Paused     int64  `json:"paused" doc:"Of (11)."`
	MovedIn    int64  `json:"moved_in" doc:"From units that were merged or split; part of (3)."`
	MovedOut   int64  `json:"moved_out"`
	Apologised int64  `json:"apologised" doc:"Of (10) and (13)."`
	Kept       int64  `json:"kept_promise" doc:"Ended by the apology's date."`
	NoDue      int64  `json:"no_due" doc:"Of (3): without a due date."`
}

func asLine(l dossier.Line) apiLine {
	r := l.II06a
	return apiLine{Key: l.Key, Received: r.Received, Online: r.Online, Other: r.Other, Carried: r.Carried, Resolved: r.Resolved, Early: r.Early,
		OnTime: r.OnTime, Late: r.Late, InProgress: r.InProgress, InTime: r.InTime, Overdue: r.Overdue, Returned: r.Returned, Paused: r.Paused,
		MovedIn: r.MovedIn, MovedOut: r.MovedOut, Apologised: r.Apologised, Kept: r.KeptPromise, NoDue: r.NoDue}
}

type reportOutput struct {
	Body struct {
		Unit  string      `json:"unit"`
		From  moment.Date `json:"from" format:"date"`
		To    moment.Date `json:"to" format:"date"`
		Known moment.Date `json:"known,omitempty" format:"date"`
		Total apiLine     `json:"total"`
		Lines []apiLine   `json:"lines"`
	}
}

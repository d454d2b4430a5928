package dossierweb

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/api"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/dossier"
	"cchc/unit"
)

// The counter's day: originals in custody, numbers reserved for an outage, lists
// that leave the counter, and the drawer.
type (
	apiOriginal struct {
		ID        string         `json:"id"`
		Code      string         `json:"code"`
		Applicant string         `json:"applicant"`
		Name      string         `json:"name"`
		Place     string         `json:"place,omitempty" doc:"Where it lies."`
		Kept      moment.Instant `json:"kept" format:"date-time"`
	}
	originalsOutput struct {
		Body struct {
			Items []apiOriginal `json:"items" doc:"The longest kept first, at most 1,000."`
		}
	}
	giveBackInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			To string `json:"to" minLength:"1" maxLength:"200" doc:"Who took it."`
		}
	}
	apiReserved struct {
		Code      string         `json:"code"`
		Block     string         `json:"block"`
		Reserved  moment.Instant `json:"reserved" format:"date-time"`
		Entered   bool           `json:"entered" doc:"Its receipt was entered."`
		Cancelled moment.Instant `json:"cancelled,omitempty" format:"date-time"`
		Reason    string         `json:"reason,omitempty"`
	}
	reservedOutput struct {
		Body struct {
			Items []apiReserved `json:"items"`
		}
	}
	reserveInput struct {
		Body struct {
			Unit  string      `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
			Day   moment.Date `json:"day,omitempty" format:"date" doc:"Whose numbers; today when left out."`
			Count int         `json:"count" minimum:"1" maximum:"100"`
		}
	}
	cancelInput struct {
		Body struct {
			Unit   string   `json:"unit" minLength:"1" maxLength:"60"`
			Codes  []string `json:"codes" minItems:"1" maxItems:"100"`
			Reason string   `json:"reason" minLength:"1" maxLength:"2000"`
		}
	}
	apiListItem struct {
		Code      string         `json:"code"`
		Applicant string         `json:"applicant"`
		Procedure string         `json:"procedure"`
		Tracking  string         `json:"tracking,omitempty"`
		Outcome   string         `json:"outcome,omitempty" doc:"back, delivered, failed; left out while it is out."`
		At        moment.Instant `json:"at,omitempty" format:"date-time"`
		Note      string         `json:"note,omitempty"`
	}
	apiHandList struct {
		ID       string         `json:"id"`
		Unit     string         `json:"unit"`
		Kind     string         `json:"kind" enum:"inside,outside,post"`
		Year     int64          `json:"year"`
		Number   int64          `json:"number" doc:"Of the unit, kind and year, without gaps."`
		Body     string         `json:"body,omitempty"`
		Day      moment.Date    `json:"day" format:"date"`
		Made     moment.Instant `json:"made" format:"date-time"`
		Handed   moment.Instant `json:"handed,omitempty" format:"date-time"`
		Receiver string         `json:"receiver,omitempty"`
		Items    []apiListItem  `json:"items"`
	}
	handListOutput struct {
		Location string `header:"Location"`
		Body     apiHandList
	}
	handListsOutput struct {
		Body struct {
			Items []apiHandList `json:"items" doc:"The newest first, without their dossiers; at most 200."`
		}
	}
	handListsInput struct {
		Unit  string `query:"unit" required:"true" maxLength:"60" doc:"Id or agency code."`
		Since string `query:"since" format:"date" doc:"Lists before it that are not done with come too; today when left out."`
	}
	makeListInput struct {
		Body struct {
			Unit  string   `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
			Kind  string   `json:"kind" enum:"inside,outside,post"`
			Body  string   `json:"body,omitempty" maxLength:"200" doc:"To whom."`
			Codes []string `json:"codes" minItems:"1" maxItems:"200"`
		}
	}
	listIDInput struct {
		ID string `path:"id" maxLength:"60"`
	}
	giveListInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Receiver string `json:"receiver" minLength:"1" maxLength:"200"`
		}
	}
	apiTracked struct {
		Code     string `json:"code" minLength:"1" maxLength:"60"`
		Tracking string `json:"tracking" maxLength:"100"`
	}
	trackInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Numbers []apiTracked `json:"numbers" minItems:"1" maxItems:"200"`
		}
	}
	settleItemInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Code    string         `json:"code" minLength:"1" maxLength:"60"`
			Outcome string         `json:"outcome" enum:"back,delivered,failed"`
			At      moment.Instant `json:"at,omitempty" format:"date-time"`
			Note    string         `json:"note,omitempty" maxLength:"500"`
		}
	}
	apiCashEntry struct {
		Kind   string         `json:"kind" enum:"take,refund,adjust"`
		Number int64          `json:"number,omitempty" doc:"Of the slip, in the unit's year."`
		At     moment.Instant `json:"at" format:"date-time"`
		Amount int64          `json:"amount" doc:"In đồng; negative for what went out."`
		Code   string         `json:"code,omitempty"`
		Reason string         `json:"reason,omitempty"`
	}
	apiCash struct {
		ID       string         `json:"id"`
		Unit     string         `json:"unit"`
		Account  string         `json:"account"`
		Day      moment.Date    `json:"day" format:"date"`
		Float    int64          `json:"float" doc:"What lay in the drawer in the morning, in đồng."`
		Expected int64          `json:"expected"`
		Counted  int64          `json:"counted"`
		Opened   moment.Instant `json:"opened" format:"date-time"`
		Closed   moment.Instant `json:"closed,omitempty" format:"date-time"`
		Reason   string         `json:"reason,omitempty" doc:"Why what was counted is not what should be there."`
		Entries  []apiCashEntry `json:"entries"`
	}
	cashOutput struct {
		Location string `header:"Location"`
		Body     apiCash
	}
	cashDaysOutput struct {
		Body struct {
			Items []apiCash `json:"items"`
		}
	}
	openCashInput struct {
		Body struct {
			Unit  string `json:"unit" minLength:"1" maxLength:"60" doc:"Id or agency code."`
			Float int64  `json:"float" minimum:"0" maximum:"1000000000000" doc:"In đồng."`
		}
	}
	apiPieces struct {
		Denomination int64 `json:"denomination" minimum:"1" maximum:"500000"`
		Count        int64 `json:"count" minimum:"0" maximum:"100000"`
	}
	closeCashInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Pieces []apiPieces `json:"pieces" maxItems:"50"`
			Reason string      `json:"reason,omitempty" maxLength:"2000"`
		}
	}
	adjustCashInput struct {
		ID   string `path:"id" maxLength:"60"`
		Body struct {
			Amount int64  `json:"amount" minimum:"-1000000000000" maximum:"1000000000000" doc:"In đồng, not 0."`
			Reason string `json:"reason" minLength:"1" maxLength:"2000"`
		}
	}
	ofUnitInput struct {
		Unit string `query:"unit" required:"true" maxLength:"60" doc:"Id or agency code."`
	}
)

func asHandList(l dossier.HandList) apiHandList {
	out := apiHandList{ID: l.ID, Unit: string(l.Unit), Kind: string(l.Kind), Year: l.Year, Number: l.Number, Body: l.Body, Day: l.Day, Made: l.Made,
		Handed: l.Handed, Receiver: l.Receiver, Items: []apiListItem{}}
	for _, x := range l.Items {
		out.Items = append(out.Items, apiListItem{x.Code, x.Applicant, x.Procedure, x.Tracking, x.Outcome, x.At, x.Note})
	}
	return out
}

func asCash(c dossier.Cash) apiCash {
	out := apiCash{ID: c.ID, Unit: string(c.Unit), Account: c.Account, Day: c.Day, Float: c.Float, Expected: c.Expected(), Counted: c.Counted,
		Opened: c.Opened, Closed: c.Closed, Reason: c.Reason, Entries: []apiCashEntry{}}
	for _, x := range c.Entries {
		out.Entries = append(out.Entries, apiCashEntry{x.Kind, x.Number, x.At, x.Amount, x.Code, x.Reason})
	}
	return out
}

// registerCounter puts the counter's operations at /api/v1/counter.
func (p *API) registerCounter(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/counter" + path, Summary: summary, Description: text, Tags: []string{"counter"}}
	}
	made := func(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusCreated; return o }
	empty := func(o huma.Operation) huma.Operation { o.DefaultStatus = http.StatusNoContent; return o }
	k := p.Desk

	api.Handle(a, web.SignedIn, op("list-originals", http.MethodGet, "/originals", "List originals that a unit keeps", ""),
		func(ctx context.Context, in *ofUnitInput) (*originalsOutput, error) {
			u, err := p.unit(ctx, k.DB, in.Unit)
			if err != nil {
				return nil, err
			}
			list, err := k.Originals(ctx, k.DB, api.Actor(ctx), u)
			out := &originalsOutput{}
			out.Body.Items = []apiOriginal{}
			for _, x := range list {
				out.Body.Items = append(out.Body.Items, apiOriginal{x.ID, x.Code, x.Applicant, x.Name, x.Place, x.Kept})
			}
			return out, err
		})
	api.Handle(a, web.SignedIn, empty(op("give-original-back", http.MethodPost, "/originals/{id}/back", "Give an original back", "")),
		func(ctx context.Context, in *giveBackInput) (*struct{}, error) {
			return nil, k.GiveBack(ctx, api.Actor(ctx), in.ID, in.Body.To)
		})

	api.Handle(a, web.SignedIn, op("list-reserved-numbers", http.MethodGet, "/reserved", "List numbers reserved for an outage", "Those that wait for their receipt first, then the last 100 that are done with."),
		func(ctx context.Context, in *ofUnitInput) (*reservedOutput, error) {
			u, err := p.unit(ctx, k.DB, in.Unit)
			if err != nil {
				return nil, err
			}
			open, done, err := k.ReservedNumbers(ctx, k.DB, api.Actor(ctx), u)
			return asReserved(append(open, done...)), err
		})
	api.Handle(a, web.SignedIn, made(op("reserve-numbers", http.MethodPost, "/reserved", "Reserve numbers for receipts on paper", "Who counts that day goes on after them.")),
		func(ctx context.Context, in *reserveInput) (*reservedOutput, error) {
			u, err := p.unit(ctx, k.DB, in.Body.Unit)
			if err != nil {
				return nil, err
			}
			block, err := k.Reserve(ctx, api.Actor(ctx), u, in.Body.Day, in.Body.Count)
			if err != nil {
				return nil, err
			}
			list, err := k.ReservedBlock(ctx, k.DB, api.Actor(ctx), block)
			return asReserved(list), err
		})
	api.Handle(a, web.SignedIn, empty(op("cancel-reserved-numbers", http.MethodPost, "/reserved/cancel", "Say why reserved numbers were not used", "All or none.")),
		func(ctx context.Context, in *cancelInput) (*struct{}, error) {
			u, err := p.unit(ctx, k.DB, in.Body.Unit)
			if err != nil {
				return nil, err
			}
			return nil, k.CancelReserved(ctx, api.Actor(ctx), u, in.Body.Codes, in.Body.Reason)
		})

	p.registerHandLists(a, op)
	p.registerCash(a, op)
	p.registerTurns(a, op)
}

func asReserved(list []dossier.Reserved) *reservedOutput {
	out := &reservedOutput{}
	out.Body.Items = []apiReserved{}
	for _, x := range list {
		out.Body.Items = append(out.Body.Items, apiReserved{x.Code, x.Block, x.Reserved, x.DossierID != "", x.Cancelled, x.Reason})
	}
	return out
}

type makeOp func(id, method, path, summary, text string) huma.Operation

func (p *API) registerHandLists(a *api.API, op makeOp) {
	k := p.Desk
	after := func(ctx context.Context, id string, err error) (*handListOutput, error) {
		if err != nil {
			return nil, err
		}
		l, err := k.HandList(ctx, k.DB, api.Actor(ctx), id)
		return &handListOutput{Body: asHandList(l)}, err
	}
	api.Handle(a, web.SignedIn, op("list-hand-lists", http.MethodGet, "/lists", "List hand-over lists and post batches", ""),
		func(ctx context.Context, in *handListsInput) (*handListsOutput, error) {
			f := api.Wrong()
			since := api.ReadDate(f, "since", in.Since)
			if err := f.Or(); err != nil {
				return nil, err
			}
			if since == 0 {
				since = k.DB.Now().Date()
			}
			u, err := p.unit(ctx, k.DB, in.Unit)
			if err != nil {
				return nil, err
			}
			list, err := k.HandLists(ctx, k.DB, api.Actor(ctx), u, since)
			out := &handListsOutput{}
			out.Body.Items = []apiHandList{}
			for _, l := range list {
				out.Body.Items = append(out.Body.Items, asHandList(l))
			}
			return out, err
		})
	api.Handle(a, web.SignedIn, op("get-hand-list", http.MethodGet, "/lists/{id}", "See a hand-over list", ""),
		func(ctx context.Context, in *listIDInput) (*handListOutput, error) { return after(ctx, in.ID, nil) })
	make := op("make-hand-list", http.MethodPost, "/lists", "Make the next hand-over list or post batch", "Numbered in the unit's year without gaps.")
	make.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, make, func(ctx context.Context, in *makeListInput) (*handListOutput, error) {
		u, err := p.unit(ctx, k.DB, in.Body.Unit)
		if err != nil {
			return nil, err
		}
		l, err := k.MakeList(ctx, api.Actor(ctx), u, dossier.ListKind(in.Body.Kind), in.Body.Body, in.Body.Codes)
		if err != nil {
			return nil, err
		}
		out, err := after(ctx, l.ID, nil)
		if err == nil {
			out.Location = "/api/v1/counter/lists/" + l.ID
		}
		return out, err
	})
	api.Handle(a, web.SignedIn, op("hand-list-over", http.MethodPost, "/lists/{id}/give", "Hand a list over", "To whom."),
		func(ctx context.Context, in *giveListInput) (*handListOutput, error) {
			return after(ctx, in.ID, k.GiveList(ctx, api.Actor(ctx), in.ID, in.Body.Receiver))
		})
	api.Handle(a, web.SignedIn, op("track-hand-list", http.MethodPost, "/lists/{id}/track", "Enter the post's tracking numbers", ""),
		func(ctx context.Context, in *trackInput) (*handListOutput, error) {
			numbers := map[string]string{}
			for _, x := range in.Body.Numbers {
				numbers[x.Code] = x.Tracking
			}
			return after(ctx, in.ID, k.Track(ctx, api.Actor(ctx), in.ID, numbers))
		})
	api.Handle(a, web.SignedIn, op("settle-hand-list", http.MethodPost, "/lists/{id}/settle", "Say what became of a dossier on a list", "What the post delivered is handed over by that (10)."),
		func(ctx context.Context, in *settleItemInput) (*handListOutput, error) {
			b := in.Body
			return after(ctx, in.ID, k.Settle(ctx, api.Actor(ctx), in.ID, b.Code, b.Outcome, b.At, b.Note))
		})
}

func (p *API) registerCash(a *api.API, op makeOp) {
	k := p.Desk
	after := func(ctx context.Context, id string, err error) (*cashOutput, error) {
		if err != nil {
			return nil, err
		}
		c, err := k.Cash(ctx, k.DB, api.Actor(ctx), id)
		return &cashOutput{Body: asCash(c)}, err
	}
	api.Handle(a, web.SignedIn, op("list-cash", http.MethodGet, "/cash", "List the drawers of a unit since a day", "Of everybody."),
		func(ctx context.Context, in *handListsInput) (*cashDaysOutput, error) {
			f := api.Wrong()
			since := api.ReadDate(f, "since", in.Since)
			if err := f.Or(); err != nil {
				return nil, err
			}
			if since == 0 {
				since = k.DB.Now().Date()
			}
			u, err := p.unit(ctx, k.DB, in.Unit)
			if err != nil {
				return nil, err
			}
			list, err := k.CashDays(ctx, k.DB, api.Actor(ctx), u, since)
			out := &cashDaysOutput{}
			out.Body.Items = []apiCash{}
			for _, c := range list {
				out.Body.Items = append(out.Body.Items, asCash(c))
			}
			return out, err
		})
	open := op("open-cash", http.MethodPost, "/cash", "Open one's drawer for today", "")
	open.DefaultStatus = http.StatusCreated
	api.Handle(a, web.SignedIn, open, func(ctx context.Context, in *openCashInput) (*cashOutput, error) {
		u, err := p.unit(ctx, k.DB, in.Body.Unit)
		if err != nil {
			return nil, err
		}
		c, err := k.OpenCash(ctx, api.Actor(ctx), u, in.Body.Float)
		if err != nil {
			return nil, err
		}
		return &cashOutput{Location: "/api/v1/counter/cash/" + c.ID, Body: asCash(c)}, nil
	})
	api.Handle(a, web.SignedIn, op("get-cash", http.MethodGet, "/cash/{id}", "See a drawer's day", ""),
		func(ctx context.Context, in *listIDInput) (*cashOutput, error) { return after(ctx, in.ID, nil) })
	api.Handle(a, web.SignedIn, op("close-cash", http.MethodPost, "/cash/{id}/close", "Count one's drawer and lock it", "What differs from what should be there needs a reason."),
		func(ctx context.Context, in *closeCashInput) (*cashOutput, error) {
			pieces := map[int64]int64{}
			for _, x := range in.Body.Pieces {
				pieces[x.Denomination] += x.Count
			}
			return after(ctx, in.ID, k.CloseCash(ctx, api.Actor(ctx), in.ID, pieces, in.Body.Reason))
		})
	api.Handle(a, web.SignedIn, op("adjust-cash", http.MethodPost, "/cash/{id}/adjust", "Correct a locked drawer", "By an entry of its own with its reason."),
		func(ctx context.Context, in *adjustCashInput) (*cashOutput, error) {
			return after(ctx, in.ID, k.AdjustCash(ctx, api.Actor(ctx), in.ID, in.Body.Amount, in.Body.Reason))
		})
}

// Books of numbered forms.
type (
	apiBook struct {
		Unit   string         `json:"unit"`
		Form   string         `json:"form" enum:"01,02,03,04,05"`
		Year   int            `json:"year"`
		Last   int64          `json:"last" doc:"The last number given, and so how many there are."`
		Voided int64          `json:"voided"`
		Closed moment.Instant `json:"closed,omitempty" format:"date-time"`
	}
	booksOutput struct {
		Body struct {
			Items []apiBook `json:"items"`
		}
	}
	bookInput struct {
		Unit   string `path:"unit" maxLength:"60" doc:"Id or agency code."`
		Form   string `path:"form" maxLength:"4" example:"01"`
		Year   int    `path:"year" minimum:"2000" maximum:"2100" example:"2026"`
		After  int64  `query:"after" minimum:"0" doc:"next of the page before."`
		Voided bool   `query:"voided" doc:"Only those that are void."`
		Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	apiEntry struct {
		Number  int64          `json:"number"`
		Code    string         `json:"code"`
		At      moment.Instant `json:"at" format:"date-time"`
		Voided  bool           `json:"voided,omitempty"`
		Dossier apiDossier     `json:"dossier" doc:"As it is now."`
	}
	bookOutput struct {
		Body struct {
			Book  apiBook    `json:"book"`
			Items []apiEntry `json:"items"`
			Next  int64      `json:"next,omitempty"`
		}
	}
	closeBookInput struct {
		Unit string `path:"unit" maxLength:"60"`
		Form string `path:"form" maxLength:"4" example:"01"`
		Year int    `path:"year" minimum:"2000" maximum:"2100" example:"2026"`
	}
)

func asBook(b dossier.Book) apiBook {
	return apiBook{string(b.Unit), string(b.Form), b.Year, b.Last, b.Voided, b.Closed}
}

func (p *API) registerBooks(a *api.API) {
	op := func(id, method, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/books/{unit}" + path, Summary: summary, Description: text, Tags: []string{"books"}}
	}
	k := p.Desk
	api.Handle(a, web.SignedIn, op("list-books", http.MethodGet, "", "List a unit's books of numbered forms", ""),
		func(ctx context.Context, in *struct {
			Unit string `path:"unit" maxLength:"60" doc:"Id or agency code."`
		}) (*booksOutput, error) {
			u, err := p.unit(ctx, k.DB, in.Unit)
			if err != nil {
				return nil, err
			}
			list, err := k.Books(ctx, k.DB, api.Actor(ctx), u)
			out := &booksOutput{}
			out.Body.Items = []apiBook{}
			for _, b := range list {
				out.Body.Items = append(out.Body.Items, asBook(b))
			}
			return out, err
		})
	api.Handle(a, web.SignedIn, op("get-book", http.MethodGet, "/{form}/{year}", "Read a book", "In the order of its numbers, a page at a time."),
		func(ctx context.Context, in *bookInput) (*bookOutput, error) {
			out := &bookOutput{}
			err := k.DB.Snapshot(ctx, func(q *db.Snapshot) error {
				u, err := p.unit(ctx, q, in.Unit)
				if err != nil {
					return err
				}
				b, _, err := k.Book(ctx, q, api.Actor(ctx), u, dossier.Form(in.Form), in.Year)
				if err != nil {
					return err
				}
				entries, next, err := k.Entries(ctx, q, api.Actor(ctx), b, dossier.BookFilter{After: in.After, Voided: in.Voided, Limit: in.Limit})
				if err != nil {
					return err
				}
				out.Body.Book, out.Body.Next, out.Body.Items = asBook(b), next, []apiEntry{}
				for _, e := range entries {
					out.Body.Items = append(out.Body.Items, apiEntry{Number: e.No.Number, Code: e.Code, At: e.Fact.At, Voided: e.No.Voided != 0, Dossier: asDossier(e.Dossier, k.DB.Now())})
				}
				return nil
			})
			return out, err
		})
	shut := op("close-book", http.MethodPost, "/{form}/{year}/close", "Close a book of a year that is over", "For ever.")
	shut.DefaultStatus = http.StatusNoContent
	api.Handle(a, web.SignedIn, shut, func(ctx context.Context, in *closeBookInput) (*struct{}, error) {
		u, err := p.unit(ctx, k.DB, in.Unit)
		if err != nil {
			return nil, err
		}
		return nil, k.CloseBook(ctx, api.Actor(ctx), unit.ID(u), dossier.Form(in.Form), in.Year)
	})
}

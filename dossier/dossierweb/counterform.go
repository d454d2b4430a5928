package dossierweb

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"

	"cchc/base/moment"
	"cchc/base/web"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

// A counterForm is what is typed at the counter.
type counterForm struct {
	web.Form
	Unit      string         `form:"unit"`
	Query     string         `form:"q"`
	Asked     string         `form:"asked"` // the query whose hits are on the page
	Procedure string         `form:"procedure"`
	Case      string         `form:"case"`
	Channel   string         `form:"channel"`
	ReturnBy  string         `form:"return_by"`
	Name      string         `form:"name"`
	IDNumber  string         `form:"id_number"`
	Phone     string         `form:"phone"`
	Email     string         `form:"email"`
	Address   string         `form:"address"`
	Card      string         `form:"card"` // what a scanner typed of the applicant's citizen card
	Agent     string         `form:"representative"`
	AgentCard string         `form:"agent_card"`
	AgentID   string         `form:"agent_id_number"`
	AgentTel  string         `form:"agent_phone"`
	Relation  string         `form:"agent_relation"`
	Authority string         `form:"agent_document"`
	Reserved  string         `form:"reserved"` // the number on a paper receipt
	Replaces  string         `form:"replaces"` // the dossier received by mistake whose place this one takes
	Seen      []string       `form:"seen"`     // codes of earlier dossiers that were pointed out
	Repeated  bool           `form:"repeated"`
	Personal  bool           `form:"population"`
	Elsewhere bool           `form:"elsewhere"`
	Body      string         `form:"body"` // the body elsewhere
	Obliged   bool           `form:"obliged"`
	Confirmed bool           `form:"confirmed"`
	At        moment.Instant `form:"at"`
	Token     string         `form:"token"`
	For       string         `form:"for"` // the procedure whose papers and fee are on the page
	Do        string         `form:"do"`

	old []dossier.Paper // of the dossier that this one replaces, to begin with
}

// Lines for papers that a procedure's list does not have.
const (
	emptyLines = 2
	mostLines  = 60
)

// begin fills in what is known before anything is typed.
func (in *counterForm) begin(home unit.ID, units []unit.Unit) {
	known := slices.ContainsFunc(units, func(u unit.Unit) bool { return string(u.ID) == in.Unit })
	switch {
	case known:
	case slices.ContainsFunc(units, func(u unit.Unit) bool { return u.ID == home }):
		in.Unit = string(home)
	case len(units) > 0:
		in.Unit = string(units[0].ID)
	}
	in.Set("unit", in.Unit)
	if in.Channel == "" {
		in.Channel = string(dossier.Direct)
		in.Set("channel", in.Channel)
	}
	if in.ReturnBy == "" {
		in.ReturnBy = dossier.AtCounter
		in.Set("return_by", in.ReturnBy)
	}
	if in.Value("token") == "" {
		in.Set("token", rand.Text())
	}
}

// fill puts a procedure's papers, case and fee into the form when it was chosen
// just now; afterwards they are the officer's.
func (in *counterForm) fill(v *procedure.Version) {
	if in.For == v.Code {
		return
	}
	in.For = v.Code
	in.Set("for", v.Code)
	for name := range in.Values {
		if strings.HasPrefix(name, "papers.") {
			in.Values.Del(name)
		}
	}
	for i, x := range v.Papers {
		in.Set(paperField(i)+".name", x.Name)
		source := "" // not brought
		if x.Required {
			source = "paper"
		}
		in.Set(paperField(i), source)
	}
	in.Case = ""
	if cases := v.Cases(); !slices.Contains(cases, in.Value("case")) {
		in.Set("case", "")
	} else {
		in.Case = in.Value("case")
	}
	in.Obliged = v.Obligation
	for _, f := range v.FeesOf(procedure.Channel(in.Channel)) {
		in.Obliged = in.Obliged || f.Amount > 0
	}
	in.tick("obliged", in.Obliged)
	in.Confirmed = false
	in.tick("confirmed", false)
}

func (in *counterForm) tick(name string, on bool) {
	if on {
		in.Set(name, "on")
	} else {
		in.Values.Del(name)
	}
}

// day is the day on which the dossier came.
func (in *counterForm) day(now moment.Instant) moment.Date {
	if in.At != 0 {
		return in.At.Date()
	}
	return now.Date()
}

func (in *counterForm) application() dossier.Application {
	var repeats []string
	if in.Repeated {
		repeats = in.Seen
	}
	return dossier.Application{
		Unit: unit.ID(in.Unit), Procedure: in.Procedure, Case: in.Case,
		Channel: dossier.Channel(in.Channel), ReturnBy: in.ReturnBy,
		Person: dossier.Person{Name: in.Name, IDNumber: in.IDNumber, Phone: in.Phone, Email: in.Email,
			Address: in.Address, Representative: in.Agent,
			Agent: dossier.Agent{IDNumber: in.AgentID, Phone: in.AgentTel, Relation: in.Relation, Document: in.Authority}},
		Papers: in.papers(), Population: in.Personal, Elsewhere: in.Elsewhere, Body: in.Body, Obliged: in.Obliged,
		At: in.At, Confirmed: in.Confirmed, Token: in.Token, Ask: true, Repeats: repeats, Replaces: in.Replaces, Reserved: in.Reserved,
	}
}

// papers returns what was brought: lines with a name and a source.
func (in *counterForm) papers() []dossier.Paper {
	var out []dossier.Paper
	for i := range mostLines {
		name, source := strings.TrimSpace(in.Value(paperField(i)+".name")), in.Value(paperField(i))
		if name != "" && source != "" {
			out = append(out, dossier.Paper{Name: name, Source: source})
		}
	}
	return out
}

// A paperLine is one line of the checklist.
type paperLine struct {
	field string
	paper *procedure.Paper // nil for a line of the officer's own
}

// lines returns the checklist's lines: the procedure's papers, what was typed
// beside them, and some empty ones.
func (in *counterForm) lines(v *procedure.Version) []paperLine {
	var out []paperLine
	for i := range v.Papers {
		out = append(out, paperLine{paperField(i), &v.Papers[i]})
	}
	last := len(v.Papers) + emptyLines
	if len(v.Papers) == 0 {
		last = max(emptyLines, min(v.PaperCount, 6))
	}
	for i := len(v.Papers); i < mostLines; i++ {
		if in.Value(paperField(i)+".name") != "" {
			last = max(last, i+2)
		}
	}
	for i := len(v.Papers); i < min(last, mostLines); i++ {
		out = append(out, paperLine{paperField(i), nil})
	}
	return out
}

func paperField(i int) string { return "papers." + strconv.Itoa(i) }

// zeroDays reports whether a limit is used up with the day of receipt, which a
// person must confirm.
func zeroDays(l calendar.Limit) bool { return l.Qty == 0 && l.Unit == calendar.WorkingDay }

package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/file"
	"cchc/base/web/webtest"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/scorecard/scorecardtest"
	"cchc/unit"
)

// A league is an office in which two communes are scored, and programs of those
// who do it.
type league struct {
	*scorecardtest.Place
	o                                  *office
	keeper, chair, first, staff, other *webtest.Browser
	n                                  int
}

func serveLeague(t *testing.T) *league {
	t.Helper()
	o := serveOffice(t)
	p := &scorecardtest.Place{DB: o.db, Clock: o.clock, Desk: o.scorecard, Registry: o.registry, Accounts: o.accounts, Province: o.province}
	p.Communes = []unit.ID{o.commune, p.Unit(t, unit.New{Code: "H99.102", Name: "Xã Gio Tây", Level: unit.Commune, Parent: o.province}, "2025-07-01")}
	p.Set = p.Issue(t, scorecardtest.Small)
	p.Keeper, p.Chair = p.Person(t, "noivu", actor.HomeAffairs, p.Province), p.Person(t, "chutich", actor.Chairperson, p.Province)
	p.First, p.Staff = p.Person(t, "thamdinh1", actor.Specialist, p.Province), p.Person(t, "xa1", actor.HomeAffairs, o.commune)
	p.Neighbour = p.Person(t, "xa2", actor.HomeAffairs, p.Communes[1])
	l := &league{Place: p, o: o}
	programs := map[*actor.Actor]**webtest.Browser{&p.Keeper: &l.keeper, &p.Chair: &l.chair, &p.First: &l.first, &p.Staff: &l.staff, &p.Neighbour: &l.other}
	for who, b := range programs {
		_, text, err := o.accounts.CreateToken(ctx, operator, auth.NewToken{Account: who.Account, Name: who.Login, Scopes: []string{"score.*", "criteria.*", "round.*", "result.*"},
			Until: o.db.Now().Date().AddDays(60)})
		if err != nil {
			t.Fatal(err)
		}
		*b = o.b.Other()
		(*b).Header.Set("Authorization", "Bearer "+text)
	}
	return l
}

// The times at which the stages of scorecardtest.Calendar are open.
const (
	whileScoring    = "2026-11-23T09:00"
	afterCutOff     = "2026-12-01T02:00"
	whileAppraising = "2026-12-08T09:00"
	whileExplaining = "2026-12-17T09:00"
	whileCouncil    = "2026-12-27T09:00"
	whileApproving  = "2026-12-30T09:00"
)

// until brings a new round to a time, with what had to be done before it.
func (l *league) until(t *testing.T, when string) (scorecard.Round, scorecard.Sheet) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	l.Clock.Set(whileScoring)
	r := l.Open(t)
	s := l.Sheet(t, r, l.Communes[0])
	if when == whileScoring {
		return r, s
	}
	inputs := criteria.Inputs{"1.1.1": scorecardtest.Option("yes"), "1.1.2": scorecardtest.Ratio(9, 10), "1.1.3": scorecardtest.Option("Muộn dưới 10 ngày")}
	for leaf, in := range inputs {
		_, err := l.Desk.Enter(ctx, l.Staff, s.ID, scorecard.Entry{Leaf: leaf, Input: in})
		ok(err)
	}
	ok(l.Desk.HandIn(ctx, l.Staff, s.ID, true))
	for _, f := range []string{"1", "2", scorecard.BonusSection, scorecard.PenaltySection} {
		ok(l.Desk.Assign(ctx, l.Keeper, r.ID, scorecard.StageAppraised1, f, []string{l.First.Account}))
	}
	l.Clock.Set(when)
	if when == afterCutOff || when == whileAppraising {
		return r, s
	}
	l.Clock.Set(whileAppraising)
	ok(l.Desk.Ask(ctx, l.First, s.ID, []string{"1.1.3"}, "Báo cáo nộp ngày nào?"))
	now, err := l.Desk.Round(ctx, l.DB, l.First, r.ID)
	ok(err)
	list, err := l.Desk.Acceptables(ctx, l.DB, l.First, now, scorecard.StageAppraised1, "")
	ok(err)
	ok(l.Desk.Accept(ctx, l.First, r.ID, scorecard.StageAppraised1, list))
	last := scorecard.Verdict{Sheet: s.ID, Leaf: "1.1.3", Accept: true, Seen: 1}
	ok(l.Desk.Appraise(ctx, l.First, r.ID, scorecard.StageAppraised1, []scorecard.Verdict{last}))
	l.Clock.Set(when)
	return r, s
}

// approved is a round that was approved.
func (l *league) approved(t *testing.T) (scorecard.Round, scorecard.Sheet) {
	t.Helper()
	r, s := l.until(t, whileApproving)
	if err := l.Desk.Approve(ctx, l.Chair, r.ID, "45/QĐ-UBND", scorecardtest.Day("2026-12-30")); err != nil {
		t.Fatal(err)
	}
	return r, s
}

// A scoreScene says who calls, and what with.
type scoreScene struct {
	*league
	t     *testing.T
	known map[string]any
	c     *contract
	by    *webtest.Browser
}

func (s *scoreScene) set(pairs ...any) {
	for i := 0; i+1 < len(pairs); i += 2 {
		s.known[pairs[i].(string)] = pairs[i+1]
	}
}

// body is all that the request says.
func (s *scoreScene) body(format string, args ...any) {
	var v map[string]any
	if err := json.Unmarshal(fmt.Appendf(nil, format, args...), &v); err != nil {
		s.t.Fatal(err)
	}
	s.known[""] = v
}

func (s *scoreScene) stages() string {
	var out []string
	for _, w := range scorecardtest.Calendar() {
		out = append(out, fmt.Sprintf(`{"stage":%q,"opens":%q,"closes":%q}`, w.Stage, w.Opens.Time().Format(time.RFC3339), w.Closes.Time().Format(time.RFC3339)))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// draft is a draft of a set under a code of its own.
func (s *scoreScene) draft() string {
	s.n++
	v, err := s.Desk.ImportSet(ctx, s.Keeper, scorecard.SetUpload{Unit: s.Province, Year: 2026, Text: s.yaml()})
	if err != nil {
		s.t.Fatal(err)
	}
	return v.ID
}

func (s *scoreScene) yaml() string {
	return strings.Replace(scorecardtest.Small, "T-xa-2026", fmt.Sprintf("T%d-xa-2026", s.n), 1)
}

func (s *scoreScene) document() string {
	e, err := s.Desk.AddEvidence(ctx, s.Staff, scorecard.Evidence{Unit: s.Communes[0], Title: "Sổ công văn đi", Pages: 40})
	if err != nil {
		s.t.Fatal(err)
	}
	return e.ID
}

func (s *scoreScene) published(approve bool) string {
	r, _ := s.approved(s.t)
	s.by = s.keeper
	id := made(s.t, s.keeper, "/api/v1/scorecard/results", "id", `{"round":%q,"title":"Chỉ số 2026","decision":"45/QĐ-UBND","decided":"2026-12-30"}`, r.ID)
	if approve {
		s.chair.Send("POST", "/api/v1/scorecard/results/"+id+"/approve", "application/json", "").Is(200)
	}
	return id
}

const pdf = "%PDF-1.4\n%%EOF\n"

// scoreScenes are the scenes of the PAR index; who calls is the keeper of rounds
// where nobody else is named.
var scoreScenes = map[string]func(s *scoreScene){
	// Criteria sets.
	"list-criteria-sets":  func(s *scoreScene) { s.set("year", 2026, "level", "cap_xa", "state", "issued", "code", "T-xa-2026") },
	"import-criteria-set": func(s *scoreScene) { s.n++; s.set("unit", string(s.Province), "year", 2026, "text", s.yaml()) },
	"make-criteria-set": func(s *scoreScene) {
		s.n++
		s.set("unit", string(s.Province), "year", 2026, "code", fmt.Sprintf("M%d-2026", s.n), "level", "cap_xa", "title", "Bộ mới")
	},
	"get-criteria-set":      func(s *scoreScene) { s.set("id", s.draft()) },
	"get-criteria-set-text": func(s *scoreScene) { s.set("id", s.draft()) },
	"change-criteria-set-text": func(s *scoreScene) {
		s.set("id", s.draft(), "revision", 1, "text", strings.Replace(s.yaml(), "Sáng kiến", "Sáng kiến mới", 1))
	},
	"issue-criteria-set":        func(s *scoreScene) { s.set("id", s.draft(), "revision", 1) },
	"delete-criteria-set":       func(s *scoreScene) { s.set("id", s.draft(), "revision", 1) },
	"next-criteria-set-version": func(s *scoreScene) { s.set("id", s.Set) },
	"copy-criteria-set": func(s *scoreScene) {
		s.n++
		s.set("id", s.Set, "unit", string(s.Province), "year", 2027, "code", fmt.Sprintf("C%d-2027", s.n))
	},
	"derive-criteria-set": func(s *scoreScene) {
		s.n++
		s.set("id", s.Set, "unit", string(s.Province), "year", 2026, "code", fmt.Sprintf("D%d-2026", s.n))
	},

	// Rounds.
	"list-score-rounds": func(s *scoreScene) { s.until(s.t, whileScoring) },
	"get-score-round":   func(s *scoreScene) { r, _ := s.until(s.t, whileScoring); s.set("id", r.ID) },
	"list-score-sheets": func(s *scoreScene) { r, _ := s.until(s.t, whileScoring); s.set("id", r.ID) },
	"list-appraisers":   func(s *scoreScene) { r, _ := s.until(s.t, whileScoring); s.set("id", r.ID) },
	"refresh-sheets":    func(s *scoreScene) { r, _ := s.until(s.t, whileScoring); s.set("id", r.ID) },
	"take-measures":     func(s *scoreScene) { r, _ := s.until(s.t, afterCutOff); s.set("id", r.ID) },
	"open-score-round": func(s *scoreScene) {
		s.body(`{"unit":%q,"name":"Năm 2026","set":%q,"from":"2026-01-01","to":"2026-12-31","stages":%s}`, s.Province, s.Set, s.stages())
	},
	"set-round-calendar": func(s *scoreScene) {
		r, _ := s.until(s.t, whileScoring)
		s.set("id", r.ID)
		s.body(`{"stages":%s,"reason":"Lùi hạn"}`, s.stages())
	},
	"reopen-stage": func(s *scoreScene) {
		r, sheet := s.until(s.t, whileAppraising)
		s.set("id", r.ID)
		s.body(`{"stage":"self","sheet":%q,"until":"2026-12-09T17:00:00+07:00","reason":"Mất điện"}`, sheet.ID)
	},
	"assign-appraisers": func(s *scoreScene) {
		r, _ := s.until(s.t, whileScoring)
		s.set("id", r.ID, "stage", "appraised1", "field", "1", "accounts", []any{s.First.Account})
	},
	"approve-score-round": func(s *scoreScene) {
		r, _ := s.until(s.t, whileApproving)
		s.by = s.chair
		s.set("id", r.ID, "decided", "2026-12-30")
	},
	"delete-score-round": func(s *scoreScene) { r, _ := s.until(s.t, whileScoring); s.set("id", r.ID) },
	"import-score-round": func(s *scoreScene) {
		s.c.sent = "Đơn vị,Mã tiêu chí,Điểm\nXã Gio Hải,1.1.1,2\nXã Gio Tây,1.1.1,0\n"
		s.set("unit", string(s.Province), "set", s.Set, "from", "2026-01-01", "to", "2026-10-31", "decided", "2026-11-02", "check", false)
	},

	// Sheets.
	"get-score-sheet": func(s *scoreScene) { _, x := s.until(s.t, whileScoring); s.by = s.staff; s.set("id", x.ID) },
	"enter-self-score": func(s *scoreScene) {
		_, x := s.until(s.t, whileScoring)
		s.by = s.staff
		s.set("id", x.ID, "leaf", "1.1.2", "num", 9, "den", 10, "version", 0)
		for _, name := range []string{"value", "option", "before", "best", "done", "due", "answers", "vars", "parts", "veto", "na"} {
			s.set(name, left)
		}
	},
	"hand-in-sheet": func(s *scoreScene) {
		_, x := s.until(s.t, whileScoring)
		s.by = s.staff
		s.set("id", x.ID, "", map[string]any{"lacking": true})
	},
	"take-back-sheet": func(s *scoreScene) {
		_, x := s.until(s.t, whileScoring)
		s.by = s.staff
		s.staff.Send("POST", "/api/v1/scorecard/sheets/"+x.ID+"/hand-in", "application/json", `{"lacking":true}`).Is(200)
		s.set("id", x.ID)
	},
	"ask-explanation": func(s *scoreScene) {
		_, x := s.until(s.t, whileAppraising)
		s.by = s.first
		s.set("id", x.ID, "leaves", []any{"1.1.2"})
	},
	"answer-explanation": func(s *scoreScene) {
		_, x := s.until(s.t, whileExplaining)
		s.by = s.staff
		asked, err := s.Desk.Questions(ctx, s.DB, x)
		if err != nil || len(asked) != 1 {
			s.t.Fatalf("%d questions, %v", len(asked), err)
		}
		s.set("id", x.ID, "question", asked[0].ID)
	},
	"file-appeal": func(s *scoreScene) {
		_, x := s.approved(s.t)
		s.by = s.staff
		s.set("id", x.ID)
		s.body(`{"document":"7/CV-UBND","text":"Đề nghị xem lại","leaves":[{"leaf":"1.1.2","claim":"10/10"}]}`)
	},
	"decide-appeal": func(s *scoreScene) {
		_, x := s.approved(s.t)
		id, err := s.Desk.File(ctx, s.Staff, x.ID, scorecard.Appeal{Text: "Đề nghị xem lại", Document: "7/CV-UBND", Leaves: []scorecard.AppealLeaf{{Leaf: "1.1.2", Claim: "10/10"}}})
		if err != nil {
			s.t.Fatal(err)
		}
		s.by = s.chair
		s.set("id", x.ID, "appeal", id)
		s.body(`{"rulings":[{"leaf":"1.1.2","accept":true,"points":"5","reason":"Có biên bản nghiệm thu"}]}`)
	},
	"keep-sheet": func(s *scoreScene) { _, x := s.until(s.t, whileScoring); s.set("id", x.ID, "do", "remove") },

	// Appraisal.
	"list-appraisals": func(s *scoreScene) {
		r, _ := s.until(s.t, whileAppraising)
		s.by = s.first
		s.set("id", r.ID, "stage", "appraised1", "leaf", "1.1.2")
	},
	"appraise": func(s *scoreScene) {
		r, x := s.until(s.t, whileAppraising)
		s.by = s.first
		s.set("id", r.ID, "stage", "appraised1")
		s.body(`{"verdicts":[{"sheet":%[1]q,"leaf":"1.1.2","accept":true,"version":0,"seen":1},
			{"sheet":%[1]q,"leaf":"1.1.1","points":"1","why":"Muộn","version":0,"seen":1},
			{"sheet":%[1]q,"leaf":"1.1.3","input":{"option":"Đúng hạn"},"why":"Có sổ","version":0,"seen":1}]}`, x.ID)
	},

	// Evidence.
	"list-evidence":   func(s *scoreScene) { s.document(); s.by = s.staff; s.set("unit", string(s.Communes[0]), "q", "so") },
	"add-evidence":    func(s *scoreScene) { s.by = s.staff; s.set("unit", string(s.Communes[0]), "day", "2026-11-01") },
	"get-evidence":    func(s *scoreScene) { s.by = s.staff; s.set("id", s.document()) },
	"change-evidence": func(s *scoreScene) { s.by = s.staff; s.set("id", s.document(), "version", 1, "day", "2026-11-01") },
	"add-evidence-file": func(s *scoreScene) {
		s.by, s.c.sent = s.staff, pdf
		s.set("id", s.document())
	},
	"get-evidence-file": func(s *scoreScene) {
		s.by = s.staff
		id := s.document()
		s.staff.Send("POST", "/api/v1/scorecard/evidence/"+id+"/files?name=a.pdf", "application/octet-stream", pdf).Is(200)
		// A byte more than 25 MB.
		if p := s.staff.Send("POST", "/api/v1/scorecard/evidence/"+id+"/files?name=b.pdf", "application/octet-stream", pdf+strings.Repeat("x", file.MaxSize+1-len(pdf))); p.Status != 400 || !strings.Contains(p.Body, "25 MB") {
			s.t.Errorf("a file that is too large: %d %.300s", p.Status, p.Body)
		}
		s.set("id", id, "number", 1)
	},
	"attach-evidence": func(s *scoreScene) {
		_, x := s.until(s.t, whileScoring)
		s.by = s.staff
		s.set("id", x.ID, "evidence", s.document(), "leaves", []any{"1.1.1"}, "page", 3)
	},
	"detach-evidence": func(s *scoreScene) {
		_, x := s.until(s.t, whileScoring)
		s.by = s.staff
		if err := s.Desk.Attach(ctx, s.Staff, x.ID, s.document(), []string{"1.1.1"}, 3, ""); err != nil {
			s.t.Fatal(err)
		}
		links, err := s.Desk.LinksOf(ctx, s.DB, x)
		if err != nil {
			s.t.Fatal(err)
		}
		s.set("id", x.ID, "link", links[0].ID)
	},

	// Results.
	"list-results": func(s *scoreScene) { s.published(true); s.set("year", 2026, "level", "commune") },
	"get-result":   func(s *scoreScene) { s.set("id", s.published(true)) },
	"propose-result": func(s *scoreScene) {
		r, _ := s.approved(s.t)
		s.body(`{"round":%q,"title":"Chỉ số 2026","decision":"45/QĐ-UBND","decided":"2026-12-30"}`, r.ID)
	},
	"publish-result": func(s *scoreScene) { s.set("id", s.published(false)); s.by = s.chair },
	"discard-result": func(s *scoreScene) { s.set("id", s.published(false)) },
	"draft-remedial": func(s *scoreScene) { s.set("id", s.published(true), "unit", 1) },
	"get-remedial":   func(s *scoreScene) { s.set("id", s.plan()) },
	"change-remedial": func(s *scoreScene) {
		s.set("id", s.plan())
		s.body(`{"version":1,"rows":[{"leaf":"1.1.2","action":"Rà soát","owner":"Văn phòng","due":"2027-03-31"}]}`)
	},
}

// plan is a unit's remedial plan.
func (s *scoreScene) plan() string {
	return made(s.t, s.keeper, "/api/v1/scorecard/results/"+s.published(true)+"/units/1/remedial", "id", ``)
}

// Package scorecardtest builds a small province with an issued criteria set and
// people with accounts, for the tests of rounds and of what follows from them.
package scorecardtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/moment"
	"cchc/base/points"
	"cchc/data"
	"cchc/scorecard"
	"cchc/scorecard/criteria"
	"cchc/unit"
)

// Small is a set of two fields with a leaf for each sort of work: entered by hand,
// with "không phát sinh", measured, of a survey; a bonus and a penalty.
const Small = `
meta:
  id: T-xa-2026
  title: Bộ tiêu chí thử nghiệm cấp xã 2026
  level: cap_xa
  completeness: complete
  verified: test
  total_max: 20
  bonus_cap: 1
domains:
- code: '1'
  name: Chỉ đạo, điều hành
  max: 10
  criteria:
  - code: '1.1'
    name: Kế hoạch
    max: 10
    components:
    - code: 1.1.1
      name: Ban hành kế hoạch
      max: 2
      kind: yes_no
      rule: {yes: 2, no: 0}
      data_source: manual
    - code: 1.1.2
      name: Tỷ lệ nhiệm vụ hoàn thành
      max: 5
      kind: piecewise_linear
      rule: {metric: done/planned, full_at: 1.0, zero_below: 0.6, formula: ratio/full_at*max, cap: 5}
      data_source: manual
      na: {policy: reduce_max}
    - code: 1.1.3
      name: Thời điểm báo cáo
      max: 3
      kind: choice
      rule:
        options:
        - {label: Đúng hạn, points: 3}
        - {label: Muộn dưới 10 ngày, points: 1.5}
        - {label: Không báo cáo, points: 0}
      data_source: manual
- code: '2'
  name: Thủ tục hành chính
  max: 10
  criteria:
  - code: '2.1'
    name: Giải quyết hồ sơ
    max: 10
    components:
    - code: 2.1.1
      name: Hồ sơ đúng hạn
      max: 6
      kind: linear_ratio
      rule: {metric: on_time/finished, full_at: 1.0, zero_below: 0.0, formula: ratio/full_at*max, cap: 6}
      data_source: dossiers
    - code: 2.1.2
      name: Mức độ hài lòng
      max: 4
      kind: import
      rule: {source: sipas_percent, formula: value/100*max}
      data_source: survey_sipas
bonus:
- code: T.1
  name: Sáng kiến
  max: 1
  kind: count
  rule: {each: 1, cap: 1}
  data_source: manual
penalties:
- code: P.1
  name: Nộp trễ
  kind: late_penalty
  rule: {each: -0.5, per: ngày, floor: -2}
`

// A Place is a province of communes with the room of the PAR index. It is Monday
// 2026-11-23, 09:00.
type Place struct {
	DB       *db.DB
	Clock    *dbtest.Clock
	Desk     *scorecard.Desk
	Registry *unit.Registry
	Accounts *auth.Accounts

	Province unit.ID
	Communes []unit.ID
	Set      string // id of the issued set

	Keeper, Chair, First, Second, Auditor actor.Actor // of the province
	Staff                                 actor.Actor // home affairs of the first commune
	Colleague                             actor.Actor // specialist of the first commune
	Neighbour                             actor.Actor // of the second commune
}

// New returns a province of n communes (two at least) that is scored by a set.
func New(t testing.TB, n int, set string) *Place {
	t.Helper()
	d, clock := dbtest.Open(t)
	p := &Place{DB: d, Clock: clock}
	book := &unit.Book{DB: d}
	guard := &auth.Guard{Tree: book}
	p.Registry = &unit.Registry{Book: book, Guard: *guard}
	p.Accounts = &auth.Accounts{DB: d, Guard: *guard}
	p.Desk = &scorecard.Desk{DB: d, Guard: guard, Units: book}
	p.Province = p.Unit(t, unit.New{Code: "H99", Name: "Tỉnh Sông Mẫu", Level: unit.Province}, "2025-07-01")
	for i := range n {
		block := "Đồng bằng"
		if i%2 == 1 {
			block = "Miền núi"
		}
		p.Communes = append(p.Communes, p.Unit(t, unit.New{Code: fmt.Sprintf("H99.%03d", i+1), Name: fmt.Sprintf("Xã Số %d", i+1), Level: unit.Commune,
			Parent: p.Province, Block: block}, "2025-07-01"))
	}
	p.Set = p.Issue(t, set)
	p.Keeper = p.Person(t, "noivu", actor.HomeAffairs, p.Province)
	p.Chair = p.Person(t, "chutich", actor.Chairperson, p.Province)
	p.First = p.Person(t, "thamdinh1", actor.Specialist, p.Province)
	p.Second = p.Person(t, "thamdinh2", actor.Specialist, p.Province)
	p.Auditor = p.Person(t, "thanhtra", actor.Auditor, p.Province)
	p.Staff = p.Person(t, "xa1", actor.HomeAffairs, p.Communes[0])
	p.Colleague = p.Person(t, "xa1b", actor.Specialist, p.Communes[0])
	p.Neighbour = p.Person(t, "xa2", actor.HomeAffairs, p.Communes[1])
	return p
}

// Unit makes a unit that begins on a day.
func (p *Place) Unit(t testing.TB, n unit.New, day string) unit.ID {
	t.Helper()
	id, err := p.Registry.Create(context.Background(), actor.System("test"), n, unit.Act{Day: Day(day), Basis: "Nghị quyết thử nghiệm"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Person makes an account with a role in a unit.
func (p *Place) Person(t testing.TB, login string, role actor.Role, u unit.ID) actor.Actor {
	t.Helper()
	ctx := context.Background()
	id, err := p.Accounts.Create(ctx, actor.System("test"), auth.NewAccount{Login: login, Name: "Cán bộ " + login, Password: "một mật khẩu đủ dài", Grants: []actor.Grant{{Role: role, Unit: u}}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := auth.Load(ctx, p.DB, id, p.DB.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// At the place where sets are issued stands the verb that issues them; here one is
// put there as it would leave it.
var setInsert = db.Rows("scorecardtest.set.insert", "criteria_set",
	"id, code, version, level, year, unit_id, state, title, basis, canonical, sha256, issued_at, issued_by, created_at, changed_at, changed_by", "")

// Issue puts an issued set into the database and returns its id.
func (p *Place) Issue(t testing.TB, text string) string {
	t.Helper()
	s, err := criteria.Load([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	id := db.NewID()
	h := sha256.Sum256([]byte(text))
	err = p.DB.Write(context.Background(), func(tx *db.Tx) error {
		return tx.InsertRows(context.Background(), setInsert, [][]any{{id, s.ID, 1, s.Level, 2026, string(p.Province), "issued", s.Title, "QĐ thử", text,
			hex.EncodeToString(h[:]), tx.Now, "test", tx.Now, tx.Now, "test"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Synthetic returns one of the full-size sets of the product's data.
func Synthetic(t testing.TB, name string) string {
	t.Helper()
	text, ok := map[string]string{"commune": data.CriteriaCommune, "district": data.CriteriaDistrict}[name]
	if !ok {
		t.Fatalf("there is no synthetic set %q", name)
	}
	return text
}

// Calendar is a calendar of the year 2026: self-scores from 20 November to 5
// December, then a stage every ten days.
func Calendar() []scorecard.Window {
	at := func(s string) moment.Instant {
		i, err := moment.ParseInstant(s)
		if err != nil {
			panic(err)
		}
		return i
	}
	return []scorecard.Window{
		{Stage: scorecard.StageSelf, Opens: at("2026-11-20T08:00"), Closes: at("2026-12-05T17:00")},
		{Stage: scorecard.StageAppraised1, Opens: at("2026-12-07T08:00"), Closes: at("2026-12-15T17:00")},
		{Stage: scorecard.StageExplain, Opens: at("2026-12-16T08:00"), Closes: at("2026-12-20T17:00")},
		{Stage: scorecard.StageAppraised2, Opens: at("2026-12-21T08:00"), Closes: at("2026-12-25T17:00")},
		{Stage: scorecard.StageCouncil, Opens: at("2026-12-26T08:00"), Closes: at("2026-12-28T17:00")},
		{Stage: scorecard.StageApproved, Opens: at("2026-12-29T08:00"), Closes: at("2026-12-31T17:00")},
	}
}

// Open begins a round of the communes as the keeper, over 2026 with Calendar; its
// measures are taken as of 30 November.
func (p *Place) Open(t testing.TB) scorecard.Round {
	t.Helper()
	r, err := p.Desk.OpenRound(context.Background(), p.Keeper, scorecard.NewRound{Unit: p.Province, Name: "Chỉ số CCHC cấp xã năm 2026", Basis: "KH 12/KH-UBND",
		Set: p.Set, From: Day("2026-01-01"), To: Day("2026-12-31"), CutOff: Day("2026-11-30"), Windows: Calendar()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Sheet returns the sheet of a unit.
func (p *Place) Sheet(t testing.TB, r scorecard.Round, u unit.ID) scorecard.Sheet {
	t.Helper()
	list, err := p.Desk.Sheets(context.Background(), p.DB, actor.System("test"), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.Unit == u {
			return s
		}
	}
	t.Fatalf("%s has no sheet", u)
	return scorecard.Sheet{}
}

// Day reads a date.
func Day(s string) moment.Date {
	d, err := moment.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// Ratio is an input of a numerator over a denominator.
func Ratio(num, den int64) criteria.Input {
	return criteria.Input{Ratio: &points.Ratio{Num: num, Den: den}}
}

// Value is an input of a whole number.
func Value(n int64) criteria.Input { return criteria.Input{Value: &points.Ratio{Num: n, Den: 1}} }

// Option is an input of a choice.
func Option(s string) criteria.Input { return criteria.Input{Option: s} }

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/dossier"
	"cchc/privacy"
	"cchc/scorecard"
	"cchc/scorecard/scorecardtest"
	"cchc/unit"
)

// A terrain is the whole program before two provinces, with one of everything in
// each of four units, and with people of every role.
type terrain struct {
	*office
	t       *testing.T
	corners map[string]*corner // by the letter of the unit
	people  map[string]*holder // by role and letter of the unit where it is held
	all     *holder            // every role everywhere: who makes things
	c       *contract
	asked   atomic.Int64
	states  []standing
	out     []*holder // who had every right once
	shown   sync.Map  // forms by the address of their page
	both    sync.Map  // routes of countedForBoth that showed something
}

// allRoles is, before the letter of a unit, somebody with every role there.
const allRoles = "*"

// The units: a province with two communes, and another province with one.
const (
	theProvince  = "P"
	ourCommune   = "A"
	nextCommune  = "B"
	farCommune   = "C"
	everywhere   = "*"
	farProvince  = "Q"
	goneCommune  = "D" // it went into ours
	leftCommune  = "E" // it left the province for the other one
	sinceItLeft  = "F" // the same unit: what it has since it left
	secretPrefix = "Kín"
)

// A corner is what stands in one unit, by the name under which fills ask for it.
type corner struct {
	unit  unit.ID
	thing map[string]string
}

// A holder is somebody with one role in one place.
type holder struct {
	role    actor.Role
	place   string
	account string
	cookies []*http.Cookie
	token   string // for programs, all verbs
	narrow  string // for programs, only unit.read
	tokenID string
	thing   map[string]string // what is theirs alone
	out     string            // why they have no rights any more
}

// secret is what only those may read who may read the dossiers of the unit.
func secret(letter string) string { return secretPrefix + " Đáo " + letter + letter + letter }

// idNumber is the applicant's citizen number.
func idNumber(letter string) string {
	return "0490850099" + fmt.Sprintf("%02d", strings.Index("ABCPQDEF", letter))
}

func raise(t *testing.T) *terrain {
	t.Helper()
	o := serveOffice(t)
	if err := o.openLog(ctx, filepath.Join(t.TempDir(), "key")); err != nil {
		t.Fatal(err)
	}
	w := &terrain{office: o, t: t, corners: map[string]*corner{}, people: map[string]*holder{}}
	act := unit.Act{Day: unitsBegin, Basis: "NQ"}
	create := func(n unit.New) unit.ID {
		id, err := o.registry.Create(ctx, operator, n, act)
		w.ok(err)
		return id
	}
	next := create(unit.New{Code: "H99.102", Name: "Xã Gio Tây", Level: unit.Commune, Parent: o.province})
	farAway := create(unit.New{Code: "H98", Name: "Tỉnh Bên Kia", Level: unit.Province})
	gone := create(unit.New{Code: "H99.103", Name: "Xã Gio Cũ", Level: unit.Commune, Parent: o.province})
	left := create(unit.New{Code: "H99.104", Name: "Xã Gio Đi", Level: unit.Commune, Parent: o.province})
	far := create(unit.New{Code: "H98.101", Name: "Xã Xa", Level: unit.Commune, Parent: farAway})
	for letter, u := range map[string]unit.ID{theProvince: o.province, ourCommune: o.commune, nextCommune: next, farCommune: far, farProvince: farAway, goneCommune: gone, leftCommune: left} {
		code := map[string]string{theProvince: "H99", ourCommune: "H99.101", nextCommune: "H99.102", farCommune: "H98.101", farProvince: "H98", goneCommune: "H99.103", leftCommune: "H99.104"}[letter]
		w.corners[letter] = &corner{unit: u, thing: maps.Clone(usual)}
		maps.Copy(w.corners[letter].thing, map[string]string{"unit": string(u), "code": code, "letter": letter})
	}
	w.all = w.somebody("moi-quyen", "", everywhere, "")
	w.c = readContract(t, o.b)
	for _, role := range actor.Roles {
		for _, place := range []string{ourCommune, theProvince, everywhere, goneCommune, nextCommune, farCommune, farProvince} {
			u := unit.ID("")
			if place != everywhere {
				u = w.corners[place].unit
			}
			w.people[string(role)+place] = w.somebody(string(role)+"-"+place, role, place, u)
		}
	}
	for _, place := range []string{nextCommune, farCommune, theProvince} {
		w.people[allRoles+place] = w.somebody("moi-vai-"+place, "", place, w.corners[place].unit)
	}
	for _, letter := range []string{ourCommune, nextCommune, farCommune, goneCommune, leftCommune} {
		w.furnish(w.corners[letter])
	}
	w.furnish(w.corners[theProvince])
	w.shared()
	for _, letter := range []string{ourCommune, nextCommune, farCommune, goneCommune, leftCommune, theProvince} {
		w.papers(w.corners[letter])
	}
	w.others()
	w.scores()
	w.leave()
	w.receipts()
	w.belongings()
	w.dissolve()
	w.stand()
	return w
}

func (w *terrain) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// somebody makes an account that is signed in and has tokens; no role is all of them.
func (w *terrain) somebody(login string, role actor.Role, place string, u unit.ID) *holder {
	w.t.Helper()
	p := &holder{role: role, place: place}
	grants := []actor.Grant{{Role: role, Unit: u}}
	if role == "" {
		grants = nil
		for _, r := range actor.Roles {
			grants = append(grants, actor.Grant{Role: r, Unit: u})
		}
	}
	var err error
	login = strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(login, "*", "x"), "_", "-"))
	p.account, err = w.accounts.Create(ctx, operator, auth.NewAccount{Login: login, Name: login, Password: testPassword, Grants: grants})
	w.ok(err)
	var scopes []string
	for _, v := range auth.Verbs {
		if slices.ContainsFunc(grants, func(g actor.Grant) bool { return auth.Allows(g.Role, v) }) {
			scopes = append(scopes, string(v))
		}
	}
	until := w.db.Now().Date().AddDays(60)
	token, _, err := w.accounts.CreateToken(ctx, operator, auth.NewToken{Account: p.account, Name: "của tôi", Scopes: []string{string(auth.UnitRead)}, Until: w.db.Now().Date().AddDays(60)})
	w.ok(err)
	p.tokenID = token.ID
	_, p.token, err = w.accounts.CreateToken(ctx, operator, auth.NewToken{Account: p.account, Name: "rộng", Scopes: scopes, Until: until})
	w.ok(err)
	_, p.narrow, err = w.accounts.CreateToken(ctx, operator, auth.NewToken{Account: p.account, Name: "hẹp", Scopes: []string{string(auth.UnitRead)}, Until: until})
	w.ok(err)
	got := w.send(ctx, nil, "POST", "/sign-in", "application/x-www-form-urlencoded", "login="+login+"&password="+strings.ReplaceAll(testPassword, " ", "+"))
	p.cookies = append(p.cookies, got.Result().Cookies()...)
	if got.Code != http.StatusSeeOther || len(p.cookies) == 0 {
		w.t.Fatalf("%s signs in: %d", login, got.Code)
	}
	return p
}

// A reply is what came back. A stream is left as soon as it has begun.
type reply struct {
	*httptest.ResponseRecorder
	leave func()
}

// Flush ends a stream.
func (r reply) Flush() {
	r.ResponseRecorder.Flush()
	if strings.HasPrefix(r.Header().Get("Content-Type"), "text/event-stream") {
		r.leave()
	}
}

// send makes a request of the whole program: in the person's session, with its
// token where an operation of the API is asked.
func (w *terrain) send(ctx context.Context, p *holder, method, address, kind, body string) *httptest.ResponseRecorder {
	return w.sendWith(ctx, p, asUsual, method, address, kind, body)
}

// A way is how a request says who makes it.
type way int

const (
	asUsual   way = iota // by a token for an operation of the API, in a session for a page
	byNarrow             // by a token that is for unit.read alone
	bySession            // in a session, for an operation too
)

func (w *terrain) sendWith(ctx context.Context, p *holder, by way, method, address, kind, body string, header ...string) *httptest.ResponseRecorder {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Origin", "http://"+r.Host)
	n := w.asked.Add(1) // from another address each time: none has asked too often
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:4000", n>>16&255, n>>8&255, n&255)
	if path, _, _ := strings.Cut(address, "?"); strings.HasSuffix(path, "/stream") {
		r.Header.Set("Accept", "text/event-stream")
	}
	switch {
	case p == nil:
	case strings.HasPrefix(address, "/api/") && by != bySession:
		token := p.token
		if by == byNarrow {
			token = p.narrow
		}
		r.Header.Set("Authorization", "Bearer "+token)
	default:
		for _, c := range p.cookies {
			r.AddCookie(c)
		}
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Del(header[i])
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	got := reply{httptest.NewRecorder(), cancel}
	w.h.ServeHTTP(got, r)
	return got.ResponseRecorder
}

// made makes something by the API, as somebody who may do everything, and returns a
// value of the answer.
func (w *terrain) made(address, key, body string, args ...any) string {
	w.t.Helper()
	return w.madeBy(w.all, address, key, body, args...)
}

func (w *terrain) madeBy(p *holder, address, key, body string, args ...any) string {
	w.t.Helper()
	kind := "application/json"
	if strings.Contains(address, "name=") {
		kind = "application/octet-stream"
	}
	got := w.send(ctx, p, "POST", "/api/v1"+address, kind, fmt.Sprintf(body, args...))
	var out map[string]any
	if err := json.Unmarshal(got.Body.Bytes(), &out); err != nil || got.Code > 299 {
		w.t.Fatalf("POST %s: %d %s", address, got.Code, got.Body)
	}
	s, _ := out[key].(string)
	return s
}

// furnish puts one of everything into a unit.
func (w *terrain) furnish(c *corner) {
	w.t.Helper()
	code, letter := c.thing["code"], c.thing["letter"]
	procedureCode := "1.001193"
	receive := func() string {
		d, err := w.desk.Receive(ctx, operator, dossier.Application{Unit: c.unit, Procedure: procedureCode, Channel: dossier.Direct,
			Person: dossier.Person{Name: secret(letter), IDNumber: idNumber(letter), Phone: "0905123456"}})
		w.ok(err)
		c.thing["rating"] = d.RatingToken
		return d.Code
	}
	c.thing["dossier"] = receive()
	w.made("/dossiers/"+c.thing["dossier"]+"/papers", "", `{"name":"Tờ khai","source":"scanned","file":"JVBERi0xLjQKJSVFT0YK","file_name":"to-khai.pdf"}`)
	w.made("/dossiers/"+c.thing["dossier"]+"/originals", "", `{"name":"Sổ hộ khẩu"}`)
	var kept struct{ Items []struct{ ID string } }
	w.ok(json.Unmarshal(w.send(ctx, w.all, "GET", "/api/v1/counter/originals?unit="+code, "", "").Body.Bytes(), &kept))
	c.thing["original"] = kept.Items[0].ID
	c.thing["cash"] = w.made("/counter/cash", "id", `{"unit":%q,"float":0}`, code)
	c.thing["listed"] = receive()
	c.thing["list"] = w.made("/counter/lists", "id", `{"unit":%q,"kind":"inside","body":"Phòng Tư pháp","codes":[%q]}`, code, c.thing["listed"])
	c.thing["bulk"] = w.made("/bulk", "id", `{"act":"forward","items":[{"code":%q}]}`, receive())
	w.ok(w.desk.SetTurnKinds(ctx, operator, c.unit, []dossier.TurnKind{{Letter: "A", Name: "Đất đai"}, {Letter: "B", Name: "Hộ tịch"}}, true))
	kinds, err := w.desk.TurnKinds(ctx, w.db, c.unit)
	w.ok(err)
	c.thing["turnkind"] = kinds[0].ID
	c.thing["turn"] = w.made("/counter/turns", "id", `{"unit":%q,"kind":%q}`, code, kinds[0].ID)
	c.thing["block"], err = w.desk.Reserve(ctx, operator, c.unit, 0, 1)
	w.ok(err)
	numbers, err := w.desk.ReservedBlock(ctx, w.db, operator, c.thing["block"])
	w.ok(err)
	c.thing["reserved"] = numbers[0].Code
	asked, err := w.privacy.Receive(ctx, operator, privacy.New{Code: c.thing["dossier"], Kind: privacy.Access, Name: secret(letter), Identity: "xem thẻ"})
	w.ok(err)
	_, _, err = w.privacy.OpenData(ctx, operator, asked.ID, "json") // without that nobody can grant it
	w.ok(err)
	c.thing["asked"] = asked.ID
	c.thing["hold"], err = w.desk.HoldDossier(ctx, operator, c.thing["dossier"], "thanh tra", "1/QĐ")
	w.ok(err)
	w.made("/index/"+code+"/entries", "", `{"metric":"PUBLISH_ON_TIME","month":"2026-11-01","numerator":1,"denominator":2,"source":"Cổng"}`)
	c.thing["link"] = w.made("/exchange/links", "id", `{"kind":"hook","name":"Cổng","url":"https://he-thong.example/nhan","unit":%q}`, code)
	c.thing["comparison"] = w.made("/exchange/comparisons/list?name=ds.csv&unit="+code, "id", "Mã hồ sơ,Trạng thái\n%s,9\n", c.thing["dossier"])
	w.ok(w.exchange.Work(ctx, c.thing["comparison"]))
	// An account of the unit, with its token.
	c.thing["account"], err = w.accounts.Create(ctx, operator, auth.NewAccount{Login: "nguoi-" + strings.ToLower(letter), Name: "Người " + letter, Password: testPassword,
		Grants: []actor.Grant{{Role: actor.OneStop, Unit: c.unit}}})
	w.ok(err)
	acc, err := w.accounts.ByID(ctx, operator, c.thing["account"])
	w.ok(err)
	c.thing["grant"] = acc.Grants[0].ID
	token, _, err := w.accounts.CreateToken(ctx, operator, auth.NewToken{Account: acc.ID, Name: "máy", Scopes: []string{"dossier.read"}, Until: w.db.Now().Date().AddDays(30)})
	w.ok(err)
	c.thing["token"] = token.ID
	evidence, err := w.scorecard.AddEvidence(ctx, operator, scorecard.Evidence{Unit: c.unit, Title: secret(letter), Pages: 3})
	w.ok(err)
	c.thing["evidence"] = evidence.ID
	// Evidence is the unit's own: nobody else adds to it.
	w.madeBy(w.somebody("noivu-"+letter, actor.HomeAffairs, letter, c.unit), "/scorecard/evidence/"+evidence.ID+"/files?name=a.pdf", "", "%s", pdf)
	c.thing["changeof"], err = w.closure(c)
	w.ok(err)
}

// closure closes a unit's office for a day.
func (w *terrain) closure(c *corner) (string, error) {
	got := w.send(ctx, w.all, "POST", "/api/v1/calendar/closures", "application/json",
		fmt.Sprintf(`{"unit":%q,"from":"2026-12-07","name":"Bão","rule":"Công điện 5","reason":"bão"}`, c.thing["code"]))
	var out struct{ ID string }
	if err := json.Unmarshal(got.Body.Bytes(), &out); err != nil || got.Code > 299 {
		return "", fmt.Errorf("closing: %d %s", got.Code, got.Body)
	}
	return out.ID, nil
}

var problemAdd = db.SQL("matrix_test.problem", `
	INSERT INTO procedure_problem (id, version_id, field, reason, raw, blocks, settled_by, settled_basis) VALUES ($1, $2, 'limit', 'limit_unreadable', 'x', '', '', '')`)

// shared are the things of no unit.
func (w *terrain) shared() {
	w.t.Helper()
	version, err := w.procedures.InForce(ctx, w.db, "1.001193", w.db.Now().Date())
	w.ok(err)
	run := w.made("/imports?kind=holidays&name=n.csv", "id", "Ngày,Loại,Tên\n02/02/2027,nghỉ,Bão\n")
	wrong := w.made("/imports?kind=holidays&name=n.csv", "id", "Ngày,Loại,Tên\nhôm qua,nghỉ,Bão\n")
	step(w.t, w.rooms)
	// What a file did not say of the procedure, and keeps nothing from being received.
	problem := db.NewID()
	w.ok(w.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, problemAdd, problem, version.ID); err != nil {
			return err
		}
		return tx.Bump(ctx, "procedure")
	}))
	for _, c := range w.corners {
		c.thing["version"], c.thing["run"], c.thing["wrongrun"], c.thing["problem"] = version.ID, run, wrong, problem
	}
}

// scores makes rounds: one that is open, and one that is decided and published.
func (w *terrain) scores() {
	w.t.Helper()
	p := &scorecardtest.Place{DB: w.db, Clock: w.clock, Desk: w.scorecard, Registry: w.registry, Accounts: w.accounts, Province: w.province,
		Communes: []unit.ID{w.commune, w.corners[nextCommune].unit}}
	p.Set = p.Issue(w.t, scorecardtest.Small)
	load := func(who string) actor.Actor {
		a, err := auth.Load(ctx, w.db, w.people[who].account, w.db.Now().Date())
		w.ok(err)
		return a
	}
	p.Keeper, p.Chair, p.First = load(string(actor.HomeAffairs)+theProvince), load(string(actor.Chairperson)+theProvince), load(string(actor.Specialist)+theProvince)
	p.Staff = load(string(actor.HomeAffairs) + ourCommune)
	l := &league{Place: p, o: w.office}
	s := &scoreScene{league: l, t: w.t, known: map[string]any{}}
	decided, sheet := l.approved(w.t)
	appeal, err := p.Desk.File(ctx, p.Staff, sheet.ID, scorecard.Appeal{Text: "Đề nghị xem lại", Document: "7/CV-UBND", Leaves: []scorecard.AppealLeaf{{Leaf: "1.1.2", Claim: "10/10"}}})
	w.ok(err)
	asked, err := p.Desk.Questions(ctx, w.db, sheet)
	w.ok(err)
	sheetsOf := func(r scorecard.Round) map[unit.ID]string {
		out := map[unit.ID]string{}
		for _, u := range p.Communes {
			out[u] = l.Sheet(w.t, r, u).ID
		}
		return out
	}
	keeper := w.people[string(actor.HomeAffairs)+theProvince] // who prepares does not approve
	result := w.madeBy(keeper, "/scorecard/results", "id", `{"round":%q,"title":"Chỉ số 2026","decision":"45/QĐ-UBND","decided":"2026-12-30"}`, decided.ID)
	w.made("/scorecard/results/"+result+"/approve", "", "")
	plan := w.made("/scorecard/results/"+result+"/units/1/remedial", "id", "")
	// A third one is published and amended, and an appeal of it decided.
	third, ruledSheet := l.approved(w.t)
	ruled, err := p.Desk.File(ctx, p.Staff, ruledSheet.ID, scorecard.Appeal{Text: "Đề nghị xem lại", Document: "8/CV-UBND", Leaves: []scorecard.AppealLeaf{{Leaf: "1.1.2", Claim: "10/10"}}})
	w.ok(err)
	proposed := func(amends, reason string) string {
		id := w.madeBy(keeper, "/scorecard/results", "id", `{"round":%q,"title":"Chỉ số 2025","decision":"47/QĐ-UBND","decided":"2026-12-30","amends":%q,"reason":%q}`, third.ID, amends, reason)
		w.made("/scorecard/results/"+id+"/approve", "", "")
		return id
	}
	amended := proposed("", "")
	w.ok(p.Desk.Decide(ctx, p.Chair, ruled, []scorecard.Ruling{{Leaf: "1.1.2", Accept: true, Input: scorecardtest.Ratio(10, 10), Reason: "Có biên bản"}}))
	proposed(amended, "Sau kiến nghị")
	second, _ := l.approved(w.t)
	prepared := w.madeBy(keeper, "/scorecard/results", "id", `{"round":%q,"title":"Chỉ số thử","decision":"46/QĐ-UBND","decided":"2026-12-30"}`, second.ID)
	l.n = 7
	draft := s.draft()
	w.clock.Set(whileScoring)
	open := l.Open(w.t)
	for _, f := range []string{"1", "2", scorecard.BonusSection, scorecard.PenaltySection} {
		w.ok(l.Desk.Assign(ctx, l.Keeper, open.ID, scorecard.StageAppraised1, f, []string{l.First.Account}))
	}
	now, then := sheetsOf(open), sheetsOf(decided)
	for letter, c := range w.corners {
		c.thing["set"], c.thing["draft"], c.thing["round"], c.thing["decided"] = p.Set, draft, open.ID, decided.ID
		c.thing["result"], c.thing["prepared"], c.thing["plan"] = result, prepared, plan
		c.thing["appeal"], c.thing["question"] = appeal, asked[0].ID
		c.thing["amended"], c.thing["ruled"], c.thing["ruledsheet"] = amended, ruled, ruledSheet.ID
		if id, ok := now[c.unit]; ok {
			c.thing["sheet"], c.thing["decidedsheet"] = id, then[c.unit]
		}
		if letter == ourCommune || letter == nextCommune {
			w.ok(l.Desk.Attach(ctx, operator, c.thing["sheet"], c.thing["evidence"], []string{"1.1.1"}, 1, ""))
			links, err := l.Desk.LinksOf(ctx, w.db, l.Sheet(w.t, open, c.unit))
			w.ok(err)
			c.thing["attached"] = links[0].ID
		}
	}
}

package app

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/job"
	"cchc/base/ledger"
	"cchc/base/receipt"
	"cchc/base/web/webtest"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/privacy"
	"cchc/procedure"
	"cchc/unit"
)

// A scene is what stands before one call.
type scene struct {
	*office
	t    *testing.T
	c    *contract
	p    *webtest.Browser // who calls
	code string           // of a dossier just received
	n    int              // another one each time
}

// scenes bring things into the state that an operation needs to succeed: by verbs,
// or by calls before it. What they need say is in known.
var scenes = map[string]func(s *scene){
	// Dossiers.
	"accept-dossier":  func(s *scene) { s.arrived() },
	"decline-dossier": func(s *scene) { s.arrived() },
	"answer-consultation": func(s *scene) {
		s.ok(s.desk.Consult(ctx, operator, s.code, dossier.Consultation{Body: "Phòng Tư pháp", Name: "Xác minh"}))
		steps := s.whole().Steps
		s.c.known["step"] = steps[len(steps)-1].Ord
	},
	"reverse-complaint": func(s *scene) { s.ok(s.desk.Complain(ctx, operator, s.code, "Chậm", "")) },
	"correct-fact": func(s *scene) {
		s.ok(s.desk.Complain(ctx, operator, s.code, "Nhầm hồ sơ", ""))
		facts := s.whole().Facts
		s.c.known["fact"] = facts[len(facts)-1].Seq
	},
	"meet-obligation": func(s *scene) {
		s.ok(s.desk.Oblige(ctx, operator, s.code, dossier.Ask{Reason: "Thuế trước bạ"}))
	},
	"resume-dossier": func(s *scene) {
		s.ok(s.desk.Pause(ctx, operator, s.code, dossier.Ask{Reason: "Đo đạc", As: calendar.Pause}))
	},
	"supply-papers": func(s *scene) {
		s.ok(s.desk.AskForMore(ctx, operator, s.code, dossier.Ask{Reason: "Thiếu tờ khai"}))
	},
	"confirm-withdrawal": func(s *scene) { s.ok(s.desk.AskWithdrawal(ctx, operator, s.code, "")) },
	"decline-withdrawal": func(s *scene) { s.ok(s.desk.AskWithdrawal(ctx, operator, s.code, "")) },
	"return-result":      func(s *scene) { s.ok(s.desk.Finish(ctx, operator, s.code, dossier.Result{})) },
	"send-back":          func(s *scene) { s.ok(s.desk.Forward(ctx, operator, s.code, "", "")) },
	"get-paper": func(s *scene) {
		s.p.Send("POST", "/api/v1/dossiers/"+s.code+"/papers", "application/json", `{"name":"Tờ khai","source":"scanned","file":"JVBERi0xLjQKJSVFT0YK","file_name":"to-khai.pdf"}`).Is(200)
		papers := s.whole().Papers
		s.c.known["number"] = papers[len(papers)-1].Ord
	},
	"get-dossier-notices": func(*scene) {},
	"set-dossier-notices": func(s *scene) { s.c.known["email"], s.c.known["sms"], s.c.known["zalo"] = true, true, false },
	"assign-dossiers": func(s *scene) {
		code := fmt.Sprintf("H99.8%d", s.n)
		from, err := s.registry.Create(ctx, operator, unit.New{Code: code, Name: "Xã " + code, Level: "commune", Parent: s.province}, unit.Act{Day: unitsBegin, Basis: "NQ"})
		s.ok(err)
		d := receive(s.t, s.rooms, from)
		s.p.Send("POST", "/api/v1/units/"+code+"/dissolve", "application/json", `{"to":"H99.101","day":"2026-11-23","basis":"NQ"}`).Is(200)
		s.c.known["id"], s.c.known["codes"], s.c.known["to"] = string(from), []any{d.Code}, "H99.101"
	},

	// The counter.
	"close-book": func(s *scene) { s.c.known["form"], s.c.known["year"] = "01", 2025 },
	"adjust-cash": func(s *scene) { // only a locked drawer is adjusted
		p := s.program(s.t, fmt.Sprintf("thuquy.%d", s.n), []string{"dossier.*", "counter.*"}, actor.Grant{Role: actor.OneStop, Unit: s.commune})
		id := made(s.t, p, "/api/v1/counter/cash", "id", `{"unit":"H99.101","float":0}`)
		p.Send("POST", "/api/v1/counter/cash/"+id+"/close", "application/json", `{"pieces":[],"reason":"đếm"}`).Is(200)
		s.c.known["id"], s.c.known["amount"], s.c.by = id, 1000, p
	},
	"list-turns":      func(s *scene) { s.kinds(); s.c.known["day"] = "2026-11-23" },
	"list-turn-kinds": func(s *scene) { s.kinds() },
	"get-turn-desk":   func(s *scene) { s.kinds() },
	"take-turn":       func(s *scene) { s.c.known["kind"] = s.kinds()[0].ID },
	"get-turn":        func(s *scene) { s.c.known["id"] = s.turn(false) },
	"call-turn":       func(s *scene) { s.turn(false) },
	"recall-turn":     func(s *scene) { s.c.known["id"] = s.turn(true) },
	"finish-turn":     func(s *scene) { s.c.known["id"] = s.turn(true) },
	"miss-turn":       func(s *scene) { s.c.known["id"] = s.turn(true) },
	"transfer-turn":   func(s *scene) { s.c.known["id"] = s.turn(true); s.c.known["kind"] = s.kinds()[1].ID },
	"sit-at-desk":     func(s *scene) { s.c.known["kinds"], s.c.known["desk"] = []any{s.kinds()[0].ID}, "3" },
	"set-turn-kinds":  func(*scene) {},

	// Procedures.
	"settle-procedure": func(s *scene) {
		for _, x := range s.problems() {
			if x.Field == "limit" && x.Blocks == "all" {
				s.c.known["version"], s.c.known["case"], s.c.known["unit"], s.c.known["quantity"], s.c.known["channel"], s.c.known["area"] = x.Version, left, "working_day", "3", left, left
				return
			}
		}
		s.t.Fatal("no version is unsettled")
	},
	"dismiss-procedure-problem": func(s *scene) {
		for _, x := range s.problems() {
			if x.Blocks == "" {
				s.c.known["problem"] = x.ID
				return
			}
		}
		s.t.Fatal("no problem blocks nothing")
	},

	// Statistics.
	"report-periods": func(s *scene) { s.c.known["until"] = "2026-11" },

	// Notices.
	"get-notice-template":     func(s *scene) { s.template() },
	"change-notice-template":  func(s *scene) { s.template() },
	"preview-notice-template": func(s *scene) { s.template() },
	"restore-notice-template": func(s *scene) { s.template() },
	"list-notices-sent":       func(s *scene) { s.c.known["event"], s.c.known["channel"] = "received", "email" },
	"send-notices-again":      func(s *scene) { s.c.known["id"] = left },

	// Imports.
	"start-import":           func(s *scene) { s.c.sent = s.daysOff(); s.importOptions() },
	"list-imports":           func(s *scene) { s.c.known["kind"] = "holidays" },
	"get-import":             func(s *scene) { s.c.known["run"] = s.brought(s.daysOff()) },
	"get-import-file":        func(s *scene) { s.c.known["run"] = s.brought(s.daysOff()) },
	"store-import":           func(s *scene) { s.c.known["run"], s.c.known["leave"] = s.brought(s.daysOff()), left },
	"abandon-import":         func(s *scene) { s.c.known["run"] = s.brought(s.daysOff()) },
	"map-import-columns":     func(s *scene) { s.c.known["run"], s.c.known["sheet"] = s.brought(s.daysOff()), left },
	"get-import-corrections": func(s *scene) { s.c.known["run"] = s.brought("Ngày,Loại,Tên\nhôm qua,nghỉ,Bão\n") },

	// Exchange.
	"make-link": func(s *scene) {
		s.c.known["kind"], s.c.known["url"], s.c.known["list"], s.c.known["system"], s.c.known["secret"] = "hook", "https://he-thong.example/hook", left, left, left
	},
	"get-link":   func(s *scene) { s.c.known["id"] = s.link("hook") },
	"retry-link": func(s *scene) { s.c.known["id"] = s.link("hook") },
	"end-link":   func(s *scene) { s.c.known["id"] = s.link("hook") },
	"fetch-comparison": func(s *scene) {
		s.c.known["link"], s.c.known["unit"], s.c.known["system"] = s.link("peer"), "H99", left
	},
	"start-comparison": func(s *scene) {
		s.c.sent, s.c.known["link"], s.c.known["unit"], s.c.known["system"], s.c.known["name"] = s.theirs(), left, "H99", left, "ds.csv"
	},
	"get-comparison":   func(s *scene) { s.c.known["run"] = s.compared() },
	"list-differences": func(s *scene) { s.c.known["run"], s.c.known["kind"] = s.compared(), left },
	"resend-differences": func(s *scene) {
		s.c.known["run"], s.c.known["link"], s.c.known["kind"], s.c.known["numbers"] = s.compared(), s.link("hook"), left, left
	},

	// Personal data.
	"get-data-request":      func(s *scene) { s.asked("access") },
	"assign-data-request":   func(s *scene) { s.asked("access"); s.c.known["account"] = s.answerer() },
	"identify-data-request": func(s *scene) { s.asked("access") },
	"receive-data-request":  func(s *scene) { s.c.known["kind"] = "access" },
	"answer-data-request": func(s *scene) {
		s.asked("correct")
		s.c.known["outcome"], s.c.known["codes"], s.c.known["to_id_number"], s.c.known["to_phone"] = "granted", left, left, "0905123499"
		if s.n%2 == 0 { // without a correction nothing can be granted
			s.c.known["outcome"], s.c.known["basis"] = "refused", "Luật"
		}
	},
	"open-data-request": func(s *scene) { s.asked("access") },
	"propose-retention": func(s *scene) { s.over() },
	"decide-retention": func(s *scene) {
		s.over()
		id, err := s.privacy.Propose(ctx, operator, s.commune)
		s.ok(err)
		s.c.known["id"], s.c.known["approve"], s.c.known["reason"], s.c.known["document"] = id, false, "chưa", "1/QĐ"
		s.c.by = s.program(s.t, fmt.Sprintf("chutich.%d", s.n), []string{"privacy.*"}, actor.Grant{Role: actor.Chairperson, Unit: s.commune})
	},
	"set-retention-field": func(s *scene) { s.c.known["sector"], s.c.known["months"] = "Hộ tịch", 0 },
	"end-hold": func(s *scene) {
		id, err := s.desk.HoldDossier(ctx, operator, s.code, "thanh tra", "1/KL")
		s.ok(err)
		s.c.known["id"] = id
	},
	"put-purpose":     func(s *scene) { s.c.known["code"] = "bao_cao" },
	"export-dossiers": func(s *scene) { s.c.known["cursor"], s.c.known["q"] = left, left; s.c.known["unit"] = "H99.101" },
	"list-exports":    func(s *scene) { s.c.known["before"] = "2026-12-01T00:00:00+07:00" },
	"retire-purpose":  func(s *scene) { s.c.known["code"] = "complaint" },

	// The log of the trail.
	"read-log-checkpoint": func(s *scene) { step(s.t, s.rooms) },
	"prove-log-consistency": func(s *scene) {
		step(s.t, s.rooms)
		last, err := s.log.Latest(ctx, s.db)
		s.ok(err)
		s.c.known["old"], s.c.known["size"] = 1, last.Checkpoint.Size
	},
	"list-log-receipts": func(s *scene) {
		s.ok(s.desk.Apologise(ctx, operator, s.code, dossier.Apology{Reason: "mất điện", Document: "4/PXL", Until: s.whole().Due.Add(48 * time.Hour)}))
		step(s.t, s.rooms)
		s.c.known["kind"], s.c.known["object"] = "dossier", s.code
	},
	"read-log-cosigned": func(s *scene) { s.lower() },
	"cosign-log":        func(s *scene) { s.lower() },

	// Copies.
	"run-backup": func(s *scene) {
		s.rooms.copies = copies{backupFlags: backupFlags{To: s.t.TempDir()}}
		s.c.known["kind"] = "copy"
	},

	// Jobs.
	"list-jobs":  func(*scene) {},
	"retry-job":  func(s *scene) { s.c.known["id"] = s.job() },
	"cancel-job": func(s *scene) { s.c.known["id"] = s.job() },
}

// asked has a request of the dossier's person, of who asks it being known.
func (s *scene) asked(kind string) {
	r, err := s.privacy.Receive(ctx, operator, privacy.New{Code: s.code, Kind: kind, Name: "Nguyễn Thị Ánh", Asks: "sửa số điện thoại", Identity: "xem thẻ"})
	s.ok(err)
	s.c.known["id"] = r.ID
}

func (s *scene) answerer() string {
	people, err := s.privacy.People(ctx, s.db, s.commune)
	s.ok(err)
	return people[0].Account
}

// over has a dossier whose time is over, and no proposal that waits.
func (s *scene) over() {
	s.ok(s.desk.Finish(ctx, operator, s.code, dossier.Result{}))
	list, err := s.privacy.Proposals(ctx, s.db, operator)
	s.ok(err)
	for _, x := range list {
		if x.State == "proposed" {
			s.ok(s.privacy.Decide(ctx, operator, x.ID, false, "", "thử"))
		}
	}
}

var ctx = context.Background()

func (s *scene) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// arrived has a dossier that is not accepted yet.
func (s *scene) arrived() {
	d, err := s.desk.Register(ctx, operator, dossier.Application{Unit: s.commune, Procedure: "1.001193", Channel: dossier.Online, Person: dossier.Person{Name: "Nguyễn Văn A"}})
	s.ok(err)
	s.c.known["code"] = d.Code
}

func (s *scene) whole() dossier.Whole {
	w, err := s.desk.ByCode(ctx, s.db, operator, s.code)
	s.ok(err)
	return w
}

// kinds are two that people queue for.
func (s *scene) kinds() []dossier.TurnKind {
	s.ok(s.desk.SetTurnKinds(ctx, operator, s.commune, []dossier.TurnKind{{Letter: "A", Name: "Đất đai"}, {Letter: "B", Name: "Hộ tịch"}}, true))
	list, err := s.desk.TurnKinds(ctx, s.db, s.commune)
	s.ok(err)
	return list
}

// turn takes a number, and calls it to the caller's desk.
func (s *scene) turn(called bool) string {
	kinds := s.kinds()
	s.p.Send("POST", "/api/v1/counter/turn-desk", "application/json", fmt.Sprintf(`{"unit":"H99.101","desk":"3","kinds":[%q]}`, kinds[0].ID)).Is(200)
	id := made(s.t, s.p, "/api/v1/counter/turns", "id", `{"unit":"H99.101","kind":%q}`, kinds[0].ID)
	for called {
		if got := made(s.t, s.p, "/api/v1/counter/turns/call", "id", `{"unit":"H99.101"}`); got == id {
			break
		}
	}
	return id
}

func (s *scene) problems() []procedure.Problem {
	list, err := s.procedures.Problems(ctx, s.db, "")
	s.ok(err)
	return list
}

func (s *scene) template() {
	s.c.known["event"], s.c.known["channel"], s.c.known["lang"], s.c.known["subject"], s.c.known["body"] = "received", "email", "vi", "Hồ sơ {{code}}", "Kính gửi {{name}}"
	t, _, err := s.notices.Template(ctx, operator, "received", "email", "vi")
	s.ok(err)
	s.c.known["version"] = t.Version
}

func (s *scene) daysOff() string {
	return fmt.Sprintf("Ngày,Loại,Tên\n%02d/02/2027,nghỉ,Bão số %d\n", 1+s.n%28, s.n)
}

func (s *scene) importOptions() {
	s.c.known["kind"], s.c.known["name"] = "holidays", "ngay-nghi.csv"
}

// brought is a run of a file that was brought and checked.
func (s *scene) brought(text string) string {
	p := s.p.Send("POST", "/api/v1/imports?kind=holidays&name=n.csv", "application/octet-stream", text).Is(201)
	var run struct{ ID, State string }
	s.ok(json.Unmarshal([]byte(p.Body), &run))
	if run.State != "checked" {
		s.t.Fatalf("the run is %s", p.Body)
	}
	return run.ID
}

func (s *scene) link(kind string) string {
	more := ""
	if kind == "peer" {
		more = `,"system":"xa","list":"https://tinh.example/danh-sach"`
	}
	return made(s.t, s.p, "/api/v1/exchange/links", "id", `{"kind":%q,"name":"Tỉnh","url":"https://tinh.example/nhan","unit":"H99"`+more+`}`, kind)
}

// lower is another installation, whose log is co-signed here.
func (s *scene) lower() {
	low := logged(s.t)
	receive(s.t, low.rooms, low.commune)
	step(s.t, low.rooms)
	party, err := s.log.AddParty(ctx, operator, ledger.LogRole, low.log.Key.Public(), fmt.Sprintf("Xã %d", s.n))
	s.ok(err)
	r, err := low.log.Ask(ctx, 0)
	s.ok(err)
	proof := []any{}
	for _, h := range receipt.Hashes(r.Proof) {
		proof = append(proof, h)
	}
	s.c.known["origin"], s.c.known["old"], s.c.known["proof"], s.c.known["checkpoint"] = party.Origin(), r.Old, proof, string(r.Checkpoint)
}

// theirs is another side's list, which knows the dossier in another status.
func (s *scene) theirs() string { return "Mã hồ sơ,Trạng thái\n" + s.code + ",9\n" }

func (s *scene) compared() string {
	p := s.p.Send("POST", "/api/v1/exchange/comparisons/list?name=ds.csv&unit=H99", "application/octet-stream", s.theirs()).Is(201)
	var run struct{ ID string }
	s.ok(json.Unmarshal([]byte(p.Body), &run))
	s.ok(s.exchange.Work(ctx, run.ID))
	return run.ID
}

// job is one that waits.
func (s *scene) job() int64 {
	s.link("hook")
	s.p.Send("POST", "/api/v1/exchange/comparisons/list?name=ds.csv&unit=H99", "application/octet-stream", s.theirs()).Is(201)
	list, err := s.queue.List(ctx, job.Waiting, 1)
	s.ok(err)
	if len(list) == 0 {
		s.t.Fatal("no job waits")
	}
	return list[0].ID
}

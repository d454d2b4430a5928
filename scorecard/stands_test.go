package scorecard_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/scorecard"
	. "cchc/scorecard/scorecardtest"
)

// earlier is by how many days a calendar must begin earlier for today to be in the
// middle of a stage, ahead of all of them, or behind.
var earlier = map[scorecard.Stage]int{"ahead": -10, scorecard.StageSelf: 0, scorecard.StageAppraised1: 16, scorecard.StageExplain: 24,
	scorecard.StageAppraised2: 30, scorecard.StageCouncil: 34, scorecard.StageApproved: 37, "behind": 60}

// A course is a round whose stages come when the test wants them.
type course struct {
	*Place
	t     *testing.T
	round scorecard.Round
}

var everybody = actor.System("everybody")

func (c course) ok(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (p courses) begin(t *testing.T, s scorecard.Stage) course {
	t.Helper()
	r, err := p.Desk.OpenRound(t.Context(), everybody, scorecard.NewRound{Unit: p.Province, Name: "Chỉ số CCHC cấp xã năm 2026", Basis: "KH 12/KH-UBND",
		Set: p.Set, From: Day("2026-01-01"), To: Day("2026-12-31"), CutOff: Day("2026-10-31"), Windows: Calendar()})
	c := course{Place: p.Place, t: t, round: r}
	c.ok(err)
	c.to(s)
	return c
}

type courses struct{ *Place }

// windows is the calendar that puts today into a stage.
func windows(s scorecard.Stage) []scorecard.Window {
	list := Calendar()
	for i := range list {
		by := time.Duration(earlier[s]) * 24 * time.Hour
		list[i].Opens, list[i].Closes = list[i].Opens.Add(-by), list[i].Closes.Add(-by)
	}
	return list
}

// to moves the round's calendar until today is in a stage.
func (c *course) to(s scorecard.Stage) {
	c.t.Helper()
	c.ok(c.Desk.SetCalendar(c.t.Context(), everybody, c.round.ID, windows(s), "A"))
	r, err := c.Desk.Round(c.t.Context(), c.DB, everybody, c.round.ID)
	c.ok(err)
	c.round = r
}

// sheet is the sheet of the first commune as it is now.
func (c course) sheet() scorecard.Sheet { c.t.Helper(); return c.Sheet(c.t, c.round, c.Communes[0]) }

// tried does every act of a kind to a thing that stands so, and undoes it: what the
// policy allows is done, and what it refuses is refused as a conflict.
func tried(t *testing.T, kind string, now auth.State, acts map[string][]func(context.Context) error) {
	t.Helper()
	i := slices.IndexFunc(auth.Kinds, func(k auth.Kind) bool { return k.Name == kind })
	if !slices.Contains(auth.Kinds[i].States, now) {
		t.Errorf("the policy knows no %s that is %s", kind, now)
	}
	for _, x := range auth.Acts {
		if x.Kind != kind {
			continue
		}
		if len(acts[x.Name]) == 0 {
			t.Errorf("%s of a %s is not tried", x.Name, kind)
		}
		for _, do := range acts[x.Name] {
			rehearsal, _ := db.Rehearse(t.Context())
			err := do(rehearsal)
			switch may := x.In(now); {
			case may && err != nil:
				t.Errorf("%s of a %s that is %s: the policy allows it, and %v", x.Name, kind, now, err)
			case !may && !fault.Is(err, fault.Conflict):
				t.Errorf("%s of a %s that is %s: the policy forbids it, and %v", x.Name, kind, now, err)
			}
		}
	}
}

func TestEveryActOnARoundIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	p := courses{New(t, 2, Small)}
	k := p.Desk
	for state, stage := range map[auth.State]scorecard.Stage{"open": scorecard.StageAppraised1, "approving": scorecard.StageApproved, "approved": scorecard.StageApproved} {
		c := p.begin(t, stage)
		if state == "approved" {
			c.ok(k.HandIn(t.Context(), everybody, c.sheet().ID, true))
			c.ok(k.Approve(t.Context(), everybody, c.round.ID, "300/QĐ-UBND", p.DB.Now().Date()))
		}
		r, err := k.Round(t.Context(), p.DB, everybody, c.round.ID)
		c.ok(err)
		if now := scorecard.StandsOf(r, p.DB.Now()); now != state {
			t.Fatalf("the round that is to be %s is %s", state, now)
		}
		// Of a sheet of the round: left out, so that it can be taken back too.
		s, out := c.sheet(), p.Sheet(t, r, p.Communes[1])
		if state != "approved" {
			c.ok(k.RemoveSheet(t.Context(), everybody, out.ID, "A"))
		}
		tried(t, "round", state, map[string][]func(context.Context) error{
			auth.ChangeCalendar.Name: {func(ctx context.Context) error {
				return k.SetCalendar(ctx, everybody, r.ID, windows(scorecard.StageSelf), "A")
			}},
			auth.ReopenStage.Name: {func(ctx context.Context) error {
				return k.Reopen(ctx, everybody, r.ID, "", scorecard.StageSelf, p.DB.Now().Add(time.Hour), "A")
			}},
			auth.AssignAppraiser.Name: {func(ctx context.Context) error {
				return k.Assign(ctx, everybody, r.ID, scorecard.StageAppraised1, "1", []string{p.First.Account})
			}},
			auth.TakeMeasures.Name:  {func(ctx context.Context) error { _, err := k.TakeMeasures(ctx, everybody, r.ID, "A"); return err }},
			auth.RefreshSheets.Name: {func(ctx context.Context) error { _, err := k.RefreshSheets(ctx, everybody, r.ID); return err }},
			auth.KeepSheet.Name: {
				func(ctx context.Context) error { return k.NoteSheet(ctx, everybody, s.ID, "A") },
				func(ctx context.Context) error { return k.RegroupSheet(ctx, everybody, s.ID, "Miền núi", "A") },
				func(ctx context.Context) error { return k.RemoveSheet(ctx, everybody, s.ID, "A") },
				func(ctx context.Context) error { return k.RestoreSheet(ctx, everybody, out.ID, "A") },
			},
			auth.DeleteRound.Name: {func(ctx context.Context) error { return k.DeleteRound(ctx, everybody, r.ID, "A") }},
			auth.ApproveRound.Name: {func(ctx context.Context) error {
				return k.Approve(ctx, everybody, r.ID, "300/QĐ-UBND", p.DB.Now().Date())
			}},
			auth.ProposeResult.Name: {func(ctx context.Context) error {
				x := proposal(r)
				x.Decided = p.DB.Now().Date()
				_, err := k.Propose(ctx, everybody, x)
				return err
			}},
		})
	}
}

func TestEveryActOnASheetIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	p := courses{New(t, 2, Small)}
	k, ctx := p.Desk, t.Context()
	e, err := k.AddEvidence(ctx, everybody, scorecard.Evidence{Unit: p.Communes[0], Title: "Sổ công văn đi"})
	if err != nil {
		t.Fatal(err)
	}
	handIn := func(c *course) { c.ok(k.HandIn(ctx, everybody, c.sheet().ID, true)) }
	to := func(s scorecard.Stage) func(*course) { return func(c *course) { c.to(s) } }
	proves := func(leaf string) func(*course) {
		return func(c *course) { c.ok(k.Attach(ctx, everybody, c.sheet().ID, e.ID, []string{leaf}, 0, "")) }
	}
	attach := proves("1.1.2") // in the stage of the state; in every one 1.1.1 is proved before
	for _, x := range []struct {
		state auth.State
		steps []func(*course)
	}{
		{"ahead", []func(*course){to("ahead")}},
		{"draft", nil},
		{"left", []func(*course){to(scorecard.StageAppraised1)}},
		{"left", []func(*course){to(scorecard.StageExplain)}},
		{"handed_in", []func(*course){handIn}},
		{"handed_in_explaining", []func(*course){handIn, to(scorecard.StageExplain), func(c *course) {
			c.ok(k.Reopen(ctx, everybody, c.round.ID, c.sheet().ID, scorecard.StageSelf, c.DB.Now().Add(time.Hour), "A"))
		}, attach}},
		{"explaining", []func(*course){handIn, to(scorecard.StageExplain), attach}},
		{"locked", []func(*course){handIn, to(scorecard.StageAppraised1)}},
		{"locked", []func(*course){handIn, to("behind")}},
		{"approved", []func(*course){handIn, to(scorecard.StageApproved), func(c *course) {
			c.ok(k.Approve(ctx, everybody, c.round.ID, "300/QĐ-UBND", c.DB.Now().Date()))
		}, attach}},
		{"removed", []func(*course){func(c *course) { c.ok(k.RemoveSheet(ctx, everybody, c.sheet().ID, "A")) }}},
		{"removed", []func(*course){handIn, to(scorecard.StageExplain), func(c *course) { c.ok(k.RemoveSheet(ctx, everybody, c.sheet().ID, "A")) }}},
	} {
		c := p.begin(t, scorecard.StageSelf)
		proves("1.1.1")(&c)
		for _, step := range x.steps {
			step(&c)
		}
		s := c.sheet()
		r, err := k.Round(ctx, p.DB, everybody, c.round.ID)
		c.ok(err)
		if now := s.Stands(r, p.DB.Now()); now != x.state {
			t.Errorf("the sheet that is to be %s is %s", x.state, now)
			continue
		}
		links, err := k.LinksOf(ctx, p.DB, s)
		c.ok(err)
		tried(t, "sheet", x.state, map[string][]func(context.Context) error{
			auth.EnterScore.Name: {func(ctx context.Context) error {
				_, err := k.Enter(ctx, everybody, s.ID, scorecard.Entry{Leaf: "1.1.1", Input: Option("yes")})
				return err
			}},
			auth.HandInSheet.Name:   {func(ctx context.Context) error { return k.HandIn(ctx, everybody, s.ID, true) }},
			auth.HandInFor.Name:     {func(ctx context.Context) error { return k.HandInFor(ctx, everybody, s.ID, "A") }},
			auth.TakeSheetBack.Name: {func(ctx context.Context) error { return k.TakeBack(ctx, everybody, s.ID) }},
			auth.AttachProof.Name: {func(ctx context.Context) error {
				return k.Attach(ctx, everybody, s.ID, e.ID, []string{"1.1.3"}, 0, "")
			}},
			auth.DetachProof.Name: {func(ctx context.Context) error { return k.Detach(ctx, everybody, links[len(links)-1].ID) }},
			auth.FileAppeal.Name: {func(ctx context.Context) error {
				_, err := k.File(ctx, everybody, s.ID, scorecard.Appeal{Text: "A", Leaves: []scorecard.AppealLeaf{{Leaf: "1.1.1", Claim: "2"}}})
				return err
			}},
		})
	}
}

func TestEveryActOnASheetInAStageIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	p := courses{New(t, 2, Small)}
	k, ctx := p.Desk, t.Context()
	judged := func(st scorecard.Stage) (acts []auth.Act) {
		switch st {
		case scorecard.StageAppraised1:
			return []auth.Act{auth.JudgeSheet, auth.AskUnit}
		case scorecard.StageAppraised2:
			return []auth.Act{auth.JudgeSheet}
		case scorecard.StageExplain:
			return []auth.Act{auth.AskUnit, auth.AnswerAsked}
		}
		return []auth.Act{auth.CouncilScore}
	}
	tries := 0
	for _, stage := range []scorecard.Stage{scorecard.StageAppraised1, scorecard.StageExplain, scorecard.StageAppraised2, scorecard.StageCouncil} {
		for _, state := range []auth.State{"closed", "removed", "not_handed_in", "open"} {
			c := p.begin(t, scorecard.StageSelf)
			id := c.sheet().ID
			// Handed in and asked about, whatever comes of it then.
			c.ok(k.HandIn(ctx, everybody, id, true))
			c.to(scorecard.StageAppraised1)
			c.ok(k.Ask(ctx, everybody, id, []string{"1.1.3"}, "Ngày nào?"))
			asked, err := k.Questions(ctx, p.DB, c.sheet())
			c.ok(err)
			c.to(scorecard.StageSelf)
			switch state {
			case "removed":
				c.ok(k.RemoveSheet(ctx, everybody, id, "A"))
			case "not_handed_in":
				c.ok(k.TakeBack(ctx, everybody, id))
			}
			if state != "closed" {
				c.to(stage)
			}
			if now := c.sheet().StandsIn(c.round, stage, p.DB.Now()); now != state {
				t.Errorf("the sheet that is to be %s in %s is %s", state, stage, now)
				continue
			}
			appraise := func(ctx context.Context) error {
				return k.Appraise(ctx, everybody, c.round.ID, stage, []scorecard.Verdict{{Sheet: id, Leaf: "1.1.3", ByHand: pts("1"), Why: "A", Seen: -1}})
			}
			acts := map[string]func(context.Context) error{
				auth.JudgeSheet.Name: appraise, auth.CouncilScore.Name: appraise,
				auth.AskUnit.Name:     func(ctx context.Context) error { return k.Ask(ctx, everybody, id, []string{"1.1.1"}, "Vì sao?") },
				auth.AnswerAsked.Name: func(ctx context.Context) error { return k.Answer(ctx, everybody, asked[0].ID, "Hôm qua") },
			}
			for _, x := range judged(stage) {
				tries++
				rehearsal, _ := db.Rehearse(ctx)
				err := acts[x.Name](rehearsal)
				switch may := x.In(state); {
				case may && err != nil:
					t.Errorf("%s of a sheet that is %s in %s: the policy allows it, and %v", x.Name, state, stage, err)
				case !may && !fault.Is(err, fault.Conflict):
					t.Errorf("%s of a sheet that is %s in %s: the policy forbids it, and %v", x.Name, state, stage, err)
				}
			}
		}
	}
	if tries != 24 {
		t.Errorf("%d acts were tried, want 24", tries)
	}
}

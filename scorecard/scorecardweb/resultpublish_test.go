package scorecardweb_test

import (
	"net/url"
	"testing"

	"cchc/base/actor"
	"cchc/scorecard"
	. "cchc/scorecard/scorecardtest"
)

// approvedRound runs a round of the place to its approval; the last commune hands
// nothing in.
func approvedRound(t *testing.T, p *Place) scorecard.Round {
	t.Helper()
	ctx, system := t.Context(), actor.System("test")
	r := p.Open(t)
	var verdicts []scorecard.Verdict
	for i, u := range p.Communes[:len(p.Communes)-1] {
		s := p.Sheet(t, r, u)
		if _, err := p.Desk.Enter(ctx, system, s.ID, scorecard.Entry{Leaf: "1.1.2", Input: Ratio(int64(70+5*i), 100)}); err != nil {
			t.Fatal(err)
		}
		if err := p.Desk.HandIn(ctx, system, s.ID, true); err != nil {
			t.Fatal(err)
		}
		verdicts = append(verdicts, scorecard.Verdict{Sheet: s.ID, Leaf: "1.1.2", Accept: true, Seen: -1})
	}
	p.Clock.Set("2026-12-08T08:00")
	if err := p.Desk.Appraise(ctx, system, r.ID, scorecard.StageAppraised1, verdicts); err != nil {
		t.Fatal(err)
	}
	p.Clock.Set("2026-12-29T09:00")
	if err := p.Desk.Approve(ctx, p.Chair, r.ID, "300/QĐ-UBND", Day("2026-12-29")); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestARoundsResultsArePreparedByOneAndApprovedByAnother(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 4)
	r := approvedRound(t, s.Place)
	keeper, chair := s.as(s.Keeper), s.as(s.Chair)
	prepare := results + "/prepare?round=" + url.QueryEscape(r.ID)
	keeper.Get(results).Is(200).Has(".sections a", r.Name)
	keeper.Get(prepare).Is(200).Has("th", "Xã Số 1").Has("td", "1/2").Count("tbody select", 4)
	form := []string{"round", r.ID, "title", "Chỉ số CCHC 2026", "number", "", "decided", "", "ties", "shared", "weighting", "plain", "decimals", "2"}
	keeper.Post(results+"/prepare", append(form, "do", "propose")...).Is(422).Has("#error-summary a[href='#f-number']", "").Has("input[name=title]", "")
	form[5], form[7] = "301/QĐ-UBND", "29/12/2026"
	keeper.Post(results+"/prepare", append(form, "do", "preview", "hand_unit", string(s.Communes[0]), "hand_band", "Tốt")...).Is(200).Has("td", "Tốt")
	at := keeper.Post(results+"/prepare", append(form, "do", "propose")...).Is(303).Header.Get("Location")
	id := at[len(results)+1:]

	// Only who prepares or approves sees it, and who prepared it cannot approve it.
	keeper.Get(at).Is(200).Has(".notice", "đề nghị công bố").Has("a[href$=discard]", "").Count("a[href$=approve]", 0)
	keeper.Get(at + "/approve").Is(403)
	keeper.Post(at + "/approve").Is(403)
	s.as(s.Neighbour).Get(at).Is(404)
	s.as(s.Neighbour).Post(at + "/approve").Is(404)
	s.b.Get("/cchc/" + id).Is(404)
	s.b.Get("/cchc").Is(200).Has(".empty", "")
	chair.Get(at).Is(200).Has("a[href$=approve]", "")
	chair.Get(at+"/approve").Is(200).Has("main", "4 đơn vị")
	chair.Post(at + "/approve").To(at)
	chair.Post(at+"/approve").Is(409).Has("#error-summary", "đã được công bố")
	keeper.Post(at + "/discard").Is(409)

	s.b.Get("/cchc").Is(200).Has("th a", "Chỉ số CCHC 2026").Has("h2 a", "")
	s.b.Get("/cchc/"+id).Is(200).Has("th", "Xã Số 4").Has("td", "–")
	s.as(s.Neighbour).Get(at).Is(200)
	keeper.Get(results).Is(200).Has(".sections a", r.Name) // for an amendment
	keeper.Get(prepare+"&amends="+id).Is(200).Has("textarea[name=reason]", "")
	keeper.Get(at+"/units/1").Is(200).Has("#lost", "Ban hành kế hoạch")
	keeper.Look(prepare+"&amends="+id, at, at+"/units/1")
	chair.Look(at)
}

func TestAProposalIsDiscarded(t *testing.T) {
	t.Parallel()
	s := serveRounds(t, 3)
	r := approvedRound(t, s.Place)
	keeper := s.as(s.Keeper)
	at := keeper.Post(results+"/prepare", "round", r.ID, "title", "Chỉ số 2026", "number", "1", "decided", "29/12/2026", "ties", "ordinal", "weighting", "of_blocks", "decimals", "2", "do", "propose").Is(303).Header.Get("Location")
	keeper.Get(at + "/discard").Is(200)
	keeper.Look(at, at+"/discard")
	s.as(s.Auditor).Post(at + "/discard").Is(404)
	keeper.Post(at + "/discard").To(results)
	keeper.Get(at).Is(404)
}

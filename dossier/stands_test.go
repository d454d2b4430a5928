package dossier_test

import (
	"context"
	"slices"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// Whatever is known of a dossier, it stands in a state of the policy: in another,
// nothing could be done to it any more.
func TestADossierAlwaysStandsInAStateOfThePolicy(t *testing.T) {
	t.Parallel()
	i := slices.IndexFunc(auth.Kinds, func(k auth.Kind) bool { return k.Name == "dossier" })
	states := auth.Kinds[i].States
	seen := map[auth.State]bool{"erased": true} // of the whole, see the tests of erasing
	at := []moment.Instant{0, 1}
	for _, accepted := range at {
		for _, refusedAtTheDoor := range at {
			for _, started := range at {
				for _, withdrawal := range at {
					for _, returned := range at {
						for _, waiting := range []string{"", dossier.ForSupplement, dossier.ForObligation, dossier.ForOther} {
							for _, end := range []string{"", dossier.EndFinished, dossier.EndRefused, dossier.EndWithdrawn, dossier.EndStopped, dossier.EndVoided, dossier.EndReturned} {
								s := dossier.State{AcceptedAt: accepted, NotAccepted: refusedAtTheDoor, Started: started, Withdrawal: withdrawal,
									Returned: returned, Waiting: waiting, End: end}
								if end != "" && end != dossier.EndVoided {
									s.Ended = 1
								}
								now := s.Stands()
								if !slices.Contains(states, now) {
									t.Fatalf("%+v stands as %q, which the policy does not know", s, now)
								}
								seen[now] = true
							}
						}
					}
				}
			}
		}
	}
	for _, s := range states {
		if !seen[s] {
			t.Errorf("no dossier ever stands as %s", s)
		}
	}
}

// In every state every act is tried, and undone: what the policy refuses is refused
// as a conflict, and what it allows fails for no reason of state.
func TestEveryActIsPossibleInItsStatesAndInNoOther(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	k, who := o.Desk, actor.System("everybody")
	for name, code := range inEveryState(t, o) {
		before := get(t, o, code)
		if now := before.Stands(); string(now) != name {
			t.Errorf("the dossier that is to be %s is %s", name, now)
			continue
		}
		last := 0
		for _, f := range before.Facts {
			if f.Kind != dossier.FCorrected {
				last = f.Seq
			}
		}
		ask := dossier.Ask{Reason: "A", Document: "1/TB"}
		paper := dossier.Paper{Name: "Tờ khai", Source: "paper"}
		acts := map[string]func(context.Context) error{
			auth.AcceptDossier.Name:  func(ctx context.Context) error { return k.Accept(ctx, who, code, 0) },
			auth.DeclineDossier.Name: func(ctx context.Context) error { return k.Decline(ctx, who, code, "A") },
			auth.ClaimStep.Name:      func(ctx context.Context) error { return k.Claim(ctx, who, code) },
			auth.AllotStep.Name:      func(ctx context.Context) error { return k.Allot(ctx, who, code, o.Officer.Account, "A") },
			auth.ForwardStep.Name:    func(ctx context.Context) error { return k.Forward(ctx, who, code, "", "A") },
			auth.SendBackStep.Name:   func(ctx context.Context) error { return k.SendBack(ctx, who, code, "A") },
			auth.ConsultBody.Name: func(ctx context.Context) error {
				return k.Consult(ctx, who, code, dossier.Consultation{Body: "Sở", Name: "Ý kiến"})
			},
			auth.NoteAnswer.Name:    func(ctx context.Context) error { return k.Answer(ctx, who, code, 99, "A") },
			auth.AskForPapers.Name:  func(ctx context.Context) error { return k.AskForMore(ctx, who, code, ask) },
			auth.SupplyPapers.Name:  func(ctx context.Context) error { return k.Supply(ctx, who, code, 0, 0) },
			auth.ObligeDossier.Name: func(ctx context.Context) error { return k.Oblige(ctx, who, code, ask) },
			auth.MeetDuty.Name:      func(ctx context.Context) error { return k.Discharge(ctx, who, code, 0) },
			auth.PauseDossier.Name:  func(ctx context.Context) error { return k.Pause(ctx, who, code, ask) },
			auth.ResumeDossier.Name: func(ctx context.Context) error { return k.Resume(ctx, who, code, 0) },
			auth.ExtendDossier.Name: func(ctx context.Context) error { return k.Extend(ctx, who, code, 1000, "A", "1/QĐ") },
			auth.PayDossier.Name: func(ctx context.Context) error {
				return k.Pay(ctx, who, code, dossier.Payment{Amount: 1000, Channel: "national"})
			},
			auth.AddPaper.Name:      func(ctx context.Context) error { return k.AddPaper(ctx, who, code, paper) },
			auth.FinishDossier.Name: func(ctx context.Context) error { return k.Finish(ctx, who, code, dossier.Result{}) },
			auth.RefuseDossier.Name: func(ctx context.Context) error {
				return k.Refuse(ctx, who, code, "A", dossier.Result{})
			},
			auth.StopDossier.Name: func(ctx context.Context) error { return k.Stop(ctx, who, code, "A", "") },
			auth.ApologiseDossier.Name: func(ctx context.Context) error {
				return k.Apologise(ctx, who, code, dossier.Apology{Reason: "A", Until: at("2050-01-03T09:00")})
			},
			auth.AskWithdrawal.Name:     func(ctx context.Context) error { return k.AskWithdrawal(ctx, who, code, "A") },
			auth.ConfirmWithdrawal.Name: func(ctx context.Context) error { return k.ConfirmWithdrawal(ctx, who, code) },
			auth.DeclineWithdrawal.Name: func(ctx context.Context) error { return k.DeclineWithdrawal(ctx, who, code, "A") },
			auth.HandOverResult.Name: func(ctx context.Context) error {
				return k.HandOver(ctx, who, code, dossier.AtCounter, 0, "")
			},
			auth.NoteContact.Name:      func(ctx context.Context) error { return k.Contact(ctx, who, code, "phone", "A") },
			auth.KeepOriginal.Name:     func(ctx context.Context) error { return k.KeepOriginal(ctx, who, code, "Sổ", "Tủ 1") },
			auth.CorrectFact.Name:      func(ctx context.Context) error { return k.Correct(ctx, who, code, last, "A") },
			auth.VoidReceipt.Name:      func(ctx context.Context) error { return k.VoidReceipt(ctx, who, code, "A") },
			auth.Complain.Name:         func(ctx context.Context) error { return k.Complain(ctx, who, code, "A", "") },
			auth.ReverseComplaint.Name: func(ctx context.Context) error { return k.Reverse(ctx, who, code, "A", "") },
			auth.RateDossier.Name:      func(ctx context.Context) error { return k.Rate(ctx, before.RatingToken, 5) },
			auth.SayNotices.Name:       func(ctx context.Context) error { return k.MayAct(ctx, o.DB, who, auth.SayNotices, before.ID) },
			auth.StopNotices.Name:      func(ctx context.Context) error { return k.MayAct(ctx, o.DB, who, auth.StopNotices, before.ID) },
			auth.ExplainRating.Name:    func(ctx context.Context) error { return k.Explain(ctx, before.RatingToken, "A") },
			auth.TransferDossier.Name: func(ctx context.Context) error {
				_, err := k.Assign(ctx, who, before.State.Unit, o.Mountain, []string{code}, o.DB.Now().Date(), "NQ")
				return err
			},
			auth.EraseDossier.Name: func(ctx context.Context) error {
				list, _, err := k.Erasables(ctx, o.DB, who, dossier.Subject{Code: code})
				for _, x := range list {
					if x.Code == code && x.Problem != nil {
						err = x.Problem
					}
				}
				return err
			},
		}
		for _, x := range auth.Acts {
			do, ok := acts[x.Name]
			if x.Kind != "dossier" || !ok {
				continue
			}
			rehearsal, _ := db.Rehearse(ctx)
			f := fault.As(do(rehearsal))
			switch may := x.In(auth.State(name)); {
			case may && f != nil && ofState[f.Key]:
				t.Errorf("%s of a dossier that is %s: the policy allows it, and %v", x.Name, name, f)
			case !may && (f == nil || f.Kind != fault.Conflict):
				t.Errorf("%s of a dossier that is %s: the policy forbids it, and %v", x.Name, name, f)
			}
		}
		if after := get(t, o, code); len(after.Facts) != len(before.Facts) {
			t.Errorf("trying changed the dossier that is %s", name)
		}
	}
}

// ofState are the faults by which a state refuses.
var ofState = map[string]bool{"dossier.wrong_status": true, "dossier.waiting_already": true, "dossier.not_waiting": true, "dossier.erased": true,
	"dossier.rate_too_early": true, "counter.void.already": true, "counter.void.ended": true, "dossier.assign_gone": true, "erase.in_progress": true}

// inEveryState makes a dossier in each of the policy's states.
func inEveryState(t *testing.T, o *dossiertest.Office) map[string]string {
	t.Helper()
	k, who := o.Desk, actor.System("everybody")
	ask := dossier.Ask{Reason: "A"}
	type step func(code string) error
	more := func(code string) error { return k.AskForMore(ctx, who, code, ask) }
	oblige := func(code string) error { return k.Oblige(ctx, who, code, ask) }
	pause := func(code string) error { return k.Pause(ctx, who, code, ask) }
	recall := func(code string) error { return k.AskWithdrawal(ctx, who, code, "A") }
	finish := func(code string) error { return k.Finish(ctx, who, code, dossier.Result{}) }
	claim := func(code string) error { return k.Claim(ctx, o.Officer, code) }
	out := map[string]string{}
	made := func(name string, arrives bool, steps ...step) {
		app := o.Application(dossiertest.Birth)
		receive := k.Receive
		if arrives {
			app.Channel, receive = dossier.Online, k.Register
		}
		d, err := receive(ctx, o.Officer, app)
		ok(t, err)
		for _, s := range steps {
			ok(t, s(d.Code))
		}
		out[name] = d.Code
	}
	made("registered", true)
	made("asked", true, more)
	made("recalled", true, recall)
	made("recalled_asked", true, more, recall)
	made("not_accepted", true, func(code string) error { return k.Decline(ctx, who, code, "A") })
	made("accepted", false)
	made("in_progress", false, claim)
	made("paused", false, pause)
	made("supplement", false, more)
	made("obligation", false, oblige)
	made("withdrawing", false, recall)
	made("withdrawing_paused", false, pause, recall)
	made("withdrawing_supplement", false, more, recall)
	made("withdrawing_obligation", false, oblige, recall)
	made("finished", false, finish)
	made("stopped", false, func(code string) error { return k.Stop(ctx, who, code, "A", "") })
	made("handed_over", false, finish, func(code string) error { return k.HandOver(ctx, who, code, dossier.AtCounter, 0, "") })
	made("voided", false, func(code string) error { return k.VoidReceipt(ctx, who, code, "A") })
	made("erased", false, finish)
	ok(t, o.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, markErased, get(t, o, out["erased"]).ID, tx.Now)
		return err
	}))
	return out
}

var markErased = db.SQL("dossier_test.mark_erased", `
	INSERT INTO dossier_erased (dossier_id, part, at, account, reason, document) VALUES ($1, 'applicant', $2, '', 'A', '1/CV')`)

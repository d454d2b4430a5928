package app

import (
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
)

// What the files matrix*stands_test.go bring things into their states with, and the check
// that none is left out. States that verbs bring about only with time, or with somebody at
// work, are written as the verbs would leave them.

// put runs a statement in a write of its own.
func (w *terrain) put(s *db.Stmt, args ...any) {
	w.t.Helper()
	w.ok(w.db.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, s, args...); return err }))
}

// orNull is NULL for an instant that never was.
func orNull(i moment.Instant) any {
	if i == 0 {
		return nil
	}
	return i
}

// actor returns who somebody is today, as every request finds it.
func (w *terrain) actor(p *holder) actor.Actor {
	w.t.Helper()
	a, err := auth.Load(ctx, w.db, p.account, w.db.Now().Date())
	w.ok(err)
	return a
}

// policyStates are the states that the policy knows of a kind.
func (w *terrain) policyStates(kind string) []auth.State {
	w.t.Helper()
	for _, k := range auth.Kinds {
		if k.Name == kind {
			return k.States
		}
	}
	w.t.Fatalf("the policy knows no %s", kind)
	return nil
}

// allStatesStand fails where the policy knows a state of a kind of thing that nothing in
// the matrix stands in, and elsewhere does not say why; and where the matrix has a state
// or a kind that the policy does not know and kindsBeside does not name.
func (w *terrain) allStatesStand(t *testing.T) {
	t.Helper()
	stood := map[string]bool{}
	for _, s := range w.states {
		stood[s.kind+" "+s.state] = true
	}
	for _, k := range auth.Kinds {
		for _, s := range k.States {
			name := k.Name + " " + string(s)
			switch why := elsewhere[name]; {
			case stood[name] && why != "":
				t.Errorf("%s stands in the matrix, and elsewhere says that it does not", name)
			case !stood[name] && why == "":
				t.Errorf("nothing in the matrix stands as %s, which the policy knows", name)
			}
			stood[name] = true
		}
	}
	for _, s := range w.states {
		// After a colon is what routes tell apart within a state of the policy.
		state, _, _ := strings.Cut(s.state, ":")
		known := slices.ContainsFunc(auth.Kinds, func(k auth.Kind) bool { return k.Name == s.kind && slices.Contains(k.States, auth.State(state)) })
		if known == slices.Contains(kindsBeside, s.kind) {
			t.Errorf("the policy knows no %s that is %s", s.kind, s.state)
		}
	}
	for name := range elsewhere {
		if !slices.ContainsFunc(auth.Kinds, func(k auth.Kind) bool {
			kind, state, _ := strings.Cut(name, " ")
			return k.Name == kind && slices.Contains(k.States, auth.State(state))
		}) {
			t.Errorf("elsewhere says why nothing is %s, which the policy does not know", name)
		}
	}
}

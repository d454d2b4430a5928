package auth

import (
	"context"
	"slices"
	"strings"

	"cchc/base/actor"
	"cchc/base/db"
)

// A State is how a thing stands, by a name of its kind.
type State string

// A Kind is a sort of thing that has states.
type Kind struct {
	Name   string
	States []State
}

// An Act is one thing that is done to a thing of a kind, finer than a verb: accept
// and decline are two acts under one verb. Acts are made in the policy alone; the
// zero Act is refused whatever the state.
type Act struct {
	Name string // "accept"
	Kind string // "dossier"
	Verb Verb   // what the person must be allowed where the thing is; "" when By says more
	By   string // who, where roles do not decide; "" is the verb's roles

	in []State
}

// Kinds and Acts list the policy in its order.
var (
	Kinds []Kind
	Acts  []Act
)

func kindOf(name string, states ...string) *Kind {
	k := Kind{Name: name}
	for _, s := range strings.Fields(strings.Join(states, " ")) {
		k.States = append(k.States, State(s))
	}
	Kinds = append(Kinds, k)
	return &k
}

// act adds a row of the policy. A state that the kind does not have is a mistake in
// the table, and found when the program begins.
func (k *Kind) act(name string, v Verb, states string) Act {
	x := Act{Name: name, Kind: k.Name, Verb: v}
	for _, s := range strings.Fields(states) {
		if !slices.Contains(k.States, State(s)) {
			panic("policy: a " + k.Name + " is never " + s)
		}
		x.in = append(x.in, State(s))
	}
	Acts = append(Acts, x)
	return x
}

// by says who does the act where roles do not decide.
func (x Act) by(who string) Act {
	x.By = who
	Acts[len(Acts)-1] = x
	return x
}

// In reports whether the act may be done to a thing that stands so. A state that
// nobody wrote down is refused.
func (x Act) In(s State) bool { return slices.Contains(x.in, s) }

// States returns the states in which the act may be done, in the order of its row.
func (x Act) States() []State { return slices.Clone(x.in) }

// Do returns nil when a may do the act to a thing of unit that stands in a state.
// Who may not gets Check's fault and does not learn the state; where only the state
// forbids it, the answer is otherwise, in the words of the room.
func (g Guard) Do(ctx context.Context, q db.Queryer, a actor.Actor, x Act, unit actor.UnitID, s State, otherwise error) error {
	if err := g.Check(ctx, q, a, x.Verb, unit); err != nil {
		return err
	}
	if !x.In(s) {
		return otherwise
	}
	return nil
}

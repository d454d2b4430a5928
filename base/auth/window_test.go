package auth

import (
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
)

// Who guesses on waits ever longer, to a day; who gets it right waits no longer than
// anybody.
func TestEachWindowOfGuessesThatIsFilledMakesTheNextLonger(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, clock := dbtest.Open(t)
	k := &Accounts{DB: d}
	system := actor.System("test")
	id, err := k.Create(ctx, system, NewAccount{Login: "hoa.nt", Name: "Nguyễn Thị Hoa", Password: "nắng chiều trên sông"})
	if err != nil {
		t.Fatal(err)
	}
	// What SignIn counts before it looks at a password.
	guess := func(from string) error { return take(ctx, d, attemptKeys("hoa.nt", from)) }
	signIn := func() error {
		_, err := k.SignIn(ctx, "hoa.nt", "nắng chiều trên sông", "10.0.0.1")
		return err
	}
	sweep := func() {
		t.Helper()
		if err := Sweep(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	fill := func(want time.Duration) {
		t.Helper()
		for range attemptsBoth {
			if err := guess("10.0.0.1"); err != nil {
				t.Fatalf("a guess: %v", err)
			}
		}
		s, err := k.Standing(ctx, system, id)
		if err != nil || s.Locked != d.Now().Add(want) {
			t.Errorf("locked until %v, %v, want %v from now", s.Locked, err, want)
		}
		all, err := k.Standings(ctx, []Account{{ID: id, Login: "hoa.nt"}})
		if err != nil || all[id].Locked != s.Locked {
			t.Errorf("the list says until %v, %v", all[id].Locked, err)
		}
		clock.Advance(want - time.Second)
		sweep() // which must not forget it
		if err := signIn(); !fault.Is(err, fault.TooMany) {
			t.Errorf("the right password before %v are over: %v", want, err)
		}
		clock.Advance(time.Second)
		sweep()
	}
	for _, want := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		fill(want)
	}
	if err := signIn(); err != nil {
		t.Fatalf("after the window: %v", err)
	}
	clock.Advance(15 * time.Minute)
	fill(15 * time.Minute) // success made it short again
	clock.Advance(49 * time.Hour)
	sweep()
	fill(15 * time.Minute) // as two days of rest do

	// From everywhere together a login is locked for an hour at most.
	for i, want := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, time.Hour} {
		for n := range attemptsLogin {
			if err := guess([]string{"10.1.0.1", "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6", "10.1.0.7"}[n%7] + string(rune('0'+i))); err != nil {
				t.Fatalf("round %d, guess %d: %v", i, n, err)
			}
		}
		clock.Advance(want - time.Second)
		if err := guess("10.9.9.9"); !fault.Is(err, fault.TooMany) {
			t.Errorf("round %d, before %v are over: %v", i, want, err)
		}
		clock.Advance(time.Second)
	}
	if err := signIn(); err != nil {
		t.Errorf("after the hour: %v", err)
	}
}

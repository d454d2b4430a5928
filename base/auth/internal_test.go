package auth

import (
	"context"
	"errors"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/alexedwards/scs/v2"
)

var _ scs.CtxStore = Store{}

func TestTheHashOfNobodyCostsWhatAnyOtherCosts(t *testing.T) {
	t.Parallel()
	made, salt, key, err := argon2id.DecodeHash(nobody)
	if err != nil {
		t.Fatal(err)
	}
	if *made != *params || len(salt) == 0 || len(key) == 0 {
		t.Errorf("nobody's hash has the parameters %+v, want %+v", *made, *params)
	}
}

func TestAHashOfOtherParametersIsToldApart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	weak := *params
	weak.Iterations = 1
	hash, err := argon2id.CreateHash("secret", &weak)
	if err != nil {
		t.Fatal(err)
	}
	if ok, old, err := verifyPassword(ctx, "secret", hash); !ok || !old || err != nil {
		t.Errorf("verifyPassword(weak hash) = %v, %v, %v, want true, true", ok, old, err)
	}
	hash, err = hashPassword(ctx, "secret")
	if err != nil {
		t.Fatal(err)
	}
	if ok, old, err := verifyPassword(ctx, "secret", hash); !ok || old || err != nil {
		t.Errorf("verifyPassword(own hash) = %v, %v, %v, want true, false", ok, old, err)
	}
}

func TestWaitingForAHashEndsWithTheContext(t *testing.T) {
	for range cap(slots) {
		slots <- struct{}{}
	}
	defer func() {
		for range cap(slots) {
			<-slots
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := hashPassword(ctx, "secret"); !errors.Is(err, context.Canceled) {
		t.Errorf("hashPassword gave %v, want the context's error", err)
	}
}

func TestNetworksOfAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, want string }{
		{"10.1.2.3:4567", "10.1.2.3"},
		{"10.1.2.3", "10.1.2.3"},
		{"::ffff:10.1.2.3", "10.1.2.3"},
		{"[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"},
		{"2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"},
		{"", ""},
		{"unix", "unix"},
	} {
		if got := network(c.from); got != c.want {
			t.Errorf("network(%q) = %q, want %q", c.from, got, c.want)
		}
	}
}

package auth

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/alexedwards/scs/v2"

	"cchc/base/actor"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
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

// Not parallel: it counts what the whole package does.
func TestALoginThatDoesNotExistTakesAsLong(t *testing.T) {
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	k := &Accounts{DB: d}
	for _, login := range []string{"hoa.nt", "left.nt"} {
		id, err := k.Create(ctx, actor.System("test"), NewAccount{Login: login, Name: "Nguyễn Thị Hoa", Password: "nắng chiều trên sông"})
		if err != nil {
			t.Fatal(err)
		}
		if login == "left.nt" {
			if err := k.Disable(ctx, actor.System("test"), id, "moved away"); err != nil {
				t.Fatal(err)
			}
		}
	}
	var work []argon2id.Params // of each hash that was made to compare
	checkHash = func(password, hash string) (bool, *argon2id.Params, error) {
		ok, made, err := argon2id.CheckHash(password, hash)
		work = append(work, *made)
		return ok, made, err
	}
	defer func() { checkHash = argon2id.CheckHash }()
	for _, c := range []struct{ what, login, password string }{
		{"a login that exists", "hoa.nt", "not the password"},
		{"a login that does not exist", "nobody", "not the password"},
		{"a disabled account", "left.nt", "not the password"},
		{"a password too long to be anybody's", "nobody", strings.Repeat("x", MaxPassword+1)},
	} {
		work = nil
		_, err := k.SignIn(ctx, c.login, c.password, "10.0.1.1")
		if f := fault.As(err); f == nil || f.Key != "auth.wrong" {
			t.Errorf("%s: %v, want auth.wrong", c.what, err)
		}
		if len(work) != 1 || work[0] != *params {
			t.Errorf("%s: the hashes made are %+v, want one of %+v", c.what, work, *params)
		}
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

// However many ask for hashes, a core is left to everything else. Not parallel: it
// stands in for all of the package's hashing.
func TestNoMoreHashesAreMadeAtOnceThanCoresButOne(t *testing.T) {
	for cores, want := range map[int]int{1: 1, 2: 1, 3: 2, 4: 3, 16: 15} {
		if got := hashesAtOnce(cores); got != want {
			t.Errorf("on %d cores %d hashes are made at once, want %d", cores, got, want)
		}
	}
	want := max(1, runtime.GOMAXPROCS(0)-1)
	var made, most, done atomic.Int64
	release := make(chan struct{})
	work := func() {
		n := made.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-release
		made.Add(-1)
		done.Add(1)
	}
	checkHash = func(string, string) (bool, *argon2id.Params, error) { work(); return true, params, nil }
	createHash = func(string, *argon2id.Params) (string, error) { work(); return nobody, nil }
	defer func() { checkHash, createHash = argon2id.CheckHash, argon2id.CreateHash }()
	asked := 2*want + 6
	var all sync.WaitGroup
	for i := range asked {
		all.Go(func() {
			var err error
			if i%3 == 0 {
				_, err = hashPassword(context.Background(), "secret")
			} else {
				_, _, err = verifyPassword(context.Background(), "secret", nobody)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	for { // until all have begun or wait
		_, wait := Hashing()
		if int(made.Load())+wait == asked {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if busy, wait := Hashing(); int(made.Load()) != want || busy != want || wait != asked-want {
		t.Errorf("%d hashes are made at once (%d are told) and %d wait; want %d and %d", made.Load(), busy, wait, want, asked-want)
	}
	close(release)
	all.Wait()
	if int(most.Load()) != want || int(done.Load()) != asked {
		t.Errorf("at most %d were made at once and %d in all, want %d and %d", most.Load(), done.Load(), want, asked)
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

// A password that is reset while a sign-in waits for its hash opens nothing more, and
// the old one is not put back in another form. Not parallel: it stands in for all of the
// package's hashing.
func TestAPasswordThatIsResetMeanwhileDoesNotSignIn(t *testing.T) {
	ctx := context.Background()
	d, _ := dbtest.Open(t)
	k := &Accounts{DB: d}
	const first, next = "nắng chiều trên sông", "mưa rơi trên mái hiên"
	id, err := k.Create(ctx, actor.System("test"), NewAccount{Login: "hoa.nt", Name: "Nguyễn Thị Hoa", Password: first})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Load(ctx, d, id, d.Now().Date())
	if err != nil {
		t.Fatal(err)
	}
	meanwhile := func(do func() error) {
		done := false
		checkHash = func(password, hash string) (bool, *argon2id.Params, error) {
			ok, _, err := argon2id.CheckHash(password, hash)
			if !done {
				done = true
				<-slots // on two cores there is no other, and it needs one
				if err := do(); err != nil {
					t.Error(err)
				}
				slots <- struct{}{}
			}
			weak := *params
			weak.Iterations = 1
			return ok, &weak, err // as if it had been made long ago: it is made anew
		}
	}
	defer func() { checkHash = argon2id.CheckHash }()
	reset := func() error { return k.ResetPassword(ctx, actor.System("test"), id, next) }
	meanwhile(reset)
	_, err = k.SignIn(ctx, "hoa.nt", first, "10.0.0.1")
	if f := fault.As(err); f == nil || f.Key != "auth.wrong" {
		t.Errorf("the password of before signs in: %v", err)
	}
	meanwhile(func() error { return nil })
	if in, err := k.SignIn(ctx, "hoa.nt", next, "10.0.0.1"); err != nil || !in.Actor.FirstPassword {
		t.Errorf("the new one: %+v, %v", in, err)
	}
	// The same while it is changed or shown by its owner.
	meanwhile(func() error { return k.ResetPassword(ctx, actor.System("test"), id, first) })
	if err := k.ChangePassword(ctx, a, next, "gió thổi qua cánh đồng"); !fault.Is(err, fault.Invalid) {
		t.Errorf("what a keeper set meanwhile is written over: %v", err)
	}
	meanwhile(reset)
	if err := k.ConfirmPassword(ctx, a, first); !fault.Is(err, fault.Invalid) {
		t.Errorf("a password that was reset meanwhile is taken for the person: %v", err)
	}
}

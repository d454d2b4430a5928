package auth

import (
	"context"
	"errors"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

var (
	byLogin  = db.SQL("auth.account.by_login", `SELECT id, password, first_password, disabled_at FROM account WHERE login = $1`)
	storeOld = db.SQL("auth.account.rehash", `UPDATE account SET password = $1 WHERE id = $2`)
)

// A SignedIn is what a successful SignIn gives a session: who, and since when.
type SignedIn struct {
	Actor actor.Actor
	At    moment.Instant // keep it in the session, for Resume
	// Second tells that the password was right and the second factor is still wanted:
	// nothing but the account's id is known of the actor, no session has begun, and
	// SecondStep or a passkey goes on.
	Second bool
	// Anew tells that a recovery code was used by somebody whose application was lost
	// with the key of the seal (Accounts.SealAnew): they are to set up another.
	Anew bool
}

// SignIn returns the actor for a login and password, tried from a network
// address ("" when there is none). It takes as long for a login that does not
// exist, and says the same for it, for a disabled account and for a wrong
// password: Invalid "auth.wrong". TooMany "auth.too_many" when this login, this
// address or both together were tried too often; see the limits of attempts.
func (k *Accounts) SignIn(ctx context.Context, login, password, from string) (SignedIn, error) {
	return k.SignInWith(ctx, Attempt{Login: login, Password: password, From: from})
}

// An Attempt is somebody who wants to sign in.
type Attempt struct {
	Login    string
	Password string
	From     string // network address; "" when there is none
	Agent    string // what the browser says that it is, for the list of one's sessions

	how string // by what, when it was no password: sso, passkey
}

// refused is why a sign-in was, with the account whose login it was.
type refused struct{ account string }

// Error says so without the account.
func (*refused) Error() string { return "the password is not this login's" }

// RefusedAccount returns the account that a sign-in was refused of, for the log; ""
// where the login is nobody's, or nobody looked.
func RefusedAccount(err error) string {
	if r := new(refused); errors.As(err, &r) {
		return r.account
	}
	return ""
}

// SignInWith is SignIn that also keeps what sort of browser it was.
func (k *Accounts) SignInWith(ctx context.Context, t Attempt) (SignedIn, error) {
	login, password := FoldLogin(t.Login), t.Password
	keys := attemptKeys(login, t.From)
	// Counted before the password is looked at: a thousand guesses at once must
	// not all find the counter at zero.
	if err := take(ctx, k.DB, keys); err != nil {
		return SignedIn{}, err
	}
	// While a password is looked at it may be reset, or made anew from the same one.
	for range 3 {
		in, err := k.enter(ctx, t, login, password, keys)
		if !errors.Is(err, errPasswordChanged) {
			return in, err
		}
	}
	return SignedIn{}, fault.New(fault.Invalid, "auth.wrong").Because(errPasswordChanged)
}

// enter looks at a password and begins the session. It returns errPasswordChanged when
// the one that was looked at is not the account's any more.
func (k *Accounts) enter(ctx context.Context, t Attempt, login, password string, keys []attemptKey) (SignedIn, error) {
	type stored struct {
		id, hash string
		may      bool
	}
	s, err := db.One(ctx, k.DB, byLogin, func(r db.Scanner) (s stored, err error) {
		var first int
		var closed moment.Instant
		err = r.Scan(&s.id, &s.hash, &first, &closed)
		s.may = UseAccount.In(accountStands(closed, first == 1, false))
		return s, err
	}, login)
	if errors.Is(err, db.ErrNotFound) || err == nil && !s.may {
		s, err = stored{hash: nobody}, nil
	}
	if err != nil {
		return SignedIn{}, err
	}
	if len(password) > MaxPassword {
		password = "" // too long to be anybody's; the time is spent all the same
	}
	ok, old, err := verifyPassword(ctx, password, s.hash)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok || s.id == "" {
		// Whose account it was is for the log, and for nobody who asks.
		return SignedIn{}, fault.New(fault.Invalid, "auth.wrong").Because(&refused{s.id})
	}
	fresh := ""
	if old {
		if fresh, err = hashPassword(ctx, password); err != nil {
			return SignedIn{}, err
		}
	}
	var in SignedIn
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := unchanged(ctx, tx, s.id, s.hash); err != nil {
			return err
		}
		if fresh != "" {
			if _, err := tx.Exec(ctx, storeOld, fresh, s.id); err != nil {
				return err
			}
		}
		second, err := hasSecond(ctx, tx, s.id)
		if err != nil {
			return err
		}
		if second {
			in = SignedIn{Actor: actor.Actor{Account: s.id}, Second: true}
			return giveBack(ctx, tx, keys)
		}
		a, err := Load(ctx, tx, s.id, tx.Now.Date())
		if err != nil {
			return err
		}
		in = SignedIn{Actor: a}
		return k.begin(ctx, tx, &in, keys, t)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// begin begins a session of an actor who has shown who they are, and says since when it
// is. Where there may be only so many at once, the oldest end.
func (k *Accounts) begin(ctx context.Context, tx *db.Tx, in *SignedIn, keys []attemptKey, t Attempt) (err error) {
	if err := giveBack(ctx, tx, keys); err != nil {
		return err
	}
	a := in.Actor
	if in.At, err = startSession(ctx, tx, a.Account, t.Agent); err != nil {
		return err
	}
	if from := network(t.From); from != "" {
		if _, err := tx.Exec(ctx, seenSession, a.Account, in.At, from, tx.Now, tx.Now); err != nil {
			return err
		}
	}
	if err := k.limit(ctx, tx, a.Account); err != nil {
		return err
	}
	var how []audit.Change
	if t.how != "" {
		how = []audit.Change{{Field: "by", To: t.how}}
	}
	return record(ctx, tx, a, "account.sign_in", a.Account, a.Home(), how...)
}

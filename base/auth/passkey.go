package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A Passkey (khoá truy cập) is a key that stays on a telephone, a computer or a stick
// and signs what we ask (Web Authentication, level 3). The device makes sure of its
// person by PIN, finger or face before: one alone is two factors.
type Passkey struct {
	ID      string
	Name    string
	Made    moment.Instant
	Used    moment.Instant // zero while it was not used
	Blocked moment.Instant // when its counter went back: there may be a copy
	Synced  bool           // its maker may copy it among a person's devices
}

const (
	maxPasskeys = 20
	maxKeyName  = 60
	// ceremony is how long somebody may take before the device.
	ceremony = 5 * time.Minute
)

// Passkeys holds the verbs over passkeys of one address.
type Passkeys struct {
	Accounts *Accounts
	rp       *webauthn.WebAuthn
}

// NewPasskeys returns the passkeys of the installation that people reach at an address
// (its public one): they belong to its host for good. Errors for an address that has
// no name: browsers make no passkeys for numbers.
func NewPasskeys(k *Accounts, address, product string) (*Passkeys, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	host := u.Hostname()
	if host == "" || net.ParseIP(host) != nil {
		return nil, fmt.Errorf("passkeys need an address with a name, and %q has none", address)
	}
	if u.Scheme != "https" && host != "localhost" {
		return nil, fmt.Errorf("passkeys need an address of https, and %q is none", address)
	}
	rp, err := webauthn.New(&webauthn.Config{RPID: host, RPDisplayName: product, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference:  protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
		Timeouts:               webauthn.TimeoutsConfig{Login: webauthn.TimeoutConfig{Timeout: ceremony}, Registration: webauthn.TimeoutConfig{Timeout: ceremony}},
	})
	if err != nil {
		return nil, err
	}
	return &Passkeys{Accounts: k, rp: rp}, nil
}

var (
	passkeysOf = db.SQL("auth.passkey.of", `
		SELECT id, name, record, made_at, used_at, blocked_at
		FROM account_passkey
		WHERE account_id = $1
		ORDER BY made_at, id`)
	passkeyPut    = db.Rows("auth.passkey.put", "account_passkey", "id, account_id, credential, name, record, made_at", "")
	passkeyThere  = db.SQL("auth.passkey.there", `SELECT COUNT(*) FROM account_passkey WHERE credential = $1`)
	passkeyUsed   = db.SQL("auth.passkey.used", `UPDATE account_passkey SET record = $1, used_at = $2 WHERE id = $3`)
	passkeyBlock  = db.SQL("auth.passkey.block", `UPDATE account_passkey SET blocked_at = $1 WHERE id = $2 AND blocked_at IS NULL`)
	passkeyDrop   = db.SQL("auth.passkey.drop", `DELETE FROM account_passkey WHERE account_id = $1 AND id = $2`)
	passkeysOff   = db.SQL("auth.passkey.drop_all", `DELETE FROM account_passkey WHERE account_id = $1`)
	passkeysCount = db.SQL("auth.passkey.count", `SELECT COUNT(*) FROM account_passkey WHERE account_id = $1`)
)

type keptPasskey struct {
	Passkey
	credential webauthn.Credential
}

func loadPasskeys(ctx context.Context, q db.Queryer, account string) ([]keptPasskey, error) {
	return db.All(ctx, q, passkeysOf, func(r db.Scanner) (p keptPasskey, err error) {
		var record string
		if err := r.Scan(&p.ID, &p.Name, &record, &p.Made, &p.Used, &p.Blocked); err != nil {
			return p, err
		}
		err = json.Unmarshal([]byte(record), &p.credential)
		p.Synced = p.credential.Flags.BackupEligible
		return p, err
	}, account)
}

// Of returns the actor's own passkeys.
func (p *Passkeys) Of(ctx context.Context, a actor.Actor) ([]Passkey, error) {
	kept, err := loadPasskeys(ctx, p.Accounts.DB, a.Account)
	out := make([]Passkey, len(kept))
	for i, k := range kept {
		out[i] = k.Passkey
	}
	return out, err
}

// A holder is an account as the library wants to see one. The handle is the account's
// id, which says nothing of the person.
type holder struct {
	actor actor.Actor
	kept  []keptPasskey
}

// WebAuthnID returns the handle of the account.
func (h holder) WebAuthnID() []byte { return []byte(h.actor.Account) }

// WebAuthnName returns what one signs in with.
func (h holder) WebAuthnName() string { return h.actor.Login }

// WebAuthnDisplayName returns the person's name.
func (h holder) WebAuthnDisplayName() string { return h.actor.Name }

// WebAuthnCredentials returns the keys.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(h.kept))
	for i, k := range h.kept {
		out[i] = k.credential
	}
	return out
}

// An asked is what we asked a device; it waits in the session of the browser.
type asked struct {
	At   moment.Instant
	Data webauthn.SessionData
}

// wait writes what we asked, for Register and SignIn.
func (p *Passkeys) wait(options any, data *webauthn.SessionData) (out []byte, waiting string, err error) {
	if out, err = json.Marshal(options); err != nil {
		return nil, "", err
	}
	text, err := json.Marshal(asked{p.Accounts.DB.Now(), *data})
	return out, string(text), err
}

// was reads what we asked, when the answer came in time.
func (p *Passkeys) was(waiting string) (webauthn.SessionData, error) {
	var a asked
	if waiting == "" || json.Unmarshal([]byte(waiting), &a) != nil || p.Accounts.DB.Now() > a.At.Add(ceremony) || a.Data.Challenge == "" {
		return webauthn.SessionData{}, fault.New(fault.Invalid, "auth.passkey.late")
	}
	return a.Data, nil
}

// Begin returns what the browser is to ask a device for, as JSON, to make a new
// passkey of the actor's, and what Register wants to know of it. Faults: Forbidden;
// Conflict for too many.
func (p *Passkeys) Begin(ctx context.Context, a actor.Actor) (options []byte, waiting string, err error) {
	if err := oneself(a); err != nil {
		return nil, "", err
	}
	kept, err := loadPasskeys(ctx, p.Accounts.DB, a.Account)
	if err != nil {
		return nil, "", err
	}
	if len(kept) >= maxPasskeys {
		return nil, "", fault.New(fault.Conflict, "auth.passkey.many", "Most", maxPasskeys)
	}
	h := holder{a, kept}
	creation, data, err := p.rp.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return nil, "", err
	}
	return p.wait(creation.Response, data)
}

// Register keeps the passkey that a device made. With the first second factor of an
// account it returns recovery codes, which are shown once. Faults: Invalid, with field
// name or for an answer that does not hold; Conflict for a key that is there already.
func (p *Passkeys) Register(ctx context.Context, a actor.Actor, waiting, answer, name string) (recovery []string, err error) {
	if err := oneself(a); err != nil {
		return nil, err
	}
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxKeyName {
		return nil, fault.New(fault.Invalid, "form.invalid").With("name", "auth.passkey.name", "Most", maxKeyName)
	}
	data, err := p.was(waiting)
	if err != nil {
		return nil, err
	}
	said, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, refusedKey(err)
	}
	err = p.Accounts.DB.Write(ctx, func(tx *db.Tx) error {
		kept, err := loadPasskeys(ctx, tx, a.Account)
		if err != nil {
			return err
		}
		c, err := p.rp.CreateCredential(holder{a, kept}, data, said)
		if err != nil {
			return refusedKey(err)
		}
		if n, err := db.Value[int](ctx, tx, passkeyThere, c.ID); err != nil {
			return err
		} else if n > 0 {
			return fault.New(fault.Conflict, "auth.passkey.there")
		}
		if len(kept) >= maxPasskeys {
			return fault.New(fault.Conflict, "auth.passkey.many", "Most", maxPasskeys)
		}
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		id := db.NewID()
		if err := tx.InsertRows(ctx, passkeyPut, [][]any{{id, a.Account, c.ID, name, string(text), tx.Now}}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, factorFound, a.Account); err != nil {
			return err
		}
		if left, err := db.Value[int](ctx, tx, recoveryNum, a.Account); err != nil {
			return err
		} else if left == 0 {
			if recovery, err = newRecovery(ctx, tx, a.Account); err != nil {
				return err
			}
		}
		return record(ctx, tx, a, "account.passkey_add", a.Account, a.Home(), audit.Change{Field: "passkey", To: id})
	})
	return recovery, err
}

// Drop forgets a passkey of the actor's. Faults: Forbidden; NotFound.
func (p *Passkeys) Drop(ctx context.Context, a actor.Actor, id string) error {
	if err := oneself(a); err != nil {
		return err
	}
	return p.Accounts.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, passkeyDrop, a.Account, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "auth.passkey.unknown")
		}
		if second, err := hasSecond(ctx, tx, a.Account); err != nil {
			return err
		} else if !second {
			if _, err := tx.Exec(ctx, recoveryOff, a.Account); err != nil {
				return err
			}
		}
		return record(ctx, tx, a, "account.passkey_drop", a.Account, a.Home(), audit.Change{Field: "passkey", From: id})
	})
}

// BeginSignIn returns what the browser is to ask a device for, as JSON, and what
// SignIn wants to know of it. It names nobody: the device knows whose key it is.
func (p *Passkeys) BeginSignIn() (options []byte, waiting string, err error) {
	assertion, data, err := p.rp.BeginDiscoverableLogin()
	if err != nil {
		return nil, "", err
	}
	return p.wait(assertion.Response, data)
}

// SignIn signs in whose device answered; it is also the second step of an account
// whose password was right. A key whose counter went back may be a copy: it is refused
// from then on, both of them, and the trail says so. Faults: Invalid for an answer
// that does not hold, a key that is blocked or unknown, or one of another account
// than pending ("" is any).
func (p *Passkeys) SignIn(ctx context.Context, waiting, answer, pending string, t Attempt) (in SignedIn, err error) {
	t.how = "passkey"
	data, err := p.was(waiting)
	if err != nil {
		return SignedIn{}, err
	}
	said, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return SignedIn{}, refusedKey(err)
	}
	var refused error
	err = p.Accounts.DB.Write(ctx, func(tx *db.Tx) error {
		account := string(said.Response.UserHandle)
		if pending != "" && account != pending {
			return fault.New(fault.Invalid, "auth.passkey.other")
		}
		a, err := Load(ctx, tx, account, tx.Now.Date())
		if fault.Is(err, fault.Unauthenticated) {
			return refusedKey(err)
		} else if err != nil {
			return err
		}
		kept, err := loadPasskeys(ctx, tx, account)
		if err != nil {
			return err
		}
		h := holder{a, kept}
		_, c, err := p.rp.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return h, nil }, data, said)
		if err != nil {
			return refusedKey(err)
		}
		key := kept[0]
		for _, k := range kept {
			if string(k.credential.ID) == string(c.ID) {
				key = k
			}
		}
		switch {
		case key.Blocked != 0:
			refused = fault.New(fault.Invalid, "auth.passkey.blocked", "Name", key.Name)
			return record(ctx, tx, a, "account.passkey_refused", account, a.Home(), audit.Change{Field: "passkey", To: key.ID})
		case c.Authenticator.CloneWarning:
			refused = fault.New(fault.Invalid, "auth.passkey.blocked", "Name", key.Name)
			if _, err := tx.Exec(ctx, passkeyBlock, tx.Now, key.ID); err != nil {
				return err
			}
			return record(ctx, tx, a, "account.passkey_copy", account, a.Home(), audit.Change{Field: "passkey", To: key.ID})
		}
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, passkeyUsed, string(text), tx.Now, key.ID); err != nil {
			return err
		}
		in = SignedIn{Actor: a}
		return p.Accounts.begin(ctx, tx, &in, nil, t)
	})
	if err == nil {
		err = refused
	}
	return in, err
}

// refusedKey says one and the same whatever does not hold; the log knows what.
func refusedKey(err error) error {
	if f := fault.As(err); f != nil && f.Kind != fault.Unauthenticated {
		return err
	}
	var details *protocol.Error
	if errors.As(err, &details) && details.DevInfo != "" {
		err = fmt.Errorf("%w (%s)", err, details.DevInfo)
	}
	return fault.New(fault.Invalid, "auth.passkey.refused").Because(err)
}

package account_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"cchc/base/audit"
	"cchc/base/web/webtest"
)

var official = virtualwebauthn.RelyingParty{ID: "cchc.example.vn", Name: "CCHC", Origin: "https://cchc.example.vn"}

// A device is an authenticator that makes one key and signs with it.
type device struct {
	virtualwebauthn.Authenticator
	key virtualwebauthn.Credential
	rp  virtualwebauthn.RelyingParty
}

func newDevice() *device {
	return &device{Authenticator: virtualwebauthn.NewAuthenticator(), key: newKey(), rp: official}
}

// newKey makes a key whose point has no leading zeros: the library leaves them out,
// and one key in 128 would be refused for its form.
func newKey() virtualwebauthn.Credential {
	for {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		point, err := k.PublicKey.Bytes() // 4, x, y
		if err != nil || point[1] == 0 || point[33] == 0 {
			continue
		}
		data, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			panic(err)
		}
		return virtualwebauthn.NewCredentialWithImportedKey(virtualwebauthn.KeyTypeEC2, data)
	}
}

// make answers what the page's script asked the device for.
func (d *device) make(t *testing.T, b *webtest.Browser) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(b.Post("/me/passkeys/begin").Is(200).Body)
	if err != nil {
		t.Fatal(err)
	}
	d.Options.UserHandle = []byte(o.UserID)
	return virtualwebauthn.CreateAttestationResponse(d.rp, d.Authenticator, d.key, *o)
}

// sign signs what the page to sign in asked for; each time its counter goes up.
func (d *device) sign(t *testing.T, b *webtest.Browser) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(b.Post("/sign-in/passkey/begin").Is(200).Body)
	if err != nil {
		t.Fatal(err)
	}
	d.key.Counter++
	return virtualwebauthn.CreateAssertionResponse(d.rp, d.Authenticator, d.key, *o)
}

func TestSomebodyAddsPasskeysAndSignsInWithoutAPassword(t *testing.T) {
	t.Parallel()
	o := open(t)
	b := o.as("bich", password)
	b.Get("/me").Is(200).Has("a[href='/me/passkeys']", "Khoá truy cập")
	b.Get("/me/passkeys").Is(200).Count("form[data-passkey=create][hidden]", 1).Has("noscript", "Ứng dụng xác thực")
	phone, stick := newDevice(), newDevice()
	p := b.Post("/me/passkeys", "name", "Điện thoại", "credential", phone.make(t, b)).Is(200).Count("code.recovery", 10)
	recovery := p.Text("li:first-child code")
	b.Post("/me/passkeys", "name", "Khoá USB", "credential", stick.make(t, b)).To("/me/passkeys")
	b.Get("/me/passkeys").Is(200).Count("tbody tr", 2).Has("th", "Điện thoại").Has("td", "chưa dùng lần nào").Has("main", "Còn 10 mã khôi phục")

	// At once, without login or password.
	b.Post("/sign-out")
	b.Get("/sign-in?next=/me").Is(200).Count("form[data-passkey=get][hidden]", 1).Has("noscript", "JavaScript")
	b.Post("/sign-in/passkey", "credential", phone.sign(t, b), "next", "/me").To("/me")
	b.Get("/me").Is(200)

	// The password alone does not do any more: a passkey, or a recovery code.
	two := o.browser.Other()
	two.Post("/sign-in", "login", "bich", "password", password, "next", "/me").To("/sign-in/code?next=%2Fme")
	two.Get("/me").To("/sign-in?next=%2Fme")
	two.Get("/sign-in/code?next=%2Fme").Is(200).Count("form[data-passkey=get]", 1)
	two.Post("/sign-in/passkey", "credential", stick.sign(t, two), "next", "https://elsewhere.example").To("/")
	three := o.browser.Other()
	three.Post("/sign-in", "login", "bich", "password", password).To("/sign-in/code?next=%2F")
	three.Post("/sign-in/code", "code", "123456").Is(422)
	three.Post("/sign-in/code", "code", recovery).To("/")

	// Dropped by its owner, and all of them by a keeper.
	id := three.Get("/me/passkeys").Attr("tbody tr:first-child form", "action")
	three.Post(id).To("/me/passkeys")
	three.Get("/me/passkeys").Count("tbody tr", 1)
	four := o.browser.Other()
	four.Post("/sign-in/passkey", "credential", phone.sign(t, four)).Is(422).Has("#error-summary", "Không nhận khoá")
	four.Post("/sign-in/passkey", "credential", stick.sign(t, four)).To("/")
	keeper := o.as("quantri", password)
	at := "/admin/accounts/" + o.id["bich"]
	keeper.Post(at+"/factor", "reason", "mất thiết bị").To(at)
	four.Get("/me").To("/sign-in?next=%2Fme")
	four.Post("/sign-in/passkey", "credential", stick.sign(t, four)).Is(422)
	o.clock.Advance(time.Minute)
	o.as("bich", password).Get("/me/passkeys").Is(200).Count("tbody tr", 0)
}

func TestAPasskeyThatDoesNotHoldIsRefused(t *testing.T) {
	t.Parallel()
	o := open(t)
	b := o.as("bich", password)
	d := newDevice()

	for what, bad := range map[string]func() string{
		"made for another address": func() string {
			x := newDevice()
			x.rp.Origin = "https://cchc-example.vn"
			return x.make(t, b)
		},
		"made for another host": func() string {
			x := newDevice()
			x.rp.ID = "example.vn"
			return x.make(t, b)
		},
		"made by nobody in particular": func() string {
			x := newDevice()
			x.Options.UserNotVerified = true
			return x.make(t, b)
		},
		"made for what was asked before": func() string {
			answer := newDevice().make(t, b)
			b.Post("/me/passkeys/begin").Is(200)
			return answer
		},
		"asked for by nobody": func() string {
			answer := newDevice().make(t, b)
			b.Post("/me/passkeys", "name", "x", "credential", "{}")
			return answer
		},
		"not one at all": func() string { b.Post("/me/passkeys/begin").Is(200); return `{"id":"x"}` },
	} {
		p := b.Post("/me/passkeys", "name", "Điện thoại", "credential", bad())
		if p.Status != 422 {
			t.Errorf("a key %s: %d", what, p.Status)
		}
	}
	b.Post("/me/passkeys", "name", " ", "credential", d.make(t, b)).Is(422).Has("#error-summary a", "Đặt tên")
	b.Post("/me/passkeys", "name", "Điện thoại", "credential", d.make(t, b)).Is(200)
	b.Post("/me/passkeys", "name", "Lần nữa", "credential", d.make(t, b)).Is(422).Has("#error-summary", "đã có khoá")
	o.as("chutich", password).Post("/me/passkeys/begin").Is(200)
	o.clock.Advance(20 * time.Minute)
	b.Get("/me/passkeys").Is(200).Has("main", "vừa đăng nhập").Count("form[data-passkey]", 0)
	b.Post("/me/passkeys/begin").Is(403)

	in := o.browser.Other()
	refused := func(what, answer string) {
		t.Helper()
		if p := in.Post("/sign-in/passkey", "credential", answer); p.Status != 422 {
			t.Errorf("%s: %d", what, p.Status)
		}
		in.Get("/me").To("/sign-in?next=%2Fme")
	}
	good := d.sign(t, in)
	in.Post("/sign-in/passkey", "credential", good).To("/")
	in.Post("/sign-out")
	refused("the same answer again", good)
	in.Post("/sign-in/passkey/begin").Is(200)
	refused("an answer to what was asked before", good)
	other := *d
	other.rp.Origin = "https://cchc-example.vn"
	refused("signed for another address", other.sign(t, in))
	lazy := *d
	lazy.Options.UserNotVerified = true
	refused("signed without its person", lazy.sign(t, in))
	foreign := newDevice()
	foreign.Options.UserHandle = d.Options.UserHandle
	refused("signed by a key that nobody registered", foreign.sign(t, in))
	taken := *d
	taken.Options.UserHandle = []byte(o.id["quantri"])
	refused("signed in another's name", taken.sign(t, in))
	late := d.sign(t, in)
	o.clock.Advance(6 * time.Minute)
	refused("too late", late)

	// The second step wants the person whose password it was.
	an := o.as("quantrixa", password)
	mine := newDevice()
	an.Post("/me/passkeys", "name", "Của tôi", "credential", mine.make(t, an)).Is(200)
	second := o.browser.Other()
	second.Post("/sign-in", "login", "bich", "password", password).To("/sign-in/code?next=%2F")
	second.Post("/sign-in/passkey", "credential", mine.sign(t, second)).Is(422).Has("#error-summary", "tài khoản khác")
	second.Get("/me").To("/sign-in?next=%2Fme")
}

// A counter that goes back tells of a copy. Which of the two is the thief's nobody
// knows: neither is let in any more.
func TestACopiedPasskeyIsBlockedAndTold(t *testing.T) {
	t.Parallel()
	o := open(t)
	b := o.as("bich", password)
	d := newDevice()
	b.Post("/me/passkeys", "name", "Điện thoại", "credential", d.make(t, b)).Is(200)
	copied := *d
	in := o.browser.Other()
	for range 3 {
		in.Post("/sign-in/passkey", "credential", d.sign(t, in)).To("/")
		in.Post("/sign-out")
	}
	in.Post("/sign-in/passkey", "credential", copied.sign(t, in)).Is(422).Has("#error-summary", "có thể đã bị sao chép")
	in.Post("/sign-in/passkey", "credential", d.sign(t, in)).Is(422).Has("#error-summary", "bị chặn")
	in.Get("/me").To("/sign-in?next=%2Fme")
	b.Get("/me/passkeys").Is(200).Has(".state", "Đã chặn")
	list, err := audit.Latest(t.Context(), o.accounts.DB, audit.Filter{Kind: "account", Object: o.id["bich"], Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	if list[0].Verb != "account.passkey_refused" || list[1].Verb != "account.passkey_copy" {
		t.Errorf("the trail tells %s, %s", list[0].Verb, list[1].Verb)
	}
}

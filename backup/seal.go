package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// Recipients reads whom copies are encrypted to: age1… keys, or files of such, one
// a line. Only who has the identity of one of them can open a copy.
func Recipients(given []string) ([]age.Recipient, error) {
	var out []age.Recipient
	for _, g := range given {
		text := []byte(g)
		if !strings.HasPrefix(g, "age1") {
			var err error
			if text, err = os.ReadFile(g); err != nil {
				return nil, err
			}
			if bytes.Contains(text, []byte("AGE-SECRET-KEY-")) {
				return nil, fmt.Errorf("%s is an identity, which opens copies: it has no business on the server; give its public key (age1…)", g)
			}
		}
		r, err := age.ParseRecipients(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g, err)
		}
		out = append(out, r...)
	}
	return out, nil
}

// Identities reads the file that opens encrypted copies; none without a file.
func Identities(path string) ([]age.Identity, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// NewIdentity makes a pair of keys and writes the identity to a file that must not
// be there, for its owner alone. It returns the public key.
func NewIdentity(path string) (public string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(f, "# Opens the encrypted copies of cchc. Mở các bản sao lưu đã mã hoá.\n# public key: %s\n%s\n", id.Recipient(), id)
	return id.Recipient().String(), errors.Join(err, f.Sync(), f.Close())
}

// seal writes what write writes encrypted to some; as it is to nobody.
func seal(w io.Writer, to []age.Recipient, write func(w io.Writer) error) error {
	if len(to) == 0 {
		return write(w)
	}
	c, err := age.Encrypt(w, to...)
	if err != nil {
		return err
	}
	if err := write(c); err != nil {
		return err
	}
	return c.Close()
}

// ErrSealed says that a copy is encrypted and nobody gave what opens it.
var ErrSealed = errors.New("the copy is encrypted: give the identity that opens it (--identity FILE)")

// unseal reads what seal wrote.
func unseal(r io.Reader, with []age.Identity) (io.Reader, error) {
	if len(with) == 0 {
		return nil, ErrSealed
	}
	out, err := age.Decrypt(r, with...)
	if none := new(age.NoIdentityMatchError); errors.As(err, &none) {
		return nil, errors.New("this identity does not open the copy: it was encrypted to another key")
	}
	return out, err
}

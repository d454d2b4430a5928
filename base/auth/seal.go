package auth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"cchc/base/db"
	"cchc/base/fault"
)

// A Seal keeps the secrets of second factors and of links to other systems from whoever
// has a copy of the database alone: they stand in it encrypted (AES-256-GCM, bound to
// the account or to the link), and the key
// stands beside it. A nil Seal leaves them as they are; the zero Seal has no key, and
// neither seals nor opens.
type Seal struct {
	aead cipher.AEAD
	id   string // by which the database knows the key
}

// Sealed begins what is sealed; a secret of base32 has no such letters.
const Sealed = "sealed:"

const sealed = Sealed

// Gone stands where a secret was whose key was lost for good (Accounts.SealAnew): nothing
// opens it.
const Gone = Sealed + "gone"

// ErrSealKey says that the key of the seal is not there, or is another than the one
// that the database was sealed with.
var ErrSealKey = errors.New("the key that seals the second factors")

var (
	sealKeys   = db.SQL("auth.seal.keys", `SELECT id FROM seal_key`)
	sealKeyPut = db.Rows("auth.seal.key.put", "seal_key", "id, made_at", "")
	unsealed   = db.SQL("auth.seal.open", `SELECT account_id, secret FROM account_factor WHERE SUBSTR(secret, 1, 7) <> 'sealed:'`)
	sealSecret = db.SQL("auth.seal.put", `UPDATE account_factor SET secret = $1 WHERE account_id = $2`)
)

// OpenSeal reads the key from its file, or makes it for a database that has none, and
// seals what is not sealed yet. On an error the returned Seal has no key: people sign
// in with recovery codes and passkeys, and codes of applications are refused with the
// reason. Errors: ErrSealKey.
func OpenSeal(ctx context.Context, d *db.DB, path string) (*Seal, error) {
	none := &Seal{}
	known, err := db.Column[string](ctx, d, sealKeys)
	if err != nil {
		return none, err
	}
	key, err := readSealKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if len(known) > 0 {
			return none, fmt.Errorf("%w is not at %s; bring it from the copies, or from the machine that has it", ErrSealKey, path)
		}
		if err = makeSealKey(path); err == nil {
			key, err = readSealKey(path)
		}
	}
	if err != nil {
		return none, fmt.Errorf("%w: %w", ErrSealKey, err)
	}
	s, err := sealOf(key)
	if err != nil {
		return none, err
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		known, err := db.Column[string](ctx, tx, sealKeys)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			if err := tx.InsertRows(ctx, sealKeyPut, [][]any{{s.id, tx.Now}}); err != nil {
				return err
			}
		} else if !slices.Contains(known, s.id) {
			return fmt.Errorf("%w at %s is not the one that this database was sealed with", ErrSealKey, path)
		}
		type open struct{ account, secret string }
		list, err := db.All(ctx, tx, unsealed, func(r db.Scanner) (o open, err error) {
			err = r.Scan(&o.account, &o.secret)
			return o, err
		})
		if err != nil {
			return err
		}
		for _, o := range list {
			text, err := s.seal(o.account, o.secret)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, sealSecret, text, o.account); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return none, err
	}
	return s, nil
}

func sealOf(key []byte) (*Seal, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Seal{aead, sealKeyID(key)}, nil
}

func readSealKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key := parseSealKey(text)
	if key == nil {
		return nil, fmt.Errorf("%s holds no key of 32 bytes", path)
	}
	return key, nil
}

// parseSealKey reads a key as its file has it; nil for what is none.
func parseSealKey(text []byte) []byte {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil
	}
	return key
}

// makeSealKey writes a new key where there is none; of two processes that start at
// once one does.
func makeSealKey(path string) error {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	part, err := os.CreateTemp(dirOf(path), ".seal-key-*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	_, err = part.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, part.Chmod(0o600), part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := os.Link(part.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func dirOf(path string) string {
	if i := strings.LastIndexByte(path, os.PathSeparator); i >= 0 {
		return path[:i+1]
	}
	return "."
}

// seal returns a secret of an account as it is stored.
func (s *Seal) seal(account, secret string) (string, error) {
	if s == nil {
		return secret, nil
	}
	if s.aead == nil {
		return "", fault.New(fault.Unavailable, "auth.factor.no_key")
	}
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce) // never fails
	return sealed + base64.StdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(secret), []byte(account))), nil
}

// open returns a secret of an account that was stored. Faults: Unavailable without
// the key.
func (s *Seal) open(account, text string) (string, error) {
	if text == Gone {
		return "", fault.New(fault.Unavailable, "auth.factor.no_key")
	}
	rest, is := strings.CutPrefix(text, sealed)
	if !is {
		return text, nil
	}
	if s == nil || s.aead == nil {
		return "", fault.New(fault.Unavailable, "auth.factor.no_key")
	}
	b, err := base64.StdEncoding.DecodeString(rest)
	if err != nil || len(b) < s.aead.NonceSize() {
		return "", errors.New("a sealed secret that is cut")
	}
	out, err := s.aead.Open(nil, b[:s.aead.NonceSize()], b[s.aead.NonceSize():], []byte(account))
	if err != nil {
		return "", fault.New(fault.Unavailable, "auth.factor.no_key").Because(err)
	}
	return string(out), nil
}

// Put returns a secret of a thing as it is stored, sealed so that it opens for that
// thing only; a nil Seal leaves it as it is. q is the write that stores it: a server that
// still runs with a key which was given up meanwhile must not seal with it. Faults:
// Unavailable without the key.
func (s *Seal) Put(ctx context.Context, q db.Queryer, of, secret string) (string, error) {
	if s != nil && s.aead != nil {
		known, err := db.Column[string](ctx, q, sealKeys)
		if err != nil {
			return "", err
		}
		if !slices.Contains(known, s.id) {
			return "", fault.New(fault.Unavailable, "auth.factor.no_key")
		}
	}
	return s.seal(of, secret)
}

// Take returns a secret of a thing that was stored by Put. Faults: Unavailable without
// the key.
func (s *Seal) Take(of, text string) (string, error) { return s.open(of, text) }

// SealFits returns nil when the key at path opens what is sealed in the database, or
// nothing is. Errors: ErrSealKey.
func SealFits(ctx context.Context, d *db.DB, path string) error {
	known, err := db.Column[string](ctx, d, sealKeys)
	if err != nil || len(known) == 0 {
		return err
	}
	key, err := readSealKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w is not at %s", ErrSealKey, path)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSealKey, err)
	}
	if !slices.Contains(known, sealKeyID(key)) {
		return fmt.Errorf("%w at %s is not the one that this database was sealed with", ErrSealKey, path)
	}
	return nil
}

// sealKeyID is how the database knows its key.
func sealKeyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("cchc seal key\x00"), key...))
	return hex.EncodeToString(sum[:8])
}

package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/receipt"
)

// A PublicKey is a key of the log, from a size of it on.
type PublicKey struct {
	Public string
	From   int64
	At     moment.Instant
	How    string // first, rotated, lost
}

var (
	keysGet   = db.SQL("ledger.keys", `SELECT public, from_size, at, how FROM log_key ORDER BY from_size, at`)
	keyInsert = db.Rows("ledger.key.insert", "log_key", "public, from_size, at, how", "")
)

// Keys returns the log's public keys, the present one last.
func (l *Log) Keys(ctx context.Context, q db.Queryer) ([]PublicKey, error) {
	return db.All(ctx, q, keysGet, func(r db.Scanner) (k PublicKey, err error) {
		err = r.Scan(&k.Public, &k.From, &k.At, &k.How)
		return k, err
	})
}

// ErrOtherKey says that the key of the file is not the one that the log is signed with.
var ErrOtherKey = errors.New("the key is not the one that this log is signed with")

// OpenKey reads the key from its file, or makes both when the log never had one. On an
// error the log runs on, and nothing is signed. Errors: ErrNoKey when the file is not
// there and the log was signed before; ErrOtherKey.
func (l *Log) OpenKey(ctx context.Context, path string) error {
	keys, err := l.Keys(ctx, l.DB)
	if err != nil {
		return err
	}
	if _, err := finishRotation(path, keys); err != nil {
		return err
	}
	k, err := keyFor(keys, path)
	if err != nil {
		return err
	}
	if k == nil {
		if k, err = newKey(newOrigin()); err != nil {
			return err
		}
		if err := createFile(path, k.Text()); err != nil {
			return fmt.Errorf("make the log's key: %w", err)
		}
	}
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		keys, err := l.Keys(ctx, tx)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return tx.InsertRows(ctx, keyInsert, [][]any{{k.Public(), 0, tx.Now, "first"}})
		}
		return fits(keys, k, path)
	})
	if err == nil {
		l.Key = k
	}
	return err
}

// KeyFits returns nil when OpenKey would take the key of a file, or could make it, and
// changes nothing. Errors: ErrNoKey, ErrOtherKey, each with the path.
func (l *Log) KeyFits(ctx context.Context, path string) error {
	keys, err := l.Keys(ctx, l.DB)
	if err != nil {
		return err
	}
	if rotated(path, keys) != nil {
		return nil
	}
	k, err := keyFor(keys, path)
	if err == nil && k == nil {
		_, err = os.Stat(filepath.Dir(path)) // where it is to be made
	}
	if err != nil || k == nil {
		return err
	}
	return fits(keys, k, path)
}

// keyFor reads the key of a log that has had keys from its file; nil when there is neither
// a file nor was there ever a key, so that it is to be made.
func keyFor(keys []PublicKey, path string) (*receipt.Private, error) {
	k, err := ReadKey(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && len(keys) == 0:
		return nil, nil
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w: %s is not there, and the log was signed before", ErrNoKey, path)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// fits returns nil for the present one of a log's keys, and for any where there is none.
func fits(keys []PublicKey, k *receipt.Private, path string) error {
	if len(keys) > 0 && keys[len(keys)-1].Public != k.Public() {
		return fmt.Errorf("%w: %s", ErrOtherKey, path)
	}
	return nil
}

// finishRotation gives a new key its name when the database knows it already: a rotation
// was interrupted, or nobody knew whether its write happened. It returns the key then.
func finishRotation(path string, keys []PublicKey) (*receipt.Private, error) {
	fresh := rotated(path, keys)
	if fresh == nil {
		return nil, nil // nothing of the log's: the next rotation writes over it
	}
	return fresh, rename(path+".new", path)
}

// rotated is the new key of a rotation that was interrupted, or nil.
func rotated(path string, keys []PublicKey) *receipt.Private {
	fresh, err := ReadKey(path + ".new")
	if err != nil || len(keys) == 0 || fresh.Public() != keys[len(keys)-1].Public {
		return nil
	}
	return fresh
}

// dropKey takes away a new key whose write failed. Of a write of which nobody knows
// whether it happened it stays: it may be the log's only key.
func dropKey(path string, err error) {
	if !errors.Is(err, db.ErrUncertain) {
		os.Remove(path)
	}
}

func newOrigin() string { return "cchc/" + strings.ToLower(rand.Text()[:10]) }

func newKey(name string) (*receipt.Private, error) {
	text, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return nil, err
	}
	return receipt.ParsePrivate(text)
}

// ReadKey reads a private key from its file.
func ReadKey(path string) (*receipt.Private, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return receipt.ParsePrivate(string(b))
}

// createFile writes a private key where there was nothing: two processes that start at
// once make one.
func createFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncDir(path)
}

// Rotate gives the log a new key, which the old one signs in: a checkpoint bears both
// signatures. With lost the old one is not there, and whoever knew it has to be told the
// new one. Errors: ErrNoKey; ErrForked; db.ErrNotFound for a log that is empty.
func (l *Log) Rotate(ctx context.Context, a actor.Actor, path string, lost bool, reason string) (PublicKey, error) {
	if _, err := l.Sequence(ctx, nil); err != nil {
		return PublicKey{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	keys, err := l.Keys(ctx, l.DB)
	if err != nil {
		return PublicKey{}, err
	}
	if len(keys) == 0 || l.Key == nil && !lost {
		return PublicKey{}, ErrNoKey
	}
	if k, err := finishRotation(path, keys); err != nil {
		return PublicKey{}, err
	} else if k != nil {
		l.Key, lost = k, false // it was thought lost, or the one before is in use
	}
	name, _, _ := strings.Cut(keys[0].Public, "+")
	fresh, err := newKey(name)
	if err != nil {
		return PublicKey{}, err
	}
	kept, err := l.Kept.Read()
	if err != nil {
		return PublicKey{}, err
	}
	os.Remove(path + ".new")
	if err := createFile(path+".new", fresh.Text()); err != nil {
		return PublicKey{}, err
	}
	by, how := []*receipt.Private{l.Key, fresh}, "rotated"
	if lost {
		by, how = by[1:], "lost"
	}
	var out PublicKey
	var signed Signed
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		if signed, err = l.sign(ctx, tx, kept, true, by...); err != nil {
			return err
		}
		out = PublicKey{fresh.Public(), signed.Checkpoint.Size, tx.Now, how}
		if err := tx.InsertRows(ctx, keyInsert, [][]any{{out.Public, out.From, out.At, out.How}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "log.rotate", Kind: "log", ID: name, Reason: reason,
			Changes: []audit.Change{{Field: "key", From: keys[len(keys)-1].Public, To: out.Public}, {Field: "how", To: how}}})
	})
	if err != nil {
		dropKey(path+".new", err)
		return PublicKey{}, err
	}
	l.Key = fresh
	return out, errors.Join(rename(path+".new", path), l.Kept.Write(signed))
}

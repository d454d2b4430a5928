package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"cchc/base/file"
	"cchc/base/moment"
)

// cover has nothing lie in the clear beside encrypted copies but what copies of the time
// before need that are still kept; it returns how many files went. A scan that no such
// copy lists is encrypted anew from what lies there, which its name proves to be whole:
// of the encrypted one that may be there already nobody can tell without the identity.
// Keys go when no copy of before is left. Each is encrypted, read again and only then
// removed, so that broken off at any moment nothing is lost. read are the keys that fresh
// has; nil when it has not all, and keys stay.
func (m *Maker) cover(ctx context.Context, fresh Copy, read []readKey) (n int, err error) {
	if len(m.Recipients) == 0 {
		return 0, nil
	}
	all, err := Copies(ctx, m.Shelf)
	if err != nil {
		return 0, err
	}
	needed, open, unlisted := map[string]bool{}, 0, 0
	for _, c := range all {
		switch {
		case c.Sealed:
			continue
		case !c.Listed:
			unlisted++ // it may need any
		default:
			if err := eachKey(ctx, m.Shelf, c, func(key string) { needed[key] = true }); err != nil {
				return 0, err
			}
		}
		open++
	}
	var wrong []error
	did := func(err error) {
		if err == nil {
			n++
		}
		wrong = append(wrong, err)
	}
	if unlisted == 0 {
		items, err := m.Shelf.List(ctx, filesDir)
		if err != nil {
			return 0, err
		}
		for _, x := range items {
			key := path.Base(x.Name)
			if !file.IsKey(key) || x.Name != filesDir+file.Place(key) || needed[key] {
				continue
			}
			// A shelf that cannot be locked: another database's copy may be about to list it.
			if m.Shelf.Dir() == "" && m.DB.Now().Time().Sub(x.At) < brokenAfter {
				continue
			}
			did(m.instead(ctx, x.Name, x.Name+sealedEnding, 0o640, key))
			if ctx.Err() != nil {
				return n, ctx.Err()
			}
		}
	}
	if open == 0 && read != nil {
		items, err := m.Shelf.List(ctx, "")
		if err != nil {
			return n, errors.Join(append(wrong, err)...)
		}
		for _, x := range items {
			if !m.ownKey(x.Name) {
				continue
			}
			b, err := readAll(ctx, m.Shelf, x.Name)
			switch {
			case err != nil:
				wrong = append(wrong, err)
			case slices.ContainsFunc(read, func(k readKey) bool { return bytes.Equal(k.text, b) }):
				did(m.Shelf.Remove(ctx, x.Name)) // fresh has it
			default: // another, that nobody has any more perhaps
				did(m.instead(ctx, x.Name, x.Name+"."+fresh.At.In(moment.Zone).Format(timeForm)+sealedEnding, 0o600, ""))
			}
		}
	}
	return n, errors.Join(wrong...)
}

// instead encrypts a file of the shelf to another name, reads that again and removes the
// file. want is the SHA-256 that it must have, or "".
func (m *Maker) instead(ctx context.Context, name, to string, who fs.FileMode, want string) error {
	from, err := m.Shelf.Open(ctx, name)
	if err != nil {
		return err
	}
	defer from.Close()
	sum, _, err := m.Shelf.PutFor(ctx, to, who, func(w io.Writer) error {
		return seal(w, m.Recipients, func(w io.Writer) error {
			h := sha256.New()
			if _, err := io.Copy(io.MultiWriter(w, h), from); err != nil {
				return err
			}
			if got := hex.EncodeToString(h.Sum(nil)); want != "" && got != want {
				return fmt.Errorf("%s lies in the clear and is damaged, its content has the SHA-256 %s: it was left; look at the disk, and remove it by hand when %s can be opened", m.Shelf.Path(name), got, path.Base(to))
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	if err := m.same(ctx, to, sum); err != nil {
		return err
	}
	return m.Shelf.Remove(ctx, name)
}

// same reads again what was written and compares.
func (m *Maker) same(ctx context.Context, name, sum string) error {
	again, _, err := sumOf(ctx, m.Shelf, name)
	if err == nil && again != sum {
		err = errors.New("what was read again differs from what was written: the disk or the store is not to be trusted")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.Shelf.Path(name), err)
	}
	return nil
}

// ownKey reports whether a file of the shelf is a key of this database as copies have it
// that are not encrypted, or an earlier one (keepKey).
func (m *Maker) ownKey(name string) bool {
	stem := Stem(m.DSN) + ".db"
	own := []string{stem + ".log-key", stem + ".log-key.signed", stem + ".seal-key"}
	for _, path := range m.Keys {
		own = append(own, filepath.Base(path))
	}
	if m.SealKey != "" {
		own = append(own, filepath.Base(m.SealKey))
	}
	return isKey(name, own)
}

// isKey reports whether a name is one of keys, or of an earlier one (keepKey).
func isKey(name string, keys []string) bool {
	return slices.ContainsFunc(keys, func(k string) bool {
		at, earlier := strings.CutPrefix(name, k+".")
		_, err := time.Parse(timeForm, at)
		return name == k || earlier && err == nil
	})
}

// InClear is what of a shelf is not encrypted.
type InClear struct {
	Copies, Files, Keys int
	Last                time.Time // of the newest such copy
}

var openKey = regexp.MustCompile(`(^|\.)(log-key|seal-key)(\.signed)?(\.\d{4}-\d\d-\d\dT\d{6})?$`)

// Clear counts what of a shelf is not encrypted, of all databases. keys are the files of
// keys as they are configured here: one may be called anything. Others' are known by the
// names that they have when nobody chose another.
func Clear(ctx context.Context, shelf *file.Shelf, keys ...string) (out InClear, err error) {
	var own []string
	for _, path := range keys {
		own = append(own, filepath.Base(path))
	}
	all, err := Copies(ctx, shelf)
	if err != nil {
		return out, err
	}
	for _, c := range all {
		if !c.Sealed {
			out.Copies++
			out.Last = c.At
		}
	}
	items, err := shelf.List(ctx, "")
	if err != nil {
		return out, err
	}
	for _, x := range items {
		if openKey.MatchString(x.Name) || isKey(x.Name, own) {
			out.Keys++
		}
	}
	items, err = shelf.List(ctx, filesDir)
	for _, x := range items {
		if file.IsKey(path.Base(x.Name)) {
			out.Files++
		}
	}
	return out, err
}

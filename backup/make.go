package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/moment"
)

// A Maker makes copies.
type Maker struct {
	DB         *db.DB
	DSN        string // as it was opened
	Files      *file.Store
	SealKey    string   // file of the key of second factors, copied when it is there
	Keys       []string // files of keys, those that are there are copied; a name in .signed may change
	Shelf      *file.Shelf
	Recipients []age.Recipient // none: not encrypted
	Keep       Keep
	Tools      Tools
	Say        func(format string, args ...any) // what was done, a line each; may be nil
}

// Made is what Make did.
type Made struct {
	Copy     Copy
	New, Had int      // files
	Bytes    int64    // of the new ones
	Removed  int      // older copies
	Keyless  []string // files of keys that are not there
}

// ErrScans says that a copy is whole but for scans.
var ErrScans = errors.New("the database is copied; scans that are not")

func (m *Maker) say(format string, args ...any) {
	if m.Say != nil {
		m.Say(format, args...)
	}
}

// Make copies the database, then the files that are not there yet, then the keys;
// every one is read again from where it was written and compared. Older copies go
// as Keep says, once the new one is whole, and with them what lies in the clear of the
// time before copies were encrypted. The program may be at work meanwhile.
// Files that cannot be copied, or a store of them that does not answer, keep nothing
// else from being copied. Errors: ErrScans when that alone went wrong.
func (m *Maker) Make(ctx context.Context) (Made, error) {
	unlock, err := m.Shelf.Lock()
	if err != nil {
		return Made{}, err
	}
	defer unlock()
	done := Made{Copy: Copy{Stem: Stem(m.DSN), At: m.DB.Now().Time().In(moment.Zone).Truncate(time.Second), Dump: m.DB.Engine() == db.Postgres, Sealed: len(m.Recipients) > 0}}
	if err := m.tidy(ctx); err != nil {
		return done, fmt.Errorf("what a copy left that was broken off: %w", err)
	}
	_, lacking, unlisted := m.lacking(ctx)
	if err := m.room(ctx, lacking); err != nil {
		return done, err
	}
	// The keys are read before the database, and with them what was signed last: of what
	// is signed meanwhile the copy would seem to have been cut.
	keys, keyErr := m.readKeys(&done)
	// The database before the files: what it names of them is there by then, and stays.
	if err := m.marked(ctx, done.Copy, func() error { return m.database(ctx, &done.Copy) }); err != nil {
		return done, err
	}
	m.say("%s: %d bytes, looked through", m.Shelf.Path(done.Copy.Name()), done.Copy.Size)
	scans := unlisted
	if unlisted == nil {
		scans, err = m.scans(ctx, &done)
	}
	if ctx.Err() != nil {
		return done, fmt.Errorf("the database is copied; scans that are not: %w", ctx.Err())
	}
	if err != nil {
		err = fmt.Errorf("the list of files: %w", err)
	}
	if keyErr == nil {
		keyErr = m.keys(ctx, done.Copy, keys)
	}
	if keyErr != nil {
		err = errors.Join(err, fmt.Errorf("the log's key: %w", keyErr))
	}
	var old error
	if done.Removed, old = Prune(ctx, m.Shelf, done.Copy, m.Keep); old != nil {
		err = errors.Join(err, fmt.Errorf("what is too old: %w", old))
	}
	have := append([]readKey{}, keys...) // not nil, though there may be none
	if keyErr != nil {
		have = nil
	}
	covered, open := m.cover(ctx, done.Copy, have)
	if covered > 0 {
		m.say("%s: %d files that lay in the clear are encrypted", m.Shelf.Where(), covered)
	}
	if open != nil {
		err = errors.Join(err, fmt.Errorf("what lies in the clear: %w", open))
	}
	switch {
	case scans == nil:
		return done, err
	case err == nil:
		return done, fmt.Errorf("%w: %w", ErrScans, scans)
	}
	return done, errors.Join(err, scans)
}

// scans copies the files that the shelf lacks, and lists all that belong to the copy:
// wrong is what could not be copied, err that there is no list.
func (m *Maker) scans(ctx context.Context, done *Made) (wrong, err error) {
	files, lacking, wrong := m.lacking(ctx)
	if wrong != nil {
		return wrong, nil
	}
	done.Had = len(files) - len(lacking)
	wrong = m.copyFiles(ctx, lacking, done)
	m.say("%s: %d files new (%d bytes), %d there from before", m.Shelf.Path("files"), done.New, done.Bytes, done.Had)
	keys, err := m.erased(ctx, done.Copy)
	if err != nil {
		return wrong, err
	}
	files = slices.DeleteFunc(files, func(x file.Item) bool { return slices.Contains(keys, x.Name) })
	return wrong, m.listing(ctx, done.Copy, files)
}

// erased notes the files that were deleted while the copy was made: its database may name
// them, and it is no loss that they are not there.
func (m *Maker) erased(ctx context.Context, c Copy) ([]string, error) {
	keys, err := file.ErasedFrom(ctx, m.DB, moment.Of(c.At).Add(-moment.Skew))
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	_, _, err = m.Shelf.Put(ctx, c.erased(), func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(keys, "\n")+"\n")
		return err
	})
	return keys, err
}

// placed is where the file of a key lies on the shelf.
func (m *Maker) placed(key string) string {
	name := filesDir + file.Place(key)
	if len(m.Recipients) > 0 {
		name += sealedEnding
	}
	return name
}

// lacking lists the files of the store, and those of them that the shelf lacks.
// Content never changes under its key: what is there is not read again.
func (m *Maker) lacking(ctx context.Context) (all, lacking []file.Item, err error) {
	if m.Files == nil {
		return nil, nil, nil
	}
	if all, err = m.Files.Keys(ctx); err != nil {
		return nil, nil, err
	}
	there, err := m.Shelf.List(ctx, filesDir)
	if err != nil {
		return nil, nil, err
	}
	size := make(map[string]int64, len(there))
	for _, x := range there {
		size[x.Name] = x.Size
	}
	for _, x := range all {
		n, ok := size[m.placed(x.Name)]
		if !ok || len(m.Recipients) == 0 && n != x.Size || len(m.Recipients) > 0 && n <= x.Size {
			lacking = append(lacking, x)
		}
	}
	return all, lacking, nil
}

// spare is left free beside what is written.
const spare = 64 << 20

// room makes sure that there is room for what is about to be written.
func (m *Maker) room(ctx context.Context, lacking []file.Item) error {
	var base int64
	if m.DB.Engine() == db.SQLite {
		for _, ending := range []string{"", "-wal"} {
			if info, err := os.Stat(m.DSN + ending); err == nil {
				base += info.Size()
			}
		}
		if !m.direct() {
			dir := filepath.Dir(m.DSN)
			if free, known := file.FreeAt(dir); known && free < base+spare {
				return noRoom(dir, free, base+spare)
			}
		}
	} else if all, err := Copies(ctx, m.Shelf); err == nil && len(all) > 0 {
		base = all[len(all)-1].Size * 5 / 4 // nobody can tell before; as much as last time, and a quarter
	}
	need := base + spare
	for _, x := range lacking {
		need += x.Size
	}
	if free, known := m.Shelf.Free(); known && free < need {
		return noRoom(m.Shelf.Where(), free, need)
	}
	return nil
}

func noRoom(where string, free, need int64) error {
	return fmt.Errorf("%s: %w: %d MB are free and %d MB are needed; nothing was written", where, db.ErrFull, free>>20, need>>20)
}

// direct reports whether SQLite can write the copy to where it stays.
func (m *Maker) direct() bool { return m.Shelf.Dir() != "" && len(m.Recipients) == 0 }

// database copies the database and reads the copy again.
func (m *Maker) database(ctx context.Context, c *Copy) error {
	name, sum := c.Name(), ""
	var err error
	switch {
	case m.DB.Engine() == db.Postgres:
		sum, c.Size, err = m.Shelf.Put(ctx, name, func(w io.Writer) error {
			return seal(w, m.Recipients, func(w io.Writer) error { return m.Tools.dump(ctx, m.DSN, w) })
		})
	case m.direct():
		if err = m.DB.Backup(ctx, m.Shelf.Path(name)); err == nil {
			sum, c.Size, err = sumOf(ctx, m.Shelf, name)
		}
	default:
		half := m.DSN + ".copying"
		if err := os.Remove(half); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		defer os.Remove(half)
		if err := m.DB.Backup(ctx, half); err != nil {
			return err
		}
		from, err := os.Open(half)
		if err != nil {
			return err
		}
		defer from.Close()
		sum, c.Size, err = m.Shelf.Put(ctx, name, func(w io.Writer) error {
			return seal(w, m.Recipients, func(w io.Writer) error { _, err := io.Copy(w, from); return err })
		})
		if err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if !m.direct() || c.Dump {
		if err := m.same(ctx, name, sum); err != nil {
			return err
		}
	}
	c.Summed = true
	_, _, err = m.Shelf.Put(ctx, name+sumEnding, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s  %s\n", sum, name)
		return err
	})
	return err
}

// copyFiles copies files; one that is damaged or vanishes does not keep the others
// from being copied.
func (m *Maker) copyFiles(ctx context.Context, lacking []file.Item, done *Made) error {
	var wrong []error
	for _, x := range lacking {
		err := m.copyFile(ctx, x.Name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		done.New++
		done.Bytes += x.Size
	}
	return errors.Join(wrong...)
}

func (m *Maker) copyFile(ctx context.Context, key string) error {
	from, _, err := m.Files.Get(ctx, key)
	if err != nil {
		if has, again := m.Files.Has(ctx, key); again == nil && !has {
			return nil // a person was erased meanwhile
		}
		return fmt.Errorf("file %s: %w", key, err)
	}
	defer from.Close()
	_, _, err = m.Shelf.Put(ctx, m.placed(key), func(w io.Writer) error {
		return seal(w, m.Recipients, func(w io.Writer) error { _, err := io.Copy(w, from); return err })
	})
	return err
}

// listing writes which files belong to the copy.
func (m *Maker) listing(ctx context.Context, c Copy, all []file.Item) error {
	_, _, err := m.Shelf.Put(ctx, c.list(), func(w io.Writer) error {
		b := bufio.NewWriter(w)
		for _, x := range all {
			fmt.Fprintln(b, x.Name)
		}
		return b.Flush()
	})
	return err
}

// A readKey is the file of a key as it was when the copy began.
type readKey struct {
	path string
	text []byte
}

// readKeys reads the keys of the log, with what was signed last, and of second factors;
// those that are not there are noted.
func (m *Maker) readKeys(done *Made) (out []readKey, err error) {
	paths := m.Keys
	if m.SealKey != "" {
		paths = append(paths[:len(paths):len(paths)], m.SealKey)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			if !strings.HasSuffix(path, ".signed") {
				done.Keyless = append(done.Keyless, path)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, readKey{path, b})
	}
	return out, nil
}

// keys writes keys that were read, for their owner alone.
// Not encrypted, a key that is there already and is another stays under the name of
// its time.
func (m *Maker) keys(ctx context.Context, c Copy, read []readKey) error {
	for _, k := range read {
		path, b := k.path, k.text
		name := filepath.Base(path)
		if c.Sealed {
			name = c.base() + m.keyEnding(path) + sealedEnding
		} else if !strings.HasSuffix(name, ".signed") {
			if err := m.keepKey(ctx, name, b); err != nil {
				return err
			}
		}
		sum, _, err := m.Shelf.PutFor(ctx, name, 0o600, func(w io.Writer) error {
			return seal(w, m.Recipients, func(w io.Writer) error { _, err := w.Write(b); return err })
		})
		if err == nil {
			err = m.same(ctx, name, sum)
		}
		if err != nil {
			return err
		}
		m.say("%s: copied", m.Shelf.Path(name))
	}
	return nil
}

func (m *Maker) keyEnding(path string) string {
	if path == m.SealKey {
		return ".seal-key"
	}
	if strings.HasSuffix(path, ".signed") {
		return ".log-key.signed"
	}
	return ".log-key"
}

func (m *Maker) keepKey(ctx context.Context, name string, fresh []byte) error {
	had, err := readAll(ctx, m.Shelf, name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && string(had) == string(fresh) {
		return nil
	}
	if err != nil {
		return err
	}
	_, _, err = m.Shelf.PutFor(ctx, name+"."+m.DB.Now().Time().In(moment.Zone).Format(timeForm), 0o600, func(w io.Writer) error { _, err := w.Write(had); return err })
	return err
}

func readAll(ctx context.Context, s *file.Shelf, name string) ([]byte, error) {
	r, err := s.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func sumOf(ctx context.Context, s *file.Shelf, name string) (sum string, size int64, err error) {
	r, err := s.Open(ctx, name)
	if err != nil {
		return "", 0, err
	}
	defer r.Close()
	h := sha256.New()
	size, err = io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

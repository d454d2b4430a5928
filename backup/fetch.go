package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"filippo.io/age"

	"cchc/base/file"
)

// A Reader reads copies back.
type Reader struct {
	Shelf      *file.Shelf
	Identities []age.Identity
}

// ErrNoSum says that a copy has no checksum beside it.
var ErrNoSum = errors.New("no checksum is beside it")

// Sum returns the SHA-256 that stands beside a copy. Errors: ErrNoSum.
func Sum(ctx context.Context, shelf *file.Shelf, c Copy) (string, error) {
	text, err := readAll(ctx, shelf, c.Name()+sumEnding)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s: %w", shelf.Path(c.Name()), ErrNoSum)
	}
	if err != nil {
		return "", err
	}
	sum, _, _ := strings.Cut(string(text), " ")
	return sum, nil
}

// Check compares a copy with the checksum beside it. Errors: ErrNoSum.
func (r *Reader) Check(ctx context.Context, c Copy) error {
	want, err := Sum(ctx, r.Shelf, c)
	if err != nil {
		return err
	}
	got, _, err := sumOf(ctx, r.Shelf, c.Name())
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s is damaged: its SHA-256 is %s, and %s%s says %s; take another copy (--at)", r.Shelf.Path(c.Name()), got, c.Name(), sumEnding, want)
	}
	return nil
}

// open opens a file of the shelf, decrypted.
func (r *Reader) open(ctx context.Context, name string) (io.ReadCloser, error) {
	f, err := r.Shelf.Open(ctx, name)
	if err != nil || !strings.HasSuffix(name, sealedEnding) {
		return f, err
	}
	plain, err := unseal(f, r.Identities)
	if err != nil {
		f.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, f}, nil
}

// Fetch writes a copy, decrypted, to path, which must not be there; when it fails
// nothing is left. Errors: ErrSealed.
func (r *Reader) Fetch(ctx context.Context, c Copy, path string) (err error) {
	from, err := r.open(ctx, c.Name())
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(path)
		}
	}()
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}

// Open opens a copy for reading in one go, decrypted.
func (r *Reader) Open(ctx context.Context, c Copy) (io.ReadCloser, error) {
	return r.open(ctx, c.Name())
}

// Key reads the key of the log that belongs to a copy, or what was signed last;
// fs.ErrNotExist when there is none. name is the key's file as the database calls it.
func (r *Reader) Key(ctx context.Context, c Copy, name string, signed bool) ([]byte, error) {
	ending := ".log-key"
	if signed {
		ending += ".signed"
	}
	if c.Sealed {
		name = c.base() + ending + sealedEnding
	} else if signed {
		name += ".signed"
	}
	return r.key(ctx, c, name, ending)
}

// SealKey returns the key of second factors; fs.ErrNotExist for a copy without one.
func (r *Reader) SealKey(ctx context.Context, c Copy, name string) ([]byte, error) {
	const ending = ".seal-key"
	if c.Sealed {
		name = c.base() + ending + sealedEnding
	}
	return r.key(ctx, c, name, ending)
}

func (r *Reader) key(ctx context.Context, c Copy, name, ending string) ([]byte, error) {
	f, err := r.open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) && !c.Sealed {
		// The database may bear another name than it did.
		f, err = r.open(ctx, c.Stem+".db"+ending)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Put is what Files did.
type Put struct {
	New, Had int
	Lost     []error // files that the copy names and that are not there or damaged
}

// Files puts the files of a copy that are not there yet to a place laid out as a
// store is, each compared with its key; of a copy without a list all there are. With
// no place they are only read through.
func (r *Reader) Files(ctx context.Context, c Copy, to *file.Shelf) (Put, error) {
	var done Put
	there := map[string]int64{}
	if to != nil {
		items, err := to.List(ctx, "")
		if err == nil {
			items, err = allOf(ctx, to)
		}
		if err != nil {
			return done, err
		}
		for _, x := range items {
			there[x.Name] = x.Size
		}
	}
	have := map[string]file.Item{} // by key
	items, err := r.Shelf.List(ctx, filesDir)
	if err != nil {
		return done, err
	}
	for _, x := range items {
		key := strings.TrimSuffix(x.Name[strings.LastIndexByte(x.Name, '/')+1:], sealedEnding)
		sealed := strings.HasSuffix(x.Name, sealedEnding)
		// Both may be there since encryption was turned on: a copy reads its own kind.
		if file.IsKey(key) && (have[key].Name == "" || sealed == c.Sealed) {
			have[key] = x
		}
	}
	one := func(key string) {
		x, ok := have[key]
		if !ok {
			done.Lost = append(done.Lost, fmt.Errorf("file %s is not among the copies", key))
			return
		}
		if n, ok := there[file.Place(key)]; ok && (n == x.Size || strings.HasSuffix(x.Name, sealedEnding)) {
			done.Had++
			return
		}
		if err := r.putFile(ctx, x.Name, key, to); err != nil {
			done.Lost = append(done.Lost, err)
			return
		}
		done.New++
	}
	if !c.Listed {
		for key := range have {
			one(key)
		}
		return done, ctx.Err()
	}
	if err := eachKey(ctx, r.Shelf, c, one); err != nil {
		return done, err
	}
	return done, ctx.Err()
}

// Erased returns the keys of files that were deleted for good while a copy was made.
func (r *Reader) Erased(ctx context.Context, c Copy) ([]string, error) {
	b, err := readAll(ctx, r.Shelf, c.erased())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return strings.Fields(string(b)), err
}

// allOf lists a store's own files on a shelf: its folders are the keys' beginnings.
func allOf(ctx context.Context, s *file.Shelf) ([]file.Item, error) {
	var out []file.Item
	for i := range 256 {
		items, err := s.List(ctx, fmt.Sprintf("%02x/", i))
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	return out, nil
}

func (r *Reader) putFile(ctx context.Context, name, key string, to *file.Shelf) error {
	from, err := r.open(ctx, name)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Shelf.Path(name), err)
	}
	defer from.Close()
	h := sha256.New()
	through := func(w io.Writer) error {
		if _, err := io.Copy(io.MultiWriter(w, h), from); err != nil {
			return fmt.Errorf("%s: %w", r.Shelf.Path(name), err)
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != key {
			return fmt.Errorf("%s is damaged: its content has the SHA-256 %s", r.Shelf.Path(name), got)
		}
		return nil
	}
	if to == nil {
		return through(io.Discard)
	}
	_, _, err = to.Put(ctx, file.Place(key), through)
	return err
}

package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// A Shelf keeps files under names of the caller's, in a folder or in a store that
// speaks S3: where copies for the case of loss are put. A file is whole under its
// name, or not there.
type Shelf struct {
	dir    string       // of a folder; "" elsewhere
	bucket *blob.Bucket // of a store
	where  string
}

// An Item is one file on a shelf.
type Item struct {
	Name string // with / between folders
	Size int64  // bytes
	At   time.Time
}

// OpenShelf opens the shelf that where names as Open does. A folder is made when
// create says so.
func OpenShelf(ctx context.Context, where string, create bool) (*Shelf, error) {
	if strings.HasPrefix(where, "s3://") {
		u, err := url.Parse(where)
		if err != nil {
			return nil, fmt.Errorf("open the store: %w", err)
		}
		b, err := blob.OpenBucket(ctx, compatible(u).String())
		if err != nil {
			return nil, fmt.Errorf("open the store %s: %w", where, err)
		}
		return &Shelf{bucket: b, where: where}, nil
	}
	dir, err := filepath.Abs(where)
	if err != nil {
		return nil, err
	}
	if create {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, err
		}
	} else if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	return &Shelf{dir: dir, where: dir}, nil
}

// Close closes the shelf.
func (s *Shelf) Close() error {
	if s.bucket == nil {
		return nil
	}
	return s.bucket.Close()
}

// Where names the shelf for people.
func (s *Shelf) Where() string {
	where, _, _ := strings.Cut(s.where, "?")
	return where
}

// Path names a file of the shelf for people.
func (s *Shelf) Path(name string) string {
	if s.dir != "" {
		return filepath.Join(s.dir, filepath.FromSlash(name))
	}
	return strings.TrimSuffix(s.Where(), "/") + "/" + name
}

// Dir is the folder of a local shelf; "" of another.
func (s *Shelf) Dir() string { return s.dir }

// Free is how many bytes may still be written; known is false where nobody can tell.
func (s *Shelf) Free() (bytes int64, known bool) {
	if s.dir == "" {
		return 0, false
	}
	return FreeAt(s.dir)
}

// FreeAt is how many bytes may still be written to the disk of a folder.
func FreeAt(dir string) (bytes int64, known bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}

// List returns the files whose names begin with prefix ("files/", or "" for those
// that lie in no folder), by name. What is half written is not among them.
func (s *Shelf) List(ctx context.Context, prefix string) ([]Item, error) {
	var out []Item
	if s.dir != "" {
		root := filepath.Join(s.dir, filepath.FromSlash(prefix))
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case e.IsDir() && prefix == "" && path != root:
				return fs.SkipDir
			case !e.Type().IsRegular() || halfName(e.Name()):
				return ctx.Err()
			}
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			name, err := filepath.Rel(s.dir, path)
			out = append(out, Item{Name: filepath.ToSlash(name), Size: info.Size(), At: info.ModTime()})
			return err
		})
		return out, err
	}
	o := &blob.ListOptions{Prefix: prefix}
	if prefix == "" {
		o.Delimiter = "/"
	}
	for list := s.bucket.List(o); ; {
		x, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			slices.SortFunc(out, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", s.Where(), err)
		}
		if !x.IsDir {
			out = append(out, Item{Name: x.Key, Size: x.Size, At: x.ModTime})
		}
	}
}

// Halves lists what lies half written on a local shelf, in no folder and below folder:
// what programs left that were killed, where nobody writes now.
func (s *Shelf) Halves(folder string) ([]string, error) {
	if s.dir == "" {
		return nil, nil
	}
	var out []string
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(s.dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if e.IsDir() {
			if name != "." && !strings.HasPrefix(name+"/", folder) {
				return fs.SkipDir
			}
			return nil
		}
		half := strings.HasPrefix(e.Name(), ".half-") || strings.HasSuffix(e.Name(), ".half") || strings.HasSuffix(e.Name(), ".half-journal")
		if half && e.Type().IsRegular() {
			out = append(out, name)
		}
		return nil
	})
	return out, err
}

func halfName(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".half")
}

// Put makes a file of what write writes, for its owner and group alone, replacing
// one of the name. It is on the disk before it bears its name. sum is its SHA-256.
func (s *Shelf) Put(ctx context.Context, name string, write func(w io.Writer) error) (sum string, size int64, err error) {
	return s.PutFor(ctx, name, 0o640, write)
}

// PutFor is Put with who may read the file in a folder: 0o600 for secrets.
func (s *Shelf) PutFor(ctx context.Context, name string, who fs.FileMode, write func(w io.Writer) error) (sum string, size int64, err error) {
	h := sha256.New()
	c := &counting{}
	if s.dir == "" {
		ctx, abandon := context.WithCancel(ctx)
		defer abandon()
		w, err := s.bucket.NewWriter(ctx, name, &blob.WriterOptions{ContentType: "application/octet-stream"})
		if err != nil {
			return "", 0, err
		}
		if err := write(io.MultiWriter(w, h, c)); err != nil {
			abandon()
			w.Close()
			return "", 0, err
		}
		if err := w.Close(); err != nil {
			return "", 0, fmt.Errorf("write %s: %w", s.Path(name), err)
		}
		return hex.EncodeToString(h.Sum(nil)), c.n, nil
	}
	to := s.Path(name)
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return "", 0, err
	}
	half, err := os.CreateTemp(filepath.Dir(to), ".half-*")
	if err != nil {
		return "", 0, err
	}
	defer os.Remove(half.Name()) // nothing, when it has its name
	err = write(io.MultiWriter(half, h, c))
	if err == nil {
		err = half.Chmod(who)
	}
	if err == nil {
		err = half.Sync()
	}
	if err := errors.Join(err, half.Close()); err != nil {
		return "", 0, err
	}
	if err := os.Rename(half.Name(), to); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), c.n, syncFile(filepath.Dir(to))
}

type counting struct{ n int64 }

// Write counts.
func (c *counting) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// Open opens a file; fs.ErrNotExist when it is not there. The caller closes it.
func (s *Shelf) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if s.dir != "" {
		return os.Open(s.Path(name))
	}
	r, err := s.bucket.NewReader(ctx, name, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("%s: %w", s.Path(name), fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.Path(name), err)
	}
	return r, nil
}

// Remove removes a file; one that is not there is no error.
func (s *Shelf) Remove(ctx context.Context, name string) error {
	if s.dir != "" {
		if err := os.Remove(s.Path(name)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := s.bucket.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("remove %s: %w", s.Path(name), err)
	}
	return nil
}

// ErrLocked says that another program is at work on a shelf.
var ErrLocked = errors.New("another one is being made there")

// Lock keeps a local shelf for this program until unlock; elsewhere it does
// nothing. Errors: ErrLocked.
func (s *Shelf) Lock() (unlock func(), err error) {
	if s.dir == "" {
		return func() {}, nil
	}
	f, err := os.OpenFile(filepath.Join(s.dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", s.Where(), ErrLocked)
	}
	return func() { f.Close() }, nil
}

// Keys lists the keys of all files of a store, by key, with their sizes.
func (s *Store) Keys(ctx context.Context) ([]Item, error) {
	var out []Item
	for list := s.bucket.List(nil); ; {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			slices.SortFunc(out, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list the files: %w", err)
		}
		key := o.Key[strings.LastIndexByte(o.Key, '/')+1:]
		if keyForm.MatchString(key) && o.Key == place(key) {
			out = append(out, Item{Name: key, Size: o.Size, At: o.ModTime})
		}
	}
}

// IsKey reports whether a name is the key of a file.
func IsKey(name string) bool { return keyForm.MatchString(name) }

// Place is where a store keeps the file of a key: copies lie the same way.
func Place(key string) string { return place(key) }

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

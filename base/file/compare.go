package file

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"cchc/base/db"
	"cchc/base/fault"
)

// ErrAsk says that the store could not be asked, so that nobody knows what it has.
var ErrAsk = errors.New("the store of files cannot be asked")

// A Comparison looks whether the files that rows refer to are in the store.
type Comparison struct {
	Uses []Use
	// Bytes reads every file through and compares it with its hash. Otherwise that is
	// done for uses that are Whole, and of others it is compared how long a file is.
	Bytes bool
	// Erased are keys of files that were deleted for good while rows were being copied
	// that still name them: it is no loss that they are not there.
	Erased map[string]bool
	// Open opens the store. It is called when there is a file.
	Open     func() (*Store, error)
	Progress func(files int) // may be nil
	Found    func(Unlike)
}

// An Unlike is a file that is not as rows say.
type Unlike struct {
	What string // the use
	Named
	Have, Want string
}

// A Named is a file as rows name it.
type Named struct {
	Key         string
	Least, Most int64  // bytes, as different rows have it; -1 where none says
	Place       string // what it belongs to
}

func scanNamed(r db.Scanner) (n Named, err error) {
	err = r.Scan(&n.Key, &n.Least, &n.Most, &n.Place)
	return n, err
}

// Compared is what a Comparison looked at.
type Compared struct {
	Files    []int // of each use; a content counts once
	Missing  int   // that the store does not have
	Infected int   // that are not there because what is in them was found to do harm
}

// All is how many files were looked at.
func (c Compared) All() (n int) {
	for _, x := range c.Files {
		n += x
	}
	return n
}

// namedPage is how many files a Use's Named gives at once.
const namedPage = 500

// Run compares. Files that are brought or deleted meanwhile are no difference. Errors:
// ErrAsk; what was compared until then is told.
func (c Comparison) Run(ctx context.Context, q db.Queryer) (Compared, error) {
	out := Compared{Files: make([]int, len(c.Uses))}
	var store *Store
	for i, u := range c.Uses {
		var at folder
		for after := ""; ; {
			page, err := db.All(ctx, q, u.Named, scanNamed, after)
			if err != nil {
				return out, err
			}
			if len(page) == 0 {
				break
			}
			if store == nil {
				if store, err = c.Open(); err != nil {
					return out, fmt.Errorf("%w: %w", ErrAsk, err)
				}
			}
			// Few are asked for one by one; of many, each folder is listed once.
			at.list = at.list || len(page) == namedPage
			for _, n := range page {
				if err := c.one(ctx, q, store, u, n, &at, &out); err != nil {
					return out, fmt.Errorf("%s, file %s: %w", u.What, n.Key, err)
				}
				out.Files[i]++
				if c.Progress != nil {
					c.Progress(out.All())
				}
			}
			after = page[len(page)-1].Key
		}
	}
	return out, nil
}

func (c Comparison) one(ctx context.Context, q db.Queryer, s *Store, u Use, n Named, at *folder, out *Compared) error {
	found := func(have, want string) { c.Found(Unlike{What: u.What, Named: n, Have: have, Want: want}) }
	hash := "SHA-256 " + n.Key
	for again := false; ; again = true {
		if err := ctx.Err(); err != nil {
			return err
		}
		var size int64
		var err error
		if c.Bytes || u.Whole {
			size, err = s.readThrough(ctx, n.Key)
		} else {
			size, err = s.long(ctx, n.Key, at)
		}
		switch {
		case err == nil:
			if n.Least >= 0 && (size != n.Least || size != n.Most) {
				want := fmt.Sprintf("%d bytes", n.Least)
				if n.Most != n.Least {
					want = fmt.Sprintf("%d or %d bytes", n.Least, n.Most)
				}
				found(fmt.Sprintf("%d bytes", size), want+", "+hash)
			}
			return nil
		case errors.Is(err, errDamaged):
			found("another content", hash)
			return nil
		case fault.Is(err, fault.NotFound):
		case ctx.Err() != nil:
			return ctx.Err()
		case s.Elsewhere():
			return fmt.Errorf("%w: %w", ErrAsk, err)
		default: // one file of a disk's
			found("it cannot be read: "+err.Error(), hash)
			return nil
		}
		// It is not there. The row may have let go of it since it was read, or somebody
		// brought it again.
		if c.Erased[n.Key] {
			return nil
		}
		if left, err := db.Value[int](ctx, q, u.Count, n.Key); err != nil || left == 0 {
			return err
		}
		told, err := db.Column[string](ctx, q, findUnscanned, n.Key)
		if err != nil {
			return err
		}
		if len(told) > 0 && told[0] != "" {
			out.Infected++
			return nil
		}
		if again {
			out.Missing++
			found("no file", hash)
			return nil
		}
	}
}

// readThrough reads a file to its end, which compares it with its hash, and returns how
// long it is.
func (s *Store) readThrough(ctx context.Context, key string) (int64, error) {
	r, _, err := s.Get(ctx, key)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, r)
	return n, errors.Join(err, r.Close())
}

// A folder is what a store has of keys that begin alike.
type folder struct {
	list bool // otherwise each file is asked for
	name string
	size map[string]int64
}

// long returns how long a file is. Faults: NotFound.
func (s *Store) long(ctx context.Context, key string, at *folder) (int64, error) {
	if !keyForm.MatchString(key) {
		return 0, fault.New(fault.NotFound, "file.unknown")
	}
	if at.list {
		if err := s.listFolder(ctx, key[:2], at); err != nil {
			return 0, err
		}
		if n, ok := at.size[key]; ok {
			return n, nil
		}
	}
	// It may have been brought after the folder was listed; and a folder that cannot be
	// read is listed as an empty one.
	ctx, cancel := s.asking(ctx, s.patience.answer)
	defer cancel()
	ended := s.begin("has")
	a, err := s.bucket.Attributes(ctx, place(key))
	ended(err)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return 0, fault.New(fault.NotFound, "file.unknown").Because(err)
	}
	if err != nil {
		return 0, answered(ctx, err)
	}
	return a.Size, nil
}

// listFolder lists the files whose keys begin so, unless that was the last it listed.
func (s *Store) listFolder(ctx context.Context, name string, at *folder) error {
	if at.name == name {
		return nil
	}
	at.name, at.size = "", map[string]int64{}
	list := s.bucket.List(&blob.ListOptions{Prefix: name + "/"})
	for {
		asked, done := s.asking(ctx, s.patience.answer)
		x, err := list.Next(asked)
		if err != nil && err != io.EOF {
			err = fmt.Errorf("list the files: %w", answered(asked, err))
		}
		done()
		switch {
		case err == io.EOF:
			at.name = name
			return nil
		case err != nil:
			return err
		}
		at.size[x.Key[len(name)+1:]] = x.Size
	}
}

package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gocloud.dev/blob"
)

// Copied is what CopyTo did.
type Copied struct {
	New, Had int   // files: copied, and there from before
	Bytes    int64 // of the new ones
}

// CopyTo copies to the folder dir, made when it isn't there, what it lacks of the
// store, laid out as a local store is: dir can be opened in its place. Content never
// changes under its key, so what is there is not read again. Every file is on the
// disk and was compared with its key before it bears its name. A file that is damaged
// or vanishes does not keep the others from being copied; all such are in the error.
func (s *Store) CopyTo(ctx context.Context, dir string) (Copied, error) {
	var done Copied
	var wrong []error
	touched := map[string]bool{} // folders whose new names are not on the disk yet
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return done, err
	}
	list := s.bucket.List(nil)
	for {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return done, fmt.Errorf("list the files: %w", err)
		}
		key := filepath.Base(filepath.FromSlash(o.Key))
		if !keyForm.MatchString(key) || o.Key != place(key) {
			continue // nothing of ours
		}
		to := filepath.Join(dir, filepath.FromSlash(o.Key))
		if info, err := os.Stat(to); err == nil && info.Size() == o.Size {
			done.Had++
			continue
		}
		if err := s.copyOne(ctx, o, key, to); err != nil {
			if ctx.Err() != nil {
				return done, ctx.Err()
			}
			wrong = append(wrong, err)
			continue
		}
		touched[filepath.Dir(to)], touched[dir] = true, true
		done.New++
		done.Bytes += o.Size
	}
	for d := range touched {
		if err := syncFile(d); err != nil {
			return done, err
		}
	}
	return done, errors.Join(wrong...)
}

func (s *Store) copyOne(ctx context.Context, o *blob.ListObject, key, to string) error {
	from, _, err := s.Get(ctx, key)
	if err != nil {
		return err
	}
	defer from.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
		return err
	}
	half, err := os.CreateTemp(filepath.Dir(to), ".half-*")
	if err != nil {
		return err
	}
	defer os.Remove(half.Name()) // nothing, when it has its name
	_, err = io.Copy(half, from)
	if err == nil {
		err = half.Chmod(0o640)
	}
	if err == nil {
		err = half.Sync()
	}
	if err := errors.Join(err, half.Close()); err != nil {
		return err
	}
	return os.Rename(half.Name(), to)
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

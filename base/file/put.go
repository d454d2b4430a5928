package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"cchc/base/fault"
)

// MaxSize is the most bytes of a file when Limits names none: a scanned dossier
// of a hundred pages fits.
const MaxSize = 25 << 20

// Limits are what Put takes. The zero value takes every known type up to
// MaxSize.
type Limits struct {
	Size  int64  // bytes; MaxSize when 0
	Types []Type // Types when empty
	As    Type   // what the caller found it to be; Put doesn't look again
}

// Put stores what r gives, to its end, and returns its key. When it fails, or
// when the context ends, nothing is left behind. Faults, all Invalid: "file.empty",
// "file.too_large" with Megabytes, "file.type_refused" with Types; of a store that is
// Watched also "file.infected", "file.scan_too_large" and Unavailable "file.scan_down". Errors:
// ErrAway, ErrFull (Refused tells people of them).
func (s *Store) Put(ctx context.Context, r io.Reader, l Limits) (Info, error) {
	if l.Size == 0 {
		l.Size = MaxSize
	}
	if len(l.Types) == 0 {
		l.Types = Types
	}
	// The key is known only at the end, so it is read into a nameless file first.
	spool, err := os.CreateTemp("", "cchc-upload-")
	if err != nil {
		return Info{}, fmt.Errorf("receive a file: %w", kind(err))
	}
	defer os.Remove(spool.Name()) // for systems that can't remove an open file
	defer spool.Close()
	os.Remove(spool.Name())

	h := sha256.New()
	size, err := io.Copy(io.MultiWriter(spool, h), io.LimitReader(&until{ctx, r}, l.Size+1))
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return Info{}, fmt.Errorf("receive a file: %w", kind(err))
	case err != nil: // the sender's, mostly
		return Info{}, fmt.Errorf("receive a file: %w", err)
	case size == 0:
		return Info{}, fault.New(fault.Invalid, "file.empty")
	case size > l.Size:
		return Info{}, fault.New(fault.Invalid, "file.too_large", "Megabytes", max(1, l.Size>>20))
	}
	t := l.As
	if t == (Type{}) {
		if t, err = detect(spool, size); err != nil {
			return Info{}, fmt.Errorf("receive a file: %w", err)
		}
	}
	if l.As == (Type{}) && !allowed(t, l.Types) {
		return Info{}, fault.New(fault.Invalid, "file.type_refused", "Types", extensions(l.Types))
	}
	info := Info{Key: hex.EncodeToString(h.Sum(nil)), Size: size, Type: t}
	turn, err := s.comesBack(ctx, info.Key)
	if err != nil {
		return Info{}, fmt.Errorf("store file %s: %w", info.Key, err)
	}
	told, err := s.told(ctx, info.Key)
	if err != nil {
		return Info{}, err
	}
	mark, err := s.look(ctx, info, spool, told)
	if err != nil {
		return Info{}, err
	}
	if mark {
		if err := s.mark(ctx, info); err != nil {
			return Info{}, err
		}
	}
	if err := s.upload(ctx, info, spool); err != nil {
		return Info{}, fmt.Errorf("store file %s: %w", info.Key, err)
	}
	if err := s.back(ctx, info.Key, turn); err != nil {
		return Info{}, err
	}
	if told.noted && !mark {
		if err := s.clear(ctx, info, told); err != nil {
			return Info{}, err
		}
	}
	return info, nil
}

func (s *Store) upload(ctx context.Context, info Info, spool *os.File) error {
	leave, err := s.turn(ctx)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := s.asking(ctx, s.patience.take+time.Duration(info.Size>>20)*s.patience.takeMB)
	defer cancel()
	ended := s.begin("put")
	err = answered(ctx, s.take(ctx, info, spool))
	ended(err)
	return err
}

func (s *Store) take(ctx context.Context, info Info, spool *os.File) error {
	asked, done := s.asking(ctx, s.patience.answer)
	there, err := s.bucket.Attributes(asked, place(info.Key))
	err = answered(asked, err)
	done()
	if err == nil && there.Size == info.Size {
		return s.force(info.Key) // the other writer may not have come to it yet
	}
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return err
	}
	// A writer whose context ends before Close leaves nothing.
	ctx, abandon := context.WithCancel(ctx)
	defer abandon()
	w, err := s.bucket.NewWriter(ctx, place(info.Key), &blob.WriterOptions{ContentType: info.Type.MIME})
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, io.NewSectionReader(spool, 0, info.Size)); err != nil {
		abandon()
		w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return s.force(info.Key)
}

// until ends reading with the context.
type until struct {
	ctx context.Context
	r   io.Reader
}

// Read reads on while the context lasts.
func (u *until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

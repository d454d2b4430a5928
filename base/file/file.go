// Package file keeps uploaded and produced files (tệp) under the hash of what is
// in them, in a folder or in any store that speaks S3. The same content is kept
// once. A file is whole or it is not there; what it is called, and to what it
// belongs, the rooms keep.
package file

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // s3:// URLs
	"gocloud.dev/gcerrors"

	"cchc/base/db"
	"cchc/base/fault"
)

// A Store keeps files. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	dir    string // of a local store, to force what was written to the disk
	watch  Watch
	rows   *db.DB // where rows refer to files; nil where nobody said
	uses   []Use

	patience patience
	turns    chan struct{}                    // of a store elsewhere: one for each who waits for it
	measure  func(string) (ended func(error)) // may be nil
}

// An Info is what is known of a stored file.
type Info struct {
	Key  string // SHA-256 of the content, 64 hexadecimal digits
	Size int64  // bytes
	Type Type   // found in the content, whatever the file was called
}

// Open opens the store that where names: a folder, made when it isn't there, or
// s3://BUCKET?endpoint=https://HOST:PORT&region=… with the credentials in AWS's
// environment variables. With an endpoint that is not Amazon's the parameters
// that such stores need are added when they are missing.
func Open(ctx context.Context, where string) (*Store, error) {
	if strings.HasPrefix(where, "s3://") {
		u, err := url.Parse(where)
		if err != nil {
			return nil, fmt.Errorf("open the file store: %w", err)
		}
		b, err := blob.OpenBucket(ctx, compatible(u).String())
		if err != nil {
			return nil, fmt.Errorf("open the file store %s: %w", where, err)
		}
		return elsewhere(b, usual), nil
	}
	dir, err := filepath.Abs(where)
	if err != nil {
		return nil, fmt.Errorf("open the file store %s: %w", where, err)
	}
	b, err := fileblob.OpenBucket(dir, &fileblob.Options{
		CreateDir:   true,
		DirFileMode: 0o750,
		NoTempDir:   true, // a rename from /tmp fails when that is another disk
		Metadata:    fileblob.MetadataDontWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("open the file store %s: %w", where, err)
	}
	return &Store{bucket: b, dir: dir}, nil
}

// elsewhere is a store that other machines keep.
func elsewhere(b *blob.Bucket, p patience) *Store {
	return &Store{bucket: b, patience: p, turns: make(chan struct{}, p.waiting)}
}

// compatible adds what stores other than Amazon's need: they have no regions and
// no bucket in the host's name, and often don't know the newer checksums.
func compatible(u *url.URL) *url.URL {
	q := u.Query()
	if q.Get("endpoint") != "" {
		for name, v := range map[string]string{
			"region": "us-east-1", "use_path_style": "true",
			"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required",
		} {
			if !q.Has(name) {
				q.Set(name, v)
			}
		}
	}
	copied := *u
	copied.RawQuery = q.Encode()
	return &copied
}

// Elsewhere reports whether other machines keep the files: a store that this machine
// reaches and does not have.
func (s *Store) Elsewhere() bool { return s.dir == "" }

// Reach returns nil when files can be stored now, as far as that can be told without
// leaving one.
func (s *Store) Reach(ctx context.Context) error {
	if s.Elsewhere() {
		ok, err := s.bucket.IsAccessible(ctx)
		if err == nil && !ok {
			err = errors.New("there is no such bucket")
		}
		if err != nil {
			return fmt.Errorf("reach the file store: %w", err)
		}
		return nil
	}
	f, err := os.CreateTemp(s.dir, ".ready-*")
	if err != nil {
		return fmt.Errorf("reach the file store: %w", err)
	}
	_, err = f.WriteString("ready")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// Try stores some bytes, reads them back and removes them: a store that says that it is
// there may still take nothing, or take it slowly.
func (s *Store) Try(ctx context.Context) error {
	name, want := ".try-"+rand.Text(), make([]byte, 256<<10)
	rand.Read(want)
	err := s.bucket.WriteAll(ctx, name, want, nil)
	var got []byte
	if err == nil {
		got, err = s.bucket.ReadAll(ctx, name)
		err = errors.Join(err, s.bucket.Delete(ctx, name))
	}
	if err == nil && !bytes.Equal(got, want) {
		err = errDamaged
	}
	if err != nil {
		return fmt.Errorf("try the file store: %w", answered(ctx, err))
	}
	return nil
}

// Close closes the store.
func (s *Store) Close() error { return s.bucket.Close() }

var keyForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// place spreads the files over 256 folders.
func place(key string) string { return key[:2] + "/" + key }

// Get opens a file for reading in one go. Reading it to the end tells when the
// bytes are not those that were stored. The caller closes it. Faults: NotFound.
func (s *Store) Get(ctx context.Context, key string) (content io.ReadCloser, size int64, err error) {
	return s.get(ctx, key, false)
}

// get is Get; for people it takes its turn.
func (s *Store) get(ctx context.Context, key string, people bool) (content io.ReadCloser, size int64, err error) {
	if !keyForm.MatchString(key) {
		return nil, 0, fault.New(fault.NotFound, "file.unknown")
	}
	if people {
		leave, err := s.turn(ctx)
		if err != nil {
			return nil, 0, fmt.Errorf("open file %s: %w", key, err)
		}
		defer leave()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var timer *time.Timer
	if s.dir == "" {
		timer = time.AfterFunc(s.patience.answer, func() { cancel(ErrAway) })
	}
	ended := s.begin("get")
	r, err := s.bucket.NewReader(ctx, place(key), nil)
	ended(err)
	if timer != nil {
		timer.Stop()
	}
	if err != nil {
		defer cancel(nil)
		if gcerrors.Code(err) == gcerrors.NotFound {
			return nil, 0, fault.New(fault.NotFound, "file.unknown").Because(err)
		}
		return nil, 0, fmt.Errorf("open file %s: %w", key, answered(ctx, err))
	}
	return &checked{ReadCloser: &patient{ReadCloser: r, store: s, people: people, ctx: ctx, timer: timer, cancel: cancel}, key: key, hash: sha256.New()}, r.Size(), nil
}

// checked compares what was read with the key.
type checked struct {
	io.ReadCloser
	key  string
	hash hash.Hash
}

// Read reads on; the end is an error when the content was not the file's.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.hash.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(c.hash.Sum(nil)) != c.key {
		err = fmt.Errorf("file %s is %w: %w", c.key, errDamaged, io.ErrUnexpectedEOF)
	}
	return n, err
}

// Has reports whether the file is there.
func (s *Store) Has(ctx context.Context, key string) (bool, error) {
	if !keyForm.MatchString(key) {
		return false, nil
	}
	ok, err := s.exists(ctx, key)
	if err != nil {
		return false, fmt.Errorf("look for file %s: %w", key, err)
	}
	return ok, nil
}

func (s *Store) exists(ctx context.Context, key string) (bool, error) {
	ctx, cancel := s.asking(ctx, s.patience.answer)
	defer cancel()
	ended := s.begin("has")
	ok, err := s.bucket.Exists(ctx, place(key))
	err = answered(ctx, err)
	ended(err)
	return ok, err
}

// delete removes a file for good; one that isn't there is no error. The same content
// may belong to several things: Erase asks whether any is left.
func (s *Store) delete(ctx context.Context, key string) error {
	if !keyForm.MatchString(key) {
		return nil
	}
	ctx, cancel := s.asking(ctx, s.patience.answer)
	defer cancel()
	ended := s.begin("delete")
	err := s.bucket.Delete(ctx, place(key))
	ended(err)
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete file %s: %w", key, answered(ctx, err))
	}
	return nil
}

// force makes sure that a file of a local store, and its name, are on the disk.
func (s *Store) force(key string) error {
	if s.dir == "" {
		return nil
	}
	path := filepath.Join(s.dir, filepath.FromSlash(place(key)))
	for _, p := range []string{path, filepath.Dir(path), s.dir} {
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

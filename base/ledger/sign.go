package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/receipt"
)

var (
	checkpointInsert = db.Rows("ledger.checkpoint.insert", "log_checkpoint", "size, at, signed", "")
	checkpointLast   = db.SQL("ledger.checkpoint.last", `
		SELECT size, at, signed
		FROM log_checkpoint
		ORDER BY size DESC, at DESC
		LIMIT 1`)
	checkpointOver = db.SQL("ledger.checkpoint.over", `
		SELECT size, at, signed
		FROM log_checkpoint
		WHERE size > $1
		ORDER BY size, at
		LIMIT 1`)
	checkpointAll = db.SQL("ledger.checkpoint.all", `
		SELECT size, at, signed
		FROM log_checkpoint
		ORDER BY size, at`)
	checkpointNewest = db.SQL("ledger.checkpoint.newest", `
		SELECT size, at, signed
		FROM log_checkpoint
		ORDER BY size DESC, at DESC
		LIMIT $1`)
)

func scanSigned(r db.Scanner) (s Signed, err error) {
	var size int64
	var text string
	if err = r.Scan(&size, &s.At, &text); err != nil {
		return s, err
	}
	s.Text = []byte(text)
	s.Checkpoint, err = receipt.Peek(s.Text)
	if err != nil || s.Checkpoint.Size != size || s.Checkpoint.At != int64(s.At) {
		// Somebody wrote into it: the check names it.
		s.Checkpoint = receipt.Checkpoint{Origin: s.Checkpoint.Origin, Size: size, At: int64(s.At)}
	}
	return s, nil
}

// Latest returns the checkpoint that was signed last; db.ErrNotFound when none was.
func (l *Log) Latest(ctx context.Context, q db.Queryer) (Signed, error) {
	return db.One(ctx, q, checkpointLast, scanSigned)
}

// Newest returns the last checkpoints, the newest first.
func (l *Log) Newest(ctx context.Context, q db.Queryer, n int) ([]Signed, error) {
	return db.All(ctx, q, checkpointNewest, scanSigned, n)
}

// Sign signs what the log is now, and returns the checkpoint; one of the same size that
// was signed before will do. It signs nothing of which what it signed before is not the
// beginning, by the database and by what is kept beside it. Errors: ErrNoKey; ErrForked;
// db.ErrNotFound for a log that is empty.
func (l *Log) Sign(ctx context.Context) (Signed, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Key == nil {
		return Signed{}, ErrNoKey
	}
	kept, err := l.Kept.Read()
	if err != nil {
		return Signed{}, err
	}
	var out Signed
	err = l.DB.Write(ctx, func(tx *db.Tx) (err error) {
		out, err = l.sign(ctx, tx, kept, false, l.Key)
		return err
	})
	if err != nil {
		return Signed{}, fmt.Errorf("sign the log: %w", err)
	}
	return out, l.Kept.Write(out)
}

// sign signs in a write; anew although the size has a checkpoint, for another key.
func (l *Log) sign(ctx context.Context, tx *db.Tx, kept []byte, anew bool, keys ...*receipt.Private) (Signed, error) {
	size, err := l.Size(ctx, tx)
	if err != nil {
		return Signed{}, err
	}
	if size == 0 {
		return Signed{}, db.ErrNotFound
	}
	last, err := l.Latest(ctx, tx)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return Signed{}, err
	}
	known := err == nil
	h := reader(ctx, tx)
	root, err := tlog.TreeHash(size, h)
	if err != nil {
		return Signed{}, err
	}
	if kept != nil {
		c, err := receipt.Peek(kept)
		if err != nil {
			return Signed{}, fmt.Errorf("%s: %w", l.Kept.Path, err)
		}
		if err := begins(c, size, root, h); err != nil {
			return Signed{}, fmt.Errorf("%w (%s has one of %d entries)", err, l.Kept.Path, c.Size)
		}
	}
	if known {
		if err := begins(last.Checkpoint, size, root, h); err != nil {
			return Signed{}, fmt.Errorf("%w (the checkpoint of %d entries)", err, last.Checkpoint.Size)
		}
		if last.Checkpoint.Size == size && !anew {
			return last, nil
		}
	}
	at := tx.Now
	if known && at <= last.At { // the clock was set back: checkpoints stay in their order
		at = last.At + 1
	}
	c := receipt.Checkpoint{Origin: keys[0].Name(), Size: size, Root: root, At: int64(at)}
	text, err := receipt.Sign(c, signers(keys)...)
	if err != nil {
		return Signed{}, err
	}
	return Signed{c, at, text}, tx.InsertRows(ctx, checkpointInsert, [][]any{{size, at, string(text)}})
}

// begins returns ErrForked unless the tree of c is the beginning of the one with this
// size and root.
func begins(c receipt.Checkpoint, size int64, root tlog.Hash, h tlog.HashReader) error {
	switch {
	case c.Size > size:
		return ErrForked
	case c.Size == size:
		if c.Root != root {
			return ErrForked
		}
		return nil
	case c.Size == 0:
		return nil
	}
	proof, err := tlog.ProveTree(size, c.Size, h)
	if err != nil {
		return err
	}
	if tlog.CheckTree(proof, size, root, c.Size, c.Root) != nil {
		return ErrForked
	}
	return nil
}

// Kept is a file beside the key, out of reach of who has only the database: the
// checkpoint that was signed last.
type Kept struct{ Path string }

// Read returns the checkpoint, nil when none is kept.
func (k Kept) Read() ([]byte, error) {
	if k.Path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(k.Path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// Write keeps a checkpoint, unless a longer one is kept.
func (k Kept) Write(s Signed) error {
	if k.Path == "" {
		return nil
	}
	if b, err := k.Read(); err != nil {
		return err
	} else if c, err := receipt.Peek(b); err == nil && (c.Size > s.Checkpoint.Size || string(b) == string(s.Text)) {
		return nil
	}
	return WriteFile(k.Path, s.Text, 0o640)
}

// WriteFile writes a file whole or not at all.
func WriteFile(path string, body []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".half-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing, when it has its name
	_, err = f.Write(body)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return rename(f.Name(), path)
}

// rename gives a file its name for good: also when the machine stops right after.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncDir(to)
}

// syncDir forces the folder of a file onto the disk, and with it that the file is there.
func syncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Instant is the time of a checkpoint, for pages.
func Instant(c receipt.Checkpoint) moment.Instant { return moment.Instant(c.At) }

// Restored says that the database was restored from an older copy: what is kept beside
// the key is set aside, so that the log is signed again although it is shorter, and an
// entry of the trail tells what was given up. The receipts of what was lost go on proving
// that it was there. It returns where the old checkpoint is kept. Errors: db.ErrNotFound
// when none is kept.
func (l *Log) Restored(ctx context.Context, a actor.Actor, reason string) (aside string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept, err := l.Kept.Read()
	if err != nil {
		return "", err
	}
	c := receipt.Checkpoint{Origin: "log"}
	if kept != nil {
		if c, err = receipt.Peek(kept); err != nil {
			return "", fmt.Errorf("%s: %w", l.Kept.Path, err)
		}
	}
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		size, err := l.Size(ctx, tx)
		if err != nil {
			return err
		}
		aside = ""
		if kept != nil {
			aside = fmt.Sprintf("%s.before-%d", l.Kept.Path, tx.Now)
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "log.restored", Kind: "log", ID: c.Origin, Reason: reason,
			Changes: []audit.Change{{Field: "size", From: itoa(c.Size), To: itoa(size)}, {Field: "checkpoint", From: string(kept)}}})
	})
	if err != nil || aside == "" {
		return "", err
	}
	return aside, rename(l.Kept.Path, aside)
}

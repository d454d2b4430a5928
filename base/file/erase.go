package file

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A Use is a place where rows refer to stored files. Who keeps such rows says so in one
// of these, and has Refer look in the write that makes one.
type Use struct {
	What    string   // the files, for whoever runs verify: "scans of dossiers"
	Columns []string // "dossier_paper.file_key"
	Count   *db.Stmt // how many rows refer to the file $1
	// Named gives the next 500 files after the key $1, by key, each once: the key, the
	// least and the most bytes that rows say it has (-1 where they do not), and what one
	// of the rows belongs to, without a person's data.
	Named *db.Stmt
	Whole bool // few and weighty: a Comparison always reads them through
}

// Uses tells the store which rows refer to its files: Erase asks them all.
func (s *Store) Uses(d *db.DB, uses ...Use) { s.rows, s.uses = d, uses }

// Deleting and storing the same content at once.
//
// The same content has one key, so somebody may bring again what is just being deleted.
// In the write that finds that no row refers to a file, Erase notes the key (erased_file);
// then it deletes, then it notes that it is done. Put looks for such a note before it
// looks whether the file is there: it waits for a deleting that is under way, and takes
// the note away once the file is stored anew. A write that is about to refer to a file
// looks for the note too (Refer) and gives up where it finds one. So either the reference
// was there when Erase asked, and the file stays; or Erase's note was there when the
// reference was about to be made, and who brought the file is asked for it again: writes
// are serializable on both engines. The clock decides nothing but two things: a deleting
// that did not end within erasing is taken to have been cut off, and a note goes after
// erasedKept, longer than anybody may take from Put to the write.
const (
	erasing    = time.Minute // no deleting takes longer: patience.answer
	erasedKept = 24 * time.Hour
	erasedWait = 3 * time.Second       // Put waits so long for a deleting
	erasedAsk  = 20 * time.Millisecond // and asks so often
)

var (
	erasedPut = db.SQL("file.erased.put", `
		INSERT INTO erased_file (key, turn, at, done) VALUES ($1, $2, $3, 0)
		ON CONFLICT (key) DO UPDATE SET turn = excluded.turn, at = excluded.at, done = 0`)
	erasedDone = db.SQL("file.erased.done", `UPDATE erased_file SET done = 1 WHERE key = $1 AND turn = $2`)
	erasedBack = db.SQL("file.erased.back", `DELETE FROM erased_file WHERE key = $1 AND turn = $2`)
	erasedDrop = db.SQL("file.erased.drop", `DELETE FROM erased_file WHERE at < $1`)
	erasedFrom = db.SQL("file.erased.from", `SELECT key FROM erased_file WHERE at >= $1 ORDER BY key`)
	erasedOf   = db.SQL("file.erased.of", `SELECT turn, at, done FROM erased_file WHERE key = $1`)
)

// errErasing is that somebody else is deleting the file just now.
var errErasing = errors.New("it is being deleted elsewhere")

type erased struct {
	turn string
	at   moment.Instant
	done bool
}

func (e erased) underWay(now moment.Instant) bool {
	return e.turn != "" && !e.done && e.at > now.Add(-erasing)
}

// erasedNote returns what is noted of deleting a file, the zero value for nothing.
func erasedNote(ctx context.Context, q db.Queryer, key string) (erased, error) {
	list, err := db.All(ctx, q, erasedOf, func(r db.Scanner) (e erased, err error) {
		var done int
		err = r.Scan(&e.turn, &e.at, &done)
		e.done = done != 0
		return e, err
	}, key)
	if err != nil || len(list) == 0 {
		return erased{}, err
	}
	return list[0], nil
}

// ErasedFrom returns the keys of files that were deleted from an instant on, which is
// noted for a day: whoever copies rows and then files finds them named and not there.
func ErasedFrom(ctx context.Context, d *db.DB, at moment.Instant) ([]string, error) {
	if schema, _, err := d.Version(ctx); err != nil || schema < erasedSince {
		return nil, err
	}
	return db.Column[string](ctx, d, erasedFrom, at)
}

// erasedSince is the schema that notes what is deleted; what writes a database out does
// not upgrade it first.
const erasedSince = 61

// Refer makes sure, in the write that refers to a file, that it is not one that was
// deleted after it was put; a key of "" is none. Faults: Invalid "file.just_erased", of the
// field file.
func Refer(ctx context.Context, tx *db.Tx, key string) error {
	if key == "" {
		return nil
	}
	e, err := erasedNote(ctx, tx, key)
	if err == nil && e.turn != "" {
		err = fault.New(fault.Invalid, "file.just_erased").With("file", "file.just_erased")
	}
	return err
}

// Erase deletes a file for good, unless a row still refers to it: whoever lets go of a
// file asks for this afterwards, and needs to know of nobody else. A file that is not
// there is no error. It bears being done again.
func (s *Store) Erase(ctx context.Context, key string) error {
	if !keyForm.MatchString(key) {
		return nil
	}
	if s.rows == nil || len(s.uses) == 0 {
		return fmt.Errorf("delete file %s: the store does not know what refers to its files", key)
	}
	turn, used := db.NewID(), false
	err := s.rows.Write(ctx, func(tx *db.Tx) error {
		used = false
		for _, u := range s.uses {
			n, err := db.Value[int](ctx, tx, u.Count, key)
			if err != nil {
				return err
			}
			if n > 0 {
				used = true
				return nil
			}
		}
		if _, err := tx.Exec(ctx, erasedDrop, tx.Now.Add(-erasedKept)); err != nil {
			return err
		}
		return leave(ctx, tx, key, turn)
	})
	if err != nil || used {
		return err
	}
	return s.takeAway(ctx, s.rows, key, turn)
}

// leave notes that a file is about to be deleted, by one at a time.
func leave(ctx context.Context, tx *db.Tx, key, turn string) error {
	e, err := erasedNote(ctx, tx, key)
	if err != nil {
		return err
	}
	if e.underWay(tx.Now) {
		return fmt.Errorf("delete file %s: %w", key, errErasing)
	}
	_, err = tx.Exec(ctx, erasedPut, key, turn, tx.Now)
	return err
}

// takeAway deletes a file of which leave made a note. Of a store elsewhere that gives no
// answer nobody knows whether the deleting is over.
func (s *Store) takeAway(ctx context.Context, d *db.DB, key, turn string) error {
	err := s.delete(ctx, key)
	if err != nil && s.Elsewhere() {
		return err
	}
	return errors.Join(err, d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, erasedDone, key, turn)
		return err
	}))
}

// comesBack waits until a file that is about to be stored is not being deleted. It
// returns the turn in which it was; "" for one that was not. Errors: ErrAway.
func (s *Store) comesBack(ctx context.Context, key string) (turn string, err error) {
	d := s.database()
	if d == nil {
		return "", nil
	}
	over := time.NewTimer(erasedWait)
	defer over.Stop()
	for {
		e, err := erasedNote(ctx, d, key)
		if err != nil || !e.underWay(d.Now()) {
			return e.turn, err
		}
		select {
		case <-time.After(erasedAsk):
		case <-over.C:
			return "", fmt.Errorf("%w: %w", ErrAway, errErasing)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// back takes the note away: the file is stored again.
func (s *Store) back(ctx context.Context, key, turn string) error {
	if turn == "" {
		return nil
	}
	return s.database().Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, erasedBack, key, turn)
		return err
	})
}

// database is where notes of files are kept; nil where nobody said.
func (s *Store) database() *db.DB {
	if s.rows != nil {
		return s.rows
	}
	return s.watch.DB
}

package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// A Scanner looks for what would harm whoever opens a file.
type Scanner interface {
	// Scan returns the name of what was found, "" for nothing; an error is that it
	// could not look.
	Scan(ctx context.Context, content io.Reader) (found string, err error)
}

// A Watch says how a store has what it takes looked at.
type Watch struct {
	DB      *db.DB
	Scanner Scanner // nil looks at nothing
	// Mark takes a file also when the scanner cannot be asked, and gives it to nobody
	// until it was looked at; otherwise such a file is refused.
	Mark bool
	Who  func(context.Context) actor.Actor // who brings a file, for the trail
}

// Watched has what the store takes from now on looked at.
func (s *Store) Watched(w Watch) { s.watch = w }

var (
	markUnscanned = db.SQL("file.unscanned.mark", `
		INSERT INTO unscanned_file (key, size, since, found, found_at) VALUES ($1, $2, $3, '', NULL)
		ON CONFLICT (key) DO NOTHING`)
	findUnscanned = db.SQL("file.unscanned.find", `SELECT found FROM unscanned_file WHERE key = $1`)
	nextUnscanned = db.SQL("file.unscanned.next", `
		SELECT key, size, since FROM unscanned_file
		WHERE found = '' AND key > $1
		ORDER BY key LIMIT 50`)
	countUnscanned = db.SQL("file.unscanned.count", `SELECT count(*) FROM unscanned_file WHERE found = ''`)
	noteInfected   = db.SQL("file.unscanned.infected", `UPDATE unscanned_file SET found = $1, found_at = $2 WHERE key = $3`)
	dropUnscanned  = db.SQL("file.unscanned.drop", `DELETE FROM unscanned_file WHERE key = $1 AND found = ''`)
	clearUnscanned = db.SQL("file.unscanned.clear", `DELETE FROM unscanned_file WHERE key = $1`)
)

// A told is what is noted of a content since it was stored before.
type told struct {
	noted bool   // waits to be looked at, or was found to be infected
	found string // what was found; "" while it waits
}

func (s *Store) told(ctx context.Context, key string) (told, error) {
	if s.watch.DB == nil {
		return told{}, nil
	}
	found, err := db.Column[string](ctx, s.watch.DB, findUnscanned, key)
	if err != nil || len(found) == 0 {
		return told{}, err
	}
	return told{true, found[0]}, nil
}

// look has a file that is about to be stored looked at. mark tells that it could not
// be and is taken all the same, which what was found to be infected before is not: only
// a scanner says that it was none. Faults: Invalid "file.infected" with Found; Invalid
// "file.scan_too_large"; Unavailable "file.scan_down".
func (s *Store) look(ctx context.Context, info Info, spool *os.File, before told) (mark bool, err error) {
	w := s.watch
	if w.Scanner == nil {
		if before.found != "" {
			return false, fault.New(fault.Invalid, "file.infected", "Found", before.found)
		}
		return before.noted, nil
	}
	found, err := w.Scanner.Scan(ctx, io.NewSectionReader(spool, 0, info.Size))
	switch {
	case found != "":
		if err := s.tell(ctx, info, found); err != nil {
			return false, err
		}
		return false, fault.New(fault.Invalid, "file.infected", "Found", found)
	case err == nil:
		return false, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case w.Mark && before.found != "":
		return false, fault.New(fault.Invalid, "file.infected", "Found", before.found).Because(err)
	case w.Mark:
		slog.WarnContext(ctx, "a file is taken that was not looked at", "key", info.Key, "err", err)
		return true, nil
	case errors.Is(err, ErrTooLong):
		return false, fault.New(fault.Invalid, "file.scan_too_large").Because(err)
	}
	return false, fault.New(fault.Unavailable, "file.scan_down").Because(err)
}

// tell records that somebody brought what was refused. Only the hash is kept.
func (s *Store) tell(ctx context.Context, info Info, found string) error {
	return s.watch.DB.Write(ctx, func(tx *db.Tx) error { return recordInfected(ctx, tx, s.who(ctx), info, found) })
}

// who brings a file, for the trail.
func (s *Store) who(ctx context.Context) actor.Actor {
	if s.watch.Who != nil {
		if a := s.watch.Who(ctx); a.SignedIn() {
			return a
		}
	}
	return actor.System("file-scan")
}

// clear forgets what was noted of a content, for the scanner now says that it is clean
// and it is stored again: signatures change, and what they found may have been nothing.
func (s *Store) clear(ctx context.Context, info Info, before told) error {
	return s.watch.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, clearUnscanned, info.Key)
		if err != nil || n == 0 || before.found == "" {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: s.who(ctx), Verb: "file.cleared", Kind: "file", ID: info.Key,
			Changes: []audit.Change{{Field: "found", From: before.found}, {Field: "size", To: fmt.Sprint(info.Size)}}})
	})
}

func recordInfected(ctx context.Context, tx *db.Tx, who actor.Actor, info Info, found string) error {
	return audit.Record(ctx, tx, audit.Entry{Actor: who, Verb: "file.infected", Kind: "file", ID: info.Key,
		Changes: []audit.Change{{Field: "found", To: found}, {Field: "size", To: fmt.Sprint(info.Size)}}})
}

// mark notes a file that is stored without having been looked at, unless it was
// stored before and looked at then.
func (s *Store) mark(ctx context.Context, info Info) error {
	if there, err := s.exists(ctx, info.Key); err != nil || there {
		return err
	}
	return s.watch.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, markUnscanned, info.Key, info.Size, tx.Now)
		return err
	})
}

// Hand opens a file for somebody who asked for it, as Get does; one that waits to be
// looked at is not handed out, and of one that was taken away it says so. Faults:
// NotFound; Unavailable "file.not_scanned"; Conflict "file.infected_gone".
func (s *Store) Hand(ctx context.Context, key string) (content io.ReadCloser, size int64, err error) {
	if s.watch.DB != nil {
		found, err := db.Column[string](ctx, s.watch.DB, findUnscanned, key)
		switch {
		case err != nil:
			return nil, 0, err
		case len(found) > 0 && found[0] == "":
			return nil, 0, fault.New(fault.Unavailable, "file.not_scanned")
		case len(found) > 0:
			return nil, 0, fault.New(fault.Conflict, "file.infected_gone", "Found", found[0])
		}
	}
	return s.get(ctx, key, true)
}

// Unscanned counts the files that wait to be looked at.
func (s *Store) Unscanned(ctx context.Context) (int, error) {
	if s.watch.DB == nil {
		return 0, nil
	}
	return db.Value[int](ctx, s.watch.DB, countUnscanned)
}

// Rescan looks at files that wait for it. What is clean is handed out from then on,
// and what is not is taken away and recorded. It returns how many it looked at. It stops
// without an error when the scanner still cannot be asked; a file that cannot be read is
// told of at the end and keeps no other waiting.
func (s *Store) Rescan(ctx context.Context) (looked int, err error) {
	w := s.watch
	if w.DB == nil || w.Scanner == nil {
		return 0, nil
	}
	var wrong []error
	for after := ""; ; {
		type row struct {
			Info
			since moment.Instant
		}
		list, err := db.All(ctx, w.DB, nextUnscanned, func(r db.Scanner) (x row, err error) {
			err = r.Scan(&x.Key, &x.Size, &x.since)
			return
		}, after)
		if err != nil || len(list) == 0 {
			return looked, errors.Join(append(wrong, err)...)
		}
		for _, x := range list {
			after = x.Key
			down, err := s.rescan(ctx, x.Info)
			var one *unreadable
			switch {
			case errors.As(err, &one):
				wrong = append(wrong, err)
				// Another machine's store that is away is so for all of them.
				if s.Elsewhere() && errors.Is(err, ErrAway) {
					return looked, errors.Join(wrong...)
				}
			case errors.Is(err, errErasing): // next time, if it is still there
			case err != nil:
				return looked, errors.Join(append(wrong, err)...)
			case down:
				return looked, errors.Join(wrong...)
			default:
				looked++
			}
		}
	}
}

// A blamed remembers why its content could not be read: a scanner's error may be that.
type blamed struct {
	io.Reader
	err error
}

// Read reads on.
func (b *blamed) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// rescan looks at one file. down is that the scanner cannot be asked. Errors: an
// unreadable where the file is at fault.
func (s *Store) rescan(ctx context.Context, info Info) (down bool, err error) {
	found := ""
	content, _, err := s.Get(ctx, info.Key)
	switch {
	case fault.Is(err, fault.NotFound): // its write failed, or it was deleted since
	case err != nil && ctx.Err() != nil:
		return false, err
	case err != nil:
		return false, &unreadable{err}
	default:
		read := &blamed{Reader: content}
		found, err = s.watch.Scanner.Scan(ctx, read)
		content.Close()
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case read.err != nil: // whatever the scanner makes of half a file
			return false, &unreadable{read.err}
		case errors.Is(err, ErrTooLong):
			return false, nil // waits until clamd takes as much
		case err != nil:
			slog.WarnContext(ctx, "files wait to be looked at", "err", err)
			return true, nil
		}
	}
	turn := db.NewID()
	err = s.watch.DB.Write(ctx, func(tx *db.Tx) error {
		if found == "" {
			_, err := tx.Exec(ctx, dropUnscanned, info.Key)
			return err
		}
		if err := leave(ctx, tx, info.Key, turn); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, noteInfected, found, tx.Now, info.Key); err != nil {
			return err
		}
		return recordInfected(ctx, tx, actor.System("file-scan"), info, found)
	})
	if err != nil || found == "" {
		return false, err
	}
	// Whatever refers to it: who asks for it is told what it was.
	return false, s.takeAway(ctx, s.watch.DB, info.Key, turn)
}

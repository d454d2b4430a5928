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
)

// look has a file that is about to be stored looked at. mark tells that it could not
// be and is taken all the same. Faults: Invalid "file.infected" with Found; Invalid
// "file.scan_too_large"; Unavailable "file.scan_down".
func (s *Store) look(ctx context.Context, info Info, spool *os.File) (mark bool, err error) {
	w := s.watch
	if w.Scanner == nil {
		return false, nil
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
	who := actor.System("file-scan")
	if s.watch.Who != nil {
		if a := s.watch.Who(ctx); a.SignedIn() {
			who = a
		}
	}
	return s.watch.DB.Write(ctx, func(tx *db.Tx) error { return recordInfected(ctx, tx, who, info, found) })
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
// and what is not is taken away and recorded. It returns how many it looked at; it
// stops without an error when the scanner still cannot be asked.
func (s *Store) Rescan(ctx context.Context) (looked int, err error) {
	w := s.watch
	if w.DB == nil || w.Scanner == nil {
		return 0, nil
	}
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
			return looked, err
		}
		for _, x := range list {
			after = x.Key
			down, err := s.rescan(ctx, x.Info)
			if err != nil {
				return looked, err
			}
			if down {
				return looked, nil
			}
			looked++
		}
	}
}

func (s *Store) rescan(ctx context.Context, info Info) (down bool, err error) {
	found := ""
	content, _, err := s.Get(ctx, info.Key)
	switch {
	case fault.Is(err, fault.NotFound): // its write failed, or it was deleted since
	case err != nil:
		return false, err
	default:
		found, err = s.watch.Scanner.Scan(ctx, content)
		content.Close()
		if errors.Is(err, ErrTooLong) {
			return false, nil // waits until clamd takes as much
		}
		if err != nil {
			slog.WarnContext(ctx, "files wait to be looked at", "err", err)
			return true, ctx.Err()
		}
	}
	err = s.watch.DB.Write(ctx, func(tx *db.Tx) error {
		if found == "" {
			_, err := tx.Exec(ctx, dropUnscanned, info.Key)
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
	return false, s.Delete(ctx, info.Key)
}

package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cchc/admin"
	"cchc/backup"
	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
)

const (
	copiesShown = 30
	runsShown   = 20
	copiesWait  = 5 * time.Second // for a place elsewhere to tell what it has
)

func (r *rooms) backupPages() *admin.Backups {
	return &admin.Backups{Keeping: r.keeping(), Look: r.backupState, Ask: r.askBackup}
}

// askBackup has a copy made or tried by a job, asked for by a person.
func (r *rooms) askBackup(ctx context.Context, a actor.Actor, kind string) (run backup.Run, err error) {
	if !r.backedUp() {
		return run, fault.New(fault.Conflict, "backup.off")
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		run, err = backup.Ask(ctx, tx, a, kind)
		return err
	})
	return run, err
}

// backupState looks at the copies and at what was done of late.
func (r *rooms) backupState(ctx context.Context) (admin.BackupState, error) {
	now := r.db.Now()
	s := admin.BackupState{On: r.backedUp(), Keep: r.copies.keep(), Sealed: len(r.copies.Recipient) > 0, Opens: r.copies.Identity != "", Names: map[string]string{}}
	var err error
	if s.Runs, err = backup.Runs(ctx, r.db, runsShown); err != nil {
		return s, err
	}
	for _, x := range s.Runs {
		if x.By == "" || s.Names[x.By] != "" {
			continue
		}
		if s.Names[x.By], err = auth.Name(ctx, r.db, x.By); err != nil && !errors.Is(err, db.ErrNotFound) {
			return s, err
		}
	}
	for kind, to := range map[string]*backup.Run{backup.Copying: &s.Good, backup.Drill: &s.Tried} {
		if *to, err = backup.LastGood(ctx, r.db, kind, now); err != nil && !errors.Is(err, db.ErrNotFound) {
			return s, err
		}
	}
	if !s.On {
		return s, nil
	}
	s.Next = r.copies.schedule.Next(now)
	if every := drillEvery[r.copies.Drill]; every > 0 {
		s.Drill = now
		last, err := backup.Last(ctx, r.db, backup.Drill, now)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return s, err
		}
		if err == nil {
			s.Drill = max(now, last.Asked.Add(every-12*time.Hour))
		}
	}
	s.Where, _, _ = strings.Cut(r.copies.To, "?")
	if err := r.copiesAt(ctx, &s); err != nil {
		s.Wrong = err.Error() // to who keeps the system, as in a failed run
	}
	return s, nil
}

// copiesAt lists the copies of this database at their place, the newest first.
func (r *rooms) copiesAt(ctx context.Context, s *admin.BackupState) error {
	ctx, cancel := context.WithTimeout(ctx, copiesWait)
	defer cancel()
	shelf, err := file.OpenShelf(ctx, r.copies.To, false)
	if err != nil {
		return err
	}
	defer shelf.Close()
	s.Where = shelf.Where()
	s.Free, s.Known = shelf.Free()
	all, err := backup.Copies(ctx, shelf)
	if err != nil {
		return err
	}
	stem := backup.Stem(r.db.DSN())
	all = slices.DeleteFunc(all, func(c backup.Copy) bool { return c.Stem != stem })
	for _, c := range slices.Backward(all) {
		if len(s.Copies) == copiesShown {
			s.More = len(all) - copiesShown
			break
		}
		x := admin.StoredCopy{Copy: c}
		if c.Summed {
			if x.Sum, err = backup.Sum(ctx, shelf, c); err != nil {
				return err
			}
		}
		s.Copies = append(s.Copies, x)
	}
	return nil
}

package file_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/file"
)

// What refers to files in these tests is a table that nothing else is tied to.
var (
	useOfTest = file.Use{What: "purposes", Columns: []string{"look_purpose.vi"}, Count: db.SQL("filetest.used", `SELECT COUNT(*) FROM look_purpose WHERE vi = $1`)}
	referRow  = db.SQL("filetest.refer", `INSERT INTO look_purpose (code, ord, vi, en) VALUES ($1, 0, $2, '')`)
	letGoRow  = db.SQL("filetest.let_go", `DELETE FROM look_purpose WHERE code = $1`)
)

// A shared store is one of whose files rows know.
type shared struct {
	*file.Store
	t     *testing.T
	db    *db.DB
	clock *dbtest.Clock
}

func share(t *testing.T) *shared {
	t.Helper()
	d, clock := dbtest.Open(t)
	s, err := file.Open(context.Background(), filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.Uses(d, useOfTest)
	return &shared{s, t, d, clock}
}

// put stores the scan and returns its key.
func (s *shared) put() string {
	s.t.Helper()
	info, err := s.Put(context.Background(), strings.NewReader(scan), file.Limits{})
	if err != nil {
		s.t.Fatal(err)
	}
	return info.Key
}

// refer has a row refer to a file.
func (s *shared) refer(id, key string) error {
	ctx := context.Background()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := file.Refer(ctx, tx, key); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, referRow, id, key)
		return err
	})
}

func (s *shared) letGo(id string) error {
	ctx := context.Background()
	return s.db.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, letGoRow, id); return err })
}

func (s *shared) erase(key string) {
	s.t.Helper()
	if err := s.Erase(context.Background(), key); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shared) is(key string, there bool) {
	s.t.Helper()
	if got, err := s.Has(context.Background(), key); got != there || err != nil {
		s.t.Errorf("the file is there: %v, %v; want %v", got, err, there)
	}
}

func (s *shared) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shared) askedAgain(err error) {
	s.t.Helper()
	if f := fault.As(err); f == nil || f.Key != "file.just_erased" || len(f.Fields) != 1 {
		s.t.Errorf("referring to a file that was deleted: %v", err)
	}
}

func TestAFileIsErasedWhenNothingRefersToItAnyMore(t *testing.T) {
	t.Parallel()
	s := share(t)
	key := s.put()
	s.ok(s.refer("one", key))
	s.ok(s.refer("two", key))
	s.erase(key)
	s.is(key, true)
	s.ok(s.letGo("one"))
	s.erase(key)
	s.is(key, true)
	s.ok(s.letGo("two"))
	s.erase(key)
	s.is(key, false)
	s.erase(key) // a job is done at least once
	s.erase("no key")
	s.put()
	s.ok(s.refer("three", key))
	s.erase(key)
	s.is(key, true)

	blind, err := file.Open(context.Background(), t.TempDir())
	s.ok(err)
	t.Cleanup(func() { blind.Close() })
	info, err := blind.Put(context.Background(), strings.NewReader(scan), file.Limits{})
	s.ok(err)
	if err := blind.Erase(context.Background(), info.Key); err == nil {
		t.Error("a store that does not know what refers to its files erased one")
	}
}

// The same content may be brought at any moment while it is being deleted: either the
// file stays, or who brought it is asked for it again.
func TestWhatIsBroughtWhileItIsDeletedIsNotLost(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	t.Run("deleted between being stored and being referred to", func(t *testing.T) {
		s := share(t)
		key := s.put()
		s.put() // somebody else's, which is there already
		s.erase(key)
		s.askedAgain(s.refer("one", key))
		s.put()
		s.ok(s.refer("one", key))
		s.erase(key)
		s.is(key, true)
	})
	for _, when := range []string{"before", "after"} {
		t.Run("deleted "+when+" it is written", func(t *testing.T) {
			s := share(t)
			key := s.put()
			asked := 0
			s.Measured(func(what string) func(error) {
				if what != "put" {
					return func(error) {}
				}
				if asked++; when == "before" {
					s.erase(key)
				}
				return func(error) {
					if when == "after" {
						s.erase(key)
					}
				}
			})
			s.put()
			s.Measured(nil)
			if asked != 1 {
				t.Fatalf("stored %d times", asked)
			}
			s.askedAgain(s.refer("one", key))
			s.put()
			s.ok(s.refer("one", key))
			s.is(key, true)
		})
	}
	t.Run("deleted twice around it", func(t *testing.T) {
		s := share(t)
		key := s.put()
		s.erase(key)
		first := true
		s.Measured(func(what string) func(error) {
			return func(error) {
				if what == "put" && first { // it is stored, and its note is about to go: that of an earlier turn
					first = false
					s.erase(key)
				}
			}
		})
		s.put()
		s.is(key, false)
		s.askedAgain(s.refer("one", key))
	})
	t.Run("brought while it is being deleted", func(t *testing.T) {
		s := share(t)
		key := s.put()
		s.ok(file.Leave(ctx, s.db, key, "turn"))
		s.askedAgain(s.refer("one", key))
		brought := make(chan error)
		go func() {
			_, err := s.Put(ctx, strings.NewReader(scan), file.Limits{})
			brought <- err
		}()
		s.ok(s.TakeAway(ctx, key, "turn"))
		s.ok(<-brought)
		s.is(key, true)
		s.ok(s.refer("one", key))
	})
	t.Run("brought after a deleting was cut off", func(t *testing.T) {
		s := share(t)
		key := s.put()
		s.ok(file.Leave(ctx, s.db, key, "turn"))
		if err := s.Erase(ctx, key); err == nil {
			t.Error("two delete at once: the later deleting may come after the next storing")
		}
		s.clock.Advance(2 * time.Minute)
		s.put()
		s.ok(s.refer("one", key))
		s.is(key, true)
		s.ok(s.letGo("one"))
		s.erase(key)
		s.is(key, false)
	})
	t.Run("the note of a file that nobody brings again goes after a day", func(t *testing.T) {
		s := share(t)
		key := s.put()
		s.erase(key)
		s.clock.Advance(25 * time.Hour)
		info, err := s.Put(ctx, strings.NewReader("%PDF-1.4\nother\n%%EOF\n"), file.Limits{})
		s.ok(err)
		s.erase(info.Key)
		s.ok(s.refer("one", key)) // nothing is known of it any more; Put stores it as always
	})
}

// Many at once: whoever was let refer to the file finds it as long as they do.
func TestManyBringAndEraseTheSameFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := share(t)
	key := s.put()
	var all sync.WaitGroup
	over := make(chan struct{})
	for i := range 3 {
		all.Go(func() {
			for j := range 8 {
				if _, err := s.Put(ctx, strings.NewReader(scan), file.Limits{}); errors.Is(err, file.ErrAway) {
					continue // others deleted it all the time
				} else if err != nil {
					t.Errorf("put: %v", err)
				}
				id := fmt.Sprint(i, " ", j)
				if err := s.refer(id, key); fault.As(err) != nil {
					continue
				} else if err != nil {
					t.Errorf("refer: %v", err)
					continue
				}
				if has, err := s.Has(ctx, key); !has || err != nil {
					t.Errorf("a row refers to a file that is gone: %v, %v", has, err)
				}
				if err := s.letGo(id); err != nil {
					t.Errorf("let go: %v", err)
				}
			}
		})
	}
	var erasers sync.WaitGroup
	for range 2 {
		erasers.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					if err := s.Erase(ctx, key); err != nil && !errors.Is(err, file.ErrErasing) {
						t.Errorf("erase: %v", err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	close(over)
	erasers.Wait()
}

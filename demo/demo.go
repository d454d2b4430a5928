// Package demo makes the demonstration: a synthetic province with a year of
// dossiers, so that the product can be seen at work before anybody has entered
// anything. Places, people, fees and papers are invented; the procedures are the
// national portal's, and the clocks, counters and indices are the product's own.
//
// The same seed, number and present moment make the same dossiers, rows and ids
// of them included. What the other rooms make by their verbs (units, accounts,
// versions of procedures, the trail) has ids of its own each time.
package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/unit"
)

// Options say what to make. The zero value makes 32,100 dossiers from seed 0.
type Options struct {
	Dossiers int    // how many in the year; 32,100 when 0
	Seed     uint64 // another seed makes other dossiers
	// Progress is told how many dossiers are stored, now and then and at the end,
	// from one goroutine; nil tells nobody.
	Progress func(done, total int)
}

// usual is what a district that reported 32,100 dossiers a year had.
const usual = 32_100

// A Summary tells what was made.
type Summary struct {
	Communes   int
	Former     int // communes before 01/07/2025
	Dossiers   int
	Procedures int // that the dossiers are of
	Accounts   []Account
}

// Errors of Make.
var (
	// ErrNotEmpty: there are units already, and invented dossiers must never
	// stand beside real ones.
	ErrNotEmpty = errors.New("the database has units already; the demonstration needs an empty one")
	// ErrMade: the demonstration is there, whole.
	ErrMade = errors.New("the demonstration is there already")
	// ErrUnfinished: making it was interrupted. The trail cannot be taken back,
	// so an unfinished one is thrown away with its database and begun anew.
	ErrUnfinished = errors.New("making the demonstration was interrupted here; use an empty database")
)

// The trail says that the data are invented: it holds for good and cannot be
// edited away.
const (
	thing = "demo"
	whole = "data"
	begun = "demo.begin"
	made  = "demo.made"
)

// Made reports whether the whole demonstration is in the database.
func Made(ctx context.Context, q db.Queryer) (bool, error) { return told(ctx, q, made) }

// Illustration reports whether the database holds invented data, whole or not:
// every page must say so.
func Illustration(ctx context.Context, q db.Queryer) (bool, error) { return told(ctx, q, begun) }

func told(ctx context.Context, q db.Queryer, verb string) (bool, error) {
	entries, err := audit.Of(ctx, q, thing, whole)
	if err != nil {
		return false, fmt.Errorf("is it a demonstration: %w", err)
	}
	for _, e := range entries {
		if e.Verb == verb {
			return true, nil
		}
	}
	return false, nil
}

// author is who makes it: all in the trail goes by this name.
var author = actor.System("demo")

// rooms are what the demonstration is made through: the verbs that people use.
type rooms struct {
	db         *db.DB
	book       *unit.Book
	units      *unit.Registry
	calendars  *calendar.Store
	catalogue  *procedure.Catalogue
	procedures *procedure.Registry
	accounts   *auth.Accounts
	desk       *dossier.Desk
}

func open(d *db.DB) *rooms {
	book := &unit.Book{DB: d}
	guard := auth.Guard{Tree: book}
	r := &rooms{db: d, book: book,
		units:     &unit.Registry{Book: book, Guard: guard},
		calendars: &calendar.Store{DB: d, Tree: book, Guard: guard},
		catalogue: &procedure.Catalogue{DB: d},
		accounts:  &auth.Accounts{DB: d, Guard: guard},
	}
	r.procedures = &procedure.Registry{Catalogue: r.catalogue, Guard: guard}
	r.desk = &dossier.Desk{DB: d, Guard: &guard, Units: book, Calendars: r.calendars, Procedures: r.catalogue}
	return r
}

// Make makes the demonstration in an empty, migrated database. It ends at the
// database's present moment and reaches a year back. When ctx ends Make stops
// between two writes and returns its error; what was stored by then is marked as
// unfinished. Errors: ErrNotEmpty, ErrMade, ErrUnfinished, the context's, the
// engine's.
func Make(ctx context.Context, d *db.DB, o Options) (Summary, error) {
	if o.Dossiers <= 0 {
		o.Dossiers = usual
	}
	r := open(d)
	if err := r.begin(ctx, o); err != nil {
		return Summary{}, err
	}
	p, err := r.makeProvince(ctx, communesFor(o.Dossiers))
	if err != nil {
		return Summary{}, fmt.Errorf("make the province: %w", err)
	}
	if err := r.makeStaff(ctx, p, o.Seed); err != nil {
		return Summary{}, fmt.Errorf("make the accounts: %w", err)
	}
	offered, err := r.makeCatalogue(ctx)
	if err != nil {
		return Summary{}, fmt.Errorf("make the catalogue: %w", err)
	}
	m, err := r.newMaker(ctx, o, p, offered)
	if err != nil {
		return Summary{}, err
	}
	if err := m.store(ctx, o.Progress); err != nil {
		return Summary{}, fmt.Errorf("make the dossiers: %w", err)
	}
	if err := d.Analyze(ctx); err != nil {
		return Summary{}, fmt.Errorf("count what was made: %w", err)
	}
	if err := r.enterMeasures(ctx, m); err != nil {
		return Summary{}, fmt.Errorf("enter the measures: %w", err)
	}
	if err := r.makeCriteria(ctx, p); err != nil {
		return Summary{}, fmt.Errorf("make the criteria sets: %w", err)
	}
	if err := r.makeCounter(ctx, p); err != nil {
		return Summary{}, fmt.Errorf("make a day at the counter: %w", err)
	}
	if err := r.makeKeeping(ctx, p); err != nil {
		return Summary{}, fmt.Errorf("make what leaders and keepers do: %w", err)
	}
	if err := r.makeResults(ctx, p, o.Seed); err != nil {
		return Summary{}, fmt.Errorf("publish results: %w", err)
	}
	if err := r.makeRound(ctx, p, o.Seed); err != nil {
		return Summary{}, fmt.Errorf("make a round of the PAR index: %w", err)
	}
	s := Summary{Communes: len(p.communes), Former: p.former, Dossiers: o.Dossiers, Procedures: len(offered), Accounts: Accounts()}
	return s, r.tell(ctx, made, o)
}

// begin marks the database before anything is in it.
func (r *rooms) begin(ctx context.Context, o Options) error {
	for _, x := range []struct {
		is   func(context.Context, db.Queryer) (bool, error)
		then error
	}{{Made, ErrMade}, {Illustration, ErrUnfinished}} {
		if yes, err := x.is(ctx, r.db); err != nil {
			return err
		} else if yes {
			return x.then
		}
	}
	tree, err := r.book.Today(ctx, r.db)
	if err != nil {
		return err
	}
	if tree.Len() > 0 {
		return ErrNotEmpty
	}
	return r.tell(ctx, begun, o)
}

func (r *rooms) tell(ctx context.Context, verb string, o Options) error {
	return r.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Actor: author, Verb: verb, Kind: thing, ID: whole,
			Reason: "Dữ liệu minh hoạ, không có thật", Changes: []audit.Change{
				{Field: "dossiers", To: fmt.Sprint(o.Dossiers)}, {Field: "seed", To: fmt.Sprint(o.Seed)},
			}})
	})
}

// illustration is the basis of whatever would rest on a document.
const illustration = "Minh hoạ cho bản trình diễn, không phải văn bản có thật"

// reform is the day from which communes lie under provinces.
var reform = moment.NewDate(2025, 7, 1)

// slug makes a login's part of a name: "Xã Khuê Lam" gives "khuelam".
func slug(folded string) string {
	_, name, _ := strings.Cut(folded, " ")
	return strings.ReplaceAll(name, " ", "")
}

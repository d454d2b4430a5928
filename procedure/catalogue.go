package procedure

import (
	"context"
	"slices"
	"sync"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
)

// epoch is the name under which writes tell caches that procedures changed.
const epoch = "procedure"

// A Catalogue (danh mục thủ tục hành chính) reads procedures. It keeps all of
// them in memory until some process changes one. The zero Catalogue with a DB is
// ready; share one.
type Catalogue struct {
	DB *db.DB

	once  sync.Once
	cache db.Cache[*catalogue]
}

func (c *Catalogue) all(ctx context.Context, q db.Queryer) (*catalogue, error) {
	c.once.Do(func() { c.cache.Name, c.cache.Load = epoch, load })
	return c.cache.Get(ctx, q)
}

// InForce returns the version of a procedure that holds on a day; a NotFound
// fault when there is none.
func (c *Catalogue) InForce(ctx context.Context, q db.Queryer, code string, d moment.Date) (*Version, error) {
	all, err := c.all(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, v := range all.byCode[code] {
		if v.Span().Holds(d) {
			return v, nil
		}
	}
	return nil, fault.New(fault.NotFound, "procedure.not_in_force", "Code", code, "Day", d)
}

// Nearest returns the version in force on a day or, when the catalogue begins
// later, the first one: for dossiers brought over from before it. A NotFound
// fault when there is none.
func (c *Catalogue) Nearest(ctx context.Context, q db.Queryer, code string, d moment.Date) (*Version, error) {
	all, err := c.all(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, v := range all.byCode[code] {
		if (v.To == 0 || v.To > v.From) && (v.From > d || v.Span().Holds(d)) {
			return v, nil
		}
	}
	return nil, fault.New(fault.NotFound, "procedure.not_in_force", "Code", code, "Day", d)
}

// ByID returns a version that was pinned, in force or not; a NotFound fault when
// there is none.
func (c *Catalogue) ByID(ctx context.Context, q db.Queryer, id string) (*Version, error) {
	all, err := c.all(ctx, q)
	if err != nil {
		return nil, err
	}
	if v := all.byID[id]; v != nil {
		return v, nil
	}
	return nil, fault.New(fault.NotFound, "procedure.unknown", "Version", id)
}

// Versions returns all versions of a procedure, the oldest first; nil when there
// are none.
func (c *Catalogue) Versions(ctx context.Context, q db.Queryer, code string) ([]*Version, error) {
	all, err := c.all(ctx, q)
	if err != nil {
		return nil, err
	}
	return slices.Clone(all.byCode[code]), nil
}

// Search finds versions by the words of their names in any order and without
// diacritics, or by the beginning of their code: the exact code first, then
// whole beginnings of the name, phrases, words; shorter names first. n limits
// the hits, 0 gives all.
func (c *Catalogue) Search(ctx context.Context, q db.Queryer, text string, f Filter, n int) ([]*Version, error) {
	all, err := c.all(ctx, q)
	if err != nil {
		return nil, err
	}
	if f.On == 0 {
		f.On = c.DB.Now().Date()
	}
	return all.on(f.On).index.search(text, f, n), nil
}

// Sectors returns the sectors (lĩnh vực) of the versions in force on a day with
// the number of procedures in each, in the order of their names' code points.
func (c *Catalogue) Sectors(ctx context.Context, q db.Queryer, d moment.Date) ([]Sector, error) {
	all, err := c.all(ctx, q)
	if err != nil {
		return nil, err
	}
	return slices.Clone(all.on(d).sectors), nil
}

// Level returns the procedures of a level in force on a day, by code. The list is
// shared: it is not to be changed.
func (c *Catalogue) Level(ctx context.Context, q db.Queryer, level string, d moment.Date) ([]*Version, error) {
	all, err := c.all(ctx, q)
	if err != nil {
		return nil, err
	}
	return all.on(d).levels[level], nil
}

// A Sector is a field of law and how many procedures it has.
type Sector struct {
	Name       string
	Procedures int
}

// Problems returns the open problems, those that block first, then by code and
// field. An empty reason returns those of every reason.
func (c *Catalogue) Problems(ctx context.Context, q db.Queryer, reason string) ([]Problem, error) {
	all, err := c.all(ctx, q)
	if err != nil {
		return nil, err
	}
	var codes []string
	for code := range all.byCode {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	var out []Problem
	for _, blocks := range []string{BlocksAll, BlocksArea, ""} {
		for _, code := range codes {
			for _, v := range all.byCode[code] {
				for _, p := range v.Problems {
					if p.Blocks == blocks && (reason == "" || p.Reason == reason) && v.To == 0 {
						out = append(out, p)
					}
				}
			}
		}
	}
	return out, nil
}

// Source returns the row of the export that a version was read from, as JSON by
// column; "" when a person entered it.
func (c *Catalogue) Source(ctx context.Context, q db.Queryer, version string) (string, error) {
	return db.Value[string](ctx, q, qSource, version)
}

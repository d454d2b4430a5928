package demo

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"cchc/base/moment"
	"cchc/base/table"
	"cchc/data"
	"cchc/unit"
)

// The province, which is none of Vietnam's; H99 is nobody's agency code.
const (
	provinceName = "Tỉnh Sông Mẫu"
	root         = "H99"
)

// A province is the synthetic one: communes of today, each with those that it
// was formed from.
type province struct {
	id       unit.ID
	communes []*commune
	former   int
}

// A commune is one of today's.
type commune struct {
	unit.Unit
	before []unit.ID // what it was until 30/06/2025
	weight float64   // its share of the dossiers
	staff  staff
	slug   string
}

// A place is a row of the file of places.
type place struct {
	district, before, after, area string
	weight                        float64
}

// communesFor returns how many communes a number of dossiers is spread over: 12
// for a former district's year, 124 for half a million as a province of today
// has, at most 150.
func communesFor(dossiers int) int {
	n := 12 + int(int64(dossiers-usual)*(124-12)/(500_000-usual))
	return min(max(n, 12), 150)
}

// readPlaces returns the rows of the first n communes.
func readPlaces(n int) ([]place, error) {
	t, err := table.Read(strings.NewReader(data.DemoPlaces), "district", "before", "after", "area_class", "weight")
	if err != nil {
		return nil, err
	}
	var out []place
	seen := map[string]bool{}
	for t.Next() {
		p := place{district: t.Get("district"), before: t.Get("before"), after: t.Get("after"), area: t.Get("area_class")}
		if p.weight, err = strconv.ParseFloat(t.Get("weight"), 64); err != nil {
			return nil, fmt.Errorf("line %d: weight: %w", t.Line(), err)
		}
		if seen[p.after] = true; len(seen) > n {
			return out, nil
		}
		out = append(out, p)
	}
	return out, t.Err()
}

// founded is the day from which the demonstration's units are known.
var founded = moment.NewDate(2020, 1, 1)

// makeProvince makes the province as it was, in one import, and then the reform:
// every commune of today by a merger, and the end of the districts.
func (r *rooms) makeProvince(ctx context.Context, n int) (*province, error) {
	places, err := readPlaces(n)
	if err != nil {
		return nil, err
	}
	file := &strings.Builder{}
	w := csv.NewWriter(file)
	row := func(code, name, level, parent, area string) {
		w.Write([]string{code, name, level, parent, founded.String(), area}) // into memory: no error
	}
	w.Write([]string{"code", "name", "level", "parent_code", "from", "area_class"})
	row(root, provinceName, unit.Province, "", "")
	districts := map[string]string{}
	within := map[string]int{}
	for _, p := range places {
		if districts[p.district] == "" {
			districts[p.district] = fmt.Sprintf("%s.%02d", root, 31+len(districts))
			row(districts[p.district], p.district, unit.District, root, "")
		}
		within[p.district]++
		row(fmt.Sprintf("%s.%02d", districts[p.district], 20+within[p.district]), p.before, unit.Commune, districts[p.district], p.area)
	}
	w.Flush()
	if _, err := r.units.Import(ctx, author, strings.NewReader(file.String()), illustration); err != nil {
		return nil, err
	}
	before, err := r.book.On(ctx, r.db, reform-1)
	if err != nil {
		return nil, err
	}
	top, _ := before.ByCode(root)
	p := &province{id: top.ID, former: len(places)}
	// Names are unique in the file: find each former commune by its name.
	ids := map[string]unit.ID{}
	for _, u := range before.Subtree(top.ID) {
		x, _ := before.Unit(u)
		ids[x.Name] = u
	}
	act := unit.Act{Day: reform, Basis: illustration, Note: "Sắp xếp đơn vị hành chính, bỏ cấp huyện (minh hoạ)"}
	for len(places) > 0 {
		one := places[0]
		c := &commune{weight: one.weight}
		for len(places) > 0 && places[0].after == one.after {
			c.before = append(c.before, ids[places[0].before])
			places = places[1:]
		}
		block := "Xã"
		if strings.HasPrefix(one.after, "Phường") {
			block = "Phường"
		}
		if _, err := r.units.Merge(ctx, author, unit.Merger{From: c.before, New: &unit.New{
			Code: fmt.Sprintf("%s.%03d", root, 101+len(p.communes)), Name: one.after, Level: unit.Commune, Parent: top.ID,
			Area: one.area, Block: block}}, act); err != nil {
			return nil, err
		}
		p.communes = append(p.communes, c)
	}
	for _, d := range before.Children(top.ID) {
		if err := r.units.Dissolve(ctx, author, d, top.ID, act); err != nil {
			return nil, err
		}
	}
	after, err := r.book.On(ctx, r.db, reform)
	if err != nil {
		return nil, err
	}
	for i, c := range p.communes {
		c.Unit, _ = after.ByCode(fmt.Sprintf("%s.%03d", root, 101+i))
		c.slug = slug(c.Fold)
	}
	return p, nil
}

// formerUnits returns the communes until the reform by id.
func (r *rooms) formerUnits(ctx context.Context, p *province) (map[unit.ID]unit.Unit, error) {
	tree, err := r.book.On(ctx, r.db, reform-1)
	if err != nil {
		return nil, err
	}
	out := map[unit.ID]unit.Unit{}
	for _, c := range p.communes {
		for _, b := range c.before {
			out[b], _ = tree.Unit(b)
		}
	}
	return out, nil
}

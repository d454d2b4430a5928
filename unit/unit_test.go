package unit_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/unit"
)

var (
	_ auth.Tree     = (*unit.Book)(nil)
	_ calendar.Tree = (*unit.Book)(nil)
)

var (
	ctx    = context.Background()
	system = actor.System("test")
	reform = day("2025-07-01")
)

func day(s string) moment.Date {
	d, err := moment.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func on(d moment.Date) unit.Act { return unit.Act{Day: d, Basis: "1656/NQ-UBTVQH15"} }

func registry(t testing.TB) (*unit.Registry, *db.DB) {
	d, _ := dbtest.Open(t)
	b := &unit.Book{DB: d}
	return &unit.Registry{Book: b, Guard: auth.Guard{Tree: b}}, d
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reform17 makes a province, a district and its 17 communes, and merges them
// into 5 communes of the province on 01/07/2025.
func reform17(t *testing.T, r *unit.Registry) (province, district unit.ID, old, fresh []unit.ID) {
	start := on(day("2000-01-01"))
	make := func(code, name, level string, parent unit.ID) unit.ID {
		return must[unit.ID](t)(r.Create(ctx, system, unit.New{Code: code, Name: name, Level: level, Parent: parent}, start))
	}
	province = make("70", "Tỉnh Mẫu", unit.Province, "")
	district = make("70.1", "Huyện Đồng Bằng", unit.District, province)
	for i := range 17 {
		old = append(old, make(fmt.Sprintf("70.1.%02d", i+1), fmt.Sprintf("Xã Số %d", i+1), unit.Commune, district))
	}
	for i, n := range []int{4, 4, 3, 3, 3} {
		from := old[:n]
		if i > 0 {
			from = old[[]int{0, 4, 8, 11, 14}[i]:][:n]
		}
		fresh = append(fresh, must[unit.ID](t)(r.Merge(ctx, system, unit.Merger{From: from, New: &unit.New{
			Code: fmt.Sprintf("70.%d", i+11), Name: fmt.Sprintf("Xã Mới %d", i+1), Level: unit.Commune, Parent: province}}, on(reform))))
	}
	check(t, r.Dissolve(ctx, system, district, province, on(reform)))
	return province, district, old, fresh
}

func TestSeventeenCommunesOfADistrictBecomeFiveOfTheProvince(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	province, district, old, fresh := reform17(t, r)

	before := must[*unit.Tree](t)(r.Book.On(ctx, d, reform-1))
	if got := len(before.Children(district)); got != 17 {
		t.Errorf("on 30/06/2025 the district has %d communes, want 17", got)
	}
	if before.Len() != 19 || len(before.Subtree(province)) != 19 {
		t.Errorf("on 30/06/2025 there are %d units, %d in the province, want 19", before.Len(), len(before.Subtree(province)))
	}
	if up := before.Ancestors(old[16]); !slices.Equal(up, []unit.ID{district, province}) {
		t.Errorf("Ancestors of a commune on 30/06/2025 are %v", up)
	}
	after := must[*unit.Tree](t)(r.Book.On(ctx, d, reform))
	if got := after.Children(province); !slices.Equal(got, fresh) {
		t.Errorf("on 01/07/2025 the province has %v, want %v", got, fresh)
	}
	if _, ok := after.Unit(district); ok {
		t.Error("on 01/07/2025 the district is still in force")
	}
	if u, ok := before.ByCode("70.1.17"); !ok || u.Name != "Xã Số 17" || u.To != reform || u.Parent != district {
		t.Errorf("the past reads %+v, want commune 17 as it was", u)
	}

	for i, n := range []int{4, 4, 3, 3, 3} {
		made := must[[]unit.Part](t)(r.Book.Predecessors(ctx, d, fresh[i], reform-1))
		if len(made) != n || made[0].Share != unit.Whole {
			t.Errorf("commune %d is made of %v, want %d whole units", i, made, n)
		}
	}
	next := must[[]unit.Part](t)(r.Book.Successors(ctx, d, old[16], reform))
	if len(next) != 1 || next[0] != (unit.Part{Unit: fresh[4], Share: unit.Whole}) {
		t.Errorf("commune 17 is carried on by %v, want all of it by %s", next, fresh[4])
	}
	if same := must[[]unit.Part](t)(r.Book.Successors(ctx, d, old[16], reform-1)); len(same) != 1 || same[0].Unit != old[16] {
		t.Errorf("on 30/06/2025 commune 17 is carried on by %v, want by itself", same)
	}

	// A grant in the new commune reaches what became of the old one.
	if ok := must[bool](t)(r.Book.Within(ctx, d, old[0], fresh[0])); !ok {
		t.Error("a dissolved commune is not within its successor")
	}
	if ok := must[bool](t)(r.Book.Within(ctx, d, old[0], fresh[1])); ok {
		t.Error("a dissolved commune is within somebody else's")
	}
	if ok := must[bool](t)(r.Book.Within(ctx, d, district, province)); !ok {
		t.Error("the dissolved district is not within its province")
	}
	if all := must[[]unit.ID](t)(r.Book.Extent(ctx, d, fresh[0])); len(all) != 5 || !slices.Contains(all, old[3]) {
		t.Errorf("the extent of the first new commune is %v, want it and its four predecessors", all)
	}
	if above := must[[]unit.ID](t)(r.Book.Above(ctx, d, old[0])); !slices.Equal(above, []unit.ID{old[0], district, province}) {
		t.Errorf("above a dissolved commune were %v", above)
	}

	// Created later under an old name: a new unit, and nobody's successor.
	again := must[unit.ID](t)(r.Create(ctx, system, unit.New{Code: "70.1.01", Name: "Xã Số 1", Level: unit.Commune, Parent: province}, on(day("2026-01-01"))))
	if again == old[0] {
		t.Error("a unit created under an old name has the old id")
	}
	if from := must[[]unit.Part](t)(r.Book.Predecessors(ctx, d, again, reform-1)); len(from) != 0 {
		t.Errorf("a unit created under an old name is made of %v, want nothing", from)
	}
	if vs := must[[]unit.Unit](t)(r.Book.Versions(ctx, d, old[0])); len(vs) != 1 || vs[0].To != reform {
		t.Errorf("the old commune has versions %+v, want the one that ended", vs)
	}
	compareReach(t, r.Book, d)
}

var queued = db.SQL("unittest.queued", `SELECT CAST(args AS TEXT) FROM river_job WHERE kind = 'unit.changed' ORDER BY id`)

func TestOtherRoomsAreToldWhereOpenThingsGo(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	_, district, old, fresh := reform17(t, r)
	jobs := must[[]string](t)(db.Column[string](ctx, d, queued))
	if len(jobs) != 6 {
		t.Fatalf("%d jobs for 5 mergers and a dissolution, want 6: creating tells nobody", len(jobs))
	}
	all := strings.ReplaceAll(strings.Join(jobs, "\n"), " ", "")
	for i, id := range old {
		want := fmt.Sprintf(`{"From":%q,"To":%q}`, id, fresh[[]int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}[i]])
		if !flat(all, want) {
			t.Errorf("no job moves what is open in commune %d", i+1)
		}
	}
	if !strings.Contains(all, string(district)) {
		t.Error("no job names the district")
	}
	// A refused change tells nobody.
	if _, err := r.Merge(ctx, system, unit.Merger{From: old[:1], Into: fresh[0]}, on(reform)); err == nil {
		t.Error("a unit that ended was merged again")
	}
	if n := len(must[[]string](t)(db.Column[string](ctx, d, queued))); n != 6 {
		t.Errorf("a refused merger left %d jobs, want 6", n)
	}
}

// flat finds an object whatever order the engine gave its keys.
func flat(all, want string) bool {
	from, to, _ := strings.Cut(strings.Trim(want, "{}"), ",")
	return strings.Contains(all, "{"+from+","+to+",") || strings.Contains(all, "{"+to+","+from+",")
}

func TestAnEventThatLiesAheadIsToldOnItsDay(t *testing.T) {
	t.Parallel()
	d, clock := dbtest.Open(t) // today is 23/11/2026
	b := &unit.Book{DB: d}
	r := &unit.Registry{Book: b, Guard: auth.Guard{Tree: b}}
	make := func(code, level string, parent unit.ID) unit.ID {
		return must[unit.ID](t)(r.Create(ctx, system, unit.New{Code: code, Name: code, Level: level, Parent: parent}, on(reform)))
	}
	p := make("P", unit.Province, "")
	a, c := make("A", unit.Commune, p), make("C", unit.Commune, p)
	must[unit.ID](t)(r.Merge(ctx, system, unit.Merger{From: []unit.ID{a}, Into: c}, on(day("2027-01-01"))))
	if n := must[int](t)(r.Sweep(ctx)); n != 0 || len(must[[]string](t)(db.Column[string](ctx, d, queued))) != 0 {
		t.Errorf("told of %d events ahead of their day", n)
	}
	if tree := must[*unit.Tree](t)(b.Today(ctx, d)); tree.Len() != 3 {
		t.Errorf("%d units today, want 3: the merger is tomorrow's", tree.Len())
	}
	clock.Set("2027-01-01T00:10")
	for _, want := range []int{1, 0} {
		if n := must[int](t)(r.Sweep(ctx)); n != want {
			t.Errorf("on its day Sweep told of %d events, want %d", n, want)
		}
	}
	jobs := strings.ReplaceAll(strings.Join(must[[]string](t)(db.Column[string](ctx, d, queued)), "\n"), " ", "")
	if !flat(jobs, fmt.Sprintf(`{"From":%q,"To":%q}`, a, c)) {
		t.Errorf("the job is %s, want it to move what is open in A to C", jobs)
	}
	if tree := must[*unit.Tree](t)(b.Today(ctx, d)); tree.Len() != 2 {
		t.Errorf("%d units on the day of the merger, want 2", tree.Len())
	}
}

func TestSharesFollowSplitsOverSeveralEvents(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	root := must[unit.ID](t)(r.Create(ctx, system, unit.New{Code: "1", Name: "Tỉnh", Level: unit.Province}, on(day("2000-01-01"))))
	make := func(code string) unit.ID {
		return must[unit.ID](t)(r.Create(ctx, system, unit.New{Code: code, Name: "Xã " + code, Level: unit.Commune, Parent: root}, on(day("2000-01-01"))))
	}
	a, b := make("A"), make("B")
	// A keeps 60 %, a quarter goes to B, the rest becomes C.
	into := must[[]unit.ID](t)(r.Split(ctx, system, unit.Division{Unit: a, Open: 1, Into: []unit.Piece{
		{Unit: a, Share: 6000}, {Unit: b, Share: 2500},
		{New: &unit.New{Code: "C", Name: "Xã C", Level: unit.Commune, Parent: root}, Share: 1500},
	}}, on(day("2010-01-01"))))
	c := into[2]
	// B is divided in thirds among A and two new ones, and ends.
	into = must[[]unit.ID](t)(r.Split(ctx, system, unit.Division{Unit: b, Open: -1, Into: []unit.Piece{
		{Unit: a, Share: 3334},
		{New: &unit.New{Code: "D", Name: "Xã D", Level: unit.Commune, Parent: root}, Share: 3333},
		{New: &unit.New{Code: "E", Name: "Xã E", Level: unit.Commune, Parent: root}, Share: 3333},
	}}, on(day("2020-01-01"))))
	dd, e := into[1], into[2]

	got := must[[]unit.Part](t)(r.Book.Successors(ctx, d, a, day("2020-01-01")))
	want := []unit.Part{{a, 6000 + 834}, {c, 1500}, {dd, 833}, {e, 833}}
	if !sameParts(got, want) {
		t.Errorf("Successors(A, 2020) = %v, want %v", got, want)
	}
	got = must[[]unit.Part](t)(r.Book.Predecessors(ctx, d, dd, day("2009-12-31")))
	if want = []unit.Part{{b, 3333}, {a, 833}}; !sameParts(got, want) {
		t.Errorf("Predecessors(D, 2009) = %v, want %v", got, want)
	}
	got = must[[]unit.Part](t)(r.Book.Predecessors(ctx, d, dd, day("2015-06-01")))
	if want = []unit.Part{{b, 3333}}; !sameParts(got, want) {
		t.Errorf("Predecessors(D, 2015) = %v, want %v", got, want)
	}
	jobs := strings.ReplaceAll(strings.Join(must[[]string](t)(db.Column[string](ctx, d, queued)), "\n"), " ", "")
	if !flat(jobs, fmt.Sprintf(`{"From":%q,"To":%q}`, a, b)) {
		t.Error("the first split does not send what is open in A to B")
	}
	if !flat(jobs, fmt.Sprintf(`{"From":%q,"To":""}`, b)) {
		t.Error("the second split does not leave the choice to a person")
	}
	compareReach(t, r.Book, d)
}

func sameParts(a, b []unit.Part) bool {
	if len(a) != len(b) {
		return false
	}
	for _, p := range a {
		if !slices.Contains(b, p) {
			return false
		}
	}
	return true
}

func TestChangesMakeVersionsAndTheTrailTellsThem(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	p := must[unit.ID](t)(r.Create(ctx, system, unit.New{Code: "1", Name: "Tỉnh  Một ", Level: unit.Province}, on(day("2000-01-01"))))
	q := must[unit.ID](t)(r.Create(ctx, system, unit.New{Code: "2", Name: "Tỉnh Hai", Level: unit.Province}, on(day("2000-01-01"))))
	c := must[unit.ID](t)(r.Create(ctx, system, unit.New{Code: "3", Name: "Xã Đá", Level: unit.Commune, Parent: p}, on(day("2000-01-01"))))
	check(t, r.Rename(ctx, system, c, "Phường Đá", on(day("2010-05-05"))))
	check(t, r.ChangeCode(ctx, system, c, "H1.3", on(day("2010-05-05"))))
	check(t, r.ChangeParent(ctx, system, c, q, on(day("2015-01-01"))))
	check(t, r.ChangeFacts(ctx, system, c, unit.Difficult, "II", on(day("2016-01-01"))))
	check(t, r.ChangeLevel(ctx, system, c, unit.Department, p, on(day("2017-01-01"))))
	vs := must[[]unit.Unit](t)(r.Book.Versions(ctx, d, c))
	var got []string
	for _, v := range vs {
		got = append(got, fmt.Sprintf("%s %s %s %s %v %s %s", v.From, v.Code, v.Fold, v.Level, v.Parent == p, v.Area, v.Block))
	}
	want := []string{
		"2000-01-01 3 xa da commune true  ", "2010-05-05 H1.3 phuong da commune true  ", "2015-01-01 H1.3 phuong da commune false  ",
		"2016-01-01 H1.3 phuong da commune false difficult II", "2017-01-01 H1.3 phuong da department true difficult II",
	}
	if !slices.Equal(got, want) {
		t.Errorf("versions\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	events := must[[]unit.Event](t)(r.Book.Events(ctx, d, c))
	if len(events) != 6 || events[1].Kind != unit.Renamed || events[2].Kind != unit.CodeChanged || events[1].Basis == "" {
		t.Errorf("events %+v, want 6: two changes on one day are two events", events)
	}
	trail := must[[]audit.Entry](t)(audit.Of(ctx, d, "unit", string(c)))
	if len(trail) != 6 || trail[1].Verb != "unit.rename" || trail[1].Changes[0].From != "Xã Đá" {
		t.Errorf("the trail is %+v", trail)
	}
	if other := (&unit.Book{DB: d}); len(must[[]unit.Unit](t)(other.Versions(ctx, d, c))) != 5 {
		t.Error("another book does not see the changes")
	}
	if u, _ := must[*unit.Tree](t)(r.Book.On(ctx, d, day("2000-01-01"))).Unit(p); u.Name != "Tỉnh Một" {
		t.Errorf("the name is kept as %q", u.Name)
	}
	compareReach(t, r.Book, d)
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	p, district, old, fresh := reform17(t, r)
	act := on(day("2026-01-01"))
	commune := unit.New{Code: "X", Name: "Xã X", Level: unit.Commune, Parent: p}
	with := func(edit func(*unit.New)) unit.New { n := commune; edit(&n); return n }
	create := func(n unit.New, a unit.Act) error { _, err := r.Create(ctx, system, n, a); return err }
	merge := func(m unit.Merger) error { _, err := r.Merge(ctx, system, m, act); return err }
	split := func(x unit.Division) error { _, err := r.Split(ctx, system, x, act); return err }
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no day":                     {create(commune, unit.Act{Basis: "x"}), "day: unit.day_missing"},
		"no basis":                   {create(commune, unit.Act{Day: reform, Basis: " "}), "basis: unit.basis_missing"},
		"no name":                    {create(with(func(n *unit.New) { n.Name = " " }), act), "name: unit.name_missing"},
		"a code with a blank":        {create(with(func(n *unit.New) { n.Code = "H 1" }), act), "code: unit.code_bad"},
		"a code that is too long":    {create(with(func(n *unit.New) { n.Code = strings.Repeat("1", 36) }), act), "code: unit.code_bad"},
		"a code in use":              {create(with(func(n *unit.New) { n.Code = "70.11" }), act), "unit.code_taken"},
		"a code in use at the time":  {create(with(func(n *unit.New) { n.Code = "70.1.01" }), on(day("2024-01-01"))), "unit.code_taken"},
		"a level that is none":       {create(with(func(n *unit.New) { n.Level = "thôn" }), act), "level: unit.level_unknown"},
		"an area that is none":       {create(with(func(n *unit.New) { n.Area = "moon" }), act), "area_class: unit.area_unknown"},
		"an unknown parent":          {create(with(func(n *unit.New) { n.Parent = "nobody" }), act), "parent: unit.unknown"},
		"a parent that is gone":      {create(with(func(n *unit.New) { n.Parent = district }), act), "unit.parent_not_in_force"},
		"a parent that ends later":   {create(with(func(n *unit.New) { n.Parent = district }), on(day("2020-01-01"))), "unit.parent_not_in_force"},
		"renaming nobody":            {r.Rename(ctx, system, "nobody", "x", act), "unit.unknown"},
		"renaming what is gone":      {r.Rename(ctx, system, old[0], "x", act), "unit.not_in_force"},
		"renaming before the birth":  {r.Rename(ctx, system, fresh[0], "x", on(day("2020-01-01"))), "unit.not_in_force"},
		"under itself":               {r.ChangeParent(ctx, system, p, fresh[0], act), "unit.cycle"},
		"right under itself":         {r.ChangeParent(ctx, system, p, p, act), "unit.cycle"},
		"dissolving with communes":   {r.Dissolve(ctx, system, p, "", act), "unit.has_children"},
		"dissolving into itself":     {r.Dissolve(ctx, system, fresh[0], fresh[0], act), "unit.listed_twice"},
		"dissolving into the gone":   {r.Dissolve(ctx, system, fresh[0], old[0], act), "unit.not_in_force"},
		"merging nothing":            {merge(unit.Merger{Into: fresh[0]}), "unit.from_missing"},
		"merging into two":           {merge(unit.Merger{From: fresh[1:2], Into: fresh[0], New: &commune}), "unit.into_one"},
		"merging into nothing":       {merge(unit.Merger{From: fresh[1:2]}), "unit.into_one"},
		"merging with itself":        {merge(unit.Merger{From: fresh[:2], Into: fresh[0]}), "unit.listed_twice"},
		"shares of more than all":    {split(unit.Division{Unit: fresh[0], Into: []unit.Piece{{Unit: fresh[1], Share: 9000}, {Unit: fresh[2], Share: 1001}}}), "unit.share_sum"},
		"a share of nothing":         {split(unit.Division{Unit: fresh[0], Into: []unit.Piece{{Unit: fresh[1], Share: 10000}, {Unit: fresh[2]}}}), "unit.share_bad"},
		"one piece":                  {split(unit.Division{Unit: fresh[0], Into: []unit.Piece{{Unit: fresh[1], Share: 10000}}}), "unit.into_two"},
		"the open to no piece":       {split(unit.Division{Unit: fresh[0], Open: 2, Into: []unit.Piece{{Unit: fresh[1], Share: 5000}, {Unit: fresh[2], Share: 5000}}}), "unit.open_unknown"},
		"the same piece twice":       {split(unit.Division{Unit: fresh[0], Into: []unit.Piece{{Unit: fresh[1], Share: 5000}, {Unit: fresh[1], Share: 5000}}}), "unit.listed_twice"},
		"a visitor":                  {r.Rename(ctx, actor.Actor{}, fresh[0], "x", act), "auth.sign_in"},
		"a one-stop officer":         {r.Rename(ctx, officer(actor.OneStop, p), fresh[0], "x", act), "auth.forbidden"},
		"an administrator elsewhere": {r.Rename(ctx, officer(actor.Administrator, fresh[1]), fresh[0], "x", act), "auth.forbidden"},
		"moving it out of reach":     {r.ChangeParent(ctx, officer(actor.Administrator, fresh[1]), fresh[1], fresh[0], act), "auth.forbidden"},
	} {
		if fault.As(c.err) == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v, want the fault %s", name, c.err, c.want)
		}
	}
	check(t, r.Rename(ctx, officer(actor.Administrator, p), fresh[0], "Xã Khác", act))
	if err := r.Rename(ctx, system, fresh[0], "Xã Nữa", on(day("2025-12-31"))); !fault.Is(err, fault.Conflict) {
		t.Errorf("a change before the last one gives %v, want a conflict", err)
	}
	compareReach(t, r.Book, d)
}

func officer(role actor.Role, u unit.ID) actor.Actor {
	return actor.Actor{Account: "a1", Login: "a", Grants: []actor.Grant{{Role: role, Unit: u}}}
}

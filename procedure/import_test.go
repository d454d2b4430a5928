package procedure_test

import (
	"context"
	"encoding/csv"
	"maps"
	"strings"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/data"
	"cchc/procedure"
)

var (
	ctx    = context.Background()
	system = actor.System("test")
	today  = moment.NewDate(2026, 11, 23)
)

func registry(t testing.TB) (*procedure.Registry, *db.DB) {
	d, _ := dbtest.Open(t)
	return &procedure.Registry{Catalogue: &procedure.Catalogue{DB: d}}, d
}

// sample imports the rows of the export with these codes.
func sample(t testing.TB, codes ...string) (*procedure.Registry, *db.DB) {
	r, d := registry(t)
	if _, err := r.Import(ctx, system, strings.NewReader(rows(t, nil, codes...)), "sample.csv", 0); err != nil {
		t.Fatal(err)
	}
	return r, d
}

// rows returns the header and some rows of the export, with cells replaced.
func rows(t testing.TB, cells map[string]string, codes ...string) string {
	all, err := csv.NewReader(strings.NewReader(data.Procedures)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write(all[0])
	for _, code := range codes {
		for _, r := range all[1:] {
			if r[0] == code {
				for i, column := range all[0] {
					if v, ok := cells[column]; ok {
						r[i] = v
					}
				}
				w.Write(r)
			}
		}
	}
	w.Flush()
	return b.String()
}

func inForce(t testing.TB, r *procedure.Registry, code string, d moment.Date) *procedure.Version {
	t.Helper()
	v, err := r.Catalogue.InForce(ctx, r.Catalogue.DB, code, d)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheWholeExportIsImportedOnce(t *testing.T) {
	t.Parallel()
	r, d := registry(t)
	start := time.Now()
	got, err := r.Import(ctx, system, strings.NewReader(data.Procedures), "procedures.csv", 0)
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	// Every number here was counted in the file by another program.
	want := map[string]int{
		"limit/limit_missing": 605, "limit/limit_conflict": 87, "limit/limit_channel": 213, "limit/limit_conditional": 4,
		"limit/limit_case_unit": 3, "limit/limit_area": 71, "limit/limit_by_hand": 13, "limit/limit_stray": 15,
		"fee_direct/fee_unit": 147, "fee_direct/fee_large": 1, "fee_online/fee_unit": 94, "level/level_missing": 85,
		"code/deleted": 1, "code/code_shape": 2, "decision/decision_test": 2, "decision/decision_shape": 124,
		"closes_after/days_missing": 13, "online_level/online_no_channel": 2,
	}
	if !maps.Equal(got.Problems, want) {
		t.Errorf("problems\n%v\nwant\n%v", got.Problems, want)
	}
	if got.Rows != 5652 || got.New != 5652 || got.Settled != 4740 {
		t.Errorf("%d rows, %d new, %d settled; want 5652, 5652, 4740", got.Rows, got.New, got.Settled)
	}
	if took > 20*time.Second {
		t.Errorf("the import took %v, want a few seconds", took)
	}
	for field := range got.Problems {
		_, reason, _ := strings.Cut(field, "/")
		if !i18n.Has("procedure.problem." + reason) {
			t.Errorf("no message for the problem %s", reason)
		}
	}

	again, err := r.Import(ctx, system, strings.NewReader(data.Procedures), "procedures.csv", 0)
	if err != nil || again.Same != 5652 || again.New+again.Changed != 0 {
		t.Errorf("the second import: %+v, %v; want 5652 the same", again, err)
	}
	trail, err := audit.Of(ctx, d, "procedure", "catalogue")
	if err != nil || len(trail) != 1 {
		t.Errorf("%d imports in the trail (%v), want 1: the second changed nothing", len(trail), err)
	}
	open, err := r.Catalogue.Problems(ctx, d, "")
	if err != nil || len(open) == 0 || open[0].Blocks != procedure.BlocksAll || open[len(open)-1].Blocks != "" {
		t.Errorf("%d open problems (%v), want those that block first", len(open), err)
	}
	if some, _ := r.Catalogue.Problems(ctx, d, "fee_large"); len(some) != 1 || some[0].Raw != "17500000000" && !strings.Contains(some[0].Raw, "17500000000") {
		t.Errorf("problems of fee_large: %+v", some)
	}
	if sectors, err := r.Catalogue.Sectors(ctx, d, today); err != nil || len(sectors) < 280 {
		t.Errorf("%d sectors, %v", len(sectors), err)
	}
	searchAll(t, r)
}

func TestWhatIsReadOutOfARow(t *testing.T) {
	t.Parallel()
	codes := []string{"1.115692", "1.115619", "1.001193", "2.000635", "1.000656", "1.000080", "1.001266", "1.003677",
		"1.013230", "1.004859", "1.013808", "1.115312", "1.000039", "1.000017", "1.000016", "2.000815", "1.008564", "2.000908"}
	r, _ := sample(t, codes...)
	for code, want := range map[string]struct{ limits, problem string }{
		"1.115692": {"20 working_day", "limit_area"},
		"1.115619": {"5 working_day; 1.115619.01 5 working_day; 1.115619.02 3 working_day", ""},
		"1.001193": {"0 same_day", "limit_by_hand"},
		"2.000635": {"", "limit_conflict"}, // within the day, and 15 days for one case
		"1.000656": {"", "limit_conditional"},
		"1.000080": {"12 working_day", "limit_stray"},
		"1.001266": {"3 working_day", "limit_by_hand"},
		"1.003677": {"", "limit_conflict"},
		"1.013230": {"", "limit_conflict"}, // the case stands twice, word for word
		"1.004859": {"1.004859.01 3 working_day; 1.004859.02 3 working_day; 1.004859.03 1 working_day", ""},
		"1.013808": {"", "limit_missing"},
		"1.115312": {"", "limit_conflict"},
		"1.000017": {"1 working_day", ""},
		"2.000815": {"", "limit_conditional"},
		"1.008564": {"", "limit_channel"},
		"2.000908": {"0 same_day", "limit_by_hand"},
	} {
		v := inForce(t, r, code, today)
		var limits []string
		for _, l := range v.Limits {
			limits = append(limits, strings.TrimSpace(l.Case+" "+l.Qty.String()+" "+string(l.Unit)))
		}
		var problems []string
		for _, p := range v.Problems {
			if p.Field == "limit" {
				problems = append(problems, p.Reason)
			}
		}
		if got := strings.Join(limits, "; "); code == "1.004859" && len(v.Limits) == 3 && v.Limits[0].Case == "1.004859.01" {
			// Which of the three has the one day is the file's affair.
		} else if got != want.limits {
			t.Errorf("%s has the limits %q, want %q", code, got, want.limits)
		}
		if got := strings.Join(problems, " "); got != want.problem {
			t.Errorf("%s has the problems %q, want %q", code, got, want.problem)
		}
		if v.Settled != (want.limits != "") {
			t.Errorf("%s is settled: %v", code, v.Settled)
		}
		if v.From != procedure.Beginning {
			t.Errorf("%s holds from %s, want %s", code, v.From, procedure.Beginning)
		}
	}
	v := inForce(t, r, "1.000039", today) // fees 5;10;25;… are dollars
	if len(v.FeesOf(procedure.Direct)) != 0 || v.Level != procedure.Ministry || v.OnlineLevel != procedure.None {
		t.Errorf("1.000039 is %+v", v)
	}
	v = inForce(t, r, "1.000017", today)
	if f := v.FeesOf(procedure.Post); len(f) != 1 || f[0].Amount != 50000 {
		t.Errorf("by post 1.000017 costs %v, want 50,000 as in person", f)
	}
	if v = inForce(t, r, "1.001193", today); !v.After15h || v.StopsAs != calendar.Pause || v.Level != procedure.Commune {
		t.Errorf("1.001193 is %+v", v)
	}
	source, err := r.Catalogue.Source(ctx, r.Catalogue.DB, v.ID)
	if err != nil || !strings.Contains(source, `"time_unit":"see_description"`) {
		t.Errorf("the row behind 1.001193 is %s, %v", source, err)
	}
}

func TestNamesAreComposed(t *testing.T) {
	t.Parallel()
	r, _ := registry(t)
	file := rows(t, map[string]string{"name": "Cấp giấy  phép\nxây dựng"}, "1.000017") // marks apart, a line break
	if _, err := r.Import(ctx, system, strings.NewReader(file), "x", 0); err != nil {
		t.Fatal(err)
	}
	if v := inForce(t, r, "1.000017", today); v.Name != "Cấp giấy phép xây dựng" || v.Fold != "cap giay phep xay dung" {
		t.Errorf("the name is %q, folded %q", v.Name, v.Fold)
	}
}

func TestDeletedProceduresAreNeverInForce(t *testing.T) {
	t.Parallel()
	r, d := sample(t, "1.014955-Xoa")
	if _, err := r.Catalogue.InForce(ctx, d, "1.014955-Xoa", today); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted procedure is in force: %v", err)
	}
	if _, err := r.Catalogue.Nearest(ctx, d, "1.014955-Xoa", today); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted procedure is near: %v", err)
	}
	vs, err := r.Catalogue.Versions(ctx, d, "1.014955-Xoa")
	if err != nil || len(vs) != 1 || vs[0].Settled {
		t.Errorf("versions %+v, %v: want one, not settled", vs, err)
	}
	err = r.Settle(ctx, system, vs[0].ID, procedure.Settlement{Basis: "x", Limits: []procedure.Limit{{Limit: days(3)}}})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("a deleted procedure was settled: %v", err)
	}
}

func TestAChangedRowMakesAVersionAndKeepsWhatPeopleEntered(t *testing.T) {
	t.Parallel()
	r, d := sample(t, "1.000656", "1.000017")
	old := inForce(t, r, "1.000656", today)
	check(t, r.Settle(ctx, system, old.ID, procedure.Settlement{Basis: "Điều 34 Luật Hộ tịch",
		Limits: []procedure.Limit{{Limit: calendar.Limit{Unit: calendar.SameDay}}}}))
	check(t, r.SetSteps(ctx, system, old.ID, "", procedure.ProposeSteps(calendar.Limit{Unit: calendar.SameDay})))
	check(t, r.SetPapers(ctx, system, old.ID, []procedure.Paper{{Name: "Giấy báo tử", Originals: 1, Required: true}}))

	// Another decision, the same limit: all is kept.
	file := rows(t, map[string]string{"decision": "1/QĐ-BTP"}, "1.000656")
	got, err := r.Import(ctx, system, strings.NewReader(file), "x", today)
	if err != nil || got.Changed != 1 || got.Absent != 1 {
		t.Fatalf("import: %+v, %v; want 1 changed, 1 absent", got, err)
	}
	if v := inForce(t, r, "1.000656", today-1); v.ID != old.ID || v.To != today {
		t.Errorf("yesterday's version is %s until %s, want the old one until today", v.ID, v.To)
	}
	v := inForce(t, r, "1.000656", today)
	if v.ID == old.ID || v.Decision != "1/QĐ-BTP" || !v.Settled || len(v.Steps) != 4 || len(v.Papers) != 1 {
		t.Errorf("the new version is %+v, want it settled with steps and papers", v)
	}
	if pinned, err := r.Catalogue.ByID(ctx, d, old.ID); err != nil || len(pinned.Steps) != 4 || pinned.Decision != "163/QĐ-BTP" {
		t.Errorf("the pinned version reads %+v, %v", pinned, err)
	}

	// Another limit, on the same day: from tomorrow, and to be settled anew.
	file = rows(t, map[string]string{"resolved_time": "03 ngày LV (+05 khi xác minh)"}, "1.000656")
	if _, err := r.Import(ctx, system, strings.NewReader(file), "x", today); err != nil {
		t.Fatal(err)
	}
	v = inForce(t, r, "1.000656", today+1)
	if v.From != today+1 || v.Settled || len(v.Steps) != 0 || len(v.Papers) != 1 {
		t.Errorf("the third version is %+v, want it from tomorrow, not settled, with papers", v)
	}
}

func TestImportNamesTheWrongCell(t *testing.T) {
	t.Parallel()
	r, _ := registry(t)
	for want, file := range map[string]string{
		"Line=2 Column=code Value=;": rows(t, map[string]string{"code": ""}, "1.000017"),
		"Line=3 Column=code Value=1": rows(t, map[string]string{"code": "1"}, "1.000017", "1.000016"),
		"table.column_missing":       "code,name\n1,x\n",
	} {
		if _, err := r.Import(ctx, system, strings.NewReader(file), "x", 0); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func days(n int64) calendar.Limit {
	return calendar.Limit{Qty: calendar.Quantity(n * 1000), Unit: calendar.WorkingDay}
}

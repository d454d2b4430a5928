package app

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/live"
	"cchc/base/moment"
	"cchc/calendar"
	"cchc/dossier"
	"cchc/procedure"
	"cchc/serviceindex"
	"cchc/unit"
)

func run(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestCommandsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows := filepath.Join(dir, "rows.csv")
	if err := os.WriteFile(rows, []byte("unit,metric,numerator,denominator\nA,ON_TIME_RATE,1,2\nB,NO_SUCH,1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, says []string }{
		{[]string{"due"}, []string{"--received"}},
		{[]string{"due", "--received", "yesterday", "--limit", "1"}, []string{"--received", "yesterday"}},
		{[]string{"due", "--received", "2026-11-23T09:00"}, []string{"--limit"}},
		{[]string{"due", "--received", "2026-11-23T09:00", "--limit", "1", "--in", "moon"}, []string{"--in", "moon"}},
		{[]string{"due", "--received", "2026-11-23T09:00", "--limit", "1", "--stop", "a..b", "--as", "pause"}, []string{"--stop"}},
		{[]string{"due", "--received", "2026-11-23T09:00", "--limit", "1", "--stop", "2026-11-24T09:00.."}, []string{"--as"}},
		{[]string{"score766", "--csv", rows}, []string{rows, "line 3", "metric"}},
		{[]string{"score766", "--csv", filepath.Join(dir, "none.csv")}, []string{"none.csv"}},
		{[]string{"report", "ii06a", "--from", "2026-09-01"}, []string{"--to"}},
		{[]string{"report", "ii06a", "--from", "2026-09-31", "--to", "2026-10-01"}, []string{"--from"}},
		{[]string{"report", "07a", "--from", "2026-09-01", "--to", "2026-09-30", "--by", "person"}, []string{"--by", "officer"}},
		{[]string{"demo", "--dossiers", "0", "--data", dir}, []string{"--dossiers"}},
		{[]string{"nonsense"}, []string{"nonsense"}},
	} {
		code, out, errOut := run(t, c.args...)
		if code == 0 || out != "" {
			t.Errorf("%v: exit %d, printed %q", c.args, code, out)
		}
		for _, s := range c.says {
			if !strings.Contains(strings.ToLower(errOut), strings.ToLower(s)) {
				t.Errorf("%v: says %q, want %q in it", c.args, errOut, s)
			}
		}
	}
}

// commune makes a commune under a province with one procedure of 3 working days.
func commune(t testing.TB) (*rooms, *dbtest.Clock, unit.ID, unit.ID) {
	t.Helper()
	return communeIn(t, dbtest.DSN(t))
}

// communeIn is commune in a database that is migrated.
func communeIn(t testing.TB, dsn string) (*rooms, *dbtest.Clock, unit.ID, unit.ID) {
	t.Helper()
	ctx := context.Background()
	clock := &dbtest.Clock{}
	r, err := openRooms(ctx, dsn, db.Options{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	act := unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "Nghị quyết thử nghiệm"}
	province, err := r.registry.Create(ctx, operator, unit.New{Code: "H99", Name: "Tỉnh Sông Mẫu", Level: "province"}, act)
	if err != nil {
		t.Fatal(err)
	}
	u, err := r.registry.Create(ctx, operator, unit.New{Code: "H99.101", Name: "Xã Gio Hải", Level: "commune", Parent: province}, act)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.editor.NewVersion(ctx, operator, procedure.Version{Code: "1.001193", Name: "Đăng ký khai sinh", Sector: "Hộ tịch", Level: procedure.Commune,
		Channels: procedure.Channels, From: act.Day, Limits: []procedure.Limit{{Limit: calendar.Limit{Qty: 3000, Unit: calendar.WorkingDay}}}}, "QĐ thử nghiệm")
	if err != nil {
		t.Fatal(err)
	}
	return r, clock, province, u
}

func receive(t testing.TB, r *rooms, u unit.ID) dossier.Dossier {
	t.Helper()
	d, err := r.desk.Receive(context.Background(), operator, dossier.Application{Unit: u, Procedure: "1.001193", Channel: dossier.Online,
		Person: dossier.Person{Name: "Nguyễn Văn A", Phone: "0905123456"}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The main job: a dossier moves the index of its commune and of the province at
// once, whoever watches the province is told, and the score opens to the dossier.
func TestTheIndexMovesWithTheDossierAndOpensToIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, province, u := commune(t)
	period := serviceindex.PeriodOn(serviceindex.Month, r.db.Now().Date())
	onTime := func(of unit.ID) (num, den int64) {
		report, err := r.index.Of(ctx, operator, of, period)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range report.Score.Groups {
			for _, m := range g.Metrics {
				if m.Metric.Code == "ON_TIME_RATE" {
					return m.Value.Num, m.Value.Den
				}
			}
		}
		t.Fatal("no ON_TIME_RATE")
		return 0, 0
	}
	watch := r.hub.Subscribe("unit/" + string(province))
	defer watch.Close()
	fine, late := receive(t, r, u), receive(t, r, u)
	if err := r.desk.Finish(ctx, operator, fine.Code, dossier.Result{}); err != nil {
		t.Fatal(err)
	}
	for _, of := range []unit.ID{u, province} {
		if num, den := onTime(of); num != 1 || den != 1 {
			t.Errorf("after one on time: %d/%d, want 1/1", num, den)
		}
	}
	if n, ok := watch.Next(ctx); !ok || n == (live.Notice{}) {
		t.Error("nobody told the province's board")
	}
	clock.Set("2026-11-30T09:00") // due 27/11: the clock alone makes it late
	for _, of := range []unit.ID{u, province} {
		if num, den := onTime(of); num != 1 || den != 2 {
			t.Errorf("overdue: %d/%d, want 1/2", num, den)
		}
	}
	list, err := r.index.Behind(ctx, operator, province, period, "ON_TIME_RATE", serviceindex.PartRest)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Dossiers) != 1 || list.Dossiers[0].Code != late.Code {
		t.Errorf("behind what is missing: %+v, want %s", list.Dossiers, late.Code)
	}
}

// A merger moves what is open by the job that its event enqueues.
func TestAMergerReachesTheDossiersByItsJob(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, clock, province, u := commune(t)
	d := receive(t, r, u)
	clock.Set("2026-12-02T09:00")
	other, err := r.registry.Create(ctx, operator, unit.New{Code: "H99.102", Name: "Xã Cao An", Level: "commune", Parent: province},
		unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "NQ 0"})
	if err != nil {
		t.Fatal(err)
	}
	jobs := r.newRunner()
	if err := jobs.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer jobs.Stop(ctx)
	watch := r.hub.Subscribe("unit/" + string(province))
	defer watch.Close()
	into, err := r.registry.Merge(ctx, operator, unit.Merger{From: []unit.ID{u, other},
		New: &unit.New{Code: "H99.201", Name: "Xã Hải Bình", Level: "commune", Parent: province}}, unit.Act{Day: moment.NewDate(2026, 12, 1), Basis: "NQ 1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := watch.Next(ctx); !ok { // told when the job has moved it
		t.Fatal("the board was not told")
	}
	w, err := r.desk.ByCode(ctx, r.db, actor.System("test"), d.Code)
	if err != nil {
		t.Fatal(err)
	}
	if w.State.Unit != into || w.Due != d.Due || w.Promised != u {
		t.Errorf("after the merger: unit %s, due %s; want %s and %s", w.State.Unit, w.Due, into, d.Due)
	}
}

package dossier_test

import (
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/table"
	"cchc/dossier"
	"cchc/dossier/dossiertest"
)

// An export knows the status of today and when it was reached: each status becomes
// the facts that it implies, and a later export goes on from there.
func TestStatusesOfAnotherSystemBecomeFactsAndGoOn(t *testing.T) {
	t.Parallel()
	o := dossiertest.Desk(t)
	head := "id,channel,received,due,status,status_at,finished,returned\n"
	take := func(rows string) dossier.Outcome {
		t.Helper()
		out, err := o.Desk.ImportTable(t.Context(), actor.System("test"), func() (*table.Reader, error) {
			text := head + rows
			return table.Open(strings.NewReader(text), int64(len(text)), table.Spec{Columns: dossier.ImportColumns})
		}, dossier.Import{System: "cũ", Unit: o.Commune})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	status := func(code string) dossier.Dossier {
		t.Helper()
		w, err := o.Desk.ByCode(t.Context(), o.DB, actor.System("test"), code)
		if err != nil {
			t.Fatal(err)
		}
		return w.Dossier
	}
	rows := ""
	for i, at := range []string{"", "", "", "2026-11-03", "", "2026-11-04", "2026-11-04", "2026-11-05", "2026-11-06", "2026-11-06", "2026-11-09"} {
		if i > 0 {
			rows += "S" + string(rune('0'+i)) + ",direct,2026-11-02T08:00,2026-11-10," + strings.TrimSpace(string([]rune("0123456789X")[i])) + "," + at + ",,\n"
		}
	}
	rows = strings.ReplaceAll(rows, ",X,", ",10,")
	rows = strings.ReplaceAll(rows, "S:", "S10")
	if out := take(rows); out.New != 10 || out.WrongRows != 0 {
		t.Fatalf("ten statuses gave %+v", out)
	}
	for i, code := range []string{"S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10"} {
		if d := status(code); int(d.Status()) != i+1 || !d.ExternalDue {
			t.Errorf("%s has status %d, want %d", code, d.Status(), i+1)
		}
	}
	if out := take(rows); out.Same != 10 || out.Changed+out.New+out.WrongRows != 0 {
		t.Errorf("the same export again gave %+v", out)
	}
	// A week later: accepted, supplied, met, kept, finished.
	out := take("S1,direct,2026-11-02T08:00,2026-11-10,4,2026-11-12,,\nS5,direct,2026-11-02T08:00,2026-11-10,4,2026-11-12,,\n" +
		"S6,direct,2026-11-02T08:00,2026-11-10,9,2026-11-13,,\nS7,direct,2026-11-02T08:00,2026-11-10,4,2026-11-12,,\nS9,direct,2026-11-02T08:00,2026-11-10,10,2026-11-14,2026-11-06,\n")
	if out.Changed != 5 || out.WrongRows != 0 {
		t.Errorf("a later export gave %+v", out)
	}
	for code, want := range map[string]dossier.Status{"S1": dossier.InProgress, "S5": dossier.InProgress, "S6": dossier.Finished, "S7": dossier.InProgress, "S9": dossier.HandedOver} {
		if d := status(code); d.Status() != want {
			t.Errorf("%s has status %d later, want %d", code, d.Status(), want)
		}
	}
	// What cannot be is named.
	out = take("T1,direct,2026-11-02,,5,,,\nT2,direct,2026-11-02,,4,,2026-11-05,\nT3,direct,2026-11-02,,77,,,\n")
	want := []string{"status_time", "status_contradicts", "dossier.import_status"}
	for i, f := range out.Wrong {
		if !strings.Contains(f.Error(), want[i]) {
			t.Errorf("row %d is refused by %v, want %s", i+1, f, want[i])
		}
	}
	if out.WrongRows != 3 || out.New != 0 {
		t.Errorf("three wrong rows gave %+v", out)
	}
	o.Clean(t)
}

package dossierweb_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"cchc/dossier/dossiertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The same facts give the same page: a form printed again is the same form.
func TestFormsPrintTheSamePageForTheSameFacts(t *testing.T) {
	t.Parallel()
	d := sit(t, anOfficer)
	x := d.Receive(t, dossiertest.Land)
	d.Clock.Set("2026-11-24T08:00")
	d.Post("/dossiers/"+x.Code+"/apologise", "reason", "Chờ đo đạc", "until", "30/12/2026").Is(303)
	d.Post("/dossiers/"+x.Code+"/supplement", "reason", "1. Bản vẽ\n2. Đơn", "supply_by", "30/11/2026").Is(303)
	d.Post("/dossiers/"+x.Code+"/stop", "reason", "Không bổ sung").Is(303)
	y := d.Receive(t, dossiertest.Birth)
	d.Post("/dossiers/"+y.Code+"/refuse", "reason", "Không đủ điều kiện").Is(303)
	pages := map[string]string{"01": x.Code + "/receipt", "02": x.Code + "/forms/02", "03": y.Code + "/forms/03",
		"04": x.Code + "/forms/04", "05": x.Code + "/forms/05", "06": x.Code + "/forms/06"}
	again := func(name string) string { return d.Get("/dossiers/"+pages[name]).Is(200).Text("main") + "\n" }
	first := map[string]string{}
	for name := range pages {
		first[name] = again(name)
	}
	d.Clock.Set("2026-11-24T16:30") // printed again later
	d.enter(d.Officer)
	for name := range pages {
		got := again(name)
		if got != first[name] {
			t.Errorf("form %s printed later is another:\n%s\n%s", name, first[name], got)
		}
		file := filepath.Join("testdata", "form-"+name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("form %s is not the one of %s:\n got %s\nwant %s", name, file, got, want)
		}
	}
}

package demo

import (
	"math/rand/v2"
	"regexp"
	"testing"

	"cchc/base/i18n"
	"cchc/base/moment"
)

func TestIDsAreOfTheirMoment(t *testing.T) {
	t.Parallel()
	at := moment.NewDate(2026, 11, 23).At(9 * 3600)
	rng := rand.New(rand.NewPCG(1, 1))
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for i := range 1000 {
		id := newID(rng, at+moment.Instant(i))
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("newID = %s: not a UUIDv7, or twice", id)
		}
		seen[id] = true
	}
	if a, b := newID(rng, at), newID(rng, at+1); a >= b {
		t.Errorf("ids of a later moment sort later: %s, %s", a, b)
	}
	if s := newToken(rng); !regexp.MustCompile(`^[A-Z2-7]{26}$`).MatchString(s) {
		t.Errorf("newToken = %q", s)
	}
	if a, b := newToken(rand.New(rand.NewPCG(1, 5))), newToken(rand.New(rand.NewPCG(2, 5))); a == b {
		t.Errorf("two seeds make the same token %s", a)
	}
}

func TestHowManyCommunes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{1: 12, 32_100: 12, 266_000: 67, 500_000: 124, 1_000_000: 150} {
		if got := communesFor(n); got != want {
			t.Errorf("communesFor(%d) = %d, want %d", n, got, want)
		}
	}
	places, err := readPlaces(150)
	if err != nil {
		t.Fatal(err)
	}
	names, slugs := map[string]bool{}, map[string]bool{}
	for i, p := range places {
		if i == 0 || places[i-1].after != p.after {
			if names[p.after] {
				t.Errorf("%s is there twice", p.after)
			}
			names[p.after] = true
			s := slug(i18n.Fold(p.after))
			if slugs[s] {
				t.Errorf("%s has the login of another: %s", p.after, s)
			}
			slugs[s] = true
		}
		if names[p.before] {
			t.Errorf("%s is there twice", p.before)
		}
		names[p.before] = true
	}
	if len(names) != 150+len(places) {
		t.Errorf("%d names of %d places", len(names), len(places))
	}
}

func TestAWheelKeepsItsWeights(t *testing.T) {
	t.Parallel()
	w := newWheel([]float64{1, 0, 3})
	rng := rand.New(rand.NewPCG(1, 1))
	var n [3]int
	for range 4000 {
		n[w.spin(rng)]++
	}
	if n[1] != 0 || n[0] < 900 || n[0] > 1100 {
		t.Errorf("spins %v of weights 1, 0, 3", n)
	}
}

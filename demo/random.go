package demo

import (
	"fmt"
	"math"
	"math/rand/v2"

	"cchc/base/moment"
)

// Streams of one seed, so that more of one thing leaves the others as they were.
// A day's dossiers have the stream of the day.
const (
	streamStaff = 1<<40 + iota
	streamPlan
	streamMeasures
)

// chance is true with probability p.
func chance(rng *rand.Rand, p float64) bool { return rng.Float64() < p }

// between returns a number from lo up to hi.
func between(rng *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }

// spread returns a factor around 1 that is rarely beyond e^±2s.
func spread(rng *rand.Rand, s float64) float64 { return math.Exp(s * rng.NormFloat64()) }

// newID makes an id in the form of db.NewID, a UUIDv7, of a given moment and
// this stream, so that two runs make the same.
func newID(rng *rand.Rand, at moment.Instant) string {
	a, b := rng.Uint64(), rng.Uint64()
	return fmt.Sprintf("%08x-%04x-7%03x-%04x-%012x", uint64(at)>>16, uint64(at)&0xffff, a&0xfff, 0x8000|a>>12&0x3fff, b&0xffff_ffff_ffff)
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// newToken makes what rand.Text makes, from this stream.
func newToken(rng *rand.Rand) string {
	t := make([]byte, 26)
	for i := 0; i < len(t); i += 13 {
		for j, n := i, rng.Uint64(); j < i+13; j, n = j+1, n>>5 {
			t[j] = letters[n&31] // 13 × 5 bits of 64: the last letter has four
		}
	}
	return string(t)
}

// A wheel picks an index with the probability of its weight.
type wheel []float64

func newWheel(weights []float64) wheel {
	w := make(wheel, len(weights))
	sum := 0.0
	for i, x := range weights {
		sum += x
		w[i] = sum
	}
	return w
}

func (w wheel) spin(rng *rand.Rand) int {
	x := rng.Float64() * w[len(w)-1]
	lo, hi := 0, len(w)-1
	for lo < hi {
		if m := (lo + hi) / 2; w[m] > x {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}

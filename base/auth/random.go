package auth

import (
	"crypto/rand"
	"strings"
)

// legible leaves out what looks like something else: l 1 i, o 0.
const legible = "abcdefghjkmnpqrstuvwxyz23456789"

// alike has for every sign one that cannot be mistaken for another, once l and i are
// read as 1 and o as 0 (Crockford's base 32: no u).
const alike = "0123456789abcdefghjkmnpqrstvwxyz"

// groups returns n groups of so many legible characters, with hyphens between.
func groups(n, of int) string { return groupsOf(legible, n, of) }

func groupsOf(legible string, n, of int) string {
	var b strings.Builder
	one := make([]byte, 1)
	for i := 0; i < n*of; {
		rand.Read(one) // never fails
		if int(one[0]) >= 256/len(legible)*len(legible) {
			continue // or some characters would come more often
		}
		if i > 0 && i%of == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(legible[int(one[0])%len(legible)])
		i++
	}
	return b.String()
}

// Code makes a code that somebody copies from one screen to another: twelve
// characters in groups, in capitals.
func Code() string { return strings.ToUpper(groups(3, 4)) }

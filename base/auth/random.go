package auth

import (
	"crypto/rand"
	"strings"
)

// legible leaves out what looks like something else: l 1 i, o 0.
const legible = "abcdefghjkmnpqrstuvwxyz23456789"

// groups returns n groups of so many legible characters, with hyphens between.
func groups(n, of int) string {
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

package auth

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"cchc/base/fault"
)

const (
	// MinPassword is the fewest characters of a password. Length is what resists
	// guessing; with throttled sign-in twelve are beyond reach, and rules on kinds
	// of characters only make people write passwords down.
	MinPassword = 12
	// MaxPassword is the most bytes: nobody's password is longer, and hashing is
	// work that a visitor can ask for.
	MaxPassword = 256
)

// params are argon2id's least costly ones that OWASP still recommends: 19 MB,
// two passes; 47 ms on a core of 2025.
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// slots bounds how many hashes are made at once, for the whole process: each
// takes 19 MB and a core, and visitors can ask for many.
var slots = make(chan struct{}, hashesAtOnce(runtime.GOMAXPROCS(0)))

// hashesAtOnce leaves a core to everything else: on a morning when all sign in at once
// the counter goes on, and who signs in waits a little longer.
func hashesAtOnce(cores int) int { return max(1, cores-1) }

// waiting counts those who wait for a slot.
var waiting atomic.Int64

// Hashing returns how many hashes are being made, and how many wait for their turn.
func Hashing() (busy, wait int) { return len(slots), int(waiting.Load()) }

// inSlot runs f when a slot is free, or returns the context's error.
func inSlot(ctx context.Context, f func() error) error {
	waiting.Add(1)
	select {
	case slots <- struct{}{}:
		waiting.Add(-1)
		defer func() { <-slots }()
		return f()
	case <-ctx.Done():
		waiting.Add(-1)
		return ctx.Err()
	}
}

func hashPassword(ctx context.Context, password string) (hash string, err error) {
	err = inSlot(ctx, func() (err error) {
		hash, err = createHash(password, params)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// nobody is the hash of no password, with the same parameters as every other: a
// login that does not exist takes as long as one that does.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// createHash and checkHash are the work of making a password's hash and of looking at
// one; tests count it.
var (
	createHash = argon2id.CreateHash
	checkHash  = argon2id.CheckHash
)

// verifyPassword reports whether password is the one behind hash, and whether
// the hash was made with other parameters than today's.
func verifyPassword(ctx context.Context, password, hash string) (ok, old bool, err error) {
	err = inSlot(ctx, func() error {
		match, made, err := checkHash(password, hash)
		ok, old = match, made != nil && *made != *params
		return err
	})
	if err != nil {
		return false, false, fmt.Errorf("verify a password: %w", err)
	}
	return ok, old, nil
}

// fewGuesses is how many guesses a password must withstand of somebody who knows
// what people choose.
const fewGuesses = 1e6

// guessable reports whether a password is one of the usual ones (a list of the
// most used, dictionaries, Vietnamese words, years, rows of keys, repetitions), as
// zxcvbn estimates. Longer ones than those it looks at are none of the usual.
func guessable(password, login string) bool {
	const looked = 64
	if len(password) > looked {
		return false
	}
	return guesses(password, []string{login, "cchc"}) < fewGuesses
}

// checkPassword adds to f what is wrong with a new password for login, of somebody
// who works in units of these names.
func checkPassword(f *fault.Fault, field, login, password string, units ...string) {
	switch {
	case utf8.RuneCountInString(password) < MinPassword:
		f.With(field, "auth.password_short", "Min", MinPassword)
	case len(password) > MaxPassword:
		f.With(field, "auth.password_long", "Max", MaxPassword)
	case login != "" && (strings.Contains(strings.ToLower(password), login) || strings.Contains(letters(password), letters(login))):
		f.With(field, "auth.password_login")
	case names(password, units):
		f.With(field, "auth.password_unit")
	case guessable(password, login):
		f.With(field, "auth.password_common")
	}
}

package receipt

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxCheckpoint is the longest text that is read as a checkpoint: co-signatures of
// many units fit in it.
const MaxCheckpoint = 16 << 10

// A Checkpoint (điểm chốt) says what the log was at a moment: so many entries, with
// this root. Who signed it cannot deny it later.
type Checkpoint struct {
	Origin string // which log
	Size   int64
	Root   tlog.Hash
	At     int64 // milliseconds since 1970 UTC
}

// ErrCheckpoint says that a text is no checkpoint.
var ErrCheckpoint = errors.New("not a checkpoint")

const timeLine = "time "

// Text is what is signed: origin, size, root, and the time as an extension line.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n" + timeLine + strconv.FormatInt(c.At, 10) + "\n"
}

// ParseCheckpoint reads what was signed. A log of another program may have other
// extension lines, or none: At is zero then.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(text) > MaxCheckpoint || len(lines) < 4 || lines[len(lines)-1] != "" || lines[0] == "" {
		return Checkpoint{}, ErrCheckpoint
	}
	c := Checkpoint{Origin: lines[0]}
	var err error
	if c.Size, err = number(lines[1]); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: the size %q is not a number", ErrCheckpoint, shown(lines[1]))
	}
	if c.Root, err = parseHash(lines[2]); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: the root %q is not a hash", ErrCheckpoint, shown(lines[2]))
	}
	for _, l := range lines[3 : len(lines)-1] {
		if l == "" {
			return Checkpoint{}, ErrCheckpoint
		}
		if t, ok := strings.CutPrefix(l, timeLine); ok {
			if c.At, err = number(t); err != nil {
				return Checkpoint{}, fmt.Errorf("%w: the time %q is not a number", ErrCheckpoint, shown(t))
			}
		}
	}
	return c, nil
}

// number reads a number that is not negative, written in the one way there is.
func number(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, errors.New("not a number")
	}
	return n, nil
}

func parseHash(s string) (tlog.Hash, error) {
	h, err := tlog.ParseHash(s)
	if err == nil && base64.StdEncoding.EncodeToString(h[:]) != s {
		err = errors.New("not a hash as it is written")
	}
	return h, err
}

func shown(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return s
}

// Sign signs a checkpoint.
func Sign(c Checkpoint, by ...note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.Text()}, by...)
}

// Open reads a signed checkpoint. Every signature by one of the keys must hold, and
// there must be one at least by a key of the log itself, which bears its name.
func Open(signed []byte, keys Keys) (Checkpoint, *note.Note, error) {
	if len(signed) > MaxCheckpoint {
		return Checkpoint{}, nil, ErrCheckpoint
	}
	n, err := note.Open(signed, keys.list())
	if err != nil {
		return Checkpoint{}, nil, err
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	for _, s := range slices.Concat(n.Sigs, n.UnverifiedSigs) {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil { // there is one way to write it
			return Checkpoint{}, nil, fmt.Errorf("%w: a signature is not written as signatures are", ErrCheckpoint)
		}
	}
	for _, s := range n.Sigs {
		if s.Name == c.Origin {
			return c, n, nil
		}
	}
	return Checkpoint{}, nil, fmt.Errorf("the checkpoint of %q is not signed by that log", shown(c.Origin))
}

// Peek reads a checkpoint without looking at any signature: to learn which log, and
// so which key, it is about.
func Peek(signed []byte) (Checkpoint, error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok || len(signed) > MaxCheckpoint {
		return Checkpoint{}, ErrCheckpoint
	}
	return ParseCheckpoint(text + "\n")
}

// Keys are public keys, as they are written: NAME+ID+KEY.
type Keys []note.Verifier

// ParseKeys reads public keys: of logs and of those who co-sign.
func ParseKeys(texts ...string) (Keys, error) {
	var out Keys
	for _, t := range texts {
		v, err := parseKey(strings.TrimSpace(t))
		if err != nil {
			return nil, fmt.Errorf("public key %q: %w", shown(t), err)
		}
		out = append(out, v)
	}
	return out, nil
}

func (k Keys) list() note.Verifiers { return note.VerifierList(k...) }

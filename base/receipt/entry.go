// Package receipt is what a stranger needs to check the log of the audit trail: the
// hash of an entry, a signed checkpoint, a proof that an entry is in it, and the
// receipt (giấy xác nhận) that puts them together. It knows no database and no
// network: a receipt is verified with a public key alone.
//
// The log is a Merkle tree as in RFC 6962 (golang.org/x/mod/sumdb/tlog); checkpoints
// are signed notes (golang.org/x/mod/sumdb/note) in the form of C2SP tlog-checkpoint,
// and co-signatures in that of C2SP tlog-cosignature: other people's tools read them.
package receipt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// SaltSize is how many bytes a salt has.
const SaltSize = 16

// An Entry is an entry of the audit trail as it is stored: its fixed part (who, what,
// on what, when), and its text (what changed, and why). The text may hold words that
// people typed: it has a salt of its own, and when the words are erased the salt goes
// too and only Hash stays.
type Entry struct {
	ID      string
	At      int64 // milliseconds since 1970 UTC
	Account string
	Behalf  string // account in whose place it was done, or ""
	Verb    string
	Kind    string // of the thing
	Object  string // the thing's id
	Unit    string
	Changes string // JSON, byte for byte as stored
	Reason  string

	Salt []byte // of the text; nil when it was erased
	Hash []byte // of the text, where Salt is nil
}

// Erased reports whether the text was erased.
func (e Entry) Erased() bool { return e.Salt == nil }

// Fixed is the hash of the fixed part. What is in it never changes and names nobody:
// accounts and things are random ids, and the entry's own, with 62 random bits, keeps
// the rest from being guessed.
func (e Entry) Fixed() []byte {
	h := sha256.New()
	io.WriteString(h, "cchc fixed v1\n")
	fields(h, e.ID, strconv.FormatInt(e.At, 10), e.Account, e.Behalf, e.Verb, e.Kind, e.Object, e.Unit)
	return h.Sum(nil)
}

// Text is the salted hash of the text; of an erased one, what was kept of it.
func (e Entry) Text() []byte {
	if e.Erased() {
		return e.Hash
	}
	return TextHash(e.Salt, e.Changes, e.Reason)
}

// TextHash is the salted hash of a text.
func TextHash(salt []byte, changes, reason string) []byte {
	h := hmac.New(sha256.New, salt)
	io.WriteString(h, "cchc text v1\n")
	fields(h, changes, reason)
	return h.Sum(nil)
}

// fields writes texts so that no two lists of them look alike: each after its length.
func fields(w io.Writer, list ...string) {
	for _, s := range list {
		io.WriteString(w, strconv.Itoa(len(s))+":"+s+",")
	}
}

// Record is what the log has of an entry, which is its index-th from 0: its place, two
// hashes, and no value. The place is in it so that two entries that were exchanged show.
func (e Entry) Record(index int64) []byte {
	enc := base64.StdEncoding
	return []byte("cchc log entry v1\n" + strconv.FormatInt(index, 10) + "\n" + enc.EncodeToString(e.Fixed()) + "\n" + enc.EncodeToString(e.Text()) + "\n")
}

// Leaf is the entry's leaf in the tree.
func (e Entry) Leaf(index int64) tlog.Hash { return tlog.RecordHash(e.Record(index)) }

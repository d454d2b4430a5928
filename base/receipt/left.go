package receipt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
)

// RedactedField is the field of an erasing act's changes that says out of which entries
// it took words, and what it left of each: ID:HASH, with spaces between.
const RedactedField = "redacted"

// LeftHash is the salted hash of what an erasing left of an entry: before is the hash of
// the text that the log has. The salt lies beside the data and is exchanged when words
// are taken out of the entry once more: what was left before can then not be guessed.
func LeftHash(salt []byte, id string, before []byte, changes, reason string) string {
	h := hmac.New(sha256.New, salt)
	io.WriteString(h, "cchc left v1\n")
	fields(h, id, string(before), changes, reason)
	return hex.EncodeToString(h.Sum(nil))
}

// Left returns what the changes of an erasing act say that it left: the hash by entry.
func Left(changes string) map[string]string {
	if !strings.Contains(changes, `"`+RedactedField+`"`) {
		return nil
	}
	var list []struct{ Field, To string }
	if json.Unmarshal([]byte(changes), &list) != nil {
		return nil
	}
	out := map[string]string{}
	for _, c := range list {
		if c.Field != RedactedField {
			continue
		}
		for _, x := range strings.Fields(c.To) {
			if id, hash, ok := strings.Cut(x, ":"); ok {
				out[id] = hash
			}
		}
	}
	return out
}

package receipt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
)

// ContentField is the field of an entry's changes that has the hash of what the entry
// is about: a published ranking, locked scores.
const ContentField = "content"

// ErrContent says that something is not what an entry is about.
var ErrContent = errors.New("it is not what the entry is about")

// ContentHash is the hash of content as entries have it.
func ContentHash(content []byte) string {
	h := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(h[:])
}

// ContentOf returns the hash that an entry's changes have of what it is about, "" when
// they have none.
func ContentOf(changes string) string {
	var list []struct{ Field, To string }
	if json.Unmarshal([]byte(changes), &list) != nil {
		return ""
	}
	for _, c := range list {
		if c.Field == ContentField {
			return c.To
		}
	}
	return ""
}

// Content checks that a file is, byte for byte, what the entry is about. Error:
// ErrContent.
func (v Verified) Content(file io.Reader) error {
	b, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	if v.Entry.Erased() || ContentOf(v.Entry.Changes) != ContentHash(b) {
		return ErrContent
	}
	return nil
}

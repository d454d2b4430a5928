package backup

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
)

// What is sealed tells nothing, opens with its own identity alone, and cannot be changed
// or cut off unseen.
func TestASealedCopyIsOpenedByItsIdentityAloneAndWhole(t *testing.T) {
	t.Parallel()
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("số định danh 049185001234\n", 6000) // more than two of age's blocks of 64 KiB
	var sealed bytes.Buffer
	if err := seal(&sealed, []age.Recipient{mine.Recipient()}, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	b := sealed.Bytes()
	if bytes.Contains(b, []byte("049185001234")) {
		t.Error("the sealed copy tells a number")
	}
	read := func(b []byte, with ...age.Identity) (string, error) {
		r, err := unseal(bytes.NewReader(b), with)
		if err != nil {
			return "", err
		}
		out, err := io.ReadAll(r)
		return string(out), err
	}
	if got, err := read(b, mine); err != nil || got != text {
		t.Fatalf("its identity reads %d bytes, %v", len(got), err)
	}
	if _, err := read(b, other); err == nil {
		t.Error("another identity opens it")
	}
	if _, err := read(b); err != ErrSealed {
		t.Errorf("without an identity: %v", err)
	}
	for name, spoiled := range map[string][]byte{
		"a bit of its head": flipped(b, 40),
		"a bit of its body": flipped(b, len(b)/2),
		"its last bit":      flipped(b, len(b)-1),
		"its end cut off":   b[:len(b)-70_000],
		"a block left out":  append(bytes.Clone(b[:len(b)-140_000]), b[len(b)-70_000:]...),
		"something put on":  append(bytes.Clone(b), 'x'),
	} {
		if got, err := read(spoiled, mine); err == nil {
			t.Errorf("%s: %d bytes are read as if nothing were", name, len(got))
		}
	}
}

func flipped(b []byte, at int) []byte {
	out := bytes.Clone(b)
	out[at] ^= 1
	return out
}

package receipt_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"cchc/base/receipt"
)

func private(t testing.TB, name string) *receipt.Private {
	t.Helper()
	text, _, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := receipt.ParsePrivate(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func entry(id string) receipt.Entry {
	return receipt.Entry{ID: id, At: 1_795_000_123_456, Account: "a1", Verb: "dossier.apologise", Kind: "dossier", Object: "d1", Unit: "u1",
		Changes: `[{"field":"due_promised","to":"2026-11-30T17:00"}]`, Reason: "mất điện\n\"cả ngày\" <b>", Salt: bytes.Repeat([]byte{7}, receipt.SaltSize)}
}

// made is a receipt of the second of three entries.
func made(t testing.TB, p *receipt.Private) receipt.Receipt {
	t.Helper()
	list := []receipt.Entry{entry("e0"), entry("e1"), entry("e2")}
	var stored []tlog.Hash
	h := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, err error) {
		for _, i := range at {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, e := range list {
		more, err := tlog.StoredHashesForRecordHash(int64(i), e.Leaf(int64(i)), h)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(3, h)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := tlog.ProveRecord(3, 1, h)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := receipt.Sign(receipt.Checkpoint{Origin: p.Name(), Size: 3, Root: root, At: 1_795_000_200_000}, p.Signer())
	if err != nil {
		t.Fatal(err)
	}
	return receipt.Receipt{Entry: list[1], Index: 1, Proof: proof, Checkpoint: signed}
}

func keys(t testing.TB, texts ...string) receipt.Keys {
	t.Helper()
	k, err := receipt.ParseKeys(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAReceiptSaysWhatItProvesAndHolds(t *testing.T) {
	t.Parallel()
	p := private(t, "cchc/test")
	r := made(t, p)
	read, err := receipt.Parse(r.Text())
	if err != nil {
		t.Fatalf("%v\n%s", err, r.Text())
	}
	v, err := read.Verify(keys(t, p.Public()))
	if err != nil {
		t.Fatal(err)
	}
	want := entry("e1")
	if got := v.Entry; got.ID != want.ID || got.At != want.At || got.Reason != want.Reason || got.Changes != want.Changes || v.Number() != 2 {
		t.Errorf("it says %+v", got)
	}
	if v.Checkpoint.Size != 3 || v.Checkpoint.At != 1_795_000_200_000 || len(v.Signatures) != 1 {
		t.Errorf("its checkpoint is %+v, signed %v", v.Checkpoint, v.Signatures)
	}
}

func TestAChangedReceiptDoesNotHold(t *testing.T) {
	t.Parallel()
	p := private(t, "cchc/test")
	k := keys(t, p.Public())
	text := made(t, p).Text()
	// Every single byte counts.
	for i := range text {
		for _, flip := range []byte{1, 0x20} {
			other := bytes.Clone(text)
			other[i] ^= flip
			r, err := receipt.Parse(other)
			if err != nil {
				continue
			}
			if _, err := r.Verify(k); err == nil {
				t.Fatalf("with byte %d (%q) changed to %q it holds", i, text[i], other[i])
			}
		}
	}
	for name, other := range map[string]string{
		"another index":      strings.Replace(string(text), "index 1", "index 0", 1),
		"an index too large": strings.Replace(string(text), "index 1", "index 3", 1),
		"another time":       strings.Replace(string(text), "+07:00", "+08:00", 1),
		"cut off":            string(text[:len(text)-20]),
		"twice":              string(text) + string(text),
		"empty":              "",
	} {
		r, err := receipt.Parse([]byte(other))
		if err == nil {
			_, err = r.Verify(k)
		}
		if err == nil {
			t.Errorf("%s: it holds", name)
		}
	}
	r, err := receipt.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Verify(keys(t, private(t, "cchc/test").Public())); !errors.Is(err, receipt.ErrSignature) {
		t.Errorf("with another key: %v, want ErrSignature", err)
	}
	// A checkpoint that somebody else signed, and the log did not.
	c, _, err := receipt.Open(r.Checkpoint, k)
	if err != nil {
		t.Fatal(err)
	}
	q := private(t, "cchc/other")
	if r.Checkpoint, err = receipt.Sign(c, q.Signer()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Verify(keys(t, p.Public(), q.Public())); !errors.Is(err, receipt.ErrSignature) {
		t.Errorf("signed by another log only: %v, want ErrSignature", err)
	}
}

func TestAnErasedReceiptHoldsWithoutItsText(t *testing.T) {
	t.Parallel()
	p := private(t, "cchc/test")
	r := made(t, p)
	r.Entry.Hash = r.Entry.Text()
	r.Entry.Salt, r.Entry.Changes, r.Entry.Reason = nil, "", ""
	if strings.Contains(string(r.Text()), "mất điện") {
		t.Fatal("the text is in it")
	}
	read, err := receipt.Parse(r.Text())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read.Verify(keys(t, p.Public())); err != nil {
		t.Error(err)
	}
}

func TestACosignatureIsCheckedWithItsOwnKey(t *testing.T) {
	t.Parallel()
	p, q := private(t, "cchc/test"), private(t, "cchc/province")
	r := made(t, p)
	text, _, _ := strings.Cut(string(r.Checkpoint), "\n\n")
	line := q.Cosign(text+"\n", 1_795_000_300_000)
	if err := receipt.CheckCosignature(r.Checkpoint, q.CosignKey(), line); err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{"the log's own": p.CosignKey(), "of the other kind": q.Public(), "none": "x"} {
		if receipt.CheckCosignature(r.Checkpoint, key, line) == nil {
			t.Errorf("with the key %s it holds", name)
		}
	}
	other := q.Cosign(strings.Replace(text, "\n3\n", "\n4\n", 1)+"\n", 1_795_000_300_000)
	if receipt.CheckCosignature(r.Checkpoint, q.CosignKey(), other) == nil {
		t.Error("a co-signature of another checkpoint holds")
	}
	r.Checkpoint = append(r.Checkpoint, line...)
	read, err := receipt.Parse(r.Text())
	if err != nil {
		t.Fatal(err)
	}
	v, err := read.Verify(keys(t, p.Public(), q.CosignKey()))
	if err != nil || len(v.Signatures) != 2 {
		t.Fatalf("%d signatures, %v", len(v.Signatures), err)
	}
	if at, ok := receipt.CosignTime(v.Signatures[1]); !ok || at != 1_795_000_300_000 {
		t.Errorf("co-signed at %d, %v", at, ok)
	}
	if _, ok := receipt.CosignTime(v.Signatures[0]); ok {
		t.Error("the log's own signature has a time of a co-signature")
	}
	// Who has not the key of the province sees that there is one more.
	if v, err = read.Verify(keys(t, p.Public())); err != nil || len(v.Unknown) != 1 {
		t.Errorf("%d unknown, %v", len(v.Unknown), err)
	}
}

func TestKeysAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	p := private(t, "cchc/test")
	v, err := note.NewVerifier(p.Public())
	if err != nil || v.Name() != "cchc/test" {
		t.Errorf("package note does not read our key: %v", err)
	}
	for _, bad := range []string{"", "x", "a+b", "a+b+c", "cchc/test+00000000+" + strings.SplitN(p.Public(), "+", 3)[2], "cchc/test+00000000+" + strings.SplitN(p.CosignKey(), "+", 3)[2], p.Text()} {
		if _, err := receipt.ParseKeys(bad); err == nil {
			t.Errorf("%q was read as a key", bad)
		}
	}
	for _, bad := range []string{"", p.Public(), "PRIVATE+KEY+x+y+z"} {
		if _, err := receipt.ParsePrivate(bad); err == nil {
			t.Errorf("%q was read as a private key", bad)
		}
	}
}

func FuzzParseReceipt(f *testing.F) {
	p := private(f, "cchc/test")
	r := made(f, p)
	f.Add(r.Text())
	r.Entry.Hash, r.Entry.Salt = r.Entry.Text(), nil
	f.Add(r.Text())
	f.Add([]byte("cchc receipt v1\n\n\n\n"))
	k, err := receipt.ParseKeys(p.Public())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := receipt.Parse(text)
		if err != nil {
			return
		}
		if !bytes.Equal(r.Text(), text) {
			t.Errorf("read and written again it is another text")
		}
		r.Verify(k) // must not panic
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	p := private(f, "cchc/test")
	f.Add(made(f, p).Checkpoint)
	f.Add([]byte("go.sum database tree\n5\nAAAA\n\n"))
	k, err := receipt.ParseKeys(p.Public(), p.CosignKey())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := receipt.Peek(text); err == nil && (c.Size < 0 || c.Origin == "" || c.At < 0) {
			t.Errorf("read %+v", c)
		}
		receipt.Open(text, k) // must not panic
	})
}

// A request to co-sign that is read is the one that is written of what was read.
func FuzzParseRequest(f *testing.F) {
	p := private(f, "cchc/test")
	r := made(f, p)
	f.Add(receipt.RequestText(2, tlog.TreeProof(r.Proof), r.Checkpoint))
	f.Add(receipt.RequestText(0, nil, r.Checkpoint))
	for _, s := range []string{"old 0\n\n", "old 01\n\n", "old -1\n\nx", "old 9223372036854775808\n\n", "old 1\nAAAA\n\n", "\n\n", "old 1" + strings.Repeat("\n", 100), ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		old, proof, checkpoint, err := receipt.ParseRequest(text)
		if err != nil {
			if !errors.Is(err, receipt.ErrRequest) || len(err.Error()) > 500 {
				t.Errorf("no clear answer: %v", err)
			}
			return
		}
		if old < 0 || len(proof) > 64 {
			t.Errorf("size %d, a proof of %d", old, len(proof))
		}
		if again := receipt.RequestText(old, proof, checkpoint); !bytes.Equal(again, text) {
			t.Errorf("%q is written again as %q", text, again)
		}
	})
}

// A private key that is read is kept as it was, signs for its name, and its public key is
// read too; what is none is told without the text, which may be somebody's key.
func FuzzParseKeys(f *testing.F) {
	p := private(f, "cchc/test")
	for _, s := range []string{p.Text(), " " + p.Text() + "\n", p.Public(), p.CosignKey(), "PRIVATE+KEY+a+00000000+AA==", "PRIVATE+KEY+++", "a+00000000+", "", "+", strings.Repeat("+", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if k, err := receipt.ParseKeys(text); err == nil && (len(k) != 1 || k[0].Name() == "") {
			t.Errorf("%q: %v", text, k)
		} else if err != nil && len(err.Error()) > 1000 {
			t.Errorf("no clear answer: %v", err)
		}
		p, err := receipt.ParsePrivate(text)
		if err != nil {
			if len(text) > 30 && strings.Contains(err.Error(), strings.TrimSpace(text)) {
				t.Errorf("the error tells the text: %v", err)
			}
			return
		}
		if p.Text() != strings.TrimSpace(text) {
			t.Errorf("%q is kept as %q", text, p.Text())
		}
		k, err := receipt.ParseKeys(p.Public(), p.CosignKey())
		if err != nil || k[0].Name() != p.Name() {
			t.Fatalf("the public keys of %q: %v, %v", p.Name(), k, err)
		}
		signed, err := note.Sign(&note.Note{Text: "a\n"}, p.Signer())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := note.Open(signed, note.VerifierList(k[0])); err != nil {
			t.Errorf("signed by %q and not known by its public key: %v", p.Name(), err)
		}
	})
}

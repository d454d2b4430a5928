package receipt

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxReceipt is the longest text that is read as a receipt.
const MaxReceipt = 1 << 20

// A Receipt (giấy xác nhận) proves that an entry is in the log: the entry in words,
// the way from its leaf to the root, and a signed checkpoint of that root.
type Receipt struct {
	Entry      Entry
	Index      int64 // of the leaf, from 0
	Proof      tlog.RecordProof
	Checkpoint []byte // signed
}

// ErrReceipt says that a text is no receipt.
var ErrReceipt = errors.New("not a receipt")

const (
	receiptLine = "cchc receipt v1"
	proofLine   = "c2sp.org/tlog-proof@v1"
	timeLayout  = "2006-01-02T15:04:05.000Z07:00"
)

var zone = time.FixedZone("+07", 7*3600) // as in package moment

// Text writes the receipt: the entry, then a proof as C2SP tlog-proof has it. There is
// one way to write a receipt, and no other is read.
func (r Receipt) Text() []byte {
	var b bytes.Buffer
	e := r.Entry
	line := func(key, value string) { b.WriteString(key + " " + value + "\n") }
	b.WriteString(receiptLine + "\n")
	line("id", e.ID)
	line("at", time.UnixMilli(e.At).In(zone).Format(timeLayout))
	line("account", e.Account)
	line("behalf", e.Behalf)
	line("verb", e.Verb)
	line("kind", e.Kind)
	line("object", e.Object)
	line("unit", e.Unit)
	if e.Erased() {
		line("erased", base64.StdEncoding.EncodeToString(e.Hash))
	} else {
		line("salt", base64.StdEncoding.EncodeToString(e.Salt))
		line("changes", quoted(e.Changes))
		line("reason", quoted(e.Reason))
	}
	b.WriteString("\n" + proofLine + "\n")
	line("index", strconv.FormatInt(r.Index, 10))
	for _, h := range r.Proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(r.Checkpoint)
	return b.Bytes()
}

// quoted writes a text as one line.
func quoted(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Parse reads a receipt. It says nothing about whether it holds: see Verify.
func Parse(text []byte) (Receipt, error) {
	if len(text) > MaxReceipt || !utf8.Valid(text) {
		return Receipt{}, ErrReceipt
	}
	parts := strings.SplitN(string(text), "\n\n", 3)
	if len(parts) != 3 {
		return Receipt{}, fmt.Errorf("%w: want an entry, a proof and a checkpoint", ErrReceipt)
	}
	r := Receipt{Checkpoint: []byte(parts[2])}
	var err error
	if r.Entry, err = parseEntry(parts[0]); err != nil {
		return Receipt{}, err
	}
	lines := strings.Split(parts[1], "\n")
	index, ok := "", false
	if len(lines) >= 2 && lines[0] == proofLine {
		index, ok = strings.CutPrefix(lines[1], "index ")
	}
	if !ok {
		return Receipt{}, fmt.Errorf("%w: want the line %q and an index", ErrReceipt, proofLine)
	}
	if r.Index, err = number(index); err != nil {
		return Receipt{}, fmt.Errorf("%w: the index %q is not a number", ErrReceipt, shown(index))
	}
	if len(lines) > 2+64 {
		return Receipt{}, fmt.Errorf("%w: the proof is longer than any can be", ErrReceipt)
	}
	for _, l := range lines[2:] {
		h, err := parseHash(l)
		if err != nil {
			return Receipt{}, fmt.Errorf("%w: %q is not a hash", ErrReceipt, shown(l))
		}
		r.Proof = append(r.Proof, h)
	}
	if !bytes.Equal(r.Text(), text) {
		return Receipt{}, fmt.Errorf("%w: it is not written as receipts are", ErrReceipt)
	}
	return r, nil
}

func parseEntry(text string) (e Entry, err error) {
	lines := strings.Split(text, "\n")
	if lines[0] != receiptLine {
		return e, fmt.Errorf("%w: want the line %q first", ErrReceipt, receiptLine)
	}
	lines = lines[1:]
	next := func(key string) (value string) {
		if err != nil {
			return ""
		}
		ok := false
		if len(lines) > 0 {
			value, ok = strings.CutPrefix(lines[0], key+" ")
		}
		if !ok {
			err = fmt.Errorf("%w: want a line %q", ErrReceipt, key)
			return ""
		}
		lines = lines[1:]
		return value
	}
	bytesOf := func(key string) []byte {
		b, wrong := base64.StdEncoding.DecodeString(next(key))
		if err == nil && (wrong != nil || len(b) == 0) {
			err = fmt.Errorf("%w: the line %q is not base64", ErrReceipt, key)
		}
		return b
	}
	word := func(key string) (s string) {
		if value := next(key); err == nil && json.Unmarshal([]byte(value), &s) != nil {
			err = fmt.Errorf("%w: the line %q is not a quoted text", ErrReceipt, key)
		}
		return s
	}
	e.ID = next("id")
	if at, wrong := time.Parse(timeLayout, next("at")); wrong == nil {
		e.At = at.UnixMilli()
	} else if err == nil {
		err = fmt.Errorf("%w: the line \"at\" is not a time", ErrReceipt)
	}
	e.Account, e.Behalf, e.Verb, e.Kind, e.Object, e.Unit = next("account"), next("behalf"), next("verb"), next("kind"), next("object"), next("unit")
	if err == nil && len(lines) > 0 && strings.HasPrefix(lines[0], "erased ") {
		e.Hash = bytesOf("erased")
	} else {
		e.Salt = bytesOf("salt")
		e.Changes, e.Reason = word("changes"), word("reason")
	}
	if err == nil && len(lines) > 0 {
		err = fmt.Errorf("%w: more lines than an entry has", ErrReceipt)
	}
	return e, err
}

// A Verified is what a receipt proves.
type Verified struct {
	Receipt
	Checkpoint Checkpoint
	Signatures []note.Signature // that were verified: the log's own, and co-signatures
	Unknown    []note.Signature // by keys that were not given: they prove nothing
}

// Errors of Verify, for who asks why.
var (
	ErrSignature = errors.New("the checkpoint is not signed by a key that was given")
	ErrProof     = errors.New("the proof does not lead from the entry to the checkpoint: the entry, the proof or the checkpoint was changed")
)

// Verify checks the receipt with public keys alone. Errors: ErrSignature; ErrProof;
// ErrCheckpoint.
func (r Receipt) Verify(keys Keys) (Verified, error) {
	c, n, err := Open(r.Checkpoint, keys)
	if err != nil {
		if errors.Is(err, ErrCheckpoint) {
			return Verified{}, err
		}
		return Verified{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if r.Index >= c.Size || tlog.CheckRecord(r.Proof, c.Size, c.Root, r.Index, r.Entry.Leaf(r.Index)) != nil {
		return Verified{}, ErrProof
	}
	return Verified{Receipt: r, Checkpoint: c, Signatures: n.Sigs, Unknown: n.UnverifiedSigs}, nil
}

// Number is how people count entries: from 1.
func (r Receipt) Number() int64 { return r.Index + 1 }

package receipt

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Kinds of key: the first byte of what is written of one.
const (
	algSign   = 1 // a log's own signature: Ed25519 over the text
	algCosign = 4 // C2SP tlog-cosignature v1: Ed25519 over the text with the time
)

// errKey says that a text is no public key.
var errKey = errors.New("want NAME+ID+KEY")

// parseKey reads a public key of either kind. Package note knows only the first.
func parseKey(text string) (note.Verifier, error) {
	name, rest, ok := strings.Cut(text, "+")
	id, body, ok2 := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(body)
	if !ok || !ok2 || name == "" || err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return nil, errKey
	}
	if raw[0] != algCosign {
		return note.NewVerifier(text)
	}
	k := cosigner{name: name, key: ed25519.PublicKey(raw[1:])}
	if want, err := strconv.ParseUint(id, 16, 32); err != nil || len(id) != 8 || uint32(want) != k.KeyHash() {
		return nil, errors.New("the id does not belong to the key")
	}
	return k, nil
}

func keyHash(name string, alg byte, key []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{alg})
	h.Write(key)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// A cosigner verifies co-signatures.
type cosigner struct {
	name string
	key  ed25519.PublicKey
}

// Name is whose key it is.
func (k cosigner) Name() string { return k.name }

// KeyHash tells keys of a name apart.
func (k cosigner) KeyHash() uint32 { return keyHash(k.name, algCosign, k.key) }

// Verify reports whether sig, a time and a signature, holds for the text.
func (k cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(k.key, cosigned(msg, int64(binary.BigEndian.Uint64(sig))), sig[8:])
}

func cosigned(msg []byte, second int64) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatInt(second, 10)+"\n"), msg...)
}

// A Private key signs checkpoints of its own log, and co-signs those of others.
type Private struct {
	name string
	key  ed25519.PrivateKey
	text string
}

// ParsePrivate reads a private key as package note writes it.
func ParsePrivate(text string) (*Private, error) {
	text = strings.TrimSpace(text)
	if _, err := note.NewSigner(text); err != nil {
		return nil, errors.New("not a private key: want PRIVATE+KEY+NAME+ID+KEY") // the text is not for logs
	}
	parts := strings.SplitN(text, "+", 5)
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != algSign {
		return nil, errors.New("not a private key of Ed25519")
	}
	return &Private{name: parts[2], key: ed25519.NewKeyFromSeed(raw[1:]), text: text}, nil
}

// Name is whose key it is.
func (p *Private) Name() string { return p.name }

// Text is the private key as it is kept.
func (p *Private) Text() string { return p.text }

// Signer signs checkpoints of the own log.
func (p *Private) Signer() note.Signer {
	s, err := note.NewSigner(p.text)
	if err != nil {
		panic(err) // it was read before
	}
	return s
}

func (p *Private) public() ed25519.PublicKey { return p.key.Public().(ed25519.PublicKey) }

// Public is the key that verifies checkpoints.
func (p *Private) Public() string { return written(p.name, algSign, p.public()) }

// CosignKey is the key that verifies co-signatures.
func (p *Private) CosignKey() string { return written(p.name, algCosign, p.public()) }

func written(name string, alg byte, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, alg, key), base64.StdEncoding.EncodeToString(append([]byte{alg}, key...)))
}

// Cosign returns the line that co-signs the text of a checkpoint at a time.
func (p *Private) Cosign(text string, millis int64) string {
	second := millis / 1000
	sig := binary.BigEndian.AppendUint32(nil, keyHash(p.name, algCosign, p.public()))
	sig = binary.BigEndian.AppendUint64(sig, uint64(second))
	sig = append(sig, ed25519.Sign(p.key, cosigned([]byte(text), second))...)
	return "— " + p.name + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
}

// CheckCosignature checks a co-signature line of a checkpoint with a public key alone.
func CheckCosignature(signed []byte, public, line string) error {
	v, err := parseKey(public)
	if err != nil {
		return err
	}
	text, _, ok := bytes.Cut(signed, []byte("\n\n"))
	if !ok {
		return ErrCheckpoint
	}
	n, err := note.Open(slices.Concat(text, []byte("\n\n"+line)), note.VerifierList(v))
	if err == nil && len(n.Sigs) != 1 {
		err = errors.New("want one line of a co-signature")
	}
	return err
}

// CosignatureOf returns the line by which a key co-signed a checkpoint, "" when it did
// not.
func CosignatureOf(signed []byte, public string) string {
	_, lines, _ := strings.Cut(string(signed), "\n\n")
	for _, l := range strings.SplitAfter(lines, "\n") {
		if strings.HasSuffix(l, "\n") && CheckCosignature(signed, public, l) == nil {
			return l
		}
	}
	return ""
}

// Cosigns reports whether a public key is one of co-signatures, and not of a log.
func Cosigns(public string) (bool, error) {
	v, err := parseKey(public)
	if err != nil {
		return false, err
	}
	_, ok := v.(cosigner)
	return ok, nil
}

// SignedText returns what of a signed checkpoint the signatures are over.
func SignedText(signed []byte) (string, error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return "", ErrCheckpoint
	}
	return text + "\n", nil
}

// CosignTime reads when a co-signature was made, in milliseconds; ok is false for a
// signature of another kind.
func CosignTime(s note.Signature) (millis int64, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) != 4+8+ed25519.SignatureSize {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(raw[4:])) * 1000, true
}

// KeyID is the part of a written public key that people compare.
func KeyID(public string) string {
	_, rest, _ := strings.Cut(public, "+")
	id, _, _ := strings.Cut(rest, "+")
	if _, err := hex.DecodeString(id); err != nil {
		return ""
	}
	return id
}

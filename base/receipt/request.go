package receipt

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrRequest says that a text does not ask for a co-signature.
var ErrRequest = errors.New("not a request to co-sign")

// RequestText writes a request to co-sign a checkpoint, as C2SP tlog-witness has it: the
// size that was co-signed last, the proof from there, an empty line, the checkpoint.
func RequestText(old int64, proof tlog.TreeProof, checkpoint []byte) []byte {
	var b strings.Builder
	b.WriteString("old " + strconv.FormatInt(old, 10) + "\n")
	for _, h := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(checkpoint)
	return []byte(b.String())
}

// ParseRequest reads a request to co-sign.
func ParseRequest(text []byte) (old int64, proof tlog.TreeProof, checkpoint []byte, err error) {
	head, rest, ok := strings.Cut(string(text), "\n\n")
	if !ok || len(text) > MaxCheckpoint {
		return 0, nil, nil, ErrRequest
	}
	lines := strings.Split(head, "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	if old, err = number(size); !ok || err != nil || len(lines) > 1+64 {
		return 0, nil, nil, fmt.Errorf("%w: want a line \"old SIZE\" first", ErrRequest)
	}
	for _, l := range lines[1:] {
		h, err := parseHash(l)
		if err != nil {
			return 0, nil, nil, fmt.Errorf("%w: %q is not a hash", ErrRequest, shown(l))
		}
		proof = append(proof, h)
	}
	return old, proof, []byte(rest), nil
}

// Hashes writes a proof, one text for each hash.
func Hashes(proof []tlog.Hash) []string {
	out := make([]string, len(proof))
	for i, h := range proof {
		out[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	return out
}

// ParseHashes reads a proof.
func ParseHashes(texts []string) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, t := range texts {
		h, err := parseHash(t)
		if err != nil {
			return nil, fmt.Errorf("%q is not a hash", shown(t))
		}
		out = append(out, h)
	}
	return out, nil
}

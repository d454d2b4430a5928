package scorecard

import (
	"context"
	"errors"
	"fmt"
	"io"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/file"
)

// An EvidenceFault is a file of evidence that is not what it should be.
type EvidenceFault struct {
	Key     string // SHA-256 of its content, by which it is stored
	Name    string
	Number  string // of a document that it belongs to
	Title   string
	Missing bool // otherwise its content is not what was stored
}

var evidenceFilesAll = db.SQL("scorecard.evidence.files_all", `
	SELECT f.file_key, f.file_name, e.number, e.title
	FROM evidence_file f
	JOIN evidence e ON e.id = f.evidence_id
	ORDER BY f.file_key, f.evidence_id, f.ord`)

// VerifyEvidence reads every file of evidence, each once, and reports to found what is
// missing or has another content than its hash says. open opens the store, and is called
// when there is a file. It returns the number of files.
func VerifyEvidence(ctx context.Context, q db.Queryer, open func() (*file.Store, error), found func(EvidenceFault)) (files int, err error) {
	var all []EvidenceFault
	err = db.Each(ctx, q, evidenceFilesAll, func(r db.Scanner) error {
		var x EvidenceFault
		err := r.Scan(&x.Key, &x.Name, &x.Number, &x.Title)
		if n := len(all); n == 0 || all[n-1].Key != x.Key {
			all = append(all, x)
		}
		return err
	})
	if err != nil || len(all) == 0 {
		return 0, err
	}
	store, err := open()
	if err != nil {
		return 0, err
	}
	for _, x := range all {
		if err := ctx.Err(); err != nil {
			return len(all), err
		}
		switch err := readThrough(ctx, store, x.Key); {
		case err == nil:
		case fault.As(err) != nil:
			x.Missing = true
			found(x)
		case errors.Is(err, io.ErrUnexpectedEOF):
			found(x)
		default:
			return len(all), fmt.Errorf("evidence file %s: %w", x.Key, err)
		}
	}
	return len(all), nil
}

// readThrough reads a file to its end, which compares it with its hash.
func readThrough(ctx context.Context, store *file.Store, key string) error {
	r, _, err := store.Get(ctx, key)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"cchc/base/db"
	"cchc/base/fault"
)

// OwnKey in an operation's Metadata says that the operation minds its
// Idempotency-Key by itself.
const OwnKey = "own-idempotency-key"

// keptAnswers is how long the answer to a key is kept.
const keptAnswers = 7 * 24 * time.Hour

const keyHeader = "Idempotency-Key"

var keyParam = &huma.Param{Name: keyHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MinLength: ptr(16), MaxLength: ptr(200)},
	Description: "Random, such as a UUID. Sent again with the same body within seven days, the request is not carried out again: the first answer comes again, with Idempotent-Replayed. Only what succeeded is kept; an error changed nothing and may be tried again."}

func ptr(n int) *int { return &n }

// once keeps the answers to requests that carry a key.
type once struct{ db *db.DB }

var (
	answerFind = db.SQL("api.answer.find", `
		SELECT fingerprint, status, location, body
		FROM api_answer
		WHERE account = $1 AND key = $2 AND at > $3`)
	answerClaim = db.SQL("api.answer.claim", `
		INSERT INTO api_answer (account, key, fingerprint, at, status, location)
		VALUES ($1, $2, $3, $4, 0, '')
		ON CONFLICT (account, key) DO UPDATE SET fingerprint = excluded.fingerprint, at = excluded.at, status = 0, location = '', body = NULL
		WHERE api_answer.at <= $5`)
	answerKeep = db.SQL("api.answer.keep", `
		UPDATE api_answer SET status = $1, location = $2, body = $3
		WHERE account = $4 AND key = $5`)
	answerSweep = db.SQL("api.answer.sweep", `DELETE FROM api_answer WHERE at <= $1`)
)

// Keep makes the API answer a request with a known Idempotency-Key as it did
// before. What a verb writes and that its key was used are one transaction.
func (a *API) Keep(d *db.DB) { a.once = &once{db: d} }

// Sweep forgets answers that are too old to be given again.
func Sweep(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, answerSweep, tx.Now.Add(-keptAnswers))
		return err
	})
}

var (
	answersAll = db.SQL("api.answer.all", `SELECT account, key, location, body FROM api_answer WHERE status <> 0`)
	answerDrop = db.SQL("api.answer.drop", `DELETE FROM api_answer WHERE account = $1 AND key = $2`)
)

// ForgetAnswers drops the kept answers that speak of something, by its code: when a
// person's data are erased they must not be given again.
func ForgetAnswers(ctx context.Context, tx *db.Tx, code string) error {
	type of struct{ account, key string }
	var drop []of
	err := db.Each(ctx, tx, answersAll, func(r db.Scanner) error {
		var x of
		var location string
		var body []byte
		if err := r.Scan(&x.account, &x.key, &location, &body); err != nil {
			return err
		}
		if strings.Contains(location, code) || bytes.Contains(body, []byte(code)) {
			drop = append(drop, x)
		}
		return nil
	})
	for _, x := range drop {
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, answerDrop, x.account, x.key)
	}
	return err
}

// A kept answer.
type kept struct {
	fingerprint []byte
	status      int
	location    string
	body        []byte
}

func (o *once) find(ctx context.Context, account, key string) (kept, error) {
	return db.One(ctx, o.db, answerFind, func(r db.Scanner) (k kept, err error) {
		err = r.Scan(&k.fingerprint, &k.status, &k.location, &k.body)
		return k, err
	}, account, key, o.db.Now().Add(-keptAnswers))
}

// answeredOnce is the middleware of operations that change something.
func (a *API) answeredOnce(c huma.Context, next func(huma.Context)) {
	key := c.Header(keyHeader)
	if key == "" || a.once == nil {
		next(c)
		return
	}
	if len(key) < 16 || len(key) > 200 {
		answer(c, fault.New(fault.Invalid, "api.key_invalid").With("header."+keyHeader, "api.key_form"))
		return
	}
	ctx, account := c.Context(), Actor(c.Context()).Account
	print, err := fingerprint(c)
	if err != nil {
		answer(c, err)
		return
	}
	k, err := a.once.find(ctx, account, key)
	switch {
	case err == nil:
		again(c, k, print)
		return
	case !errors.Is(err, db.ErrNotFound):
		answer(c, err)
		return
	}
	with, written := db.Alongside(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, answerClaim, account, key, print, tx.Now, tx.Now.Add(-keptAnswers))
		if err == nil && n == 0 { // somebody sent the same at the same time
			return fault.New(fault.Conflict, "api.key_busy")
		}
		return err
	})
	out := &copied{inner: huma.WithContext(c, with)}
	next(out)
	if written() && out.status < 300 {
		err = a.once.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, answerKeep, out.status, out.location, out.body.Bytes(), account, key)
			return err
		})
		if err != nil {
			answer(c, err)
			return
		}
	}
	out.send()
}

// again gives the answer to a key that was used before.
func again(c huma.Context, k kept, print []byte) {
	switch {
	case subtle.ConstantTimeCompare(k.fingerprint, print) != 1:
		answer(c, fault.New(fault.Conflict, "api.key_other_body"))
	case k.status == 0:
		// Carried out; its answer is on its way, or was lost in a crash.
		answer(c, fault.New(fault.Conflict, "api.key_busy"))
	default:
		c.SetHeader("Idempotent-Replayed", "true")
		if k.location != "" {
			c.SetHeader("Location", k.location)
		}
		if len(k.body) > 0 {
			c.SetHeader("Content-Type", "application/json")
		}
		c.SetStatus(k.status)
		c.BodyWriter().Write(k.body)
	}
}

// fingerprint tells requests apart, and leaves the body to be read again.
func fingerprint(c huma.Context) ([]byte, error) {
	most := c.Operation().MaxBodyBytes
	if most <= 0 {
		most = 1 << 20
	}
	r, _ := humago.Unwrap(c)
	h := sha256.New()
	io.WriteString(h, r.Method+" "+r.URL.RequestURI()+"\n")
	sent := http.MaxBytesReader(nil, r.Body, most)
	if most > inMemory {
		return spooled(r, h, sent)
	}
	body, err := io.ReadAll(sent)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.Write(body)
	return h.Sum(nil), nil
}

// inMemory is up to how many bytes of a body are read into memory.
const inMemory = 32 << 20

// spooled is fingerprint for large files: what was read waits in a file that has no
// name and goes with the request.
func spooled(r *http.Request, h hash.Hash, sent io.Reader) ([]byte, error) {
	f, err := os.CreateTemp("", "cchc-upload-")
	if err != nil {
		return nil, fmt.Errorf("receive a file: %w", err)
	}
	os.Remove(f.Name())
	if _, err = io.Copy(io.MultiWriter(f, h), sent); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("receive a file: %w", err)
	}
	context.AfterFunc(r.Context(), func() { f.Close() })
	r.Body = f
	return h.Sum(nil), nil
}

type inner huma.Context

// copied holds an answer back until it is kept.
type copied struct {
	inner
	status   int
	location string
	body     bytes.Buffer
}

// Unwrap returns the context below.
func (c *copied) Unwrap() huma.Context { return c.inner }

// SetStatus keeps the status.
func (c *copied) SetStatus(code int) { c.status = code }

// Status returns it.
func (c *copied) Status() int { return c.status }

// SetHeader sets a header and keeps the one that is given again.
func (c *copied) SetHeader(name, value string) {
	if name == "Location" {
		c.location = value
	}
	c.inner.SetHeader(name, value)
}

// BodyWriter keeps the body.
func (c *copied) BodyWriter() io.Writer { return &c.body }

func (c *copied) send() {
	c.inner.SetStatus(c.status)
	c.inner.BodyWriter().Write(c.body.Bytes())
}

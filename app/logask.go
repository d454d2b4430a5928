package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cchc/base/actor"
	"cchc/base/db"
	"cchc/base/receipt"
)

// cosignerFlags name the higher unit's server that co-signs.
type cosignerFlags struct {
	LogCosigner      string `help:"Address of the server that co-signs the log of the trail, a higher unit's as a rule: https://tinh.example.vn. Its key is entered at /admin/log." name:"log-cosigner" placeholder:"URL"`
	LogCosignerToken string `help:"Access token there, with the scope log.cosign." name:"log-cosigner-token" placeholder:"TOKEN"`
}

// askCosigners asks the higher unit's server to co-sign what was signed last, and keeps
// what it answers. The proof goes with it: that server signs nothing of which what it
// signed before is not the beginning.
func (r *rooms) askCosigners(ctx context.Context) error {
	c := r.cosigner
	if c.LogCosigner == "" || r.training {
		return nil
	}
	last, err := r.log.Latest(ctx, r.db)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var seen struct{ Size int64 }
	if err := c.call(ctx, http.MethodGet, "/api/v1/log/cosigned?origin="+url.QueryEscape(last.Checkpoint.Origin), nil, &seen); err != nil {
		return err
	}
	if seen.Size == last.Checkpoint.Size {
		return nil
	}
	if seen.Size > last.Checkpoint.Size {
		return fmt.Errorf("%s co-signed %d entries of a log that has %d", c.LogCosigner, seen.Size, last.Checkpoint.Size)
	}
	q, err := r.log.Ask(ctx, seen.Size)
	if err != nil {
		return err
	}
	var signed struct{ Line string }
	if err := c.call(ctx, http.MethodPost, "/api/v1/log/cosign", map[string]any{"old": q.Old, "proof": receipt.Hashes(q.Proof), "checkpoint": string(q.Checkpoint)}, &signed); err != nil {
		return err
	}
	_, err = r.log.TakeCosignatures(ctx, actor.System("log"), append(q.Checkpoint[:len(q.Checkpoint):len(q.Checkpoint)], signed.Line...))
	return err
}

var cosignerClient = &http.Client{Timeout: 30 * time.Second}

// call calls the API of the server that co-signs.
func (c cosignerFlags) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.LogCosigner, "/")+path, body)
	if err != nil {
		return fmt.Errorf("--log-cosigner: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.LogCosignerToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := cosignerClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %.300s", c.LogCosigner, resp.Status, b)
	}
	return json.Unmarshal(b, out)
}

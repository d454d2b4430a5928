package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render writes a component as an HTML page. It is rendered whole before the
// first byte is sent, so that an error becomes an error page and never half of
// one. What somebody signed in sees, or has a secret for, is kept by no cache; what
// everybody sees may be asked for again by its ETag.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer func() { b.Reset(); buffers.Put(b) }()
	if err := c.Render(r.Context(), b); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if status != http.StatusOK || Actor(r.Context()).SignedIn() || h.Get("Cache-Control") == "no-store" {
		h.Set("Cache-Control", "no-store")
	} else {
		sum := sha256.Sum256(b.Bytes())
		etag := `W/"` + hex.EncodeToString(sum[:8]) + `"`
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", etag)
		if h.Get("Set-Cookie") == "" && strings.Contains(r.Header.Get("If-None-Match"), etag[2:]) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(b.Bytes())
	return err
}

package web

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// A Handed file is somebody's upload on its way out: nothing in it is ours, so no
// browser may run anything of it as a page of this address.
type Handed struct {
	Name, Type string
	Size       int64 // bytes; 0 says nothing
	Content    io.Reader
	// Inline shows it in the browser instead of saving it; only PDF, PNG and JPEG are.
	Inline bool
}

// Headers sets what goes before the content, one by one.
func (f Handed) Headers(set func(name, value string)) {
	how := "attachment"
	if f.Inline && (f.Type == "application/pdf" || f.Type == "image/png" || f.Type == "image/jpeg") {
		how = "inline"
	}
	set("Content-Type", f.Type)
	if f.Size > 0 {
		set("Content-Length", strconv.FormatInt(f.Size, 10))
	}
	set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	set("X-Content-Type-Options", "nosniff")
	set("Cache-Control", "private, no-store")
	policy := "sandbox; default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'"
	if how == "inline" && f.Type == "application/pdf" {
		// Browsers' own viewers of PDF refuse to work in a sandbox. They run no script
		// of the page's address.
		policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'"
	}
	set("Content-Security-Policy", policy)
}

// Hand sends a file that somebody brought.
func Hand(w http.ResponseWriter, f Handed) error {
	f.Headers(w.Header().Set)
	if _, err := io.Copy(w, f.Content); err != nil {
		return fmt.Errorf("send a file: %w", err)
	}
	return nil
}

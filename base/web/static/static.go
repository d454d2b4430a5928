// Package static serves the style sheet, script, typeface and libraries of the
// pages, embedded in the program. The libraries are copied into vendor/ by
// `make assets`; without them pages are plain, but complete.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// The pattern takes whatever lies here, so that vendor/ may be missing.
//
//go:embed *
var embedded embed.FS

// A file is one embedded file as it is sent.
type file struct {
	plain, gz []byte // gz is nil where it would not be smaller
	kind      string
}

var set = sync.OnceValue(func() (s struct {
	version string
	files   map[string]file
}) {
	s.files = map[string]file{}
	h := sha256.New()
	err := fs.WalkDir(embedded, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || path.Ext(name) == ".go" {
			return err
		}
		b, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		h.Write([]byte(name))
		h.Write(b)
		s.files[name] = file{plain: b, gz: compress(name, b), kind: kind(name)}
		return nil
	})
	if err != nil {
		panic(err) // an embedded file that cannot be read
	}
	s.version = hex.EncodeToString(h.Sum(nil)[:6])
	return s
})

// URL returns the address of a file. It changes whenever any file does, so that
// browsers may keep what they have for ever, and files can name each other by
// relative addresses.
func URL(name string) string { return "/static/" + set().version + "/" + name }

// Has reports whether the file was embedded: libraries may be missing.
func Has(name string) bool { _, ok := set().files[name]; return ok }

// Handler serves /static/{version}/{name...}.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		version, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/static/"), "/")
		s := set()
		f, ok := s.files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		head := w.Header()
		etag := `"` + s.version + `"`
		head.Set("ETag", etag)
		head.Set("Vary", "Accept-Encoding")
		if version == s.version {
			head.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			head.Set("Cache-Control", "no-cache") // a page of an earlier version asks
		}
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		head.Set("Content-Type", f.kind)
		body := f.plain
		if f.gz != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			head.Set("Content-Encoding", "gzip")
			body = f.gz
		}
		head.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			w.Write(body)
		}
	})
}

// kind does not ask the machine's MIME table, which differs from host to host.
func kind(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func compress(name string, b []byte) []byte {
	if path.Ext(name) == ".woff2" {
		return nil
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err) // only for a level that does not exist
	}
	z.Write(b)
	z.Close()
	if out.Len() >= len(b) {
		return nil
	}
	return out.Bytes()
}

package api

import (
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"cchc/base/fault"
)

// An Upload stands in the input of an operation that takes a file as the whole body
// of the request: the file is read as it comes and never held in memory. The
// operation is made with [Takes].
type Upload struct{ content io.Reader }

// Resolve lets huma hand over the request.
func (u *Upload) Resolve(c huma.Context) []error {
	u.content = c.BodyReader()
	return nil
}

// Content returns the file. Reading more than the operation takes is an error.
func (u *Upload) Content(most int64) io.Reader {
	return &bounded{inner: u.content, left: most}
}

// bounded refuses what is too large in words; http.MaxBytesReader would not.
type bounded struct {
	inner io.Reader
	left  int64
	most  int64
}

// Read reads up to what is left.
func (b *bounded) Read(p []byte) (int, error) {
	if b.most == 0 {
		b.most = b.left
	}
	n, err := b.inner.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fault.New(fault.Invalid, "web.form.invalid").With("body", "file.too_large", "Megabytes", b.most>>20)
	}
	return n, err
}

// Takes makes an operation one whose body is a file of up to so many bytes.
func Takes(op huma.Operation, most int64, what string) huma.Operation {
	op.MaxBodyBytes = most
	op.RequestBody = &huma.RequestBody{Required: true, Description: what, Content: map[string]*huma.MediaType{
		fileType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge)
	return op
}

// Gives describes the answer of an operation that is a file: of one of the types,
// or of any.
func Gives(op huma.Operation, what string, types ...string) huma.Operation {
	content := map[string]*huma.MediaType{}
	if len(types) == 0 {
		types = []string{fileType}
	}
	for _, t := range types {
		content[t] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: what, Content: content}}
	return op
}

const fileType = "application/octet-stream"

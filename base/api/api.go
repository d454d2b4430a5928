// Package api is the door for programs: JSON over the same verbs as the pages,
// described by OpenAPI 3.1 and generated from the Go types of the operations.
// Rooms register theirs:
//
//	api.Handle(a, web.SignedIn, huma.Operation{
//		OperationID: "receive-dossier", Method: http.MethodPost, Path: "/api/v1/dossiers",
//		Summary: "Receive a dossier", Tags: []string{"dossiers"}, DefaultStatus: http.StatusCreated,
//	}, func(ctx context.Context, in *receiveInput) (*receiveOutput, error) {
//		d, err := desk.Receive(ctx, api.Actor(ctx), in.Body.application())
//		…
//	})
//
// Errors are those of the verbs: a fault becomes an RFC 9457 problem with stable
// keys; every other error a problem with a code that the log has too.
package api

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/web"
)

// An API holds the operations.
type API struct {
	huma   huma.API
	mux    *web.Mux
	once   *once    // nil keeps no answers
	limits *limiter // nil knows no limits
	pages  reference
	room   string // whose operation is being registered
}

// The ways in which a caller says who it is: a token, or the session of pages.
const (
	tokenScheme   = "token"
	sessionScheme = "session"
)

// New puts an API on the mux: its operations, the description at
// /api/openapi.json and /api/openapi.yaml, a page that lists them at /api, and one that
// describes those of a tag at /reference/{tag}.
// version is the product's.
func New(mux *web.Mux, version string) *API {
	problems()
	a := &API{mux: mux}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "CCHC",
				Version:     version,
				Description: "Administrative-reform management: dossiers, deadlines, the real-time service index.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", a.called),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					tokenScheme:   {Type: "http", Scheme: "bearer", Description: "An access token, made at /account/tokens or by who keeps the account at /admin/tokens."},
					sessionScheme: {Type: "apiKey", In: "cookie", Name: "cchc", Description: "The session that POST /sign-in begins (__Host-cchc over TLS)."},
				},
			},
		},
		OpenAPIPath:   "/api/openapi",
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
	a.huma = humago.New(mux.Routes(), config)
	mux.Handle("GET /api", web.Public, a.list)
	mux.Handle("GET "+referencePath+"{tag}", web.Public, a.describe)
	return a
}

// Handle registers an operation. The access is checked before the input is read;
// rights are the verb's to check.
func Handle[I, O any](a *API, access web.Access, op huma.Operation, f func(ctx context.Context, in *I) (*O, error)) {
	op.Errors = append(op.Errors, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Middlewares = append(op.Middlewares, a.limited)
	if access.NeedsSignIn() {
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
		op.Security = append(op.Security, map[string][]string{tokenScheme: {}}, map[string][]string{sessionScheme: {}})
		op.Middlewares = append(op.Middlewares, func(c huma.Context, next func(huma.Context)) {
			if Actor(c.Context()).SignedIn() {
				next(c)
				return
			}
			answer(c, fault.New(fault.Unauthenticated, "web.sign_in.first"))
		})
	}
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity)
	if op.Method != http.MethodGet {
		op.Errors = append(op.Errors, http.StatusConflict, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
		if _, own := op.Metadata[OwnKey]; !own && access.NeedsSignIn() {
			op.Parameters = append(op.Parameters, keyParam)
			op.Middlewares = append(op.Middlewares, a.answeredOnce)
		}
	}
	slices.Sort(op.Errors)
	op.Middlewares = append(op.Middlewares, func(c huma.Context, next func(huma.Context)) {
		u := c.URL()
		next(unhurried{huma.WithValue(c, urlKey{}, &u)})
	})
	a.room = roomOf(reflect.TypeFor[I]())
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			p := Problem(web.ProblemOf(ctx, err))
			if p.Status == http.StatusServiceUnavailable {
				return nil, huma.ErrorWithHeaders(&p, http.Header{"Retry-After": {strconv.Itoa(web.RetryAfter)}})
			}
			return nil, &p
		}
		return out, nil
	})
}

// unhurried leaves the time in which a body must be read to the server's ReadTimeout.
// huma would allow five seconds, too few for scans on a slow line. Worse, where the body
// was read before (for its Idempotency-Key) or there is none, net/http watches the
// connection already, takes the end of that time for a caller who went away, and gives
// up the request and all that follow it on the connection: every write that had to wait
// longer, for a new primary for one.
type unhurried struct{ inner }

// Unwrap returns the context below.
func (c unhurried) Unwrap() huma.Context { return c.inner }

// SetReadDeadline sets none.
func (unhurried) SetReadDeadline(time.Time) error { return nil }

// called names a schema: the room's name goes before the type's, since rooms call
// different things alike.
func (a *API) called(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name, room := huma.DefaultSchemaNamer(t, hint), a.room
	if t.PkgPath() != "" {
		room = roomOf(t)
	}
	name = strings.TrimPrefix(name, "Api")
	if room == "Api" || strings.HasPrefix(name, room) {
		return name
	}
	return room + name
}

// roomOf returns the room of a type's package: "Dossier" of dossierweb.
func roomOf(t reflect.Type) string {
	room := strings.TrimSuffix(path.Base(t.PkgPath()), "web")
	if room == "." || room == "" {
		return ""
	}
	return strings.ToUpper(room[:1]) + room[1:]
}

// answer writes an error of a middleware.
func answer(c huma.Context, err error) {
	p := Problem(web.ProblemOf(c.Context(), err))
	c.SetHeader("Content-Type", p.ContentType(""))
	if p.Status == http.StatusServiceUnavailable {
		c.SetHeader("Retry-After", strconv.Itoa(web.RetryAfter))
	}
	c.SetStatus(p.Status)
	huma.DefaultJSONFormat.Marshal(c.BodyWriter(), p)
}

type urlKey struct{}

// Next returns the Link header of a list's page that another follows, by its
// cursor; "" on the last.
func Next(ctx context.Context, cursor string) string {
	u, _ := ctx.Value(urlKey{}).(*url.URL)
	if cursor == "" || u == nil {
		return ""
	}
	q := u.Query()
	q.Set("cursor", cursor)
	return "<" + u.Path + "?" + q.Encode() + `>; rel="next"`
}

// Actor returns who calls.
func Actor(ctx context.Context) actor.Actor { return web.Actor(ctx) }

// YAML returns the description, for the golden file and for those who generate
// clients.
func (a *API) YAML() ([]byte, error) { return a.huma.OpenAPI().YAML() }

// A Problem is an error as programs get it.
type Problem web.Problem

// Error makes a problem an error.
func (p *Problem) Error() string { return p.Title }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns the media type of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// problems makes huma's own errors (an input that does not fit its schema) look
// like ours. huma knows no other way than its package's variables.
var problems = sync.OnceFunc(func() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: msg}
		for _, err := range errs {
			if err == nil {
				continue
			}
			f := web.ProblemField{Key: "schema", Message: err.Error()}
			if d, ok := err.(huma.ErrorDetailer); ok {
				f.Location, f.Message = d.ErrorDetail().Location, d.ErrorDetail().Message
			}
			p.Errors = append(p.Errors, f)
		}
		return p
	}
})

package app

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// A tracer makes spans of requests, writes, jobs and calls to others, and sends them
// where OpenTelemetry's own environment says: OTEL_EXPORTER_OTLP_ENDPOINT, by HTTP. It
// is nil when that says nothing, and then nothing is made and nobody is asked.
//
// Spans tell what the log tells: patterns of routes, statuses, kinds of jobs; nothing
// of a person, and no text of an error.
type tracer struct {
	provider *sdk.TracerProvider
	of       trace.Tracer
	carry    propagation.TraceContext
}

// newTracer returns nil when nobody wants traces.
func newTracer(ctx context.Context) (*tracer, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" || os.Getenv("OTEL_SDK_DISABLED") == "true" {
		return nil, nil
	}
	out, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	what, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "cchc"), attribute.String("service.version", Version)), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { slog.Warn("traces", "err", err) }))
	p := sdk.NewTracerProvider(sdk.WithBatcher(out), sdk.WithResource(what))
	return &tracer{provider: p, of: p.Tracer("cchc")}, nil
}

// stop sends what is left, for a moment.
func (t *tracer) stop() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		slog.Warn("traces", "err", err)
	}
}

func (t *tracer) span(ctx context.Context, name string, kind trace.SpanKind) (context.Context, func(err error)) {
	ctx, s := t.of.Start(ctx, name, trace.WithSpanKind(kind))
	return ctx, func(err error) {
		if err != nil {
			s.SetStatus(codes.Error, "")
		}
		s.End()
	}
}

// requests puts a span around every request: a child of the caller's, when it says so
// by traceparent.
func (t *tracer) requests(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := t.carry.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, s := t.of.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
		defer s.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// routes is routed, or nil without a tracer.
func (t *tracer) routes() func(ctx context.Context, route string, status int) {
	if t == nil {
		return nil
	}
	return t.routed
}

// routed tells a request's span which route it was, and how it ended.
func (t *tracer) routed(ctx context.Context, route string, status int) {
	s := trace.SpanFromContext(ctx)
	if route != "" {
		s.SetName(route)
		s.SetAttributes(attribute.String("http.route", route))
	}
	s.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= 500 {
		s.SetStatus(codes.Error, "")
	}
}

// write is around a write to the database.
func (t *tracer) write(ctx context.Context) (context.Context, func(error)) {
	return t.span(ctx, "write", trace.SpanKindInternal)
}

// job is around a job.
func (t *tracer) job(ctx context.Context, kind string) (context.Context, func(error)) {
	return t.span(ctx, "job "+kind, trace.SpanKindConsumer)
}

// call is around a call to another system, which is told by traceparent what it belongs
// to.
func (t *tracer) call(next http.RoundTripper) http.RoundTripper { return &calling{t, next} }

type calling struct {
	t    *tracer
	next http.RoundTripper
}

// RoundTrip sends the request.
func (c *calling) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, end := c.t.span(r.Context(), "call "+r.Method, trace.SpanKindClient)
	r = r.Clone(ctx)
	c.t.carry.Inject(ctx, propagation.HeaderCarrier(r.Header))
	a, err := c.next.RoundTrip(r)
	if a != nil {
		trace.SpanFromContext(ctx).SetAttributes(attribute.Int("http.response.status_code", a.StatusCode))
	}
	end(err)
	return a, err
}

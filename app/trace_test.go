package app

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"cchc/base/actor"
	"cchc/base/web/webtest"
	"cchc/exchange"
)

// A request that belongs to somebody's trace goes on in it: the write, and the call to
// another system that a job makes later in its own. What is sent tells of nobody. It is
// not parallel: the environment is one.
func TestTracesGoWhereTheEnvironmentSays(t *testing.T) {
	var mu sync.Mutex
	var spans []*otlp.Span
	var raw bytes.Buffer
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = z
		}
		b, err := io.ReadAll(body)
		var in collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(b, &in)
		}
		if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%s %s: %v", r.URL.Path, r.Header.Get("Content-Type"), err)
		}
		mu.Lock()
		defer mu.Unlock()
		raw.Write(b)
		for _, of := range in.ResourceSpans {
			for _, s := range of.ScopeSpans {
				spans = append(spans, s.Spans...)
			}
		}
	}))
	defer receiver.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)

	called := make(chan string, 10)
	peer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { called <- r.Header.Get("traceparent") }))
	defer peer.Close()
	r, _, province, u := commune(t)
	var err error
	if r.tracer, err = newTracer(ctx); err != nil || r.tracer == nil {
		t.Fatalf("no tracer: %v", err)
	}
	r.db.Trace(r.tracer.write)
	h, stop, err := r.handler(ctx, serveFlags{Files: t.TempDir(), Hosts: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	jobs := r.newRunner()
	if err := jobs.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := r.exchange.Create(ctx, operator, exchange.Link{Kind: exchange.Hook, Name: "Trục tỉnh", URL: peer.URL, Unit: province}); err != nil {
		t.Fatal(err)
	}
	o := &office{rooms: r, b: webtest.Open(t, r.tracer.requests(h)), province: province, commune: u}
	clerk := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: u})
	const id = "0af7651916cd43dd8448eb211c80319c"
	clerk.Header.Set("traceparent", "00-"+id+"-b7ad6b7169203331-01")
	p := clerk.Send(http.MethodPost, "/api/v1/dossiers", "application/json", `{"unit":"`+string(u)+`","procedure":"1.001193","channel":"direct","person":{"name":"Lê Văn Kín","phone":"0987654321"}}`)
	p.Is(http.StatusCreated)
	clerk.Header.Del("traceparent")
	var told string
	select {
	case told = <-called:
	case <-time.After(time.Minute):
		t.Fatal("the other system was not called")
	}
	end, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := jobs.Stop(end); err != nil {
		t.Error(err)
	}
	r.tracer.stop()

	mu.Lock()
	defer mu.Unlock()
	find := func(name, trace string) *otlp.Span {
		for _, s := range spans {
			if s.Name == name && (trace == "" || hex.EncodeToString(s.TraceId) == trace) {
				return s
			}
		}
		return nil
	}
	request := find("POST /api/v1/dossiers", id)
	if request == nil || hex.EncodeToString(request.ParentSpanId) != "b7ad6b7169203331" || request.Kind != otlp.Span_SPAN_KIND_SERVER {
		t.Fatalf("the request is not in the caller's trace: %v among %d spans", request, len(spans))
	}
	if w := find("write", id); w == nil || !bytes.Equal(w.ParentSpanId, request.SpanId) {
		t.Errorf("the write is not the request's: %v", w)
	}
	// The job may have run before too, with nothing to deliver yet.
	_, rest, _ := strings.Cut(told, "-")
	trace, _, _ := strings.Cut(rest, "-")
	call := find("call POST", trace)
	if call == nil || !strings.Contains(told, trace+"-"+hex.EncodeToString(call.SpanId)) {
		t.Fatalf("the other system was told %q, the call was %v", told, call)
	}
	if job := find("job "+exchange.Deliver.Name, trace); job == nil || !bytes.Equal(call.ParentSpanId, job.SpanId) {
		t.Errorf("the call is of %x, want of the job that delivers: %v", call.ParentSpanId, job)
	}
	for _, secret := range []string{"Lê Văn", "0987654321", "H99.101-", string(u), peer.URL} {
		if strings.Contains(raw.String(), secret) {
			t.Errorf("the traces tell %q", secret)
		}
	}
}

func TestNobodyIsAskedForTracesWhereNobodyWantsThem(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	x, err := newTracer(ctx)
	if x != nil || err != nil {
		t.Fatalf("a tracer: %v, %v", x, err)
	}
	h := http.NotFoundHandler()
	if got := x.requests(h); got == nil || x.routes() != nil {
		t.Error("requests are wrapped")
	}
	x.stop()
}

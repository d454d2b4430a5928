package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// beat is how often a silent stream says that it lives, so that proxies keep it.
const beat = 20 * time.Second

// streamID makes browsers say, when they begin a stream anew, that they had one before.
const streamID = "id: 1"

// Resumed reports whether whoever asks for a stream had one before, which ended: what
// happened in between is to be sent first.
func Resumed(r *http.Request) bool { return r.Header.Get("Last-Event-ID") != "" }

// Stream answers with server-sent events until run returns or the client goes
// away, which ends the request's context. send writes one event; the page's
// elements marked data-live-event with the event's name are replaced by html.
//
// The route must be registered as Live.
func Stream(w http.ResponseWriter, r *http.Request, run func(send func(event string, html []byte) error) error) error {
	if v := visitOf(r.Context()); v != nil && !v.mux.live(r) {
		return fmt.Errorf("web: %s streams and is not registered as Live", v.route)
	}
	rc := http.NewResponseController(w)
	// A stream outlives the server's limits for reading a request (when that one
	// strikes, the server takes the client for gone) and for writing an answer.
	for _, unlimited := range []func(time.Time) error{rc.SetReadDeadline, rc.SetWriteDeadline} {
		if err := unlimited(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("begin a stream: %w", err)
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	var mu sync.Mutex
	write := func(b []byte) error {
		mu.Lock()
		defer mu.Unlock()
		if _, err := w.Write(b); err != nil {
			return err
		}
		return rc.Flush()
	}
	if err := write([]byte("retry: 5000\n" + streamID + "\n\n")); err != nil {
		return fmt.Errorf("begin a stream: %w", err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		t := time.NewTicker(beat)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				if write([]byte(":\n\n")) != nil {
					return
				}
			case <-stop:
				return
			}
		}
	}()
	// w is not to be used after the handler returns.
	defer func() { close(stop); <-stopped }()
	return run(func(event string, html []byte) error { return write(message(event, html)) })
}

// message writes an event: each line of the text stands behind "data: ".
func message(event string, text []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\n", event)
	for line := range bytes.Lines(text) {
		b.WriteString("data: ")
		b.Write(bytes.TrimRight(line, "\r\n"))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.Bytes()
}

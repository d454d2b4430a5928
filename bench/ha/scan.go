package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A scan is a paper that was brought with its file, which can be made again.
type scan struct {
	code, name string
	seed       [32]byte
}

// content is a file of 2 to 64 KB that begins like a PDF and has no other like it.
func (s scan) content() []byte {
	r := mrand.New(mrand.NewChaCha8(s.seed))
	b := append(make([]byte, 0, 1<<16), "%PDF-1.4\n"...)
	for n := 2<<10 + r.IntN(62<<10); len(b) < n; {
		b = append(b, byte(r.Uint32()))
	}
	return append(b, "\n%%EOF\n"...)
}

// scan brings one for a dossier.
func (l *load) scan(ctx context.Context, client *http.Client, machine *int, code string) {
	s := scan{code: code, name: "Tờ khai " + rand.Text()}
	rand.Read(s.seed[:])
	if l.verb(ctx, client, machine, code, "papers", map[string]any{"name": s.name, "source": "scanned", "file_name": "to-khai.pdf", "file": base64.StdEncoding.EncodeToString(s.content())}) {
		l.mu.Lock()
		l.scans = append(l.scans, s)
		l.mu.Unlock()
	}
}

// fetch reads the scan of that number back, once its purpose is told.
func (l *load) fetch(ctx context.Context, client *http.Client, machine *int, s scan, number string) ([]byte, error) {
	path := "/api/v1/dossiers/" + s.code + "/papers/"
	if l.persist(ctx, client, machine, path+"purpose", rand.Text(), map[string]any{"purpose": "process"}) == nil {
		return nil, errors.New("no purpose could be told")
	}
	for {
		status, text, err := l.send(ctx, client, *machine, http.MethodGet, path+number, "", nil)
		switch {
		case err == nil && status == http.StatusOK:
			return text, nil
		case err == nil && !isRefusal(status):
			return nil, fmt.Errorf("answered %d %.200s", status, text)
		}
		*machine++
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// trial brings one scan and reads it back: what follows would be for nothing otherwise.
func (l *load) trial(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client, machine := l.client(), 0
	l.scan(ctx, client, &machine, l.receipts[0].code)
	if len(l.scans) == 0 {
		return fmt.Errorf("a scan is not taken: %s", strings.Join(l.wrong[:min(1, len(l.wrong))], ""))
	}
	number, err := l.c.psql(ctx, "cchc", "SELECT ord FROM dossier_paper WHERE name = '"+l.scans[0].name+"'")
	if err != nil {
		return err
	}
	got, err := l.fetch(ctx, client, &machine, l.scans[0], number)
	if err == nil && !bytes.Equal(got, l.scans[0].content()) {
		err = fmt.Errorf("it has %d bytes, not its own", len(got))
	}
	if err != nil {
		return fmt.Errorf("a scan is not given back: %w", err)
	}
	return nil
}

// readScans reads every scan back that was acknowledged, and compares it byte for byte.
func (r *report) readScans(ctx context.Context) error {
	text, err := r.c.psql(ctx, "cchc", `SELECT d.code, p.ord, p.name FROM dossier_paper p JOIN dossier d ON d.id = p.dossier_id WHERE p.file_key <> '' AND p.name LIKE 'Tờ khai %'`)
	if err != nil {
		return err
	}
	numbers := map[string][]string{}
	for line := range strings.Lines(text) {
		if f := strings.SplitN(strings.TrimSpace(line), "|", 3); len(f) == 3 {
			numbers[f[0]+" "+f[2]] = append(numbers[f[0]+" "+f[2]], f[1])
		}
	}
	r.l.mu.Lock()
	scans := r.l.scans
	r.l.mu.Unlock()
	say("reading %d scans back", len(scans))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	var mu sync.Mutex
	size, same, lost := 0, 0, 0
	next := make(chan scan)
	for w := range r.l.workers {
		all.Go(func() {
			client, machine := r.l.client(), w
			for s := range next {
				want, at := s.content(), numbers[s.code+" "+s.name]
				var got []byte
				err := errors.New("it is not there")
				if len(at) > 0 {
					got, err = r.l.fetch(ctx, client, &machine, s, at[0])
				}
				if err == nil && !bytes.Equal(got, want) {
					err = fmt.Errorf("it has %d bytes that are not its %d", len(got), len(want))
				}
				mu.Lock()
				size += len(want)
				if len(at) > 1 {
					r.doubled++
					r.bad = append(r.bad, fmt.Sprintf("a scan of %s is there %d times", s.code, len(at)))
				}
				if err != nil {
					lost++
					r.bad = append(r.bad, fmt.Sprintf("a scan of %s: %v", s.code, err))
				} else {
					same++
				}
				mu.Unlock()
			}
		})
	}
	for _, s := range scans {
		next <- s
	}
	close(next)
	all.Wait()
	r.lost += lost
	r.checks = append(r.checks, fmt.Sprintf("scans: %d acknowledged, %.1f MB; read back from %s and the same byte for byte: %d; **lost: %d**; the store holds %d files",
		len(scans), float64(size)/1e6, r.c.filesAbout(), same, lost, r.c.objects()))
	return nil
}

package file_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/fault"
	"cchc/base/file"
	"cchc/base/file/filetest"
)

func TestClamdIsAsked(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c, err := file.NewClam(filetest.Clamd(t))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := c.Version(ctx); err != nil || !strings.HasPrefix(v, "ClamAV ") {
		t.Errorf("version %q, %v", v, err)
	}
	for _, x := range []struct {
		name, content, found string
		err                  error
	}{
		{"nothing in it", "", "", nil},
		{"an ordinary text", "Kính gửi Uỷ ban nhân dân xã", "", nil},
		{"the test file alone", filetest.Eicar(), filetest.Found, nil},
		{"a PDF with it", filetest.Infected(), filetest.Found, nil},
		{"it lies across two pieces", strings.Repeat("x", 64<<10-20) + filetest.Eicar(), filetest.Found, nil},
		{"just what clamd takes", strings.Repeat("x", 1<<20), "", nil},
		{"more than clamd takes", strings.Repeat("x", 8<<20), "", file.ErrTooLong},
	} {
		if found, err := c.Scan(ctx, strings.NewReader(x.content)); found != x.found || !errors.Is(err, x.err) {
			t.Errorf("%s: %q, %v; want %q, %v", x.name, found, err, x.found, x.err)
		}
	}
	broken := io.MultiReader(strings.NewReader("x"), readerFunc(func([]byte) (int, error) { return 0, io.ErrClosedPipe }))
	if _, err := c.Scan(ctx, broken); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a content that breaks off: %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestWhatAnAddressOfClamdIs(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"unix:/run/clamav/clamd.ctl": true, "unix:///run/clamav/clamd.ctl": true, "tcp:127.0.0.1:3310": true, "tcp://[::1]:3310": true, "tcp:clamd.xa.example:3310": true,
		"": false, "clamd": false, "unix:run/clamd": false, "tcp:127.0.0.1": false, "http://127.0.0.1:3310": false,
	} {
		if _, err := file.NewClam(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// What a daemon that misbehaves does is an error, and never "nothing found".
func TestAnAnswerThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	for _, says := range []string{"", "\x00", "stream: Heuristics ERROR\x00", "UNKNOWN COMMAND\x00", "stream: OKAY\x00", "HTTP/1.1 200 OK\r\n\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.CopyN(io.Discard, conn, int64(len("zINSTREAM\x00")+4+5+4))
			io.WriteString(conn, says)
			conn.Close()
		}()
		c, err := file.NewClam("tcp:" + l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if found, err := c.Scan(context.Background(), strings.NewReader("hello")); err == nil || found != "" {
			t.Errorf("%q: found %q, %v", says, found, err)
		}
	}
}

func hashOf(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// scanner is one that can be away.
type scanner struct {
	away  error
	asked int
}

func (s *scanner) Scan(_ context.Context, content io.Reader) (string, error) {
	s.asked++
	if s.away != nil {
		return "", s.away
	}
	b, err := io.ReadAll(content)
	if bytes.Contains(b, []byte(filetest.Eicar())) {
		return filetest.Found, err
	}
	return "", err
}

const scan = "%PDF-1.4\nscan\n%%EOF\n"

func watchedStore(t *testing.T, s *scanner, mark bool) (*file.Store, *db.DB) {
	t.Helper()
	d, _ := dbtest.Open(t)
	store, err := file.Open(context.Background(), filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	store.Watched(file.Watch{DB: d, Scanner: s, Mark: mark, Who: func(context.Context) actor.Actor { return actor.System("ai đó") }})
	return store, d
}

func TestAnInfectedFileIsRefusedRecordedAndNotKept(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, mark := range []bool{false, true} {
		store, d := watchedStore(t, &scanner{}, mark)
		_, err := store.Put(ctx, strings.NewReader(filetest.Infected()), file.Limits{})
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Key != "file.infected" || f.Args[1] != filetest.Found {
			t.Fatalf("putting it: %v", err)
		}
		key := hashOf(filetest.Infected())
		if _, _, err := store.Get(ctx, key); !fault.Is(err, fault.NotFound) {
			t.Errorf("it is kept: %v", err)
		}
		trail, err := audit.Of(ctx, d, "file", key)
		if err != nil || len(trail) != 1 || trail[0].Verb != "file.infected" || trail[0].Changes[0].To != filetest.Found || trail[0].Actor.Account != actor.System("ai đó").Account {
			t.Errorf("the trail: %+v, %v", trail, err)
		}
		if _, err := store.Put(ctx, strings.NewReader(scan), file.Limits{}); err != nil {
			t.Errorf("a clean one: %v", err)
		}
	}
}

func TestWhileTheScannerIsAwayFilesAreRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := &scanner{away: io.ErrUnexpectedEOF}
	store, _ := watchedStore(t, s, false)
	_, err := store.Put(ctx, strings.NewReader(scan), file.Limits{})
	if f := fault.As(err); f == nil || f.Kind != fault.Unavailable || f.Key != "file.scan_down" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("away: %v", err)
	}
	s.away = file.ErrTooLong
	if _, err := store.Put(ctx, strings.NewReader(scan), file.Limits{}); !fault.Is(err, fault.Invalid) || fault.As(err).Key != "file.scan_too_large" {
		t.Errorf("too long for it: %v", err)
	}
	if _, _, err := store.Get(ctx, hashOf(scan)); !fault.Is(err, fault.NotFound) {
		t.Errorf("it is kept: %v", err)
	}
}

func TestOrTheyAreTakenAndWaitToBeLookedAt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := &scanner{}
	store, d := watchedStore(t, s, true)
	const early = "%PDF-1.4\nearly\n%%EOF\n"
	put := func(text string) string {
		t.Helper()
		info, err := store.Put(ctx, strings.NewReader(text), file.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return info.Key
	}
	hand := func(key string) error {
		content, _, err := store.Hand(ctx, key)
		if err == nil {
			content.Close()
		}
		return err
	}
	looked := put(early)
	s.away = io.ErrUnexpectedEOF
	clean, bad := put(scan), put(filetest.Infected())
	put(early) // looked at before
	if err := hand(looked); err != nil {
		t.Errorf("one that was looked at before: %v", err)
	}
	for _, key := range []string{clean, bad} {
		if err := hand(key); !fault.Is(err, fault.Unavailable) || fault.As(err).Key != "file.not_scanned" {
			t.Errorf("one that waits: %v", err)
		}
	}
	if n, err := store.Unscanned(ctx); n != 2 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	if n, err := store.Rescan(ctx); n != 0 || err != nil {
		t.Errorf("still away: %d, %v", n, err)
	}
	s.away = nil
	if n, err := store.Rescan(ctx); n != 2 || err != nil {
		t.Errorf("looked at %d, %v", n, err)
	}
	if err := hand(clean); err != nil {
		t.Errorf("a clean one: %v", err)
	}
	if err := hand(bad); !fault.Is(err, fault.Conflict) || fault.As(err).Key != "file.infected_gone" {
		t.Errorf("an infected one: %v", err)
	}
	if _, _, err := store.Get(ctx, bad); !fault.Is(err, fault.NotFound) {
		t.Errorf("its content is kept: %v", err)
	}
	if trail, err := audit.Of(ctx, d, "file", bad); err != nil || len(trail) != 1 || trail[0].Verb != "file.infected" {
		t.Errorf("the trail: %+v, %v", trail, err)
	}
	if n, err := store.Unscanned(ctx); n != 0 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	asked := s.asked
	if n, err := store.Rescan(ctx); n != 0 || err != nil || s.asked != asked {
		t.Errorf("again: %d, %v", n, err)
	}
}

// A file that was damaged on the disk is no fault of the scanner's.
func TestOneDamagedFileKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	d, _ := dbtest.Open(t)
	store, err := file.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s := &scanner{away: io.ErrUnexpectedEOF}
	store.Watched(file.Watch{DB: d, Scanner: s, Mark: true})
	var keys []string
	for i := range 4 {
		info, err := store.Put(ctx, strings.NewReader(fmt.Sprintf("%%PDF-1.4\nscan %d\n%%%%EOF\n", i)), file.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	slices.Sort(keys)
	at := func(key string) string { return filepath.Join(dir, filepath.FromSlash(file.Place(key))) }
	if err := os.WriteFile(at(keys[0]), []byte("%PDF-1.4\nother\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(at(keys[1]), 5); err != nil {
		t.Fatal(err)
	}
	s.away = nil
	for i, want := range []int{2, 0} {
		n, err := store.Rescan(ctx)
		if n != want || err == nil || !strings.Contains(err.Error(), keys[0]) {
			t.Errorf("time %d: looked at %d, want %d; %v", i+1, n, want, err)
		}
	}
	for i, key := range keys {
		content, _, err := store.Hand(ctx, key)
		if err == nil {
			content.Close()
		}
		if i < 2 && !fault.Is(err, fault.Unavailable) || i >= 2 && err != nil {
			t.Errorf("file %d: %v", i, err)
		}
	}
}

// signatures find something in everything, or nothing.
type signatures struct {
	found string
	away  error
}

func (s *signatures) Scan(context.Context, io.Reader) (string, error) { return s.found, s.away }

// Signatures change: what was found in a file may have been nothing.
func TestAFileThatWasFoundInfectedByMistakeIsTakenAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := &signatures{away: io.ErrUnexpectedEOF}
	d, _ := dbtest.Open(t)
	store, err := file.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	watch := file.Watch{DB: d, Scanner: s, Mark: true}
	store.Watched(watch)
	put := func() error { _, err := store.Put(ctx, strings.NewReader(scan), file.Limits{}); return err }
	infected := func(err error) {
		t.Helper()
		if f := fault.As(err); f == nil || f.Key != "file.infected" {
			t.Errorf("putting it again: %v", err)
		}
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	s.found, s.away = "Heuristics.PDF", nil
	if n, err := store.Rescan(ctx); n != 1 || err != nil {
		t.Fatalf("looked at %d, %v", n, err)
	}
	// Only a scanner takes back what a scanner found.
	infected(put())
	s.found, s.away = "", io.ErrUnexpectedEOF
	infected(put())
	store.Watched(file.Watch{DB: d})
	infected(put())
	store.Watched(watch)
	s.away = nil
	if err := put(); err != nil {
		t.Fatal(err)
	}
	content, _, err := store.Hand(ctx, hashOf(scan))
	if err != nil {
		t.Fatalf("one that is clean now: %v", err)
	}
	content.Close()
	trail, err := audit.Of(ctx, d, "file", hashOf(scan))
	if err != nil || !slices.ContainsFunc(trail, func(e audit.Entry) bool { return e.Verb == "file.cleared" && e.Changes[0].From == "Heuristics.PDF" }) {
		t.Errorf("the trail: %+v, %v", trail, err)
	}
	// It may be referred to: nothing says any more that it was deleted.
	if err := d.Write(ctx, func(tx *db.Tx) error { return file.Refer(ctx, tx, hashOf(scan)) }); err != nil {
		t.Errorf("referring to it: %v", err)
	}
}

// What swells when it is unpacked, and what is two things at once.
func TestWhatIsNotWhatItSeemsIsNotTaken(t *testing.T) {
	t.Parallel()
	store, err := file.Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	bomb := func(parts int, each int64) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml"} {
			if _, err := z.Create(name); err != nil {
				t.Fatal(err)
			}
		}
		for i := range parts {
			w, err := z.Create(fmt.Sprintf("xl/media/%d", i))
			if err == nil {
				_, err = io.CopyN(w, zeros{}, each)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, x := range []struct{ name, content, mime string }{
		{"a workbook", bomb(3, 1000), file.XLSX.MIME},
		{"a workbook of more parts than anybody writes", bomb(10_001, 0), ""},
		{"a drawing that runs scripts", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, ""},
		{"a page", "<!doctype html><script>alert(1)</script>", ""},
		{"a page that says further down that it is a PDF", "<!doctype html><p>%PDF-1.7", ""},
		{"a PDF that is a page too", "%PDF-1.7\n<script>alert(1)</script>", file.PDF.MIME}, // handed out so that nothing of it runs
		{"a picture with an archive behind it", string(picture(png.Encode)) + bomb(1, 10), file.PNG.MIME},
		{"a program", "MZ\x90\x00", ""},
		{"a shell script", "#!/bin/sh\n", ""},
	} {
		info, err := store.Put(context.Background(), strings.NewReader(x.content), file.Limits{})
		if x.mime == "" && !fault.Is(err, fault.Invalid) || x.mime != "" && (err != nil || info.Type.MIME != x.mime) {
			t.Errorf("%s: %+v, %v", x.name, info, err)
		}
	}
	// Sizes are what the archive itself says, so this one needs no gigabyte.
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"} {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, UncompressedSize64: 600 << 20}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(context.Background(), &b, file.Limits{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a workbook that swells to more than a gigabyte: %v", err)
	}
}

// zeros is as long as one reads.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

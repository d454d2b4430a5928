package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"mime/multipart"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cchc/admin"
	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/file/filetest"
	"cchc/base/web/webtest"
)

// sendPaper brings a scan to a dossier on its page.
func sendPaper(t *testing.T, b *webtest.Browser, code, name, content string) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for field, value := range map[string]string{"name": "Giấy khai sinh bản chính", "source": "scanned"} {
		if err := m.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	w, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = w.Write([]byte(content))
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Send("POST", "/dossiers/"+code+"/papers", m.FormDataContentType(), body.String())
}

// scanned is an office whose files a scanner looks at, and its store's folder.
func scanned(t *testing.T, address, down string) (*office, string) {
	t.Helper()
	r, clock, province, u := commune(t)
	dir := filepath.Join(t.TempDir(), "files")
	h, stop, err := r.handler(ctx, serveFlags{Files: dir, Clamd: address, ClamdDown: down})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return &office{rooms: r, b: webtest.Open(t, h), h: h, clock: clock, province: province, commune: u}, dir
}

func TestWhatTheScannerFindsIsRefusedOnThePageAndByTheAPI(t *testing.T) {
	t.Parallel()
	o, dir := scanned(t, filetest.Clamd(t), "refuse")
	b := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	d := receive(t, o.rooms, o.commune)
	sendPaper(t, b, d.Code, "giay.pdf", filetest.Infected()).Is(422).Has("#error-summary", filetest.Found).Has("#error-summary", "từ chối")
	if page := sendPaper(t, b, d.Code, "giay.pdf", filetest.Infected()); page.Attr("[name=name]", "value") != "Giấy khai sinh bản chính" {
		t.Errorf("what was typed is lost: %q", page.Attr("[name=name]", "value"))
	}
	left := 0
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			left++
		}
		return err
	})
	if err != nil || left != 0 {
		t.Errorf("%d files are kept, %v", left, err)
	}
	trail, err := audit.Of(ctx, o.db, "file", hashOf(filetest.Infected()))
	if err != nil || len(trail) != 2 || trail[0].Actor.Login != "motcua" {
		t.Errorf("the trail: %+v, %v", trail, err)
	}
	sendPaper(t, b, d.Code, "..\\\u202efdp.exe", pdf).To("/dossiers/" + d.Code)
	got := b.Get("/dossiers/" + d.Code + "/papers/1").Is(200)
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Content-Disposition": `attachment; filename=fdp.exe.pdf`,
		"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if f := o.scanning(ctx); f.Standing != admin.Fine || !strings.Contains(f.Text(ctx), "ClamAV") {
		t.Errorf("health says %s: %s", f.Standing, f.Text(ctx))
	}
}

func TestWhileClamdIsDownNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody answers there
	address := "tcp:" + l.Addr().String()
	o, _ := scanned(t, address, "refuse")
	b := o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	d := receive(t, o.rooms, o.commune)
	page := sendPaper(t, b, d.Code, "giay.pdf", pdf).Is(422).Has("#error-summary", "chưa quét được")
	if page.Attr("[name=name]", "value") != "Giấy khai sinh bản chính" {
		t.Errorf("what was typed is lost: %q", page.Attr("[name=name]", "value"))
	}
	if f := o.scanning(ctx); f.Standing != admin.Bad {
		t.Errorf("health says %s", f.Standing)
	}
	// Marked instead: taken, and handed to nobody until it was looked at.
	o, _ = scanned(t, address, "mark")
	b = o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: o.commune})
	d = receive(t, o.rooms, o.commune)
	sendPaper(t, b, d.Code, "giay.pdf", pdf).To("/dossiers/" + d.Code)
	b.Get("/dossiers/"+d.Code+"/papers/1").Is(503).Has("main", "chờ quét")
	if err := o.rescan(ctx); err != nil {
		t.Errorf("looking again while it is down: %v", err)
	}
	b.Get("/dossiers/" + d.Code + "/papers/1").Is(503)
}

func TestAnAddressThatIsNoneIsNamed(t *testing.T) {
	t.Parallel()
	r, _, _, _ := commune(t)
	_, _, err := r.handler(ctx, serveFlags{Files: t.TempDir(), Clamd: "clamd.example"})
	if err == nil || !strings.Contains(err.Error(), "--clamd") {
		t.Errorf("%v", err)
	}
}

func hashOf(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

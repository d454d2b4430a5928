package app

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cchc/base/db/dbtest"
	"cchc/base/file"
	"cchc/dossier"
)

// scanned is a dossier with a scan.
func (o *office) scanned(t *testing.T) (dossier.Dossier, file.Info) {
	t.Helper()
	d := o.known(t)
	scan, err := o.scans.Put(ctx, strings.NewReader("%PDF-1.4\nĐơn\n%%EOF\n"), file.Limits{})
	o.ok(t, err)
	o.scan(t, d, scan, "Đơn")
	return d, scan
}

// scan adds a scan to a dossier.
func (o *office) scan(t *testing.T, d dossier.Dossier, scan file.Info, name string) {
	t.Helper()
	o.ok(t, o.desk.AddPaper(ctx, operator, d.Code, dossier.Paper{Name: name, Source: "scanned", FileKey: scan.Key, FileName: "d.pdf", FileType: scan.Type.MIME, FileSize: scan.Size}))
}

// Every place that has files is looked at, and what is amiss with one is told apart: it
// is gone, it was cut, its bytes changed, it cannot be asked for, or it had to go.
func TestVerifyLooksForEveryFileThatTheDatabaseNames(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	f := o.brought(t)
	scan, err := o.scans.Put(ctx, strings.NewReader("%PDF-1.4\nCăn cước\n%%EOF\n"), file.Limits{})
	o.ok(t, err)
	// Two dossiers have it, and the one is told of.
	for _, d := range []dossier.Dossier{f.dossier, o.known(t)} {
		o.scan(t, d, scan, "Căn cước")
	}
	path := func(key string) string { return filepath.Join(o.files, filepath.FromSlash(file.Place(key))) }
	verify := func(bytes bool, erased ...string) (v verified, told []dossier.Difference) {
		t.Helper()
		v, err := o.verify(ctx, verifying{bytes: bytes, erased: erased, found: func(_ int, d dossier.Difference) { told = append(told, d) }})
		o.ok(t, err)
		return v, told
	}
	// The decision is a scan and evidence.
	v, told := verify(true)
	if v.Away != nil || len(told) > 0 || v.Files.All() != 6 {
		t.Fatalf("nothing is amiss, and it says %+v of %+v", told, v)
	}
	is := func(what string, bytes bool, have string, want ...string) {
		t.Helper()
		v, told := verify(bytes)
		if v.Away != nil || len(told) != len(want) {
			t.Errorf("%s: %+v, %v; want %q", what, told, v.Away, want)
			return
		}
		for i, d := range told {
			if !strings.HasPrefix(d.What, want[i]) || d.Have != have || !strings.Contains(d.Want, "SHA-256 ") {
				t.Errorf("%s: %+v; want %q, %q", what, d, want[i], have)
			}
		}
	}
	read := func(key string) []byte {
		t.Helper()
		b, err := os.ReadFile(path(key))
		o.ok(t, err)
		return b
	}
	// harmed does something to a file, looks, and puts it back.
	harmed := func(key string, b []byte, look func()) {
		t.Helper()
		was := read(key)
		if b == nil {
			o.ok(t, os.Remove(path(key)))
		} else {
			o.ok(t, os.WriteFile(path(key), b, 0o600))
		}
		look()
		o.ok(t, os.WriteFile(path(key), was, 0o600))
	}
	paper := "scans of dossiers: " + f.dossier.Code + ", paper "
	harmed(scan.Key, nil, func() {
		is("a scan that is gone", false, "no file", paper)
		is("a scan that is gone, reading all", true, "no file", paper)
		if _, told := verify(false, scan.Key); len(told) > 0 {
			t.Errorf("one that was erased while the rows were copied: %+v", told)
		}
	})
	harmed(f.pdf, nil, func() { is("a decision that is evidence", false, "no file", paper, "files of evidence: 1/QĐ-UBND") })
	harmed(f.upload, nil, func() { is("what was brought to be imported", false, "no file", "files of imports: "+f.run) })
	harmed(f.mended, nil, func() { is("a workbook of wrong rows", false, "no file", "files of imports: "+f.run) })
	harmed(f.list, nil, func() { is("a list to be compared", false, "no file", "lists to be compared: "+f.compared) })
	harmed(scan.Key, []byte("%PDF"), func() { is("a scan that was cut", false, "4 bytes", paper) })
	other := bytes.Replace(read(scan.Key), []byte("1.4"), []byte("1.5"), 1)
	harmed(scan.Key, other, func() {
		is("as long, of other bytes, by its length", false, "")
		is("as long, of other bytes", true, "another content", paper)
	})
	harmed(f.pdf, bytes.Replace(read(f.pdf), []byte("1.4"), []byte("1.5"), 1), func() {
		is("evidence of other bytes is always found", false, "another content", "files of evidence: 1/QĐ-UBND")
	})

	// One that was taken away for what was in it is told of, and is no loss.
	harmed(scan.Key, nil, func() {
		h, err := o.db.Handle()
		o.ok(t, err)
		defer h.Close()
		_, err = h.Exec(`INSERT INTO unscanned_file (key, size, since, found, found_at) VALUES ('` + scan.Key + `', 1, 1, 'Eicar', 1)`)
		o.ok(t, err)
		if v, told := verify(false); len(told) > 0 || v.Files.Infected != 1 {
			t.Errorf("what was taken away: %+v, %+v", told, v)
		}
		_, err = h.Exec(`DELETE FROM unscanned_file`)
		o.ok(t, err)
	})

	// Who is erased has no file, and none is missed.
	o.ok(t, o.exchange.Work(ctx, f.compared))
	o.ok(t, o.imports.Abandon(ctx, operator, f.run))
	o.left(t, f.list, f.mended)
	if v, told := verify(false); len(told) > 0 || v.Files.All() != 4 {
		t.Errorf("after rooms let go of files: %+v, %+v", told, v)
	}
}

// A place that cannot be asked has lost nothing: no recount is noted, and what to do is said.
func TestVerifySaysThatFilesCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	d, _ := o.scanned(t)
	dsn := o.db.DSN()
	nowhere, empty := filepath.Join(t.TempDir(), "files"), t.TempDir()
	code, out, says := run(t, "verify", "--db", dsn, "--files", nowhere)
	if code == 0 || !strings.Contains(out, ": every figure agrees") || !strings.Contains(says, nowhere) || !strings.Contains(says, "none counts as lost") || strings.Contains(out, "no file") {
		t.Errorf("a folder that is not there: exit %d: %s%s", code, out, says)
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("verify made the folder")
	}
	if _, err := o.lastVerified(context.Background()); err == nil {
		t.Error("half a recount was noted as one")
	}
	code, out, says = run(t, "verify", "--db", dsn, "--files", empty)
	if code == 0 || !strings.Contains(out, "scans of dossiers: "+d.Code+", paper ") || !strings.Contains(out, "no file") {
		t.Errorf("an empty folder: exit %d: %s%s", code, out, says)
	}
}

// A copy has the rows first and the files then: who is erased in between is named in it
// and has no file, which is no loss; any other that is not there is one.
func TestWhatIsErasedWhileACopyIsMadeIsNotMissed(t *testing.T) {
	t.Parallel()
	o := serveOffice(t)
	_, scan := o.scanned(t)
	o.ok(t, os.Remove(filepath.Join(o.files, filepath.FromSlash(file.Place(scan.Key)))))
	dsn, key := o.db.DSN(), filepath.Join(t.TempDir(), "log-key")
	signLog(t, dsn, key)
	for _, erased := range []bool{false, true} {
		if erased {
			h, err := o.db.Handle()
			o.ok(t, err)
			_, err = h.Exec(fmt.Sprintf(`INSERT INTO erased_file (key, turn, at, done) VALUES ('%s', 'test', %d, 1)`, scan.Key, time.Now().UnixMilli()))
			o.ok(t, err)
			h.Close()
		}
		is := func(what string, code int, out, says string) {
			t.Helper()
			if (code == 0) != erased || erased == strings.Contains(out+says, "no file") {
				t.Errorf("%s, erased %v: exit %d: %s%s", what, erased, code, out, says)
			}
		}
		copies, stream := t.TempDir(), filepath.Join(t.TempDir(), "stream")
		o.ok(t, os.Mkdir(filepath.Join(copies, "files"), 0o750))
		if code, out, says := run(t, "backup", copies, "--db", dsn, "--files", o.files, "--log-key", key); code != 0 {
			t.Fatalf("backup: exit %d: %s%s", code, out, says)
		}
		code, out, says := run(t, "restore", copies, "--drill", "--db", dsn)
		is("drill", code, out, says)
		if code, out, says := run(t, "export", stream, "--db", dsn, "--files", o.files, "--log-key", key); code != 0 {
			t.Fatalf("export: exit %d: %s%s", code, out, says)
		}
		code, out, says = run(t, "import", stream, "--db", dbtest.Empty(t), "--files", t.TempDir(), "--log-key", filepath.Join(t.TempDir(), "key"))
		is("import", code, out, says)
	}
	// Left out on purpose they are not looked for, unless it is said where they are.
	stream := filepath.Join(t.TempDir(), "stream")
	if code, out, says := run(t, "export", stream, "--no-files", "--db", dsn, "--log-key", key); code != 0 {
		t.Fatalf("export: exit %d: %s%s", code, out, says)
	}
	code, out, says := run(t, "import", stream, "--db", dbtest.Empty(t), "--log-key", filepath.Join(t.TempDir(), "key"))
	if code != 0 || !strings.Contains(out, "files were not looked for") {
		t.Errorf("without files: exit %d: %s%s", code, out, says)
	}
	code, out, says = run(t, "import", stream, "--db", dbtest.Empty(t), "--files", o.files, "--log-key", filepath.Join(t.TempDir(), "key"))
	if code == 0 || !strings.Contains(out, "no file") {
		t.Errorf("with the place of files: exit %d: %s%s", code, out, says)
	}
}

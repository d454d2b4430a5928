package file_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"

	"cchc/base/fault"
	"cchc/base/file"
)

var pdf = []byte("%PDF-1.7\n" + strings.Repeat("Hồ sơ\n", 1000) + "%%EOF\n")

func picture(encode func(io.Writer, image.Image) error) []byte {
	var b bytes.Buffer
	if err := encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// packed makes a zip file of entries "name=content".
func packed(entries ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		name, content, _ := strings.Cut(e, "=")
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, content)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// stores opens one of each sort; count tells how many things one holds.
func stores(t *testing.T, f func(t *testing.T, s *file.Store, count func() int)) {
	t.Run("folder", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "not there yet")
		s, err := file.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		f(t, s, func() (n int) {
			if err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
				if err == nil && !e.IsDir() {
					n++
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		})
	})
	t.Run("s3", func(t *testing.T) {
		backend, server := bucket(t, "dossiers")
		s, err := file.Open(t.Context(), "s3://dossiers?endpoint="+server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		f(t, s, func() int {
			all, err := backend.ListBucket("dossiers", nil, gofakes3.ListBucketPage{})
			if err != nil {
				t.Fatal(err)
			}
			return len(all.Contents)
		})
	})
}

func TestWhatIsPutCanBeGot(t *testing.T) {
	stores(t, func(t *testing.T, s *file.Store, count func() int) {
		ctx := t.Context()
		var wg sync.WaitGroup
		for range 4 { // at once, and again below: it is kept once
			wg.Go(func() {
				if _, err := s.Put(ctx, bytes.NewReader(pdf), file.Limits{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		info, err := s.Put(ctx, bytes.NewReader(pdf), file.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(pdf)
		if want := (file.Info{Key: hex.EncodeToString(sum[:]), Size: int64(len(pdf)), Type: file.PDF}); info != want {
			t.Errorf("Put gave %+v, want %+v", info, want)
		}
		if n := count(); n != 1 {
			t.Errorf("the store holds %d things, want 1", n)
		}
		r, size, err := s.Get(ctx, info.Key)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, pdf) || size != int64(len(pdf)) {
			t.Errorf("Get gave %d bytes of %d, %v", len(got), size, err)
		}
		if ok, err := s.Has(ctx, info.Key); !ok || err != nil {
			t.Errorf("Has gave %v, %v", ok, err)
		}
		for range 2 {
			if err := s.Delete(ctx, info.Key); err != nil {
				t.Errorf("Delete gave %v", err)
			}
		}
		if ok, err := s.Has(ctx, info.Key); ok || err != nil {
			t.Errorf("after Delete Has gave %v, %v", ok, err)
		}
		for _, key := range []string{info.Key, "", "../../etc/passwd", strings.ToUpper(info.Key)} {
			if _, _, err := s.Get(ctx, key); !fault.Is(err, fault.NotFound) {
				t.Errorf("Get(%q) gave %v, want NotFound", key, err)
			}
		}
	})
}

func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	stores(t, func(t *testing.T, s *file.Store, count func() int) {
		broken := errors.New("the line broke")
		if _, err := s.Put(t.Context(), io.MultiReader(bytes.NewReader(pdf), failing{broken}), file.Limits{}); !errors.Is(err, broken) {
			t.Errorf("Put gave %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := s.Put(ctx, io.MultiReader(bytes.NewReader(pdf), cancelling{cancel}), file.Limits{}); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled Put gave %v", err)
		}
		for _, c := range []struct {
			name, content string
			l             file.Limits
			want          string
		}{
			{"nothing", "", file.Limits{}, "file.empty"},
			{"too much", string(pdf), file.Limits{Size: int64(len(pdf)) - 1}, "file.too_large Megabytes=1"},
			{"a type that is not asked for", string(pdf), file.Limits{Types: []file.Type{file.PNG, file.JPEG}}, "file.type_refused Types=png, jpg"},
			{"a page", "<!DOCTYPE html><script>alert(1)</script>", file.Limits{}, "file.type_refused Types=pdf, png, jpg, tif, docx, xlsx, doc, xls, odt, ods"},
		} {
			_, err := s.Put(t.Context(), strings.NewReader(c.content), c.l)
			if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Error() != c.want {
				t.Errorf("%s: Put gave %v, want %s", c.name, err, c.want)
			}
		}
		if n := count(); n != 0 {
			t.Errorf("%d things are left in the store", n)
		}
		if _, err := s.Put(t.Context(), bytes.NewReader(pdf), file.Limits{Size: int64(len(pdf))}); err != nil {
			t.Errorf("a file of just the size that is allowed: %v", err)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type cancelling struct{ cancel func() }

func (c cancelling) Read(p []byte) (int, error) { c.cancel(); return copy(p, "more"), nil }

func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	s, err := file.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	info, err := s.Put(ctx, bytes.NewReader(pdf), file.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, info.Key[:2], info.Key)
	damaged := bytes.Replace(pdf, []byte("sơ"), []byte("SƠ"), 1)
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	r, _, err := s.Get(ctx, info.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reading a damaged file gave %v", err)
	}
	r.Close()
	if err := os.WriteFile(path, pdf[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(ctx, bytes.NewReader(pdf), file.Limits{}); err != nil { // mends what was cut short
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, pdf) {
		t.Errorf("after putting it again there are %d bytes, %v", len(b), err)
	}
}

func TestTypesAreFoundInTheContent(t *testing.T) {
	t.Parallel()
	s, err := file.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const content = "[Content_Types].xml=<Types/>"
	for _, c := range []struct {
		name string
		b    []byte
		want file.Type // zero when refused
	}{
		{"pdf", pdf, file.PDF},
		{"png", picture(png.Encode), file.PNG},
		{"jpeg", picture(func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }), file.JPEG},
		{"tiff", []byte("II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"), file.TIFF},
		{"docx", packed(content, "word/document.xml=<w/>"), file.DOCX},
		{"docx with its parts in another order", packed("docProps/app.xml="+strings.Repeat("x", 9000), "word/document.xml=<w/>", content), file.DOCX},
		{"xlsx", packed(content, "xl/workbook.xml=<w/>"), file.XLSX},
		{"odt", packed("mimetype="+file.ODT.MIME, "content.xml=<o/>"), file.ODT},
		{"ods", packed("mimetype="+file.ODS.MIME, "content.xml=<o/>"), file.ODS},
		{"docx with macros", packed(content, "word/document.xml=<w/>", "word/vbaProject.bin=x"), file.Type{}},
		{"any zip", packed("a.txt=a"), file.Type{}},
		{"half a docx", packed(content, "word/document.xml=<w/>")[:60], file.Type{}},
		{"text", []byte("Kính gửi"), file.Type{}},
		{"svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), file.Type{}},
		{"program", []byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 60)), file.Type{}},
	} {
		info, err := s.Put(t.Context(), bytes.NewReader(c.b), file.Limits{})
		if c.want == (file.Type{}) {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: Put gave %+v, %v, want a refusal", c.name, info, err)
			}
		} else if err != nil || info.Type != c.want {
			t.Errorf("%s: Put gave %+v, %v, want %s", c.name, info, err, c.want.Ext)
		}
	}
	if got, ok := file.ByMIME("image/tiff"); !ok || got != file.TIFF {
		t.Errorf("ByMIME(image/tiff) = %v, %v", got, ok)
	}
	if _, ok := file.ByMIME("text/html"); ok {
		t.Error("ByMIME knows text/html")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, given string
		t           file.Type
		want        string
	}{
		{"a name as it should be", "Giấy khai sinh.pdf", file.PDF, "Giấy khai sinh.pdf"},
		{"letters in parts become whole", "Gia\u0302\u0301y.pdf", file.PDF, "Giấy.pdf"},
		{"another way to write the extension", "ảnh.JPEG", file.JPEG, "ảnh.jpg"},
		{"an extension that is not so", "đơn.exe", file.PDF, "đơn.exe.pdf"},
		{"folders", `C:\Users\a\..\đơn.pdf`, file.PDF, "đơn.pdf"},
		{"folders of another system", "../../etc/passwd", file.PNG, "passwd.png"},
		{"text turned around", "đơn\u202efdp.exe", file.PDF, "đơnfdp.exe.pdf"},
		{"controls and lines", "a\r\nX-Header: b\x00.pdf", file.PDF, "aX-Header_ b.pdf"},
		{"quotes", `a"b;c.pdf`, file.PDF, "a_b_c.pdf"},
		{"nothing", "", file.PDF, "file.pdf"},
		{"only dots", "...", file.PDF, "file.pdf"},
		{"a device", "CON.pdf", file.PDF, "fileCON.pdf"},
		{"a hidden file", ".bashrc", file.PDF, "bashrc.pdf"},
		{"a long one", strings.Repeat("ế", 300) + ".pdf", file.PDF, strings.Repeat("ế", 120) + ".pdf"},
		{"bytes that are no text", "a\xffb.pdf", file.PDF, "ab.pdf"},
	} {
		if got := file.Name(c.given, c.t); got != c.want {
			t.Errorf("%s: Name(%q) = %q, want %q", c.name, c.given, got, c.want)
		}
	}
}

func TestAShelfHasAFileWholeOrNotAtAll(t *testing.T) {
	ctx := context.Background()
	_, server := bucket(t, "shelf")
	for _, where := range []string{filepath.Join(t.TempDir(), "new", "shelf"), "s3://shelf?endpoint=" + server.URL} {
		if _, err := file.OpenShelf(ctx, where, false); (err == nil) != strings.HasPrefix(where, "s3") {
			t.Errorf("%s, which is not there: %v", where, err)
		}
		s, err := file.OpenShelf(ctx, where, true)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		text := func(text string) func(io.Writer) error {
			return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
		}
		sum, size, err := s.Put(ctx, "files/ab/abc", text("nội dung"))
		if err != nil || size != 10 || sum != fmt.Sprintf("%x", sha256.Sum256([]byte("nội dung"))) {
			t.Errorf("%s: %s, %d bytes, %v", where, sum, size, err)
		}
		broken := errors.New("the disk is gone")
		if _, _, err := s.Put(ctx, "half", func(w io.Writer) error { io.WriteString(w, "first half"); return broken }); !errors.Is(err, broken) {
			t.Errorf("%s: a write that failed gave %v", where, err)
		}
		for _, name := range []string{"one", "one", "two"} { // replaced
			if _, _, err := s.Put(ctx, name, text(name)); err != nil {
				t.Fatal(err)
			}
		}
		for prefix, want := range map[string]string{"": "one two", "files/": "files/ab/abc", "nothing/": ""} {
			list, err := s.List(ctx, prefix)
			var names []string
			for _, x := range list {
				names = append(names, x.Name)
			}
			if got := strings.Join(names, " "); err != nil || got != want {
				t.Errorf("%s: of %q there are %q, %v; want %q", where, prefix, got, err, want)
			}
		}
		if _, err := s.Open(ctx, "half"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: what was half written: %v", where, err)
		}
		for range 2 {
			if err := s.Remove(ctx, "two"); err != nil {
				t.Error(err)
			}
		}
		unlock, err := s.Lock()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Lock(); s.Dir() != "" && !errors.Is(err, file.ErrLocked) {
			t.Errorf("locked twice: %v", err)
		}
		unlock()
	}
}

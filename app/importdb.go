package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/mattn/go-isatty"

	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/job"
	"cchc/base/ledger"
)

type importDatabase struct {
	dbFlag
	From  string `arg:"" optional:"" name:"file" help:"What cchc export wrote; standard input when left out." placeholder:"FILE"`
	Files string `help:"Where scans go, as for serve." placeholder:"DIR|URL"`
	logFlag
	SealKey string `help:"Where the key of second factors is, brought by hand, as for serve." name:"seal-key" placeholder:"PATH"`
}

// Run makes a database of what export wrote, of either engine: all or nothing, and
// only where none is. Then it reads every table again and compares it, row for row,
// with what was written; recounts every figure and checks the log of the trail.
func (c importDatabase) Run(ctx context.Context, s streams) error {
	in := s.in
	if c.From != "" {
		f, err := os.Open(c.From)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	} else if f, ok := s.in.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		return errors.New("nothing comes in: cchc export --db A | cchc import --db B; to import units, dossiers and so on: cchc import --help")
	}
	if !db.IsPostgres(c.DB) {
		if err := os.MkdirAll(filepath.Dir(c.DB), 0o750); err != nil {
			return fmt.Errorf("--db: %w", err)
		}
	}
	key := c.LogKey
	if key == "" {
		key = keyName(c.DB)
	}
	if _, err := os.Lstat(key); err == nil {
		return fmt.Errorf("--log-key: %s is there already; nothing was changed", key)
	}
	x := &dbReader{sum: sha256.New(), progress: newProgress(s.err, "rows read"), keys: map[string][]byte{}, files: c.files(c.Files)}
	zip, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return err
	}
	defer zip.Close()
	x.in = bufio.NewReaderSize(zip, 1<<16)
	if err := x.head(); err != nil {
		return err
	}
	queue := func(ctx context.Context, d *db.DB) error { return job.Migrate(ctx, d) }
	if err := db.Load(ctx, c.DB, x.said.Schema, queue, func(l *db.Loader) error { return x.fill(ctx, l) }); err != nil {
		if served := new(db.ServedError); errors.Is(err, fs.ErrExist) || errors.As(err, &served) {
			return fmt.Errorf("--db: %w; nothing was changed", err)
		}
		return fmt.Errorf("import: %w; nothing was stored", err)
	}
	x.progress.end()
	for _, name := range []string{"log-key", "log-key.signed"} {
		if b, ok := x.keys[name]; ok {
			if err := ledger.WriteFile(key+strings.TrimPrefix(name, "log-key"), b, 0o600); err != nil {
				return fmt.Errorf("the database is there; the log's key is not: %w", err)
			}
		}
	}
	if err := x.compare(ctx, s, c.DB); err != nil {
		return err
	}
	if x.end.Files > 0 {
		fmt.Fprintf(s.out, "%d files, each compared, in %s\n", x.end.Files, x.files)
	}
	if err := (restoreCmd{DB: c.DB, SealKey: c.SealKey}).tellSeal(ctx, s); err != nil {
		return err
	}
	// Opening it brings it to this program's schema, where what was written is older.
	verify := verifyCmd{dbFlag: dbFlag{DB: c.DB}, Files: x.files, Erased: x.erased}
	left := x.said.NoFiles || x.said.Schema < saysNoFiles && x.end.Files == 0
	if left && !holdsAny(x.files) {
		verify.Absent = fmt.Sprintf("none came with what was written, and none are in %s; cchc verify --files looks for them where they are", x.files)
	}
	return errors.Join(verify.Run(ctx, s), verifyCmd{dbFlag: dbFlag{DB: c.DB}, logFlag: logFlag{LogKey: key}, Log: true}.Run(ctx, s))
}

// saysNoFiles is the schema of the first version whose stream says that files were left out.
const saysNoFiles = 66

// holdsAny reports whether there is anything in a folder of files; a store elsewhere is
// taken at its word.
func holdsAny(files string) bool {
	there, err := os.ReadDir(files)
	return strings.Contains(files, "://") || err == nil && len(there) > 0
}

type dbReader struct {
	in       *bufio.Reader
	sum      hash.Hash
	said     exportHead
	tallies  map[string]*db.Tally // as they were written
	keys     map[string][]byte
	files    string
	erased   []string
	end      exportEnd
	lines    int
	progress *progress
}

// longestLine bounds a line of what export wrote, in bytes: far above a row with the
// longest texts that are taken (of some 25 MB, six times that when each letter of it is
// escaped), and above half a million waiting jobs, which were written in one line once.
const longestLine = 512 << 20

// readLine reads a line with its end, which is good until the next one. Errors: one that
// is longer than so many bytes, of which no more is kept; one that breaks off.
func readLine(in *bufio.Reader, longest int) ([]byte, error) {
	b, err := in.ReadSlice('\n')
	for long := []byte(nil); err == nil || errors.Is(err, bufio.ErrBufferFull); {
		if len(long)+len(b) > longest {
			return nil, fmt.Errorf("it is longer than %d bytes, and none is", longest)
		}
		if err == nil && long == nil {
			return b, nil
		}
		if long = append(long, b...); err == nil {
			return long, nil
		}
		b, err = in.ReadSlice('\n')
	}
	if err == io.EOF {
		err = errors.New("it breaks off: the last line is not there")
	}
	return nil, err
}

// line reads a line, which is good until the next one.
func (x *dbReader) line() ([]byte, error) {
	b, err := readLine(x.in, longestLine)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", x.lines+1, err)
	}
	x.lines++
	return b, nil
}

// counted is line, for lines that the checksum at the end is of.
func (x *dbReader) counted() ([]byte, error) {
	b, err := x.line()
	if err == nil {
		x.sum.Write(b)
		b = bytes.TrimSuffix(b, []byte("\n"))
	}
	return b, err
}

func (x *dbReader) head() error {
	b, err := x.counted()
	if err == nil {
		err = json.Unmarshal(b, &x.said)
	}
	if err != nil || x.said.Format != "export" {
		return fmt.Errorf("this is nothing that cchc export wrote: %v", err)
	}
	if x.said.Version != exportVersion {
		return fmt.Errorf("it is written in form %d, and this program (%s) reads %d: use the cchc that wrote it (%s) or a newer one", x.said.Version, Version, exportVersion, x.said.Program)
	}
	x.tallies = map[string]*db.Tally{}
	return nil
}

// fill reads to the end. Files go to their place as they come: they have the names of
// their contents, so that nothing of them is in the way of a second try.
func (x *dbReader) fill(ctx context.Context, l *db.Loader) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		before := hex.EncodeToString(x.sum.Sum(nil))
		b, err := x.counted()
		if err != nil {
			return err
		}
		var m exportMark
		if err := json.Unmarshal(b, &m); err != nil {
			return fmt.Errorf("line %d: %w", x.lines, err)
		}
		switch {
		case m.Table != "":
			if err := x.table(ctx, l, m.Table); err != nil {
				return err
			}
		case m.File != "":
			if err := x.file(ctx, m); err != nil {
				return err
			}
		case len(m.Erased) > 0:
			x.erased = append(x.erased, m.Erased...)
		case m.Key != "":
			x.keys[m.Key] = m.Text
		case m.End != nil:
			x.end.SHA256 = before
			if *m.End != x.end {
				return fmt.Errorf("line %d: what was read is not what was written: %+v, and the end says %+v", x.lines, x.end, *m.End)
			}
			return nil
		default:
			jobs := m.Jobs
			x.end.Jobs += len(jobs)
			l.AfterFill(func(ctx context.Context, d *db.DB) error {
				return d.Write(ctx, func(tx *db.Tx) error { return job.EnqueuePending(ctx, tx, jobs) })
			})
		}
	}
}

func (x *dbReader) table(ctx context.Context, l *db.Loader, name string) error {
	var t db.Table
	for _, y := range x.said.Tables {
		if y.Name == name {
			t = y
		}
	}
	if t.Name == "" {
		return fmt.Errorf("line %d: table %s is not in the first line", x.lines, name)
	}
	tally := &db.Tally{}
	x.tallies[name] = tally
	err := l.Fill(ctx, t, func() ([]byte, error) {
		b, err := x.counted()
		if err != nil || len(b) > 0 && b[0] == '[' {
			if err == nil {
				tally.Add(b)
				x.progress.at(int(x.end.Rows+tally.Rows), 0)
			}
			return b, err
		}
		var m exportMark
		if err := json.Unmarshal(b, &m); err != nil || m.Rows == nil {
			return nil, fmt.Errorf("line %d: neither a row nor the end of one's table: %v", x.lines, err)
		}
		if *m.Rows != tally.Rows || m.Sum != tally.Sum() {
			return nil, fmt.Errorf("line %d: %d rows were read, %d written, or one was altered on the way", x.lines, tally.Rows, *m.Rows)
		}
		return nil, nil
	})
	x.end.Tables++
	x.end.Rows += tally.Rows
	return err
}

func (x *dbReader) file(ctx context.Context, m exportMark) error {
	shelf, err := file.OpenShelf(ctx, x.files, true)
	if err != nil {
		return fmt.Errorf("--files: %w", err)
	}
	defer shelf.Close()
	if !file.IsKey(m.File) {
		return fmt.Errorf("line %d: %q is no key of a file", x.lines, m.File)
	}
	h := sha256.New()
	_, _, err = shelf.Put(ctx, file.Place(m.File), func(w io.Writer) error {
		for left := m.Size; left > 0; {
			b, err := x.counted()
			if err != nil {
				return err
			}
			var chunk []byte
			if err := json.Unmarshal(b, &chunk); err != nil || len(chunk) == 0 || int64(len(chunk)) > left {
				return fmt.Errorf("line %d: no piece of file %s: %v", x.lines, m.File, err)
			}
			left -= int64(len(chunk))
			h.Write(chunk)
			if _, err := w.Write(chunk); err != nil {
				return err
			}
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != m.File {
			return fmt.Errorf("line %d: file %s was altered on the way", x.lines, m.File)
		}
		return nil
	})
	x.end.Files++
	return err
}

// compare reads every table of the new database and compares it with what was
// written.
func (x *dbReader) compare(ctx context.Context, s streams, dsn string) error {
	d, err := db.Open(ctx, dsn, db.Options{Readers: 1})
	if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	defer d.Close()
	fmt.Fprintf(s.out, "%-32s %10s %10s\n", "table", "written", "here")
	wrong := 0
	err = d.Snapshot(ctx, func(sn *db.Snapshot) error {
		for _, t := range x.said.Tables {
			var here db.Tally
			if err := sn.EachRow(ctx, t, func(line []byte) error { here.Add(line); return nil }); err != nil {
				return err
			}
			same := ""
			if here != *x.tallies[t.Name] {
				same, wrong = "  DIFFERENT", wrong+1
			}
			fmt.Fprintf(s.out, "%-32s %10d %10d%s\n", t.Name, x.tallies[t.Name].Rows, here.Rows, same)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if wrong > 0 {
		return fmt.Errorf("%d tables differ from what was written: do not use %s", wrong, db.NameOf(dsn))
	}
	fmt.Fprintf(s.out, "%d tables, %d rows: each row is as it was written\n", x.end.Tables, x.end.Rows)
	return nil
}

package app

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/mattn/go-isatty"

	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/job"
	"cchc/base/moment"
)

type exportCmd struct {
	dbFlag
	File    string `arg:"" optional:"" help:"Where it goes; standard output when left out, for cchc import." placeholder:"FILE"`
	Files   string `help:"Where scans are kept, as for serve." placeholder:"DIR|URL"`
	NoFiles bool   `help:"Leave the scans out: they stay where they are (the same --files afterwards)." name:"no-files"`
	logFlag
}

// What is written: a line of JSON after the other, compressed by zstd. docs/operate
// describes it for who wants to read it without this program.
type (
	exportHead struct {
		Format  string     `json:"cchc"` // "export"
		Version int        `json:"version"`
		Program string     `json:"program"`
		Schema  int64      `json:"schema"`
		Engine  string     `json:"engine"`
		At      string     `json:"at"`
		Tables  []db.Table `json:"tables"`
		NoFiles bool       `json:"no_files,omitempty"` // they were left out
	}
	// An exportMark stands before the rows of a table or a file's content, and after.
	exportMark struct {
		Table string        `json:"table,omitempty"`
		Rows  *int64        `json:"rows,omitempty"` // after a table
		Sum   string        `json:"sum,omitempty"`
		Jobs  []job.Pending `json:"jobs,omitempty"`
		Key   string        `json:"key,omitempty"` // "log-key" or "log-key.signed"
		Text  []byte        `json:"text,omitempty"`
		// Files that rows name and that were erased while it was written.
		Erased []string   `json:"erased,omitempty"`
		File   string     `json:"file,omitempty"` // its key; lines of base64 follow
		Size   int64      `json:"size,omitempty"` // bytes
		End    *exportEnd `json:"end,omitempty"`
	}
	exportEnd struct {
		Tables int    `json:"tables"`
		Rows   int64  `json:"rows"`
		Jobs   int    `json:"jobs"`
		Files  int    `json:"files"`
		SHA256 string `json:"sha256"` // of all lines before this one
	}
)

const (
	exportVersion = 1
	exportChunk   = 96 << 10 // bytes of a file in a line
	exportList    = 1000     // jobs, or keys of erased files, in a line
)

// Run writes everything that the database holds, as it is at one instant, while
// others go on writing; then the keys of the log and the scans.
func (c exportCmd) Run(ctx context.Context, s streams) (err error) {
	out := s.out
	if c.File == "" {
		if f, ok := s.out.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
			return errors.New("this is no text for a terminal: name a FILE, or send it to cchc import: cchc export --db A | cchc import --db B")
		}
	} else {
		f, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer func() {
			err = errors.Join(err, f.Sync(), f.Close())
			if err != nil {
				os.Remove(c.File)
			}
		}()
		out = f
	}
	if !db.IsPostgres(c.DB) {
		if _, err := os.Stat(c.DB); err != nil {
			return fmt.Errorf("--db: %w", err)
		}
	}
	d, err := db.Open(ctx, c.DB, db.Options{Readers: 2})
	if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	defer d.Close()
	r := &rooms{db: d}
	e := &exporter{sum: sha256.New(), noFiles: c.NoFiles, progress: newProgress(s.err, "rows written")}
	begun := d.Now().Add(-moment.Skew)
	if e.zip, err = zstd.NewWriter(out, zstd.WithEncoderConcurrency(1)); err != nil {
		return err
	}
	e.out = bufio.NewWriterSize(io.MultiWriter(e.zip, e.sum), 1<<16)
	if err := e.database(ctx, d); err != nil {
		return err
	}
	for _, name := range []string{"log-key", "log-key.signed"} {
		path := r.logKeyAt(c.LogKey)
		if name != "log-key" {
			path += ".signed"
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("--log-key: %w", err)
		}
		if err := e.line(exportMark{Key: name, Text: b}); err != nil {
			return err
		}
	}
	if !c.NoFiles {
		store, err := file.Open(ctx, c.files(c.Files))
		if err != nil {
			return fmt.Errorf("--files: %w", err)
		}
		defer store.Close()
		if err := e.files(ctx, store); err != nil {
			return err
		}
		erased, err := file.ErasedFrom(ctx, d, begun)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(erased, exportList) {
			if err := e.line(exportMark{Erased: some}); err != nil {
				return err
			}
		}
	}
	e.progress.end()
	if err := e.finish(); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d tables, %d rows, %d jobs, %d files\n", e.end.Tables, e.end.Rows, e.end.Jobs, e.end.Files)
	return nil
}

type exporter struct {
	zip      *zstd.Encoder
	sum      hash.Hash
	out      *bufio.Writer
	end      exportEnd
	noFiles  bool
	progress *progress
}

func (e *exporter) line(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return e.raw(b)
}

func (e *exporter) raw(line []byte) error {
	if _, err := e.out.Write(line); err != nil {
		return err
	}
	return e.out.WriteByte('\n')
}

func (e *exporter) database(ctx context.Context, d *db.DB) error {
	current, target, err := d.Version(ctx)
	if err != nil {
		return err
	}
	if current > target || current == 0 {
		return fmt.Errorf("the database has schema %d, and this program knows %d", current, target)
	}
	return d.Snapshot(ctx, func(s *db.Snapshot) error {
		tables, err := s.Tables(ctx)
		if err != nil {
			return err
		}
		if err := e.line(exportHead{"export", exportVersion, Version, current, string(d.Engine()), d.Now().Time().Format(time.RFC3339), tables, e.noFiles}); err != nil {
			return err
		}
		for _, t := range tables {
			if err := e.line(exportMark{Table: t.Name}); err != nil {
				return err
			}
			var tally db.Tally
			if err := s.EachRow(ctx, t, func(line []byte) error {
				tally.Add(line)
				e.progress.at(int(e.end.Rows+tally.Rows), 0)
				return e.raw(line)
			}); err != nil {
				return err
			}
			if err := e.line(exportMark{Rows: &tally.Rows, Sum: tally.Sum()}); err != nil {
				return err
			}
			e.end.Tables++
			e.end.Rows += tally.Rows
		}
		jobs, err := job.PendingIn(ctx, s)
		if err != nil {
			return err
		}
		e.end.Jobs = len(jobs)
		for some := range slices.Chunk(jobs, exportList) {
			if err := e.line(exportMark{Jobs: some}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *exporter) files(ctx context.Context, store *file.Store) error {
	all, err := store.Keys(ctx)
	if err != nil {
		return err
	}
	chunk := make([]byte, exportChunk)
	for _, x := range all {
		from, size, err := store.Get(ctx, x.Name)
		if err != nil {
			if has, again := store.Has(ctx, x.Name); again == nil && !has {
				continue // a person was erased meanwhile
			}
			return err
		}
		err = e.line(exportMark{File: x.Name, Size: size})
		for err == nil {
			var n int
			n, err = io.ReadFull(from, chunk)
			if n > 0 {
				line := []byte{'"'}
				line = base64.StdEncoding.AppendEncode(line, chunk[:n])
				if wrong := e.raw(append(line, '"')); wrong != nil {
					err = wrong
				}
			}
		}
		from.Close()
		// Exactly these: a file that is damaged ends with an error that wraps one.
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		e.end.Files++
	}
	return nil
}

// finish writes the last line and closes.
func (e *exporter) finish() error {
	if err := e.out.Flush(); err != nil {
		return err
	}
	e.end.SHA256 = hex.EncodeToString(e.sum.Sum(nil))
	if err := e.line(exportMark{End: &e.end}); err != nil {
		return err
	}
	return errors.Join(e.out.Flush(), e.zip.Close())
}

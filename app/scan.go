package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"cchc/admin"
	"cchc/base/file"
	"cchc/base/web"
)

// watched has ClamAV look at what people bring, where an address of it was given.
func (r *rooms) watched(files *file.Store, f serveFlags) error {
	w := file.Watch{DB: r.db, Mark: f.ClamdDown == "mark", Who: web.Actor}
	if f.Clamd != "" {
		c, err := file.NewClam(f.Clamd)
		if err != nil {
			return fmt.Errorf("--clamd: %w", err)
		}
		r.clamd, w.Scanner = c, c
	}
	files.Watched(w)
	return nil
}

// scannerOf finds the scanner of a configuration, for doctor.
func (r *rooms) scannerOf(set []configured) error {
	for _, x := range set {
		if x.Name == "--clamd" && x.Value != "" {
			c, err := file.NewClam(x.Value)
			if err != nil {
				return fmt.Errorf("--clamd: %w", err)
			}
			r.clamd = c
		}
	}
	return nil
}

// rescan looks at files that were taken while the scanner was away.
func (r *rooms) rescan(ctx context.Context) error {
	n, err := r.scans.Rescan(ctx)
	if n > 0 {
		slog.InfoContext(ctx, "files looked at after the scanner was away", "files", n)
	}
	return err
}

// scanning tells of the scanner: its version, how many files wait for it.
func (r *rooms) scanning(ctx context.Context) admin.Finding {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	waiting, err := 0, error(nil)
	if r.scans != nil {
		waiting, err = r.scans.Unscanned(ctx)
	}
	version, down := r.clamd.Version(ctx)
	if i := strings.IndexByte(version, '\n'); i >= 0 {
		version = version[:i]
	}
	out := admin.Finding{Key: "scanner", Standing: admin.Fine, Args: []any{"Version", version, "Waiting", waiting}}
	switch {
	case down != nil || err != nil:
		out.Standing = admin.Bad
	case waiting > 0:
		out.Standing = admin.Look
	}
	return out
}

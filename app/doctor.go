package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"text/tabwriter"

	"cchc/admin"
	"cchc/base/auth"
	"cchc/base/job"
)

type doctorCmd struct {
	dbFlag
	Files   string      `help:"Where scans are kept, as for serve." placeholder:"DIR|URL"`
	SealKey string      `help:"File of the key that seals second factors, as for serve." name:"seal-key" placeholder:"PATH"`
	Copies  backupFlags `embed:"" prefix:"backup-"`
	logFlag
	archiveFlag
}

// Run prints how the installation stands, and then what "cchc serve" would be set to
// if it were started here; exit code 1 when something is bad. Beside what the page of
// health shows it looks at what takes longer, or asks other servers: certificates.
func (c doctorCmd) Run(ctx context.Context, s streams) error {
	r, err := c.read(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	if r.copies, err = c.Copies.schedule(); err != nil {
		return err
	}
	queue := &job.Queue{DB: r.db}
	defer queue.Close()
	set, err := configuration(os.LookupEnv)
	if err != nil {
		return err
	}
	byFlag(set, "--db", c.DB)
	byFlag(set, "--files", c.Files)
	byFlag(set, "--seal-key", c.SealKey)
	byFlag(set, "--log-key", c.LogKey)
	byFlag(set, "--backup-to", c.Copies.To)
	byFlag(set, "--pg-archive", c.PgArchive)
	r.archive = c.PgArchive
	r.sealKey = r.sealKeyAt(c.SealKey)
	r.sealed = auth.SealFits(ctx, r.db, r.sealKey)
	if err := r.scannerOf(set); err != nil {
		return err
	}
	logKey := r.logKeyAt(c.LogKey)
	all := r.examine(ctx, c.files(c.Files), queue)
	all = append(all, r.logKeyFits(ctx, logKey)...)
	if r.backedUp() {
		all = append(all, r.copyThere(ctx))
		all = append(all, r.copiesClear(ctx, logKey)...)
	}
	all = append(all, machineClock(syscall.Adjtimex))
	all = append(all, certificates(ctx, set)...)
	for _, f := range all {
		fmt.Fprintf(s.out, "%-4s  %s: %s\n", f.Standing, f.Name(ctx), f.Text(ctx))
		if do := f.Do(ctx); do != "" {
			fmt.Fprintf(s.out, "      → %s\n", do)
		}
		if f.Key == "seal" {
			fmt.Fprintf(s.out, "      %v\n", r.sealed)
		}
	}
	if err := writeConfiguration(s.out, set); err != nil {
		return err
	}
	if err := r.writeChosen(ctx, s.out); err != nil {
		return err
	}
	if admin.Worst(all) == admin.Bad {
		return fmt.Errorf("something needs attention now")
	}
	return nil
}

// writeConfiguration prints each flag of serve, and where its value is from.
func writeConfiguration(w io.Writer, set []configured) error {
	fmt.Fprintln(w, "\nConfiguration of cchc serve, as it would start here (secrets are not shown):")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range set {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", c.Name, c.Shown(), c.Source)
	}
	return t.Flush()
}

// writeChosen prints the settings that somebody chose, for the whole installation and
// for the units at the top, with the day from which they hold. Units below may have
// chosen their own: the page of settings shows those.
func (r *rooms) writeChosen(ctx context.Context, w io.Writer) error {
	tops, err := r.units.Tops(ctx, r.db)
	if err != nil {
		return err
	}
	today := r.db.Now().Date()
	usual := 0
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nSettings that somebody chose (Administration → Settings):")
	for _, s := range r.settings.All {
		asked := tops
		if s.System || len(tops) == 0 {
			asked = tops[:min(1, len(tops))]
		}
		for _, u := range asked {
			h, err := r.settings.Holds(ctx, r.db, s, u, today)
			if err != nil {
				return err
			}
			if h.Usual {
				usual++
				continue
			}
			source := "the installation"
			if !s.System {
				source = "unit " + string(u)
			}
			since := ""
			if h.From > 0 {
				since = ", since " + h.From.String()
			}
			fmt.Fprintf(t, "  %s\t%s\t%s%s\n", s.Name, h.Value, source, since)
		}
	}
	fmt.Fprintf(t, "  %d others are as usual\n", usual)
	return t.Flush()
}

package admin

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"cchc/backup"
	"cchc/base/actor"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/base/web"
	"cchc/base/web/ui"
)

// BackupsPath is the page of copies (bản sao lưu).
const BackupsPath = "/admin/backups"

// Backups is the page of copies: which there are, when the next is made, whether one was
// put back for trial. Nobody gets a copy through the browser: it is all personal data
// there is.
type Backups struct {
	Keeping
	// Look tells how copies stand. A place that does not answer is told in the state.
	Look func(ctx context.Context) (BackupState, error)
	// Ask has one of backup.Copying or backup.Drill done by a job. Faults: Conflict when
	// one is under way, or no place for copies is set.
	Ask func(ctx context.Context, a actor.Actor, kind string) (backup.Run, error)
}

// A BackupState is how copies stand.
type BackupState struct {
	On     bool   // copies are made by the schedule
	Where  string // the place, without what is secret in it
	Wrong  string // why the place cannot be read, "" when it can
	Copies []StoredCopy
	More   int   // copies that are older than those
	Free   int64 // bytes that the place has room for
	Known  bool  // Free is known
	Sealed bool  // the next copy is encrypted
	Keep   backup.Keep
	Next   moment.Instant    // the next copy; zero without a schedule
	Drill  moment.Instant    // not before this the next drill; zero when drills are off
	Runs   []backup.Run      // the latest first
	Names  map[string]string // of accounts that asked for them
	Good   backup.Run        // last copy that ended well
	Tried  backup.Run        // last drill that ended well
	Opens  bool              // a drill can open what is encrypted
}

// A StoredCopy is a copy with the checksum that stands beside it.
type StoredCopy struct {
	backup.Copy
	Sum string // SHA-256, "" when there is none
}

// Register puts the page at BackupsPath.
func (p *Backups) Register(mux *web.Mux) {
	mux.Handle("GET "+BackupsPath, web.SignedIn, p.show)
	mux.Handle("POST "+BackupsPath, web.SignedIn, p.ask)
}

func (p *Backups) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.Check(ctx, web.Actor(ctx)); err != nil {
		return err
	}
	s, err := p.Look(ctx)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, backupsView(s))
}

func (p *Backups) ask(w http.ResponseWriter, r *http.Request) error {
	ctx, a := r.Context(), web.Actor(r.Context())
	if err := p.Check(ctx, a); err != nil {
		return err
	}
	var in struct {
		Do string `form:"do,required"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	if in.Do != backup.Copying && in.Do != backup.Drill {
		return fault.New(fault.Invalid, "web.form.invalid").With("do", "web.form.unreadable", "Value", in.Do)
	}
	_, err := p.Ask(ctx, a, in.Do)
	if f := fault.As(err); f != nil && f.Kind == fault.Conflict {
		web.Warn(ctx, f.Key, f.Args...)
		return web.SeeOther(w, r, BackupsPath, "")
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, BackupsPath, "backup.asked."+in.Do)
}

// facts are what the page begins with.
func (s BackupState) facts(ctx context.Context) []ui.Fact {
	never := i18n.T(ctx, "backup.never")
	at := func(r backup.Run) string {
		if r.Finished == 0 {
			return never
		}
		return i18n.ShortInstant(ctx, r.Finished)
	}
	var out []ui.Fact
	if s.On {
		out = append(out, ui.Fact{Label: i18n.T(ctx, "backup.where"), Value: s.Where})
		next := i18n.T(ctx, "backup.next.none")
		if s.Next != 0 {
			next = i18n.ShortInstant(ctx, s.Next)
		}
		out = append(out, ui.Fact{Label: i18n.T(ctx, "backup.next"), Value: next})
	}
	out = append(out, ui.Fact{Label: i18n.T(ctx, "backup.good"), Value: at(s.Good)})
	tried := at(s.Tried)
	if s.Tried.Finished != 0 {
		tried = i18n.T(ctx, "backup.tried.ok", "At", s.Tried.Finished, "Name", s.Tried.Name)
		if strings.HasSuffix(s.Tried.Name, ".age") && !s.Opens {
			tried = i18n.T(ctx, "backup.tried.sums", "At", s.Tried.Finished, "Name", s.Tried.Name)
		}
	}
	out = append(out, ui.Fact{Label: i18n.T(ctx, "backup.tried"), Value: tried})
	if s.On {
		drill := i18n.T(ctx, "backup.drill.off")
		if s.Drill != 0 {
			drill = i18n.T(ctx, "backup.drill.from", "Day", s.Drill.Date())
		}
		out = append(out, ui.Fact{Label: i18n.T(ctx, "backup.drill.next"), Value: drill})
		keep := i18n.T(ctx, "backup.keep.all")
		if s.Keep.Last > 0 {
			keep = i18n.T(ctx, "backup.keep.some", "Last", s.Keep.Last, "Daily", s.Keep.Daily, "Weekly", s.Keep.Weekly, "Monthly", s.Keep.Monthly)
		}
		out = append(out, ui.Fact{Label: i18n.T(ctx, "backup.keep"), Value: keep},
			ui.Fact{Label: i18n.T(ctx, "backup.sealed"), Value: i18n.T(ctx, sealedKey(s.Sealed))})
	}
	switch {
	case s.Known:
		out = append(out, ui.Fact{Label: i18n.T(ctx, "backup.free"), Value: SizeText(s.Free)})
	case s.On && s.Wrong == "": // a place elsewhere that does not tell
		out = append(out, ui.Fact{Label: i18n.T(ctx, "backup.free"), Value: i18n.T(ctx, "backup.free.unknown")})
	}
	return out
}

func sealedKey(sealed bool) string {
	if sealed {
		return "backup.sealed.yes"
	}
	return "backup.sealed.no"
}

// by says who asked for a run.
func (s BackupState) by(ctx context.Context, r backup.Run) string {
	if name := s.Names[r.By]; name != "" {
		return name
	}
	if r.By == "" || strings.HasPrefix(r.By, "system") {
		return i18n.T(ctx, "backup.by.schedule")
	}
	return r.By
}

// state says how a run stands.
func runState(r backup.Run) (ui.Kind, string) {
	switch {
	case r.Failed():
		return ui.Late, "backup.run.failed"
	case r.Good():
		return ui.OK, "backup.run.good"
	case r.Attempts > 0:
		return ui.Info, "backup.run.under_way"
	}
	return ui.Neutral, "backup.run.waits"
}

// restoreText is what puts the newest copy back on a machine of Debian's, typed by hand.
func restoreText(s BackupState) string {
	where := s.Where
	if !s.On {
		where = "/var/lib/cchc/backup"
	}
	more := ""
	if s.Sealed {
		more = " --identity FILE"
	}
	return "sudo systemctl stop cchc\nsudo cchc-run restore " + where + " --aside" + more + "\nsudo cchc-run log restored --reason \"…\"\nsudo systemctl start cchc"
}

// SizeText writes a number of bytes: "17.2 MB".
func SizeText(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

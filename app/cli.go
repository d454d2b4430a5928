package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
)

// Version is what the program calls itself; the build sets it.
var Version = "dev"

// cli is every command with its flags. Flags can also be set by environment
// variables of the name CCHC_….
type cli struct {
	Serve    serveCmd     `cmd:"" help:"Serve pages and API."`
	Demo     demoCmd      `cmd:"" help:"Make demonstration data when there is none, then serve."`
	Migrate  migrateCmd   `cmd:"" help:"Bring the database's schema up to date."`
	Verify   verifyCmd    `cmd:"" help:"Recount every figure from the facts and look for every scan and file of evidence; exit 1 on any difference."`
	Due      dueCmd       `cmd:"" help:"Compute due dates by the statutory clock."`
	Score766 score766Cmd  `cmd:"" name:"score766" help:"Score measures by the formulas of QĐ 766/QĐ-TTg."`
	Rank     rankCmd      `cmd:"" help:"Rank units by the PAR index inside their blocks."`
	Score    scoreCmd     `cmd:"" help:"Score a unit's inputs by a criteria set of the PAR index."`
	Set      setCmd       `cmd:"" help:"Check criteria sets of the PAR index."`
	Export   exportCmd    `cmd:"" help:"Write a whole database in a form that either engine reads, while the program runs."`
	Import   importCmd    `cmd:"" help:"Import units, procedures, dossiers or holidays from CSV or XLSX; or a whole database from cchc export."`
	Report   reportCmd    `cmd:"" help:"Write a statistical report."`
	Account  accountCmd   `cmd:"" help:"Create an account."`
	Doctor   doctorCmd    `cmd:"" help:"Say how the installation stands and what to do; exit 1 when something is bad."`
	Backup   backupCmd    `cmd:"" help:"Copy the database, the scans and the keys while the program runs."`
	Key      backupkeyCmd `cmd:"" name:"backupkey" help:"Make the pair of keys for encrypted copies."`
	Log      logCmd       `cmd:"" help:"Keep the log of the trail: its key, checkpoints, co-signatures."`
	Seal     sealCmd      `cmd:"" help:"Keep the key that seals second factors and the keys of links."`
	Restore  restoreCmd   `cmd:"" help:"Put a copy that backup made back, and recount everything."`
	Version  versionCmd   `cmd:"" help:"Print the version."`
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Main runs the program and returns its exit code: 0, or with a message on stderr
// that names the flag, or the file and line: 1, or 2 when a flag or setting is
// wrong, 3 when an upgrade failed and was taken back, 130 when it was interrupted.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	var c cli
	exit := -1
	p, err := kong.New(&c, kong.Name("cchc"), kong.DefaultEnvars("CCHC"),
		kong.Description("Cải cách hành chính: dossiers, deadlines, the live service index."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { exit = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(streams{in, out, errOut}))
	if err != nil {
		fmt.Fprintln(errOut, "cchc:", err)
		return 2
	}
	k, err := p.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintln(errOut, "cchc:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx = i18n.With(ctx, i18n.English)
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(); err != nil {
		if errors.Is(err, context.Canceled) {
			fmt.Fprintln(errOut, "cchc: interrupted; what was finished is kept")
			return 130
		}
		fmt.Fprintln(errOut, "cchc:", explain(ctx, err))
		if undone := new(db.UpgradeError); errors.As(err, &undone) {
			return 3 // starting it again would fail again: the unit of systemd knows
		}
		return 1
	}
	return 0
}

// explain writes an error for the terminal: a fault by its message and fields,
// any other as it is. What stands around a fault is kept. That another process has the
// database is said in both languages: who starts the program may be anybody.
func explain(ctx context.Context, err error) string {
	if served := new(db.ServedError); errors.As(err, &served) {
		where, after, _ := strings.Cut(err.Error(), served.Error())
		pid := strconv.Itoa(served.PID)
		if served.PID == 0 {
			pid = "?"
		}
		var s []string
		for _, lang := range []string{i18n.English, i18n.Vietnamese} {
			s = append(s, where+i18n.T(i18n.With(ctx, lang), "serve.served", "PID", pid, "File", served.Path, "Lock", served.Lock)+after)
		}
		return strings.Join(s, "\n      ")
	}
	f := fault.As(err)
	if f == nil {
		return err.Error()
	}
	// What wraps the fault says where: a flag or a file.
	where, _, _ := strings.Cut(err.Error(), f.Error())
	s := where + i18n.Fault(ctx, f)
	for _, x := range f.Fields {
		s += fmt.Sprintf(" %s: %s", x.Name, i18n.Field(ctx, x))
	}
	return s
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "cchc", Version)
	return err
}

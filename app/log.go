package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/i18n"
	"cchc/base/job"
	"cchc/base/ledger"
	"cchc/base/moment"
	"cchc/dossier"
)

const (
	// logEvery is how soon an entry of the trail enters the log, and signEvery how soon
	// the log is signed: what is rewritten in between leaves no trace in it.
	logEvery  = time.Second
	signEvery = time.Minute
	// logPause lets other writes go first while much enters the log.
	logPause = 40 * time.Millisecond
)

// logFlag says where the key of the log is.
type logFlag struct {
	LogKey string `help:"File of the private key that signs the log of the trail; beside the database when left out. What was signed last is kept beside it." name:"log-key" placeholder:"PATH"`
}

// logKeyAt is where the log's key is kept: beside the database file, or in the
// working folder for a database elsewhere.
func (r *rooms) logKeyAt(given string) string {
	switch {
	case given != "":
		return given + r.suffix()
	case r.db.Engine() == db.Postgres:
		return "cchc.log-key" + r.suffix()
	}
	return r.db.Name() + ".log-key"
}

// openLog takes the key; without one the log goes on unsigned, and says so.
func (r *rooms) openLog(ctx context.Context, given string) error {
	r.logKey = r.logKeyAt(given)
	r.log.Kept.Path = r.logKey + ".signed"
	return r.log.OpenKey(ctx, r.logKey)
}

// sealErased notes once what is left of texts that were erased before acts of erasing
// noted it themselves.
func (r *rooms) sealErased(ctx context.Context) {
	if n, err := r.log.SealErased(ctx, actor.System("log")); err != nil {
		slog.Error("the log of the trail: what is left of erased texts", "error", err)
	} else if n > 0 {
		slog.Info("the log of the trail: noted what is left of texts that were erased before", "entries", n)
	}
}

// A logKeeper does what is due for the log while the program serves.
type logKeeper struct {
	log *ledger.Log

	mu     sync.Mutex
	err    error // of the last time
	keyErr error // why there is no key to sign with
}

func (k *logKeeper) failed() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keyErr != nil {
		return k.keyErr
	}
	return k.err
}

// unsigned notes why nothing is signed while the program runs.
func (k *logKeeper) unsigned(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keyErr = err
}

// keep enters and signs until ctx ends, and once more then.
func (k *logKeeper) keep(ctx context.Context) {
	tick := time.NewTicker(logEvery)
	defer tick.Stop()
	told := ""
	for end := false; !end; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			end = true
		}
		at, interval := ctx, signEvery
		if end { // what is there is signed; but not for long: it can be done at the next start
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			at, interval = last, 0
		}
		err := k.log.Step(at, interval.Milliseconds(), func() { time.Sleep(logPause) })
		if errors.Is(err, db.ErrNotFound) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			err = nil // nothing to sign yet, or cut off at the end
		}
		k.mu.Lock()
		k.err = err
		k.mu.Unlock()
		if err == nil {
			told = ""
		} else if told != err.Error() {
			told = err.Error()
			slog.Error("the log of the trail", "error", err)
		}
	}
}

// found says a finding of the log's check in words.
func found(ctx context.Context, f ledger.Finding) string {
	var number any = "" // what bears none is told without
	if f.Number > 0 {
		number = f.Number
	}
	return i18n.T(ctx, "ledger.found."+f.What, append([]any{"Number", number, "Last", max(f.Last, f.Number), "Entry", f.Entry}, f.Args...)...)
}

// checkLog checks the whole log, and notes the result.
func (r *rooms) checkLog(ctx context.Context, o ledger.Options) (*ledger.Check, error) {
	o.Erase, o.Mark, o.Kinds = string(auth.DossierErase), dossier.Erased, dossier.RedactedKinds
	o.Locked = func(ctx context.Context, kind, object string) (ledger.Lock, error) {
		x, err := r.scorecard.CheckLocked(ctx, kind, object)
		return x.Lock(), err
	}
	c, err := r.log.Verify(ctx, o)
	if err != nil {
		return nil, err
	}
	text := ""
	if c.First != nil { // pages show it as it was found, in the language of the country
		text = found(i18n.With(ctx, i18n.Vietnamese), *c.First)
	}
	return c, r.log.Note(ctx, c, text)
}

// logCheck is the job that checks the whole log.
var logCheck = job.Kind[string]{Name: "log.check", Timeout: sweeping, Attempts: 2}

// checkLogJob checks the log for a job, against the key that this process has.
func (r *rooms) checkLogJob(ctx context.Context, _ string) error {
	c, err := r.checkLog(ctx, ledger.Options{})
	if err == nil && c.Wrong > 0 {
		slog.ErrorContext(ctx, "the log of the trail does not hold", "findings", c.Wrong, "number", c.First.Number, "entry", c.First.Entry, "what", c.First.What)
	}
	return err
}

// checkLogDue has the log checked once a week, at night: the clock of Vietnam.
func (r *rooms) checkLogDue(ctx context.Context) error {
	last, err := r.log.LastCheck(ctx, r.db)
	if err != nil && !errors.Is(err, db.ErrNotFound) {
		return err
	}
	now := r.db.Now()
	if hour := now.Time().In(moment.Zone).Hour(); hour >= 5 || now-last.Finished < moment.Instant((7*24*time.Hour-6*time.Hour).Milliseconds()) {
		return nil
	}
	return r.checkLogJob(ctx, "")
}

// pinned reads the public key of the file, for a check by who may read it.
func (r *rooms) pinned(path string) (public string, err error) {
	k, err := ledger.ReadKey(path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return k.Public(), nil
}

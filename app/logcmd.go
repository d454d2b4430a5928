package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"cchc/base/db"
	"cchc/base/ledger"
	"cchc/base/receipt"
)

// logCmd are the commands about the log of the trail.
type logCmd struct {
	Key        logKeyCmd        `cmd:"" help:"Print the public keys: of the log, and with which this server co-signs."`
	Checkpoint logCheckpointCmd `cmd:"" help:"Put what waits into the log, sign it, and print the checkpoint."`
	Rotate     logRotateCmd     `cmd:"" help:"Give the log a new key, which the old one signs in."`
	Restored   logRestoredCmd   `cmd:"" help:"Say that the database was restored from an older copy, so that the log is signed again."`
	Request    logRequestCmd    `cmd:"" help:"Print what a higher unit's server is asked to co-sign."`
	Cosign     logCosignCmd     `cmd:"" help:"Co-sign what a lower unit's server asks for, and print what goes back."`
	Cosigned   logCosignedCmd   `cmd:"" help:"Keep the co-signatures that came back."`
	Forget     logForgetCmd     `cmd:"" help:"Let a lower unit's log begin anew: give up what was co-signed of it."`
}

// logOf opens the database and its log's key.
func (f dbFlag) logOf(ctx context.Context, l logFlag) (*rooms, error) {
	r, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	r.logKey = r.logKeyAt(l.LogKey)
	r.log.Kept.Path = r.logKey + ".signed"
	return r, nil
}

// keyed is logOf with the key opened: an error when it is not there.
func (f dbFlag) keyed(ctx context.Context, l logFlag) (*rooms, error) {
	r, err := f.logOf(ctx, l)
	if err == nil {
		if err = r.log.OpenKey(ctx, r.logKey); err != nil {
			r.close()
			return nil, fmt.Errorf("--log-key: %w", err)
		}
	}
	return r, err
}

type logKeyCmd struct {
	dbFlag
	logFlag
}

// Run prints the public keys.
func (c logKeyCmd) Run(ctx context.Context, s streams) error {
	r, err := c.keyed(ctx, c.logFlag)
	if err != nil {
		return err
	}
	defer r.close()
	keys, err := r.log.Keys(ctx, r.db)
	if err != nil {
		return err
	}
	for i := len(keys) - 1; i >= 0; i-- {
		fmt.Fprintf(s.out, "log      %s  (from entry %d, %s)\n", keys[i].Public, keys[i].From+1, keys[i].At)
	}
	_, err = fmt.Fprintf(s.out, "co-signs %s\n", r.log.Key.CosignKey())
	return err
}

type logCheckpointCmd struct {
	dbFlag
	logFlag
}

// Run signs the log and prints the checkpoint.
func (c logCheckpointCmd) Run(ctx context.Context, s streams) error {
	r, err := c.keyed(ctx, c.logFlag)
	if err != nil {
		return err
	}
	defer r.close()
	if _, err := r.log.Sequence(ctx, nil); err != nil {
		return err
	}
	if _, err := r.log.Sign(ctx); errors.Is(err, db.ErrNotFound) {
		return errors.New("the log has no entry yet")
	} else if err != nil {
		return err
	}
	text, err := r.log.LatestText(ctx)
	if err != nil {
		return err
	}
	_, err = s.out.Write(text)
	return err
}

type logRotateCmd struct {
	dbFlag
	logFlag
	Lost   bool   `help:"The old key is not there any more: it cannot sign the new one in, and whoever knows it must be told."`
	Reason string `help:"Why; it stands in the trail." required:"" placeholder:"TEXT"`
}

// Run gives the log a new key.
func (c logRotateCmd) Run(ctx context.Context, s streams) error {
	r, err := c.logOf(ctx, c.logFlag)
	if err != nil {
		return err
	}
	defer r.close()
	if !c.Lost {
		if err := r.log.OpenKey(ctx, r.logKey); err != nil {
			return fmt.Errorf("--log-key: %w", err)
		}
	}
	k, err := r.log.Rotate(ctx, operator, r.logKey, c.Lost, c.Reason)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "new key, from entry %d on: %s\nCopy %s to every server, start them anew, and make it known.\n", k.From+1, k.Public, r.logKey)
	return err
}

type logRestoredCmd struct {
	dbFlag
	logFlag
	Reason string `help:"Why it was restored, and from which copy; it stands in the trail." required:"" placeholder:"TEXT"`
}

// Run sets the checkpoint beside the key aside, so that a shorter log is signed again.
func (c logRestoredCmd) Run(ctx context.Context, s streams) error {
	r, err := c.keyed(ctx, c.logFlag)
	if err != nil {
		return err
	}
	defer r.close()
	aside, err := r.log.Restored(ctx, operator, c.Reason)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, "the log is signed again from here on")
	if aside != "" {
		fmt.Fprintf(s.out, "what was signed before is kept in %s\n", aside)
	}
	return nil
}

type logRequestCmd struct {
	dbFlag
	logFlag
	Old int64 `help:"Up to which size that server co-signed; 0 for the first time." default:"0" placeholder:"N"`
}

// Run prints the request.
func (c logRequestCmd) Run(ctx context.Context, s streams) error {
	if c.Old < 0 {
		return fmt.Errorf("--old: %d; want 0 or more", c.Old)
	}
	r, err := c.keyed(ctx, c.logFlag)
	if err != nil {
		return err
	}
	defer r.close()
	text, err := r.log.AskText(ctx, c.Old)
	if errors.Is(err, db.ErrNotFound) {
		return errors.New("nothing is signed yet: cchc log checkpoint")
	}
	if err != nil {
		return err
	}
	_, err = s.out.Write(text)
	return err
}

type logCosignCmd struct {
	dbFlag
	logFlag
	File string `arg:"" help:"The request, as a file; - is standard input."`
}

func given(name string, in io.Reader) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, receipt.MaxCheckpoint+1))
}

// Run co-signs a request and prints the checkpoint with the co-signature.
func (c logCosignCmd) Run(ctx context.Context, s streams) error {
	text, err := given(c.File, s.in)
	if err != nil {
		return err
	}
	q := ledger.Request{}
	if q.Old, q.Proof, q.Checkpoint, err = receipt.ParseRequest(text); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	r, err := c.keyed(ctx, c.logFlag)
	if err != nil {
		return err
	}
	defer r.close()
	w, err := r.log.Cosign(ctx, operator, q)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s%s", w.Signed, w.Line)
	return err
}

type logCosignedCmd struct {
	dbFlag
	logFlag
	File string `arg:"" help:"The checkpoint with co-signatures, as a file; - is standard input."`
}

// Run keeps co-signatures.
func (c logCosignedCmd) Run(ctx context.Context, s streams) error {
	text, err := given(c.File, s.in)
	if err != nil {
		return err
	}
	r, err := c.logOf(ctx, c.logFlag)
	if err != nil {
		return err
	}
	defer r.close()
	n, err := r.log.TakeCosignatures(ctx, operator, text)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%d new co-signatures\n", n)
	return err
}

type logForgetCmd struct {
	dbFlag
	logFlag
	Origin string `arg:"" help:"Which log: the name in its key."`
	Reason string `help:"Why, and who asked for it; it stands in the trail." required:"" placeholder:"TEXT"`
}

// Run lets a log begin anew.
func (c logForgetCmd) Run(ctx context.Context, s streams) error {
	r, err := c.logOf(ctx, c.logFlag)
	if err != nil {
		return err
	}
	defer r.close()
	w, err := r.log.ForgetWitnessed(ctx, operator, c.Origin, c.Reason)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s begins anew; the checkpoint of %d entries that was co-signed last is kept in the trail:\n%s", c.Origin, w.Size, w.Signed)
	return err
}

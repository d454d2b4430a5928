package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"cchc/backup"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/file"
	"cchc/exchange"
)

// sealCmd are the commands about the key of the seal.
type sealCmd struct {
	Check sealCheckCmd `cmd:"" help:"Say where the key of the seal is, whether it is the right one, and what it seals; exit 1 when it is not."`
	Anew  sealAnewCmd  `cmd:"" help:"The key of the seal is lost for good: say what must be set up again and, with --lost, begin anew."`
}

type sealFlag struct {
	dbFlag
	SealKey string `help:"File of the key that seals second factors, as for serve." name:"seal-key" placeholder:"PATH"`
}

// sealedThings is what a database has sealed.
type sealedThings struct {
	factors []auth.SealedFactor
	links   []exchange.Link
}

func (r *rooms) sealedThings(ctx context.Context) (x sealedThings, err error) {
	if x.factors, err = r.accounts.SealedFactors(ctx, r.db); err == nil {
		x.links, err = r.exchange.Sealed(ctx, r.db)
	}
	return x, err
}

// opens counts what a key opens.
func (x sealedThings) opens(s *auth.Seal) (n int) {
	for _, f := range x.factors {
		if s.Opens(f) {
			n++
		}
	}
	for _, l := range x.links {
		if l.Opens(s) {
			n++
		}
	}
	return n
}

// fits reports whether a key is the one of this database, or opens anything of it.
func (r *rooms) sealFits(ctx context.Context, s *auth.Seal, x sealedThings) (bool, error) {
	known, err := s.Known(ctx, r.db)
	return known || x.opens(s) > 0, err
}

type sealCheckCmd struct{ sealFlag }

// Run tells how the key of the seal stands.
func (c sealCheckCmd) Run(ctx context.Context, s streams) error {
	r, err := c.read(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	path := r.sealKeyAt(c.SealKey)
	x, err := r.sealedThings(ctx)
	if err != nil {
		return err
	}
	if err := auth.SealFits(ctx, r.db, path); err != nil {
		fmt.Fprintln(s.out, `Bring it from the copies, or from the machine that has it. When it is lost for good: "cchc seal anew" says what must be set up again.`)
		return err
	}
	if made, err := auth.SealMade(ctx, r.db); err != nil || !made {
		fmt.Fprintln(s.out, "nothing is sealed yet; cchc serve makes the key")
		return err
	}
	links := 0
	for _, l := range x.links {
		if l.Stops() && !l.Keyless() {
			links++
		}
	}
	_, err = fmt.Fprintf(s.out, "%s: the right one; it seals %d second factors and the keys of %d links\n", path, len(x.factors), links)
	return err
}

type sealAnewCmd struct {
	sealFlag
	Copies   string `help:"Folder of the copies, or s3://BUCKET?endpoint=…: the key is looked for there first." name:"backup-to" placeholder:"DIR|URL" env:"CCHC_BACKUP"`
	Identity string `help:"File that opens encrypted copies." placeholder:"FILE"`
	Lost     bool   `help:"The key is lost for good: do it. Without this nothing is changed."`
	Reason   string `help:"With --lost: why; it stands in the trail." placeholder:"TEXT"`
}

// Run says what is lost with the key of the seal and, told to, begins with a new one. A
// key that still opens anything is never given up: neither the one in its place nor one in
// the copies.
func (c sealAnewCmd) Run(ctx context.Context, s streams) error {
	if c.Lost && strings.TrimSpace(c.Reason) == "" {
		return errors.New("--reason: say why; it stands in the trail. Nothing was changed")
	}
	r, err := c.read(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	path := r.sealKeyAt(c.SealKey)
	made, err := auth.SealMade(ctx, r.db)
	if err != nil {
		return err
	}
	if !made {
		return errors.New("nothing is sealed yet; cchc serve makes the key. Nothing was changed")
	}
	x, err := r.sealedThings(ctx)
	if err != nil {
		return err
	}
	here := "is not there"
	switch seal, err := auth.ReadSeal(path); {
	case err == nil:
		if fits, err := r.sealFits(ctx, seal, x); err != nil {
			return err
		} else if fits {
			return fmt.Errorf("%s is the right key; nothing was changed. When cchc serve says otherwise, its --seal-key leads elsewhere", path)
		}
		here = "is another database's"
	case !errors.Is(err, fs.ErrNotExist):
		here = "cannot be read (" + err.Error() + ")"
	}
	if err := c.inCopies(ctx, s, r, x, path); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The key of the seal, %s, %s.\n", path, here)
	writeLost(s.out, x)
	if !c.Lost {
		_, err := fmt.Fprintf(s.out, "\nNothing was changed. Look for the key once more: on every server, in older copies, in the safe.\nWhen it is lost for good: cchc seal anew --lost --reason \"…\", with the other flags as now\n")
		return err
	}
	return c.do(ctx, s, r, path)
}

// do begins anew: the file first, for what the database knows must be somewhere.
func (c sealAnewCmd) do(ctx context.Context, s streams, r *rooms, path string) error {
	seal, aside, undo, err := auth.NewSealKey(path, r.db.Now().Time())
	if err != nil {
		return fmt.Errorf("--seal-key: %w; nothing was changed", err)
	}
	var factors []auth.SealedFactor
	var links []exchange.Link
	err = r.db.Write(ctx, func(tx *db.Tx) (err error) {
		if factors, err = r.accounts.SealAnew(ctx, tx, operator, seal, c.Reason); err == nil {
			links, err = r.exchange.LoseKeys(ctx, tx, operator, seal, c.Reason)
		}
		return err
	})
	if err != nil {
		undo()
		return fmt.Errorf("%w; nothing was changed", err)
	}
	if aside != "" {
		fmt.Fprintf(s.out, "\n%s: what was there before\n", aside)
	}
	on := 0
	for _, f := range factors {
		if f.On {
			on++
		}
	}
	_, err = fmt.Fprintf(s.out, "\nDone: %s is the new key. %d second factors and the keys of %d links are given up.\n"+
		"1. Copy it to every server of this database (its owner as before, mode 600), and start every cchc serve anew.\n"+
		"2. Make a copy: cchc backup.\n"+
		"3. Tell the people above: they sign in with a recovery code or a passkey and are led to set up another second factor.\n"+
		"4. Give each link a new key: Administration → Exchange with other systems.\n", path, on, len(links))
	return err
}

// inCopies looks for the key in the newest copies that have one; an error tells where it is.
func (c sealAnewCmd) inCopies(ctx context.Context, s streams, r *rooms, x sealedThings, path string) error {
	if c.Copies == "" {
		return nil
	}
	const most = 30 // back to before it was lost
	shelf, err := file.OpenShelf(ctx, c.Copies, false)
	if err != nil {
		fmt.Fprintf(s.out, "The copies could not be looked into: %v\n", err)
		return nil
	}
	defer shelf.Close()
	identities, err := backup.Identities(c.Identity)
	if err != nil {
		return fmt.Errorf("--identity: %w", err)
	}
	all, err := backup.Copies(ctx, shelf)
	if err != nil {
		fmt.Fprintf(s.out, "The copies could not be looked into: %v\n", err)
		return nil
	}
	reader, closed := &backup.Reader{Shelf: shelf, Identities: identities}, 0
	for i := len(all) - 1; i >= max(0, len(all)-most); i-- {
		text, err := reader.SealKey(ctx, all[i], filepath.Base(path))
		if errors.Is(err, backup.ErrSealed) {
			closed++
		}
		if err != nil {
			continue
		}
		seal, err := auth.ParseSeal(text)
		if err != nil {
			continue
		}
		if fits, err := r.sealFits(ctx, seal, x); err != nil {
			return err
		} else if fits {
			return fmt.Errorf("the right key is in the copies: with %s in %s; nothing was changed. Take it from there (cchc restore puts it beside the database that it makes) to %s", all[i].Name(), shelf.Where(), path)
		}
	}
	if closed > 0 {
		fmt.Fprintf(s.out, "%d copies in %s are encrypted and may have the key: look with --identity FILE first.\n", closed, shelf.Where())
	}
	return nil
}

// writeLost names what is lost with the key, and what becomes of it.
func writeLost(w io.Writer, x sealedThings) {
	on, stuck, begun := 0, 0, 0
	t := &strings.Builder{}
	columns := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	for _, f := range x.factors {
		if !f.On {
			begun++
			continue
		}
		on++
		has := fmt.Sprintf("%d recovery codes, %d passkeys", f.Recovery, f.Passkeys)
		if f.Stuck() {
			has = "neither recovery codes nor passkeys: cannot sign in until a keeper turns the second factor off on the account's page"
			stuck++
		}
		if f.Disabled {
			has = "disabled; " + has
		}
		fmt.Fprintf(columns, "  %s\t%s\t%s\n", f.Login, f.Name, has)
	}
	columns.Flush()
	fmt.Fprintf(w, "%d second factors (six digits of an application) must be set up again; their codes are refused already:\n%s", on, t)
	if stuck > 0 {
		fmt.Fprintf(w, "%d of them cannot sign in by themselves. When no administrator can: cchc account makes another one.\n", stuck)
	}
	if begun > 0 {
		fmt.Fprintf(w, "%d more were begun and not finished.\n", begun)
	}
	stopped := 0
	t.Reset()
	columns = tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	for _, l := range x.links {
		if l.Stops() && !l.Keyless() {
			stopped++
			fmt.Fprintf(columns, "  %s\t%s\t%s\t%d wait to be sent\n", l.Name, map[string]string{exchange.Hook: "webhook", exchange.Peer: "peer"}[l.Kind], l.URL, l.Waiting)
		}
	}
	columns.Flush()
	fmt.Fprintf(w, "%d links to other systems stand still until they are given a new key; what is to be sent waits:\n%s", stopped, t)
	fmt.Fprintln(w, "Passwords, recovery codes, passkeys, single sign-on and API tokens go on as they are. Nothing else is sealed.")
}

package backup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"cchc/base/db"
)

// Tools are PostgreSQL's own programs, which copy and put back its databases.
type Tools struct {
	Dir string // where they are; found when ""
}

func postgresName(dsn string) (string, bool) {
	if !db.IsPostgres(dsn) {
		return "", false
	}
	// With several hosts it is no URL that Go parses, but libpq does.
	rest, _, _ := strings.Cut(dsn, "?")
	_, rest, _ = strings.Cut(rest, "://")
	_, name, _ := strings.Cut(rest, "/")
	if name == "" {
		name = "cchc"
	}
	return name, true
}

// program finds a tool: in Dir, on the path, or the newest of Debian's versions.
func (t Tools) program(name string) (string, error) {
	if t.Dir != "" {
		return exec.LookPath(filepath.Join(t.Dir, name))
	}
	// Debian's program on the path is a wrapper that wants a cluster of its own; the
	// newest version dumps every older server.
	if list, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(list) > 0 {
		slices.SortFunc(list, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
		return list[len(list)-1], nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is not on this machine: PostgreSQL is copied by its own tools (Debian: postgresql-client)", name)
	}
	return path, nil
}

// command is a tool on a database. A password goes by the environment: a command
// line is for everybody to read.
func (t Tools) command(ctx context.Context, dsn, name string, args ...string) (*exec.Cmd, error) {
	path, err := t.program(name)
	if err != nil {
		return nil, err
	}
	env := os.Environ()
	if u, err := url.Parse(dsn); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			env = append(env, "PGPASSWORD="+password)
			u.User = url.User(u.User.Username())
			dsn = u.String()
		}
	}
	cmd := exec.CommandContext(ctx, path, append(args, "--dbname="+dsn)...)
	cmd.Env = env
	return cmd, nil
}

// runTool runs a tool and makes an error of what it complains of.
func runTool(cmd *exec.Cmd) error {
	var says bytes.Buffer
	cmd.Stderr = &says
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(says.String())
		if len(text) > 600 {
			text = text[:600] + "…"
		}
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, text)
	}
	return nil
}

// dump writes a copy of the database as it is at one instant, and reads it through
// while it is written: what pg_restore cannot read is no copy.
func (t Tools) dump(ctx context.Context, dsn string, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd, err := t.command(ctx, dsn, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=60s")
	if err != nil {
		return err
	}
	path, err := t.program("pg_restore")
	if err != nil {
		return err
	}
	look := exec.CommandContext(ctx, path, "--file=/dev/null")
	in, out := io.Pipe()
	look.Stdin = in
	looked := make(chan error, 1)
	go func() {
		err := runTool(look)
		if err == nil {
			io.Copy(io.Discard, in) // what it had no need of
		}
		in.CloseWithError(err)
		looked <- err
	}()
	cmd.Stdout = io.MultiWriter(w, out)
	err = runTool(cmd)
	out.Close()
	return errors.Join(err, <-looked)
}

// Load puts a copy into a database that has no table, all or nothing.
func (t Tools) Load(ctx context.Context, dsn string, from io.Reader) error {
	cmd, err := t.command(ctx, dsn, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
	if err != nil {
		return err
	}
	cmd.Stdin = from
	return runTool(cmd)
}

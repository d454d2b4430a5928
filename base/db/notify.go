package db

import (
	"context"
	"errors"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Processes that share a PostgreSQL tell one another what their writes changed with
// NOTIFY: a part of the transaction, so that nothing is told that did not happen and
// everything is that did, to whoever listens. A SQLite file has one process.

// channel is the one channel of all; who tells what stands in the payload.
const channel = "cchc"

// maxPayload is how much one notification may hold: PostgreSQL refuses 8000 bytes.
const maxPayload = 7900

const (
	// quiet is after how long without a notification the connection is tried.
	quiet = 10 * time.Second
	// trying is how long that may take.
	trying = 5 * time.Second
)

// epochLine begins a line that names an epoch that was bumped.
const epochLine = "\x01"

var notify = &Stmt{Name: "db.notify", text: map[Engine]string{Postgres: "SELECT pg_notify($1, $2)"}}

// Notify gives a line of text to every other process that listens on the database,
// once the write is committed, and never when it is not. The same line twice in one
// write is given once. It must not hold a line break.
func (tx *Tx) Notify(line string) {
	if tx.db.engine != Postgres || strings.ContainsRune(line, '\n') || len(line) > maxPayload-100 {
		return
	}
	if !slices.Contains(tx.lines, line) {
		tx.lines = append(tx.lines, line)
	}
}

// tell sends what Notify gathered, as part of the transaction.
func (tx *Tx) tell(ctx context.Context) error {
	for len(tx.lines) > 0 {
		var b strings.Builder
		b.WriteString(tx.db.self)
		n := 0
		for n < len(tx.lines) && b.Len()+1+len(tx.lines[n]) <= maxPayload {
			b.WriteByte('\n')
			b.WriteString(tx.lines[n])
			n++
		}
		tx.lines = tx.lines[n:]
		if _, err := tx.sql.ExecContext(ctx, notify.text[Postgres], channel, b.String()); err != nil {
			return tx.fail(err)
		}
	}
	return nil
}

// Listen calls hear with every line that the writes of other processes give, until ctx
// ends; and gap after every beginning, the first and those after the server was away:
// what was given meanwhile was missed. On SQLite it returns at once. Only one goroutine
// calls both.
func (d *DB) Listen(ctx context.Context, hear func(line string), gap func()) error {
	if d.engine != Postgres {
		return nil
	}
	told := false
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		began := time.Now()
		err := d.listen(ctx, hear, func() {
			if told {
				slog.Info("listening to other processes again")
			}
			told = false
			gap()
		})
		if ctx.Err() != nil {
			return nil
		}
		if !told {
			told = true
			slog.Warn("not listening to other processes; trying again", "err", err)
		}
		if time.Since(began) > quiet {
			wait = 100 * time.Millisecond
		}
		select {
		case <-time.After(wait/2 + mathrand.N(wait)):
		case <-ctx.Done():
			return nil
		}
	}
}

// errDemoted says that the server is not the one that takes writes any more.
var errDemoted = errors.New("the server takes no writes any more")

func (d *DB) listen(ctx context.Context, hear func(string), gap func()) error {
	begin, cancel := context.WithTimeout(ctx, trying)
	defer cancel()
	conn, err := pgx.Connect(begin, d.dsn)
	if err != nil {
		return err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		conn.Close(end)
	}()
	if _, err := conn.Exec(begin, "LISTEN "+channel); err != nil {
		return err
	}
	d.seen.forget()
	gap()
	for {
		some, cancel := context.WithTimeout(ctx, quiet)
		n, err := conn.WaitForNotification(some)
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			d.heard(n.Payload, hear)
			continue
		case !errors.Is(err, context.DeadlineExceeded):
			return err
		}
		if err := stillPrimary(ctx, conn); err != nil {
			return err
		}
	}
}

// stillPrimary tries a connection on which nothing came for a while: a server that
// vanished says nothing, and one that was demoted hears nothing any more.
func stillPrimary(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, trying)
	defer cancel()
	standby := false
	if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&standby); err != nil {
		return err
	}
	if standby {
		return errDemoted
	}
	return nil
}

func (d *DB) heard(payload string, hear func(string)) {
	from, lines, _ := strings.Cut(payload, "\n")
	if from == d.self {
		return // told when it was committed
	}
	for line := range strings.SplitSeq(lines, "\n") {
		if strings.HasPrefix(line, epochLine) {
			d.seen.forget()
			continue
		}
		hear(line)
	}
}

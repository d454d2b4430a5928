package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
)

// DSN is what the database was opened by, with its password: for tools of the
// engine's own, never for logs.
func (d *DB) DSN() string { return d.dsn }

// NameOf names a database for logs and messages, without a password.
func NameOf(dsn string) string {
	if !IsPostgres(dsn) {
		return dsn
	}
	if u, err := url.Parse(dsn); err == nil {
		return u.Redacted()
	}
	return "postgres"
}

// Scratch makes a database of its own on the PostgreSQL server of dsn, for a trial;
// drop removes it.
func Scratch(ctx context.Context, dsn string) (scratch string, drop func() error, err error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", nil, fmt.Errorf("the database's address: %w", err)
	}
	h, err := sql.Open("pgx", dsn)
	if err != nil {
		return "", nil, err
	}
	name := "cchc_drill_" + strings.ReplaceAll(NewID(), "-", "")
	// Neither name comes from outside: a statement that makes a database takes no
	// parameters.
	if _, err := h.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		h.Close()
		return "", nil, translate(err)
	}
	u.Path = "/" + name
	return u.String(), func() error {
		defer h.Close()
		_, err := h.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		return translate(err)
	}, nil
}

// MustBeEmpty refuses a PostgreSQL database that has a table.
func MustBeEmpty(ctx context.Context, dsn string) error {
	h, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer h.Close()
	var n int
	if err := h.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`).Scan(&n); err != nil {
		return translate(err)
	}
	if n > 0 {
		return fmt.Errorf("the database has %d tables and has to be empty: make a new one with createdb", n)
	}
	return nil
}

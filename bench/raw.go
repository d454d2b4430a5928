package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"cchc/base/db"
	"cchc/base/moment"
)

// What the engine itself can do: rows as wide as a dossier's, nothing else, with
// the pragmas that the product sets.
var (
	rawMake = db.SQL("bench.raw.make", `CREATE TABLE IF NOT EXISTS raw (id TEXT NOT NULL PRIMARY KEY,
		a TEXT, b TEXT, c TEXT, d TEXT, e TEXT, f TEXT, g TEXT, h TEXT, i TEXT,
		k BIGINT, l BIGINT, m BIGINT, n BIGINT, o BIGINT, p BIGINT, q BIGINT, r BIGINT, s BIGINT, t BIGINT)`)
	rawInsert = db.SQL("bench.raw.insert", `INSERT INTO raw (id, a, b, c, d, e, f, g, h, i, k, l, m, n, o, p, q, r, s, t)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`)
)

// measureRaw writes rows one to a commit and, by many writers, grouped.
func measureRaw(ctx context.Context, r *run) error {
	dsns := map[string]string{"SQLite": filepath.Join(r.work, "raw.db")}
	if r.pg != "" {
		dsn, err := r.database(ctx, "bench_raw")
		if err != nil {
			return err
		}
		dsns["PostgreSQL"] = dsn
	}
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		if dsns[engine] == "" {
			continue
		}
		d, err := db.Open(ctx, dsns[engine], db.Options{})
		if err != nil {
			return err
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, rawMake); return err }); err != nil {
			return err
		}
		for _, workers := range []int{1, r.Workers} {
			n, err := rawRows(ctx, d, workers, r.Round)
			if err != nil {
				return err
			}
			what := "raw engine: one INSERT of 20 columns per commit"
			if workers > 1 {
				what = fmt.Sprintf("raw engine: the same by %d writers, commits shared where the engine can", workers)
			}
			r.report.add(row{What: what, Engine: engine, Ours: fmt.Sprintf("%.0f/s", n)})
		}
		if err := d.Close(); err != nil {
			return err
		}
	}
	return nil
}

func rawRows(ctx context.Context, d *db.DB, workers int, during time.Duration) (perSecond float64, err error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	begun := time.Now()
	for range workers {
		wg.Go(func() {
			n := 0
			for time.Since(begun) < during && ctx.Err() == nil {
				e := d.Write(ctx, func(tx *db.Tx) error {
					args := []any{db.NewID()}
					for i := range 9 {
						args = append(args, fmt.Sprintf("H99.1-%d-%d", n, i))
					}
					for range 10 {
						args = append(args, moment.Of(begun))
					}
					_, err := tx.Exec(ctx, rawInsert, args...)
					return err
				})
				if e != nil {
					mu.Lock()
					err = e
					mu.Unlock()
					return
				}
				n++
			}
			mu.Lock()
			total += n
			mu.Unlock()
		})
	}
	wg.Wait()
	return float64(total) / time.Since(begun).Seconds(), err
}

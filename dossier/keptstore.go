package dossier

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/gob"
	"fmt"
	"time"

	"cchc/base/db"
	"cchc/base/job"
	"cchc/base/moment"
	"cchc/unit"
)

// ReportDays is how many days after a period its report usually is due: as known
// at the end of that day is as reported.
const ReportDays = 5

var (
	periodGet = db.SQL("dossier.period.get", `
		SELECT up_to, changed, rules, cells
		FROM kept_period
		WHERE from_day = $1 AND to_day = $2 AND known = $3`)
	periodHas = db.SQL("dossier.period.has", `
		SELECT up_to, changed, rules
		FROM kept_period
		WHERE from_day = $1 AND to_day = $2 AND known = $3`)
	periodPut = db.Rows("dossier.period.put", "kept_period", "from_day, to_day, known, up_to, changed, rules, cells", `
		ON CONFLICT (from_day, to_day, known) DO UPDATE SET
			up_to = excluded.up_to, changed = excluded.changed, rules = excluded.rules, cells = excluded.cells`)
	periodMove  = db.SQL("dossier.period.move", `UPDATE kept_period SET up_to = $1 WHERE from_day = $2 AND to_day = $3 AND known = $4`)
	periodDrop  = db.SQL("dossier.period.drop", `DELETE FROM kept_period WHERE to_day < $1`)
	periodFirst = db.SQL("dossier.period.first", `SELECT arrived FROM dossier_find ORDER BY arrived LIMIT 1`)
	periodUnits = db.SQL("dossier.period.units", `SELECT COUNT(*) FROM unit`)
)

// What a period is stored as.
type (
	storedMove struct {
		Day      moment.Date
		From, To unit.ID
	}
	storedPlace struct {
		Unit, Promised unit.ID
		Moves          []storedMove
	}
	storedCell struct {
		Place, Procedure, Sector int32
		Standing                 uint32
		N                        int64
	}
	storedCells struct {
		Places              []storedPlace
		Procedures, Sectors []string
		Cells               []storedCell
	}
)

func (p *period) encode() ([]byte, error) {
	s := storedCells{Procedures: p.procedures, Sectors: p.sectors}
	for _, pl := range p.places {
		x := storedPlace{Unit: pl.unit, Promised: pl.promised}
		for _, m := range pl.moves {
			x.Moves = append(x.Moves, storedMove{m.day, m.from, m.to})
		}
		s.Places = append(s.Places, x)
	}
	for key, n := range p.cells {
		s.Cells = append(s.Cells, storedCell{key.place, key.procedure, key.sector, uint32(key.standing), n})
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err == nil {
		err = gob.NewEncoder(w).Encode(s)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("figures of %s: %w", PeriodName(p.from, p.to), err)
	}
	return b.Bytes(), nil
}

func (p *period) decode(data []byte) error {
	var s storedCells
	if err := gob.NewDecoder(flate.NewReader(bytes.NewReader(data))).Decode(&s); err != nil {
		return fmt.Errorf("figures of %s: %w", PeriodName(p.from, p.to), err)
	}
	for _, x := range s.Places {
		pl := place{unit: x.Unit, promised: x.Promised}
		for _, m := range x.Moves {
			pl.moves = append(pl.moves, move{m.Day, m.From, m.To})
		}
		numberOf(pl.String(), p.placeAt, &p.places, pl)
	}
	for _, c := range s.Procedures {
		numberOf(c, p.procedureAt, &p.procedures, c)
	}
	for _, c := range s.Sectors {
		numberOf(c, p.sectorAt, &p.sectors, c)
	}
	for _, c := range s.Cells {
		p.cells[cellKey{c.Place, c.Procedure, c.Sector, standing(c.Standing)}] = c.N
	}
	return nil
}

// storedPeriod returns a period as it was stored; nil when it was not.
func storedPeriod(ctx context.Context, q db.Queryer, key periodKey) (*period, error) {
	var p *period
	err := db.Each(ctx, q, periodGet, func(r db.Scanner) error {
		var upTo, changed moment.Instant
		var rules string
		var data []byte
		if err := r.Scan(&upTo, &changed, &rules, &data); err != nil {
			return err
		}
		p = newPeriod(key, upTo, rules)
		p.changed = changed
		return p.decode(data)
	}, key.from, key.to, int64(key.known))
	return p, err
}

// usualPeriods are the months, quarters and years that people ask about, as known
// now and as reported, the latest first.
func usualPeriods(today moment.Date) []periodKey {
	var out []periodKey
	add := func(from moment.Date, months, n, reported int) {
		for i := range n {
			from := from.AddMonths(-months * i)
			to := from.AddMonths(months - 1).LastOfMonth()
			out = append(out, periodKey{from: from, to: to})
			if i < reported && to.AddDays(ReportDays) < today {
				out = append(out, periodKey{from: from, to: to, known: to.AddDays(ReportDays).End()})
			}
		}
	}
	month := today.FirstOfMonth()
	past := int(month.Time().Month()) - 1
	add(month, 1, 25, 13)
	add(month.AddMonths(-(past % 3)), 3, 13, 5)
	add(month.FirstOfYear(), 12, 6, 3)
	return out
}

// KeepPeriods stores the figures of the usual periods, brought up to date, so that
// a question finds them. It asks for no right and tells nobody anything.
func (k *Desk) KeepPeriods(ctx context.Context) error {
	units, err := db.Value[int](ctx, k.DB, periodUnits)
	if err != nil || units <= wideUnits {
		return err
	}
	first, err := db.Column[moment.Instant](ctx, k.DB, periodFirst)
	if err != nil || len(first) == 0 {
		return err
	}
	now := k.DB.Now()
	upTo := now.Add(-settled)
	upTo -= upTo % moment.Instant(time.Minute/time.Millisecond)
	keys := usualPeriods(now.Date())
	for _, key := range keys {
		if key.to < first[0].Date() || key.from > upTo.Date() {
			continue
		}
		asked := k.periods.has(key)
		if err := k.keep(ctx, key, upTo); err != nil {
			return err
		}
		if !asked {
			k.periods.drop(key) // stored is enough until somebody asks
		}
		if err := job.Rest(ctx); err != nil {
			return err
		}
	}
	oldest := now.Date().AddMonths(-60)
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, periodDrop, oldest)
		return err
	})
}

// keep stores one period, when it is not stored as it is.
func (k *Desk) keep(ctx context.Context, key periodKey, upTo moment.Instant) error {
	var p *period
	var has struct {
		upTo, changed moment.Instant
		rules         string
	}
	err := k.DB.Snapshot(ctx, func(q *db.Snapshot) (err error) {
		if p, err = k.period(ctx, q, key, upTo); err != nil {
			return err
		}
		return db.Each(ctx, q, periodHas, func(r db.Scanner) error { return r.Scan(&has.upTo, &has.changed, &has.rules) }, key.from, key.to, int64(key.known))
	})
	if err != nil {
		return err
	}
	if has.rules == p.rules && has.changed == p.changed {
		if has.upTo >= p.upTo {
			return nil
		}
		return k.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, periodMove, p.upTo, key.from, key.to, int64(key.known))
			return err
		})
	}
	data, err := p.encode()
	if err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		return tx.InsertRows(ctx, periodPut, [][]any{{key.from, key.to, int64(key.known), p.upTo, p.changed, p.rules, data}})
	})
}

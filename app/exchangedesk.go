package app

import (
	"context"
	"errors"
	"io"

	"cchc/base/db"
	"cchc/base/file"
	"cchc/base/moment"
	"cchc/dossier"
	"cchc/exchange"
	"cchc/unit"
)

// exchangeDesk gives the exchange what it asks of dossiers: the rooms don't know
// each other.
type exchangeDesk struct{ desk *dossier.Desk }

func asStanding(s dossier.Standing) exchange.Standing {
	return exchange.Standing{ID: s.ID, Code: s.Code, Unit: s.Unit, Procedure: s.Procedure, Channel: string(s.Channel),
		Status: int(s.Status), Since: s.Since, Arrived: s.Arrived}
}

// Standing implements exchange.Desk.
func (e exchangeDesk) Standing(ctx context.Context, q db.Queryer, system, code string) (exchange.Standing, error) {
	s, err := e.desk.Standing(ctx, q, system, code)
	return asStanding(s), err
}

// StandingOf implements exchange.Desk.
func (e exchangeDesk) StandingOf(ctx context.Context, q db.Queryer, id string) (exchange.Standing, error) {
	s, err := e.desk.StandingOf(ctx, q, id)
	return asStanding(s), err
}

// Standings implements exchange.Desk.
func (e exchangeDesk) Standings(ctx context.Context, q db.Queryer, system string, u unit.ID, from, to moment.Date, fn func(exchange.Standing) error) error {
	return e.desk.Standings(ctx, q, system, u, from, to, func(s dossier.Standing) error { return fn(asStanding(s)) })
}

// Reach implements exchange.Desk.
func (e exchangeDesk) Reach(ctx context.Context, q db.Queryer, u unit.ID) (map[unit.ID]bool, error) {
	return e.desk.Reach(ctx, q, u)
}

// Changeovers implements exchange.Desk.
func (e exchangeDesk) Changeovers(ctx context.Context, q db.Queryer, id string) ([]exchange.Changeover, exchange.Whole, error) {
	list, told, err := e.desk.Changeovers(ctx, q, id)
	out := make([]exchange.Changeover, len(list))
	for i, c := range list {
		out[i] = exchange.Changeover{Status: int(c.Status), At: c.At, Due: c.Due}
		if c.Refused {
			out[i].Outcome = dossier.EndRefused
		}
	}
	return out, exchange.Whole{Accepted: told.AcceptedAt, Due: told.Due, Ended: told.Ended, Outcome: told.End, Sequence: told.Sequence}, err
}

// ReadTime implements exchange.Desk.
func (exchangeDesk) ReadTime(s string) (moment.Instant, bool) { return dossier.ReadTime(s) }

// exchangeLists keeps lists that were handed in beside the scans, until they were
// compared.
type exchangeLists struct{ r *rooms }

// listSize is the largest list that is kept.
const listSize = 512 << 20

var errNoStore = errors.New("no place where files are kept: only a serving program compares")

// Keep implements exchange.Lists.
func (e exchangeLists) Keep(ctx context.Context, content io.Reader) (string, error) {
	if e.r.scans == nil {
		return "", errNoStore
	}
	info, err := e.r.scans.Put(ctx, content, file.Limits{Size: listSize, As: file.CSV}) // what it is, is found when it is read
	return info.Key, err
}

// Open implements exchange.Lists.
func (e exchangeLists) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	if e.r.scans == nil {
		return nil, errNoStore
	}
	content, _, err := e.r.scans.Get(ctx, key)
	return content, err
}

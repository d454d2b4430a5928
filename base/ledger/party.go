package ledger

import (
	"context"
	"errors"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/moment"
	"cchc/base/receipt"
)

// A Role is what another server is to this log.
type Role string

const (
	// CosignerRole is a server, of a higher unit as a rule, that co-signs checkpoints of
	// this log.
	CosignerRole Role = "cosigner"
	// LogRole is a server of which checkpoints are co-signed here.
	LogRole Role = "log"
)

// A Party is another server, known by its public key.
type Party struct {
	ID      string
	Role    Role
	Public  string
	Name    string // of the unit that runs it
	At      moment.Instant
	Account string
	Ended   moment.Instant
}

// Origin is the name in its key: which log it is.
func (p Party) Origin() string { name, _, _ := strings.Cut(p.Public, "+"); return name }

const partyColumns = `id, role, public, name, at, account, ended_at`

var (
	partiesOf   = db.SQL("ledger.party.of", `SELECT `+partyColumns+` FROM log_party WHERE role = $1 ORDER BY name, at, id`)
	partyInsert = db.Rows("ledger.party.insert", "log_party", "id, role, public, name, at, account", "")
	partyEnd    = db.SQL("ledger.party.end", `UPDATE log_party SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL`)
)

// Parties returns the servers of a role, also those that are none any more.
func (l *Log) Parties(ctx context.Context, q db.Queryer, role Role) ([]Party, error) {
	return db.All(ctx, q, partiesOf, func(r db.Scanner) (p Party, err error) {
		err = r.Scan(&p.ID, &p.Role, &p.Public, &p.Name, &p.At, &p.Account, &p.Ended)
		return p, err
	}, string(role))
}

// AddParty makes another server known by its public key. Who may is for the caller to
// know. Faults: Invalid ledger.party_wrong with the fields public, name; Conflict
// ledger.party_known.
func (l *Log) AddParty(ctx context.Context, a actor.Actor, role Role, public, name string) (Party, error) {
	p := Party{ID: db.NewID(), Role: role, Public: strings.TrimSpace(public), Name: strings.TrimSpace(name), Account: a.Account}
	f := fault.New(fault.Invalid, "ledger.party_wrong")
	if p.Name == "" || len([]rune(p.Name)) > 200 {
		f.With("name", "ledger.party_name")
	}
	signs, err := receipt.Cosigns(p.Public)
	if err != nil || signs != (role == CosignerRole) {
		f.With("public", "ledger.party_key."+string(role))
	}
	if err := f.Or(); err != nil {
		return Party{}, err
	}
	err = l.DB.Write(ctx, func(tx *db.Tx) error {
		p.At = tx.Now
		if err := tx.InsertRows(ctx, partyInsert, [][]any{{p.ID, string(p.Role), p.Public, p.Name, p.At, p.Account}}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "log.party", Kind: "log", ID: p.Origin(),
			Changes: []audit.Change{{Field: "role", To: string(role)}, {Field: "name", To: p.Name}, {Field: "key", To: p.Public}}})
	})
	if errors.Is(err, db.ErrUnique) {
		return Party{}, fault.New(fault.Conflict, "ledger.party_known").With("public", "ledger.party_known").Because(err)
	}
	return p, err
}

// EndParty takes a server off: its co-signatures count no more for new checkpoints, or
// its checkpoints are co-signed no more. What was signed stays. Fault: NotFound
// ledger.party_unknown.
func (l *Log) EndParty(ctx context.Context, a actor.Actor, id string) error {
	return l.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, partyEnd, tx.Now, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "ledger.party_unknown")
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "log.party", Kind: "log", ID: id, Changes: []audit.Change{{Field: "ended", To: tx.Now.String()}}})
	})
}

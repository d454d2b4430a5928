package ledger

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"cchc/base/db"
	"cchc/base/moment"
	"cchc/base/receipt"
)

// A Finding is something that the check found. Its words are the message
// ledger.found.WHAT with Args.
type Finding struct {
	Number int64  // of the entry in the log, from 1; 0: of none
	Last   int64  // it is one of Number to Last, nobody knows which; 0: it is Number
	Entry  string // its id in the trail
	What   string
	Args   []any // as messages take them: names and values
}

// A Check is what the check of the whole log found.
type Check struct {
	Started, Finished moment.Instant
	Size              int64
	Checkpoints       int
	Erased            int
	Waiting           int       // entries that are not in the log yet
	Wrong             int       // how many findings say that something was rewritten
	First             *Finding  // the first of them by number; nil: the log holds
	Findings          []Finding // the first hundred
	Notes             []Finding // what is no fault: erasings

	locks        map[thing]bool
	lockedAt     map[string]int64 // numbers of entries that lock what they are about
	erasings     erasings
	exact, among *Finding // the first that is known exactly, and the first that is not
}

// Options of a check.
type Options struct {
	Pins     []string            // public keys that the log must be signed with, known from elsewhere
	Against  map[string][]byte   // receipts and checkpoints kept elsewhere, by name
	Erase    string              // the verb of entries under which texts are erased
	Mark     string              // what stands where words were taken out
	Kinds    []string            // of things of whose entries texts are erased; nil: of any
	Progress func(done, all int) // may be nil
	// Locked compares a thing that entries locked with what is stored now. May be nil.
	Locked func(ctx context.Context, kind, object string) (Lock, error)
}

// A Lock is how a thing that entries locked stands. Which of them locks it now is for the
// room to say that keeps it: it may have been opened since.
type Lock struct {
	Entry string // that locks it
	What  string // what is to be said, as of a Finding; "" where it is what was locked, or is open
	Wrong bool   // something was rewritten
}

// most is how many findings are kept in words.
const most = 100

func (c *Check) wrong(number int64, entry, what string, args ...any) {
	c.found(Finding{Number: number, Entry: entry, What: what, Args: args})
}

func (c *Check) found(f Finding) {
	c.Wrong++
	if len(c.Findings) < most {
		c.Findings = append(c.Findings, f)
	}
	first := &c.exact
	if f.Last > f.Number {
		first = &c.among
	}
	// What bears a number goes before what bears none.
	if *first == nil || f.Number > 0 && ((*first).Number == 0 || f.Number < (*first).Number) {
		*first = &f
	}
}

// first is the first bad entry: of a stretch in which one is known exactly, that one.
func (c *Check) first() *Finding {
	switch {
	case c.among == nil:
		return c.exact
	case c.exact != nil && c.exact.Number > 0 && c.exact.Number <= c.among.Last:
		return c.exact
	}
	return c.among
}

func (c *Check) note(number int64, entry, what string, args ...any) {
	if len(c.Notes) < most {
		c.Notes = append(c.Notes, Finding{Number: number, Entry: entry, What: what, Args: args})
	}
}

const page = 2000 // rows that are read at once

// A row is a leaf as it is stored, beside its entry.
type row struct {
	index  int64
	id     string
	hash   []byte
	salt   []byte
	text   []byte // hash of an erased text
	left   []byte // salt of the hash of what was left of it
	entry  receipt.Entry
	exists bool
}

var (
	leafRows = db.SQL("ledger.leaf.rows", `
		SELECT l.idx, l.entry_id, l.hash, l.salt, x.text_hash, y.salt,
			e.id, e.at, e.account, e.on_behalf, e.verb, e.kind, e.object_id, e.unit_id, e.changes, e.reason
		FROM log_leaf l
		LEFT JOIN audit_entry e ON e.id = l.entry_id
		LEFT JOIN log_erased x ON x.entry_id = l.entry_id
		LEFT JOIN log_left y ON y.entry_id = l.entry_id
		WHERE l.idx >= $1 AND l.idx < $2
		ORDER BY l.idx`)
	nodesAll = db.SQL("ledger.node.page", `SELECT n, hash FROM log_node WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n`)
	unlogged = db.SQL("ledger.unlogged", `
		SELECT e.id
		FROM audit_entry e
		LEFT JOIN log_leaf l ON l.entry_id = e.id
		LEFT JOIN log_pending p ON p.entry_id = e.id
		WHERE l.idx IS NULL AND p.entry_id IS NULL
		ORDER BY e.id
		LIMIT 100`)
	vanished = db.SQL("ledger.vanished", `
		SELECT p.entry_id
		FROM log_pending p
		LEFT JOIN audit_entry e ON e.id = p.entry_id
		WHERE e.id IS NULL
		ORDER BY p.entry_id
		LIMIT 100`)
	again = db.SQL("ledger.again", `
		SELECT l.idx + 1, p.entry_id
		FROM log_pending p
		JOIN log_leaf l ON l.entry_id = p.entry_id
		ORDER BY l.idx
		LIMIT 100`)
	nodesMost = db.SQL("ledger.node.most", `SELECT level, MAX(n) FROM log_node GROUP BY level ORDER BY level`)
	waiting   = db.SQL("ledger.waiting", `SELECT COUNT(*) FROM log_pending`)
)

func scanLeafRow(r db.Scanner) (x row, err error) {
	var id, account, behalf, verb, kind, object, unit, changes, reason *string
	var at *int64
	if err = r.Scan(&x.index, &x.id, &x.hash, &x.salt, &x.text, &x.left, &id, &at, &account, &behalf, &verb, &kind, &object, &unit, &changes, &reason); err != nil || id == nil {
		return x, err
	}
	x.exists = true
	x.entry = receipt.Entry{ID: *id, At: *at, Account: *account, Behalf: *behalf, Verb: *verb, Kind: *kind, Object: *object, Unit: *unit,
		Changes: *changes, Reason: *reason, Salt: x.salt, Hash: x.text}
	return x, nil
}

// Verify checks the whole log against the trail, without any network: that every entry
// still is what its leaf says, that nothing is missing or exchanged, that the tree is
// the one that every stored checkpoint, the one that is kept beside the key and those
// of o.Against were signed over, that signatures hold and keys follow each other, and
// that texts which are gone were erased by an act that the log has.
func (l *Log) Verify(ctx context.Context, o Options) (*Check, error) {
	c := &Check{Started: l.DB.Now()}
	nodes, err := db.All(ctx, l.DB, nodesMost, scanPlace)
	if err != nil {
		return nil, err
	}
	// First how long it is: what comes in meanwhile waits for the next check.
	if c.Size, err = l.Size(ctx, l.DB); err != nil {
		return nil, err
	}
	for _, x := range nodes {
		if x.level <= 0 || x.level%step != 0 || x.n >= c.Size>>x.level {
			c.wrong(0, "", "node_ahead", "Level", x.level, "Node", x.n)
		}
	}
	tree, err := l.checkpoints(ctx, c, o)
	if err != nil {
		return nil, err
	}
	if err := l.leaves(ctx, c, o, tree); err != nil {
		return nil, err
	}
	if err := c.compareLocked(ctx, o); err != nil {
		return nil, err
	}
	if err := l.erasingsHold(ctx, c, o); err != nil {
		return nil, err
	}
	for _, id := range must(db.Column[string](ctx, l.DB, unlogged))(&err) {
		c.wrong(0, id, "unlogged")
	}
	for _, id := range must(db.Column[string](ctx, l.DB, vanished))(&err) {
		c.wrong(0, id, "vanished")
	}
	if err != nil {
		return nil, err
	}
	if err := db.Each(ctx, l.DB, again, func(r db.Scanner) error {
		var number int64
		var id string
		err := r.Scan(&number, &id)
		c.wrong(number, id, "again")
		return err
	}); err != nil {
		return nil, err
	}
	if c.Waiting, err = db.Value[int](ctx, l.DB, waiting); err != nil {
		return nil, err
	}
	if since, err := l.WaitsSince(ctx, l.DB); err != nil {
		return nil, err
	} else if since > 1 && since < c.Started-LongWait {
		c.note(0, "", "waits", "Count", c.Waiting, "Since", since)
	}
	slices.SortStableFunc(c.Findings, func(a, b Finding) int {
		if (a.Number == 0) != (b.Number == 0) {
			return int(b.Number - a.Number)
		}
		return int(a.Number - b.Number)
	})
	c.First = c.first()
	c.Finished = l.DB.Now()
	return c, nil
}

// LongWait is for how long nothing waits to enter the log where a process serves.
const LongWait = moment.Instant(60_000)

type place struct {
	level int
	n     int64
}

func scanPlace(r db.Scanner) (p place, err error) {
	err = r.Scan(&p.level, &p.n)
	return p, err
}

// must keeps the first error.
func must[T any](v T, err error) func(*error) T {
	return func(to *error) T {
		if *to == nil {
			*to = err
		}
		return v
	}
}

// leaves goes over all leaves and compares them with the trail, the stored nodes and
// the roots that were signed.
func (l *Log) leaves(ctx context.Context, c *Check, o Options, signed *roots) error {
	nodes := nodeReader{ctx: ctx, q: l.DB}
	g := growing{store: func(level int, n int64, h tlog.Hash) error {
		have, ok, err := nodes.next(level, n)
		if err == nil && (!ok || have != h) {
			first := n<<level + 1
			c.found(Finding{Number: first, Last: first + 1<<level - 1, What: "node"})
		}
		return err
	}}
	for from := int64(0); from < c.Size; from += page {
		rows, err := db.All(ctx, l.DB, leafRows, scanLeafRow, from, min(from+page, c.Size))
		if err != nil {
			return err
		}
		for _, x := range rows {
			if x.index != g.size {
				c.wrong(g.size+1, "", "missing")
				return nil // the tree cannot be rebuilt over a hole
			}
			c.lock(x)
			if err := g.add(c.leaf(o, x)); err != nil {
				return err
			}
			if len(x.hash) == tlog.HashSize {
				signed.at(g.size, g.root)
			}
		}
		if len(rows) == 0 {
			c.wrong(from+1, "", "missing")
			return nil
		}
		if o.Progress != nil {
			o.Progress(int(g.size), int(c.Size))
		}
	}
	return signed.compare(ctx, l, c)
}

// leaf compares an entry with its leaf, and returns the leaf's hash as stored: with it
// the rest of the tree still tells what else was changed.
func (c *Check) leaf(o Options, x row) tlog.Hash {
	number := x.index + 1
	var have tlog.Hash
	if len(x.hash) != tlog.HashSize {
		c.wrong(number, x.id, "leaf")
		return have
	}
	have = tlog.Hash(x.hash)
	switch {
	case !x.exists:
		c.wrong(number, x.id, "gone")
		return have
	case x.salt == nil && x.text == nil:
		c.wrong(number, x.id, "salt")
		return have
	case x.entry.Leaf(x.index) != have:
		c.wrong(number, x.id, "edited")
		return have
	}
	if x.entry.Verb == o.Erase || x.entry.Verb == SealVerb {
		c.erasings.act(act{number, x.id, moment.Instant(x.entry.At), x.entry.Verb == SealVerb}, x.entry.Changes)
	}
	if x.salt == nil {
		c.Erased++
		c.erasings.text(x)
	}
	return have
}

type thing struct{ kind, object string }

// lock remembers entries that lock what they are about.
func (c *Check) lock(x row) {
	if !x.exists || x.salt == nil || !strings.Contains(x.entry.Changes, `"`+receipt.ContentField+`"`) {
		return
	}
	if receipt.ContentOf(x.entry.Changes) != "" {
		if c.locks == nil {
			c.locks, c.lockedAt = map[thing]bool{}, map[string]int64{}
		}
		c.locks[thing{x.entry.Kind, x.entry.Object}] = true
		c.lockedAt[x.id] = x.index + 1
	}
}

// compareLocked compares what is stored with what was locked.
func (c *Check) compareLocked(ctx context.Context, o Options) error {
	if o.Locked == nil {
		return nil
	}
	for _, x := range slices.SortedFunc(maps.Keys(c.locks), func(a, b thing) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.object, b.object))
	}) {
		is, err := o.Locked(ctx, x.kind, x.object)
		number := c.lockedAt[is.Entry] // none of one that came in meanwhile
		switch {
		case err != nil:
			return err
		case is.Wrong:
			c.wrong(number, is.Entry, is.What, "Kind", x.kind, "Object", x.object)
		case is.What != "":
			c.note(number, is.Entry, is.What, "Kind", x.kind, "Object", x.object)
		}
	}
	return nil
}

// A nodeReader reads the stored nodes of each level in their order.
type nodeReader struct {
	ctx  context.Context
	q    db.Queryer
	have map[int]map[int64]tlog.Hash
	upto map[int]int64
}

func (r *nodeReader) next(level int, n int64) (tlog.Hash, bool, error) {
	if r.have == nil {
		r.have, r.upto = map[int]map[int64]tlog.Hash{}, map[int]int64{}
	}
	if n >= r.upto[level] {
		m := map[int64]tlog.Hash{}
		err := db.Each(r.ctx, r.q, nodesAll, func(s db.Scanner) error {
			var n int64
			var hash []byte
			err := s.Scan(&n, &hash)
			if err == nil && len(hash) == tlog.HashSize {
				m[n] = tlog.Hash(hash)
			}
			return err
		}, level, n, n+page)
		if err != nil {
			return tlog.Hash{}, false, err
		}
		r.have[level], r.upto[level] = m, n+page
	}
	h, ok := r.have[level][n]
	return h, ok, nil
}

// clip keeps a name of a file or key short for a message.
func clip(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return s
}

package ledger

import (
	"context"
	"crypto/rand"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"cchc/base/db"
	"cchc/base/receipt"
)

// step is how many levels lie between two that are stored: a sixteenth of the leaves'
// number is stored besides them, and any node is made of at most sixteen that are.
const (
	step = 4
	fan  = 1 << step
)

var (
	leafHashes = db.SQL("ledger.leaf.hashes", `SELECT idx, hash FROM log_leaf WHERE idx >= $1 AND idx < $2 ORDER BY idx`)
	nodeHashes = db.SQL("ledger.node.hashes", `SELECT n, hash FROM log_node WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n`)
	nodeInsert = db.Rows("ledger.node.insert", "log_node", "level, n, hash", "")
)

func newSalt() []byte {
	s := make([]byte, receipt.SaltSize)
	rand.Read(s) // never fails
	return s
}

// stored reads the hashes of nodes from ≤ n < to of a level that is stored.
func stored(ctx context.Context, q db.Queryer, level int, from, to int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, to-from)
	read := func(r db.Scanner) error {
		var n int64
		var hash []byte
		if err := r.Scan(&n, &hash); err != nil {
			return err
		}
		if n != from+int64(len(out)) || len(hash) != tlog.HashSize {
			return fmt.Errorf("%w: node %d of level %d is missing", ErrForked, from+int64(len(out)), level)
		}
		out = append(out, tlog.Hash(hash))
		return nil
	}
	var err error
	if level == 0 {
		err = db.Each(ctx, q, leafHashes, read, from, to)
	} else {
		err = db.Each(ctx, q, nodeHashes, read, level, from, to)
	}
	if err == nil && int64(len(out)) != to-from {
		err = fmt.Errorf("%w: node %d of level %d is missing", ErrForked, from+int64(len(out)), level)
	}
	return out, err
}

// fold makes one hash of a power of two of them.
func fold(h []tlog.Hash) tlog.Hash {
	h = append([]tlog.Hash(nil), h...)
	for len(h) > 1 {
		for i := range len(h) / 2 {
			h[i] = tlog.NodeHash(h[2*i], h[2*i+1])
		}
		h = h[:len(h)/2]
	}
	return h[0]
}

// storeNodes stores the nodes that leaves from size on complete.
func storeNodes(ctx context.Context, tx *db.Tx, size int64, leaves []tlog.Hash) error {
	var rows [][]any
	from, hashes := size, leaves // of the level below
	for level := step; len(hashes) > 0; level += step {
		n := from / fan // the first node that was not complete
		end := (from + int64(len(hashes))) / fan
		if n == end {
			break
		}
		before, err := stored(ctx, tx, level-step, n*fan, from)
		if err != nil {
			return err
		}
		below := append(before, hashes...)
		var made []tlog.Hash
		for i := range end - n {
			h := fold(below[i*fan : (i+1)*fan])
			made = append(made, h)
			rows = append(rows, []any{level, n + i, h[:]})
		}
		from, hashes = n, made
	}
	return tx.InsertRows(ctx, nodeInsert, rows)
}

// reader gives package tlog the nodes that it asks for.
func reader(ctx context.Context, q db.Queryer) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			level, n := tlog.SplitStoredHashIndex(x)
			up := level % step
			base, err := stored(ctx, q, level-up, n<<up, (n+1)<<up)
			if err != nil {
				return nil, err
			}
			out[i] = fold(base)
		}
		return out, nil
	})
}

// A growing tree is what is rebuilt from leaves when the log is checked: of every level
// the last node that has no sibling yet.
type growing struct {
	size  int64
	left  []tlog.Hash // by level, where the bit of size is set
	store func(level int, n int64, h tlog.Hash) error
}

// add adds a leaf; store is told of every node at a stored level that it completes.
func (g *growing) add(h tlog.Hash) error {
	n := g.size
	g.size++
	for level := 0; ; level++ {
		if level > 0 && level%step == 0 {
			if err := g.store(level, n, h); err != nil {
				return err
			}
		}
		if level == len(g.left) {
			g.left = append(g.left, tlog.Hash{})
		}
		if n&1 == 0 {
			g.left[level] = h
			return nil
		}
		h = tlog.NodeHash(g.left[level], h)
		n >>= 1
	}
}

// root is the tree's hash now.
func (g *growing) root() tlog.Hash {
	if g.size == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return h
	}
	var h tlog.Hash
	first := true
	for level := range g.left {
		if g.size>>level&1 == 0 {
			continue
		}
		if first {
			h, first = g.left[level], false
		} else {
			h = tlog.NodeHash(g.left[level], h)
		}
	}
	return h
}

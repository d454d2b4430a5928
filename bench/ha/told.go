package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strconv"
	"strings"
)

// An answerer is the server that answered a request, and what it read then.
type answerer struct {
	node    int
	standby bool
}

// What a server's log says when what it reads changes.
var turns = map[string]bool{
	"what everybody may read is read from the standby":                      true,
	"the primary is away; what everybody may read is read from the standby": true,
	"the standby is away; the primary is read":                              false,
	"the standby is too far behind; the primary is read":                    false,
}

// answerers reads the servers' logs: which answered each request, and whether it read a
// standby at that time. A server begins with the standby, and says when it does not.
func (c *cluster) answerers() (map[string]answerer, error) {
	by := map[string]answerer{}
	for _, n := range c.nodes {
		f, err := os.Open(n.serve.log)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		standby := true
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "cchc ") { // it begins
				standby = true
				continue
			}
			var x struct{ Msg, Request, Route string }
			if json.Unmarshal(lines.Bytes(), &x) != nil {
				continue
			}
			if to, ok := turns[x.Msg]; ok {
				standby = to
			} else if x.Msg == "request" && x.Request != "" {
				by[x.Request] = answerer{n.n, standby}
			}
		}
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return by, nil
}

// standbyTransactions is how many transactions the PostgreSQL servers that follow have
// ended, by their own count.
func (c *cluster) standbyTransactions(ctx context.Context) (sum int, err error) {
	for _, n := range c.nodes {
		out, err := c.psqlAt(ctx, n, "postgres", "SELECT CASE WHEN pg_is_in_recovery() THEN xact_commit ELSE 0 END FROM pg_stat_database WHERE datname = 'cchc'")
		if err != nil {
			return 0, err
		}
		k, err := strconv.Atoi(strings.TrimSpace(out))
		if err != nil {
			return 0, err
		}
		sum += k
	}
	return sum, nil
}

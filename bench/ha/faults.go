package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"time"
)

// A fault is something that is done to the cluster while the load goes on. do returns
// when all is as it should be again, apart from the parts themselves getting ready.
type fault struct {
	name, what string
	do         func(ctx context.Context, c *cluster, note func(string)) error
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var faults = []fault{
	{"nothing", "nothing, for comparison", func(ctx context.Context, _ *cluster, _ func(string)) error { return pause(ctx, 15*time.Second) }},
	{"upgrade", "rolling upgrade, one server after the other; the first migrates", upgrade},
	{"server", "`kill -9` of one cchc; started again after 5 s", func(ctx context.Context, c *cluster, _ func(string)) error {
		n := c.nodes[1]
		n.serve.kill()
		if err := pause(ctx, 5*time.Second); err != nil {
			return err
		}
		return errors.Join(n.serve.start(), until(ctx, time.Minute, n.serve.name, func() bool { return answers(n.cchc + "/readyz") }))
	}},
	{"switchover", "planned change of the primary", switchover},
	{"postgres", "`kill -9` of the primary's PostgreSQL; its Patroni lives", func(ctx context.Context, c *cluster, note func(string)) error {
		p := c.primary()
		if p == nil {
			return errors.New("no primary")
		}
		syscall.Kill(postmaster(p.data), syscall.SIGKILL)
		return follow(ctx, c, p, note)
	}},
	{"primary", "`kill -9` of the primary's PostgreSQL and its Patroni; started again after 30 s", func(ctx context.Context, c *cluster, note func(string)) error {
		p := c.primary()
		if p == nil {
			return errors.New("no primary")
		}
		p.patroni.kill()
		killTree(p)
		if err := pause(ctx, 30*time.Second); err != nil {
			return err
		}
		return errors.Join(p.patroni.start(), follow(ctx, c, p, note))
	}},
	{"standby", "`kill -9` of the synchronous standby's PostgreSQL and Patroni; started again after 20 s", func(ctx context.Context, c *cluster, note func(string)) error {
		s := c.synchronous()
		if s == nil {
			return errors.New("no synchronous standby")
		}
		s.patroni.kill()
		killTree(s)
		if err := pause(ctx, 20*time.Second); err != nil {
			return err
		}
		return s.patroni.start()
	}},
	{"etcd", "`kill -9` of one etcd; started again after 25 s", func(ctx context.Context, c *cluster, _ func(string)) error {
		n := c.nodes[2]
		n.etcd.kill()
		if err := pause(ctx, 25*time.Second); err != nil {
			return err
		}
		return n.etcd.start()
	}},
	{"quorum", "`kill -9` of two etcd: nobody may lead; started again after 40 s", func(ctx context.Context, c *cluster, note func(string)) error {
		c.nodes[0].etcd.kill()
		c.nodes[1].etcd.kill()
		if err := pause(ctx, 40*time.Second); err != nil {
			return err
		}
		if p := c.primary(); p != nil {
			note("a node still calls itself the primary without a majority")
		}
		return errors.Join(c.nodes[0].etcd.start(), c.nodes[1].etcd.start())
	}},
	{"pause", "the machine of the primary stands still for 40 s, then goes on", func(ctx context.Context, c *cluster, note func(string)) error {
		p := c.primary()
		if p == nil {
			return errors.New("no primary")
		}
		all := machine(p)
		for _, pid := range all {
			syscall.Kill(pid, syscall.SIGSTOP)
		}
		err := pause(ctx, 40*time.Second)
		for _, pid := range all {
			syscall.Kill(pid, syscall.SIGCONT)
		}
		return errors.Join(err, follow(ctx, c, p, note))
	}},
	{"twice", "the machine of the primary stands still for 40 s; as it goes on, everything on the machine of the new primary is killed, and started again after 40 s", func(ctx context.Context, c *cluster, note func(string)) error {
		first := c.primary()
		if first == nil {
			return errors.New("no primary")
		}
		all := machine(first)
		for _, pid := range all {
			syscall.Kill(pid, syscall.SIGSTOP)
		}
		var second *node
		err := errors.Join(pause(ctx, 38*time.Second), until(ctx, time.Minute, "another primary", func() bool {
			second = c.primary()
			return second != nil && second != first
		}))
		for _, pid := range all {
			syscall.Kill(pid, syscall.SIGCONT)
		}
		if err != nil {
			return err
		}
		return errors.Join(pause(ctx, 2*time.Second), killMachine(ctx, c, second, note))
	}},
	{"machine", "everything on the machine of the primary killed: PostgreSQL, Patroni, etcd, cchc, HAProxy; started again after 40 s", func(ctx context.Context, c *cluster, note func(string)) error {
		p := c.primary()
		if p == nil {
			return errors.New("no primary")
		}
		return killMachine(ctx, c, p, note)
	}},
}

// killMachine kills all that runs on a node, and starts it again after 40 seconds.
func killMachine(ctx context.Context, c *cluster, p *node, note func(string)) error {
	for _, pid := range machine(p) {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	if err := pause(ctx, 40*time.Second); err != nil {
		return err
	}
	err := errors.Join(p.etcd.start(), p.patroni.start(), p.haproxy.start(), p.serve.start())
	return errors.Join(err, follow(ctx, c, p, note), until(ctx, time.Minute, p.serve.name, func() bool { return answers(p.cchc + "/readyz") }))
}

// machine lists the processes of a node.
func machine(n *node) []int {
	var out []int
	for _, p := range []*process{n.serve, n.haproxy, n.patroni, n.etcd} {
		if pid := p.pid(); pid != 0 {
			out = append(out, below(pid)...)
		}
	}
	if pid := postmaster(n.data); pid != 0 {
		out = append(out, below(pid)...)
	}
	return out
}

func killTree(n *node) {
	if pid := postmaster(n.data); pid != 0 {
		for _, x := range below(pid) {
			syscall.Kill(x, syscall.SIGKILL)
		}
	}
}

// follow waits for a primary and says which it is.
func follow(ctx context.Context, c *cluster, was *node, note func(string)) error {
	if err := pause(ctx, 3*time.Second); err != nil { // it may not have noticed yet
		return err
	}
	var p *node
	if err := until(ctx, 2*time.Minute, "a primary", func() bool { p = c.primary(); return p != nil }); err != nil {
		return err
	}
	if p == was {
		note("the same node stayed the primary")
	} else {
		note("another node took over")
	}
	return nil
}

func switchover(ctx context.Context, c *cluster, note func(string)) error {
	p := c.primary()
	if p == nil {
		return errors.New("no primary")
	}
	body, _ := json.Marshal(map[string]string{"leader": fmt.Sprintf("node%d", p.n)})
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, p.api+"/switchover", bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.SetBasicAuth("patroni", secret)
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("the switchover was answered %s", a.Status)
	}
	return follow(ctx, c, p, note)
}

// upgrade exchanges the servers one after the other, as the runbook says.
func upgrade(ctx context.Context, c *cluster, note func(string)) error {
	if c.older == "" {
		note("there was no older version to begin with: restarted only")
	}
	for i, n := range c.nodes {
		n.serve.signal(syscall.SIGTERM)
		if !n.serve.wait(40 * time.Second) {
			return fmt.Errorf("%s did not end", n.serve.name)
		}
		n.serve.args[0] = c.newer
		if err := n.serve.start(); err != nil {
			return err
		}
		if err := until(ctx, 2*time.Minute, n.serve.name, func() bool { return answers(n.cchc + "/readyz") }); err != nil {
			return err
		}
		if err := pause(ctx, 5*time.Second); err != nil {
			return err
		}
		if i == 0 && c.older != "" {
			schema, err := c.psql(ctx, "cchc", "SELECT MAX(version_id) FROM goose_db_version")
			if err != nil {
				return err
			}
			note(fmt.Sprintf("schema %s while two servers of the version before (%s) went on", schema, c.oldCommit[:min(8, len(c.oldCommit))]))
		}
	}
	return nil
}

package app

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
)

type accountCmd struct {
	dbFlag
	Login string `arg:"" help:"Name to sign in with."`
	Name  string `help:"Full name." required:"" placeholder:"NAME"`
	Role  string `help:"administrator, chairperson, home_affairs, onestop, specialist or auditor." enum:"administrator,chairperson,home_affairs,onestop,specialist,auditor" default:"administrator"`
	Unit  string `help:"Code of the unit in which the role is held; the root when left out." placeholder:"CODE"`
}

// Run creates an account; the password is read from standard input, so that it
// stands neither in the shell's history nor in the list of processes.
func (c accountCmd) Run(ctx context.Context, s streams) error {
	r, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	var u actor.UnitID
	if c.Unit != "" {
		if u, err = r.unitByCode(ctx, c.Unit, r.db.Now().Date()); err != nil {
			return fmt.Errorf("--unit: %w", err)
		}
	} else {
		tree, err := r.units.Today(ctx, r.db)
		if err != nil {
			return err
		}
		if roots := tree.Roots(); len(roots) == 1 {
			u = roots[0]
		} else {
			return fmt.Errorf("--unit: name one; there are %d units without a parent", len(roots))
		}
	}
	fmt.Fprint(s.err, "password: ")
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && line == "" {
		return fmt.Errorf("read the password from standard input: %w", err)
	}
	if _, err := r.accounts.Create(ctx, operator, auth.NewAccount{Login: c.Login, Name: c.Name, Password: strings.TrimRight(line, "\r\n"),
		Grants: []actor.Grant{{Role: actor.Role(c.Role), Unit: u}}}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "account %s created\n", c.Login)
	return err
}

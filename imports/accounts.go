package imports

import (
	"context"
	"crypto/rand"
	"errors"
	"math/big"
	"strings"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/table"
)

// AccountColumns are the columns that an import of accounts reads.
var AccountColumns = []table.Column{
	{Name: "login", Names: []string{"Tên đăng nhập", "Tài khoản"}, Need: true},
	{Name: "name", Names: []string{"Họ và tên", "Họ tên"}, Need: true},
	{Name: "role", Names: []string{"Vai trò", "Vai trò chính"}, Need: true},
	{Name: "unit", Names: []string{"Mã đơn vị", "Đơn vị"}, Need: true},
}

// roles by what files call them, folded.
var roles = map[string]actor.Role{
	"administrator": actor.Administrator, "quan tri": actor.Administrator, "quan tri he thong": actor.Administrator,
	"chairperson": actor.Chairperson, "chu tich": actor.Chairperson, "lanh dao": actor.Chairperson, "pho chu tich": actor.Chairperson,
	"home affairs": actor.HomeAffairs, "noi vu": actor.HomeAffairs, "can bo noi vu": actor.HomeAffairs,
	"onestop": actor.OneStop, "mot cua": actor.OneStop, "can bo mot cua": actor.OneStop, "can bo tiep nhan": actor.OneStop,
	"specialist": actor.Specialist, "chuyen vien": actor.Specialist, "cong chuc": actor.Specialist,
	"auditor": actor.Auditor, "thanh tra": actor.Auditor, "kiem tra": actor.Auditor,
}

// maxAccounts is how many accounts a file may bring: each password takes a core
// for a twentieth of a second, while their sender waits.
const maxAccounts = 300

// Accounts takes a file of accounts. Each new one gets a first password, which
// comes back in Counts.Once and is kept nowhere. byCode finds a unit of today.
func Accounts(ctx context.Context, k *auth.Accounts, j *Job, byCode func(code string) (actor.UnitID, bool)) (Counts, error) {
	t, err := j.Open()
	if err != nil {
		return Counts{}, err
	}
	defer t.Close()
	c, list, rows, err := readAccounts(t, j, byCode)
	if err != nil {
		return c, err
	}
	flawed := c.Rows > len(list)
	same, wrong, err := k.CreateAll(ctx, j.Actor, list, !j.Store || flawed, j.Then)
	if err != nil && !errors.Is(err, errUndone) {
		return c, err
	}
	for i, row := range rows {
		f := wrong[i]
		if f == nil {
			continue
		}
		cell := row.Wrong("login", f.Key, f.Args...)
		if len(f.Fields) > 0 {
			cell = row.Wrong(f.Fields[0].Name, f.Fields[0].Key, f.Fields[0].Args...)
		}
		j.Flaw(row.Flaw(cell))
	}
	c.Same = len(same)
	c.New = len(list) - len(same) - len(wrong)
	var issued []auth.Issued
	for i, n := range list {
		if !same[i] && wrong[i] == nil {
			issued = append(issued, auth.Issued{Login: n.Login, Name: n.Name, Password: n.Password})
		}
	}
	if j.Store && err == nil && len(wrong) == 0 {
		c.Once = issued
	}
	return c, err
}

// readAccounts reads the rows; those that are wrong go to the job.
func readAccounts(t *table.Reader, j *Job, byCode func(code string) (actor.UnitID, bool)) (c Counts, list []auth.NewAccount, rows []table.Row, err error) {
	t.Lenient = true
	for t.Next() {
		c.Rows++
		bad := t.Bad()
		n := auth.NewAccount{}
		if bad == nil {
			n.Login, n.Name = t.Get("login"), t.Get("name")
			role, known := roles[table.Fold(t.Get("role"))]
			u, found := byCode(t.Get("unit"))
			switch {
			case c.Rows > maxAccounts:
				bad = t.Wrong("login", "imports.accounts_many", "Max", maxAccounts)
			case !known:
				bad = t.Wrong("role", "auth.role_unknown", "Role", t.Get("role"))
			case !found:
				bad = t.Wrong("unit", "dossier.unit_unknown")
			}
			n.Grants = []actor.Grant{{Role: role, Unit: u}}
		}
		if bad != nil {
			j.Flaw(t.Flaw(bad))
			continue
		}
		if n.Password, err = password(n.Login); err != nil {
			return c, nil, nil, err
		}
		list, rows = append(list, n), append(rows, t.Row)
	}
	return c, list, rows, t.Err()
}

// letters leaves out those that look alike on paper.
const letters = "abcdefghjkmnpqrstuvwxyz23456789"

// password makes a first password: sixteen letters in groups of four, 79 bits. It has
// nothing of the login in it; of one that is in every such password ("-") it has, and
// whoever makes the account says what is wrong with that.
func password(login string) (string, error) {
	var made string
	for range 100 {
		var b strings.Builder
		for i := range 16 {
			if i > 0 && i%4 == 0 {
				b.WriteByte('-')
			}
			n, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
			if err != nil {
				return "", err
			}
			b.WriteByte(letters[n.Int64()])
		}
		if made = b.String(); login == "" || !strings.Contains(made, auth.FoldLogin(login)) {
			break
		}
	}
	return made, nil
}

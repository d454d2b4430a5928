package demo

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/i18n"
)

// Password opens every account of the demonstration. It is printed, and guards
// invented data only.
const Password = "song-mau-2026"

// An Account is one that visitors may sign in with.
type Account struct {
	Login    string
	Password string
	Role     actor.Role
	Unit     string // name of the unit; "" is the whole system
}

// Accounts returns the accounts to show to whoever tries the demonstration, the
// same in every one: those of the province and of its first two communes.
func Accounts() []Account {
	list := []Account{
		{"quantri", Password, actor.Administrator, ""},
		{"chutich", Password, actor.Chairperson, provinceName},
		{"noivu", Password, actor.HomeAffairs, provinceName},
		{"thanhtra", Password, actor.Auditor, provinceName},
	}
	places, err := readPlaces(2)
	if err != nil {
		return list // the file is the program's own, and the test reads it
	}
	seen := map[string]bool{}
	for _, p := range places {
		if seen[p.after] {
			continue
		}
		s := slug(i18n.Fold(p.after))
		if len(seen) == 0 {
			list = append(list, Account{"chutich." + s, Password, actor.Chairperson, p.after})
		}
		seen[p.after] = true
		list = append(list, Account{"motcua1." + s, Password, actor.OneStop, p.after},
			Account{"chuyenvien1." + s, Password, actor.Specialist, p.after})
	}
	return list
}

// staff are a commune's accounts by id.
type staff struct {
	chair   string
	counter [2]string // bộ phận một cửa
	land    string    // địa chính, xây dựng
	people  string    // tư pháp, văn hoá, xã hội
}

// fewer is from how many communes on each has three accounts instead of five:
// making one takes 50 ms of hashing.
const fewer = 30

// makeStaff makes the accounts of the province and of each commune.
func (r *rooms) makeStaff(ctx context.Context, p *province, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, streamStaff))
	type wanted struct {
		auth.NewAccount
		ids []*string
	}
	var all []wanted
	want := func(login string, role actor.Role, unit actor.UnitID, ids ...*string) {
		all = append(all, wanted{auth.NewAccount{Login: login, Name: personName(rng), Password: Password,
			Grants: []actor.Grant{{Role: role, Unit: unit}}}, ids})
	}
	want("quantri", actor.Administrator, "")
	want("chutich", actor.Chairperson, p.id)
	want("noivu", actor.HomeAffairs, p.id)
	want("thanhtra", actor.Auditor, p.id)
	for _, c := range p.communes {
		want("chutich."+c.slug, actor.Chairperson, c.ID, &c.staff.chair)
		if len(p.communes) >= fewer {
			want("motcua1."+c.slug, actor.OneStop, c.ID, &c.staff.counter[0], &c.staff.counter[1])
			want("chuyenvien1."+c.slug, actor.Specialist, c.ID, &c.staff.land, &c.staff.people)
			continue
		}
		want("motcua1."+c.slug, actor.OneStop, c.ID, &c.staff.counter[0])
		want("motcua2."+c.slug, actor.OneStop, c.ID, &c.staff.counter[1])
		want("chuyenvien1."+c.slug, actor.Specialist, c.ID, &c.staff.land)
		want("chuyenvien2."+c.slug, actor.Specialist, c.ID, &c.staff.people)
	}
	return each(ctx, len(all), runtime.GOMAXPROCS(0), func(ctx context.Context, i int) error {
		id, err := r.accounts.Create(ctx, author, all[i].NewAccount)
		for _, to := range all[i].ids {
			*to = id
		}
		return err
	})
}

// each runs do for 0 to n-1 on some goroutines and returns the first error. What
// waits for hashing or for the disk does so side by side.
func each(ctx context.Context, n, workers int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range next {
				if err := do(ctx, i); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

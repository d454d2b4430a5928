package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"

	"cchc/base/file"
	"cchc/base/moment"
)

// Keep says how many copies stay: the newest Last of all, and beyond them the
// newest of each of the last days, weeks and months that have one. All stay while
// Last is 0.
type Keep struct{ Last, Daily, Weekly, Monthly int }

// Validate refuses numbers below zero.
func (k Keep) Validate() error {
	if min(k.Last, k.Daily, k.Weekly, k.Monthly) < 0 {
		return fmt.Errorf("%d, %d a day, %d a week, %d a month; want 0 or more", k.Last, k.Daily, k.Weekly, k.Monthly)
	}
	return nil
}

// stay returns which of the copies stay; all is in order of time.
func (k Keep) stay(all []Copy) map[string]bool {
	out := map[string]bool{}
	period := func(n int, of func(c Copy) string) {
		seen := map[string]bool{}
		for _, c := range slices.Backward(all) {
			if p := of(c); !seen[p] && len(seen) < n {
				seen[p] = true
				out[c.Name()] = true
			}
		}
	}
	period(k.Last, Copy.Name)
	period(k.Daily, func(c Copy) string { return c.At.In(moment.Zone).Format("2006-01-02") })
	period(k.Weekly, func(c Copy) string { y, w := c.At.In(moment.Zone).ISOWeek(); return fmt.Sprint(y, "-", w) })
	period(k.Monthly, func(c Copy) string { return c.At.In(moment.Zone).Format("2006-01") })
	return out
}

// Prune removes copies of fresh's database that are too old, and the files that
// belonged to them alone; it returns how many copies went. It removes only what it
// made: a copy by its name with its own checksum beside it, a file that the list of
// a removed copy names. fresh, which was read through just now, always stays.
func Prune(ctx context.Context, shelf *file.Shelf, fresh Copy, k Keep) (removed int, err error) {
	if k.Last == 0 {
		return 0, nil
	}
	all, err := Copies(ctx, shelf)
	if err != nil {
		return 0, err
	}
	var others []Copy // of other databases, and of unknown origin: what they need stays
	all = slices.DeleteFunc(all, func(c Copy) bool {
		foreign := c.Stem != fresh.Stem || !c.Summed
		if foreign {
			others = append(others, c)
		}
		return foreign
	})
	stay := k.stay(all)
	stay[fresh.Name()] = true
	var old []Copy
	kept := others
	for _, c := range all {
		if stay[c.Name()] {
			kept = append(kept, c)
		} else {
			old = append(old, c)
		}
	}
	if len(old) == 0 {
		return 0, nil
	}
	files, err := orphans(ctx, shelf, old, kept)
	if err != nil {
		return 0, err
	}
	var wrong []error
	for _, c := range old {
		// The checksum last: until then what is left can be removed another time.
		for _, name := range []string{c.Name(), c.base() + ".log-key.age", c.base() + ".log-key.signed.age", c.base() + ".seal-key.age", c.list(), c.erased(), c.Name() + sumEnding} {
			if err := shelf.Remove(ctx, name); err != nil {
				wrong = append(wrong, err)
				break
			}
		}
		removed++
	}
	for key := range files {
		for _, ending := range []string{"", sealedEnding} {
			wrong = append(wrong, shelf.Remove(ctx, filesDir+file.Place(key)+ending))
		}
	}
	return removed, errors.Join(wrong...)
}

// orphans returns the keys of files that only copies in old have. None, while a
// copy that stays does not say which it needs.
func orphans(ctx context.Context, shelf *file.Shelf, old, kept []Copy) (map[string]bool, error) {
	out := map[string]bool{}
	for _, c := range kept {
		if !c.Listed {
			return nil, nil
		}
	}
	for _, c := range old {
		if !c.Listed {
			continue
		}
		if err := eachKey(ctx, shelf, c, func(key string) { out[key] = true }); err != nil {
			return nil, err
		}
	}
	for _, c := range kept {
		if len(out) == 0 {
			break
		}
		if err := eachKey(ctx, shelf, c, func(key string) { delete(out, key) }); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// eachKey gives the keys of the files that belong to a copy.
func eachKey(ctx context.Context, shelf *file.Shelf, c Copy, fn func(key string)) error {
	r, err := shelf.Open(ctx, c.list())
	if err != nil {
		return err
	}
	defer r.Close()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if !file.IsKey(lines.Text()) {
			return fmt.Errorf("%s: %q is no key of a file", shelf.Path(c.list()), lines.Text())
		}
		fn(lines.Text())
	}
	return lines.Err()
}

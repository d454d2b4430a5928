package privacy

import (
	"context"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/look"
	"cchc/base/moment"
)

// exportsRead is how many files are read at once to find those that the actor may see.
const exportsRead = 500

// Exports returns the files of dossiers that left, the latest first, of units where
// the actor may read that: those before a moment, or all. more tells whether there may
// be others. Faults: Forbidden.
func (k *Desk) Exports(ctx context.Context, q db.Queryer, a actor.Actor, before moment.Instant, numbers bool, limit int) (list []look.Export, more bool, err error) {
	if err := k.Guard.CheckAnywhere(a, auth.PrivacyLook); err != nil {
		return nil, false, err
	}
	may := map[actor.UnitID]bool{}
	for {
		found, err := look.Exports(ctx, q, before, numbers, exportsRead)
		if err != nil {
			return nil, false, err
		}
		for _, e := range found {
			ok, known := may[e.Unit]
			if !known {
				if ok, err = k.Guard.May(ctx, q, a, auth.PrivacyLook, e.Unit); err != nil {
					return nil, false, err
				}
				may[e.Unit] = ok
			}
			if !ok {
				continue
			}
			if len(list) == limit {
				return list, true, nil
			}
			list = append(list, e)
		}
		if len(found) < exportsRead {
			return list, false, nil
		}
		before = found[len(found)-1].At
	}
}

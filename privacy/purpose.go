package privacy

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/look"
)

var purposeCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)

// PutPurpose adds a purpose for which numbers may be opened, or changes its words:
// what was noted before keeps the old ones. Faults: Forbidden; Invalid with fields
// code, vi, en.
func (k *Desk) PutPurpose(ctx context.Context, a actor.Actor, p look.Purpose) error {
	p.Code, p.Vi, p.En = strings.TrimSpace(p.Code), strings.TrimSpace(p.Vi), strings.TrimSpace(p.En)
	f := fault.New(fault.Invalid, "form.invalid")
	if !purposeCode.MatchString(p.Code) {
		f.With("code", "privacy.purpose.code_wrong")
	}
	for name, text := range map[string]string{"vi": p.Vi, "en": p.En} {
		if n := utf8.RuneCountInString(text); n < 3 || n > 120 {
			f.With(name, "privacy.purpose.words_wrong")
		}
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.checkWhole(ctx, tx, a, auth.PrivacyKeep); err != nil {
			return err
		}
		if err := f.Or(); err != nil {
			return err
		}
		if p.Ord = 500; p.Code == look.Other {
			p.Ord = 1000
		}
		all, err := look.Purposes(ctx, tx)
		if err != nil {
			return err
		}
		for _, x := range all {
			if x.Code == p.Code {
				p.Ord = x.Ord
			}
		}
		if err := look.PutPurpose(ctx, tx, p); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "privacy.purpose", Kind: "purpose", ID: p.Code,
			Changes: []audit.Change{{Field: "name", To: p.Vi}}})
	})
}

// RetirePurpose takes a purpose off the list. The one that is told in words stays:
// without it somebody whose purpose is not on the list would have to lie. Faults:
// Forbidden, NotFound, Conflict.
func (k *Desk) RetirePurpose(ctx context.Context, a actor.Actor, code string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := k.checkWhole(ctx, tx, a, auth.PrivacyKeep); err != nil {
			return err
		}
		if code == look.Other {
			return fault.New(fault.Conflict, "privacy.purpose.other_stays")
		}
		found, err := look.RetirePurpose(ctx, tx, code)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "look.purpose_unknown")
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: "privacy.purpose", Kind: "purpose", ID: code,
			Changes: []audit.Change{{Field: "retired", To: "true"}}})
	})
}

// checkWhole returns nil for who has the verb in every unit at the top: what holds for
// the whole installation is not for the keeper of one commune.
func (k *Desk) checkWhole(ctx context.Context, q db.Queryer, a actor.Actor, v auth.Verb) error {
	if err := k.Guard.CheckAnywhere(a, v); err != nil {
		return err
	}
	tree, err := k.Units.Today(ctx, q)
	if err != nil {
		return err
	}
	for _, root := range tree.Roots() {
		if err := k.Guard.Check(ctx, q, a, v, root); err != nil {
			return err
		}
	}
	return nil
}

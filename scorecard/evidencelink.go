package scorecard

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"cchc/base/actor"
	"cchc/base/audit"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/fault"
	"cchc/base/i18n"
	"cchc/base/moment"
	"cchc/scorecard/criteria"
)

// A Link says that a document proves a leaf of a sheet, from a page on.
type Link struct {
	ID       string
	Evidence Evidence
	Sheet    string // "" when the sheet is gone
	Year     int
	Leaf     string
	LeafName string
	Page     int // of the document, from 1; 0 the whole
	Note     string
	Stage    Stage // in which it was added
	At       moment.Instant
}

// Outside reports whether the document's day lies outside the part of the period
// that the sheet is of: a warning, for a plan of December may be for the next year.
func (l Link) Outside(s Sheet) bool {
	return l.Evidence.Day != 0 && (l.Evidence.Day < s.From || l.Evidence.Day > s.To)
}

const linkColumns = `l.id, l.sheet_id, l.year, l.leaf, l.leaf_name, l.page, l.note, l.stage, l.at, ` + evidenceColumns

var (
	linkInsert = db.SQL("scorecard.evidence.link", `
		INSERT INTO evidence_link (id, evidence_id, sheet_id, unit_id, year, leaf, leaf_name, page, note, stage, account, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (evidence_id, sheet_id, leaf) DO UPDATE SET page = excluded.page, note = excluded.note`)
	linkGet = db.SQL("scorecard.evidence.link.get", `
		SELECT `+linkColumns+`
		FROM evidence_link l
		JOIN evidence e ON e.id = l.evidence_id
		WHERE l.id = $1`)
	linksOfSheet = db.SQL("scorecard.evidence.links", `
		SELECT `+linkColumns+`
		FROM evidence_link l
		JOIN evidence e ON e.id = l.evidence_id
		WHERE l.sheet_id = $1
		ORDER BY l.leaf, l.at, l.id`)
	linksOfEvidence = db.SQL("scorecard.evidence.links_of", `
		SELECT `+linkColumns+`
		FROM evidence_link l
		JOIN evidence e ON e.id = l.evidence_id
		WHERE l.evidence_id = $1
		ORDER BY l.year DESC, l.leaf, l.id`)
	linksEarlier = db.SQL("scorecard.evidence.links_earlier", `
		SELECT `+linkColumns+`
		FROM evidence_link l
		JOIN evidence e ON e.id = l.evidence_id
		WHERE l.unit_id = $1 AND l.year < $2
		ORDER BY l.year DESC, l.at DESC, l.id`)
	linkDelete = db.SQL("scorecard.evidence.unlink", `DELETE FROM evidence_link WHERE id = $1`)
)

func scanLink(r db.Scanner) (l Link, err error) {
	var sheet *string
	e := &l.Evidence
	err = r.Scan(&l.ID, &sheet, &l.Year, &l.Leaf, &l.LeafName, &l.Page, &l.Note, &l.Stage, &l.At,
		&e.ID, &e.Unit, &e.Number, &e.Day, &e.Issuer, &e.Title, &e.Pages, &e.Note, &e.Version, &e.Created, &e.By, &e.Links)
	if sheet != nil {
		l.Sheet = *sheet
	}
	return l, err
}

// LinksOf returns what proves the leaves of a sheet, with the files. It asks no
// rights: the caller has read the sheet.
func (k *Desk) LinksOf(ctx context.Context, q db.Queryer, s Sheet) ([]Link, error) {
	list, err := db.All(ctx, q, linksOfSheet, scanLink, s.ID)
	if err != nil {
		return nil, err
	}
	return list, fillFiles(ctx, q, list)
}

// Proves returns everything that a document proves, over all years, the latest
// first. It asks no rights: the caller has read the document.
func (k *Desk) Proves(ctx context.Context, q db.Queryer, e Evidence) ([]Link, error) {
	return db.All(ctx, q, linksOfEvidence, scanLink, e.ID)
}

func fillFiles(ctx context.Context, q db.Queryer, list []Link) error {
	known := map[string][]EvidenceFile{}
	for i := range list {
		e := &list[i].Evidence
		files, ok := known[e.ID]
		if !ok {
			var err error
			if files, err = db.All(ctx, q, evidenceFiles, scanEvidenceFile, e.ID); err != nil {
				return err
			}
			known[e.ID] = files
		}
		e.Files = files
	}
	return nil
}

// linkStage returns the stage in which a unit may add evidence to its sheet now:
// while it scores itself, while it explains, and while an appeal can be filed. ""
// when it may not.
func linkStage(r Round, s Sheet, now moment.Instant) Stage {
	stands := s.Stands(r, now)
	switch {
	case !auth.AttachProof.In(stands):
		return ""
	case stands == "approved":
		return StageFinal
	case stands == "draft":
		return StageSelf
	}
	return StageExplain
}

// Attach says that a document of the unit proves leaves of its sheet, from a page
// on (0: the whole); said again it changes page and note. It needs ScoreEnter and a
// post in the unit, while the unit may add evidence: it scores itself, explains, or
// the round is approved and it may appeal. Faults: Conflict rounds.stage_closed;
// Invalid with the fields leaf and page; NotFound for another unit's document.
func (k *Desk) Attach(ctx context.Context, a actor.Actor, sheetID, evidenceID string, leaves []string, page int, note string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		s, r, err := k.ownSheet(ctx, tx, a, sheetID)
		if err != nil {
			return err
		}
		stage := linkStage(r, s, tx.Now)
		if stage == "" {
			return fault.New(fault.Conflict, "rounds.stage_closed", "Stage", string(StageSelf))
		}
		e, err := getEvidence(ctx, tx, evidenceID)
		if err != nil {
			return err
		}
		if own, err := k.mineOrBefore(ctx, tx, s, e); err != nil {
			return err
		} else if !own {
			return fault.New(fault.NotFound, "evidence.unknown")
		}
		f := fault.New(fault.Invalid, "rounds.invalid")
		if len(leaves) == 0 {
			f.With("leaf", "rounds.leaf_missing")
		}
		if page < 0 || e.Pages > 0 && page > e.Pages {
			f.With("page", "evidence.page_wrong", "Pages", e.Pages)
		}
		tooLong(f, "note", note)
		if err := f.Or(); err != nil {
			return err
		}
		_, set, err := k.issuedSet(ctx, tx, s.Set)
		if err != nil {
			return err
		}
		var changes []audit.Change
		for _, leaf := range leaves {
			n := set.Node(leaf)
			if n == nil || n.Leaf == nil {
				return fault.New(fault.NotFound, "rounds.leaf_unknown", "Leaf", leaf)
			}
			if _, err := tx.Exec(ctx, linkInsert, db.NewID(), e.ID, s.ID, string(s.Unit), r.Year, leaf, n.Name, page,
				strings.TrimSpace(note), string(stage), a.Account, tx.Now); err != nil {
				return err
			}
			changes = append(changes, audit.Change{Field: "evidence." + leaf, To: e.ID}, audit.Change{Field: "page", To: strconv.Itoa(page)})
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreEnter), Kind: "sheet", ID: s.ID, Unit: s.Unit, Changes: changes})
	})
}

// mineOrBefore reports whether a document is of the sheet's unit or of one that it
// carries on.
func (k *Desk) mineOrBefore(ctx context.Context, q db.Queryer, s Sheet, e Evidence) (bool, error) {
	if e.Unit == s.Unit {
		return true, nil
	}
	after, err := k.Units.Successors(ctx, q, e.Unit, s.To)
	for _, p := range after {
		if p.Unit == s.Unit {
			return true, err
		}
	}
	return false, err
}

// Detach takes a link away again, while the stage in which it was added is open.
// The document stays. It needs ScoreEnter and a post in the unit.
func (k *Desk) Detach(ctx context.Context, a actor.Actor, linkID string) error {
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := db.One(ctx, tx, linkGet, scanLink, linkID)
		if errors.Is(err, db.ErrNotFound) || err == nil && l.Sheet == "" {
			return fault.New(fault.NotFound, "evidence.link_unknown").Because(err)
		}
		if err != nil {
			return err
		}
		s, r, err := k.ownSheet(ctx, tx, a, l.Sheet)
		if err != nil {
			return err
		}
		if stage := linkStage(r, s, tx.Now); stage != l.Stage || !auth.DetachProof.In(s.Stands(r, tx.Now)) {
			return fault.New(fault.Conflict, "rounds.stage_closed", "Stage", string(l.Stage))
		}
		if _, err := tx.Exec(ctx, linkDelete, l.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Actor: a, Verb: string(auth.ScoreEnter), Kind: "sheet", ID: s.ID, Unit: s.Unit,
			Changes: []audit.Change{{Field: "evidence." + l.Leaf, From: l.Evidence.ID}}})
	})
}

// plain is a name as names are compared: whatever its marks, case and blanks.
func plain(name string) string { return strings.Join(strings.Fields(i18n.Fold(name)), " ") }

// A Suggestion is a document that proved the same leaf in an earlier year.
type Suggestion struct {
	Leaf string // of this sheet
	Link Link   // the earlier one
	Name bool   // found by the leaf's name: its code is another one now
}

// Suggestions returns, for the leaves of a sheet, what proved them in the latest
// earlier year in which anything did: by the leaf's name, which survives a new
// numbering, or else by its code. What is attached already is left out. It asks no
// rights: the caller may enter the sheet.
func (k *Desk) Suggestions(ctx context.Context, q db.Queryer, r Round, s Sheet, set *criteria.Set) (map[string][]Suggestion, error) {
	earlier, err := db.All(ctx, q, linksEarlier, scanLink, string(s.Unit), r.Year)
	if err != nil {
		return nil, err
	}
	before, err := k.Units.Predecessors(ctx, q, s.Unit, r.From.AddDays(-1))
	if err != nil {
		return nil, err
	}
	for _, p := range before {
		more, err := db.All(ctx, q, linksEarlier, scanLink, string(p.Unit), r.Year)
		if err != nil {
			return nil, err
		}
		earlier = append(earlier, more...)
	}
	slices.SortStableFunc(earlier, func(a, b Link) int { return cmp.Compare(b.Year, a.Year) })
	now, err := db.All(ctx, q, linksOfSheet, scanLink, s.ID)
	if err != nil {
		return nil, err
	}
	out := map[string][]Suggestion{}
	for _, n := range Items(set) {
		out[n.Code] = suggestionsFor(n, earlier, now)
	}
	return out, nil
}

func suggestionsFor(n *criteria.Node, earlier, now []Link) []Suggestion {
	name := plain(n.Name)
	pick := func(fits func(l Link) bool, byName bool) []Suggestion {
		var out []Suggestion
		year := 0
		for _, l := range earlier {
			if !fits(l) || year != 0 && l.Year != year {
				continue
			}
			year = l.Year
			there := func(x Link) bool { return x.Leaf == n.Code && x.Evidence.ID == l.Evidence.ID }
			twice := func(x Suggestion) bool { return x.Link.Evidence.ID == l.Evidence.ID }
			if !slices.ContainsFunc(now, there) && !slices.ContainsFunc(out, twice) {
				out = append(out, Suggestion{Leaf: n.Code, Link: l, Name: byName && l.Leaf != n.Code})
			}
		}
		return out
	}
	if list := pick(func(l Link) bool { return plain(l.LeafName) == name }, true); len(list) > 0 {
		return list
	}
	return pick(func(l Link) bool { return l.Leaf == n.Code }, false)
}
